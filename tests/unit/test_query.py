"""The query language: what each form means, and how wrong ones are pointed at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amitui.domain.query.parser import FIELDS, MAX_LENGTH, Query, QuerySyntaxError, SortOrder, parse_query
from amitui.domain.query.terms import (
    LOOKALIKE,
    Clause,
    Created,
    Equals,
    Flag,
    Glob,
    Literal,
    Os,
    Owner,
    Predicate,
    Tag,
    Word,
)

NOW = int(datetime(2026, 8, 20, 12, 0, tzinfo=UTC).timestamp())
DAY = 86400


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def parse(text: str) -> Query:
    return parse_query(text, now=NOW)


def clauses(text: str) -> tuple[Clause, ...]:
    return parse(text).clauses


def only(text: str) -> Predicate:
    """The predicate of a query that is one term."""
    ((literal,),) = clauses(text)
    assert not literal.negated
    return literal.predicate


def error(text: str) -> QuerySyntaxError:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    return caught.value


def test_nothing_typed_asks_for_every_image() -> None:
    assert parse("  ") == Query("  ", ())


def test_words_are_lower_cased_and_all_of_them_count() -> None:
    assert clauses("Ubuntu 24.04") == ((Literal(Word("ubuntu")),), (Literal(Word("24.04")),))


def test_a_phrase_keeps_its_spaces_bars_and_colons() -> None:
    assert only('"a | b: c"') == Word("a | b: c", quoted=True)


def test_a_quote_within_a_phrase_is_written_with_a_backslash_and_other_backslashes_stand_for_themselves() -> None:
    assert only(r'"say \"hi\" \n"') == Word('say "hi" \\n', quoted=True)


def test_a_dash_before_a_word_phrase_or_field_negates_it() -> None:
    assert clauses('-daily -"beta 1" -owner:amazon') == (
        (Literal(Word("daily"), negated=True),),
        (Literal(Word("beta 1", quoted=True), negated=True),),
        (Literal(Owner(("amazon",)), negated=True),),
    )


def test_a_dash_between_spaces_is_text_as_in_pasted_names() -> None:
    assert clauses("ami - 3.3")[1] == (Literal(Word("-")),)


@pytest.mark.parametrize("text", ["ubuntu | debian arm64", "ubuntu|debian arm64", "ubuntu| debian  arm64"])
def test_a_bar_binds_tighter_than_a_space(text: str) -> None:
    assert clauses(text) == ((Literal(Word("ubuntu")), Literal(Word("debian"))), (Literal(Word("arm64")),))


def test_alternatives_may_be_fields_and_negations() -> None:
    assert clauses("owner:self | -arch:arm64") == (
        (Literal(Owner(("self",))), Literal(Equals("arch", ("arm64",)), negated=True)),
    )


def test_a_comma_means_or_within_a_field() -> None:
    assert only("arch:amd64,arm64") == Equals("arch", ("x86_64", "arm64"))
    assert only("owner:canonical,self") == Owner(("canonical", "self"))
    assert only("os:windows,RHEL") == Os(("windows", "rhel"))


@pytest.mark.parametrize(
    ("typed", "owner"),
    [
        ("0997-2010-9477", "099720109477"),
        ("0997–2010‑9477", "099720109477"),
        ("'099720109477'", "099720109477"),
        ("“Canonical”", "canonical"),
        ("arn:aws:iam::099720109477:root", "099720109477"),
        ("0997-20", "099720"),
        ("0997-", "0997"),
        ("0997-201-0947", "0997-201-0947"),
        ("09972-0109-477", "09972-0109-477"),
        ("acme-web", "acme-web"),
        ("arn:aws", "arn:aws"),
    ],
)
def test_an_owner_is_read_as_people_write_it(typed: str, owner: str) -> None:
    assert only(f"owner:{typed}") == Owner((owner,))


def test_a_comma_in_quotes_is_text() -> None:
    assert only('owner:"Acme, Inc."') == Owner(("acme, inc.",))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("arch:aarch64", ("arm64",)),
        ("arch:MAC", ("x86_64_mac", "arm64_mac")),
        ("architecture:x64", ("x86_64",)),
        ("root:instance", ("instance-store",)),
        ("virt:pv", ("paravirtual",)),
        ("boot:bios", ("legacy-bios",)),
        ("boot:none", ("",)),
        ("state:disabled", ("disabled",)),
        ("type:machine", ("machine",)),
        ("severity:CRITICAL,high", ("critical", "high")),
        ("severity:<critical", ("none", "informational", "low", "medium", "high")),
        ("severity:<=low", ("none", "informational", "low")),
        ("severity:>medium", ("high", "critical")),
        ("severity:>=critical", ("critical",)),
        ("severity:<none", ()),
        ("severity:unknown", ("unknown",)),
    ],
)
def test_enumerated_fields_take_ec2s_names_and_everyday_ones(text: str, values: tuple[str, ...]) -> None:
    predicate = only(text)
    assert isinstance(predicate, Equals)
    assert predicate.values == values


def test_a_glob_with_wildcards_is_for_the_whole_field() -> None:
    assert only("name:Ubuntu*24.04?") == Glob("name", ("ubuntu*24.04?",))


def test_a_glob_without_wildcards_finds_the_text_anywhere() -> None:
    assert only("name:ubuntu") == Glob("name", ("*ubuntu*",))
    assert only('description:"[**not hardened**]"') == Glob("description", (r"*[\*\*not hardened\*\*]*",))


def test_wildcards_without_a_field_are_a_glob_somewhere_in_the_name() -> None:
    assert only("ubuntu/images/*24.04*") == Glob("name", ("*ubuntu/images/*24.04**",))


@pytest.mark.parametrize(
    ("text", "since", "before"),
    [
        ("created:>2026-01", at("2026-01-01"), None),
        ("created:>=2026-01", at("2026-01-01"), None),
        ("created:<2026-01", None, at("2026-01-01")),
        ("created:<=2026-01", None, at("2026-02-01")),
        ("created:2025", at("2025-01-01"), at("2026-01-01")),
        ("created:2025-12", at("2025-12-01"), at("2026-01-01")),
        ("created:2026-02-*", at("2026-02-01"), at("2026-03-01")),
        ("created:2026-02-28", at("2026-02-28"), at("2026-03-01")),
        ("created:2025..2026-03", at("2025-01-01"), at("2026-04-01")),
        ("created:2025..", at("2025-01-01"), None),
        ("created:..2025", None, at("2026-01-01")),
        ("created:>2026-01-31T10:30", at("2026-01-31T10:30"), None),
        ("created:2026-01-31T10:30:05.000Z", at("2026-01-31T10:30:05"), at("2026-01-31T10:30:06")),
        ("created:30d", NOW - 30 * DAY, None),
        ("age:<90d", NOW - 90 * DAY, None),
        ("age:2w", NOW - 14 * DAY, None),
        ("age:>1y", None, NOW - 365 * DAY),
        ("age:<12h", NOW - 12 * 3600, None),
        ("age:<3m", NOW - 90 * DAY, None),
    ],
)
def test_creation_times(text: str, since: int | None, before: int | None) -> None:
    assert only(text) == Created(since, before)


def test_tags_by_key_by_value_and_with_colons_and_spaces() -> None:
    assert only("tag:Env") == Tag("env", ())
    assert only("tag:Env=prod,dev*") == Tag("env", ("prod", "dev*"))
    assert only("tag:aws:cloudformation:stack=x") == Tag("aws:cloudformation:stack", ("x",))
    assert only('tag:"My key"="a b"') == Tag("my key", ("a b",))


@pytest.mark.parametrize(
    ("text", "name", "on"),
    [
        ("public:yes", "public", True),
        ("paid:NO", "paid", False),
        ("deprecated:true", "deprecated", True),
        ("encrypted:0", "encrypted", False),
        ("imds:v2", "imds", True),
        ("imds:v1", "imds", False),
        ("trusted:y", "trusted", True),
        ("lookalike:yes", "lookalike", True),
        ("look-alike:no", "lookalike", False),
        ("look-alike", "lookalike", True),
        ("Lookalikes", "lookalike", True),
    ],
)
def test_flags(text: str, name: str, on: bool) -> None:
    assert only(text) == Flag(name, on)


def test_a_look_alike_is_a_word_of_the_language_unless_it_is_quoted_or_part_of_another() -> None:
    assert parse("ubuntu -look-alike").clauses[1] == (Literal(LOOKALIKE, negated=True),)
    assert parse('"look-alike" look-alike-2').clauses == (
        (Literal(Word("look-alike", quoted=True)),),
        (Literal(Word("look-alike-2")),),
    )


def test_the_latest_look_alikes_are_not_looked_for_among_trusted_images() -> None:
    for text, narrowed in (("latest:yes look-alike", False), ("latest:yes -look-alike", True)):
        carried_out = parse(text).latest_of_trusted(owner_chosen=False)
        assert ((Literal(Flag("trusted", True)),) in carried_out.clauses) is narrowed


def test_latest_and_sort_hold_for_the_whole_query() -> None:
    query = parse("latest:yes ubuntu sort:-size")
    assert query.latest
    assert query.sort == SortOrder("size", descending=True)
    assert query.clauses == ((Literal(Word("ubuntu")),),)


def test_sorting_by_age_is_sorting_by_creation_the_other_way_round() -> None:
    assert parse("sort:age").sort == SortOrder("created", descending=True)


def test_an_image_id_is_recognised_also_within_its_arn() -> None:
    assert parse("ami-0123456789ABCDEF0").image_ids() == ("ami-0123456789abcdef0",)
    assert parse("arn:aws:ec2:us-east-1::image/ami-9daa99ad").image_ids() == ("ami-9daa99ad",)
    assert parse("ami-0123 -ami-9daa99ad").image_ids() == ()


def test_naming_an_image_or_deprecation_asks_for_deprecated_ones() -> None:
    assert parse("ami-9daa99ad").asks_for_deprecated
    assert parse("-deprecated:yes").asks_for_deprecated
    assert not parse("ubuntu").asks_for_deprecated


def test_a_query_tells_the_words_and_owners_that_it_looks_for() -> None:
    query = parse('ubuntu -daily owner:self,canonical -owner:amazon "a b"')
    assert query.words() == ("ubuntu", "a b")
    assert query.owners() == ("self", "canonical")


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("ubuntu foo:bar arm64", "foo:"),
        ("at 12:30", "12:"),
        ("https://example.org", "https:"),
        ("-foo:bar", "foo:"),
        (":x", ":"),
        ("arch:sparc x", "sparc"),
        ("x arch:arm64,sparc y", "sparc"),
        ("root:floppy x", "floppy"),
        ("public:perhaps x", "perhaps"),
        ("created:tomorrow x", "tomorrow"),
        ("created:2026-13 x", "2026-13"),
        ("created:>0000 x", ">0000"),
        ("created:>30d x", ">30d"),
        ("age:90 x", "90"),
        ("sort:colour x", "colour"),
        ("-latest:yes", "-latest:yes"),
        ("ubuntu | latest:yes", "latest:yes"),
        ("sort:name | ubuntu", "sort:name"),
        ("| ubuntu", "|"),
        ("a | | b", "|"),
        ("owner: canonical", "owner:"),
        ("owner:a,,b", "a,,b"),
        ("tag:=x y", "=x"),
        ('"" x', '""'),
    ],
)
def test_what_is_wrong_is_pointed_at(text: str, marked: str) -> None:
    caught = error(text)
    assert text[caught.position : caught.position + caught.length] == marked
    assert not caught.incomplete


def test_the_caret_stands_below_the_wrong_word() -> None:
    assert error("ubuntu arch:sparc").caret() == "ubuntu arch:sparc\n            ^^^^^"
    assert error("foo:bar").lines()[1:3] == ["foo:bar", "^^^^"]


def test_an_unknown_field_names_the_known_ones_and_how_to_search_for_the_text() -> None:
    remedy = error("foo:bar").remedy
    assert '"foo:bar"' in remedy
    assert all(field in remedy for field in FIELDS)


def test_a_wrong_value_names_the_allowed_ones() -> None:
    assert error("arch:sparc x").remedy == "one of x86_64, arm64, i386, x86_64_mac, arm64_mac"
    assert "yes or no" in error("paid:maybe x").remedy


@pytest.mark.parametrize(
    "text",
    [
        "owner:",
        "ubuntu -",
        'ubuntu "24.',
        "ubuntu |",
        "ubuntu | ",
        "arch:arm",
        "arch:arm64,",
        "arch:arm64,x8",
        "deprecated:tr",
        "imds:v",
        "created:>",
        "created:202",
        "created:2026-0",
        "created:>2026-",
        "created:3",
        "created:2025..2",
        "age:<9",
        "sort:",
        "sort:-",
        "sort:nam",
    ],
)
def test_a_half_typed_query_is_marked_incomplete(text: str) -> None:
    assert error(text).incomplete


@pytest.mark.parametrize("text", ["owner: ", "arch:arm ", "arch:zz", "foo:", "created:>x", "age:<9 x"])
def test_what_typing_on_cannot_mend_is_not_incomplete(text: str) -> None:
    assert not error(text).incomplete


def test_overlong_queries_are_refused() -> None:
    assert error("x" * (MAX_LENGTH + 1)).position == MAX_LENGTH
    assert "too many words" in error("word " * 100).what
    assert "too many words" in error("owner:" + ",".join("ab" * 40)).what


def test_control_characters_separate_words_and_surrogates_are_made_visible() -> None:
    assert parse("a\x00b\x1bc\udc80").words() == ("a", "b", "c␦")


def understood_or_pointed_at(text: str) -> bool:
    """Whether `text` is a query, or an error that lies within it."""
    try:
        parse(text)
    except QuerySyntaxError as caught:
        return 0 <= caught.position <= caught.position + caught.length <= len(text) and bool(caught.what)
    return True


@given(st.text(max_size=60) | st.text(alphabet='ab-|":,=*?<>.0129 \\', max_size=40))
@example("İ*İ")
@example('-""')
def test_any_text_is_either_understood_or_pointed_at(text: str) -> None:
    assert understood_or_pointed_at(text)


@given(st.sampled_from([*FIELDS, "foo"]), st.text(alphabet="abv2yes<>=.-0123456789dTZ:,*", max_size=16))
def test_any_value_of_a_field_is_either_understood_or_pointed_at(field: str, value: str) -> None:
    assert understood_or_pointed_at(f"{field}:{value}")


@pytest.mark.parametrize("before", [1, 20, 60, 140, 600])
@pytest.mark.parametrize("after", [1, 20, 600])
def test_of_a_long_query_the_part_around_the_mistake_is_shown(before: int, after: int) -> None:
    text = f"{'a' * before} arch:zz {'b' * after}"
    line, carets = error(text).lines()[1:3]
    assert len(line) <= 70
    assert len(carets) <= 70
    assert line[carets.index("^") : len(carets)] == "zz"


def test_of_a_query_that_is_too_long_the_end_is_shown() -> None:
    line, carets = error("a" * (MAX_LENGTH + 1)).lines()[1:3]
    assert len(line) == 70
    assert carets.rstrip("^") == " " * 69
