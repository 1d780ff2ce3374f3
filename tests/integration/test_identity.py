"""Who acts, and where, as seen from the other side of the wire by a fake EC2 and STS, and by each command."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amitui.cli import main
from amitui.configuration.load import load_settings
from amitui.ec2.session import AwsTarget
from amitui.errors import AmituiError, CredentialsError, ReadOnlyError
from amitui.identity.roles import role_profile
from amitui.services.composition import Services
from amitui.services.connections import Connections
from tests.support.fake_ec2 import ROLE_TOKEN, FakeEc2, fake_ec2
from tests.support.isolation import move_home

REGION = "us-east-1"
IMAGE = "ami-0123456789abcdef0"
OWN = "123456789012"


@pytest.fixture
def fake() -> Iterator[FakeEc2]:
    with fake_ec2() as made:
        yield made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a machine on which nothing is configured."""
    move_home(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".config" / "amitui").mkdir(parents=True)
    return tmp_path


def configure(home: Path, *, aws: str = "", keys: str = "", amitui: str = "") -> None:
    """Write the files of AWS and of amitui; `keys` names profiles with keys."""
    (home / ".aws" / "config").write_text(aws)
    (home / ".aws" / "credentials").write_text(
        "".join(
            f"[{name}]\naws_access_key_id = AKIA{name.upper()}\naws_secret_access_key = s\n"
            for name in keys.split()
        )
    )
    (home / ".config" / "amitui" / "config.toml").write_text(amitui)


def signed_with(query: dict[str, str]) -> str:
    """The access key id of a request."""
    return query["authorization"].partition("Credential=")[2].partition("/")[0]


async def tag(connections: Connections, profile: str | None) -> None:
    """Ask for a change."""
    connection = await connections.of(profile)
    await connection.call(REGION, "create_tags", "tag it", Resources=[IMAGE], Tags=[{"Key": "a", "Value": "b"}])


def connections(**options: object) -> Connections:
    return Connections(load_settings(options, os.environ))


async def test_keys_of_the_environment_act_beside_a_named_profile_as_they_do_for_boto3(
    home: Path, fake: FakeEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(home, keys="a b")
    for name, value in {"AWS_PROFILE": "a", "AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}.items():
        monkeypatch.setenv(name, value)
    made = connections(endpoint_url=fake.url)
    for profile in (None, "b", "a"):
        await (await made.of(profile)).caller_identity(REGION)
    await made.close()
    assert [signed_with(headers) for headers in fake.headers] == ["AKIAENV", "AKIAB", "AKIAA"]


@pytest.mark.parametrize(
    ("target", "options"),
    [
        (AwsTarget(), ""),
        (AwsTarget("my prod"), " --profile 'my prod'"),
        (AwsTarget("a", endpoint_url="http://h:1"), " --profile a --endpoint-url http://h:1"),
        (AwsTarget(ec2_endpoint_url="http://h:2", is_resolved=True), " --endpoint-url http://h:2"),
    ],
)
def test_commands_in_words_act_as_the_connection_does(target: AwsTarget, options: str) -> None:
    assert target.command_options == options


async def test_a_mark_of_the_account_is_asked_of_sts_before_anything_is_sent(home: Path, fake: FakeEc2) -> None:
    configure(home, keys="a", amitui=f"[profiles.{OWN}]\nread_only = true\n")
    made = connections(profile="a", endpoint_url=fake.url)
    with pytest.raises(ReadOnlyError, match=f"account {OWN} is read-only here"):
        await tag(made, "a")
    assert [query["Action"] for query in fake.requests] == ["GetCallerIdentity"]
    assert made.marks("a").read_only, "and from then on it is known"
    await (await made.of("a")).call(REGION, "describe_images", "list the images")
    await made.close()


async def test_another_account_may_change_things_after_sts_has_been_asked_once(home: Path, fake: FakeEc2) -> None:
    configure(home, keys="a", amitui='[profiles."999988887777"]\nread_only = true\n')
    made = connections(profile="a", endpoint_url=fake.url)
    for _ in range(2):
        with pytest.raises(AmituiError) as raised:  # which this fake does not know
            await tag(made, "a")
        assert not isinstance(raised.value, ReadOnlyError)
    assert [query["Action"] for query in fake.requests].count("GetCallerIdentity") == 1
    assert fake.calls("CreateTags")
    await made.close()


async def test_nothing_is_sent_while_sts_does_not_say_which_account_it_is(home: Path, fake: FakeEc2) -> None:
    configure(home, keys="a", amitui='[profiles."999988887777"]\nread_only = true\n')
    fake.fail("GetCallerIdentity", 403, "AccessDenied", times=9)
    made = connections(profile="a", endpoint_url=fake.url)
    with pytest.raises(AmituiError):
        await tag(made, "a")
    assert not fake.calls("CreateTags")
    await made.close()


async def test_keys_that_end_in_a_carriage_return_are_named_and_never_sent(
    home: Path, fake: FakeEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "topsecret\r")
    with pytest.raises(CredentialsError, match="AWS_SECRET_ACCESS_KEY ends in a carriage return"):
        await tag(connections(endpoint_url=fake.url), None)
    assert fake.requests == []


@pytest.mark.parametrize("key", ["AccessKeyId", "SecretAccessKey", "SessionToken"])
async def test_keys_of_a_helper_program_are_looked_at_before_they_are_used(
    home: Path, fake: FakeEc2, key: str
) -> None:
    given = {"Version": 1, "AccessKeyId": "AKIAHELPER", "SecretAccessKey": "topsecret", "SessionToken": "t"}
    helper = home / "helper.json"
    configure(home, aws=f"[profile a]\ncredential_process = /bin/cat {helper}\n")
    helper.write_text(json.dumps({**given, key: f"{given[key]}\r"}))
    made = connections(profile="a", endpoint_url=fake.url)
    for _ in range(2):
        with pytest.raises(CredentialsError, match="credential_process gives ends in a carriage return") as caught:
            await (await made.of("a")).caller_identity(REGION)
        assert "topsecret" not in " ".join(caught.value.lines())
    assert fake.requests == []
    helper.write_text(json.dumps(given))
    await (await made.of("a")).caller_identity(REGION)
    assert signed_with(fake.headers[0]) == "AKIAHELPER"
    await made.close()


ROLE = role_profile("111122223333", "Reader", source="base")


async def test_an_account_behind_a_role_is_asked_with_the_roles_own_keys(home: Path, fake: FakeEc2) -> None:
    configure(home, keys="base other")
    made = connections(profile="other", endpoint_url=fake.url)
    for profile in (ROLE.name, "other", ROLE.name):
        identity = await (await made.of(profile)).caller_identity(REGION)
        assert identity.account_id == (ROLE.account if profile == ROLE.name else OWN)
    await (await made.of(ROLE.name)).call(REGION, "describe_images", "list the images")
    await made.close()
    signed = [
        (query["Action"], signed_with(headers)) for query, headers in zip(fake.requests, fake.headers, strict=True)
    ]
    assert signed == [
        ("AssumeRole", "AKIABASE"),
        ("GetCallerIdentity", "ASIA111122223333"),
        ("GetCallerIdentity", "AKIAOTHER"),
        ("GetCallerIdentity", "ASIA111122223333"),
        ("DescribeImages", "ASIA111122223333"),
    ]
    (asked,) = fake.calls("AssumeRole")
    assert (asked["RoleArn"], asked["RoleSessionName"]) == (ROLE.arn, "amitui")
    assert fake.headers[-1]["x-amz-security-token"] == ROLE_TOKEN


async def test_the_token_of_a_role_is_renewed_and_never_written_anywhere(
    home: Path, fake: FakeEc2, caplog: pytest.LogCaptureFixture
) -> None:
    configure(home, keys="base")
    fake.role_seconds = 1
    with caplog.at_level(0):
        services = Services(load_settings({"profile": ROLE.name, "endpoint_url": fake.url}, os.environ))
        for _ in range(3):
            await services.session.identify()
        fake.fail("GetCallerIdentity", 403, "ExpiredToken", ROLE_TOKEN[:5])
        with pytest.raises(CredentialsError) as raised:
            await services.session.identify()
        await services.close()
    assert len(fake.calls("AssumeRole")) >= 3
    assert "role Reader of account 111122223333" in raised.value.what
    written = [path for path in home.rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if ROLE_TOKEN.encode() in path.read_bytes()]
    assert ROLE_TOKEN not in caplog.text + repr(raised.value.lines())
    again = Services(load_settings({"profile": ROLE.name, "endpoint_url": fake.url}, os.environ))
    assert again.session.recall_account() == ROLE.account


async def test_a_role_that_cannot_be_assumed_is_a_sentence_and_not_another_account(
    home: Path, fake: FakeEc2
) -> None:
    configure(home, keys="base")
    fake.fail("AssumeRole", 403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole", times=9)
    made = connections(endpoint_url=fake.url)
    with pytest.raises(AmituiError, match="role Reader of account 111122223333 cannot be assumed"):
        await (await made.of(ROLE.name)).call(REGION, "describe_images", "list the images")
    await made.close()
    assert {query["Action"] for query in fake.requests} == {"AssumeRole"}


async def test_a_source_that_needs_an_mfa_code_says_how_to_give_it(home: Path, fake: FakeEc2) -> None:
    configure(
        home,
        keys="user",
        aws="[profile base]\nrole_arn = arn:aws:iam::777788889999:role/hub\nsource_profile = user\n"
        "mfa_serial = arn:aws:iam::777788889999:mfa/me\n",
    )
    made = connections(endpoint_url=fake.url)
    with pytest.raises(CredentialsError, match="requires an MFA code") as raised:
        await (await made.of(ROLE.name)).caller_identity(REGION)
    await made.close()
    assert "export-credentials --profile base" in raised.value.remedy
    assert not fake.requests


async def test_a_read_only_mark_of_the_account_behind_a_role_refuses_before_anything_is_sent(
    home: Path, fake: FakeEc2
) -> None:
    configure(home, keys="base", amitui=f"[profiles.{ROLE.account}]\nread_only = true\n")
    made = connections(endpoint_url=fake.url)
    with pytest.raises(ReadOnlyError):
        await tag(made, ROLE.name)
    await made.close()
    assert not fake.calls("CreateTags")


def local(url: str) -> str:
    """An AWS config with a profile of another endpoint by each of the two ways, and with one of AWS."""
    return (
        f"[profile direct]\nregion = {REGION}\nendpoint_url = {url}/\n"
        f"[profile listed]\nregion = {REGION}\nservices = here\n"
        f"[services here]\nec2 =\n  endpoint_url = {url}\nsts =\n  endpoint_url = {url}\n"
        f"[profile real]\nregion = {REGION}\n"
    )


@pytest.mark.parametrize("way", ["--profile", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
@pytest.mark.parametrize("profile", ["direct", "listed"])
def test_images_of_a_profiles_own_endpoint_are_never_filed_as_those_of_aws(
    home: Path,
    fake: FakeEc2,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    profile: str,
    way: str,
) -> None:
    configure(home, aws=local(fake.url), keys="direct listed real")
    fake.images = [
        {
            "ImageId": IMAGE,
            "Name": "golden-9999",
            "OwnerId": "137112412989",
            "ImageOwnerAlias": "amazon",
            "Public": True,
            "State": "available",
            "CreationDate": "2031-01-01T00:00:00.000Z",
        }
    ]
    who = ["--profile", profile]
    if way != "--profile":
        monkeypatch.setenv(way, profile)
        who = []
    assert main(["sync", "--scope", "amazon", *who]) == 0
    assert fake.calls("DescribeImages")
    capsys.readouterr()
    find = ["find", "golden", "--latest", "--offline", "-o", "id"]
    assert main([*find, *who]) == 0
    assert main([*find, "--endpoint-url", fake.url.upper()]) == 0
    assert capsys.readouterr().out.split() == [IMAGE, IMAGE]
    monkeypatch.delenv(way, raising=False)
    for other in (["--profile", "real"], ["--region", REGION]):
        assert main([*find, *other]) == 1
    assert capsys.readouterr().out == ""
    (realm,) = (home / ".cache" / "amitui" / "v1").iterdir()
    assert realm.name != "aws"


async def test_a_profile_of_another_endpoint_cannot_be_switched_to_nor_used_for_an_operation(
    home: Path, fake: FakeEc2
) -> None:
    configure(home, aws=local(fake.url), keys="direct listed real")
    services = Services(load_settings({"profile": "real"}, os.environ))
    for profile in ("direct", "listed"):
        assert f"uses another endpoint: {fake.url}" in services.session.connections.obstacle(profile)
        with pytest.raises(CredentialsError) as refused:
            await services.session.switch_profile(profile)
        assert refused.value.remedy == f"exit, and start amitui --profile {profile}"
        with pytest.raises(CredentialsError):
            await services.session.connections.of(profile)
    assert services.session.profile == "real"
    other = Services(load_settings({"profile": "direct"}, os.environ))
    await other.session.switch_profile("listed")
    assert "uses another endpoint: AWS" in other.session.connections.obstacle("real")
    assert (await other.session.identify()).account_id == OWN
    await other.close()
    assert fake.requests != []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["find", "x"], 3),
        (["find", "x", "--offline", "--region", REGION], 3),
        (["sync"], 3),
        (["sync", REGION], 3),
        (["import", "/dev/null"], 3),
        (["ops"], 1),
        (["info"], 0),
        (["info", "-o", "json"], 0),
    ],
)
@pytest.mark.parametrize("way", ["--profile", "AWS_PROFILE"])
def test_a_profile_that_is_not_there_is_said_by_every_command(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    way: str,
) -> None:
    configure(home, aws=f"[profile a]\nregion = {REGION}\n")
    if way == "AWS_PROFILE":
        monkeypatch.setenv(way, "nosuch")
    assert main([*words, *(("--profile", "nosuch") if way == "--profile" else ())]) == code
    said = capsys.readouterr()
    assert "there is no profile nosuch" in said.out + said.err
    assert "no Region" not in said.out + said.err


def test_info_tells_who_would_act_and_where(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(home, aws=local("http://127.0.0.1:4566"), keys="listed")
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "listed")
    assert main(["info", "-o", "json"]) == 0
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert facts["profile"] == "listed"
    assert facts["profile_chosen_by"] == "AWS_DEFAULT_PROFILE"
    assert facts["credentials"] == "keys of [listed] in the credentials file"
    assert facts["endpoint_url"] == "http://127.0.0.1:4566"
    assert facts["region"] == REGION


def test_resolving_who_acts_imports_nothing_of_botocore() -> None:
    import subprocess

    code = "import sys; from amitui.identity.caller import find_caller; find_caller(None); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "amitui.identity.caller" in loaded
    assert not {name.partition(".")[0] for name in loaded} & {
        "botocore",
        "boto3",
        "aiobotocore",
        "textual",
        "asyncio",
    }
