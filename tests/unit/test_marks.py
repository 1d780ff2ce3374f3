"""Which safety marks hold: those of the profile in effect, of its account, of this start; none loosens another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.configuration.load import load_settings
from amitui.errors import CredentialsError, UsageError
from amitui.services.connections import Connections
from amitui.settings import ProfileSettings, Settings
from tests.support.isolation import move_home

CONFIG = """
[profile prod]
sso_start_url = https://corp.example
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Admin
[profile a]
region = eu-west-1
[profile machine]
region = eu-west-1
"""
CREDENTIALS = "[a]\naws_access_key_id = AKIAA\naws_secret_access_key = s\n"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAB", "AWS_SECRET_ACCESS_KEY": "s"}
PROD = '[profiles.prod]\nread_only = true\n[profiles."1111-2222-3333"]\nproduction = true\n'


class Machine:
    """Somebody's machine: its variables and files are those of this process."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._monkeypatch = folder, monkeypatch
        (folder / ".aws").mkdir()
        (folder / ".aws" / "config").write_text(CONFIG)
        (folder / ".aws" / "credentials").write_text(CREDENTIALS)
        move_home(monkeypatch, folder)

    def connections(self, config: str, **variables: str) -> Connections:
        """The connections of a start with this config of amitui."""
        return Connections(self.settings(config, **variables))

    def settings(self, config: str, **variables: str) -> Settings:
        """The settings of it."""
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)
        path = self._folder / "amitui.toml"
        path.write_text(config)
        return load_settings({"config_file": str(path)}, os.environ)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.mark.parametrize("variable", ["AWS_DEFAULT_PROFILE", "AWS_PROFILE", "AMITUI_PROFILE"])
def test_the_marks_are_those_of_the_profile_in_effect_whatever_names_it(machine: Machine, variable: str) -> None:
    start = machine.settings(PROD, **{variable: "prod"})
    assert Connections(start).marks(start.profile).read_only


def test_the_variable_that_botocore_looks_at_first_decides(machine: Machine) -> None:
    found = machine.connections(PROD, AWS_DEFAULT_PROFILE="prod", AWS_PROFILE="a")
    assert found.marks(None).read_only
    assert not found.marks("a").read_only


def test_keys_of_the_environment_keep_the_marks_of_the_profile_that_is_named_beside_them(machine: Machine) -> None:
    found = machine.connections(PROD, AWS_PROFILE="prod", **KEYS)
    assert found.named(None) == ""
    assert found.marks(None).read_only


@pytest.mark.parametrize("pattern", ["PROD", "Prod", "pr*", "P?OD"])
def test_patterns_ignore_case(machine: Machine, pattern: str) -> None:
    found = machine.connections(f'[profiles."{pattern}"]\nproduction = true', AWS_PROFILE="prod")
    assert found.marks(None).production


def test_an_account_has_marks_by_its_id(machine: Machine) -> None:
    found = machine.connections("[profiles.111122223333]\nproduction = true")
    assert found.marks("prod").production, "its SSO account is that one"
    assert not found.marks("a").production
    assert found.marks("a", "111122223333").production, "once it is known to be"
    assert found.unsettled("a").production, "until STS has said which account it is"


@pytest.mark.parametrize("name", ["111122223333", "1111-2222-3333", " 111122223333 ", "1111‑2222‑3333"])
def test_an_account_may_be_written_as_people_write_it(machine: Machine, name: str) -> None:
    assert machine.connections(f'[profiles."{name}"]\nread_only = true').marks("prod").read_only


@pytest.mark.parametrize("name", ["11112222333", "1111222233334", "1111-2222-333", "1111 2222 3333"])
def test_what_is_meant_as_an_account_and_is_none_is_refused(machine: Machine, name: str) -> None:
    with pytest.raises(UsageError, match="is not an account"):
        machine.settings(f'[profiles."{name}"]\nread_only = true')


def test_keys_of_no_profile_have_the_marks_of_the_profiles_of_their_account(machine: Machine) -> None:
    marked = "[profiles.prod]\nread_only = true"
    found = machine.connections(marked, **KEYS)
    assert found.marks(None, "111122223333").read_only
    assert found.unsettled(None).read_only
    assert not found.marks("a", "111122223333").read_only, "a profile of its own name may have rights of its own"
    assert not any(found.unsettled("a"))


MARKS = st.builds(ProfileSettings, st.booleans(), st.booleans())
PATTERNS = st.sampled_from(["prod", "PROD", "a", "*", "p*", "111122223333", "1111-2222-3333", "444455556666"])


@given(
    entries=st.lists(st.tuples(PATTERNS, MARKS), max_size=5),
    more=st.lists(st.tuples(PATTERNS, MARKS), max_size=3),
    profile=st.sampled_from([None, "prod", "a"]),
    account=st.sampled_from([None, "111122223333", "444455556666"]),
    read_only=st.booleans(),
)
@settings(max_examples=60, deadline=None, database=None)
def test_no_mark_loosens_another(
    entries: list[tuple[str, ProfileSettings]],
    more: list[tuple[str, ProfileSettings]],
    profile: str | None,
    account: str | None,
    read_only: bool,
) -> None:
    start = load_settings({}, {"HOME": "/nowhere"})

    def marks(found: list[tuple[str, ProfileSettings]], only: bool = False) -> ProfileSettings:
        return Connections(start._replace(profiles=tuple(found), read_only=only)).marks(profile, account)

    before, after = marks(entries), marks([*entries, *more], read_only)
    assert before.stricter(after) == after
    assert after.read_only or not read_only


@pytest.mark.parametrize("empty", ["", " ", "\t"])
@pytest.mark.parametrize("setting", ["read_only = true", "mouse = false", 'glyphs = "ascii"', "page_size = 7"])
def test_an_empty_variable_is_one_that_is_not_set(machine: Machine, setting: str, empty: str) -> None:
    name = setting.partition(" ")[0]
    configured = machine.settings(setting)
    assert machine.settings(setting, **{f"AMITUI_{name.upper()}": empty}) == configured


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "yes", "On", " true "])
def test_words_for_yes_switch_read_only_on(machine: Machine, value: str) -> None:
    assert machine.settings("", AMITUI_READ_ONLY=value).read_only


@pytest.mark.parametrize("value", ["2", "ja", "truee", "y", "none", "-1"])
def test_a_strange_value_is_refused_with_those_that_are_accepted(machine: Machine, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        machine.settings("", AMITUI_READ_ONLY=value)
    assert (
        "AMITUI_READ_ONLY in the environment must be true or false (or 1, yes, on; 0, no, off)"
        in caught.value.what
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"profile": ""}, "--profile is empty"),
        ({"endpoint_url": ""}, "--endpoint-url is empty"),
        ({"endpoint_url": "localhost:4566"}, "--endpoint-url must be a URL such as http"),
        ({"endpoint_url": "http://host:port"}, "--endpoint-url must be a URL such as http"),
    ],
)
def test_options_that_would_mean_somebody_or_somewhere_else_are_refused(
    options: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        load_settings(options, {"HOME": "/nowhere"})


def test_a_profile_that_goes_while_it_is_worked_with_keeps_its_marks_and_is_said(
    machine: Machine, tmp_path: Path
) -> None:
    found = machine.connections(PROD, AWS_PROFILE="prod")
    assert found.marks(None).read_only
    (tmp_path / ".aws" / "config").write_text("[profile a]\n")
    with pytest.raises(CredentialsError, match="no profile prod"):
        found.check(None)
    assert found.marks(None).read_only
    assert found.caller(None).source.words == "unknown"
