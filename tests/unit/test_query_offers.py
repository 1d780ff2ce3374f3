from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.query.offers import (
    FieldValue,
    Part,
    completed,
    field_offers,
    merged,
    most_first,
    part_at,
    quoted,
    value_offers,
)
from amitui.domain.query.parser import FIELDS, parse_query
from amitui.domain.query.tokens import Token

NOW = 1_790_000_000


def names(text: str) -> list[str]:
    part = part_at(text, len(text))
    return [offer.shown for offer in field_offers(part)] if part and not part.field else []


def taken(text: str, *values: str, cursor: int | None = None) -> str:
    """The query once the first of the values' offers is taken, a bar where the cursor stands."""
    at = len(text) if cursor is None else cursor
    part = part_at(text, at)
    assert part is not None
    offers = value_offers(part, map(FieldValue, values)) if part.field else field_offers(part)
    whole, place = completed(text, part, offers[0])
    return f"{whole[:place]}¦{whole[place:]}"


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("ar", ["arch:"]),
        ("AR", ["arch:"]),
        ("-ar", ["arch:"]),
        ("ubuntu de", ["description:", "deprecated:"]),
        ("archi", ["arch:"]),
        ("pl", ["os:"]),
        ("publ", ["public:", "owner:"]),
        ("a", []),
        ("ubuntu", []),
        ('"ar', []),
        ("ar ", []),
        ("", []),
        ("x|ta", ["tag:"]),
    ],
)
def test_the_fields_that_a_word_begins_are_offered(text: str, offered: list[str]) -> None:
    assert names(text) == offered


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("arch:", Part("arch", "", 5, 5)),
        ("x arch:AR", Part("arch", "ar", 7, 9)),
        ("-architecture:ar", Part("arch", "ar", 14, 16)),
        ("arch:arm64,x", Part("arch", "x", 11, 12, others=("arm64",))),
        ("a|state:", Part("state", "", 8, 8)),
        ('owner:"red h', Part("owner", "red h", 6, 12)),
        ('owner:"red hat",ca', Part("owner", "ca", 16, 18, others=("red hat",))),
        ("tag:Env", Part("tag", "env", 4, 7)),
        ("tag:a,b", Part("tag", "a,b", 4, 7)),
        ("tag:Env=pr", Part("tag", "pr", 8, 10, key="env")),
        ('tag:"Cost Center"=a,b', Part("tag", "b", 20, 21, key="cost center", others=("a",))),
        ("sort:-cr", Part("sort", "cr", 6, 8)),
        ("name:ub", None),
        ("created:2", None),
        ("nosuch:x", None),
        (":x", None),
        ('"arch:ar"', None),
        ("arch:arm64 ", None),
    ],
)
def test_the_part_at_the_cursor_is_the_value_that_is_typed(text: str, part: Part | None) -> None:
    assert part_at(text, len(text)) == part


def test_in_the_middle_of_a_word_nothing_is_completed_and_before_a_space_the_word_is() -> None:
    assert part_at("arch:arm64", 7) is None
    assert taken("arch:ar ubuntu", "arm64", cursor=7) == "arch:arm64¦ ubuntu"


@pytest.mark.parametrize(
    ("text", "values", "after"),
    [
        ("ar", (), "arch:¦"),
        ("x -arch:", ("arm64", "x86_64"), "x -arch:arm64 ¦"),
        ("arch:x", ("arm64", "x86_64"), "arch:x86_64 ¦"),
        ("arch:arm64,", ("arm64", "x86_64"), "arch:arm64,x86_64 ¦"),
        ("tag:", ("Cost Center",), 'tag:"Cost Center"=¦'),
        ('tag:"Cost', ("Cost Center",), 'tag:"Cost Center"=¦'),
        ("tag:Env=", ("p*d", "x"), 'tag:Env="p*d" ¦'),
        ("sort:-", ("created",), "sort:-created ¦"),
        ("tag:", ('say "no"',), 'tag:"say \\"no\\""=¦'),
    ],
)
def test_an_offer_that_is_taken_replaces_the_part_and_leads_on(
    text: str, values: tuple[str, ...], after: str
) -> None:
    assert taken(text, *values) == after


def test_a_value_that_is_typed_out_is_not_completed_to_a_longer_one() -> None:
    part = part_at("arch:arm64", 10)
    assert part is not None
    assert value_offers(part, (FieldValue("arm64_mac"), FieldValue("arm64"))) == ()


def test_other_words_for_a_value_offer_it_behind_those_that_begin_so() -> None:
    part = part_at("owner:ubu", 9)
    assert part is not None
    values = (FieldValue("canonical", words=("ubuntu",)), FieldValue("ubuntu-fans"))
    assert [offer.shown for offer in value_offers(part, values)] == ["ubuntu-fans", "canonical"]


def test_values_that_no_query_can_name_are_not_offered() -> None:
    part = part_at("tag:", 4)
    assert part is not None
    hostile = ["a\x1b[2J", "b\u202ec", "ends in \\", "", "[red]x[/]"]
    assert [offer.shown for offer in value_offers(part, map(FieldValue, hostile))] == ["[red]x[/]"]


@given(st.text(max_size=12))
def test_what_is_inserted_means_the_value_again(value: str) -> None:
    text = quoted(value)
    if text:
        token = Token.read(f"tag:{text}", 0)
        assert isinstance(token, Token)
        assert token.text == f"tag:{value}"
        assert token.plain_index("=") == token.plain_index(",") == -1
        parse_query(f"tag:{text}", now=NOW)


@given(st.text(alphabet='ar:ch-|", =tg', max_size=14), st.integers(0, 14))
def test_whatever_is_typed_a_part_lies_before_the_cursor(text: str, cursor: int) -> None:
    part = part_at(text, min(cursor, len(text)))
    if part is not None:
        assert 0 <= part.start <= part.end == min(cursor, len(text))
        assert part.field in {"", *FIELDS}


def test_counts_of_regions_are_added_and_values_of_no_image_left_out() -> None:
    one = (FieldValue("arm64", 2), FieldValue("i386", 0))
    other = (FieldValue("x86_64", 3), FieldValue("arm64", 4))
    assert most_first(merged([one, other])) == (FieldValue("arm64", 6), FieldValue("x86_64", 3))
