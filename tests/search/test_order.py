"""What holds for every search, whatever its words: trust comes first, the order is one order, families add up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

import pytest

from amitui.catalog.search.view import CatalogReader
from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.image.trust import Trust
from amitui.domain.products.word_table import PHRASES
from amitui.domain.query.parser import QuerySyntaxError, parse_query
from tests.search.catalogue import catalogue, label_of
from tests.search.judge import Stage
from tests.search.records import ME, NOW, REGION

pytestmark = pytest.mark.xdist_group("lookups")

_SEEDS: Final = range(4)
_SEARCHES: Final = 15
"""Searches a seed."""
_SAMPLE: Final = 400
"""Rows of a view that are looked at."""


@pytest.fixture(scope="module")
def reader(stage: Stage) -> Iterator[CatalogReader]:
    with stage.reader() as opened:
        yield opened


def view(text: str, *, show_deprecated: bool = False) -> ViewRequest:
    return ViewRequest(parse_query(text, now=NOW), (REGION,), (ALL,), (ME,), show_deprecated, NOW)


def random_searches(seed: int) -> Iterator[str]:
    """Words of names, of the vocabulary, numbers and what nobody means, in any mixture."""
    chance = random.Random(seed)
    names = sorted({word for build in catalogue().builds for word in build.name.replace("/", " ").split()})
    for _ in range(_SEARCHES):
        words = [
            chance.choice((names, list(PHRASES), ["arm64", "x86", "-daily", "latest:yes", "zzz"]))
            for _ in range(chance.randint(1, 4))
        ]
        text = " ".join(chance.choice(some) for some in words)
        yield text if chance.random() < 0.8 else text[: chance.randint(1, len(text))]


@pytest.mark.parametrize("seed", _SEEDS)
def test_no_look_alike_stands_above_a_trusted_image_whatever_is_typed(reader: CatalogReader, seed: int) -> None:
    for text in random_searches(seed):
        try:
            request = view(text, show_deprecated=seed % 2 == 0)
        except QuerySyntaxError:
            continue
        if not request.query.is_worded:
            continue
        keys = reader.keys(request).keys
        trusts = [row.trust for row in reader.rows(keys, (ME,)) if row is not None]
        alike = [place for place, trust in enumerate(trusts) if trust is Trust.LOOKALIKE]
        trusted = [place for place, trust in enumerate(trusts) if trust >= Trust.MARKETPLACE]
        assert not alike or not trusted or alike[0] > trusted[-1], text


@pytest.mark.parametrize("seed", _SEEDS)
def test_pages_are_parts_of_one_order_and_families_add_up(reader: CatalogReader, seed: int) -> None:
    for text in random_searches(seed + 100):
        try:
            request = view(text)
        except QuerySyntaxError:
            continue
        keys = list(reader.keys(request).keys)
        assert len(set(keys)) == len(keys), text
        assert keys == list(reader.keys(request).keys), text
        for limit in (1, 60):
            assert reader.first(request, limit)[0] == keys[:limit], text
        if not request.query.is_worded or request.query.latest:
            continue
        families = reader.families(request)
        assert families.total == len(keys), text
        assert set(families.keys) <= set(keys), text
        assert reader.families(request, 3).keys == families.keys[:3], text
        if keys:
            assert families.keys[0] == keys[0], text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ubuntu 24.04", {"ubuntu 24.04 x86_64": (), "ubuntu 24.04 daily x86_64": ("+daily",)}),
        ("ubuntu", {"ubuntu 22.04 x86_64": ("newer release exists",), "ubuntu 26.04 x86_64": ()}),
        ("ubuntu 24.04 daily", {"ubuntu 24.04 daily x86_64": ()}),
        ("eks 1.33", {"eks 1.33 neuron x86_64": ("+neuron",)}),
        ("rhel 9", {"rhel 9.8 byos x86_64": ("+access2",), "rhel 9.6 x86_64": ("newer release exists",)}),
        ("ubuntu 24.04", {"ubuntu 24.04 marketplace x86_64": ("Marketplace copy",)}),
        ("debian 12", {"debian 12 x86_64@1": ("newer build exists",)}),
    ],
)
def test_an_image_says_why_it_stands_where_it_does(
    reader: CatalogReader, text: str, wanted: dict[str, tuple[str, ...]]
) -> None:
    request = view(text)
    keys = list(reader.keys(request).keys)[:_SAMPLE]
    said = {
        label_of()[row.image_id]: reasons
        for row, reasons in zip(reader.rows(keys, (ME,)), reader.explain(request, keys), strict=True)
        if row is not None
    }
    best = ("the publisher's own plain build, the newest",)
    assert {label: said[label] for label in wanted} == {label: why or best for label, why in wanted.items()}


def test_every_row_has_a_reason_and_rows_that_vanished_have_none(reader: CatalogReader) -> None:
    request = view("windows 2022")
    keys = list(reader.keys(request).keys)
    assert all(reader.explain(request, keys))
    assert reader.explain(request, [keys[0], keys[0] - 1])[1] == ()
