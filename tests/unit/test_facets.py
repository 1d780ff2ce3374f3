"""Facet counts: each is how many images the view has with the value's filter added, on any catalogue."""

from __future__ import annotations

import tempfile
from typing import cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.search.background import CatalogSearch
from amitui.catalog.search.facets import FacetReader
from amitui.catalog.search.region_file import RegionFile
from amitui.catalog.search.view import CatalogReader, QueryInterrupted
from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.image.facets import facts_of, family_code
from amitui.domain.image.row import ImageRow, ImageSummary
from amitui.domain.query.facets import TITLES, Facet, FacetValue, FacetView, has_filter, with_filter
from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import QuerySyntaxError
from amitui.presentation.facet_rows import facet_rows
from tests.unit.test_index import image
from tests.unit.test_view_against_naive import (
    NOW,
    VIEWER,
    Listed,
    catalogues,
    query_holds,
    requests,
    write,
)


def view(text: str = "", *, region: str = "us-east-1", account: str | None = None) -> ViewRequest:
    return ViewRequest(
        parse_query(text, now=NOW), (region,), (ALL,), () if account is None else (account,), False, NOW
    )


def counts(facets: FacetView, name: str) -> dict[str, int]:
    (facet,) = (facet for facet in facets.facets if facet.name == name)
    return {value.text: value.images for value in facet.values}


def filters(facets: FacetView, name: str) -> list[str]:
    (facet,) = (facet for facet in facets.facets if facet.name == name)
    return [value.filter for value in facet.values]


def missing(facet: Facet, rows: list[ImageRow]) -> set[str]:
    """Values of rows that a facet lists exactly and does not have."""
    listed = {value.text for value in facet.values}
    values = {
        "arch": {row.architecture for row in rows},
        "root": {row.root_device_type for row in rows if row.root_device_type},
        "state": {row.state for row in rows},
        "os": {row.platform for row in rows},
    }
    return values.get(facet.name, set()) - listed


@pytest.mark.parametrize("detailed", [5000, -1], ids=["row-by-row", "joined"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogue=catalogues(), asked=st.lists(requests(), min_size=1, max_size=8))
def test_each_value_counts_what_its_filter_finds_in_the_view(
    detailed: int, catalogue: list[Listed], asked: list[ViewRequest]
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("amitui.catalog.search.facets.DETAILED", detailed)
        write(folder, catalogue)
        with CatalogReader(folder) as reader:
            facet_reader = FacetReader(reader)
            for request in asked:
                found = facet_reader.facets(request)
                rows = [row for row in reader.rows(reader.keys(request).keys, request.accounts) if row is not None]
                assert found.images == len(rows)
                for facet in found.facets:
                    for value in facet.values:
                        query = parse_query(value.filter, now=NOW)
                        meant = [
                            row
                            for row in rows
                            if query_holds(query, cast(ImageSummary, row), request.accounts, row.seen_by)
                        ]
                        assert value.images == len(meant), value
                    assert not missing(facet, rows)
                assert facet_reader.facets(request) == found


def crawled(folder: str, *images: ImageSummary, region: str = "us-east-1", generation: int = 1) -> None:
    shard = Shard("aws", PUBLIC, region, "community")
    with CatalogIndex.open(f"{folder}/{region}.sqlite", region) as index:
        index.begin_shard(shard, generation)
        index.add_rows(shard, generation, images, f"chunk{generation}")
        index.finish_shard(shard, generation, NOW)


def test_counts_of_several_regions_are_added_up(tmp_path: object) -> None:
    folder = str(tmp_path)
    crawled(folder, image(1, architecture="arm64"), image(2, architecture="x86_64"))
    crawled(folder, image(3, architecture="arm64"), region="eu-west-1")
    with CatalogReader(folder) as reader:
        found = FacetReader(reader).facets(view()._replace(regions=("us-east-1", "eu-west-1")))
    assert counts(found, "arch") == {"arm64": 2, "x86_64": 1}


def test_counts_follow_what_is_written(tmp_path: object) -> None:
    folder = str(tmp_path)
    crawled(folder, image(1, architecture="arm64"))
    with CatalogReader(folder) as reader:
        facet_reader = FacetReader(reader)
        assert counts(facet_reader.facets(view()), "arch") == {"arm64": 1}
        # In place: the row stays and another architecture is counted.
        crawled(folder, image(1, architecture="i386"), generation=2)
        assert counts(facet_reader.facets(view()), "arch") == {"i386": 1}


def test_what_is_asked_again_is_counted_once(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    crawled(str(tmp_path), image(1), image(2))
    counted: list[str] = []
    fetch = RegionFile.fetch

    def noted(self: RegionFile, statement: str, values: tuple[str | int, ...] = ()) -> list[object]:
        if "i.facet" in statement:
            counted.append(statement)
        return fetch(self, statement, values)

    monkeypatch.setattr(RegionFile, "fetch", noted)
    with CatalogReader(str(tmp_path)) as reader:
        facet_reader = FacetReader(reader)
        for text in ("", "arch:x86_64", "", "arch:x86_64"):
            facet_reader.facets(view(text))
    assert len(counted) == 2


def test_a_later_search_ends_a_count(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    crawled(str(tmp_path), image(1), image(2))
    fetch = RegionFile.fetch
    with CatalogReader(str(tmp_path)) as reader:

        def overtaken(self: RegionFile, statement: str, values: tuple[str | int, ...] = ()) -> list[object]:
            rows = fetch(self, statement, values)
            if "i.facet" in statement:
                reader.interrupt()
            return rows

        monkeypatch.setattr(RegionFile, "fetch", overtaken)
        facet_reader = FacetReader(reader)
        with pytest.raises(QueryInterrupted):
            facet_reader.facets(view())
        monkeypatch.undo()
        assert facet_reader.facets(view()).images == 2


async def test_facets_are_counted_on_the_searching_thread(tmp_path: object) -> None:
    crawled(str(tmp_path), image(1, state="available"), image(2, state="disabled"))
    search = CatalogSearch(str(tmp_path))
    try:
        found = await search.facets(view())
    finally:
        await search.close()
    assert counts(found, "state") == {"available": 1, "disabled": 1}


def test_filters_are_what_a_query_takes(tmp_path: object) -> None:
    known = "ubuntu/images/hvm-ssd/ubuntu-noble-24.04-arm64-server-20250101"
    crawled(
        str(tmp_path),
        image(1, name=known, owner_id="099720109477", owner_alias="amazon", platform="Linux/UNIX", created=NOW),
        image(2, name='odd "[/x] 名前" base 2025-01-01', owner_id="999988887777", platform="SUSE Linux"),
    )
    with CatalogReader(str(tmp_path)) as reader:
        facet_reader = FacetReader(reader)
        found = facet_reader.facets(view())
        assert filters(found, "os") == ["os:Linux/UNIX", 'os:"SUSE Linux"']
        assert {"owner:canonical", "owner:999988887777"} <= set(filters(found, "owner"))
        for facet in found.facets:
            for value in facet.values:
                assert facet_reader.facets(view(value.filter)).images == value.images, value


def test_a_family_that_no_query_can_name_is_not_offered(tmp_path: object) -> None:
    crawled(str(tmp_path), image(1, name="\u202edlog ␦ base"))
    with CatalogReader(str(tmp_path)) as reader:
        assert filters(FacetReader(reader).facets(view()), "family") == []


@pytest.mark.parametrize("created", [None, -(10**12), 10**12])
def test_a_date_that_is_no_year_of_four_digits_counts_as_none(created: int | None) -> None:
    assert facts_of(image(1, created=created), "").year == 0


def test_a_family_is_known_by_its_text() -> None:
    assert family_code("a") != family_code("A")
    assert 0 <= family_code("ubuntu 24.04 arm64") < 1 << 48


@pytest.mark.parametrize(
    ("text", "term", "changed"),
    [
        ("", "arch:arm64", "arch:arm64"),
        ("ubuntu", "arch:arm64", "ubuntu arch:arm64"),
        ("ubuntu  ", "arch:arm64", "ubuntu arch:arm64"),
        ("arch:arm64 ubuntu", "arch:arm64", "ubuntu"),
        ("a arch:arm64 | b", "arch:x86_64", "a arch:arm64 | b arch:x86_64"),
        ('"a b" os:"SUSE Linux" c', 'os:"SUSE Linux"', '"a b" c'),
        ("a |", "arch:arm64", "a arch:arm64"),
        ("a OR ", "arch:arm64", "a arch:arm64"),
        ('"half a phrase', "arch:arm64", '"half a phrase" arch:arm64'),
        ('"not arch:arm64 here"', "arch:arm64", '"not arch:arm64 here" arch:arm64'),
    ],
)
def test_a_filter_is_added_to_a_query_or_taken_out(text: str, term: str, changed: str) -> None:
    assert with_filter(text, term) == changed
    assert has_filter(text, term) != has_filter(changed, term)


def is_understood(text: str) -> bool:
    try:
        parse_query(text, now=NOW)
    except QuerySyntaxError:
        return False
    return True


PIECES = st.sampled_from(
    ["created:", ">>", "<", ">2026-01", "2019", "30d", "arch:", "arm64", "ARCH:x86_64", "os:", "family:", '"', "|",
     "OR", "-", "(", ":", ",", "*", "ubuntu", " ", " ", "\\", "owner:self", "created:2020", "state:failed", "é"],
)  # fmt: skip
QUERIES = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=30)
VALUES = FacetView(
    7,
    (
        Facet("arch", "Architecture", (*(FacetValue(name, 3, f"arch:{name}") for name in ("arm64", "x86_64")),)),
        Facet("os", "Platform", (FacetValue("SUSE Linux", 2, 'os:"SUSE Linux"'),)),
        *(Facet(name, TITLES[name], ()) for name in ("owner", "root", "state", "family")),
        Facet("created", "Created", (FacetValue("2026", 5, "created:2026"),)),
    ),
)


@settings(max_examples=500)
@given(QUERIES)
def test_what_is_chosen_among_the_facets_is_a_filter_that_the_query_understands(text: str) -> None:
    rows = list(facet_rows(VALUES, text, set()))
    assert all(is_understood(row.term) for row in rows if row.term)
    assert all(row.images is not None and row.term for row in rows if row.is_active)
    assert len({row.term.lower() for row in rows if row.term}) == len([row for row in rows if row.term])


@settings(max_examples=500)
@given(QUERIES, st.sampled_from(("arch:arm64", 'os:"SUSE Linux"', "created:2026")))
@example('"\\', "arch:arm64")
@example('"a b\\\\', "arch:arm64")
def test_choosing_a_value_keeps_a_query_understood_and_choosing_it_again_takes_it_out(
    text: str, term: str
) -> None:
    changed = with_filter(text, term)
    assert has_filter(changed, term) != has_filter(text, term)
    if is_understood(text):
        assert is_understood(changed), changed


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("created:>>", []),
        ("created:", []),
        ('created:"2026', []),
        ("created:>2026-01", [(">2026-01", 7)]),
        ('os:"Red Hat Enterprise Linux"', [("Red Hat Enterprise Linux", 7)]),
        ("arch:ARM64", [("arm64", 3)]),
    ],
)
def test_a_filter_that_is_no_listed_value_is_chosen_as_it_was_typed(
    text: str, chosen: list[tuple[str, int]]
) -> None:
    assert [(row.text, row.images) for row in facet_rows(VALUES, text, set()) if row.is_active] == chosen


def test_a_viewer_s_own_images_count_as_theirs(tmp_path: object) -> None:
    folder = str(tmp_path)
    mine = Shard("aws", VIEWER, "us-east-1", "mine")
    with CatalogIndex.open(f"{folder}/us-east-1.sqlite", "us-east-1") as index:
        index.begin_shard(mine, 1)
        index.add_rows(mine, 1, [image(1, owner_id=VIEWER, owner_alias="")], "chunk")
        index.finish_shard(mine, 1, NOW)
    with CatalogReader(folder) as reader:
        assert counts(FacetReader(reader).facets(view(account=VIEWER)), "owner") == {"self": 1}
        assert FacetReader(reader).facets(view(account="444455556666")).images == 0


@pytest.mark.parametrize(
    "text", ["owner:nobody", "-description:*", "owner:nobody ubuntu", "latest:yes owner:nobody"]
)
def test_a_query_that_nothing_can_answer_counts_nothing(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("amitui.catalog.search.facets.DETAILED", -1)
    mine = Shard("aws", VIEWER, "us-east-1", "mine")
    with CatalogIndex.open(f"{tmp_path}/us-east-1.sqlite", "us-east-1") as index:
        index.begin_shard(mine, 1)
        index.add_rows(mine, 1, [image(1, owner_id=VIEWER, owner_alias="")], "chunk")
        index.finish_shard(mine, 1, NOW)
    with CatalogReader(str(tmp_path)) as reader:
        found = FacetReader(reader).facets(view(text, account=VIEWER))
    assert found.images == 0
    assert not any(facet.values for facet in found.facets)
