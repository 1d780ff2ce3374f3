"""One machine publishes what it has cached, another pulls it without EC2; nobody vouches for what is published."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from amitui.catalog.sharing import limits
from amitui.catalog.sharing.folder import FolderStorage
from amitui.catalog.sharing.manifest import NewerSource, SourceRefused
from amitui.cli import main
from amitui.errors import AmituiError, CacheError, DeniedError, RejectedError, UsageError
from tests.support.republishing import republished
from tests.support.shared_machines import ACCOUNT, AMAZON, MINE, NOW, Machine, answering, image, serving

BUCKET = "team-images"
OTHER = "444455556666"
IMAGES = [image(number) for number in range(2_300)]
QUERIES = [
    "",
    "al2023",
    "2023.7",
    "arch:x86_64 created:2019",
    "ami-00000000000000012",
    "owner:amazon latest:yes",
    "nothing",
]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """moto's S3 with a bucket, as a boto3 client."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    yield client
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for one in page.get("Contents", ()):
            client.delete_object(Bucket=BUCKET, Key=one["Key"])
    client.delete_bucket(Bucket=BUCKET)
    client.close()
    server.stop()


@pytest.fixture
def one(tmp_path: Path) -> Machine:
    return Machine.at(tmp_path / "one")


@pytest.fixture
def two(tmp_path: Path) -> Machine:
    return Machine.at(tmp_path / "two")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that is published to."""
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


async def test_another_machine_pulls_from_a_bucket_and_answers_alike(one: Machine, two: Machine, s3: Any) -> None:
    await one.fetch(IMAGES)
    await one.fetch([image(9_001, OwnerId=ACCOUNT, Public=False)], MINE)
    (first,) = await one.publish(f"s3://{BUCKET}/catalogue")
    assert first.sent > 2
    await two.pull(f"s3://{BUCKET}/catalogue")
    assert two.records() == one.records()
    for query in QUERIES:
        mine = [row for row in one.found(query) if row[0] != f"ami-{9_001:017x}"]
        assert two.found(query) == mine, query

    # Nothing that is there is sent or fetched again.
    (again,) = await one.publish(f"s3://{BUCKET}/catalogue")
    assert again.sent == 0
    (pulled,) = await two.pull(f"s3://{BUCKET}/catalogue")
    assert pulled.received_bytes == 0

    one.now += 60
    await one.fetch([*IMAGES[:-1], image(5_000)])
    (changed,) = await one.publish(f"s3://{BUCKET}/catalogue")
    assert 0 < changed.sent < first.sent
    (pulled,) = await two.pull(f"s3://{BUCKET}/catalogue")
    assert 0 < pulled.pages < first.sent - 1
    assert two.records() == one.records()
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert all(key.startswith("catalogue/public/") for key in keys)


async def test_what_one_account_sees_is_published_under_its_id_and_pulled_by_it_alone(
    one: Machine, two: Machine, place: Path
) -> None:
    await one.fetch([image(1, OwnerId=ACCOUNT, Public=False)], MINE)
    with pytest.raises(CacheError, match="nothing to publish") as refused:
        await one.publish(str(place))
    assert refused.value.remedy == "fetch public ones: amitui sync; or add --include-mine"
    await one.publish(str(place), private=[ACCOUNT])
    assert [each.name for each in place.iterdir()] == ["accounts"]
    assert [each.name for each in (place / "accounts").iterdir()] == [ACCOUNT]
    two.account = OTHER
    assert await two.pull(str(place)) == []
    assert await two.pull(str(place), [MINE]) == [None]
    two.account = None
    assert await two.pull(str(place), [MINE]) == [None]
    two.account = ACCOUNT
    await two.pull(str(place))
    assert two.records(MINE) == one.records(MINE)


async def test_of_two_publishers_at_once_neither_loses_what_it_published(
    one: Machine, two: Machine, s3: Any, tmp_path: Path
) -> None:
    shards = [AMAZON._replace(region=region) for region in ("eu-west-1", "us-east-1")]
    for machine, shard in zip((one, two), shards, strict=True):
        await machine.fetch(IMAGES[:20], shard)
    address = f"s3://{BUCKET}"
    done = await asyncio.gather(one.publish(address), two.publish(address))
    assert all(each.shards == 1 for (each,) in done)
    three = Machine.at(tmp_path / "three")
    await three.pull(address)
    assert all(len(three.records(shard)) == 20 for shard in shards)


async def test_a_publisher_with_a_stale_manifest_reads_it_again(
    one: Machine, two: Machine, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = AMAZON._replace(region="us-east-1")
    await one.fetch(IMAGES[:20])
    await two.fetch(IMAGES[:20], other)
    replace = FolderStorage.replace
    faster = [two]

    async def late(self: FolderStorage, path: str, data: bytes, version: str | None) -> bool:
        if faster:
            await faster.pop().publish(str(place))
        return await replace(self, path, data, version)

    monkeypatch.setattr(FolderStorage, "replace", late)
    (done,) = await one.publish(str(place))
    assert done.lost == 1
    manifest = json.loads((place / "public/manifest.json").read_text())
    assert [each["shard"]["region"] for each in manifest["shards"]] == ["eu-west-1", "us-east-1"]


async def test_objects_that_nothing_names_are_deleted_after_the_grace_time(
    one: Machine, two: Machine, place: Path
) -> None:
    await one.fetch(IMAGES[:20])
    await one.publish(str(place), grace_s=3600)
    before = _objects(place)
    for path in before:
        os.utime(path, (NOW, NOW))
    one.now += 1800
    await one.fetch(IMAGES[20:40])
    await one.publish(str(place), grace_s=3600)
    assert before < _objects(place)
    one.now += 3000
    await one.publish(str(place), grace_s=3600)
    assert before < _objects(place), "a reader may be fetching what was replaced 3000 seconds ago"
    one.now += 3600
    await one.publish(str(place), grace_s=3600)
    assert not before & _objects(place)
    await two.pull(str(place))
    assert two.records() == one.records()


@pytest.mark.parametrize(
    ("status", "code", "raised", "words"),
    [
        (403, "AccessDenied", DeniedError, "s3:GetObject"),
        (301, "PermanentRedirect", RejectedError, "another Region"),
        (400, "AuthorizationHeaderMalformed", RejectedError, "another Region"),
        (404, "NoSuchBucket", RejectedError, "no bucket"),
    ],
)
async def test_what_s3_refuses_is_said_in_words(
    two: Machine, monkeypatch: pytest.MonkeyPatch, status: int, code: str, raised: type[AmituiError], words: str
) -> None:
    body = f"<Error><Code>{code}</Code><Message>no</Message><Region>eu-north-1</Region></Error>".encode()
    async with answering(status, body) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        with pytest.raises(raised) as refused:
            await two.pull(f"s3://{BUCKET}")
    assert words in " ".join(refused.value.lines())


async def test_a_web_server_is_pulled_from_and_never_published_to(one: Machine, two: Machine, place: Path) -> None:
    await one.fetch(IMAGES[:20])
    await one.publish(str(place))
    async with serving(place) as url:
        await two.pull(url)
        with pytest.raises(UsageError, match="cannot be used here"):
            await one.publish(url)
    assert two.records() == one.records()


@pytest.mark.parametrize(
    "address", ["http://example.com/x", "https://me:secret@example.com", "ftp://x", "https://a/?b"]
)
async def test_an_address_that_is_not_safe_is_refused_without_its_password(two: Machine, address: str) -> None:
    with pytest.raises(UsageError) as refused:
        await two.pull(address)
    assert "secret" not in " ".join(refused.value.lines())


def _chunk(place: Path) -> Path:
    """The largest object: a chunk."""
    return max(_objects(place), key=lambda path: path.stat().st_size)


def _objects(place: Path) -> set[Path]:
    return {path for path in (place / "public/objects").rglob("*") if path.is_file()}


def _lines(*records: object) -> bytes:
    return zlib.compress(b"\n".join(json.dumps(record).encode() for record in records))


HOSTILE: dict[str, Callable[[Path], object]] = {
    "another content under a hash": lambda place: _chunk(place).write_bytes(b"x" * _chunk(place).stat().st_size),
    "half an upload": lambda place: _chunk(place).write_bytes(_chunk(place).read_bytes()[:100]),
    "a missing object": lambda place: _chunk(place).unlink(),
    "a huge object": lambda place: os.truncate(_chunk(place), limits.CHUNK_BYTES + 1),
    "a pipe": lambda place: _replaced(_chunk(place), os.mkfifo),
    "a link": lambda place: _replaced(_chunk(place), lambda path: os.symlink("/dev/zero", path)),
    "a decompression bomb": lambda place: republished(place, zlib.compress(bytes(limits.CHUNK_TEXT_BYTES + 1))),
    "no compression": lambda place: republished(place, b"plain"),
    "something behind the chunk": lambda place: republished(place, _lines(image(1)) + b"more"),
    "a chunk that is cut off": lambda place: republished(place, _lines(image(1))[:-5]),
    "too many records": lambda place: republished(place, _lines(*[image(each) for each in range(1_001)])),
    "a record that is none": lambda place: republished(place, _lines([1])),
    "a record that is no JSON": lambda place: republished(place, zlib.compress(b"{")),
    "a record that is nested deep": lambda place: republished(
        place, zlib.compress(b'{"a":' * 70 + b"1" + b"}" * 70)
    ),
    "a record nested deeper than Python goes": lambda place: republished(
        place, zlib.compress(b"[" * 9_000 + b"]" * 9_000)
    ),
    "a record with a million parts": lambda place: republished(
        place, zlib.compress(b'{"a":[' + b"[]," * 99_999 + b"1]}")
    ),
    "a record that is too long": lambda place: republished(
        place, _lines({"ImageId": "ami-1", "x": "a" * (2 << 20)})
    ),
}  # fmt: skip


def _replaced(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


@pytest.mark.parametrize("trick", HOSTILE)
async def test_a_hostile_source_is_refused_in_words_and_what_was_cached_stays(
    one: Machine, two: Machine, place: Path, trick: str
) -> None:
    await two.fetch(IMAGES[:5])
    before = two.records()
    one.now += 60
    await one.fetch(IMAGES[:20])
    await one.publish(str(place))
    HOSTILE[trick](place)
    two.now = one.now
    with pytest.raises(AmituiError) as refused:
        await two.pull(str(place))
    assert refused.value.why or refused.value.remedy
    assert [row[0] for row in two.found("")] == [each["ImageId"] for each in _newest_first(before)]


def _newest_first(records: dict[str, Any]) -> list[Any]:
    return sorted(records.values(), key=lambda each: each["CreationDate"], reverse=True)


async def test_a_manifest_of_a_newer_version_is_neither_pulled_nor_replaced(
    one: Machine, two: Machine, place: Path
) -> None:
    await one.fetch(IMAGES[:5])
    await one.publish(str(place))
    manifest = place / "public/manifest.json"
    newer = json.dumps({**json.loads(manifest.read_text()), "format": 2})
    manifest.write_text(newer)
    for work in (two.pull(str(place)), one.publish(str(place))):
        with pytest.raises(NewerSource):
            await work
    assert manifest.read_text() == newer


async def test_images_of_another_endpoint_are_refused(one: Machine, two: Machine, place: Path) -> None:
    await one.fetch(IMAGES[:5])
    await one.publish(str(place))
    manifest = place / "public/manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "realm": "endpoint-0123456789ab"}))
    with pytest.raises(SourceRefused, match="another EC2 endpoint"):
        await two.pull(str(place))


async def test_records_are_read_as_those_of_ec2_are(one: Machine, two: Machine, place: Path) -> None:
    await one.fetch(IMAGES[:5])
    await one.publish(str(place))
    nasty = image(7, Name="prod[/foo]\x1b]0;x\x07\u202e", Description="\ud800[@click=app.quit]x[/]")
    republished(
        place,
        _lines(nasty, image(8, Public=False), image(9, OwnerId=ACCOUNT), {"ImageId": 5, "Public": True}, {}),
    )
    (done,) = await two.pull(str(place))
    names = [name for _, name, _ in two.found("")]
    assert "prod[/foo]␦]0;x␦␦" in names
    assert not {f"ami-{number:017x}" for number in (8, 9)} & {row[0] for row in two.found("")}
    assert done.unreadable == 1


def test_the_commands_share_a_catalogue_and_find_pulls_it_without_ec2(
    one: Machine, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one.now = int(time.time())
    asyncio.run(one.fetch(IMAGES[:20]))
    assert main(["publish", str(place), "--cache-dir", one.where.cache]) == 0
    assert "amitui: published public images, 1 part: 2 objects sent" in capsys.readouterr().err
    assert main(["pull", str(place), "--cache-dir", str(tmp_path / "two")]) == 0
    find = ["find", "al2023", "--region", "eu-west-1", "--scope", "amazon", "-o", "id"]
    capsys.readouterr()
    assert main([*find, "--offline", "--cache-dir", str(tmp_path / "two")]) == 0
    pulled = capsys.readouterr().out
    (tmp_path / "config.toml").write_text(f'catalogue = "{place}"\n')
    config = ["--config", str(tmp_path / "config.toml"), "--cache-dir", str(tmp_path / "three")]
    assert main([*find, *config]) == 0
    assert capsys.readouterr().out == pulled
    assert len(pulled.split()) == 20


def test_a_full_disk_is_the_published_folders_or_the_caches_and_what_failed_is_not_called_unpublished(
    one: Machine, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one.now = int(time.time())
    asyncio.run(one.fetch(IMAGES[:20]))
    publish = ["publish", str(place), "--cache-dir", one.where.cache]

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def full_cache(*_: object) -> None:
        raise CacheError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(FolderStorage, "_settle", full)
        assert main(publish) == CacheError.exit_code
    said = capsys.readouterr().err
    assert f"was written to the folder {place}" in said
    assert "use another folder for the catalogue" in said
    assert "--cache-dir" not in said, "which would change nothing"

    assert main(publish) == 0
    capsys.readouterr()
    with monkeypatch.context() as patched:
        patched.setattr("amitui.catalog.sharing.pull.ShardPull.start", full_cache)
        assert main(["pull", str(place), "--cache-dir", str(tmp_path / "two")]) == CacheError.exit_code
    said = capsys.readouterr().err
    assert "the disk is full" in said
    assert "not published" not in said
