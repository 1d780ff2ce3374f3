"""Roles that want an MFA code: who is asked, how often, and what is kept of the answer."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
from hashlib import sha1
from typing import TYPE_CHECKING

import pytest

from amitui.configuration.load import load_settings
from amitui.ec2.mfa import CodeRequest
from amitui.errors import AmituiError, CredentialsError, DeniedError
from amitui.services.connections import Connections
from tests.support.fake_ec2 import ROLE_TOKEN, FakeEc2, fake_ec2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGION = "us-east-1"
DEVICE = "arn:aws:iam::777788889999:mfa/me"
WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
CONFIG = f"""\
[profile dev]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = base
mfa_serial = {DEVICE}
[profile prod]
role_arn = arn:aws:iam::444455556666:role/admin
source_profile = base
mfa_serial = {DEVICE}
[profile again]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = base
mfa_serial = {DEVICE}
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEc2]:
    """STS, and the home folder of a machine whose roles want codes."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "AMITUI_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("prompted"))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    (tmp_path / ".aws" / "credentials").write_text(
        "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
    )
    with fake_ec2() as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", made.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", made.url)
        yield made


class Person:
    """Answers questions for codes."""

    def __init__(self, made: Connections, *codes: str | None) -> None:
        self.codes = list(codes)
        self.asked: list[CodeRequest] = []
        self.at_once = self.most_at_once = 0
        made.codes.prompt = self

    async def __call__(self, request: CodeRequest) -> str | None:
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return self.codes.pop(0)


def connections(**options: object) -> Connections:
    return Connections(load_settings(options, os.environ))


def kept(home: Path) -> list[Path]:
    return list((home / ".aws" / "cli" / "cache").glob("*"))


def sent_codes(fake: FakeEc2) -> list[str]:
    return [query.get("TokenCode", "") for query in fake.calls("AssumeRole")]


async def account_of(made: Connections, profile: str) -> str:
    return (await (await made.of(profile)).caller_identity(REGION)).account_id


async def test_a_code_is_asked_once_and_its_session_is_shared_with_the_aws_cli(
    fake: FakeEc2, tmp_path: Path
) -> None:
    made = connections()
    person = Person(made, "123456")
    assert await account_of(made, "dev") == "111122223333"
    await (await made.of("dev")).call(REGION, "describe_images", "list the images")
    assert person.asked == [CodeRequest("dev", DEVICE)]
    assert sent_codes(fake) == ["123456"]
    await made.close()
    (file,) = kept(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["Credentials"]["SessionToken"] == ROLE_TOKEN
    asked = {"RoleArn": "arn:aws:iam::111122223333:role/admin", "SerialNumber": DEVICE}
    assert file.stem == sha1(json.dumps(asked).encode(), usedforsecurity=False).hexdigest(), "as the AWS CLI does"

    later = connections()
    nobody = Person(later)
    assert await account_of(later, "dev") == await account_of(later, "again") == "111122223333"
    await later.close()
    assert nobody.asked == []
    assert sent_codes(fake) == ["123456"]


async def test_a_wrong_code_is_asked_for_again_in_the_words_of_sts(fake: FakeEc2) -> None:
    fake.fail("AssumeRole", 403, "AccessDenied", WRONG, times=2)
    made = connections()
    person = Person(made, "000000", "111111", "222222")
    assert await account_of(made, "dev") == "111122223333"
    await made.close()
    assert [one.problem for one in person.asked] == ["", WRONG.strip(), WRONG.strip()]
    assert sent_codes(fake) == ["000000", "111111", "222222"]


async def test_without_a_code_that_profile_has_an_error_and_is_asked_about_no_more_by_itself(
    fake: FakeEc2, tmp_path: Path
) -> None:
    made = connections()
    person = Person(made, None, "123456")
    for _ in range(3):  # what is tried again in the background
        with pytest.raises(CredentialsError, match="the role of profile dev requires an MFA code") as raised:
            await account_of(made, "dev")
        assert "F5" in raised.value.remedy
        await made.drop("dev")
    assert len(person.asked) == 1
    assert fake.requests == []
    made.codes.allow()
    assert await account_of(made, "dev") == "111122223333"
    await made.close()


async def test_a_refusal_of_the_role_is_no_wrong_code(fake: FakeEc2) -> None:
    fake.fail("AssumeRole", 403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole", times=9)
    made = connections()
    person = Person(made, "123456")
    with pytest.raises(DeniedError, match="cannot be assumed"):
        await account_of(made, "dev")
    await made.close()
    assert len(person.asked) == 1


async def test_several_profiles_are_asked_about_one_after_another_and_the_same_role_once(fake: FakeEc2) -> None:
    made = connections()
    person = Person(made, "111111", "222222")
    found = await asyncio.gather(*(account_of(made, name) for name in ("dev", "prod", "again")))
    await made.close()
    assert found == ["111122223333", "444455556666", "111122223333"]
    assert sorted(one.profile for one in person.asked) in (["dev", "prod"], ["again", "prod"])
    assert person.most_at_once == 1
    assert sorted(sent_codes(fake)) == ["111111", "222222"]


async def test_sessions_of_another_endpoint_stay_in_memory(fake: FakeEc2, tmp_path: Path) -> None:
    made = connections(endpoint_url=fake.url)
    person = Person(made, "123456")
    assert await account_of(made, "dev") == "111122223333"
    await made.drop("dev")
    assert await account_of(made, "dev") == "111122223333"
    await made.close()
    assert len(person.asked) == 1
    assert kept(tmp_path) == []


async def test_a_session_that_ends_is_not_asked_about_until_its_user_wants_it(
    fake: FakeEc2, tmp_path: Path
) -> None:
    fake.role_seconds = 30  # less than what counts as ended
    made = connections()
    person = Person(made, "111111", "222222")
    connection = await made.of("dev")
    await connection.caller_identity(REGION)
    with pytest.raises(CredentialsError, match="the MFA session of profile dev has ended") as raised:
        await connection.call(REGION, "describe_images", "list the images")
    assert "F5" in raised.value.remedy
    assert connection.refused, "so that what goes on opens another connection"
    assert len(person.asked) == 1
    fake.role_seconds = 3600
    made.codes.allow()
    connection = await made.of("dev", renewed=True)
    await connection.call(REGION, "describe_images", "list the images")
    await made.close()
    assert sent_codes(fake) == ["111111", "222222"]


async def test_a_session_that_another_tool_renewed_meanwhile_is_taken(fake: FakeEc2, tmp_path: Path) -> None:
    fake.role_seconds = 30
    made = connections()
    person = Person(made, "111111")
    connection = await made.of("dev")
    await connection.caller_identity(REGION)
    (file,) = kept(tmp_path)
    session = json.loads(file.read_text())
    session["Credentials"]["Expiration"] = "2099-01-01T00:00:00Z"
    file.write_text(json.dumps(session))
    await connection.call(REGION, "describe_images", "list the images")
    await made.close()
    assert len(person.asked) == 1


async def test_a_folder_that_cannot_be_written_costs_a_question_and_no_more(fake: FakeEc2, tmp_path: Path) -> None:
    (tmp_path / ".aws" / "cli").write_text("no folder")
    made = connections()
    person = Person(made, "123456")
    assert await account_of(made, "dev") == "111122223333"
    await made.close()
    assert len(person.asked) == 1


async def test_a_code_of_the_source_is_asked_for_a_role_of_an_organization(fake: FakeEc2) -> None:
    made = connections()
    person = Person(made, "123456")
    assert await account_of(made, "arn:aws:iam::222233334444:role/Reader:source_profile=dev") == "222233334444"
    await made.close()
    assert person.asked == [CodeRequest("dev", DEVICE)]


async def test_a_role_whose_source_wants_a_code_too_is_asked_about_after_it(fake: FakeEc2, tmp_path: Path) -> None:
    outer = "[profile outer]\nrole_arn = arn:aws:iam::999900001111:role/admin\n"
    outer += "source_profile = dev\nmfa_serial = GAHT12345\n"
    (tmp_path / ".aws" / "config").write_text(CONFIG + outer)
    made = connections()
    person = Person(made, "111111", "222222")
    assert await account_of(made, "outer") == "999900001111"
    await made.close()
    assert person.asked == [CodeRequest("dev", DEVICE), CodeRequest("outer", "GAHT12345")]


async def test_neither_code_nor_token_reaches_a_log_or_an_error(
    fake: FakeEc2, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.fail("GetCallerIdentity", 403, "AccessDenied", "no")
    made = connections()
    Person(made, "918273")
    with pytest.raises(AmituiError) as raised:
        await account_of(made, "dev")
    await made.close()
    said = " ".join([*raised.value.lines(), caplog.text])
    assert "918273" not in said
    assert ROLE_TOKEN not in said


async def test_a_process_without_a_terminal_is_told_how_else(
    fake: FakeEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amitui.services.mfa_codes._TERMINAL", "/no/terminal")
    made = connections()
    with pytest.raises(CredentialsError, match="requires an MFA code") as raised:
        await account_of(made, "dev")
    await made.close()
    assert "export-credentials --profile dev" in raised.value.remedy
    assert fake.requests == []
