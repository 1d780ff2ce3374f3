"""The cache keeps to its limit: which Regions make room, what stays, and what a crash in between leaves."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amitui.catalog.engine.copies import copies_in_use, drop_copies
from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.region_use import NOTED_EVERY_S, RegionUse
from amitui.catalog.retention import Opening, Trimmed, folder_bytes, is_removable, region_sizes, trim
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.ingest import ShardWriter
from amitui.catalog.sync.replay import reconcile
from amitui.catalog.sync.service import CatalogService, open_index
from amitui.cli import main
from amitui.domain.catalogue.shard import IMPORTED, PUBLIC, Shard
from amitui.errors import CacheError

if TYPE_CHECKING:
    from amitui.catalog.index.writer import CatalogIndex
    from amitui.domain.image.image import RawRecord
    from amitui.paths import Locations

NOW = 1_790_000_000
ACCOUNT = "111122223333"
HOME, OLD, OLDEST = "us-east-1", "eu-west-1", "ap-south-1"


def record(number: int, owner: str) -> RawRecord:
    return {
        "ImageId": f"ami-{number:017x}",
        "Name": f"image-{number}",
        "Description": os.urandom(300).hex(),  # so that compressing it does not make it small
        "OwnerId": owner,
        "Public": owner != ACCOUNT,
        "State": "available",
        "Architecture": "arm64",
        "CreationDate": f"2025-01-01T00:00:{number % 60:02d}.000Z",
    }


def public(region: str, scope: str = "amazon") -> Shard:
    return Shard("aws", PUBLIC, region, scope)


def mine(region: str) -> Shard:
    return Shard("aws", ACCOUNT, region, "mine")


def fetch(where: Locations, shard: Shard, count: int, *, at: int = NOW) -> None:
    owner = ACCOUNT if not shard.is_public else "137112412989"
    first = sum(map(ord, shard.key)) * 10_000
    with SegmentStore(where.segments_dir) as store, open_index(where, store, shard.region) as index:
        writer = ShardWriter(store, index, shard)
        writer.begin()
        writer.add([record(first + number, owner) for number in range(count)], now=at)
        writer.finish(at)


def use(where: Locations) -> RegionUse:
    return RegionUse(where, lambda: NOW)


def make_room(where: Locations, limit_bytes: int, *, keep: tuple[str, ...] = ()) -> Trimmed:
    with SegmentStore(where.segments_dir) as store:
        return trim(
            where,
            Opening(lambda: store, lambda region: open_index(where, store, region), {}),
            use(where),
            limit_bytes=limit_bytes,
            keep=keep,
        )


def images(where: Locations, region: str) -> dict[str, int]:
    """Images of each shard that the index of a Region has rows for."""
    with CatalogReader(where.index_dir) as reader:
        return {status.shard.owner_scope: status.record_count for status in reader.shards((region,))}


@pytest.fixture
def filled(where: Locations) -> Locations:
    """Three Regions; one holds own images too, and was used the longest ago."""
    for region, at in ((OLDEST, NOW - 300), (OLD, NOW - 200), (HOME, NOW - 100)):
        fetch(where, public(region), 400, at=at)
    fetch(where, mine(OLDEST), 3, at=NOW - 300)
    return where


def test_regions_used_the_longest_ago_go_first_and_no_more_of_them_than_needed(filled: Locations) -> None:
    before = folder_bytes(filled.realm)
    done = make_room(filled, before - 1)
    assert [dropped.region for dropped in done.dropped] == [OLDEST]
    assert images(filled, OLD) == {"amazon": 400}
    # SQLite's own files beside an index that is closed go as well.
    assert folder_bytes(filled.realm) <= done.total_bytes <= before - 1
    # The room of rows and records is given back, not only marked as free.
    assert done.dropped[0].freed_bytes > before // 4


def test_the_log_of_an_index_that_is_open_costs_no_region_its_images(filled: Locations) -> None:
    with SegmentStore(filled.segments_dir) as store, open_index(filled, store, HOME) as index:
        writer = ShardWriter(store, index, public(HOME))
        writer.begin()
        first = sum(map(ord, public(HOME).key)) * 10_000
        writer.add([record(first + number, "137112412989") for number in range(400)], now=NOW)
        writer.finish(NOW)
        log = os.path.getsize(f"{index.path}-wal")
        done = trim(
            filled,
            Opening(lambda: store, lambda _: index, {HOME: index}),
            use(filled),
            limit_bytes=folder_bytes(filled.realm) - log // 2,
            keep=(),
        )
    assert done.dropped == ()


def test_a_use_that_was_noted_counts_for_more_than_a_fetch(filled: Locations) -> None:
    use(filled).note([OLDEST])
    os.utime(os.path.join(filled.use_dir, OLDEST), (NOW, NOW))
    done = make_room(filled, folder_bytes(filled.realm) - 1)
    assert [dropped.region for dropped in done.dropped] == [OLD]


def test_own_images_stay_and_are_found_afterwards(filled: Locations) -> None:
    done = make_room(filled, 1)
    assert {dropped.region for dropped in done.dropped} == {HOME, OLD, OLDEST}
    assert images(filled, OLDEST) == {"mine": 3}
    assert images(filled, HOME) == {}
    with SegmentStore(filled.segments_dir) as store:
        assert store.shards() == [mine(OLDEST)]
        assert store.shards_with_chunks() == [mine(OLDEST)]
        with open_index(filled, store, OLDEST) as index:
            (place,) = index.locate(f"ami-{sum(map(ord, mine(OLDEST).key)) * 10_000:017x}")
        assert store.record(place.chunk_id, place.line)["OwnerId"] == ACCOUNT


def test_the_region_in_view_stays_whatever_the_limit(filled: Locations) -> None:
    done = make_room(filled, 1, keep=(OLDEST,))
    assert images(filled, OLDEST) == {"amazon": 400, "mine": 3}
    assert done.total_bytes > 1


def test_what_was_imported_stays_as_no_fetch_would_bring_it_back() -> None:
    assert not is_removable(Shard("aws", PUBLIC, HOME, "community", IMPORTED))
    assert not is_removable(mine(HOME))
    assert is_removable(public(HOME))


def test_a_region_that_is_being_fetched_stays_whole(filled: Locations) -> None:
    with shard_lock(filled.locks_dir, mine(OLDEST)):
        done = make_room(filled, folder_bytes(filled.realm) - 1)
    assert done.busy == (OLDEST,)
    assert [dropped.region for dropped in done.dropped] == [OLD]
    assert images(filled, OLDEST) == {"amazon": 400, "mine": 3}


def test_two_processes_that_make_room_at_once_do_not_disturb_each_other(filled: Locations) -> None:
    with SegmentStore(filled.segments_dir) as store:
        inner: list[Trimmed] = []

        def in_the_midst(region: str) -> CatalogIndex:
            # The locks of the first run are held: the second one passes this Region over.
            inner.append(make_room(filled, folder_bytes(filled.realm) - 1, keep=(HOME, OLD)))
            return open_index(filled, store, region)

        done = trim(
            filled,
            Opening(lambda: store, in_the_midst, {}),
            use(filled),
            limit_bytes=folder_bytes(filled.realm) - 1,
            keep=(),
        )
    assert inner[0].dropped == ()
    assert inner[0].busy == (OLDEST,)
    assert [dropped.region for dropped in done.dropped] == [OLDEST]


@pytest.mark.parametrize("region", [HOME, OLDEST], ids=["nothing-stays", "own-images-stay"])
def test_a_crash_between_rows_and_segments_costs_nothing(
    filled: Locations, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = images(filled, region)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    others = tuple({HOME, OLD, OLDEST} - {region})
    with monkeypatch.context() as patch:
        patch.setattr(SegmentStore, "drop", dies)
        with pytest.raises(KeyboardInterrupt):
            make_room(filled, 1, keep=others)
    with SegmentStore(filled.segments_dir) as store, open_index(filled, store, region) as index:
        reconcile(store, index, region, locks_dir=filled.locks_dir)
    assert images(filled, region) == before
    assert [dropped.region for dropped in make_room(filled, 1, keep=others).dropped] == [region]


def test_a_cache_that_cannot_be_written_is_an_error_in_words(
    filled: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("amitui.catalog.locks.os.open", refused)
    with pytest.raises(CacheError) as caught:
        make_room(filled, 1)
    assert not isinstance(caught.value, ShardBusy)
    monkeypatch.undo()
    assert images(filled, HOME) == {"amazon": 400}


def test_sizes_name_what_each_region_takes(filled: Locations) -> None:
    with SegmentStore(filled.segments_dir) as store, CatalogReader(filled.index_dir) as reader:
        sizes = region_sizes(filled, store, reader.shards(reader.cached_regions()), use(filled))
    assert [size.region for size in sizes] == [OLDEST, OLD, HOME]
    by_region = {size.region: size for size in sizes}
    assert by_region[OLDEST].segment_bytes > by_region[OLDEST].removable_bytes > 0
    assert by_region[HOME].segment_bytes == by_region[HOME].removable_bytes
    assert sum(size.total_bytes for size in sizes) <= folder_bytes(filled.realm)


async def test_a_writer_that_has_the_file_open_gives_its_room_back(filled: Locations) -> None:
    service = CatalogService(filled, now=lambda: NOW)
    try:
        await service.mend([HOME])
        assert HOME in service._indexes
        done = await service.trim(limit_bytes=1, keep=(OLD, OLDEST))
        assert [dropped.region for dropped in done.dropped] == [HOME]
        assert HOME not in service._indexes
        assert (await service.trim(limit_bytes=10**12, keep=())).dropped == ()
    finally:
        await service.close()


# When Regions were used


def test_uses_are_noted_now_and_then_and_not_with_every_letter(where: Locations) -> None:
    clock = [NOW]
    noted = RegionUse(where, lambda: clock[0])
    noted.note([HOME])
    assert noted.last_used(HOME) == 0, "it is not cached"
    assert not os.path.exists(where.cache)
    for region in (HOME, OLD):
        fetch(where, public(region), 1)
    noted.note([HOME])
    clock[0] += NOTED_EVERY_S - 1
    noted.note([HOME])
    assert noted.last_used(HOME) == NOW
    clock[0] += 1
    noted.note([HOME, OLD])
    assert noted.last_used(OLD) == noted.last_used(HOME) == NOW + NOTED_EVERY_S
    # Another process reads what this one noted, and only its user can.
    assert RegionUse(where, lambda: 0).last_used(HOME) == NOW + NOTED_EVERY_S
    assert stat.S_IMODE(os.stat(os.path.join(where.use_dir, HOME)).st_mode) == 0o600
    noted.forget(HOME)
    assert noted.last_used(HOME) == 0


def test_a_use_that_cannot_be_noted_is_no_error(where: Locations) -> None:
    fetch(where, public(HOME), 1)
    with open(where.use_dir, "w") as file:
        file.write("no folder")
    use(where).note([HOME])
    assert use(where).last_used(HOME) == 0


def test_a_search_on_the_command_line_notes_the_regions_that_it_names(filled: Locations) -> None:
    run(filled, "find", "--offline", "--region", OLDEST, "image")
    assert use(filled).last_used(OLDEST) > NOW - 300
    assert use(filled).last_used(OLD) == 0


# The command line


def run(where: Locations, *words: str, expected: int = 0) -> None:
    assert main([*words, "--cache-dir", where.cache]) == expected


def test_cache_show_and_info_say_what_regions_take_and_the_limit(
    filled: Locations, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(filled, "cache", "show", "-o", "json")
    shown = json.loads(capsys.readouterr().out)
    assert [region["region"] for region in shown["regions"]] == [HOME, OLD, OLDEST]
    assert shown["limit_bytes"] == 2_048_000_000
    assert shown["bytes"] >= sum(region["bytes"] for region in shown["regions"]) > 0
    monkeypatch.setenv("AMITUI_CACHE_LIMIT_MB", "0")
    run(filled, "info", "-o", "json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["cache_limit_bytes"] is None
    assert {region["region"] for region in facts["regions"]} == {HOME, OLD, OLDEST}
    run(filled, "cache", "show")
    assert "no limit" in capsys.readouterr().out
    run(filled, "cache", "trim", expected=2)
    run(filled, "info")
    assert "on disk" in capsys.readouterr().out


def test_the_copies_of_amitui_sql_are_counted_and_make_room_before_any_region_unless_they_are_in_use(
    filled: Locations, capsys: pytest.CaptureFixture[str]
) -> None:
    run(filled, "sql", "--offline", "SELECT count(*) FROM images")
    copy = Path(filled.engine_dir) / "cache" / "made-larger"
    copy.write_bytes(bytes(5_000_000))
    capsys.readouterr()
    run(filled, "cache", "show", "-o", "json")
    shown = json.loads(capsys.readouterr().out)
    assert shown["engine_bytes"] > 5_000_000
    assert shown["bytes"] >= shown["engine_bytes"] + sum(region["bytes"] for region in shown["regions"])
    run(filled, "cache", "show")
    assert "amitui sql" in capsys.readouterr().out
    limit = f"{(shown['bytes'] - 4_000_000) / 1e6:.3f}"
    with copies_in_use(filled.engine_dir):
        run(filled, "cache", "trim", "--to", "999999")
        assert copy.exists()
        assert not drop_copies(filled.engine_dir)
    run(filled, "cache", "trim", "--to", limit)
    assert "removed the copies for amitui sql (5." in " ".join(capsys.readouterr().err.split())
    run(filled, "cache", "show", "-o", "json")
    after = json.loads(capsys.readouterr().out)
    assert after["engine_bytes"] == 0
    assert after["regions"] == shown["regions"]
    run(filled, "sql", "--offline", "SELECT count(*) FROM images")  # made again


def test_cache_trim_removes_what_is_above_a_limit_and_says_so(
    filled: Locations, capsys: pytest.CaptureFixture[str]
) -> None:
    run(filled, "cache", "trim")
    assert "within its limit of 2,048 MB" in capsys.readouterr().err
    assert images(filled, HOME) == {"amazon": 400}
    run(filled, "cache", "trim", "--to", "0")
    said = capsys.readouterr().err
    assert f"removed the public images of {OLDEST}, {OLD}, {HOME}" in said
    assert "more than its limit of 0 MB: what is left is in view, your own or was imported" in said
    assert images(filled, OLDEST) == {"mine": 3}


def test_an_import_makes_room_for_itself_and_keeps_what_it_brought(
    filled: Locations, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AMITUI_CACHE_LIMIT_MB", "0.001")
    file = tmp_path / "images.json"
    file.write_text(json.dumps({"Images": [record(1, "137112412989")]}))
    run(filled, "import", str(file), "--region", HOME)
    assert f"removed the public images of {OLDEST}, {OLD} from the cache" in capsys.readouterr().err
    assert images(filled, HOME)["amazon"] == 400
