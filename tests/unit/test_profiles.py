"""Profiles are read as botocore reads them, without botocore, and no secret leaves the files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from amitui.ec2.profiles import (
    ProfileInfo,
    account_hint,
    available_profiles,
    configured_region,
    identity_fingerprint,
)
from amitui.errors import CredentialsError
from amitui.identity.caller import find_caller

CONFIG = """
[default]
region = eu-central-1
s3 =
    max_concurrent_requests = 5
    region = us-gov-west-1

[profile dev]
region = eu-west-1
sso_session = corp
sso_account_id = 111122223333
sso_role_name = ReadOnly

[profile "with space"]
sso_start_url = https://x.example/start
sso_region = eu-west-1
sso_account_id = 222233334444
sso_role_name = ReadOnly

[profile admin]
role_arn = arn:aws:iam::333344445555:role/admin
source_profile = keys

[sso-session corp]
sso_start_url = https://corp.example/start
sso_region = eu-west-1

[services local]
ec2 =
    endpoint_url = http://localhost

[plugins]
x = y
"""

CREDENTIALS = """
[keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = topsecret
aws_session_token = alsosecret

[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = topsecret
"""

Write = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Write:
    """Writes the two files; the environment holds nothing else of AWS."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))

    def put(config: str, credentials: str) -> None:
        (tmp_path / "config").write_text(config)
        (tmp_path / "credentials").write_text(credentials)

    put(CONFIG, CREDENTIALS)
    return put


def test_profiles_of_both_files_are_listed_default_first() -> None:
    assert available_profiles() == [
        ProfileInfo("default", "eu-central-1", False, ""),
        ProfileInfo("admin", "", False, "arn:aws:iam::333344445555:role/admin"),
        ProfileInfo("dev", "eu-west-1", True, ""),
        ProfileInfo("keys", "", False, ""),
        ProfileInfo("with space", "", True, ""),
    ]


def test_the_same_profiles_are_known_to_botocore() -> None:
    import botocore.session

    assert {profile.name for profile in available_profiles()} == set(botocore.session.Session().available_profiles)


def test_missing_files_mean_no_profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "nowhere" / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "config" / "below-a-file"))
    assert available_profiles() == []
    assert configured_region(None) is None
    assert account_hint("dev") is None


def test_the_home_folder_is_where_the_files_are_by_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_CONFIG_FILE")
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[profile home]\nregion = sa-east-1\n")
    assert [profile.name for profile in available_profiles()] == ["home"]


@pytest.mark.parametrize("config", ["[profile x\n", "aws_secret_access_key = topsecret\n", "[a]\ntopsecret\n"])
def test_a_file_that_cannot_be_understood_is_named_without_quoting_it(write: Write, config: str) -> None:
    write(config, "")
    with pytest.raises(CredentialsError, match="cannot parse") as caught:
        available_profiles()
    assert "config" in caught.value.why
    assert "topsecret" not in "".join(caught.value.lines())


def test_a_folder_in_place_of_a_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path))
    with pytest.raises(CredentialsError, match="cannot read"):
        available_profiles()


def test_hints_are_quiet_about_a_broken_file(write: Write) -> None:
    write("[broken\n", "")
    assert configured_region("dev") is None
    assert account_hint("dev") is None
    assert len(identity_fingerprint("dev", None)) == 32


def test_hostile_names_are_made_safe(write: Write) -> None:
    write("[profile \x1b[31mred]\nregion = \u202eeu\n", "")
    (profile,) = available_profiles()
    assert profile == ProfileInfo("␦[31mred", "␦eu", False, "")


def test_the_region_is_that_of_the_environment_or_else_of_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configured_region("dev") == "eu-west-1"
    assert configured_region("admin") is None
    assert configured_region(None) == "eu-central-1"
    monkeypatch.setenv("AWS_PROFILE", "dev")
    assert configured_region(None) == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "ca-west-1")
    assert configured_region("dev") == "eu-west-1", "as botocore, which does not know AWS_REGION"
    assert configured_region("admin") == "ca-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    assert configured_region("dev") == "ap-south-1"


def test_the_profile_is_chosen_as_botocore_chooses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_caller(None).profile == "default"
    monkeypatch.setenv("AWS_PROFILE", "dev")
    assert find_caller(None).profile == "dev"
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "keys")
    assert find_caller(None).profile == "keys"
    assert find_caller("admin").profile == "admin"


@pytest.mark.parametrize(
    ("profile", "account"),
    [
        ("dev", "111122223333"),
        ("with space", "222233334444"),
        ("admin", "333344445555"),
        ("keys", None),
        ("no", None),
    ],
)
def test_the_account_is_guessed_from_sso_and_roles(profile: str, account: str | None) -> None:
    assert account_hint(profile) == account


def test_keys_of_the_environment_hide_the_default_profile_but_not_a_named_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "dev")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "topsecret")
    assert account_hint(None) is None
    monkeypatch.setenv("AWS_ACCOUNT_ID", "999988887777")
    assert account_hint(None) == "999988887777"
    assert account_hint("dev") == "111122223333"


def test_a_web_identity_of_the_environment_names_its_account(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("", "")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::444455556666:role/pod")
    assert account_hint(None) == "444455556666"


def test_a_fingerprint_stays_while_nothing_changes_who_one_is(write: Write) -> None:
    before = identity_fingerprint("admin", None)
    write(CONFIG.replace("eu-west-1", "eu-north-1"), CREDENTIALS.replace("topsecret", "rotated"))
    assert identity_fingerprint("admin", None) == before


@pytest.mark.parametrize(
    ("profile", "old", "new"),
    [
        ("admin", "AKIAKEYS", "AKIAOTHER"),
        ("admin", "333344445555", "333344445556"),
        ("dev", "111122223333", "111122223334"),
        ("dev", "corp.example", "other.example"),
        (None, "AKIADEFAULT", "AKIAOTHER"),
    ],
)
def test_a_fingerprint_changes_with_who_one_is(write: Write, profile: str | None, old: str, new: str) -> None:
    before = identity_fingerprint(profile, None)
    write(CONFIG.replace(old, new), CREDENTIALS.replace(old, new))
    assert identity_fingerprint(profile, None) != before


def test_profiles_endpoints_and_environments_have_fingerprints_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {
        identity_fingerprint(None, None),
        identity_fingerprint("default", None),
        identity_fingerprint("dev", None),
        identity_fingerprint("dev", "http://localhost:5000"),
    }
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    found.add(identity_fingerprint(None, None))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::444455556666:role/pod")
    found.add(identity_fingerprint(None, None))
    assert len(found) == 6


def test_a_loop_of_source_profiles_ends(write: Write) -> None:
    write("[profile a]\nsource_profile = b\n[profile b]\nsource_profile = a\n", "")
    assert identity_fingerprint("a", None) != identity_fingerprint("b", None)
