"""The best rows of several Regions: the same as of the whole order, and no more is read for them than is shown."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.search.region_file import RegionFile
from amitui.catalog.search.view import CatalogReader
from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.parser import parse_query
from tests.unit.test_index import image

NOW = 1_790_000_000
DAY = 86_400
REGIONS = ("ap-south-1", "eu-west-1", "us-east-1")
CANONICAL, STRANGER = "099720109477", "555566667777"
KNOWN = tuple(
    f"ubuntu/images/hvm-ssd/ubuntu-{code}-{release}-{arch}-server-2025{month:02d}01"
    for code, release in (("jammy", "22.04"), ("noble", "24.04"))
    for arch in ("amd64", "arm64")
    for month in (1, 2)
)
NAMES = (*KNOWN, "my ubuntu 24.04 base", "ubuntu-golden-1", "debian-12-amd64-20250101-1", "web server")
QUERIES = (
    "ubuntu",
    "ubuntu 24.04",
    "ubuntu arm64",
    "golden",
    "debian 12",
    "server",
    "u",
    "latest:yes ubuntu",
    "zzz",
)


def view(text: str) -> ViewRequest:
    return ViewRequest(parse_query(text, now=NOW), REGIONS, (ALL,), (), False, NOW)


@contextmanager
def reader_of(catalogue: list[tuple[str, str, str]]) -> Iterator[CatalogReader]:
    """A reader of images given as (Region, name, owner), the newest last."""
    with tempfile.TemporaryDirectory() as folder:
        for region in REGIONS:
            shard = Shard("aws", PUBLIC, region, "community")
            with CatalogIndex.open(f"{folder}/{region}.sqlite", region) as index:
                index.begin_shard(shard, 1)
                images = [
                    image(
                        number, name=name, owner_id=owner, owner_alias="", created=NOW - 900 * DAY + number * DAY
                    )
                    for number, (where, name, owner) in enumerate(catalogue)
                    if where == region
                ]
                index.add_rows(shard, 1, images, "chunk")
                index.finish_shard(shard, 1, NOW)
        with CatalogReader(folder) as reader:
            yield reader


catalogues = st.lists(
    st.tuples(st.sampled_from(REGIONS), st.sampled_from(NAMES), st.sampled_from((CANONICAL, STRANGER))),
    max_size=24,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogues, st.integers(1, 8))
def test_the_first_rows_and_families_are_those_of_the_whole_order(
    catalogue: list[tuple[str, str, str]], limit: int
) -> None:
    with reader_of(catalogue) as reader:
        for text in QUERIES:
            request = view(text)
            assert reader.first(request, limit)[0] == list(reader.keys(request).keys)[:limit], text
            found, families = reader.first_families(request, limit), list(reader.families(request).keys)
            assert found == [key for key in families if key in found], text
            assert found[:1] == families[:1], text
            assert len(found) <= limit
            # Each Region's rows stand as they do in a view of that Region alone.
            together = list(reader.keys(request).keys)
            for region in REGIONS:
                alone = list(reader.keys(request._replace(regions=(region,))).keys)
                assert alone == [key for key in together if key in alone], text
            assert len(together) == len(set(together))


def test_no_texts_are_read_for_a_page_that_understood_names_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = [(region, name, CANONICAL) for region in REGIONS for name in KNOWN]
    catalogue += [(region, "my ubuntu 24.04 base", STRANGER) for region in REGIONS]
    statements: list[str] = []
    execute = RegionFile.execute

    def noted(self: RegionFile, statement: str, values: tuple[str | int, ...] = ()) -> object:
        statements.append(statement)
        return execute(self, statement, values)

    with reader_of(catalogue) as reader:
        reader.first(view("ubuntu"), 3)
        monkeypatch.setattr(RegionFile, "execute", noted)
        assert len(reader.first(view("ubuntu 24.04"), 3)[0]) == 3
        assert statements
        assert not [one for one in statements if " LIKE " in one or " MATCH " in one]
        reader.first(view("ubuntu 24.04"), 50)
        assert [one for one in statements if " LIKE " in one or " MATCH " in one]
