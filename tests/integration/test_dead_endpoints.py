"""An endpoint that is dead in whatever way: named after its first try, in words that say in which way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from amitui.ec2.patience import ATTEMPTS, SERVER_ERROR_TRIES
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import NetworkError, ThrottledError
from tests.support.dead_ends import unroutable
from tests.support.fake_ec2 import FakeEc2, fake_ec2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REGION = "eu-west-1"
ELSEWHERE = "https://ec2.example.test"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of botocore between the tries of a call, which end at once."""
    from aiobotocore.endpoint import AioEndpoint

    waited: list[float] = []

    async def go_on(_endpoint: object, seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(AioEndpoint, "_sleep", go_on)
    return waited


async def failure(url: str, **limits: Any) -> NetworkError:
    """What a call to this endpoint ends in."""
    async with Ec2Connection(AwsTarget(endpoint_url=url), **limits) as connection:
        with pytest.raises(NetworkError) as caught:
            await connection.call(REGION, "describe_images", "list the images", MaxResults=1000)
    return caught.value


@asynccontextmanager
async def listening(talk: Talk) -> AsyncIterator[str]:
    """The address of a server on this machine that talks so."""
    conversations = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.add(asyncio.current_task())
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for conversation in conversations:
            if conversation is not None:
                conversation.cancel()


async def test_a_refused_connection(pauses: list[float]) -> None:
    error = await failure("http://127.0.0.1:1")
    assert error.what == "could not reach EC2 in eu-west-1"
    assert error.why == "nothing accepts connections there: http://127.0.0.1:1/ (connection refused)"
    assert pauses == []


async def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    async def unknown(*_arguments: object, **_options: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    error = await failure(ELSEWHERE)
    assert error.why == "its name does not resolve: https://ec2.example.test/ (name or service not known)"
    assert pauses == []


async def test_a_resolver_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    async def never(*_arguments: object, **_options: object) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    error = await failure(ELSEWHERE, connect_seconds=0.05)
    assert error.what == "the connection to EC2 timed out in eu-west-1"
    assert pauses == []


async def test_packets_that_nobody_receives(pauses: list[float]) -> None:
    with unroutable() as address:
        error = await failure(f"http://{address}", connect_seconds=0.1)
    assert error.what == "the connection to EC2 timed out in eu-west-1"
    assert pauses == []


async def test_a_tls_handshake_that_is_not_answered(pauses: list[float]) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as address:
        error = await failure(f"https://{address}", connect_seconds=0.1)
    assert error.what == "the connection to EC2 timed out in eu-west-1"
    assert pauses == []


async def test_a_server_that_speaks_no_tls(pauses: list[float]) -> None:
    async def ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        await reader.read()

    async with listening(ssh) as address:
        error = await failure(f"https://{address}")
    assert error.what == "the connection to EC2 is not trusted in eu-west-1"
    assert pauses == []


@pytest.mark.parametrize("answer", ["403 Forbidden", "407 Proxy Authentication Required", ""])
async def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch, pauses: list[float], answer: str) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    async with listening(refuse) as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address if answer else '127.0.0.1:1'}")
        error = await failure(ELSEWHERE)
    assert error.what == "could not reach the proxy"
    assert "HTTPS_PROXY" in error.remedy
    assert pauses == []


async def test_an_endpoint_that_accepts_and_never_answers(pauses: list[float]) -> None:
    with fake_ec2() as fake:
        fake.hang("DescribeImages")
        error = await failure(fake.url, read_seconds=0.1)
        assert error.what == "EC2 did not respond in time in eu-west-1"
        assert len(fake.calls("DescribeImages")) == 1
    assert pauses == []


async def test_an_endpoint_that_hangs_up(pauses: list[float]) -> None:
    with fake_ec2() as fake:
        fake.break_off("DescribeImages", times=9)
        error = await failure(fake.url)
        assert error.what == "the connection to EC2 was lost in eu-west-1"
        assert len(fake.calls("DescribeImages")) == 2
    assert sum(pauses) <= 1


def storm(fake: FakeEc2, code: str) -> None:
    fake.fail("DescribeImages", 503, code, times=20)


async def test_server_errors_without_end(pauses: list[float]) -> None:
    with fake_ec2() as fake:
        storm(fake, "Unavailable")
        error = await failure(fake.url)
        assert "eu-west-1" in error.what
        assert len(fake.calls("DescribeImages")) == SERVER_ERROR_TRIES
    assert sum(pauses) <= 3


async def test_throttling_is_waited_out_for_longer(pauses: list[float]) -> None:
    with fake_ec2() as fake:
        storm(fake, "RequestLimitExceeded")
        async with Ec2Connection(AwsTarget(endpoint_url=fake.url)) as connection:
            with pytest.raises(ThrottledError):
                await connection.call(REGION, "describe_images", "list the images", MaxResults=1000)
        assert len(fake.calls("DescribeImages")) == ATTEMPTS
