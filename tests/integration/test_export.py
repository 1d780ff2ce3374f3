"""What is cached becomes Parquet files, which DuckDB reads back, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amitui.catalog.columnar.rows import RAW_ID, Source, rows_of
from amitui.catalog.sharing import s3 as s3_storage
from amitui.catalog.stored_form import line_of
from amitui.cli import main
from amitui.domain.catalogue.export_columns import COLUMNS, FILE_COLUMNS, Plain
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.errors import CacheError, ReadOnlyError, UsageError
from tests.integration.test_publish_and_pull import BUCKET, s3
from tests.support.parquet import NOW, Cache, Record, paths, read_back
from tests.support.shared_machines import image

__all__ = ["s3"]

ACCOUNT = "111122223333"
AMAZON = Shard("aws", PUBLIC, "eu-west-1", "amazon")
COMMUNITY = AMAZON._replace(owner_scope="community")
MINE = Shard("aws", ACCOUNT, "eu-west-1", "mine")
IMAGES = [image(number) for number in range(2_300)]

ODD_ROOT = {
    "ImageId": "ami-0bbbbbbbbbbbbbb09",
    "Name": "odd-root",
    "OwnerId": ACCOUNT,
    "CreationDate": "2026-05-01T10:00:00.000Z",
    "RootDeviceType": "ebs",
    "RootDeviceName": "/dev/sda1",
    "BlockDeviceMappings": [
        {
            "DeviceName": "/dev/sda",
            "Ebs": {"SnapshotId": "snap-0123456789abcdef0", "VolumeSize": 8, "VolumeType": "gp3"},
        },
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "NoDevice": ""},
        {"DeviceName": "xvdcb"},
        {},
    ],
}
ODD: list[Record] = [
    ODD_ROOT,
    {"ImageId": "ami-00000001", "CreationDate": "", "ImageLocation": "bucket/image.manifest.xml"},
    {"ImageId": "ami-00000002", "Name": "PMM Server [2017-12-05 0124] ", "Description": "…LTS \n \\l - 3.19"},
    {"ImageId": "ami-00000003", "Name": "x'); DROP TABLE loaded; --", "Tags": [{"Key": "a'b\"", "Value": "\x00"}]},
    {"ImageId": "ami-00000004", "Name": "\x1b]0;title\x07", "OwnerId": 99720109477, "DeprecationTime": "soon"},
    {
        "ImageId": "ami-00000005",
        "Name": "n" * 5_000,
        "Tags": [{"Key": f"k{n}", "Value": "v" * 256} for n in range(50)],
    },
    {"ImageId": "ami-00000006\x00", "Name": {"a": 1}, "BlockDeviceMappings": "none", "Tags": {"Key": "x"}},
    {"ImageId": "ami-00000006\x01", "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 10**400, "Iops": -1}}]},
    {
        "ImageId": "ami-00000007",
        "EnaSupport": "TRUE",
        "ProductCodes": [{"ProductCodeId": "p"}],
        "ImageAllowed": False,
    },
]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache.at(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "exported"


def expected(shard: Shard, records: list[Record]) -> list[dict[str, Any]]:
    """The rows of a shard's records as `rows_of` makes them, in the form in which DuckDB gives them."""
    account = None if shard.is_public else shard.visibility
    times = [column.name for column in FILE_COLUMNS if column.type is Plain.TIME]
    found = []
    for row in rows_of(map(line_of, records), Source(shard.region, account, NOW)):
        row.pop(RAW_ID)
        found.append(
            {**row, "region": shard.region, "scope": shard.owner_scope, **{name: row[name] for name in times}}
        )
    return sorted(found, key=lambda row: str(row["record"]))


def exported_rows(folder: Path) -> list[dict[str, Any]]:
    found = read_back(folder)
    for row in found:
        for column in FILE_COLUMNS:
            if column.type is Plain.TIME and row[column.name] is not None:
                row[column.name] = int(row[column.name].timestamp())
    return sorted(found, key=lambda row: str(row["record"]))


async def test_every_field_of_odd_records_is_read_back(cache: Cache, folder: Path) -> None:
    cache.store(AMAZON, ODD, chunk=4)
    done = await cache.export(folder)
    assert (done.rows, done.written) == (len(ODD), 1)
    assert exported_rows(folder) == expected(AMAZON, ODD)
    assert list(read_back(folder)[0]) == [*(column.name for column in FILE_COLUMNS), "region", "scope"]


_TEXTS = st.text(max_size=20)
_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _TEXTS)
_RECORDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"ImageId": st.text(min_size=1, max_size=12).filter(str.strip)},
    optional={
        "Name": _VALUES,
        "OwnerId": _VALUES,
        "CreationDate": st.one_of(_VALUES, st.datetimes().map(lambda at: at.isoformat())),
        "Tags": st.one_of(_VALUES, st.lists(st.fixed_dictionaries({"Key": _TEXTS, "Value": _VALUES}), max_size=3)),
        "BlockDeviceMappings": st.one_of(
            _VALUES,
            st.lists(
                st.fixed_dictionaries(
                    {"DeviceName": _VALUES},
                    optional={"Ebs": st.dictionaries(_TEXTS, _VALUES), "NoDevice": _VALUES},
                ),
                max_size=3,
            ),
        ),
        "Public": _VALUES,
    },
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_RECORDS, max_size=8, unique_by=lambda record: str(record["ImageId"])))
def test_every_field_of_any_records_is_read_back(tmp_path: Path, records: list[Record]) -> None:
    cache, folder = Cache.at(tmp_path / "home"), tmp_path / "exported"
    records = [image(1), *records]
    cache.store(AMAZON, records, chunk=3)
    asyncio.run(cache.export(folder))
    assert exported_rows(folder) == expected(AMAZON, records)


async def test_the_columns_have_the_types_that_are_told(cache: Cache, folder: Path) -> None:
    from amitui.domain.catalogue.export_columns import duckdb_type

    cache.store(AMAZON, IMAGES[:1])
    await cache.export(folder)
    types = read_back(folder, ", ".join(f"typeof({column.name}) AS {column.name}" for column in COLUMNS))[0]
    assert {name: kind.replace('"', "") for name, kind in types.items()} == {
        column.name: duckdb_type(column.type) for column in COLUMNS
    }


async def test_an_image_of_several_public_scopes_is_exported_once(cache: Cache, folder: Path) -> None:
    cache.store(AMAZON, IMAGES[:100])
    cache.store(COMMUNITY, IMAGES[50:300])
    await cache.export(folder)
    counts = read_back(
        folder, "scope, count(*) AS n, count(DISTINCT image_id) AS ids", "GROUP BY ALL ORDER BY ALL"
    )
    assert counts == [{"scope": "amazon", "n": 100, "ids": 100}, {"scope": "community", "n": 200, "ids": 200}]
    # Also when only the second is written, and what the first has is read from the store.
    cache.store(COMMUNITY, IMAGES[40:300])
    done = await cache.export(folder)
    assert (done.rows, done.written, done.kept) == (300, 1, 1)


async def test_of_an_image_stored_twice_the_later_record_counts(cache: Cache, folder: Path) -> None:
    newer = {**IMAGES[0], "Description": "newer"}
    cache.store(AMAZON, [*IMAGES[:3], newer], chunk=2)
    await cache.export(folder)
    found = read_back(folder, "description", "ORDER BY image_id")
    assert [row["description"] for row in found] == ["newer", "Amazon Linux 1", "Amazon Linux 2"]


async def test_shards_of_one_scope_share_a_file_and_the_newest_counts(cache: Cache, folder: Path) -> None:
    cache.store(AMAZON._replace(period="import"), [IMAGES[0], {**IMAGES[1], "State": "old"}], at=NOW - 100)
    cache.store(AMAZON, IMAGES[1:3])
    await cache.export(folder)
    assert paths(folder) == ["region=eu-west-1/scope=amazon/images.parquet"]
    assert [row["state"] for row in read_back(folder, "state", "ORDER BY image_id")] == ["available"] * 3


async def test_private_images_are_exported_when_asked_for_with_their_account(cache: Cache, folder: Path) -> None:
    other = MINE._replace(visibility="444455556666")
    cache.store(AMAZON, IMAGES[:2])
    cache.store(MINE, [image(9, OwnerId=ACCOUNT, Public=False)])
    cache.store(other, [image(10, OwnerId="444455556666", Public=False)])
    await cache.export(folder)
    assert len(read_back(folder)) == 2
    await cache.export(folder, accounts=[ACCOUNT])
    assert paths(folder)[1:] == [f"region=eu-west-1/scope=mine/images-{ACCOUNT}.parquet"]
    (own,) = read_back(folder, "account, trust", "WHERE scope = 'mine'")
    assert own == {"account": ACCOUNT, "trust": "own"}


async def test_only_what_changed_is_written_again_and_what_is_gone_is_deleted(cache: Cache, folder: Path) -> None:
    far = AMAZON._replace(region="us-east-1")
    for shard in (AMAZON, COMMUNITY, far):
        cache.store(shard, [image(hash(shard.key) % 1000 + 5)])
    await cache.export(folder)
    before = {path: (folder / path).stat().st_ino for path in paths(folder)}
    assert (await cache.export(folder)).written == 0
    cache.store(far, IMAGES[:7])
    cache.drop(COMMUNITY)
    done = await cache.export(folder)
    assert (done.rows, done.written, done.kept, done.deleted) == (8, 1, 1, 1)
    near, far_path = (f"region={region}/scope=amazon/images.parquet" for region in ("eu-west-1", "us-east-1"))
    assert paths(folder) == [near, far_path]
    assert not (folder / "region=eu-west-1/scope=community").exists()
    assert (folder / near).stat().st_ino == before[near]


async def test_a_selection_leaves_the_rest_of_the_export_alone(cache: Cache, folder: Path) -> None:
    far = AMAZON._replace(region="us-east-1")
    cache.store(AMAZON, IMAGES[:3])
    cache.store(far, IMAGES[:3])
    await cache.export(folder)
    cache.drop(far)
    cache.store(AMAZON, IMAGES[:5])
    done = await cache.export(folder, regions=["eu-west-1"])
    assert (done.written, done.deleted) == (1, 0)
    assert len(read_back(folder)) == 8


async def test_files_of_others_are_neither_replaced_nor_deleted(cache: Cache, folder: Path) -> None:
    partition = folder / "region=eu-west-1/scope=amazon"
    partition.mkdir(parents=True)
    (folder / "README").write_text("mine")
    (partition / "notes.txt").write_text("mine")
    cache.store(AMAZON, IMAGES[:3])
    cache.store(AMAZON._replace(region="us-east-1"), IMAGES[:3])
    await cache.export(folder)
    cache.drop(AMAZON)
    await cache.export(folder)
    assert paths(folder) == ["region=us-east-1/scope=amazon/images.parquet"]
    assert (folder / "README").read_text() == (partition / "notes.txt").read_text() == "mine"
    # One that stands where amitui's would be.
    (partition / "images.parquet").write_text("mine")
    cache.store(AMAZON, IMAGES[:3])
    with pytest.raises(UsageError, match=r"images\.parquet of .* is not amitui's"):
        await cache.export(folder)
    assert (partition / "images.parquet").read_text() == "mine"


async def test_a_shard_without_a_readable_record_becomes_an_empty_file(cache: Cache, folder: Path) -> None:
    cache.store_lines(AMAZON, [b"nonsense", b"{}"])
    assert (await cache.export(folder)).rows == 0
    assert read_back(folder) == []


async def test_row_groups_follow_the_order_of_families(
    cache: Cache, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amitui.catalog.columnar.file_writer.ROW_GROUP", 500)
    named = [{**one, "Name": f"app-{'xyz'[n % 3]}-{n}" if n % 4 else None} for n, one in enumerate(IMAGES)]
    cache.store(AMAZON, [*named, named[5]], chunk=100)
    assert (await cache.export(folder)).rows == len(IMAGES)
    found = [(row["family"], row["creation_date"], row["image_id"]) for row in read_back(folder)]
    assert found == sorted(found, key=lambda row: (row[0] is None, row[0] or "", *row[1:]))
    assert len(found) == len(IMAGES)


async def test_the_images_of_two_realms_are_not_mixed(cache: Cache, folder: Path) -> None:
    cache.store(AMAZON, IMAGES[:3])
    await cache.export(folder)
    listed = json.loads((folder / "_amitui_export.json").read_text())
    (folder / "_amitui_export.json").write_text(json.dumps({**listed, "realm": "elsewhere"}))
    with pytest.raises(UsageError, match="holds the images of elsewhere"):
        await cache.export(folder)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """This process can write no larger files: what a quota does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


async def test_without_room_the_earlier_export_stays_as_it_was(cache: Cache, folder: Path) -> None:
    cache.store(AMAZON, IMAGES[:10])
    await cache.export(folder)
    cache.store(AMAZON, IMAGES)
    with files_of_at_most(20_000), pytest.raises(CacheError) as caught:
        await cache.export(folder)
    assert caught.value.what == "the disk is full"
    assert len(read_back(folder)) == 10
    assert os.listdir(folder / ".amitui-export") == ["lock"]
    assert (await cache.export(folder)).rows == len(IMAGES)


async def test_a_place_that_is_no_folder_is_refused_in_words(cache: Cache, folder: Path) -> None:
    cache.store(AMAZON, IMAGES[:10])
    folder.write_text("a file")
    with pytest.raises(CacheError, match=str(folder)):
        await cache.export(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_written_is_refused_in_words(cache: Cache, folder: Path) -> None:
    cache.store(AMAZON, IMAGES[:10])
    folder.mkdir(mode=0o500)
    with pytest.raises(CacheError, match="cannot be"):
        await cache.export(folder)


async def test_two_exports_to_one_folder_do_not_meet(cache: Cache, folder: Path) -> None:
    import fcntl

    cache.store(AMAZON, IMAGES[:10])
    await cache.export(folder)
    with (folder / ".amitui-export" / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CacheError, match="another amitui is exporting"):
            await cache.export(folder)


_CHILD = """\
import sys
from amitui.catalog.columnar import file_writer
from amitui.cli import main

write = file_writer.FileWriter.write
written = 0

def waiting(self, *words, **options):
    global written
    done = write(self, *words, **options)
    written += 1
    if str(written) == sys.argv[1]:
        print("written", flush=True)
        sys.stdin.read()
        self._go_on()
    return done

file_writer.FileWriter.write = waiting
sys.exit(main(sys.argv[2:]))
"""


@contextmanager
def export_that_waits(cache: Cache, folder: Path, nth: int) -> Iterator[subprocess.Popen[str]]:
    """An export in a process of its own that waits when it has written its nth file, and has not placed it."""
    where = ["--cache-dir", cache.where.cache, "--parquet", str(folder)]
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(nth), "export", *where],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"HOME": str(folder.parent), "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "written\n", process.stderr and process.stderr.read()
            yield process
        finally:
            process.kill()


async def test_a_killed_export_leaves_whole_files_and_the_next_goes_on(cache: Cache, folder: Path) -> None:
    regions = ("a-west-1", "b-west-1", "c-west-1")
    for region in regions:
        cache.store(AMAZON._replace(region=region), IMAGES[:10])
    await cache.export(folder)
    for region in regions:
        cache.store(AMAZON._replace(region=region), IMAGES[:20])
    with export_that_waits(cache, folder, 2) as process:
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    counts = read_back(folder, "region, count(*) AS n", "GROUP BY ALL ORDER BY ALL")
    assert [row["n"] for row in counts] == [20, 10, 10]
    done = await cache.export(folder)
    assert (done.rows, done.written, done.kept) == (60, 2, 1)
    assert os.listdir(folder / ".amitui-export") == ["lock"]


async def test_an_interrupted_export_ends_with_130_and_tidies_up(cache: Cache, folder: Path) -> None:
    cache.store(AMAZON, IMAGES[:10])
    with export_that_waits(cache, folder, 1) as process:
        process.send_signal(signal.SIGINT)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 130
    assert paths(folder) == []
    assert os.listdir(folder / ".amitui-export") == ["lock"]


async def test_a_bucket_gets_the_same_files(
    cache: Cache, folder: Path, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_storage, "PART_BYTES", 5 << 20)  # the least that S3 takes
    noise = [image(n, Description=os.urandom(2_000).hex()) for n in range(3_000)]
    cache.store(AMAZON, noise)
    cache.store(COMMUNITY, IMAGES[:10])
    done = await cache.export(f"s3://{BUCKET}/lake")
    assert done.written_bytes > 5 << 20
    for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        path = folder / one["Key"].removeprefix("lake/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read())
    assert paths(folder) == [f"region=eu-west-1/scope={scope}/images.parquet" for scope in ("amazon", "community")]
    assert len(read_back(folder)) == done.rows == 3_000
    cache.drop(AMAZON)
    done = await cache.export(f"s3://{BUCKET}/lake")
    assert (done.rows, done.written, done.deleted) == (10, 1, 1)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert keys == ["lake/_amitui_export.json", "lake/region=eu-west-1/scope=community/images.parquet"]
    assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")


async def test_a_bucket_is_not_written_when_read_only_nor_with_the_images_of_the_demo(
    cache: Cache, folder: Path, s3: Any
) -> None:
    cache.store(AMAZON, IMAGES[:3])
    with pytest.raises(ReadOnlyError, match="read-only"):
        await cache.export(f"s3://{BUCKET}/lake", read_only=True)
    with pytest.raises(UsageError, match="demo"):
        await cache.export(f"s3://{BUCKET}/lake", demo=True)
    assert not s3.list_objects_v2(Bucket=BUCKET).get("Contents")
    assert (await cache.export(folder, read_only=True)).rows == 3


async def test_an_interrupted_upload_leaves_the_former_file_and_no_parts(
    cache: Cache, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "lake/region=eu-west-1/scope=amazon/images.parquet"
    cache.store(AMAZON, IMAGES[:10])
    await cache.export(f"s3://{BUCKET}/lake")
    before = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    monkeypatch.setattr(s3_storage, "PART_BYTES", 20_000)
    cache.store(AMAZON, IMAGES)
    sent: list[str] = []
    call = s3_storage.S3Storage._call

    async def interrupted(self: Any, operation: str, action: str, **parameters: Any) -> Any:
        sent.append(operation)
        if operation == "upload_part" and sent.count(operation) == 2:
            exporting.cancel()  # what asyncio makes of Ctrl+C
        return await call(self, operation, action, **parameters)

    monkeypatch.setattr(s3_storage.S3Storage, "_call", interrupted)
    exporting = asyncio.create_task(cache.export(f"s3://{BUCKET}/lake"))
    with pytest.raises(asyncio.CancelledError):
        await exporting
    assert sent[-1] == "abort_multipart_upload"
    assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == before


async def test_progress_goes_from_nothing_to_all_in_steps_of_chunks_and_ranges(
    cache: Cache, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amitui.catalog.columnar.file_writer.ROW_GROUP", 500)
    cache.store(AMAZON, IMAGES, chunk=500)
    cache.store(COMMUNITY, IMAGES[:10])
    reported: list[tuple[int, int]] = []
    await cache.export(folder, report=lambda done, total: reported.append((done, total)))
    total = 2 * (len(IMAGES) + 10)
    assert {there for _, there in reported} == {total}
    done = [one for one, _ in reported]
    assert done == sorted(done)
    assert len(done) == 5 + 5 + 1 + 1  # chunks read and ranges sorted, of each file
    assert 0 < done[0] < total * 0.2
    assert total * 0.98 < done[-1] <= total
    reported.clear()
    await cache.export(folder, report=lambda done, total: reported.append((done, total)))
    assert reported == []


def test_the_command_says_what_it_exported(cache: Cache, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache.store(AMAZON, IMAGES[:3])
    words = ["export", "--cache-dir", cache.where.cache, "--parquet", str(folder)]
    assert main(words) == 0
    assert "exported 3 rows: 1 file written" in capsys.readouterr().err
    assert main([*words, "--scope", "mine"]) == 2
    assert "--include-mine" in capsys.readouterr().err
    assert main([*words, "--region", "us-east-1"]) == 4
    assert "amitui sync" in capsys.readouterr().err
    assert main(words[:3]) == 2


def test_without_duckdb_the_command_says_how_to_install_it(
    cache: Cache, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.store(AMAZON, IMAGES[:3])
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert main(["export", "--cache-dir", cache.where.cache, "--parquet", str(folder)]) == 2
    assert "pip install 'amitui[engines]'" in capsys.readouterr().err
    assert not folder.exists()


async def test_a_chunk_that_is_replaced_meanwhile_is_read_from_its_new_segment(
    cache: Cache, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.store(AMAZON, IMAGES[:30], chunk=10)
    swapped: list[int] = []

    def rows_of_swapped(lines: Any, source: Source) -> Any:
        if not swapped:
            swapped.append(1)
            cache.store(AMAZON, IMAGES[:40], chunk=10)
        return rows_of(lines, source)

    monkeypatch.setattr("amitui.catalog.columnar.file_writer.rows_of", rows_of_swapped)
    await cache.export(folder)
    assert len(read_back(folder)) == 40


async def test_where_only_private_images_are_cached_it_is_said_how_to_export_them(tmp_path: Path) -> None:
    cache = Cache.at(tmp_path)
    cache.store(MINE, IMAGES[:2])
    with pytest.raises(CacheError, match="nothing to export") as refused:
        await cache.export(tmp_path / "out")
    assert refused.value.remedy == "fetch public ones: amitui sync; or add --include-mine"
    with pytest.raises(CacheError, match="nothing to export") as refused:
        await cache.export(tmp_path / "out", regions=["us-east-1"])
    assert refused.value.remedy == "fetch some: amitui sync"
