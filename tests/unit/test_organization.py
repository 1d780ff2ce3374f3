"""The accounts of an organization: which there are, which are chosen, and what becomes of them in the settings."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.cli.arguments import parse
from amitui.cli.common_options import command_parser, settings_of
from amitui.configuration.load import load_settings
from amitui.domain.organization import Organization, OrganizationAccount, checked_accounts, is_chosen, is_unit
from amitui.ec2.reads.organization import MOST_PAGES, accounts_of_unit, organization_accounts
from amitui.ec2.session import Ec2Connection
from amitui.errors import AwsError, DeniedError, RejectedError, UsageError
from amitui.identity.roles import parse_role, role_profile
from amitui.services.connections import Connections
from amitui.services.organization import remembered, with_organization
from amitui.services.production import typed_name
from amitui.settings import Settings
from tests.support.isolation import move_home

OWN, WEB, PAY = "111122223333", "222233334444", "333344445555"
ACCOUNTS = (
    OrganizationAccount(PAY, "payments-prod"),
    OrganizationAccount(OWN, "management"),
    OrganizationAccount(WEB, "Web [blue]"),
    OrganizationAccount("444455556666", "Old labs", "SUSPENDED"),
    OrganizationAccount("555566667777", "Going", "PENDING_CLOSURE"),
)
FOUND = Organization(OWN, "aws", ACCOUNTS, 1_000)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    move_home(monkeypatch, tmp_path)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[base]\naws_access_key_id = A\naws_secret_access_key = s\n")
    return tmp_path


def settings(config: str = "", *words: str) -> Settings:
    path = Path(os.environ["HOME"]) / "config.toml"
    path.write_text(config)
    options = command_parser("audit", "", several_profiles=True).parse([*words, "--config", str(path)])
    return settings_of(options)


class FakeConnection:
    """Answers of Organizations, by operation and parent, page by page; an error is raised."""

    def __init__(self, answers: Mapping[tuple[str, str], list[Any]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, str]] = []

    async def service_call(
        self, service: str, region: str, operation: str, action: str, **parameters: str
    ) -> dict[str, Any]:
        parent, token = parameters.get("ParentId", ""), parameters.get("NextToken", "")
        assert service == "organizations"
        self.asked.append((operation, parent, token))
        pages = self.answers.get((operation, parent), [{}])
        page = pages[int(token or 0) % len(pages)]
        if isinstance(page, Exception):
            raise page
        return cast("dict[str, Any]", page)


def reads(answers: Mapping[tuple[str, str], list[Any]]) -> Ec2Connection:
    return cast("Ec2Connection", FakeConnection(answers))


def entry(account: str, name: str, **more: str) -> dict[str, str]:
    return {"Id": account, "Name": name, "Status": "ACTIVE", **more}


async def test_all_pages_are_read_even_after_one_that_is_empty() -> None:
    pages = [
        {"Accounts": [entry(OWN, "a")], "NextToken": "1"},
        {"Accounts": [], "NextToken": "2"},
        {"Accounts": [entry(WEB, "b", Status="SUSPENDED"), entry(PAY, "c", State="CLOSED"), entry(OWN, "a")]},
    ]
    found = await organization_accounts(reads({("list_accounts", ""): pages}), "us-east-1")
    assert [(one.account, one.state) for one in found] == [(OWN, "ACTIVE"), (WEB, "SUSPENDED"), (PAY, "CLOSED")]


async def test_what_is_no_account_is_left_out_and_hostile_names_are_made_safe() -> None:
    entries = [
        entry("12", "short"),
        {"Name": "nobody"},
        entry(OWN, "\x1b[2J\u202eevil\nline" * 20),
        entry(WEB, ""),
        "no entry",
    ]
    found = await organization_accounts(reads({("list_accounts", ""): [{"Accounts": entries}]}), "us-east-1")
    assert [one.account for one in found] == [OWN, WEB]
    assert found[0].name.isprintable()
    assert len(found[0].name) <= 50
    assert found[1].name == WEB


async def test_a_list_that_never_ends_is_given_up_with_words() -> None:
    fake = FakeConnection({("list_accounts", ""): [{"Accounts": [], "NextToken": "0"}]})
    with pytest.raises(AwsError, match="could not list the accounts"):
        await organization_accounts(cast("Ec2Connection", fake), "us-east-1")
    assert len(fake.asked) == MOST_PAGES


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DeniedError("not allowed", code="AccessDeniedException"), "may not list the organization's accounts"),
        (RejectedError("x", code="AWSOrganizationsNotInUseException"), "this account is in no organization"),
    ],
)
async def test_who_may_not_list_the_accounts_is_told_who_may(error: AwsError, said: str) -> None:
    with pytest.raises(DeniedError, match=said) as raised:
        await organization_accounts(reads({("list_accounts", ""): [error]}), "us-east-1")
    assert "management account" in raised.value.remedy
    assert "--profile" in raised.value.remedy


async def test_a_unit_has_the_accounts_of_the_units_below_it_even_where_they_form_a_ring() -> None:
    units = "list_organizational_units_for_parent"
    answers: dict[tuple[str, str], list[Any]] = {
        ("list_accounts_for_parent", "ou-1"): [{"Accounts": [{"Id": OWN}]}],
        (units, "ou-1"): [{"OrganizationalUnits": [{"Id": "ou-2"}], "NextToken": "1"},
                          {"OrganizationalUnits": [{"Id": "ou-3"}]}],
        ("list_accounts_for_parent", "ou-2"): [{"Accounts": [{"Id": WEB}, {"Id": "x"}]}],
        ("list_accounts_for_parent", "ou-3"): [{"Accounts": [{"Id": PAY}]}],
        (units, "ou-3"): [{"OrganizationalUnits": [{"Id": "ou-1"}]}],
    }  # fmt: skip
    assert await accounts_of_unit(reads(answers), "us-east-1", "ou-1") == {OWN, WEB, PAY}


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        ((), {OWN, WEB, PAY}),
        (("*-prod",), {PAY}),
        (("PAYMENTS-*",), {PAY}),
        (("web [blue]",), {WEB}),
        (("web [b]",), set()),
        ((OWN, "pay*"), {OWN, PAY}),
        (("2222*",), {WEB}),
        (("nobody",), set()),
    ],
)
def test_accounts_are_chosen_by_id_or_name(patterns: tuple[str, ...], chosen: set[str]) -> None:
    assert {one.account for one in FOUND.active if is_chosen(one, patterns)} == chosen


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("ou-ab12-cdef3456", True), ("r-ab12", True), ("ou", False), ("ou-*", False), ("our", False)],
)
def test_units_are_told_from_names(text: str, is_one: bool) -> None:
    assert is_unit(text) == is_one


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner, max_size=4), max_leaves=9)
)
def test_a_stored_list_that_is_damaged_gives_only_accounts(found: object) -> None:
    for one in checked_accounts(found):
        assert len(one.account) == 12
        assert one.name.isprintable()


def test_the_own_account_comes_first_and_the_others_through_the_role() -> None:
    made = with_organization(settings("", "--organization=ops/Reader", "--profile", "base"), FOUND, "base")
    own, *others = made.members
    assert (own, made.profile) == ("base", "base")
    roles = [parse_role(name) for name in others]
    assert [(one.account, one.role, one.source) for one in roles if one] == [
        (PAY, "Reader", "base"), (WEB, "Reader", "base"),
    ]  # fmt: skip
    assert made.members == with_organization(made, FOUND, "base").members, "and being asked twice adds none"


def test_names_of_the_config_count_before_those_of_the_organization() -> None:
    given = settings(f'organization = "Reader"\n[account_names]\n{WEB} = "the web"\n')
    names = dict(with_organization(given, FOUND, "").accounts)
    assert (names[WEB], names[PAY]) == ("the web", "payments-prod")


def test_without_the_own_account_among_the_chosen_the_first_of_them_is_the_sessions() -> None:
    chosen = FOUND._replace(accounts=(ACCOUNTS[0], ACCOUNTS[2]))
    made = with_organization(settings("", "--organization=Reader"), chosen, "")
    assert made.profile == made.members[0] == role_profile(PAY, "Reader").name
    one = with_organization(settings("", "--organization=Reader"), FOUND._replace(accounts=ACCOUNTS[:1]), "")
    assert (one.profile, one.members) == (role_profile(PAY, "Reader").name, ())


def test_an_organization_of_which_nothing_is_chosen_is_an_error_with_words() -> None:
    with pytest.raises(UsageError, match="no account of the organization is chosen") as raised:
        with_organization(
            settings("", "--organization=R", "--account", "no-*"), FOUND._replace(accounts=ACCOUNTS[3:]), ""
        )
    assert "no-*" in raised.value.why


@pytest.mark.parametrize("pattern", [PAY, "payments-prod", "*-PROD", "pay*"])
def test_marks_by_the_accounts_name_or_id_hold_behind_a_role(pattern: str) -> None:
    given = settings(f'organization = "Reader"\n[profiles."{pattern}"]\nread_only = true\nproduction = true\n')
    made = with_organization(given, FOUND, "")
    connections = Connections(made)
    marks = {parse_role(name).account: connections.marks(name) for name in made.members[1:]}  # type: ignore[union-attr]
    assert marks == {PAY: (True, True), WEB: (False, False)}
    assert typed_name(made, connections, role_profile(PAY, "Reader").name, PAY) == PAY


@pytest.mark.parametrize(
    ("config", "words", "expected"),
    [
        ("", (), ("", ())),
        ("", ("--organization=Reader",), ("Reader", ())),
        ("", ("--organization", "--role", "Reader"), ("Reader", ())),
        ("", ("--role=ops/Reader",), ("ops/Reader", ())),
        ('organization = "Reader"', (), ("Reader", ())),
        ('organization = "Reader"', ("--profile", "base"), ("", ())),
        ('organization = "Reader"', ("--profile", "base", "--organization"), ("Reader", ())),
        ('organization = "Reader"', ("--organization=Other",), ("Other", ())),
        ('organization = "Reader"\norganization_accounts = ["a b", "c"]', (), ("Reader", ("a b", "c"))),
        ('organization = "Reader"\norganization_accounts = ["a"]', ("--account", "x, y", "--account", "z"),
         ("Reader", ("x, y", "z"))),
        ('organization = ""', (), ("", ())),
        ('organization_accounts = ["a"]', (), ("", ())),
    ],
)  # fmt: skip
def test_options_come_before_the_config(
    config: str, words: tuple[str, ...], expected: tuple[str, tuple[str, ...]]
) -> None:
    found = settings(config, *words)
    assert (found.organization, found.organization_accounts) == expected


@pytest.mark.parametrize(
    ("config", "words", "said"),
    [
        ("", ("--organization",), "needs the name of a role"),
        ("", ("--account", "x"), "--account chooses among the accounts"),
        ("", ("--organization=a b",), "--organization must be the name of a role"),
        ('organization = "a:b"', (), "organization in .* must be the name of a role"),
        ("organization = true", (), "must be the name of a role"),
        ("organization_accounts = [1]", (), "must be a list of accounts"),
    ],
)
def test_what_cannot_be_meant_is_said(config: str, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        settings(config, *words)


def test_the_environment_asks_for_an_organization_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMITUI_ORGANIZATION", "Reader")
    monkeypatch.setenv("AMITUI_ORGANIZATION_ACCOUNTS", "*-prod, Web [blue]")
    found = load_settings({"profile": "base"}, os.environ)
    assert (found.organization, found.organization_accounts) == ("Reader", ("*-prod", "Web [blue]"))


def test_the_word_behind_organization_is_the_commands_own() -> None:
    options = command_parser("audit", "", several_profiles=True)
    options.add("region", nargs="*")
    parsed = options.parse(["--organization", "eu-west-1"])
    assert (parsed.organization, parsed.region) == ("", ["eu-west-1"])
    with pytest.raises(SystemExit):
        options.parse(["--organization", "eu-west-1", "--nosuch"])
    assert callable(parse(["audit", "--organization=Reader", "eu-west-1"]))


@pytest.mark.parametrize(
    "entry",
    [
        "x",
        None,
        [],
        {"own": OWN},
        {"own": OWN, "partition": "aws", "at": True},
        {"own": 1, "partition": 2, "at": 3},
    ],
)
def test_a_note_that_is_damaged_counts_as_none(entry: object, home: Path) -> None:
    given = settings("", "--organization=Reader")
    path = Path(given.locations.organizations_file)
    path.parent.mkdir(parents=True)
    from amitui.services.organization import _key

    path.write_text(json.dumps({_key(given): entry}))
    assert remembered(given) is None
