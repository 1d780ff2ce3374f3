"""A login by link and code, against SSO OIDC on loopback: what is asked, what is written, and how it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
from contextlib import asynccontextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from amitui.configuration.load import load_settings
from amitui.ec2.device_login import CALL_S, INTERVAL_S, LONGEST_INTERVAL_S, LoginPage
from amitui.errors import AmituiError, CredentialsError, NetworkError
from amitui.services.login import aws_cli_version, device_login, login_command, mfa_profiles
from amitui.services.session import Session
from tests.support.fake_sso import PENDING, SECRET, SSO_CONFIG, SSO_REGION, START_URL, USER_CODE, FakeSso, fake_sso
from tests.support.limits import Limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from amitui.ec2.device_login import DeviceLogin


@pytest.fixture
def sso(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSso]:
    """SSO, and the home folder of a machine that is configured for it."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "AMITUI_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(SSO_CONFIG)
    with fake_sso() as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


class Login:
    """A login by a clock of its own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.slept: list[float] = []
        self.page = LoginPage("", "", 0)
        self.login: DeviceLogin

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@asynccontextmanager
async def begun(profile: str = "dev", **options: object) -> AsyncIterator[Login]:
    """A login that has its code."""
    made = Login(Session(load_settings({"profile": profile, **options}, os.environ)))
    try:
        made.login = await device_login(made.session, profile, sleep=made.sleep)
        made.login._now = lambda: 1_800_000_000 + sum(made.slept)
        made.page = await made.login.begin()
        yield made
    finally:
        await made.session.close()


def tokens(home: Path) -> dict[str, Any]:
    folder = home / ".aws" / "sso" / "cache"
    return {one.name: json.loads(one.read_text()) for one in folder.iterdir()} if folder.exists() else {}


async def test_a_login_asks_for_the_scopes_of_the_session_and_shows_the_link_with_its_code(sso: FakeSso) -> None:
    async with begun() as made:
        assert made.page == LoginPage(sso.link, USER_CODE, 600)
    (_, registered), (_, started) = sso.asked
    assert registered["clientType"] == "public"
    assert registered["scopes"] == ["sso:account:access", "codewhisperer:completions"]
    assert started == {"clientId": "client", "clientSecret": f"{SECRET}-client", "startUrl": START_URL}


@pytest.mark.parametrize(("profile", "keyed_by"), [("dev", "corp"), ("old", START_URL)])
async def test_the_token_is_written_where_and_as_botocore_reads_it_for_its_user_alone(
    sso: FakeSso, tmp_path: Path, profile: str, keyed_by: str
) -> None:
    from botocore.utils import JSONFileCache, SSOTokenLoader

    async with begun(profile) as made:
        await made.login.finish()
    folder = tmp_path / ".aws" / "sso" / "cache"
    loaded = SSOTokenLoader(cache=JSONFileCache(str(folder)))(
        START_URL, session_name=keyed_by if keyed_by != START_URL else None
    )
    assert loaded == {
        "startUrl": START_URL,
        "region": SSO_REGION,
        "accessToken": f"{SECRET}-token",
        "expiresAt": "2027-01-15T09:00:01Z",
        "clientId": "client",
        "clientSecret": f"{SECRET}-client",
        "registrationExpiresAt": "2033-05-18T03:33:20Z",
        "refreshToken": f"{SECRET}-refresh",
    }
    (written,) = folder.iterdir()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert ("scopes" in sso.asked[0][1]) == (profile == "dev"), "the older form has none"


async def test_the_keys_of_the_role_come_with_the_new_token_also_in_read_only_mode(
    sso: FakeSso, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # botocore reads HOME when it is imported.
    for name in ("botocore.tokens.SSOTokenProvider", "botocore.credentials.SSOProvider"):
        monkeypatch.setattr(f"{name}._SSO_TOKEN_CACHE_DIR", str(tmp_path / ".aws" / "sso" / "cache"))
    async with begun(read_only=True) as made:
        await made.login.finish()
        connection = await made.session.connections.of("dev")
        assert await connection.credentials_expire_at() is None, "deferred"
        client = await connection.client("us-east-1")
        keys = await client._get_credentials().get_frozen_credentials()
        assert keys.access_key == "ASIA123456789012"


async def test_each_slow_down_and_each_failure_of_the_server_lengthens_the_pauses_up_to_a_minute(
    sso: FakeSso,
) -> None:
    sso.answers.extend([PENDING, "SlowDownException", PENDING, *["InternalServerException"] * 14, PENDING])
    sso.expires_in = 3600
    async with begun() as made:
        sso.answers.pop()  # the last `pending`, which would stay
        await made.login.finish()
    assert made.slept[:5] == [1, 1, 1 + INTERVAL_S, 1 + INTERVAL_S, 1 + 2 * INTERVAL_S]
    assert max(made.slept) == LONGEST_INTERVAL_S
    assert sso.paths().count("/token") == len(made.slept), "none is repeated at once"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (["ExpiredTokenException"], "the code for corp has expired"),
        ([PENDING], "the code for corp has expired"),
        ([PENDING, "AccessDeniedException"], "the login to corp was denied"),
        (["InvalidGrantException"], "SSO refused the login to corp"),
    ],
)
async def test_a_login_that_is_not_confirmed_ends_in_words_and_writes_nothing(
    sso: FakeSso, tmp_path: Path, answers: list[str], words: str
) -> None:
    sso.answers.extend(answers)
    async with begun() as made:
        with pytest.raises(CredentialsError, match=words) as raised:
            await made.login.finish()
    assert raised.value.remedy
    assert sum(made.slept) <= 601
    assert tokens(tmp_path) == {}


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "http://evil.example/", "https://a b/", "https://x/\u202e", "https://x/\x1b[2J", ""],
)
async def test_a_link_that_is_not_safe_to_open_is_not_shown(sso: FakeSso, link: str) -> None:
    sso.link = link
    with pytest.raises(CredentialsError, match="cannot be used") as raised:
        async with begun():
            pass
    assert link not in " ".join(raised.value.lines()) or not link


async def test_an_sso_that_cannot_be_reached_is_named_as_such(
    sso: FakeSso, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO_OIDC", "http://127.0.0.1:9")
    with pytest.raises(NetworkError, match=f"could not reach SSO in {SSO_REGION}"):
        async with begun():
            pass


@pytest.mark.parametrize("path", ["/client/register", "/device_authorization"])
async def test_an_answer_that_comes_a_byte_at_a_time_is_not_waited_for_without_end(
    sso: FakeSso, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    limits = Limits("amitui.ec2.device_login", monkeypatch)
    sso.drips = (path, Event())
    asking = asyncio.create_task(begun().__aenter__())
    assert await asyncio.to_thread(sso.drips[1].wait, 20)
    assert limits.made[-1].seconds == CALL_S
    limits.made[-1].end()
    with pytest.raises(NetworkError, match=f"SSO in {SSO_REGION} did not respond in time") as raised:
        await asking
    assert raised.value.why == "its answer was not complete after 60 seconds"
    assert raised.value.remedy


async def test_a_question_that_is_answered_a_byte_at_a_time_is_asked_again_less_often(
    sso: FakeSso, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with begun() as made:
        limits = Limits("amitui.ec2.device_login", monkeypatch)
        dripping = sso.drips = ("/token", Event())
        finishing = asyncio.create_task(made.login.finish())
        assert await asyncio.to_thread(dripping[1].wait, 20)
        sso.drips = None
        assert limits.made[-1].seconds == CALL_S
        limits.made[-1].end()
        await finishing
    assert made.slept == [1, 1 + INTERVAL_S]


async def test_another_endpoint_of_ec2_is_not_asked_for_a_login(sso: FakeSso) -> None:
    async with begun(endpoint_url="http://127.0.0.1:9") as made:
        await made.login.finish()
    assert sso.paths() == ["/client/register", "/device_authorization", "/token"]


async def test_a_folder_that_cannot_be_written_keeps_the_old_token_and_says_where(
    sso: FakeSso, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with begun() as made:
        await made.login.finish()
    before = tokens(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    async with begun() as made:
        with pytest.raises(AmituiError, match="the disk is full") as raised:
            await made.login.finish()
    assert str(tmp_path / ".aws") in raised.value.why
    assert tokens(tmp_path) == before, "and no half of another lies there"
    assert SECRET not in " ".join(raised.value.lines())


async def test_no_secret_reaches_a_log_or_an_error(
    sso: FakeSso, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("botocore", "aiobotocore"):
        assert not logging.getLogger(name).propagate
    sso.answers.extend([PENDING, "InvalidGrantException"])
    async with begun() as made:
        with pytest.raises(CredentialsError) as raised:
            await made.login.finish()
    said = " ".join([*raised.value.lines(), caplog.text, repr(made.login), repr(made.page)])
    assert SECRET not in said


@pytest.mark.parametrize("name", ["nobody", "keys"])
async def test_a_profile_without_an_sso_session_is_named(sso: FakeSso, tmp_path: Path, name: str) -> None:
    (tmp_path / ".aws" / "config").write_text("[profile keys]\naws_access_key_id = AKIA\n")
    session = Session(load_settings({}, os.environ))
    with pytest.raises(CredentialsError, match=f"profile {name} has no SSO session"):
        await device_login(session, name)


@pytest.mark.parametrize(
    ("version", "environ", "words"),
    [
        ((1, 45), {}, ()),
        ((), {}, ()),
        ((2, 0), {}, ("aws", "sso", "login", "--profile", "dev")),
        ((2, 21), {"SSH_TTY": "/dev/pts/1"}, ("aws", "sso", "login", "--profile", "dev")),
        ((2, 22), {"SSH_TTY": "/dev/pts/1"}, ("aws", "sso", "login", "--profile", "dev", "--use-device-code")),
        ((2, 22), {"SSH_TTY": ""}, ("aws", "sso", "login", "--profile", "dev")),
    ],
)
def test_the_aws_cli_is_used_as_its_version_can_and_without_a_browser_over_ssh(
    version: tuple[int, ...], environ: dict[str, str], words: tuple[str, ...]
) -> None:
    assert login_command("dev", version, environ) == words


@pytest.mark.parametrize(
    ("script", "version"),
    [
        ("echo aws-cli/2.30.1 Python/3.13.7 Linux/6", (2, 30)),
        ("echo aws-cli/1.45.11 Python/3.11.7 >&2", (1, 45)),
        ("echo something else", ()),
        ("exit 1", ()),
        ("exec sleep 600", ()),
    ],
)
async def test_the_version_of_the_aws_cli_is_asked_and_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, version: tuple[int, ...]
) -> None:
    program = tmp_path / "aws"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    if "sleep" in script:
        monkeypatch.setattr("amitui.services.login.VERSION_WITHIN_S", 0.2)
    assert await aws_cli_version() == version


async def test_without_the_aws_cli_there_is_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await aws_cli_version() == ()


def test_profiles_whose_role_or_source_wants_a_code_are_found(tmp_path: Path, sso: FakeSso) -> None:
    (tmp_path / ".aws" / "config").write_text(
        "[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = s\n"
        "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = base\nmfa_serial = x\n"
        "[profile outer]\nrole_arn = arn:aws:iam::444455556666:role/a\nsource_profile = dev\n"
    )
    session = Session(load_settings({}, os.environ))
    role = "arn:aws:iam::222233334444:role/Reader:source_profile=dev"
    assert mfa_profiles(session, ["base", "dev", "outer", role, None]) == ["dev", "outer", role]
