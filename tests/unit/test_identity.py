"""Who acts and where, in words; stray characters; endpoints that are spelled differently."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from amitui.configuration.load import load_settings
from amitui.ec2.errors.translate import explain, mfa_needed
from amitui.errors import CredentialsError
from amitui.identity.caller import check_characters, find_caller
from amitui.identity.characters import stray
from amitui.identity.endpoints import canonical

CONFIG = """
[profile a]
region = eu-west-1

[profile prod]
role_arn = arn:aws:iam::777788889999:role/admin
source_profile = base

[profile local]
region = us-east-1
services = here

[services here]
ec2 =
  endpoint_url = http://LocalHost:4566/

[profile elsewhere]
endpoint_url = http://127.0.0.1:9
ignore_configured_endpoint_urls = true
"""
CREDENTIALS = """
[a]
aws_access_key_id = AKIAA
aws_secret_access_key = topsecret

[base]
aws_access_key_id = "AKIABASE"
aws_secret_access_key = topsecret
"""
ENVIRONMENT_KEYS = {"AWS_ACCESS_KEY_ID": "AKIAB", "AWS_SECRET_ACCESS_KEY": "topsecret"}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The variables of a machine with these files."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    (tmp_path / ".aws" / "credentials").write_text(CREDENTIALS)
    return {"HOME": str(tmp_path)}


@pytest.mark.parametrize(
    ("variables", "option", "profile", "name", "words"),
    [
        ({}, None, "default", "", "the default profile"),
        ({"AWS_PROFILE": "a"}, None, "a", "a", "profile a"),
        ({"AWS_DEFAULT_PROFILE": "prod", "AWS_PROFILE": "a"}, None, "prod", "prod", "profile prod"),
        ({"AWS_PROFILE": "a", **ENVIRONMENT_KEYS}, None, "a", "", "the environment"),
        ({"AWS_PROFILE": "a", **ENVIRONMENT_KEYS}, "prod", "prod", "prod", "profile prod"),
        (ENVIRONMENT_KEYS, "default", "default", "default", "profile default"),
    ],
)
def test_commands_name_the_profile_exactly_where_it_acts(
    environ: dict[str, str], variables: dict[str, str], option: str | None, profile: str, name: str, words: str
) -> None:
    found = find_caller(option, environ | variables)
    assert (found.profile, found.name, found.words) == (profile, name, words)


@pytest.mark.parametrize(
    ("variables", "option", "said"),
    [
        ({"AWS_PROFILE": "nosuch"}, None, ("there is no profile nosuch", "AWS_PROFILE names it")),
        ({"AWS_DEFAULT_PROFILE": "nosuch"}, None, ("there is no profile nosuch", "AWS_DEFAULT_PROFILE")),
        ({}, "nosuch", ("there is no profile nosuch", "--profile, AMITUI_PROFILE or the config")),
        ({"AWS_PROFILE": "a\r"}, None, ("there is no profile 'a\\r'", "ends in a carriage return")),
        ({"AWS_PROFILE": "A"}, None, ("there is no profile A",)),
        ({"AWS_PROFILE": ""}, None, ("AWS_PROFILE is set, but empty", "unset AWS_PROFILE")),
    ],
)
def test_a_profile_that_is_not_there_is_named_with_who_asks_for_it(
    environ: dict[str, str], variables: dict[str, str], option: str | None, said: tuple[str, ...]
) -> None:
    problem = find_caller(option, environ | variables | ENVIRONMENT_KEYS).problem
    assert problem is not None
    for words in said:
        assert words in " ".join(problem.lines())


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("AKIA\r", "ends in a carriage return"),
        ("AKIA\n", "ends in a line feed"),
        ("AKIA ", "ends in a space"),
        (" AKIA", "begins with a space"),
        ("AK IA", "contains a space"),
        ("AKIA\u200b", "ends in the character U+200B"),
        ("\ufeffAKIA", "begins with the character U+FEFF"),
        ("AK\u00a0IA", "contains the character U+00A0"),
        ('"AKIA"', "is in quotes, which become part of it"),
        ("a/b+c=", ""),
        ("", ""),
        ("'", ""),
    ],
)
def test_characters_that_no_key_has_are_named(value: str, wrong: str) -> None:
    assert stray(value) == wrong


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_a_key_of_the_environment_that_ends_in_a_carriage_return_is_named(
    environ: dict[str, str], variable: str
) -> None:
    machine = environ | ENVIRONMENT_KEYS | {"AWS_SESSION_TOKEN": "topsecret"}
    check_characters(find_caller(None, machine), machine)
    machine[variable] += "\r"
    with pytest.raises(CredentialsError, match=f"{variable} ends in a carriage return") as caught:
        check_characters(find_caller(None, machine), machine)
    assert "topsecret" not in " ".join(caught.value.lines())
    check_characters(find_caller("a", machine), machine)  # another's keys are its own


def test_a_key_in_quotes_is_named_with_its_file_also_as_the_source_of_a_role(environ: dict[str, str]) -> None:
    with pytest.raises(CredentialsError, match=r"aws_access_key_id in \[base\] of .*credentials' is in quotes"):
        check_characters(find_caller("prod", environ), environ)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
        ("HTTP://LocalHost:4566/", "http://localhost:4566"),
        ("http://localhost:80", "http://localhost"),
        ("https://Localhost:443//", "https://localhost"),
        ("https://localhost:80", "https://localhost:80"),
        ("http://[::1]:5000/", "http://[::1]:5000"),
        ("http://host/Path/", "http://host/Path"),
        ("http://me@Host/", "http://me@host"),
        ("no url", "no url"),
        ("http://host:port", "http://host:port"),
    ],
)
def test_one_endpoint_has_one_spelling(url: str, same: str) -> None:
    assert canonical(url) == same
    assert canonical(same) == same


def test_the_place_on_disk_follows_the_endpoint_that_is_asked(environ: dict[str, str]) -> None:
    def place(variables: dict[str, str], **options: str) -> str:
        return load_settings(options, environ | variables).locations.realm_name

    local = place({}, endpoint_url="http://localhost:4566")
    assert local == "endpoint-325ca0ff72e3", "where it was kept before endpoints of profiles were looked at"
    assert place({}, profile="local") == local
    assert place({"AWS_PROFILE": "local"}) == local
    assert place({"AWS_ENDPOINT_URL": "http://LOCALHOST:4566/"}, profile="a") == local
    assert place({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, profile="local") == "aws"
    assert place({"AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:9"}, profile="local") != local
    assert {place({}), place({}, profile="a"), place({}, profile="elsewhere")} == {"aws"}


def test_a_services_section_that_is_not_there_is_said(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".aws" / "config").write_text("[profile a]\nservices = gone\n")
    problem = find_caller("a", environ).problem
    assert problem is not None
    assert "[services gone]" in problem.why


def test_a_changed_file_is_read_anew(environ: dict[str, str], tmp_path: Path) -> None:
    assert find_caller("a", environ).region == "eu-west-1"
    (tmp_path / ".aws" / "config").write_text(CONFIG.replace("eu-west-1", "eu-north-1"))
    assert find_caller("a", environ).region == "eu-north-1"


def test_the_remedy_for_mfa_keeps_the_profile_in_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    assert mfa_needed("prod").remedy.endswith("without --profile: AWS_PROFILE=prod amitui")
    assert "export-credentials --profile prod " in mfa_needed("prod").remedy
    assert mfa_needed(None).remedy.endswith("without --profile: amitui")
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "other")
    assert mfa_needed("prod").remedy.endswith("AWS_DEFAULT_PROFILE=prod amitui")


@pytest.mark.parametrize("code", ["ExpiredToken", "RequestExpired"])
def test_expired_keys_of_the_environment_are_not_to_be_renewed_by_a_login(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    error = ClientError({"Error": {"Code": code, "Message": "expired"}}, "DescribeImages")

    def remedy(profile: str | None) -> str:
        return explain(error, profile=profile, region=None, action="try").remedy

    assert "aws sso login" in remedy(None)
    for name, value in ENVIRONMENT_KEYS.items():
        monkeypatch.setenv(name, value)
    assert "unset AWS_ACCESS_KEY_ID" in remedy(None)
    assert "login" not in remedy(None)
    assert "aws sso login --profile a" in remedy("a")


def test_a_pipe_in_place_of_a_file_is_not_waited_for(environ: dict[str, str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found = find_caller(None, environ | {"AWS_CONFIG_FILE": str(tmp_path / "pipe")})
    assert found.problem is None
    assert found.region is None
