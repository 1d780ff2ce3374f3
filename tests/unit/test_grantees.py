"""Reading the lists of accounts that people paste."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.grantees import (
    EVERYONE,
    Kind,
    counted,
    grantee_words,
    is_grantee,
    kind_of,
    kind_words,
    listed,
    organization_ids,
    parse_entries,
    partition_of_arn,
    short_words,
)

ONE, TWO, THREE = "210987654321", "055566677788", "444455556666"
ORGANIZATION = "arn:aws:organizations::444455556666:organization/o-demo4t2k9x"
UNIT = "arn:aws:organizations::444455556666:ou/o-demo4t2k9x/ou-demo-eng1neer5"

accounts = st.text("0123456789", min_size=12, max_size=12)
organizations = st.builds(
    "arn:aws:organizations::{}:organization/o-{}".format,
    accounts,
    st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=10, max_size=32),
)
grantees = st.one_of(accounts, organizations, st.just(EVERYONE), st.just(UNIT))
separators = st.sampled_from(
    [",", ";", "\n", " ", "\t", ", ", "\r\n", ",\n", " # dev, 12 of them: all\n", "\n// old ones\n", "\n- "]
)
dressings = st.sampled_from(["{}", '"{}"', "'{}'", "[{}]", "({})", "`{}`", '{{"UserId": "{}"}}'])


@given(st.lists(st.tuples(grantees, dressings, separators, st.booleans())))
def test_any_list_of_grantees_is_read_back_whatever_is_between_them(
    parts: list[tuple[str, str, str, bool]],
) -> None:
    text = ""
    for grantee, dressing, separator, hyphens in parts:
        shown = f"{grantee[:4]}-{grantee[4:8]}-{grantee[8:]}" if hyphens and grantee.isdigit() else grantee
        text += dressing.format(shown) + separator

    found = parse_entries(text)

    wanted = dict.fromkeys(grantee for grantee, *_ in parts)
    assert found.problems == ()
    assert found.accounts == tuple(one for one in wanted if kind_of(one) is Kind.ACCOUNT)
    assert found.organizations == tuple(one for one in wanted if kind_of(one) is Kind.ORGANIZATION)
    assert found.units == tuple(one for one in wanted if kind_of(one) is Kind.UNIT)
    assert found.everyone == (EVERYONE in wanted)
    assert set(found.duplicates) == {one for one in wanted if sum(one == part[0] for part in parts) > 1}


@given(st.text())
def test_whatever_is_pasted_only_what_ec2_takes_comes_out_and_the_rest_is_told(text: str) -> None:
    found = parse_entries(text)
    assert all(map(is_grantee, found.grantees))
    assert all(found.problems)


@given(st.lists(accounts, unique=True, max_size=8), accounts)
def test_ones_own_account_is_never_among_them(others: list[str], own: str) -> None:
    found = parse_entries("\n".join([*others, own]), own=own)
    assert own not in found.accounts
    assert found.problems == (f"{own} is this account: its owner may launch an image anyway",)
    assert set(found.accounts) == set(others) - {own}


@given(st.lists(grantees, max_size=8))
def test_json_of_ec2_is_read(wanted: list[str]) -> None:
    document = {"LaunchPermissions": [{kind_of(one).value: one} for one in wanted]}
    found = parse_entries(json.dumps(document, indent=2))
    assert set(found.grantees) == set(wanted)
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("12345678901", "12345678901 has 11 digits, not 12; were leading zeros lost: 012345678901?"),
        ("1234567890123", "1234567890123 has 13 digits; an account has 12"),
        ("12345", "12345 has 5 digits; an account has 12"),
        (
            "o-demo4t2k9x",
            "o-demo4t2k9x: EC2 wants its ARN, arn:aws:organizations::MANAGEMENT-ACCOUNT:organization/o-demo4t2k9x",
        ),
        ("dev", "dev is no account, organization or unit; comments begin with #"),
        ("arn:aws:iam::123456789012:user/eve", "images are shared with whole accounts"),
        ("arn:aws:organizations::1:organization/o-x", "is not the ARN of an organization or of one of its units"),
        ("arn:aws:organizations::444455556666:ou/o-demo4t2k9x/o-1", "is not the ARN of an organization"),
        ("1.23457E+11", "1.23457E+11 is no account"),
        ("１２３４５６７８９０１２", "is no account, organization or unit"),
    ],
)
def test_what_is_no_grantee_is_refused_in_words(text: str, words: str) -> None:
    found = parse_entries(f"{ONE}\n{text}")
    assert found.accounts == (ONE,)
    assert len(found.problems) == 1
    assert words in found.problems[0]


def test_a_unit_by_its_bare_id_is_refused_with_the_form_that_ec2_wants() -> None:
    (problem,) = parse_entries("ou-demo-eng1neer5").problems
    assert "ou/ORGANIZATION/ou-demo-eng1neer5" in problem


def test_the_root_of_an_account_in_a_pasted_policy_is_that_account() -> None:
    assert parse_entries(f'"AWS": "arn:aws:iam::{ONE}:root"').accounts == (ONE,)


def test_a_comment_may_hold_what_would_be_wrong_outside() -> None:
    found = parse_entries(f"{ONE} # dev 42, ask o-1\n{TWO}\t// old\n# {THREE}")
    assert found.accounts == (ONE, TWO)
    assert found.problems == ()


def test_duplicates_are_told_and_taken_once() -> None:
    found = parse_entries(f"{ONE}, {ONE[:4]}-{ONE[4:8]}-{ONE[8:]}")
    assert found.accounts == (ONE,)
    assert found.duplicates == (ONE,)


def test_grantees_are_spoken_of_by_id_and_name() -> None:
    names = {ONE: "dev team", UNIT: "engineers"}
    assert grantee_words(ONE, names) == "210987654321 (dev team)"
    assert grantee_words(UNIT, names) == "ou-demo-eng1neer5 (engineers)"
    assert [short_words(one) for one in (TWO, ORGANIZATION, EVERYONE)] == [TWO, "o-demo4t2k9x", "everyone"]
    assert kind_words(ORGANIZATION) == ("organization", "of 444455556666")
    assert kind_words(UNIT) == ("unit", "of organization o-demo4t2k9x")
    assert (kind_words(ONE), kind_words(EVERYONE)) == (("account", ""), ("everyone", ""))
    assert listed([ONE, TWO, THREE], names, most=2) == "210987654321 (dev team), 055566677788 and 1 more"
    assert counted([ONE, TWO, ORGANIZATION, EVERYONE]) == "everyone, 2 accounts, 1 organization"
    assert counted([]) == ""


def test_arns_tell_partition_and_ids() -> None:
    assert partition_of_arn(ORGANIZATION.replace("arn:aws:", "arn:aws-cn:")) == "aws-cn"
    assert partition_of_arn(ONE) == ""
    assert organization_ids(UNIT) == ("o-demo4t2k9x", "ou-demo-eng1neer5")
    assert organization_ids(ORGANIZATION) == ("o-demo4t2k9x", "")
    assert organization_ids(ONE) == ("", "")
