"""Profiles of roles that stand in no file: their names, and what `aws` commands call them."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.configuration.load import load_settings
from amitui.domain.operations.plan import Call
from amitui.domain.operations.plans.change import disable_plan
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.ec2.errors.translate import explain, mfa_needed
from amitui.ec2.profiles import identity_fingerprint
from amitui.ec2.session import AwsTarget
from amitui.identity.caller import find_caller
from amitui.identity.roles import aws_profile, is_role_name, parse_role, role_profile
from amitui.presentation.aws_command import aws_command, aws_commands
from amitui.services.connections import Connections

KEYS = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = topsecret\nregion = eu-west-1\n"
ACCOUNT = "111122223333"
READER = role_profile(ACCOUNT, "Reader", source="base")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a profile `base`."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(KEYS)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def configure(home: Path, text: str) -> None:
    (home / ".aws" / "config").write_text(text)


@given(
    account=st.from_regex(r"[0-9]{12}", fullmatch=True),
    role=st.from_regex(r"([a-z]{1,5}/){0,2}[A-Za-z0-9+=,.@_-]{1,64}", fullmatch=True),
    source=st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12),
    partition=st.sampled_from(["aws", "aws-cn", "aws-us-gov"]),
)
def test_a_name_says_again_what_it_was_made_of(account: str, role: str, source: str, partition: str) -> None:
    made = role_profile(account, role, source=source, partition=partition)
    assert parse_role(made.name) == made
    assert (made.account, made.role, made.source) == (account, role.rpartition("/")[2], source)


@pytest.mark.parametrize(
    "name",
    ["", "base", "arn", "arn:aws:iam::1:role/x", f"arn:aws:iam::{ACCOUNT}:user/x", f"arn:aws:iam::{ACCOUNT}:role/",
     f"arn:aws:sts::{ACCOUNT}:role/x", f"arn:aws:iam::{ACCOUNT}:role/a b", f"arn:aws:iam::{ACCOUNT}:role/x:y",
     f"arn:aws:iam::{ACCOUNT}:role/x:source_profile=", f"arn:aws:iam::{ACCOUNT}:role/x\n",
     "arn:aws:iam::１１１１２２２２３３３３:role/x"],
)  # fmt: skip
def test_other_names_are_no_roles(name: str) -> None:
    assert parse_role(name) is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("Reader", True), ("ops/Reader", True), ("", False), ("a b", False), ("a:b", False), ("x" * 65, False)],
)
def test_what_no_role_can_be_called_is_told(text: str, is_one: bool) -> None:
    assert is_role_name(text) == is_one


def test_a_shell_needs_no_quotes_around_the_usual_name() -> None:
    assert shlex.quote(READER.name) == READER.name


def test_who_acts_is_said_without_the_arn(home: Path) -> None:
    caller = find_caller(READER.name)
    assert caller.problem is None
    assert (caller.words, caller.account, caller.region) == (
        f"role Reader of account {ACCOUNT}",
        ACCOUNT,
        "eu-west-1",
    )
    assert "profile base" in caller.source.words or "[base]" in caller.source.words


def test_a_source_profile_that_is_not_there_is_named(home: Path) -> None:
    problem = find_caller(role_profile(ACCOUNT, "Reader", source="nosuch").name).problem
    assert problem is not None
    assert "there is no profile nosuch" in problem.what
    assert "the source of role Reader of account 111122223333" in problem.why


def test_a_profile_of_the_file_with_such_a_name_is_the_files(home: Path) -> None:
    configure(home, f"[profile {READER.arn}]\nregion = us-west-2\ncredential_process = helper\n")
    assert find_caller(READER.arn).source.method == "custom-process"
    assert aws_profile(READER.arn) == (READER.arn, ())


def test_commands_name_the_profile_of_the_config_that_assumes_the_same_role(home: Path) -> None:
    configure(
        home,
        f"[profile other]\nrole_arn = {READER.arn}\nsource_profile = nosuch\n"
        f"[profile reading]\nrole_arn = {READER.arn}\nsource_profile = base\n",
    )
    assert aws_profile(READER.name) == ("reading", ())
    assert AwsTarget(READER.name).command_options == " --profile reading"
    assert AwsTarget(READER.name).command_setup == ""


def test_commands_make_the_profile_first_where_the_config_has_none(home: Path) -> None:
    configure(home, f"[profile amitui-{ACCOUNT}-Reader]\nregion = us-west-2\n")
    command = aws_command(Call("describe_images", "eu-west-1", {}, "list"), profile=READER.name)
    assert command == (
        f"aws configure set role_arn {READER.arn} --profile amitui-{ACCOUNT}-Reader-2 && "
        f"aws configure set source_profile base --profile amitui-{ACCOUNT}-Reader-2 && "
        f"aws ec2 describe-images --region eu-west-1 --profile amitui-{ACCOUNT}-Reader-2"
    )


def test_the_commands_of_a_plan_begin_with_what_makes_the_profile(home: Path) -> None:
    plan = disable_plan(ImageFacts("eu-west-1", "ami-0123456789abcdef0", name="web"))
    name = f"amitui-{ACCOUNT}-Reader"
    first, second, *rest = aws_commands(plan, profile=READER.name)
    assert (first, second) == (
        f"aws configure set role_arn {READER.arn} --profile {name}",
        f"aws configure set source_profile base --profile {name}",
    )
    assert rest
    assert all(f"--profile {name}" in line for line in rest if line.startswith("aws "))
    assert not [line for line in (first, second, *rest) if "source_profile=" in line]


@pytest.mark.parametrize(
    ("variables", "written"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}, {"credential_source": "Environment"}),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/"}, {"credential_source": "EcsContainer"}),
        ({}, {"credential_source": "Ec2InstanceMetadata"}),
        ({"AWS_PROFILE": "base"}, {"source_profile": "base"}),
        (
            {"AWS_ROLE_ARN": "arn:aws:iam::444455556666:role/web", "AWS_WEB_IDENTITY_TOKEN_FILE": "/run/a token"},
            {"source_profile": f"amitui-{ACCOUNT}-Reader-source"},
        ),
    ],
)
def test_what_the_commands_write_is_what_amitui_itself_takes(
    home: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], written: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    role = role_profile(ACCOUNT, "Reader")
    before = find_caller(role.name)
    made = aws_profile(role.name)
    sections: dict[str, dict[str, str]] = {}
    for line in made.setup:
        words = shlex.split(line)
        assert words[:3] == ["aws", "configure", "set"]
        assert words[5] == "--profile"
        sections.setdefault(words[6], {})[words[3]] = words[4]
    assert sections[made.name] == {"role_arn": role.arn, **written}
    configure(
        home,
        "".join(
            f"[profile {name}]\n" + "".join(f"{key} = {value}\n" for key, value in section.items())
            for name, section in sections.items()
        ),
    )
    after = find_caller(made.name)
    assert after.problem is None
    assert after.source.role_arn == role.arn
    assert (after.source.base or before.source).method == (before.source.base or before.source).method


def test_the_fingerprint_of_a_role_follows_its_source(home: Path) -> None:
    first = identity_fingerprint(READER.name, None)
    assert first != identity_fingerprint(role_profile("444455556666", "Reader", source="base").name, None)
    assert first != identity_fingerprint(role_profile(ACCOUNT, "Writer", source="base").name, None)
    (home / ".aws" / "credentials").write_text(KEYS.replace("AKIABASE", "AKIAOTHER"))
    assert identity_fingerprint(READER.name, None) != first


def test_an_mfa_code_that_its_source_needs_is_asked_of_that_profile(home: Path) -> None:
    error = mfa_needed(READER.name)
    assert "role Reader of account 111122223333 requires an MFA code" in error.what
    assert "aws configure export-credentials --profile base" in error.remedy
    assert "AWS_PROFILE=base amitui" in error.remedy
    assert "arn:" not in error.remedy


class _Refused(Exception):
    operation_name = "AssumeRole"
    response = {
        "Error": {"Code": "AccessDenied", "Message": "User: x is not authorized to perform: sts:AssumeRole"}
    }


def test_a_role_that_may_not_be_assumed_is_said_with_what_it_takes(home: Path) -> None:
    error = explain(_Refused(), profile=READER.name, region="eu-west-1", action="list the images")
    assert error.what == "role Reader of account 111122223333 cannot be assumed"
    assert "to trust who assumes it" in error.remedy


@pytest.mark.parametrize("pattern", [ACCOUNT, "1111-2222-3333", "*Reader*", f"*{ACCOUNT}*"])
def test_marks_of_the_account_or_the_role_hold(home: Path, pattern: str) -> None:
    (home / "config.toml").write_text(f'[profiles."{pattern}"]\nread_only = true\nproduction = true\n')
    import os

    made = Connections(load_settings({"config_file": str(home / "config.toml")}, os.environ))
    assert made.marks(READER.name) == (True, True)
    assert made.marks(role_profile("444455556666", "Other", source="base").name) == (False, False)


def test_reading_a_name_imports_nothing_of_botocore() -> None:
    code = (
        f"import sys\nfrom amitui.identity.caller import find_caller\nfind_caller({READER.name!r})\n"
        "assert not [name for name in sys.modules if name.startswith(('botocore', 'asyncio'))]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
