"""Reading the lists of accounts that people paste."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.accounts import account_of
from amitui.domain.sharing.account_lists import parse_entries
from amitui.domain.sharing.grantees import EVERYONE, Kind, is_grantee, kind_of

ONE, TWO, THREE = "210987654321", "055566677788", "444455556666"
ACCOUNT_ARN = "arn:aws:organizations::444455556666:account/o-demo4t2k9x/"
UNIT = "arn:aws:organizations::444455556666:ou/o-demo4t2k9x/ou-demo-eng1neer5"

accounts = st.text("0123456789", min_size=12, max_size=12)
organizations = st.builds(
    "arn:aws:organizations::{}:organization/o-{}".format,
    accounts,
    st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=10, max_size=32),
)
grantees = st.one_of(accounts, organizations, st.just(EVERYONE), st.just(UNIT))
separators = st.sampled_from(
    [
        ",", ";", "\n", " ", "\t", ", ", "\r\n", ",\n", " # dev, 12 of them: all\n", "\n// old ones\n", "\n- ",
        "\n* ", "\n• ", "\n– ", "\n12. ", "\n3) ", "\n- [x] ", "\xa0", "\xa0 ", "\u2007", "\u202f", "\u3000",
        "\u200b", "\ufeff", " and ", "\n## Accounts\n", "\nAWS account ids:\n",
    ]
)  # fmt: skip
dressings = st.sampled_from(
    [
        "{0}",
        '"{0}"',
        "'{0}'",
        "[{0}]",
        "({0})",
        "`{0}`",
        '{{"{1}": "{0}"}}',
        "{1}={0}",
        "{{{1}={0}}}",
        "“{0}”",
        "«{0}»",
    ]
)
hyphens = st.sampled_from(["", *"-‐‑‒–—―−\u00ad﹘﹣－⁃"])


@given(st.lists(st.tuples(grantees, dressings, separators, hyphens)))
def test_any_list_of_grantees_is_read_back_whatever_is_between_them(
    parts: list[tuple[str, str, str, str]],
) -> None:
    text = ""
    for grantee, dressing, separator, hyphen in parts:
        shown = hyphen.join((grantee[:4], grantee[4:8], grantee[8:])) if grantee.isdigit() else grantee
        dressed = dressing.format(shown, kind_of(grantee).value)
        text += f"\n{dressed}\n" if grantee == EVERYONE else dressed + separator

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
            "o-demo4t2k9x: use its ARN, arn:aws:organizations::MANAGEMENT-ACCOUNT:organization/o-demo4t2k9x",
        ),
        ("dev", "dev is not an account, organization or organizational unit; comments begin with #"),
        ("arn:aws:iam::123456789012:user/eve", "images are shared with whole accounts"),
        ("arn:aws:organizations::1:organization/o-x", "is not the ARN of an organization or of one of its units"),
        ("arn:aws:organizations::444455556666:ou/o-demo4t2k9x/o-1", "is not the ARN of an organization"),
        ("1.23457E+11", "1.23457E+11 is not an account"),
        ("١٢٣٤٥٦٧٨٩٠١٢", "is not an account, organization or organizational unit"),
        ("+491234567890", "is not an account"),
        ("(0049) 1234-567890", "0049 has 4 digits"),
        ("1234-567890-12", "an account has no hyphens, or two"),
        ("111122 223333", "111122 has 6 digits"),
        ("1111 2222 3333", "1111 has 4 digits"),
        ("1111.2222.3333", "1111.2222.3333 is not an account"),
        ("111,122,223,333", "111 has 3 digits"),
        ("111122223333.0", "111122223333.0 is not an account"),
        ("111122\u200b223333", "111122 has 6 digits"),
    ],
)
def test_what_is_no_grantee_is_refused_in_words(text: str, words: str) -> None:
    found = parse_entries(f"{ONE}\n{text}")
    assert found.accounts == (ONE,)
    assert words in found.problems[0]
    assert all(problem.startswith("line 2: ") for problem in found.problems)


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


# cases/share-nbsp.txt and cases/share-cli.txt, and their neighbours
@pytest.mark.parametrize(
    "text",
    [
        "210987654321\u00a0 055566677788\n",
        "UserId=210987654321 UserId=055566677788\n",
        "--user-ids 210987654321 055566677788",
        "Add=[{UserId=210987654321},{UserId=055566677788}]",
        "aws ec2 modify-image-attribute --image-id ami-0123456789abcdef0 --region us-east-1 \\\n"
        '  --launch-permission "Add=[{UserId=210987654321},{UserId=055566677788}]"',
        "aws ec2 modify-image-attribute --image-id ami-1 --attribute launchPermission --operation-type add "
        "--user-ids 210987654321 055566677788",
        '{"Accounts": [{"Id": "210987654321", "Arn": "arn:aws:organizations::444455556666:account/o-demo4t2k9x/'
        '210987654321", "Email": "all@example.com", "Name": "share with all", "Status": "ACTIVE", '
        '"JoinedMethod": "INVITED", "JoinedTimestamp": 1601234567.8}, {"Id": "055566677788", "Name": "all"}]}',
        '{"ImageId": "ami-1", "LaunchPermissions": [{"UserId": "210987654321"}]}\n{"UserId": "055566677788"}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": '
        '["arn:aws:iam::210987654321:root", "055566677788"]}, "Action": "*", "Resource": "*"}]}',
        f"ACCOUNTS\t{ACCOUNT_ARN}210987654321\tall@x.org\t210987654321\t"
        "INVITED\t2020-09-27T12:00:00+00:00\tshare with all\tACTIVE\n"
        f"ACCOUNTS   {ACCOUNT_ARN}055566677788   b@x.org   055566677788   "
        "CREATED   1601234567.8   public   ACTIVE\n",
        "----------------\n|  ListAccounts  |\n+----+---+\n||  Accounts  ||\n"
        "||  Arn  |  Email  |  Id  |  JoinedMethod  |  JoinedTimestamp  |  Name  |  Status  ||\n"
        f"||  {ACCOUNT_ARN}210987654321 | a@x | 210987654321 | all | ACTIVE ||\n"
        f"||  {ACCOUNT_ARN}055566677788 | b@x | 055566677788 | b | ACTIVE ||\n",
        f"Accounts:\n- Arn: {ACCOUNT_ARN}210987654321\n  Email: a@x.org\n"
        "  Id: '210987654321'\n  Name: share with all\n  Status: ACTIVE\n- Id: '055566677788'\n  Name: public\n",
        "２１０９８７６５４３２１\n\u202d0555-6667-7788\u202c",
        "[210987654321, 055566677788]",
        '["2109-8765-4321", "0555–6667–7788"]',
    ],
)
def test_what_the_aws_cli_takes_and_prints_is_read(text: str) -> None:
    found = parse_entries(text)
    assert found.problems == ()
    assert set(found.accounts) == {ONE, TWO}
    assert not found.everyone


@pytest.mark.parametrize(
    "text",
    [
        "share with all",
        "please make it public",
        "Public\n210987654321",
        "all accounts",
        "All:\n210987654321",
        "everyone",
        "for all of 210987654321",
        "210987654321 all-hands",
        '{"UserId": "all"}',
        '{"Principal": "*"}',
        '{"Note": "all"}',
        "UserId=all",
        "*",
        "Name: all",
    ],
)
def test_prose_never_means_everyone(text: str) -> None:
    found = parse_entries(text)
    assert not found.everyone
    assert found.problems or text in ("*", "Name: all")


@pytest.mark.parametrize(
    "text", ["all", "Group=all", '{"Group": "all"}', "--user-groups all", f"all, {ONE}", f"{ONE}\nall"]
)
def test_ec2s_own_word_for_everyone_is_everyone(text: str) -> None:
    found = parse_entries(text)
    assert found.everyone
    assert found.problems == ()


@pytest.mark.parametrize(
    "text",
    [
        "Remove=[{UserId=210987654321}]",
        '{"Remove": [{"UserId": "210987654321"}]}',
        "--operation-type remove --user-ids 210987654321",
        '{"Effect": "Deny", "Principal": {"AWS": "210987654321"}}',
    ],
)
def test_what_takes_shares_away_is_not_read_as_giving_them(text: str) -> None:
    found = parse_entries(text)
    assert found.grantees == ()
    assert "removes shares" in found.problems[0]


def test_a_record_whose_id_and_arn_differ_is_pointed_out() -> None:
    arn = f"arn:aws:organizations::{THREE}:account/o-demo4t2k9x/{TWO}"
    for text in (f"ACCOUNTS\t{arn}\ta@x\t{ONE}", json.dumps([{"Id": ONE, "Arn": arn}])):
        assert "ARN of" in parse_entries(text).problems[0]


def test_each_problem_names_its_line() -> None:
    text = f"# production\n{ONE}\n\nProduction accounts\n- {TWO} # web\n- 12345"
    assert parse_entries(text).problems == (
        "line 4: Production is not an account, organization or organizational unit; comments begin with #",
        "line 6: 12345 has 5 digits; an account has 12",
    )


pieces = st.one_of(
    st.sampled_from(
        [
            "-",
            "–",
            "\u00ad",
            " ",
            "\xa0",
            "\u200b",
            "\n",
            ",",
            '"',
            "UserId=",
            "all",
            "#",
            "１",
            "{",
            "}",
            "[",
            "]",
        ]
    ),
    st.text("0123456789", max_size=14),
    st.text(max_size=3),
)


@given(st.lists(pieces, max_size=20).map("".join))
def test_no_account_is_made_of_digits_that_do_not_stand_together(text: str) -> None:
    together = re.sub(
        r"[-–\u00ad‐‑‒—―−﹘﹣－⁃֊]", "", text.translate({0xFF10 + digit: str(digit) for digit in range(10)})
    )
    for account in parse_entries(text).accounts:
        assert account in together


@given(st.text("0123456789-– \xa0\"'１２", max_size=20))
def test_one_account_is_read_alike_alone_and_in_a_list(text: str) -> None:
    account = account_of(text)
    if account:
        assert parse_entries(text).accounts == (account,)
    elif " " not in text.strip() and "\xa0" not in text:
        assert parse_entries(text).accounts == () or '"' in text or "'" in text


@pytest.mark.parametrize(
    "text",
    [
        f'{{"NotPrincipal": {{"AWS": "{ONE}"}}}}',
        f'{{"notprincipal": "{ONE}"}}',
        f'{{"Statement": [{{"effect": "Deny", "Principal": {{"AWS": "{ONE}"}}}}]}}',
        f'{{"Effect": "deny", "Principal": {{"AWS": "{ONE}"}}}}',
        f'{{"Effect": "Allow", "Effect": "Deny", "Principal": {{"AWS": "{ONE}"}}}}',
        f'{{"RemoveAccounts": {{"AccountId": "{ONE}"}}}}',
        f'{{"Revoked": ["{ONE}"]}}',
        f'[{{"excluded_accounts": [{{"Id": "{ONE}"}}]}}]',
    ],
)
def test_json_that_takes_shares_away_or_denies_gives_nobody_any(text: str) -> None:
    entries = parse_entries(text)
    assert not entries.grantees
    assert "removes shares" in " ".join(entries.problems)


def test_members_that_are_twice_in_json_are_all_read() -> None:
    assert parse_entries(f'{{"UserId": "{ONE}", "UserId": "{TWO}"}}').accounts == (ONE, TWO)
    assert parse_entries(f'{{"a": [{{"Id": "{ONE}"}}], "a": [{{"Id": "{TWO}"}}]}}').accounts == (ONE, TWO)


@pytest.mark.parametrize("text", ["*", " * \n", '"*"', "“*”", '{"Principal": "*"}', f"{ONE}, *"])
def test_an_asterisk_is_neither_everyone_nor_passed_over(text: str) -> None:
    entries = parse_entries(text)
    assert not entries.everyone
    assert "*" in " ".join(entries.problems)
