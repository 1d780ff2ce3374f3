"""Whatever becomes of a request that changes something, botocore does not send it a second time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amitui.domain.operations.plan import Call
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.ec2.writes.execute import execute
from amitui.errors import NetworkError, ThrottledError
from tests.support.fake_ec2 import FakeEc2, fake_ec2

REGISTER = Call("register_image", "us-east-1", {"Name": "new"}, "register the image")


def breaks_off(fake: FakeEc2) -> None:
    fake.break_off("RegisterImage", times=2)


def breaks_off_in_the_answer(fake: FakeEc2) -> None:
    fake.break_off("RegisterImage", after=b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<Reg", times=2)


def is_broken(fake: FakeEc2) -> None:
    fake.fail("RegisterImage", 503, "ServiceUnavailable", times=2)


def hangs(fake: FakeEc2) -> None:
    fake.hang("RegisterImage")


@pytest.mark.parametrize("trouble", [breaks_off, breaks_off_in_the_answer, is_broken, hangs])
async def test_a_request_without_an_answer_is_not_sent_again(trouble: Callable[[FakeEc2], None]) -> None:
    with fake_ec2() as fake:
        trouble(fake)
        async with Ec2Connection(AwsTarget(endpoint_url=fake.url, demo=True), read_seconds=0.2) as connection:
            with pytest.raises(NetworkError):
                await execute(connection, REGISTER)
        assert len(fake.calls("RegisterImage")) == 1


async def test_a_throttled_request_is_left_to_the_runner(tmp_path: object) -> None:
    with fake_ec2() as fake:
        fake.fail("RegisterImage", 503, "RequestLimitExceeded", times=2)
        async with Ec2Connection(AwsTarget(endpoint_url=fake.url, demo=True)) as connection:
            with pytest.raises(ThrottledError):
                await execute(connection, REGISTER)
        assert len(fake.calls("RegisterImage")) == 1


async def test_each_goes_over_a_connection_of_its_own() -> None:
    with fake_ec2() as fake:
        async with Ec2Connection(AwsTarget(endpoint_url=fake.url, demo=True)) as connection:
            for _ in range(2):
                fake.fail("RegisterImage", 400, "InvalidAMIName.Duplicate")
                with pytest.raises(Exception, match="name"):
                    await execute(connection, REGISTER)
        assert [headers["connection"] for headers in fake.headers] == ["close", "close"]


TAG = Call(
    "create_tags", "us-east-1", {"Resources": ["ami-12345678"], "Tags": [{"Key": "a", "Value": "b"}]}, "tag it"
)
REDIRECTS = [301, 302, 303, 307, 308]


@pytest.mark.parametrize("status", REDIRECTS)
async def test_nothing_is_sent_to_where_an_answer_points(status: int) -> None:
    with fake_ec2() as fake, fake_ec2() as elsewhere:
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        fake.break_off("CreateTags", after=head.encode(), times=20)
        async with Ec2Connection(AwsTarget(endpoint_url=fake.url, demo=True)) as connection:
            with pytest.raises(NetworkError) as raised:
                await execute(connection, TAG)
        assert not raised.value.refusal
        assert len(fake.calls("CreateTags")) == 1
        assert elsewhere.requests == []


@pytest.mark.parametrize("said", ["false", "", "maybe", "<b>true</b>"])
async def test_what_does_not_return_true_may_or_may_not_have_been_done(said: str) -> None:
    body = f"<CreateTagsResponse><return>{said}</return></CreateTagsResponse>"
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
    with fake_ec2() as fake:
        fake.break_off("CreateTags", after=(head + body).encode())
        async with Ec2Connection(AwsTarget(endpoint_url=fake.url, demo=True)) as connection:
            with pytest.raises(NetworkError) as raised:
                await execute(connection, TAG)
    assert not raised.value.refusal
