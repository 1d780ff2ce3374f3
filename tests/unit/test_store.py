"""The segment store: what goes in comes out, nothing is unpickled, a crash or a full disk loses nothing."""

from __future__ import annotations

import errno
import json
import os
import pickle
import secrets
import sqlite3
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from amitui.catalog.locks import shard_lock
from amitui.catalog.plain_disk import PlainDisk
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import amended_lines, line_of
from amitui.catalog.sweep import sweep
from amitui.domain.catalogue.shard import PUBLIC, Segment, Shard
from amitui.domain.image.image import RawRecord
from amitui.errors import CacheError

SHARD = Shard("aws", PUBLIC, "eu-west-1", "amazon")
OTHER = Shard("aws", "111122223333", "eu-west-1", "mine")


def record(number: int, **more: Any) -> RawRecord:
    return {"ImageId": f"ami-{number:017x}", "Name": f"image {number}", **more}


def segment(chunk_ids: tuple[str, ...], generation: int = 1, **more: Any) -> Segment:
    values = {"record_count": 2, "fetched_at": 1_700_000_000, "complete": True, **more}
    return Segment(SHARD, generation, chunk_ids, **values)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "segments")


def test_records_come_back_as_they_went_in_whatever_they_hold(folder: str) -> None:
    hostile = record(1, Description="a\nb\x1b]0;x\x07\u202e\ud800", Tags=[{"Key": "ключ", "Value": "\x00"}])
    with SegmentStore(folder) as store:
        chunk_id, stored = store.put_chunk(SHARD, [hostile, record(2)])
        assert stored > 0
        assert store.record(chunk_id, 0) == hostile
        assert store.records(chunk_id) == [hostile, record(2)]
    with SegmentStore(folder) as reopened:
        assert reopened.record(chunk_id, 1) == record(2)


def test_a_line_beyond_the_chunk_is_an_error_with_a_remedy(folder: str) -> None:
    with SegmentStore(folder) as store:
        chunk_id, _ = store.put_chunk(SHARD, [record(1)])
        with pytest.raises(CacheError, match="gone or damaged") as caught:
            store.record(chunk_id, 5)
        assert "F5" in caught.value.remedy


def test_committing_a_segment_replaces_the_one_before_and_its_chunks(folder: str) -> None:
    with SegmentStore(folder) as store:
        old, _ = store.put_chunk(SHARD, [record(1)])
        store.commit(segment((old,)))
        new, _ = store.put_chunk(SHARD, [record(2)])
        store.save_partial(segment((new,), 2, complete=False, next_token="t"))
        store.commit(segment((new,), 2))
        found = store.segment(SHARD)
        assert found is not None
        assert (found.generation, found.chunk_ids, found.complete) == (2, (new,), True)
        assert store.partial(SHARD) is None
        with pytest.raises(CacheError):
            store.records(old)


def test_an_interrupted_crawl_is_found_again_with_its_token(folder: str) -> None:
    with SegmentStore(folder) as store:
        chunk_id, _ = store.put_chunk(SHARD, [record(1)])
        store.save_partial(segment((chunk_id,), complete=False, next_token="page-2"))
    with SegmentStore(folder) as store:
        partial = store.partial(SHARD)
        assert partial is not None
        assert partial.next_token == "page-2"
        store.discard_partial(SHARD)
        assert store.partial(SHARD) is None
        assert store.sweep(SHARD) == 1


def test_dropping_one_shard_leaves_the_others(folder: str) -> None:
    with SegmentStore(folder) as store:
        mine, _ = store.put_chunk(OTHER, [record(1)])
        store.commit(Segment(OTHER, 1, (mine,), 1, 1, complete=True))
        public, _ = store.put_chunk(SHARD, [record(2)])
        store.commit(segment((public,)))
        store.drop(SHARD)
        assert store.shards() == [OTHER]
        assert store.records(mine) == [record(1)]


def test_chunks_that_a_crash_left_behind_are_swept(folder: str) -> None:
    with SegmentStore(folder) as store:
        kept, _ = store.put_chunk(SHARD, [record(1)])
        store.commit(segment((kept,)))
        store.put_chunk(SHARD, [record(2)])
        assert store.shards_with_chunks() == [SHARD]
        assert store.sweep(SHARD) == 1
        assert store.sweep(SHARD) == 0
        assert store.records(kept) == [record(1)]


class Bomb:
    """Unpickling this creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_a_planted_pickle_is_refused_and_never_run(folder: str, tmp_path: Path) -> None:
    fuse = tmp_path / "exploded"
    with SegmentStore(folder) as store:
        chunk_id, _ = store.put_chunk(SHARD, [record(1)])
    connection = sqlite3.connect(os.path.join(folder, "cache.db"))
    with connection:
        connection.execute(
            "UPDATE Cache SET mode = 4, filename = NULL, value = ? WHERE key = ?",
            (pickle.dumps(Bomb(fuse)), chunk_id),
        )
    connection.close()
    with SegmentStore(folder) as store, pytest.raises(CacheError, match="did not write"):
        store.records(chunk_id)
    assert not fuse.exists()


@pytest.mark.parametrize("value", [None, ["list"], {"a": 1}, 2**80, True])
def test_the_disk_refuses_to_pickle_values(folder: str, value: object) -> None:
    os.makedirs(folder)
    with pytest.raises(TypeError):
        PlainDisk(folder).store(value, False)


def test_the_disk_refuses_to_pickle_keys(folder: str) -> None:
    os.makedirs(folder)
    disk = PlainDisk(folder)
    with pytest.raises(TypeError):
        disk.put(("a", "tuple"))
    with pytest.raises(CacheError):
        disk.get(b"pickled", raw=False)


def test_a_planted_file_name_does_not_lead_out_of_the_folder(folder: str) -> None:
    os.makedirs(folder)
    with pytest.raises(CacheError):
        PlainDisk(folder).fetch(2, "../../etc/passwd", None, False)


def test_the_folder_is_its_users_alone(folder: str) -> None:
    os.makedirs(folder, mode=0o755)
    with SegmentStore(folder):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_a_folder_behind_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "segments").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CacheError, match="symbolic link"):
        SegmentStore(str(tmp_path / "segments"))


def test_a_full_disk_says_so_and_leaves_the_old_segment(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with SegmentStore(folder) as store:
        chunk_id, _ = store.put_chunk(SHARD, [record(1)])
        store.commit(segment((chunk_id,)))
        monkeypatch.setattr(PlainDisk, "_write", full)
        big = record(2, Description=os.urandom(20_000).hex())
        with pytest.raises(CacheError) as caught:
            store.put_chunk(SHARD, [big])
        assert caught.value.what == "the disk is full"
        assert store.records(chunk_id) == [record(1)]
        found = store.segment(SHARD)
        assert found is not None
        assert found.generation == 1


def test_a_damaged_chunk_is_an_error_not_a_crash(folder: str) -> None:
    with SegmentStore(folder) as store:
        chunk_id, _ = store.put_chunk(SHARD, [record(n, Text=os.urandom(40).hex()) for n in range(1000)])
    for path in Path(folder).rglob("*.val"):
        path.write_bytes(path.read_bytes()[:100])
    with SegmentStore(folder) as store, pytest.raises(CacheError, match="gone or damaged"):
        store.records(chunk_id)


def test_sweeping_takes_chunks_and_files_that_nothing_names_and_spares_what_is_being_written(
    folder: str, tmp_path: Path
) -> None:
    locks = str(tmp_path / "locks")
    large = {"Description": secrets.token_hex(20_000)}
    with SegmentStore(folder) as store:
        kept, _ = store.put_chunk(SHARD, [record(1, **large)])
        store.commit(segment((kept,)))
        store.put_chunk(SHARD, [record(2, **large)])
        store.put_chunk(OTHER, [record(3, **large)])
        files = set(Path(folder).rglob("*.val"))
        assert len(files) == 3
        died = next(iter(files)).with_name("0123456789abcdef.val")
        died.write_bytes(b"written before its process died")
        os.utime(died, (1000, 1000))
        young = died.with_name("fedcba9876543210.val")
        young.write_bytes(b"another process is about to store this")
        with shard_lock(locks, OTHER):
            assert sweep(store, locks_dir=locks, now=time.time()) == 2
        assert not died.exists()
        assert young.exists()
        assert store.shards_with_chunks() == sorted((SHARD, OTHER))
        assert sweep(store, locks_dir=locks, now=time.time()) == 1
        assert store.records(kept) == [record(1, **large)]
        assert len(set(Path(folder).rglob("*.val")) - {young}) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"shard": 1}', '{"shard": {}, "chunk_ids": 3}', "null", 7])
def test_a_note_that_makes_no_sense_counts_as_nothing_stored(folder: str, text: str | int) -> None:
    with SegmentStore(folder) as store:
        chunk_id, _ = store.put_chunk(SHARD, [record(1)])
        store.commit(segment((chunk_id,)))
        store._file.cache.set(f"segment/{SHARD.key}", text)
        assert store.segment(SHARD) is None
        assert store.shards() == [SHARD]


def test_a_note_of_a_newer_amitui_is_read_as_far_as_it_is_known(folder: str) -> None:
    with SegmentStore(folder) as store:
        store.commit(segment(()))
        note = json.loads(store._file.cache.get(f"segment/{SHARD.key}"))
        store._file.cache.set(f"segment/{SHARD.key}", json.dumps({**note, "of_tomorrow": 1}))
        assert store.segment(SHARD) == segment(())


@pytest.mark.parametrize(
    "image_id", ["ami-1", 'ami-"1', "ami-\\", "ami-\n", "ami-ü", "ami-\u2028", "", "ami-\x7f"]
)
def test_a_record_is_amended_whatever_its_id_and_wherever_else_the_id_stands(image_id: str) -> None:
    others: list[RawRecord] = [
        {"ImageId": "ami-2", "SourceImageId": image_id, "Name": f'"ImageId":"{image_id}"'},
        {"ImageId": f"{image_id}0"},
        {"Tags": [{"ImageId": image_id}], "ImageId": "ami-3"},
    ]
    before = [*map(line_of, others), line_of({"ImageId": image_id, "Name": "old"})]
    lines, found, gone = amended_lines(before, {image_id: {"ImageId": image_id, "Name": "new"}, "ami-9": None})
    assert (found, gone) == ({image_id: 3}, [])
    assert lines == [*before[:3], line_of({"ImageId": image_id, "Name": "new"})]
    lines, found, gone = amended_lines(before, {image_id: None})
    assert (lines, found, gone) == ([*before[:3], b"{}"], {}, [image_id])
