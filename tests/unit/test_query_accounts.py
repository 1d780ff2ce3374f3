"""`account:`: which accounts in use a name, an id or a pattern means, and what is said where it means none."""

from __future__ import annotations

import pytest

from amitui.domain.query.accounts import NamedAccount
from amitui.domain.query.as_typed import typed_query
from amitui.domain.query.facets import Facet, FacetValue, FacetView, with_account_names
from amitui.domain.query.offers import FieldValue, account_values
from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import Account, Literal, Query, QuerySyntaxError

DEV, EU, US, PARTNER = "011122223333", "222233334444", "222255556666", "444455556666"
KNOWN = (
    NamedAccount(DEV, ("web team", "dev")),
    NamedAccount(EU, ("eu-prod",)),
    NamedAccount(US, ("us-Prod", "us")),
    NamedAccount(PARTNER, ("partner-prod",), is_used=False),
)
UNKNOWN = (NamedAccount("", ("dev",)), NamedAccount(EU, ("eu-prod",)))


def parsed(text: str, known: tuple[NamedAccount, ...] = KNOWN) -> Query:
    return parse_query(text, now=0, accounts=lambda: known)


def meant(text: str, known: tuple[NamedAccount, ...] = KNOWN) -> tuple[str, ...]:
    ((literal,),) = parsed(text, known).clauses
    assert isinstance(literal.predicate, Account)
    return literal.predicate.values


@pytest.mark.parametrize(
    ("value", "accounts"),
    [
        (EU, (EU,)),
        ("2222-3333-4444", (EU,)),
        (f"arn:aws:iam::{EU}:root", (EU,)),
        ("11122223333", (DEV,)),
        ("2222", (EU, US)),
        ("22225", (US,)),
        ("0*", (DEV,)),
        ("eu-prod", (EU,)),
        ("EU-PROD", (EU,)),
        ("us-prod", (US,)),
        ("us", (US,)),
        ("dev", (DEV,)),
        ('"web team"', (DEV,)),
        ("*-prod", (EU, US)),
        ("?u-prod", (EU,)),
        ("*", (DEV, EU, US)),
        ("us,dev", (US, DEV)),
    ],
)
def test_accounts_in_use_are_named_by_id_name_or_pattern(value: str, accounts: tuple[str, ...]) -> None:
    assert meant(f"account:{value}") == accounts


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("nobody", "no account in use is called 'nobody'"),
        ("*-stage", r"no account in use is called '\*-stage'"),
        ("dev,prod", "no account in use is called 'prod'"),
        ("eu", "no account in use is called 'eu'"),
        ('"*"', r"no account in use is called '\*'"),
        ("099720109477", "no account in use is called '099720109477'"),
        ("partner-prod", "account 'partner-prod' is none of those in use"),
        (PARTNER, f"account '{PARTNER}' is none of those in use"),
    ],
)
def test_a_name_that_means_no_account_in_use_is_said(value: str, what: str) -> None:
    for sign in ("", "-"):
        with pytest.raises(QuerySyntaxError, match=what):
            parsed(f"{sign}account:{value}")


def test_the_error_says_what_the_accounts_are_called_and_how_owners_are_searched() -> None:
    with pytest.raises(QuerySyntaxError) as unknown:
        parsed("ubuntu account:nobody x")
    assert unknown.value.remedy == "in use: web team, eu-prod, us-Prod; owner: finds images by who owns them"
    assert unknown.value.text[unknown.value.position :][: unknown.value.length] == "nobody"
    with pytest.raises(QuerySyntaxError) as unused:
        parsed("account:partner*")
    assert f"owner:{PARTNER}" in unused.value.remedy


@pytest.mark.parametrize("text", ["account:", "account:e", "account:eu-pr", "account:*-pro", "account:us,web"])
def test_while_a_name_is_typed_the_rest_of_the_query_is_searched_for(text: str) -> None:
    typed = typed_query(f"arch:arm64 {text}", now=0, accounts=lambda: KNOWN)
    assert typed.error is not None
    assert typed.query is not None
    assert [clause for clause in typed.query.clauses if not isinstance(clause[0].predicate, Account)] == list(
        parsed("arch:arm64").clauses
    )
    assert typed_query("account:nobo", now=0, accounts=lambda: KNOWN).query is None


def test_an_account_that_is_not_known_yet_is_no_mistake() -> None:
    assert meant("account:dev", UNKNOWN) == ()
    assert meant("account:*", UNKNOWN) == (EU,)
    assert meant(f"account:{PARTNER}", UNKNOWN) == (PARTNER,)
    assert parsed("account:dev", UNKNOWN).names_accounts


def test_accounts_are_asked_for_by_such_a_query_alone() -> None:
    def never() -> tuple[NamedAccount, ...]:
        raise AssertionError

    assert not parse_query("ubuntu owner:self", now=0, accounts=never).names_accounts


@pytest.mark.parametrize(
    ("text", "is_private"),
    [
        ("account:dev", True),
        ("ubuntu account:dev,eu-prod", True),
        ("account:dev | account:us", True),
        ("-account:dev", False),
        ("account:dev | ubuntu", False),
        ("ubuntu", False),
    ],
)
def test_it_is_known_whether_public_images_can_match(text: str, is_private: bool) -> None:
    assert parsed(text).is_private == is_private


def test_the_latest_of_an_account_are_trusted_ones_as_strangers_share_images_too() -> None:
    query = parsed("account:dev latest:yes")
    assert len(query.latest_of_trusted(owner_chosen=False).clauses) == 3


def test_accounts_are_offered_by_name_with_their_images_added_up() -> None:
    known = (*KNOWN, NamedAccount("777788889999", ("eu-prod",)), NamedAccount("", ("later",)))
    counted = [FieldValue(EU, 2), FieldValue("777788889999", 3), FieldValue(DEV, 4), FieldValue(PARTNER, 9)]
    offered = account_values(counted, known)
    assert [(value.text, value.images) for value in offered] == [("eu-prod", 5), ("web team", 4), ("us-Prod", 0)]
    assert offered[1].words == ("dev", DEV)
    for value in offered:
        assert parse_query(f'account:"{value.text}"', now=0, accounts=lambda: known).clauses
    assert Literal(Account((EU, "777788889999"))) in parsed("account:eu-prod", known).clauses[0]


def test_facets_show_accounts_by_name_with_filters_that_a_query_understands() -> None:
    known = (*KNOWN, NamedAccount("777788889999", ("eu-prod",)), NamedAccount("888899990000", ("\u200b",)))
    others = Facet("arch", "Architecture", (FacetValue("arm64", 1, "arch:arm64"),))
    ids = {DEV: 4, EU: 2, "777788889999": 3, "888899990000": 1}
    counted = tuple(FacetValue(account, images, f"account:{account}") for account, images in ids.items())
    named = with_account_names(FacetView(10, (others, Facet("account", "Account", counted))), known)
    assert named.facets[0] == others
    assert named.facets[1].values == (
        FacetValue("eu-prod", 5, "account:eu-prod"),
        FacetValue("web team", 4, 'account:"web team"'),
        FacetValue("888899990000", 1, "account:888899990000"),
    )
    for value in named.facets[1].values:
        assert sum(ids[account] for account in meant(value.filter, known)) == value.images
