"""Where nothing answers, a call is not repeated before its user hears of it; where waiting helps, it is."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import aiohttp
import botocore.exceptions as boto
import pytest
from aiohttp.client_reqrep import ConnectionKey
from botocore.parsers import ResponseParserError

from amitui.ec2.patience import READ_SECONDS, READ_SECONDS_OF, SERVER_ERROR_TRIES, Patience, end_early
from amitui.ec2.session import AwsTarget, Ec2Connection

URL = "https://ec2.eu-west-1.amazonaws.com/"
KEY = ConnectionKey("ec2.eu-west-1.amazonaws.com", 443, True, True, None, None, None, None)


def tries(**outcome: Any) -> int:
    """How often a call is sent whose every try ends so, as far as `end_early` decides it; 99 = it does not."""
    return next((tried for tried in range(1, 99) if end_early(attempts=tried, **outcome) is False), 99)


def not_connected(error: Exception) -> boto.EndpointConnectionError:
    return boto.EndpointConnectionError(endpoint_url=URL, error=error)


@pytest.mark.parametrize(
    "error",
    [
        not_connected(aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "refused"))),
        not_connected(aiohttp.ClientConnectorError(KEY, OSError(101, "unreachable"))),
        not_connected(aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "unknown"))),
        boto.ConnectTimeoutError(endpoint_url=URL),
        boto.ProxyConnectionError(proxy_url="http://p"),
        boto.SSLError(endpoint_url=URL, error="self-signed"),
        boto.InvalidProxiesConfigError(error="x"),
        boto.ReadTimeoutError(endpoint_url=URL),
    ],
)
def test_where_nothing_answers_one_try_is_enough(error: Exception) -> None:
    assert tries(caught_exception=error) == 1


@pytest.mark.parametrize(
    "error",
    [
        not_connected(aiohttp.ClientOSError(104, "Connection reset by peer")),
        boto.ConnectionClosedError(endpoint_url=URL),
        boto.HTTPClientError(error="bad status line"),
    ],
)
def test_a_connection_that_was_lost_is_replaced_once(error: Exception) -> None:
    assert tries(caught_exception=error) == 2


@pytest.mark.parametrize("error", [ResponseParserError("<html>"), ValueError("x"), boto.NoCredentialsError()])
def test_what_is_no_failure_of_the_connection_is_left_to_botocore(error: Exception) -> None:
    assert tries(caught_exception=error) == 99


def answered(status: int, code: str = "") -> tuple[Any, Any]:
    return SimpleNamespace(status_code=status), ({"Error": {"Code": code}} if code else {})


@pytest.mark.parametrize("code", ["InternalError", "Unavailable", "ServiceUnavailable", "503", ""])
def test_a_server_error_is_waited_for_three_seconds_at_most(code: str) -> None:
    assert tries(response=answered(503, code)) == SERVER_ERROR_TRIES
    # botocore waits at most 1 s before the second try, 2 s before the third, and so on.
    assert sum(2**retry for retry in range(SERVER_ERROR_TRIES - 1)) <= 3


@pytest.mark.parametrize(
    "response", [answered(503, "RequestLimitExceeded"), answered(400, "X"), answered(200), None]
)
def test_throttling_refusals_and_answers_are_left_to_botocore(response: Any) -> None:
    assert tries(response=response) == 99


def test_a_page_may_take_longer_than_other_answers_and_an_explicit_limit_holds_for_all() -> None:
    usual = Patience(5.0, None, 5)
    assert usual.read_seconds_of("DescribeImages") == READ_SECONDS_OF["DescribeImages"] > READ_SECONDS
    assert usual.read_seconds_of("GetCallerIdentity") < READ_SECONDS
    assert usual.read_seconds_of("DescribeTags") == READ_SECONDS
    assert Patience(5.0, 0.5, 5).read_seconds_of("DescribeImages") == 0.5


async def test_the_limits_also_hold_where_botocore_itself_gets_credentials() -> None:
    target = AwsTarget(demo=True, endpoint_url="http://127.0.0.1:1")
    async with Ec2Connection(target, connect_seconds=1.5, read_seconds=2.5) as connection:
        session = await connection._opened()
        # As the providers of assumed roles and of SSO make their clients.
        async with session.create_client("sts", "eu-west-1") as client:
            limits = client._endpoint.http_session._timeout
            assert (limits.connect, limits.sock_connect, limits.sock_read) == (1.5, 1.5, 2.5)
