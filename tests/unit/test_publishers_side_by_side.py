"""Publishers and readers whose steps interleave in every way: what a manifest names is always there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from amitui.catalog.sharing.checked import check_object
from amitui.catalog.sharing.manifest import (
    ChunkEntry,
    Manifest,
    PublishedSegment,
    PublishedSlice,
    ShardEntry,
    dump_segment,
    hashes_of,
    parse_manifest,
    parse_segment,
)
from amitui.catalog.sharing.names import hash_of, manifest_path, object_path
from amitui.catalog.sharing.plan import Listed
from amitui.catalog.sharing.publish import DELETE_WITHIN_S, DELETED_AFTER_S, Prepared, Publication, Publisher
from amitui.catalog.sharing.storage import Stored
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.slices import WHOLE

GRACE_S = 3_600
REQUEST_S = 100
"""For how long a request may be under way, its repetitions included."""
MANIFEST = manifest_path(PUBLIC)
SHARDS = [Shard("aws", PUBLIC, region, "amazon") for region in ("eu-west-1", "us-east-1")]


class Made(Prepared):
    """Segments whose chunks are short texts, as if they were stored."""

    def __init__(self, contents: Sequence[tuple[Shard, Sequence[bytes], int]]) -> None:
        self.entries, self.sizes, self.chunks_of = [], {}, {}
        self._data: dict[str, bytes] = {}
        for shard, texts, fetched_at in contents:
            chunks = tuple(ChunkEntry(hash_of(text), len(text)) for text in dict.fromkeys(texts))
            data = dump_segment(PublishedSegment(shard, (PublishedSlice(WHOLE, chunks, 0, fetched_at),)))
            self._data |= {hash_of(one): one for one in (*texts, data)}
            self.sizes |= {hash_of(one): len(one) for one in (*texts, data)}
            self.chunks_of[hash_of(data)] = frozenset(chunk.digest for chunk in chunks)
            size = sum(chunk.size for chunk in chunks)
            self.entries.append(ShardEntry(shard, hash_of(data), len(data), size, 0, fetched_at))

    def data_of(self, digest: str) -> bytes:
        return self._data[digest]


@dataclass
class World:
    """A bucket, the true time, and the requests that wait to be answered."""

    time: int = 10_000_000
    objects: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    waiting: list[tuple[int, asyncio.Future[None], str]] = field(default_factory=list)
    """Since when, what answers it, and what it is."""

    async def turn(self, what: str) -> None:
        """Wait to be answered."""
        answer = asyncio.get_running_loop().create_future()
        self.waiting.append((self.time, answer, what))
        await answer

    async def answer(self, place: int) -> None:
        """Answer one request, and let whoever made it go on to its next."""
        _, chosen, _ = self.waiting.pop(place % len(self.waiting))
        if not chosen.done():
            chosen.set_result(None)
        for _ in range(12):
            await asyncio.sleep(0)

    async def pass_time(self, seconds: int) -> None:
        """Let time pass; no request takes longer than `REQUEST_S`."""
        ends = self.time + seconds
        while old := [began for began, _, _ in self.waiting if began + REQUEST_S <= ends]:
            self.time = max(self.time, min(old) + REQUEST_S)
            await self.answer([began for began, _, _ in self.waiting].index(min(old)))
            self.check()
        self.time = ends

    def manifest(self) -> Manifest | None:
        found = self.objects.get(MANIFEST)
        return None if found is None else parse_manifest(found[0], PUBLIC)

    def check(self) -> None:
        """All that the manifest names is there, whole."""
        manifest = self.manifest()
        for entry in manifest.shards if manifest is not None else ():
            data, _ = self.objects[object_path(PUBLIC, entry.segment)]
            check_object(data, digest=entry.segment, size=entry.size)
            for chunk in parse_segment(data, entry.shard).chunks:
                check_object(
                    self.objects[object_path(PUBLIC, chunk.digest)][0], digest=chunk.digest, size=chunk.size
                )


@dataclass(frozen=True)
class MemoryStorage:
    """See `storage.Storage`; each call waits for its turn."""

    world: World
    title: str = "memory"

    async def get(self, path: str, most: int) -> Stored | None:
        await self.world.turn("get")
        found = self.world.objects.get(path)
        assert found is None or len(found[0]) <= most
        return None if found is None else Stored(found[0], hash_of(found[0]))

    async def copy(self, path: str, write: Callable[[bytes], object], most: int) -> int | None:
        found = await self.get(path, most)
        if found is None:
            return None
        write(found.data)
        return len(found.data)

    async def put(self, path: str, data: bytes) -> None:
        await self.world.turn("put")
        self.world.objects[path] = (data, self.world.time)

    async def replace(self, path: str, data: bytes, version: str | None) -> bool:
        await self.world.turn("replace")
        found = self.world.objects.get(path)
        if (None if found is None else hash_of(found[0])) != version:
            return False
        self.world.objects[path] = (data, self.world.time)
        return True

    async def listing(self, folder: str) -> AsyncIterator[Listed]:
        await self.world.turn("listing")
        for path, (data, at) in list(self.world.objects.items()):
            if path.startswith(folder):
                yield Listed(path, len(data), at)

    async def delete(self, paths: Sequence[str]) -> None:
        await self.world.turn("delete")
        for path in paths:
            self.world.objects.pop(path, None)

    async def close(self) -> None:
        pass


def _publisher(world: World, skew: int = 0) -> Publisher:
    async def at_once(work: Callable[[], bytes]) -> bytes:
        return work()

    async def pause(seconds: float) -> None:
        ends = world.time + seconds
        while world.time < ends:
            await world.turn("pause")

    return Publisher(
        MemoryStorage(world), "aws", at_once, lambda: world.time + skew, GRACE_S, lambda _: None, pause
    )


@pytest.mark.parametrize("seed", range(8))
def test_whatever_publishers_do_at_once_and_wherever_they_die_what_a_manifest_names_is_there(seed: int) -> None:
    for run in range(40):
        dice = random.Random(1_000 * seed + run)
        publishes = [
            (dice.randrange(2), set(dice.choices("abcd", k=dice.randint(1, 3))), dice.randint(-7_200, 7_200))
            for _ in range(dice.randint(2, 7))
        ]
        asyncio.run(_interleaved(publishes, dice))


async def _interleaved(publishes: list[tuple[int, set[str], int]], dice: random.Random) -> None:
    """Publish, each time some chunks of a shard by a clock that is wrong; steps, deaths and pauses by the dice."""
    world = World()
    left = list(enumerate(publishes))
    under_way: list[tuple[asyncio.Task[Publication], int, int]] = []
    while left or under_way:
        roll = dice.random()
        if left and (roll < 0.15 or not under_way):
            fetched_at, (which, chunks, skew) = left.pop(0)
            made = Made([(SHARDS[which], [each.encode() * 40 for each in sorted(chunks)], fetched_at + 1)])
            work = asyncio.ensure_future(_publisher(world, skew).publish(PUBLIC, made))
            under_way.append((work, which, fetched_at + 1))
            await asyncio.sleep(0)
        elif roll < 0.22:
            await world.pass_time(dice.choice([1, 20, 200, 2_000, 8_000]))
        elif roll < 0.25 and under_way:
            under_way.pop(dice.randrange(len(under_way)))[0].cancel()  # as by SIGKILL: nothing is written after it
            await asyncio.sleep(0)
        elif world.waiting:
            await world.answer(dice.randrange(1 << 16))
        else:
            await asyncio.sleep(0)
        world.waiting = [one for one in world.waiting if not one[1].done()]
        world.check()
        for one in [one for one in under_way if one[0].done()]:
            under_way.remove(one)
            one[0].result()
            entry = (world.manifest() or Manifest(PUBLIC, "aws")).entry(SHARDS[one[1]])
            assert entry is not None
            assert entry.fetched_at >= one[2], "what was published is lost"


async def _publish(world: World, made: Made) -> Publication:
    """Publish without anybody else."""
    work = asyncio.ensure_future(_publisher(world).publish(PUBLIC, made))
    await _until(world, work.done)
    return work.result()


async def _until(world: World, holds: Callable[[], bool], *, but: str = "") -> None:
    """Answer all requests but those of one kind, until something holds."""
    for _ in range(1_000):
        await asyncio.sleep(0)
        if holds():
            return
        places = [place for place, (_, _, what) in enumerate(world.waiting) if what != but]
        if places:
            await world.answer(places[0])
    raise AssertionError("it never came to that")


def _of(world: World, what: str) -> bool:
    return any(kind == what for _, _, kind in world.waiting)


async def _about_to_delete() -> tuple[World, asyncio.Task[Publication]]:
    """A publisher whose request to delete a chunk `a` is under way."""
    world = World()
    for fetched_at, text in enumerate((b"a" * 40, b"b" * 40), 1):
        await _publish(world, Made([(SHARDS[0], [text], fetched_at)]))
    world.time += 2 * GRACE_S
    slow = asyncio.ensure_future(_publisher(world).publish(PUBLIC, Made([(SHARDS[0], [b"b" * 40], 3)])))
    await _until(world, lambda: _of(world, "delete"), but="delete")
    return world, slow


async def test_whoever_needs_what_another_deletes_waits_until_it_is_gone_and_sends_it_again() -> None:
    world, slow = await _about_to_delete()
    manifest = world.manifest()
    assert manifest is not None
    assert hash_of(b"a" * 40) in manifest.deleting
    again = asyncio.ensure_future(_publisher(world).publish(PUBLIC, Made([(SHARDS[0], [b"a" * 40], 4)])))
    await _until(world, lambda: _of(world, "pause"), but="delete")
    assert not again.done()
    await world.pass_time(int(DELETED_AFTER_S))
    assert slow.done()
    assert slow.result().deleted == 2
    await _until(world, again.done)
    assert again.result().sent == 2
    world.check()


async def test_a_publisher_that_slept_between_announcing_and_deleting_deletes_nothing() -> None:
    world = World()
    for fetched_at, text in enumerate((b"a" * 40, b"b" * 40), 1):
        await _publish(world, Made([(SHARDS[0], [text], fetched_at)]))
    world.time += 2 * GRACE_S
    before = set(world.objects)
    sleeper = asyncio.ensure_future(_publisher(world).publish(PUBLIC, Made([(SHARDS[0], [b"b" * 40], 3)])))
    await _until(world, lambda: _of(world, "replace"), but="replace")
    world.time += DELETE_WITHIN_S
    await _until(world, sleeper.done)
    assert sleeper.result().deleted == 0
    assert before <= set(world.objects)


async def test_a_reader_of_the_manifest_before_finds_all_of_it_for_the_grace_time() -> None:
    world = World()
    old = Made([(SHARDS[0], [b"a" * 40, b"b" * 40], 1)])
    await _publish(world, old)
    for step in range(2, 12):
        world.time += GRACE_S // 10
        await _publish(world, Made([(SHARDS[0], [b"x" * step], step)]))
        if step < 11:
            assert {object_path(PUBLIC, digest) for digest in old.sizes} <= set(world.objects)
    world.time += GRACE_S
    await _publish(world, Made([(SHARDS[0], [b"y"], 12)]))
    manifest = world.manifest()
    assert manifest is not None
    assert not set(hashes_of(manifest)) & set(old.sizes)
    assert object_path(PUBLIC, hash_of(b"a" * 40)) not in world.objects
