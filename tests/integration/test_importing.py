"""`amitui import`: files and standard input in every form, what is said of the rest, and how it ends early."""

from __future__ import annotations

import gzip
import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from amitui.catalog.dump.limits import Limits
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.locks import shard_lock
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.store import SegmentStore
from amitui.cli import main
from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.parser import parse_query
from amitui.paths import Locations
from tests.support.isolation import isolated_environment, move_home

NOW = 1_800_000_000
WHEN = "2026-05-01T10:00:00.000Z"


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    move_home(monkeypatch, tmp_path)


def image(number: int, **more: Any) -> dict[str, Any]:
    return {
        "ImageId": f"ami-0bbbbbbbbbbbbbb{number:02d}",
        "Name": f"fmt-{number}",
        "OwnerId": "111122223333",
        "CreationDate": WHEN,
        "State": "available",
        "Public": True,
        **more,
    }


ONE, TWO, THREE, FOUR = (image(number) for number in (1, 2, 3, 4))
MARKED = image(1, Description="café ✓ 日本")


def answer(*images: dict[str, Any]) -> str:
    return json.dumps({"Images": images}, indent=4)


def run(where: Locations, *words: str) -> int:
    return main(["import", *words, "--cache-dir", where.cache])


def cached(where: Locations, *regions: str) -> dict[str, str]:
    """Name to region of every image in the cache, while nobody is signed in."""
    found: dict[str, str] = {}
    with CatalogReader(where.index_dir) as reader:
        for region in regions or ("us-east-1",):
            request = ViewRequest(parse_query("", now=NOW), (region,), (ALL,), (), True, NOW)
            rows = reader.rows(reader.keys(request).keys, ())
            found |= {row.name: region for row in rows if row is not None}
    return found


FORMS = {
    "plain": answer(MARKED, TWO).encode(),
    "with a mark": answer(MARKED, TWO).encode("utf-8-sig"),
    "UTF-16": answer(MARKED, TWO).encode("utf-16"),
    "UTF-16 without a mark": answer(MARKED, TWO).encode("utf-16-be"),
    "UTF-32": answer(MARKED, TWO).encode("utf-32"),
    "gzip": gzip.compress(answer(MARKED, TWO).encode()),
    "gzip of UTF-16": gzip.compress(answer(MARKED, TWO).encode("utf-16")),
    "joined gzip": gzip.compress(answer(MARKED).encode()) + gzip.compress(answer(TWO).encode()) + b"\0" * 99,
    "answers": (answer(MARKED) + answer(TWO)).encode(),
    "lines of answers": "\n".join(json.dumps({"Images": [each]}) for each in (MARKED, TWO)).encode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["a file", "standard input"])
def test_every_form_is_read_alike_from_a_file_and_from_standard_input(
    where: Locations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, way: str
) -> None:
    name = "-"
    if way == "a file":
        file = tmp_path / "no ending that tells"
        file.write_bytes(FORMS[form])
        name = str(file)
    else:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FORMS[form]), encoding="latin-1"))
    assert run(where, name, "--region", "us-east-1") == 0
    assert cached(where) == {"fmt-1": "us-east-1", "fmt-2": "us-east-1"}
    with CatalogIndex.open(f"{where.index_dir}/us-east-1.sqlite", "us-east-1") as index:
        ((_, chunk_id, line),) = index.locate(MARKED["ImageId"])
    with SegmentStore(where.segments_dir) as store:
        assert store.record(chunk_id, line) == MARKED


def test_answers_under_region_names_go_into_their_regions(where: Locations, tmp_path: Path) -> None:
    file = tmp_path / "by-region.json"
    regions = {"us-east-1": {"Images": [ONE]}, "eu-west-1": [TWO, image(3, Region="eu-north-1")]}
    file.write_text(json.dumps(regions, indent=2) + json.dumps({**FOUR, "Region": None}))
    assert run(where, str(file), "--region", "sa-east-1") == 0
    assert cached(where, "us-east-1", "eu-west-1", "eu-north-1", "sa-east-1") == {
        "fmt-1": "us-east-1",
        "fmt-2": "eu-west-1",
        "fmt-3": "eu-north-1",
        "fmt-4": "sa-east-1",
    }


def test_an_image_that_another_account_was_seen_with_is_shown_to_that_account(
    where: Locations, tmp_path: Path
) -> None:
    row = {"image_id": "ami-1", "name": "lent", "owner_id": "111122223333", "public": False, "region": "us-east-1"}
    file = tmp_path / "steampipe.json"
    file.write_text(json.dumps({"rows": [{**row, "account_id": "444455556666"}]}))
    assert run(where, str(file)) == 0
    with SegmentStore(where.segments_dir) as store:
        assert store.shards() == [Shard("aws", "444455556666", "us-east-1", "shared", "import")]


def test_what_can_be_read_of_several_files_goes_in_and_the_code_tells_that_some_could_not(
    where: Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("good", "cut", "yaml", "none", "zstd", "partial")
    files = {name: tmp_path / name for name in names}
    files["good"].write_text(answer(ONE))
    files["cut"].write_bytes(gzip.compress(answer(TWO, *[THREE] * 500).encode())[:-12])
    files["yaml"].write_text("Images:\n- ImageId: ami-1\n")
    files["none"].write_text('{"Images": []}')
    files["zstd"].write_bytes(b"\x28\xb5\x2f\xfd" + b"x" * 30)
    files["partial"].write_text(json.dumps([FOUR, {"ID": "ami-1"}, 7]))
    paths = [str(files[name]) for name in names]
    assert (
        run(where, *paths[:1], str(tmp_path / "absent"), str(tmp_path), *paths[1:], "--region", "us-east-1") == 2
    )
    assert cached(where).keys() == {"fmt-1", "fmt-2", "fmt-3", "fmt-4"}
    said = capsys.readouterr().err
    assert f"cannot read {tmp_path}/absent: No such file or directory" in said
    assert f"cannot read {tmp_path}: Is a directory" in said
    assert f"{files['cut']}: the compressed data ends too early" in said
    assert f"{files['yaml']}:1: not JSON but YAML; expected what `aws ec2 describe-images" in said
    assert f"{files['none']}: it contains no images; expected" in said
    assert f"{files['zstd']}: it is compressed with zstd" in said
    assert "zstd -dc FILE | amitui import -" in said
    assert 'it has no ImageId: {"ID": "ami-1"}' in said
    assert "Traceback" not in said
    assert run(where, paths[-1], "--region", "us-east-1") == 0, (
        "single records that are none do not count as failure"
    )


def test_of_many_unreadable_records_some_are_named_and_all_are_counted(
    where: Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "projection.jsonl"
    file.write_text("\n".join(json.dumps({"ID": f"ami-{n}"}) for n in range(2_000)) + "\n" + json.dumps(ONE))
    assert run(where, str(file), "--region", "us-east-1") == 0
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 22
    assert said[-2:] == ["amitui: … and 1,980 more that could not be read", "imported 1 image of us-east-1"]


def test_images_of_more_regions_than_there_are_end_with_words_and_keep_the_rest(
    where: Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amitui.catalog.sync.imports.LIMITS", Limits(regions=3))
    file = tmp_path / "regions.jsonl"
    file.write_text("\n".join(json.dumps(image(n, Region=f"us-east-{n}")) for n in range(5)))
    assert run(where, str(file)) == 2
    assert "more than 3 Regions" in capsys.readouterr().err
    assert cached(where, "us-east-0", "us-east-1", "us-east-2").keys() == {"fmt-0", "fmt-1", "fmt-2"}


def test_an_import_waits_for_another_that_writes_the_same_images(where: Locations, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(answer(ONE))
    shard = Shard("aws", PUBLIC, "us-east-1", "community", "import")
    command = [
        sys.executable,
        "-m",
        "amitui",
        "import",
        str(file),
        "--region",
        "us-east-1",
        "--cache-dir",
        where.cache,
    ]
    with shard_lock(where.locks_dir, shard):
        importing = subprocess.Popen(
            command, env=isolated_environment(tmp_path), stderr=subprocess.PIPE, text=True
        )
        until(lambda: Path(where.index_dir, "us-east-1.sqlite").exists())
        assert importing.poll() is None
        assert cached(where) == {}
    _, said = importing.communicate(timeout=PATIENCE)
    assert (importing.returncode, said) == (0, "imported 1 image of us-east-1\n")
    assert cached(where) == {"fmt-1": "us-east-1"}


PATIENCE = 120
"""Seconds for what takes a few."""


def until(holds: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < end
        sleep(0.02)


STREAMED = 15_000
"""Images: 3 MB, more than an import reads ahead."""


@contextmanager
def importing_without_end(where: Locations, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An import that has stored some images and waits for more."""
    command = [sys.executable, "-m", "amitui", "import", "-", "--region", "us-east-1", "--cache-dir", where.cache]
    before = stored_chunks(where)
    with subprocess.Popen(
        command, env=isolated_environment(tmp_path), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as importing:
        assert importing.stdin is not None
        try:
            importing.stdin.write(b"".join(json.dumps(each).encode() + b"\n" for each in many(STREAMED)))
            importing.stdin.flush()
            until(lambda: stored_chunks(where) > before)
            yield importing
        finally:
            importing.kill()


def stored_chunks(where: Locations) -> int:
    with SegmentStore(where.segments_dir) as store:
        return sum(len(store.stored_chunks(shard)) for shard in store.shards_with_chunks())


def many(count: int) -> list[dict[str, Any]]:
    return [
        {**image(1), "ImageId": f"ami-{n:017x}", "Name": f"many-{n}", "Description": "x" * 80}
        for n in range(count)
    ]


def assert_whole(where: Locations, names: Container[str], count: int) -> None:
    """Every row has its record, the shard is complete, and a search gives that many."""
    found = cached(where)
    assert len(found) == count
    assert all(name in names for name in found)
    with CatalogIndex.open(f"{where.index_dir}/us-east-1.sqlite", "us-east-1") as index:
        (status,) = index.shards()
        places = [index.locate(f"ami-{n:017x}") for n in range(count)]
    assert status.complete
    assert status.record_count == count
    with SegmentStore(where.segments_dir) as store:
        assert all(store.record(place.chunk_id, place.line)["Name"] in names for (*_, place) in places)
        assert store.sweep(status.shard) == 0, "nothing is left of what was cut off"


def test_ctrl_c_keeps_what_was_read(where: Locations, tmp_path: Path) -> None:
    with importing_without_end(where, tmp_path) as importing:
        importing.send_signal(signal.SIGINT)
        _, said = importing.communicate(timeout=PATIENCE)
    assert importing.returncode == 130
    (count,) = re.findall(rb"imported ([0-9,]+) images of us-east-1", said)
    assert b"Traceback" not in said
    assert_whole(where, [each["Name"] for each in many(STREAMED)], int(count.replace(b",", b"")))


def test_an_import_that_was_killed_is_made_good_by_the_next(where: Locations, tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text("\n".join(map(json.dumps, many(1_500))))
    assert run(where, str(file), "--region", "us-east-1") == 0
    with importing_without_end(where, tmp_path) as importing:
        importing.kill()
    assert len(cached(where)) >= 1_500
    file.write_text("\n".join(map(json.dumps, many(2_000))))
    assert run(where, str(file), "--region", "us-east-1") == 0
    assert_whole(where, [each["Name"] for each in many(2_000)], 2_000)


MOST_MB = 150

TELLS_MEMORY = """
import sys
from amitui.cli import main
code = main(sys.argv[1:])
print(open("/proc/self/status").read(), file=sys.stderr)
sys.exit(code)
"""
"""amitui, which prints at its end what it took: what `wait4` tells counts its parent's memory as well."""


def repeated_images(count: int) -> Iterator[bytes]:
    """One line that compresses to a hundredth."""
    yield b'{"Images": ['
    for number in range(count):
        yield json.dumps({**image(number % 50), "Description": "d" * 12_000}).encode() + b", "
    yield json.dumps(ONE).encode() + b"]}"


def giant_text() -> Iterator[bytes]:
    yield b'{"ImageId": "ami-1", "Description": "'
    for _ in range(80):
        yield b"a" * (1 << 20)
    yield b'"}'


@pytest.mark.parametrize(
    ("pieces", "code", "words"),
    [
        (lambda: [gzip.compress(b"".join(repeated_images(5_000)))], 0, "imported 5,001 images"),
        (giant_text, 2, "it is longer than 1,048,576 characters"),
        (lambda: [gzip.compress(b" " * (80 << 20))], 2, "no image in 33,554,432 characters"),
    ],
    ids=["compressed", "one text", "nothing compressed"],
)
def test_bombs_end_with_words_in_little_memory(
    where: Locations, tmp_path: Path, pieces: Callable[[], Iterable[bytes]], code: int, words: str
) -> None:
    command = [sys.executable, "-c", TELLS_MEMORY, "import", "-", "--region", "us-east-1"]
    command += ["--cache-dir", where.cache]
    said = tmp_path / "said"
    with said.open("wb") as errors:
        importing = subprocess.Popen(
            command, env=isolated_environment(tmp_path), stdin=subprocess.PIPE, stderr=errors
        )
    assert importing.stdin is not None
    with suppress(BrokenPipeError):
        for piece in pieces():
            importing.stdin.write(piece)
    with suppress(BrokenPipeError):
        importing.stdin.close()
    assert importing.wait(PATIENCE) == code
    assert words in said.read_text()
    (peak_kb,) = re.findall(r"VmHWM:\s*(\d+) kB", said.read_text())
    assert int(peak_kb) < MOST_MB * 1024
