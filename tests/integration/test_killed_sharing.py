"""SIGKILL at 30 moments of publishing and of pulling, and then again: nothing is lost, torn or sent twice.

The moments are steps, not times: before and after each request to a bucket, each call of the system in a folder,
each call of the store. A copy of this process dies there.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from amitui.catalog.sharing import folder
from amitui.catalog.sharing.s3 import S3Storage
from amitui.catalog.store import SegmentStore, source_of
from amitui.services.composition import Services
from amitui.services.sharing import open_storage
from amitui.settings import Settings
from tests.support.moto_server import BUCKET, moto_server
from tests.support.shared_machines import AMAZON, NOW, Machine, Record, image

MOMENTS = 30
MANIFEST = "catalogue/public/manifest.json"
SHARDS = [AMAZON._replace(region=region) for region in ("eu-west-1", "us-east-1")]
OLD = [image(number) for number in range(8)]
NEW = [OLD[0], OLD[1], image(3, Description="altered"), *(image(number) for number in range(4, 17))]
"""One is gone, one has changed, some are new; the first page is the same."""

Step = Callable[[], None]


def _through(method: Any, step: Step) -> Any:
    """A method, a step before and after each call of which may be the last."""

    def call(*arguments: Any, **named: Any) -> Any:
        step()
        found = method(*arguments, **named)
        if asyncio.iscoroutine(found):
            return _awaited(found, step)
        step()
        return found

    return call


async def _awaited(work: Any, step: Step) -> Any:
    found = await work
    step()
    return found


def _stepping(owner: type, names: Sequence[str]) -> Callable[[Step], None]:
    def install(step: Step) -> None:
        for name in names:
            setattr(owner, name, _through(getattr(owner, name), step))

    return install


def _stepping_system(step: Step) -> None:
    """Steps at the calls of the system with which a folder is written."""

    class System:
        def __getattr__(self, name: str) -> Any:
            found = getattr(os, name)
            return _through(found, step) if name in ("open", "fsync", "replace", "makedirs", "fchmod") else found

    folder.os = System()  # type: ignore[attr-defined, assignment]


IN_BUCKET = _stepping(S3Storage, ["_call"])
IN_STORE = _stepping(SegmentStore, ["put_packed", "save_partial", "commit", "delete_chunks", "amend", "segment"])


def _dies(work: Callable[[], Any], install: Callable[[Step], None], moment: int) -> tuple[bool, int]:
    """Do something in a copy of this process that dies at a step; whether it came that far, and its steps."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        steps = 0

        def step() -> None:
            nonlocal steps
            steps += 1
            if steps == moment:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            install(step)
            asyncio.run(work())
            os.write(writing, str(steps).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    said = os.read(reading, 20)
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status), int(said or 0)


def _moments(steps: int) -> list[int]:
    """So many different steps, the first and the last among them."""
    assert steps >= MOMENTS, "too few steps to die at so many"
    return sorted({1 + place * (steps - 1) // (MOMENTS - 1) for place in range(MOMENTS)})


def _of(region: str, records: Sequence[Record]) -> list[Record]:
    """The images as they are in a Region: no two have a chunk in common."""
    return [{**each, "ImageLocation": region} for each in records]


async def _fetch(machine: Machine, records: Sequence[Record]) -> None:
    for shard in SHARDS:
        await machine.fetch(_of(shard.region, records), shard, page=2)


@pytest.fixture
def publisher(tmp_path: Path) -> Machine:
    """A machine that has the old images, and one by its side that has the new ones."""
    machine = Machine.at(tmp_path / "publisher")
    asyncio.run(_fetch(machine, OLD))
    return machine


def _newer(machine: Machine, tmp_path: Path) -> Machine:
    shutil.copytree(tmp_path / "publisher", tmp_path / "newer")
    newer = Machine.at(tmp_path / "newer", now=machine.now + 60)
    asyncio.run(_fetch(newer, NEW))
    return newer


async def _images(address: str) -> dict[str, dict[str, Record]]:
    """What a reader sees, by Region; every object is checked on the way."""
    import json

    from amitui.catalog.sharing.checked import check_object, read_chunk
    from amitui.catalog.sharing.manifest import parse_manifest, parse_segment
    from amitui.catalog.sharing.names import manifest_path, object_path
    from amitui.catalog.stored_form import unpacked
    from amitui.catalog.sync.page import PageFor

    services = Services(Settings(Machine.at(Path("/nowhere")).where), now=lambda: NOW)
    storage = await open_storage(services.session, address)
    found: dict[str, dict[str, Record]] = {}
    try:
        manifest = await storage.get(manifest_path("public"), 1 << 20)
        assert manifest is not None

        async def read(digest: str, size: int) -> bytes:
            stored = await storage.get(object_path("public", digest), 1 << 20)
            assert stored is not None, "the manifest names what is not there"
            check_object(stored.data, digest=digest, size=size)
            return stored.data

        for entry in parse_manifest(manifest.data, "public").shards:
            segment = parse_segment(await read(entry.segment, entry.size), entry.shard)
            images = found.setdefault(entry.shard.region, {})
            for chunk in segment.chunks:
                page = read_chunk(await read(chunk.digest, chunk.size), PageFor(entry.shard, None))
                for part in page.chunks:
                    for line in unpacked(part.data, chunk.digest):
                        record = json.loads(line)
                        images[record["ImageId"]] = record
            assert len(images) == entry.record_count
    finally:
        await storage.close()
        await services.close()
    return found


def _by_region(records: Sequence[Record]) -> dict[str, dict[str, Record]]:
    return {shard.region: {each["ImageId"]: each for each in _of(shard.region, records)} for shard in SHARDS}


def _check_publishing(
    newer: Machine,
    address: str,
    install: Callable[[Step], None],
    names: Callable[[], set[str]],
    reset: Callable[[], None],
) -> None:
    steps = _dies(partial(newer.publish, address), install, 0)[1]
    assert asyncio.run(_images(address)) == _by_region(NEW)
    whole, seen_new = names(), 0
    for moment in _moments(steps):
        reset()
        died, _ = _dies(partial(newer.publish, address), install, moment)
        assert died
        seen = asyncio.run(_images(address))
        assert seen in (_by_region(OLD), _by_region(NEW)), f"torn at step {moment}"
        seen_new += seen == _by_region(NEW)
        there = names()
        (again,) = asyncio.run(newer.publish(address))
        assert names() == whole, f"lost at step {moment}"
        assert again.sent == len(whole - there), f"what was sent before step {moment} was sent again"
    assert asyncio.run(_images(address)) == _by_region(NEW)
    assert seen_new == 1, "only the step after the manifest is written can have readers see the new images"


def test_a_publisher_that_is_killed_in_a_folder_leaves_the_old_or_the_new_whole(
    publisher: Machine, tmp_path: Path
) -> None:
    place, before = tmp_path / "shared", tmp_path / "before"
    place.mkdir()
    asyncio.run(publisher.publish(str(place)))
    shutil.copytree(place, before)

    def reset() -> None:
        shutil.rmtree(place)
        shutil.copytree(before, place)

    def names() -> set[str]:
        found = {path.name for path in (place / "public/objects").rglob("*") if path.is_file()}
        return {name for name in found if not name.startswith(".")}

    _check_publishing(_newer(publisher, tmp_path), str(place), _stepping_system, names, reset)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket, as a boto3 client. The models of botocore's clients are read once."""
    import boto3
    import botocore.session

    with moto_server(BUCKET) as url:
        monkeypatch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        yield client
        client.close()


def test_a_publisher_that_is_killed_in_a_bucket_leaves_the_old_or_the_new_whole(
    publisher: Machine, tmp_path: Path, s3: Any
) -> None:
    address = f"s3://{BUCKET}/catalogue"
    asyncio.run(publisher.publish(address))

    def keys() -> set[str]:
        return {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}

    before = keys()
    manifest = s3.get_object(Bucket=BUCKET, Key=MANIFEST)["Body"].read()

    def reset() -> None:
        s3.put_object(Bucket=BUCKET, Key=MANIFEST, Body=manifest)
        if more := keys() - before:
            s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in more]})

    _check_publishing(_newer(publisher, tmp_path), address, IN_BUCKET, lambda: keys() - {MANIFEST}, reset)


def _rows_are_whole(machine: Machine, step: int) -> None:
    """What is shown is of the old images or of the new ones, and what is in both is shown."""
    old, new = _by_region(OLD)["eu-west-1"], _by_region(NEW)["eu-west-1"]
    rows = {row[0]: row[1] for row in machine.found("")}
    assert old.keys() & new.keys() <= rows.keys() <= old.keys() | new.keys(), f"lost or torn at step {step}"
    names = {(each["ImageId"], each["Name"]) for each in (*OLD, *NEW)}
    assert set(rows.items()) <= names
    with SegmentStore(machine.where.segments_dir) as store:
        segment = store.segment(AMAZON)
        assert segment is not None
        assert segment.complete
        stored = [
            record for chunk_id in segment.chunk_ids for record in store.records(chunk_id) if record is not None
        ]
        assert {each["ImageId"]: each for each in stored} in (old, new), f"torn at step {step}"


def _held(machine: Machine) -> set[str]:
    """The published chunks that are stored."""
    with SegmentStore(machine.where.segments_dir) as store:
        return {source_of(one) for found in (store.segment(AMAZON), store.partial(AMAZON)) if found
                for one in found.chunk_ids}  # fmt: skip


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_a_pull_that_is_killed_goes_on_where_it_was_and_nothing_is_torn(
    publisher: Machine, tmp_path: Path, place: str, request: pytest.FixtureRequest
) -> None:
    if place == "bucket":
        request.getfixturevalue("s3")
        address = f"s3://{BUCKET}/pulled"
    else:
        (tmp_path / "shared").mkdir()
        address = str(tmp_path / "shared")
    asyncio.run(publisher.publish(address))
    begun = Machine.at(tmp_path / "begun")
    asyncio.run(begun.pull(address, [AMAZON]))
    newer = _newer(publisher, tmp_path)
    asyncio.run(newer.publish(address))
    install = IN_STORE if place == "folder" else _stepping_both

    def copied(moment: int) -> Machine:
        shutil.copytree(tmp_path / "begun", tmp_path / f"reader{moment}")
        return Machine.at(tmp_path / f"reader{moment}", now=newer.now)

    steps = _dies(partial(copied(0).pull, address, [AMAZON]), install, 0)[1]
    wanted = _held(Machine.at(tmp_path / "reader0"))
    moments = _moments(steps)
    for moment in moments if place == "folder" else moments[::5]:
        reader = copied(moment)
        died, _ = _dies(partial(reader.pull, address, [AMAZON]), install, moment)
        assert died
        _rows_are_whole(reader, moment)
        missing = wanted - _held(reader)
        (again,) = asyncio.run(reader.pull(address, [AMAZON]))
        assert again.pages == len(missing), f"what had come before step {moment} was fetched again"
        assert reader.records() == _by_region(NEW)["eu-west-1"]
        shutil.rmtree(tmp_path / f"reader{moment}")


def _stepping_both(step: Step) -> None:
    IN_STORE(step)
    IN_BUCKET(step)
