"""Whatever a published catalogue holds: it is refused in words or taken as data, in bounded memory and time."""

from __future__ import annotations

import asyncio
import json
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from amitui.catalog.sharing import limits
from amitui.catalog.sharing.checked import read_chunk
from amitui.catalog.sharing.folder import FolderStorage
from amitui.catalog.sharing.manifest import SourceRefused, parse_manifest
from amitui.catalog.sync.page import PageFor
from amitui.errors import AmituiError, NetworkError
from tests.support.republishing import (
    manifest_of,
    name_segment,
    packed,
    put,
    republished,
    segment_of,
    write_manifest,
)
from tests.support.shared_machines import AMAZON, NOW, Machine, answered_by, image

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OLD = [image(number) for number in range(4)]
NEW = [image(number) for number in range(20)]


@pytest.fixture
async def reader(tmp_path: Path) -> Machine:
    """A machine that has something already."""
    machine = Machine.at(tmp_path / "reader")
    await machine.fetch(OLD)
    machine.now = NOW + 60
    return machine


@pytest.fixture
async def publisher(tmp_path: Path) -> Machine:
    machine = Machine.at(tmp_path / "publisher", now=NOW + 60)
    await machine.fetch(NEW)
    return machine


@pytest.fixture
async def place(tmp_path: Path, publisher: Machine) -> Path:
    """A folder that something newer is published in."""
    (tmp_path / "shared").mkdir()
    await publisher.publish(str(tmp_path / "shared"))
    return tmp_path / "shared"


def _manifest_text(place: Path, change: Callable[[str], str]) -> None:
    path = place / "public/manifest.json"
    path.write_text(change(path.read_text()))


def _shards(place: Path, change: Callable[[list[Any]], list[Any]]) -> None:
    manifest = manifest_of(place)
    write_manifest(place, {**manifest, "shards": change(manifest["shards"])})


def _first(place: Path, **changes: object) -> None:
    _shards(place, lambda shards: [{**shards[0], **changes}, *shards[1:]])


def _shard(place: Path, **changes: object) -> None:
    _shards(place, lambda shards: [{**shards[0], "shard": {**shards[0]["shard"], **changes}}])


def _segment(place: Path, change: Callable[[Any], object]) -> None:
    segment = segment_of(place)
    change(segment)
    name_segment(place, json.dumps(segment).encode())


def _many_shards(place: Path) -> None:
    _shards(place, lambda shards: shards * (limits.SHARDS + 1))


def _line(**more: object) -> bytes:
    return json.dumps(image(1, **more)).encode()


REFUSED: dict[str, Callable[[Path], object]] = {
    "a name of 10 MB": lambda place: republished(place, packed(image(1, Name="x" * 10_000_000))),
    "NaN": lambda place: republished(place, packed(_line(X=float("nan")))),
    "Infinity": lambda place: republished(place, packed(_line(X=float("-inf")))),
    "a number that is infinite once it is read": lambda place: republished(
        place, packed(_line().replace(b'"State"', b'"X":1e999,"State"'))
    ),
    "a number of 100,000 digits": lambda place: republished(
        place, packed(_line().replace(b'"State"', b'"X":' + b"9" * 100_000 + b',"State"'))
    ),
    "NaN in the manifest": lambda place: _first(place, size=float("nan")),
    "more parts than there are": _many_shards,
    "a manifest that is too large": lambda place: _manifest_text(
        place, lambda text: text + " " * limits.MANIFEST_BYTES
    ),
    "a manifest nested deep": lambda place: _manifest_text(place, lambda _: "[" * 200_000 + "]" * 200_000),
    "a segment nested deep": lambda place: name_segment(place, b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "a part twice": lambda place: _shards(place, lambda shards: shards * 2),
    "a key twice": lambda place: _manifest_text(place, lambda text: text.replace("{", '{"format":1,', 1)),
    "a key twice in a segment": lambda place: name_segment(
        place, json.dumps(segment_of(place)).replace("{", '{"format":1,', 1).encode()
    ),
    "a way out": lambda place: _shard(place, region="../../../etc"),
    "an absolute path": lambda place: _shard(place, region="/etc/passwd"),
    "a NUL": lambda place: _shard(place, region="eu-west-1\0"),
    "a Region that differs in case alone": lambda place: _shard(place, region="EU-WEST-1"),
    "an object named in capitals": lambda place: _shards(
        place, lambda shards: [{**shards[0], "segment": shards[0]["segment"].upper()}]
    ),
    "an object named by a path": lambda place: _first(place, segment="../manifest.json"),
    "a size below the true one": lambda place: _first(place, size=manifest_of(place)["shards"][0]["size"] - 1),
    "a size above the true one": lambda place: _first(place, size=manifest_of(place)["shards"][0]["size"] + 1),
    "a chunk's size that lies": lambda place: _segment(
        place, lambda one: next(each for each in one["slices"] if each["chunks"])["chunks"][0].__setitem__(1, 5)
    ),
    "more records than a chunk can hold": lambda place: _segment(
        place, lambda one: [each.update(record_count=4_000_000) for each in one["slices"]]
    ),
    "a date in the far future": lambda place: _first(place, fetched_at=1 << 50),
    "another segment's content": lambda place: name_segment(
        place, json.dumps({**segment_of(place), "shard": AMAZON._replace(region="us-east-1")._asdict()}).encode()
    ),
}  # fmt: skip


@pytest.mark.parametrize("trick", REFUSED)
async def test_a_trick_is_refused_in_words_and_what_was_there_stays(
    reader: Machine, place: Path, trick: str, tmp_path: Path
) -> None:
    outside = sorted(path for path in tmp_path.rglob("*") if "reader" not in path.parts)
    before = reader.records()
    REFUSED[trick](place)
    with pytest.raises(AmituiError) as refused:
        await reader.pull(str(place))
    words = " ".join(refused.value.lines())
    assert refused.value.remedy
    assert len(words) < 1_000
    assert words.isprintable()
    assert {row[0] for row in reader.found("")} == set(before)
    assert {path for path in outside if path.exists()} == set(outside)
    assert not (tmp_path / "etc").exists()


TAKEN: dict[str, tuple[bytes, dict[str, object]]] = {
    "a key twice: the last counts, as in every answer": (
        b'{"Name":"first",' + _line(Name="second")[1:], {"name": "second"}
    ),
    "a number beyond any integer of SQLite": (
        _line(BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 10**30}}]), {}
    ),
    "a text for a number": (
        _line(BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": "8"}}]), {}
    ),
    "a list for a text": (_line(Name=["x"], Description={"a": 1}), {}),
    "control and bidirectional characters": (
        _line(Name="a\x1b]0;x\x07\u202e\u2066\x9b31m\nb", Description="\ud800\u200f"), {}
    ),
    "markup": (_line(Name="[@click=app.quit]x[/]"), {"name": "[@click=app.quit]x[/]"}),
    "a date that is none": (_line(CreationDate="2024-99-99T99:99:99.000Z"), {}),
    "tags without end": (_line(Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(500)]), {}),
}  # fmt: skip


@pytest.mark.parametrize("what", TAKEN)
async def test_an_odd_record_is_taken_as_data_and_sanitized(reader: Machine, place: Path, what: str) -> None:
    line, shown = TAKEN[what]
    segment = segment_of(place)
    for one in segment["slices"]:
        one["chunks"], one["record_count"] = one["chunks"][:1], min(one["record_count"], 1_000)
    data = packed(line, image(2))
    next(one for one in segment["slices"] if one["chunks"])["chunks"][0] = [put(place, data), len(data)]
    name_segment(place, json.dumps(segment).encode())
    await reader.pull(str(place))
    rows = {row[0]: row[1] for row in reader.found("")}
    assert image(2)["ImageId"] in rows, "its neighbour is not lost for it"
    name = rows.get(image(1)["ImageId"], "")
    assert name.isprintable()
    assert not {"\x1b", "\x9b", "\u202e", "\u2066", "\n"} & set(name)
    if "name" in shown:
        assert name == shown["name"]


@pytest.mark.parametrize("form", ["zlib", "zstd"])
def test_a_bomb_is_refused_before_it_fills_the_memory(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHUNK_TEXT_BYTES", 1 << 20)
    zeros = bytes(60 << 20)
    bomb = zlib.compress(zeros, 1) if form == "zlib" else zstd.compress(zeros)
    del zeros
    tracemalloc.start()
    try:
        with pytest.raises(SourceRefused) as refused:
            read_chunk(bomb, PageFor(AMAZON, None))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "expands to more than" in refused.value.why
    assert peak < 8 << 20


def test_a_manifest_of_a_million_parts_is_refused_before_one_is_read() -> None:
    data = b'{"format":1,"visibility":"public","realm":"aws","former":[],"pruned_at":0,"shards":['
    data += b"1," * 1_000_000 + b"1]}"
    with pytest.raises(SourceRefused, match="manifest") as refused:
        parse_manifest(data, "public")
    assert refused.value.why == "a list is too long"


async def test_a_manifest_that_is_replaced_during_a_pull_gives_the_old_or_the_new_whole_and_never_a_mixture(
    reader: Machine, publisher: Machine, place: Path
) -> None:
    get, swapped = FolderStorage.get, [publisher]

    async def swapping(self: FolderStorage, path: str, most: int) -> Any:
        found = await get(self, path, most)
        if path == "public/manifest.json" and swapped:
            machine = swapped.pop()
            machine.now += 7_200
            await machine.fetch([image(number, Description="newer") for number in range(30)])
            for one in (place / "public/objects").rglob("*"):
                if one.is_file():
                    one.unlink()  # long after the grace time: all that the old manifest names is gone
            await machine.publish(str(place))
        return found

    before = reader.records()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderStorage, "get", swapping)
        with pytest.raises(SourceRefused, match="refused") as refused:
            await reader.pull(str(place))
    assert "too old" in refused.value.why
    assert {row[0] for row in reader.found("")} == set(before)
    reader.now = publisher.now
    await reader.pull(str(place))
    assert reader.records() == publisher.records()


@pytest.mark.parametrize("scheme", ["https", "s3"])
@pytest.mark.parametrize("status", [301, 302, 307])
@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "{here}/other"]
)
async def test_no_redirect_is_followed_anywhere(
    reader: Machine, monkeypatch: pytest.MonkeyPatch, scheme: str, status: int, target: str
) -> None:
    asked: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        here = f"http://{request.host}"
        return web.Response(status=status, headers={"Location": target.format(here=here)})

    async with answered_by(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setattr("amitui.ec2.session.ATTEMPTS", 1)
        with pytest.raises(AmituiError) as refused:
            await reader.pull("s3://team-images/x" if scheme == "s3" else f"{url}/x")
    assert asked
    assert all("/other" not in path for path in asked)
    assert refused.value.remedy


@pytest.mark.parametrize("scheme", ["https", "s3"])
@pytest.mark.parametrize(
    "begin", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]
)
async def test_an_answer_that_trickles_is_given_up(
    reader: Machine, monkeypatch: pytest.MonkeyPatch, scheme: str, begin: bytes
) -> None:
    given_up, answering = asyncio.Event(), list[asyncio.Task[Any] | None]()

    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.append(asyncio.current_task())
        with suppress(ConnectionError):
            writer.write(begin)
            while not given_up.is_set():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    monkeypatch.setattr(limits, "OBJECT_SECONDS", 0.5)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        try:
            with pytest.raises(NetworkError, match="in time"):
                await reader.pull("s3://team-images" if scheme == "s3" else url)
        finally:
            given_up.set()
            await asyncio.gather(*(one for one in answering if one is not None))


@pytest.mark.parametrize("scheme", ["https", "s3"])
async def test_what_a_server_calls_its_answer_does_not_matter_and_nothing_is_unpacked_for_it(
    reader: Machine, place: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    bomb = zlib.compress(bytes(1 << 20))

    async def html(request: web.BaseRequest) -> web.Response:
        path = place / request.path.removeprefix("/team-images").lstrip("/")
        return (
            web.Response(body=path.read_bytes(), content_type="text/html")
            if path.is_file()
            else web.Response(status=404)
        )

    async def encoded(_: web.BaseRequest) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "deflate", "Content-Type": "application/json"})

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    async with answered_by(encoded) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        with pytest.raises(SourceRefused, match="not one of amitui's"):
            await reader.pull("s3://team-images" if scheme == "s3" else url)
    async with answered_by(html) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        await reader.pull("s3://team-images" if scheme == "s3" else url)
    assert len(reader.records()) == len(NEW)
