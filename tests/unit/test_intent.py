"""What words are after: products, releases, variants, architectures; names, titles, patterns and parameters."""

from __future__ import annotations

import pytest

from amitui.domain.products.atoms import atoms, number
from amitui.domain.products.kind import Subject, kind_of
from amitui.domain.products.reading import identity_of, read_name
from amitui.domain.products.tier import Tier
from amitui.domain.products.vocabulary import PRODUCT_WORDS, meanings
from amitui.domain.products.word_table import PHRASES
from amitui.domain.query.intent import intent_of, whole_name
from amitui.domain.query.parser import parse_query
from amitui.domain.query.suggest import corrected, distance, suggestions


def words_of(text: str) -> set[tuple[str, ...]]:
    """The first meaning of each clause that a text comes to; texts that nobody knows as they are."""
    intent = intent_of(parse_query(text, now=0))
    return {
        clause[0].alternatives[0] if clause[0].alternatives else (str(clause[0].literal.predicate[0]),)
        for clause in intent.clauses
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ubuntu 24.04 arm64", {("ubuntu",), ("#24.04",), ("@arm64",)}),
        ("Noble", {("ubuntu", "#24.04")}),
        ("ubuntu2404", {("ubuntu", "#24.04")}),
        ("win2022", {("windows", "#2022")}),
        ("rhel9.8", {("rhel", "#9.8")}),
        ("RHEL 9.8.0", {("rhel",), ("#9.8",)}),
        ("rocky 9.x", {("rocky",), ("#9",)}),
        ("15sp6 sles", {("#15.6",), ("sles",)}),
        ("amazon linux 2", {("amazon-linux-2",)}),
        ("Amazon Linux 2023 AMI (HVM), SSD Volume Type", {("amazon-linux-2023",)}),
        ("Red Hat Enterprise Linux 9 (HVM), SSD Volume Type", {("rhel",), ("#9",)}),
        ("graviton al2", {("@arm64",), ("amazon-linux-2",)}),
        ("rhel 9 byos", {("rhel",), ("#9",), ("byos",)}),
        ("debian v12", {("debian",), ("#12",)}),
        ("debi 12", {("debian",), ("#12",)}),
        ("windows 2022 ja", {("windows",), ("#2022",), ("japanese",)}),
        ("checkout-ubuntu-blue", {("checkout-ubuntu-blue",)}),
        ("linux", {("linux",)}),
        ("server lts", {("server",), ("lts",)}),
        (
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
            {("amazon-linux",), ("amazon-linux-2023",), ("@x86_64",)},
        ),
        (
            "{{resolve:ssm:/aws/service/debian/daily/bookworm/latest/arm64}}",
            {("debian",), ("daily",), ("debian", "#12"), ("@arm64",)},
        ),
        (
            "arn:aws:ssm:us-east-1::parameter/aws/service/suse/sles-byos/15-sp6/x86_64/latest",
            {("sles",), ("byos",), ("#15",), ("sp6",), ("@x86_64",)},
        ),
    ],
)
def test_words_mean_products_releases_and_variants(text: str, wanted: set[tuple[str, ...]]) -> None:
    assert words_of(text) - {("suse",)} == wanted


def test_a_typed_day_is_looked_for_in_every_way_that_names_write_it() -> None:
    (day,) = intent_of(parse_query("2026-11-03", now=0)).clauses
    assert {choice.literal.predicate[0] for choice in day} == {"20261103", "2026-11-03", "2026.11.03"}


def test_asking_for_a_variant_makes_it_cost_nothing_and_a_series_number_asks_for_no_variant() -> None:
    asked = intent_of(parse_query("windows 2022 sql 2019", now=0)).asked
    assert {"2019", "windows"} <= asked
    assert "2022" not in asked


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("RHEL-9.6.0_HVM-20250520-x86_64-0-Hourly2-GP3", True),
        ("AlmaLinux OS 9.7.20251118 x86_64", True),
        ("FreeBSD 14.4-RELEASE-amd64 UEFI-PREFERRED base UFS", True),
        ("amazon/Windows_Server-2022-English-Full-Base-2026.11.12", True),
        ("ubuntu 24.04 arm64", False),
        ("owner:self golden-base-20260101", False),
        ('"RHEL-9.6.0_HVM-20250520-x86_64-0-Hourly2-GP3"', False),
    ],
)
def test_a_text_is_a_whole_name_when_it_looks_like_one(text: str, is_name: bool) -> None:
    assert bool(whole_name(parse_query(text, now=0))) is is_name


def test_every_meaning_of_the_vocabulary_can_be_reached_by_typing_it() -> None:
    for phrase, meaning in PHRASES.items():
        if not phrase.endswith("#") and meaning:
            found = meanings(phrase.split())
            assert all(one.known for one in found), phrase
            assert len(found) == 1, phrase


def test_every_product_has_words_and_each_of_them_means_it() -> None:
    for word in PRODUCT_WORDS:
        (meaning,) = meanings(atoms(word))
        assert any(word in alternative for alternative in meaning.alternatives), word


@pytest.mark.parametrize(
    ("atom", "wanted"),
    [
        ("9.8.0", "9.8"),
        ("v1.33", "1.33"),
        ("24.04", "24.04"),
        ("10", "10"),
        ("9.x", "9"),
        ("x86", ""),
        ("1.2a", ""),
    ],
)
def test_numbers_are_compared_without_what_says_nothing(atom: str, wanted: str) -> None:
    assert number(atom) == wanted


@pytest.mark.parametrize(
    ("name", "has", "lacks", "extras"),
    [
        ("RHEL-9.8.0_HVM-20260521-x86_64-8-Hourly2-GP3", {"rhel", "#9.8", "#9", "payg"}, {"#8", "#20260521"}, ""),
        ("RHEL-9.8.0_HVM_BETA-20260521-x86_64-8-Access2-GP3", {"access2", "beta"}, {"payg"}, "access2 beta"),
        ("amzn2-ami-hvm-2.0.20260101.0-x86_64-gp2", {"#4.14", "amazon-linux-2"}, {"amazon-linux-2023"}, "4.14"),
        ("fedora-coreos-41.20241109.2.0-x86_64", {"testing", "#41"}, {"stable"}, "testing"),
        (
            "aws-parallelcluster-3.14.1-rhel9-hvm-x86_64-202512160956 2025-12-16T10-00-45.861Z",
            {"rhel", "#9", "=parallelcluster"},
            {"=rhel"},
            "",
        ),
        (
            "ubuntu/images-testing/hvm-ssd-gp3/ubuntu-noble-daily-amd64-server-20260101",
            {"ubuntu", "#24.04", "daily"},
            set(),
            "daily",
        ),
    ],
)
def test_a_kind_has_the_words_that_its_images_are_asked_for_by(
    name: str, has: set[str], lacks: set[str], extras: str
) -> None:
    identity = identity_of(name)
    assert identity is not None
    kind = kind_of(Subject(Tier.PUBLISHER, identity._replace(build=""), "x86_64"))
    words = set(kind.words.split())
    assert has <= words
    assert not lacks & words
    assert kind.extras == extras


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("my-rhel-8-golden", "#8#"),
        ("my-rhel-10-x86_64-20240101", "#10#"),
        ("php8.3 on ubuntu 24.04 amd64", "#8.3#8#24.04#24#"),
        ("debian-12-amd64-20261103-6959", ""),
    ],
)
def test_numbers_of_unknown_names_are_whole_and_neither_builds_nor_architectures(name: str, numbers: str) -> None:
    assert read_name(name).numbers == numbers


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("ubunut 24.04", "ubuntu 24.04"),
        ("owner:cannonical jammy", "owner:canonical jammy"),
        ("Rockey 9", "rocky 9"),
        ("ubuntu 22.04 amr64", "ubuntu 22.04 arm64"),
        ("windows 2022 japanse", "windows 2022 japanese"),
        ("ubuntu 24.04", None),
        ("checkout", None),
        ("xyz", None),
    ],
)
def test_a_misspelt_word_has_a_suggestion_and_a_right_or_strange_one_none(text: str, better: str | None) -> None:
    query = parse_query(text, now=0)
    assert corrected(query) == better
    assert bool(suggestions(query)) is (better is not None)


def test_the_distance_counts_a_swap_as_one_and_stops_counting_beyond_the_most() -> None:
    assert distance("ubunut", "ubuntu", 2) == 1
    assert distance("debian", "debian", 2) == 0
    assert distance("windows", "ubuntu", 2) == 3
