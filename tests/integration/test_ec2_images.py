"""Images, regions and identity over the wire: aiobotocore against a fake EC2 that pages, fails and hangs."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.ec2.errors.translate import is_stale_token
from amitui.ec2.reads.images import (
    ImagePage,
    ImagesRequest,
    describe_image_ids,
    image_pages,
    keeps,
    request_for,
)
from amitui.ec2.reads.permissions import LaunchPermissions, launch_permissions
from amitui.ec2.reads.regions import RegionInfo
from amitui.ec2.session import AwsTarget, CallerIdentity, Ec2Connection
from amitui.errors import (
    AwsError,
    CredentialsError,
    DeniedError,
    NetworkError,
    RegionError,
    RejectedError,
    ThrottledError,
)
from tests.support.fake_ec2 import FakeEc2, fake_ec2

REGION = "us-east-1"
ACCOUNT = "123456789012"


def image(number: int, **fields: Any) -> dict[str, Any]:
    return {"ImageId": f"ami-{number:017x}", "Name": f"image {number}", "Public": True, **fields}


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's AWS set-up is seen, and no proxy is taken."""
    import os

    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def fake() -> Iterator[FakeEc2]:
    with fake_ec2() as running:
        yield running


@pytest.fixture
async def connection(fake: FakeEc2) -> AsyncIterator[Ec2Connection]:
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url), attempts=1) as opened:
        yield opened


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow at once."""
    from aiobotocore.endpoint import AioEndpoint

    async def go_on(_endpoint: object, _seconds: float) -> None:
        return

    monkeypatch.setattr(AioEndpoint, "_sleep", go_on)


async def pages_of(connection: Ec2Connection, request: ImagesRequest, token: str | None = None) -> list[ImagePage]:
    return [page async for page in image_pages(connection, REGION, request, token)]


async def test_pages_are_asked_for_until_the_token_ends(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.images = [image(number) for number in range(25)]
    pages = await pages_of(connection, ImagesRequest(page_size=10))
    assert [len(page.records) for page in pages] == [10, 10, 5]
    assert [record["Name"] for page in pages for record in page.records] == [f"image {n}" for n in range(25)]
    assert [query["MaxResults"] for query in fake.calls("DescribeImages")] == ["10", "10", "10"]
    assert pages[-1].next_token is None
    assert all(page.received_bytes > 100 for page in pages)


async def test_an_empty_page_with_a_token_is_not_the_end(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.images = [image(number) for number in range(4)]
    fake.empty_pages = {0, 1}
    pages = await pages_of(connection, ImagesRequest(page_size=2))
    assert [len(page.records) for page in pages] == [0, 2, 0, 2]


async def test_a_list_goes_on_after_the_token_of_an_earlier_page(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.images = [image(number) for number in range(5)]
    first = await anext(image_pages(connection, REGION, ImagesRequest(page_size=2)))
    rest = await pages_of(connection, ImagesRequest(page_size=2), first.next_token)
    assert [record["Name"] for page in rest for record in page.records] == ["image 2", "image 3", "image 4"]


async def test_a_stale_token_is_recognised(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.images = [image(number) for number in range(5)]
    first = await anext(image_pages(connection, REGION, ImagesRequest(page_size=2)))
    fake.forget_tokens()
    with pytest.raises(RejectedError) as caught:
        await pages_of(connection, ImagesRequest(page_size=2), first.next_token)
    assert is_stale_token(caught.value)
    fake.fail("DescribeImages", 400, "InvalidFilter")
    with pytest.raises(RejectedError) as other:
        await pages_of(connection, ImagesRequest())
    assert not is_stale_token(other.value)


async def test_every_field_arrives_and_timestamps_stay_text(fake: FakeEc2, connection: Ec2Connection) -> None:
    record = image(
        1,
        Description="\u202e <&> ü",
        EnaSupport=True,
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "Encrypted": False}}],
        Tags=[{"Key": "a", "Value": ""}],
        ProductCodes=[],
        StateReason={"Code": "c", "Message": "m"},
        ImageWatermarks=[{"WatermarkKey": "1:a", "WatermarkCreationTime": "2026-02-03T04:05:06.000Z"}],
    )
    fake.images = [record]
    (page,) = await pages_of(connection, ImagesRequest())
    assert page.records == [record]


async def test_a_long_page_is_parsed_too(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.images = [image(number, Description="x" * 200) for number in range(1000)]
    (page,) = await pages_of(connection, ImagesRequest())
    assert page.records == fake.images
    assert page.received_bytes > 200_000


async def test_ids_are_never_asked_for_in_pages(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.images = [image(1), image(2), image(3)]
    records = await describe_image_ids(connection, REGION, [fake.images[2]["ImageId"], fake.images[0]["ImageId"]])
    assert {record["Name"] for record in records} == {"image 1", "image 3"}
    (query,) = fake.calls("DescribeImages")
    assert "MaxResults" not in query
    assert query["IncludeDisabled"] == query["IncludeDeprecated"] == "true"


async def test_ids_that_are_gone_are_left_out(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.images = [image(number) for number in range(300)]
    wanted = [f"ami-{number:017x}" for number in range(290, 310)] + ["ami-00000bad"]
    records = await describe_image_ids(connection, REGION, wanted)
    assert [record["Name"] for record in records] == [f"image {number}" for number in range(290, 300)]


async def test_ids_are_halved_when_ec2_does_not_name_the_missing_one(
    fake: FakeEc2, connection: Ec2Connection
) -> None:
    fake.images = [image(number) for number in range(3)]
    fake.fail("DescribeImages", 400, "InvalidAMIID.Malformed", "one of these is wrong", times=2)
    records = await describe_image_ids(connection, REGION, [entry["ImageId"] for entry in fake.images])
    assert {record["Name"] for record in records} == {"image 0", "image 1", "image 2"}
    sizes = [sum(name.startswith("ImageId.") for name in query) for query in fake.calls("DescribeImages")]
    assert sizes == [3, 2, 1, 1, 1]


async def test_a_single_id_that_ec2_refuses_is_gone(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.fail("DescribeImages", 400, "InvalidAMIID.Unavailable", "not for you")
    assert await describe_image_ids(connection, REGION, ["ami-1"]) == []


async def test_no_ids_ask_nothing(fake: FakeEc2, connection: Ec2Connection) -> None:
    assert await describe_image_ids(connection, REGION, []) == []
    assert fake.requests == []


async def test_throttling_is_waited_out(fake: FakeEc2, no_pauses: None) -> None:
    fake.images = [image(1)]
    fake.fail("DescribeImages", 503, "RequestLimitExceeded", "slow down", times=2)
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url), attempts=3) as connection:
        (page,) = await pages_of(connection, ImagesRequest())
        assert page.records == fake.images
        assert len(fake.calls("DescribeImages")) == 3
        assert connection.calls == {(REGION, "DescribeImages"): 1}


async def test_endless_throttling_is_said_in_words(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.fail("DescribeImages", 503, "RequestLimitExceeded", "slow down")
    with pytest.raises(ThrottledError, match="throttled the requests in us-east-1") as caught:
        await pages_of(connection, ImagesRequest())
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (403, "UnauthorizedOperation", DeniedError, "not allowed to list the images in us-east-1"),
        (400, "RequestExpired", CredentialsError, "request has expired"),
        (401, "AuthFailure", CredentialsError, "rejected the credentials|not allowed"),
        (401, "OptInRequired", RegionError, "not subscribed"),
        (500, "InternalError", NetworkError, "internal error"),
        (400, "SomethingNew", RejectedError, "EC2 refused to list the images"),
    ],
)
async def test_an_error_of_ec2_leaves_in_words(
    fake: FakeEc2, connection: Ec2Connection, status: int, code: str, kind: type[AwsError], words: str
) -> None:
    fake.fail("DescribeImages", status, code, "AWS says no to these credentials")
    with pytest.raises(kind, match=words) as caught:
        await pages_of(connection, ImagesRequest())
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html><body>log in</html>", "the response did not come from EC2"),
        ("<html><p/></html>", "the response did not come from EC2"),
        ("", "was cut off"),
        ("<R>", "was cut off"),
        ("<R><imagesSet>", "was cut off"),
    ],
)
async def test_an_answer_that_is_not_ec2s_is_said_in_words(
    fake: FakeEc2, connection: Ec2Connection, body: str, words: str
) -> None:
    fake.answer("DescribeImages", 200, body)
    with pytest.raises(NetworkError, match=words):
        await pages_of(connection, ImagesRequest())


async def test_a_page_of_html_from_a_proxy_is_a_network_error(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.answer("DescribeImages", 503, "<html><body>Service Unavailable</body></html>")
    with pytest.raises(NetworkError):
        await pages_of(connection, ImagesRequest())


@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<Resp"])
async def test_a_connection_that_breaks_off_is_a_network_error(
    fake: FakeEc2, connection: Ec2Connection, after: bytes
) -> None:
    fake.break_off("DescribeImages", after=after)
    with pytest.raises(NetworkError, match="was lost"):
        await pages_of(connection, ImagesRequest())


async def test_a_broken_connection_is_tried_again(fake: FakeEc2, no_pauses: None) -> None:
    fake.images = [image(1)]
    fake.break_off("DescribeImages")
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url), attempts=2) as connection:
        (page,) = await pages_of(connection, ImagesRequest())
    assert page.records == fake.images


async def test_an_answer_that_does_not_come_in_time_is_a_network_error(fake: FakeEc2) -> None:
    fake.hang("DescribeImages")
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url), attempts=1, read_seconds=0.1) as connection:
        with pytest.raises(NetworkError, match="did not respond in time"):
            await pages_of(connection, ImagesRequest())


async def test_a_closed_port_is_a_network_error(fake: FakeEc2) -> None:
    async with Ec2Connection(AwsTarget(endpoint_url="http://127.0.0.1:1"), attempts=1) as connection:
        with pytest.raises(NetworkError, match="could not reach EC2 in us-east-1"):
            await pages_of(connection, ImagesRequest())


async def test_cancelling_closes_the_connection_at_once(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.hang("DescribeImages")
    task = asyncio.create_task(pages_of(connection, ImagesRequest()))
    assert await asyncio.to_thread(fake.arrived.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(fake.hung_up.wait, 20)


async def test_clients_are_made_once_a_region_and_calls_are_counted(
    fake: FakeEc2, connection: Ec2Connection
) -> None:
    clients = await asyncio.gather(*(connection.client(REGION) for _ in range(5)), connection.client("eu-west-1"))
    assert len({id(client) for client in clients}) == 2
    await connection.call(REGION, "describe_images", "list the images", MaxResults=5)
    await connection.call("eu-west-1", "describe_images", "list the images", MaxResults=5)
    await connection.call("eu-west-1", "describe_regions", "list the Regions")
    await connection.caller_identity("eu-west-1")
    assert connection.calls == {
        (REGION, "DescribeImages"): 1,
        ("eu-west-1", "DescribeImages"): 1,
        ("eu-west-1", "DescribeRegions"): 1,
        ("eu-west-1", "GetCallerIdentity"): 1,
    }


async def test_a_closed_connection_makes_no_clients(fake: FakeEc2) -> None:
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url)) as connection:
        await connection.client(REGION)
    with pytest.raises(NetworkError, match="closed"):
        await connection.client("eu-west-1")
    with pytest.raises(NetworkError, match="closed"):
        await connection.caller_identity()


async def test_what_stays_is_kept_from_the_garbage_collector_until_the_end(fake: FakeEc2) -> None:
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url)) as connection:
        await connection.client(REGION)
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


async def test_requests_name_amitui(fake: FakeEc2, connection: Ec2Connection) -> None:
    await pages_of(connection, ImagesRequest())
    assert "amitui/" in fake.headers[0]["user-agent"]


async def test_the_caller_is_asked_of_the_same_endpoint(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.account = "210987654321"
    arn = "arn:aws:iam::210987654321:user/tester"
    assert await connection.caller_identity() == CallerIdentity("210987654321", arn, "aws")


async def test_expired_credentials_at_sts_are_said_in_words(fake: FakeEc2, connection: Ec2Connection) -> None:
    body = "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>"
    fake.answer("GetCallerIdentity", 403, body)
    with pytest.raises(CredentialsError, match="have expired"):
        await connection.caller_identity()


async def test_regions_come_by_name_with_disabled_ones(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.regions = {"us-east-1": "opt-in-not-required", "af-south-1": "not-opted-in", "ap-east-1": "opted-in"}
    regions = await connection.regions()
    assert regions == [
        RegionInfo("af-south-1", "not-opted-in"),
        RegionInfo("ap-east-1", "opted-in"),
        RegionInfo("us-east-1", "opt-in-not-required"),
    ]
    assert [region.enabled for region in regions] == [False, True, True]
    assert fake.requests[0]["AllRegions"] == "true"


async def test_launch_permissions_are_sorted_by_kind(fake: FakeEc2, connection: Ec2Connection) -> None:
    fake.launch_permissions = [
        {"UserId": "222222222222"},
        {"UserId": "111111111111"},
        {"OrganizationArn": "arn:aws:organizations::1:organization/o-1"},
        {"OrganizationalUnitArn": "arn:aws:organizations::1:ou/o-1/ou-1"},
    ]
    found = await launch_permissions(connection, REGION, "ami-1")
    assert found == LaunchPermissions(
        False,
        ("111111111111", "222222222222"),
        ("arn:aws:organizations::1:organization/o-1",),
        ("arn:aws:organizations::1:ou/o-1/ou-1",),
    )
    assert not found.private
    assert found.words()[:2] == ("account 111111111111", "account 222222222222")
    assert len(found.words()) == 4
    fake.launch_permissions = [{"Group": "all"}]
    assert (await launch_permissions(connection, REGION, "ami-1")).words() == ("every AWS account (public)",)
    fake.launch_permissions = []
    assert (await launch_permissions(connection, REGION, "ami-1")).words() == ("only the owner",)


async def test_no_credentials_are_said_in_words(fake: FakeEc2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url)) as connection:
        with pytest.raises(CredentialsError, match="no AWS credentials were found"):
            await pages_of(connection, ImagesRequest())
    assert fake.requests == []


async def test_half_of_the_credentials_are_said_in_words(fake: FakeEc2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url)) as connection:
        with pytest.raises(CredentialsError, match="incomplete"):
            await pages_of(connection, ImagesRequest())


def write_config(tmp_path: Path, text: str) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(text)


SSO_SESSION = """
[profile dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = ReadOnly
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
"""

SSO_LEGACY = """
[profile dev]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = ReadOnly
"""


@pytest.mark.parametrize(
    ("config", "words", "remedy"),
    [
        ("[profile other]\nregion = us-east-1\n", "profile was not found", "list-profiles"),
        (SSO_SESSION, "SSO", "aws sso login --profile dev"),
        (SSO_LEGACY, "SSO", "aws sso login --profile dev"),
        ("[profile dev]\ncredential_process = /nonexistent/helper\n", "could not get", "credential_process"),
        ("[profile dev]\ncredential_process = false\n", "could not get", "get-caller-identity --profile dev"),
        ("[profile dev]\ncredential_process = echo hello\n", "could not read", "get-caller-identity"),
        ("[profile dev]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = gone\n", "is wrong", "~/.aws/config"),
        ("[profile dev]\nnonsense\n", "cannot parse", "AWS_CONFIG_FILE"),
    ],
)
async def test_a_profile_that_gives_no_credentials_is_said_in_words(
    fake: FakeEc2, tmp_path: Path, config: str, words: str, remedy: str
) -> None:
    write_config(tmp_path, config)
    async with Ec2Connection(AwsTarget("dev", fake.url)) as connection:
        with pytest.raises(CredentialsError, match=words) as caught:
            await pages_of(connection, ImagesRequest())
    assert remedy in caught.value.remedy
    assert fake.requests == []


async def test_a_role_that_wants_an_mfa_code_never_prompts(
    fake: FakeEc2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(
        tmp_path,
        "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
        "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/admin\nsource_profile = base\n"
        "mfa_serial = arn:aws:iam::111122223333:mfa/me\nregion = us-east-1\n",
    )
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("prompted"))
    async with Ec2Connection(AwsTarget("dev", fake.url)) as connection:
        with pytest.raises(CredentialsError, match="MFA code") as caught:
            await pages_of(connection, ImagesRequest())
    assert "--profile dev" in caught.value.remedy


@pytest.mark.parametrize("profile", ["dev", "role"])
async def test_a_helper_that_prints_credentials_has_no_terminal_to_ask_on_or_to_draw_on(
    fake: FakeEc2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    """Only members of the terminal's session can open /dev/tty."""
    seen = tmp_path / "seen"
    helper = tmp_path / "helper.py"
    helper.write_text(
        "import json, os, sys\n"
        f"open({str(seen)!r}, 'w').write(f'{{os.getsid(0) == os.getpid()}} {{[os.isatty(n) for n in range(3)]}} "
        "{sys.stdin.read()!r}')\n"
        "print('Enter the code: ', file=sys.stderr)\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': 'AKIAHELPER', 'SecretAccessKey': 's'}))\n"
    )
    write_config(
        tmp_path,
        f"[profile dev]\ncredential_process = {sys.executable} {helper}\nregion = us-east-1\n"
        "[profile role]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = dev\nregion = us-east-1\n",
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", fake.url)
    async with Ec2Connection(AwsTarget(profile, fake.url)) as connection:
        await pages_of(connection, ImagesRequest())
    assert seen.read_text() == "True [False, False, False] ''"


async def test_a_helper_that_fails_in_another_encoding_is_still_said_to_have_failed(
    fake: FakeEc2, tmp_path: Path
) -> None:
    helper = tmp_path / "helper.py"
    helper.write_text("import sys\nsys.stderr.buffer.write(b'caf\\xe9 \\x1b[31mis closed')\nsys.exit(1)\n")
    write_config(tmp_path, f"[profile dev]\ncredential_process = {sys.executable} {helper}\nregion = us-east-1\n")
    async with Ec2Connection(AwsTarget("dev", fake.url)) as connection:
        with pytest.raises(CredentialsError, match="could not get") as caught:
            await pages_of(connection, ImagesRequest())
    said = "\n".join(caught.value.lines())
    assert "is closed" in said
    assert "\x1b" not in said


async def test_a_malformed_region_is_said_in_words(connection: Ec2Connection) -> None:
    with pytest.raises(RegionError, match="not valid"):
        await connection.client("us east!")


async def test_the_demo_reads_nothing_of_the_machines_set_up(
    fake: FakeEc2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(tmp_path, "[broken\n")
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_REGION": "eu-west-1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "AWS_CA_BUNDLE": "/nonexistent",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    fake.images = [image(1)]
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url, demo=True)) as connection:
        assert connection.default_region() == "us-east-1"
        (page,) = await pages_of(connection, ImagesRequest())
        await connection.caller_identity()
    assert page.records == fake.images
    assert all("AKIATEST" not in headers["authorization"] for headers in fake.headers)


def shard(scope: str, *, visibility: str = PUBLIC, period: str = "") -> Shard:
    return Shard("aws", visibility, REGION, scope, period)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (shard("mine", visibility=ACCOUNT), {"Owner.1": "self", "IncludeDisabled": "true"}),
        (
            shard("shared", visibility=ACCOUNT),
            {"ExecutableBy.1": "self", "Filter.1.Name": "is-public", "Filter.1.Value.1": "false"},
        ),
        (shard("amazon"), {"Owner.1": "amazon", "Filter.1.Name": "is-public", "Filter.1.Value.1": "true"}),
        (shard("marketplace"), {"Owner.1": "aws-marketplace", "Filter.1.Value.1": "true"}),
        (shard("community"), {"Filter.1.Name": "is-public", "Filter.1.Value.1": "true"}),
        (shard("099720109477"), {"Owner.1": "099720109477", "Filter.1.Value.1": "true"}),
        (shard("amazon", period="2024-*"), {"Filter.2.Name": "creation-date", "Filter.2.Value.1": "2024-*"}),
    ],
)
async def test_a_shard_is_asked_for_in_ec2s_terms(
    fake: FakeEc2, connection: Ec2Connection, asked: Shard, expected: dict[str, str]
) -> None:
    await pages_of(connection, request_for(asked))
    (query,) = fake.requests
    assert expected.items() <= query.items()
    assert query["IncludeDeprecated"] == "true"
    assert query["IncludeDisabled"] == ("true" if asked.owner_scope == "mine" else "false")
    assert ("Owner.1" in query) == (asked.owner_scope not in ("shared", "community"))


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-iso"])
def test_the_publishers_are_asked_for_by_account_and_never_as_everybody(partition: str) -> None:
    request = request_for(Shard(partition, PUBLIC, REGION, "publishers"))
    assert 0 < len(request.owners) <= 200
    if partition == "aws":
        assert "099720109477" in request.owners


def test_no_request_answers_a_scope_that_is_no_shard() -> None:
    with pytest.raises(ValueError, match="all"):
        request_for(shard("all"))


def test_a_public_shard_keeps_what_everybody_sees() -> None:
    amazon = shard("amazon")
    assert keeps(amazon, image(1, OwnerId="137112412989"), ACCOUNT)
    assert not keeps(amazon, image(1, OwnerId=ACCOUNT), ACCOUNT)
    assert keeps(amazon, image(1, OwnerId=ACCOUNT), None)
    assert not keeps(amazon, image(1, Public=False), ACCOUNT)
    assert not keeps(amazon, {"ImageId": "ami-1"}, ACCOUNT)


def test_the_community_is_who_nobody_vouches_for() -> None:
    community = shard("community")
    assert keeps(community, image(1, OwnerId="999999999999"), ACCOUNT)
    assert not keeps(community, image(1, OwnerId="999999999999", ImageOwnerAlias="amazon"), ACCOUNT)
    assert not keeps(community, image(1, OwnerId="679593333241", ImageOwnerAlias="aws-marketplace"), ACCOUNT)
    assert not keeps(community, image(1, OwnerId="099720109477"), ACCOUNT)


def test_a_private_shard_keeps_what_its_account_sees() -> None:
    mine = shard("mine", visibility=ACCOUNT)
    assert keeps(mine, image(1, OwnerId=ACCOUNT, Public=True), ACCOUNT)
    assert keeps(mine, image(1, OwnerId=ACCOUNT, Public=False), ACCOUNT)
    shared = shard("shared", visibility=ACCOUNT)
    assert keeps(shared, image(1, OwnerId="999999999999", Public=False), ACCOUNT)
    assert not keeps(shared, image(1, OwnerId="999999999999", Public=True), ACCOUNT)
    assert not keeps(shared, image(1, OwnerId=ACCOUNT, Public=False), ACCOUNT)


def test_importing_the_package_does_not_import_botocore() -> None:
    code = (
        "from amitui.ec2 import session, profiles, convert, parse;"
        "from amitui.ec2.reads import images, permissions;"
        "from amitui.ec2.errors import translate;"
        "import sys; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = done.stdout.split()
    assert "amitui.ec2.reads.images" in loaded
    assert not {"botocore", "aiobotocore", "aiohttp"} & set(loaded)
