"""The index against a model that keeps everything in dictionaries: whatever crawls bring, in whatever order."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from amitui.catalog.index.writer import CatalogIndex
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.image.row import ImageSummary
from tests.unit.test_index import AMAZON, CREATED, MINE, PUBLISHERS, image

SHARDS = (AMAZON, PUBLISHERS, MINE)


def is_private(shard: Shard) -> bool:
    return shard.visibility != PUBLIC


class Step(NamedTuple):
    """One call of the index."""

    shard: int
    kind: str
    """`begin` a new generation, `add` a batch, `finish` the crawl, or let images `leave`."""
    images: tuple[tuple[int, int | None], ...] = ()
    """Number and creation time of each."""


@dataclass
class Naive:
    """What should be in the index."""

    generations: dict[Shard, int] = field(default_factory=dict)
    rows: dict[tuple[bool, int], int | None] = field(default_factory=dict)
    """By whether it is the private row, and the image's number: its creation time."""
    places: dict[tuple[Shard, int], tuple[int, str, int]] = field(default_factory=dict)
    """By shard and number: generation, chunk and line."""

    def forget(self, shard: Shard, number: int) -> None:
        del self.places[shard, number]
        private = is_private(shard)
        if not any(there == number and is_private(s) == private for s, there in self.places):
            del self.rows[private, number]


def apply(index: CatalogIndex, model: Naive, step: Step, chunk_id: str) -> None:
    shard = SHARDS[step.shard]
    generation = model.generations.get(shard, 0)
    if step.kind == "begin" or not generation:
        model.generations[shard] = generation = generation + 1
        index.begin_shard(shard, generation)
    if step.kind == "add":
        summaries = [dated(number, created) for number, created in step.images]
        index.add_rows(shard, generation, summaries, chunk_id)
        for line, (number, created) in enumerate(step.images):
            model.places[shard, number] = (generation, chunk_id, line)
            model.rows[is_private(shard), number] = created
    elif step.kind == "leave":
        gone = [number for number, _ in step.images if (shard, number) in model.places]
        index.amend(shard, generation, {}, {}, [dated(number, None).image_id for number in gone])
        for number in gone:
            model.forget(shard, number)
    elif step.kind == "finish":
        old = [n for (s, n), place in model.places.items() if s == shard and place[0] != generation]
        assert index.finish_shard(shard, generation, CREATED).removed == len(old)
        for number in old:
            model.forget(shard, number)


def dated(number: int, created: int | None) -> ImageSummary:
    # A name that a search finds, and that tells from which call the row's texts are.
    return image(number, created=created, name=f"image {number:04} of {created}", tags=(("n", str(number)),))


def check(path: str, model: Naive) -> None:
    with closing(sqlite3.connect(path)) as connection:
        ask = connection.execute
        rows = ask(
            "SELECT i.id, t.image_id, i.created, t.name, i.audience <> 0, g.value FROM image i"
            " JOIN image_text t ON t.id = i.id JOIN tag g ON g.id = i.id ORDER BY i.id"
        ).fetchall()
        found = {(bool(private), int(image_id[4:], 16)): created for _, image_id, created, _, private, _ in rows}
        assert found == model.rows
        assert len(rows) == ask("SELECT count(*) FROM image").fetchone()[0] == len(model.rows)
        assert [row[2] or 0 for row in rows] == sorted(row[2] or 0 for row in rows), "ids follow creation times"
        for row_id, image_id, created, name, _, tag in rows:
            assert name == f"image {int(image_id[4:], 16):04} of {created}"
            assert tag == str(int(image_id[4:], 16))
            found_ids = {i for (i,) in ask("SELECT rowid FROM search WHERE search MATCH ?", (f'"{name}"',))}
            assert row_id in found_ids, name
        numbers = {row_id: int(image_id[4:], 16) for row_id, image_id, *_ in rows}
        (matches,) = ask("SELECT count(*) FROM search WHERE search MATCH '\"image \"'").fetchone()
        assert matches == len(rows), "the full-text index holds rows that went"
        places = {
            (Shard.from_key(key), numbers[row_id]): (generation, chunk_id, line)
            for key, row_id, generation, chunk_id, line in ask(
                "SELECT s.key, m.id, m.generation, c.chunk_id, m.line FROM membership m JOIN shard s USING (slot)"
                " JOIN chunk c ON c.code = m.chunk"
            )
        }
        assert places == model.places
        slots = {slot: Shard.from_key(key) for slot, key in ask("SELECT slot, key FROM shard")}
        for row_id, bits, private in ask("SELECT id, slots, audience <> 0 FROM image"):
            assert {slot for slot in slots if bits >> slot % 64 & 1 and is_private(slots[slot]) == private} == {
                slot
                for slot, shard in slots.items()
                if (shard, numbers[row_id]) in model.places and is_private(shard) == private
            }
        for key, count in ask("SELECT key, record_count FROM shard"):
            assert count == sum(shard.key == key for shard, _ in model.places)
        assert ask("PRAGMA integrity_check").fetchall() == [("ok",)]


TIMES = st.one_of(st.none(), st.integers(0, 4).map(lambda offset: CREATED + offset))
BATCH = st.dictionaries(st.integers(0, 7), TIMES, max_size=8).map(lambda found: tuple(found.items()))
STEPS = st.lists(
    st.builds(
        Step,
        st.integers(0, len(SHARDS) - 1),
        st.sampled_from(("add", "add", "add", "begin", "finish", "leave")),
        BATCH,
    ),
    max_size=12,
)


def swap(*numbers_and_times: tuple[int, int]) -> tuple[tuple[int, int | None], ...]:
    return tuple((number, CREATED + time) for number, time in numbers_and_times)


@settings(max_examples=40, deadline=None)
@given(STEPS)
@example([Step(0, "add", swap((1, 0), (2, 1))), Step(0, "add", swap((1, 1), (2, 0)))])
@example([Step(0, "add", swap((1, 0), (2, 1), (3, 2))), Step(0, "add", swap((1, 1), (2, 2), (3, 0)))])
@example([Step(0, "add", swap((1, 0), (2, 1), (3, 2))), Step(0, "add", swap((1, 1), (2, 2), (3, 3)))])
@example(
    [
        Step(0, "add", swap((1, 0), (2, 1))),
        Step(1, "add", swap((1, 0), (2, 1))),
        Step(1, "begin"),
        Step(1, "add", swap((1, 1))),
        Step(1, "add", swap((2, 0))),
        Step(1, "finish"),
    ]
)
def test_any_sequence_of_crawls_leaves_what_a_naive_model_holds(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "eu-west-1.sqlite")
        model = Naive()
        with CatalogIndex.open(path, "eu-west-1") as index:
            for number, step in enumerate(steps):
                apply(index, model, step, f"chunk {number}")
            check(path, model)


def test_a_thousand_images_may_trade_their_creation_times(tmp_path: object) -> None:
    path = os.path.join(str(tmp_path), "eu-west-1.sqlite")
    model = Naive()
    count = 1200
    with CatalogIndex.open(path, "eu-west-1") as index:
        before = tuple((number, CREATED + number) for number in range(count))
        turned = tuple((number, CREATED + (number * 7 + 5) % count) for number in range(count))
        apply(index, model, Step(0, "add", before), "first")
        apply(index, model, Step(2, "add", before), "private")
        apply(index, model, Step(0, "add", turned[::-1]), "second")
        check(path, model)
