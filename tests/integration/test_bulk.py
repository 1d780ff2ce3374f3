"""An import into an empty Region fills the index in one go, in a file beside it."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from amitui.catalog.index import row_buffer
from amitui.catalog.index.bulk import BESIDE, fill_at_once
from amitui.catalog.index.rows import RowWriter
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.sqlite_file import identity_of
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.imports import Importer
from amitui.catalog.sync.replay import reconcile
from amitui.catalog.sync.service import index_path, open_index
from amitui.domain.image.image import RawRecord
from amitui.paths import Locations, locate
from tests.integration.test_catalogue import names, record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REGION = "eu-west-1"
CANONICAL = "099720109477"
FILL_AT_ONCE = "amitui.catalog.sync.imports.fill_at_once"


def a_region() -> list[RawRecord]:
    """Of several scopes; some in two of them, some undated, many of one second."""
    images: list[RawRecord] = [record(number, Tags=[{"Key": "n", "Value": str(number)}]) for number in range(40)]
    images += [record(100 + n, OwnerId=CANONICAL, Name=f"ubuntu {n}") for n in range(10)]
    images += [record(200 + n, OwnerId=f"{n:012d}", ImageOwnerAlias="", CreationDate="") for n in range(10)]
    images += [record(300 + n, OwnerId="1" * 12, CreationDate="2025-01-01T00:00:05.000Z") for n in range(40)]
    images += [record(7, Name="the seventh again"), record(400, Public=False)]
    random.Random(1).shuffle(images[:-2])
    return images


def import_images(where: Locations, images: Sequence[RawRecord]) -> None:
    with SegmentStore(where.segments_dir) as store, open_index(where, store, REGION) as index:
        with Importer(store, lambda _: index, locks_dir=where.locks_dir, region=REGION, scope=None) as importer:
            for one in images:
                importer.add(one, now=1)
            importer.finish(1)
        assert reconcile(store, index, REGION, locks_dir=where.locks_dir) == []
        for one in images:
            places = index.locate(one["ImageId"])
            assert places
            for place in places:
                assert store.record(place.chunk_id, place.line)["ImageId"] == one["ImageId"]


def content(where: Locations) -> list[Any]:
    """All that an index says, without the codes by which it says so."""
    with closing(sqlite3.connect(index_path(where, REGION))) as connection:
        ask = connection.execute
        assert ask("PRAGMA integrity_check").fetchone() == ("ok",)
        return [
            ask("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall(),
            ask(
                "SELECT t.image_id, t.name, n.description, n.state_reason, o.account, i.created, i.flags,"
                " i.family, i.audience, k.words, k.tier, a.text, f.year, f.family,"
                " (SELECT group_concat(value) FROM tag g WHERE g.id = i.id)"
                " FROM image i JOIN image_text t ON t.id = i.id LEFT JOIN note n ON n.id = i.id"
                " JOIN owner o ON o.code = i.owner JOIN kind k ON k.code = i.kind JOIN term a ON a.code = i.arch"
                " JOIN facet f ON f.code = unicode(i.facet) - 65536 ORDER BY t.image_id, i.audience"
            ).fetchall(),
            ask(
                "SELECT s.key, t.image_id FROM membership m JOIN shard s ON s.slot = m.slot"
                " JOIN image_text t ON t.id = m.id ORDER BY s.key, t.image_id"
            ).fetchall(),
            ask(
                "SELECT s.key, t.image_id FROM shard s JOIN image i ON i.slots >> (s.slot % 64) & 1"
                " JOIN image_text t ON t.id = i.id ORDER BY s.key, t.image_id"
            ).fetchall(),
            ask("SELECT key, record_count, complete FROM shard ORDER BY key").fetchall(),
        ]


@pytest.mark.parametrize("portion", [3, 1000])
def test_filling_in_one_go_makes_the_index_that_writing_row_after_row_makes(
    where: Locations, tmp_path: Path, portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_buffer, "AT_ONCE", portion)
    monkeypatch.setattr(row_buffer, "IN_MEMORY", portion * 3)
    before: list[object] = []

    def watched(*arguments: Any) -> bool:
        before.append(identity_of(index_path(where, REGION)))
        return fill_at_once(*arguments)

    monkeypatch.setattr(FILL_AT_ONCE, watched)
    with CatalogReader(where.index_dir) as reader:
        import_images(where, a_region())
        assert identity_of(index_path(where, REGION)) not in (None, *before), "a new file stands there"
        assert len(reader.find_image(record(7)["ImageId"], ())) == 1
    other = locate({}, cache_dir=str(tmp_path / "row after row"))
    monkeypatch.setattr(FILL_AT_ONCE, lambda *_: False)
    import_images(other, a_region())
    assert content(where) == content(other)
    for query in ("", "ubuntu", "seventh", "created:>2024", "owner:canonical sort:name"):
        assert names(where, query) == names(other, query)
    assert not os.path.exists(index_path(where, REGION) + BESIDE)


def test_an_image_that_comes_with_two_creation_times_has_one_row(
    where: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_buffer, "IN_MEMORY", 5)
    again = record(3, CreationDate="2019-01-01T00:00:00.000Z", OwnerId=CANONICAL, ImageOwnerAlias="")
    import_images(where, [*(record(number) for number in range(20)), again])
    assert len(names(where)) == 20
    assert os.listdir(where.index_dir).count(f"{REGION}.sqlite{BESIDE}") == 0


def test_an_index_that_holds_something_is_added_to(where: Locations) -> None:
    import_images(where, [record(number) for number in range(5)])
    first = identity_of(index_path(where, REGION))
    import_images(where, [record(number) for number in range(3, 9)])
    assert identity_of(index_path(where, REGION)) == first
    assert len(names(where)) == 9


def test_one_that_is_cut_off_leaves_nothing_and_is_made_good(
    where: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    genuine, left = RowWriter.write, 2

    def dying(self: RowWriter, *arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return genuine(self, *arguments)

    with monkeypatch.context() as killed:
        killed.setattr(RowWriter, "write", dying)
        with pytest.raises(Killed):
            import_images(where, a_region())
    assert names(where) == []
    # As by SIGKILL, which leaves the file.
    with open(index_path(where, REGION) + BESIDE, "wb") as file:
        file.write(b"half a database" * 1000)
    import_images(where, a_region())
    assert len(names(where)) == 101
    assert not os.path.exists(index_path(where, REGION) + BESIDE)
