"""The index from the writing side, seen through its own answers and through plain SQL."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from amitui.catalog.index import facts, schema
from amitui.catalog.index.row_key import first_id, id_of, key_of, key_text, keys_of, slot_of
from amitui.catalog.index.writer import CatalogIndex
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageSummary
from amitui.errors import CacheError

CREATED = 1_780_000_000
AMAZON = Shard("aws", PUBLIC, "eu-west-1", "amazon")
PUBLISHERS = Shard("aws", PUBLIC, "eu-west-1", "publishers")
MINE = Shard("aws", "111122223333", "eu-west-1", "mine")


def image(number: int, **changes: object) -> ImageSummary:
    summary = ImageSummary(
        image_id=f"ami-{number:017x}",
        name=f"ubuntu-{number}",
        description="",
        owner_id="099720109477",
        owner_alias="amazon",
        architecture="x86_64",
        platform="Linux/UNIX",
        created=CREATED + number,
        deprecated=None,
        last_launched=None,
        state="available",
        state_reason="",
        image_type="machine",
        root_device_type="ebs",
        virtualization="hvm",
        boot_mode="",
        size_gib=8,
        flags=ImageFlag.PUBLIC,
        tags=(),
    )
    return summary._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "eu-west-1.sqlite")


@pytest.fixture
def index(path: str) -> Iterator[CatalogIndex]:
    with CatalogIndex.open(path, "eu-west-1") as opened:
        yield opened


def ask(path: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def names_matching(path: str, text: str) -> list[object]:
    rows = ask(
        path,
        "SELECT name FROM image_text WHERE id IN (SELECT rowid FROM search WHERE search MATCH ?) ORDER BY id",
        f'"{text}"',
    )
    return [name for (name,) in rows]


def crawl(index: CatalogIndex, shard: Shard, generation: int, *images: ImageSummary) -> int:
    """A whole crawl of one page; returns how many rows went."""
    index.begin_shard(shard, generation)
    index.add_rows(shard, generation, images, f"{shard.owner_scope}-{generation}")
    return index.finish_shard(shard, generation, CREATED).removed


def test_a_file_that_nobody_has_filled_wants_filling_and_another_does_not(path: str) -> None:
    for _ in range(2):
        with CatalogIndex.open(path, "eu-west-1") as index:
            assert index.needs_rebuild
    with CatalogIndex.open(path, "eu-west-1") as index:
        index.begin_shard(AMAZON, 1)
    with CatalogIndex.open(path, "eu-west-1") as index:
        assert not index.needs_rebuild


def test_a_file_of_an_older_schema_is_emptied_and_wants_filling(path: str) -> None:
    with CatalogIndex.open(path, "eu-west-1") as index:
        crawl(index, AMAZON, 1, image(1))
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={schema.SCHEMA_VERSION - 1}")
    connection.execute("CREATE TABLE from_the_past (x)")
    connection.commit()
    connection.close()
    with CatalogIndex.open(path, "eu-west-1") as index:
        assert index.needs_rebuild
        assert index.count() == 0
        assert crawl(index, AMAZON, 1, image(2)) == 0
    assert ask(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'from_the_past'") == [(0,)]


def test_the_file_is_for_its_owner_only(path: str, index: CatalogIndex) -> None:
    crawl(index, AMAZON, 1, image(1))
    for suffix in ("", "-wal", "-shm"):
        assert stat.S_IMODE(os.stat(path + suffix).st_mode) == 0o600


def test_a_symlink_is_not_followed(path: str, tmp_path: Path) -> None:
    os.symlink(tmp_path / "elsewhere", path)
    with pytest.raises(CacheError, match="cannot be used") as caught:
        CatalogIndex.open(path, "eu-west-1")
    assert caught.value.why == "it is a symbolic link"
    assert not (tmp_path / "elsewhere").exists()


def test_no_log_stays_behind_for_a_reader_that_closes_its_file_last(path: str, index: CatalogIndex) -> None:
    index.begin_shard(AMAZON, 1)
    index.add_rows(AMAZON, 1, [image(number) for number in range(50)], "chunk")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        assert reader.execute("SELECT count(*) FROM image").fetchone() == (50,)
        assert os.path.getsize(f"{path}-wal")
        index.close()
        index.close()
        assert os.path.getsize(f"{path}-wal") == 0
        assert reader.execute("SELECT count(*) FROM image").fetchone() == (50,)


def test_a_reader_in_the_midst_of_the_file_does_not_hold_up_who_closes_it(path: str, index: CatalogIndex) -> None:
    index.begin_shard(AMAZON, 1)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM image").fetchone() == (0,)
        index.add_rows(AMAZON, 1, [image(1)], "chunk")
        index.close()
        assert reader.execute("SELECT count(*) FROM image").fetchone() == (0,)
        reader.execute("COMMIT")
        assert reader.execute("SELECT count(*) FROM image").fetchone() == (1,)


def test_rows_are_there_as_soon_as_they_are_added(index: CatalogIndex) -> None:
    index.begin_shard(AMAZON, 1)
    assert index.add_rows(AMAZON, 1, [image(1), image(2)], "c1")[:2] == (2, 0)
    assert index.count() == 2
    (status,) = index.shards()
    assert (status.shard, status.generation, status.record_count, status.complete) == (AMAZON, 1, 2, False)


def test_a_finished_shard_says_when_and_how_many(index: CatalogIndex) -> None:
    crawl(index, AMAZON, 1, image(1), image(2))
    (status,) = index.shards()
    assert (status.fetched_at, status.record_count, status.complete, status.origin) == (CREATED, 2, True, "ec2")


def test_a_shard_that_is_crawled_anew_keeps_its_rows_and_its_date(index: CatalogIndex) -> None:
    crawl(index, AMAZON, 1, image(1), image(2))
    index.begin_shard(AMAZON, 2, origin="import")
    assert index.count() == 2
    (status,) = index.shards()
    assert (status.generation, status.complete, status.fetched_at) == (2, False, CREATED)
    assert status.origin == "import"


def test_images_that_a_crawl_does_not_meet_go(index: CatalogIndex, path: str) -> None:
    crawl(index, AMAZON, 1, image(1), image(2), image(3))
    assert crawl(index, AMAZON, 2, image(2)) == 2
    assert index.count() == 1
    assert names_matching(path, "ubuntu") == ["ubuntu-2"]
    assert ask(path, "SELECT count(*) FROM membership") == [(1,)]
    assert ask(path, "SELECT chunk_id FROM chunk") == [("amazon-2",)]


def test_an_image_in_two_shards_is_one_row_and_stays_while_one_has_it(index: CatalogIndex) -> None:
    crawl(index, AMAZON, 1, image(1), image(2))
    crawl(index, PUBLISHERS, 1, image(1))
    assert index.count() == 2
    assert crawl(index, AMAZON, 2, image(2)) == 1
    assert index.count() == 2
    index.drop_shard(PUBLISHERS)
    assert index.count() == 1


def test_crawls_of_two_shards_side_by_side_do_not_age_each_others_rows(index: CatalogIndex) -> None:
    index.begin_shard(AMAZON, 5)
    index.begin_shard(PUBLISHERS, 1)
    index.add_rows(AMAZON, 5, [image(1)], "a")
    index.add_rows(PUBLISHERS, 1, [image(1)], "p")
    assert index.finish_shard(AMAZON, 5, CREATED).removed == 0
    assert index.finish_shard(PUBLISHERS, 1, CREATED).removed == 0
    assert index.count() == 1


def test_every_shard_keeps_its_own_place_of_the_record(index: CatalogIndex) -> None:
    index.begin_shard(AMAZON, 1)
    index.add_rows(AMAZON, 1, [image(1), image(2)], "a")
    index.begin_shard(PUBLISHERS, 1)
    index.add_rows(PUBLISHERS, 1, [image(2)], "p", lines=[7])
    assert index.locate(image(2).image_id) == [(PUBLISHERS, "p", 7), (AMAZON, "a", 1)]
    index.drop_shard(PUBLISHERS)
    assert index.locate(image(2).image_id) == [(AMAZON, "a", 1)]


def test_an_image_is_found_by_its_id_without_a_look_at_the_others(path: str, index: CatalogIndex) -> None:
    crawl(index, AMAZON, 1, *map(image, range(2000)))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(path)) as connection:
        connection.set_progress_handler(count, 1)
        assert facts.locate(connection, image(7).image_id) == [(AMAZON, "amazon-1", 7)]
    assert steps < 500


def test_what_one_account_sees_is_another_row_than_what_all_see(index: CatalogIndex) -> None:
    crawl(index, AMAZON, 1, image(1))
    crawl(index, MINE, 1, image(1, tags=(("Env", "prod"),)))
    assert index.count() == 2
    index.drop_shard(MINE)
    assert index.count() == 1


def test_a_changed_image_changes_in_place(index: CatalogIndex, path: str) -> None:
    crawl(index, AMAZON, 1, image(1), image(2))
    before = ask(path, "SELECT id FROM image ORDER BY id")
    index.begin_shard(AMAZON, 2)
    changed = image(1, state="disabled", description="retired")
    assert index.add_rows(AMAZON, 2, [changed, image(2)], "c2")[:2] == (0, 1)
    assert ask(path, "SELECT id FROM image ORDER BY id") == before
    assert names_matching(path, "retired") == ["ubuntu-1"]
    assert index.add_rows(AMAZON, 2, [image(1)], "c2")[:2] == (0, 1)
    assert names_matching(path, "retired") == []


def test_a_renamed_image_is_found_by_its_new_name_only(index: CatalogIndex, path: str) -> None:
    crawl(index, AMAZON, 1, image(1, name="noble", description="noble"))
    crawl(index, AMAZON, 2, image(1, name="jammy", description="noble"))
    assert names_matching(path, "noble") == ["jammy"]
    crawl(index, AMAZON, 3, image(1, name="jammy", description="jammy"))
    assert names_matching(path, "noble") == []
    assert names_matching(path, "jammy") == ["jammy"]


def test_tags_follow_the_image(index: CatalogIndex, path: str) -> None:
    crawl(index, MINE, 1, image(1, tags=(("Env", "prod"), ("Team", "x"))))
    crawl(index, MINE, 2, image(1, tags=(("Env", "dev"),)))
    assert ask(path, "SELECT key, value FROM tag") == [("Env", "dev")]
    crawl(index, MINE, 3, image(1))
    assert ask(path, "SELECT count(*) FROM tag") == [(0,)]


def test_some_rows_can_be_refreshed_outside_a_crawl(index: CatalogIndex) -> None:
    crawl(index, AMAZON, 4, image(1), image(2))
    images = {one.image_id: (one, line) for line, one in enumerate((image(2, state="failed"), image(3)))}
    index.amend(AMAZON, 4, {}, {"extra": images}, [])
    assert index.locate(image(2).image_id) == [(AMAZON, "extra", 0)]
    assert index.finish_shard(AMAZON, 4, CREATED).removed == 0


def test_of_an_image_named_twice_the_last_counts(index: CatalogIndex, path: str) -> None:
    crawl(index, AMAZON, 1, image(1, name="first"), image(1, name="last"))
    assert index.count() == 1
    assert ask(path, "SELECT name FROM image_text") == [("last",)]


def test_row_ids_are_in_the_order_of_creation(index: CatalogIndex, path: str) -> None:
    index.begin_shard(AMAZON, 1)
    index.add_rows(AMAZON, 1, [image(5), image(1), image(9, created=None)], "a")
    index.add_rows(AMAZON, 1, [image(3), image(8, created=None), image(2, created=0)], "b")
    rows = ask(path, "SELECT i.created FROM image i ORDER BY i.id")
    assert [created for (created,) in rows] == [None, None, 0, CREATED + 1, CREATED + 3, CREATED + 5]


def test_any_number_of_images_may_be_created_in_one_second(index: CatalogIndex, path: str) -> None:
    index.begin_shard(AMAZON, 1)
    for batch in range(3):
        same = [image(batch * 40 + number, created=CREATED) for number in range(40)]
        index.add_rows(AMAZON, 1, [*same, image(1000 + batch, created=CREATED + 1)], str(batch))
    assert index.count() == 123
    ((low,),) = ask(path, "SELECT min(id) FROM image")
    assert low == first_id(CREATED)


def test_an_image_whose_creation_time_changes_moves_with_its_memberships(index: CatalogIndex) -> None:
    crawl(index, AMAZON, 1, image(1), image(2))
    crawl(index, PUBLISHERS, 1, image(1, created=None))
    assert index.count() == 2
    assert len(index.locate(image(1).image_id)) == 2
    assert crawl(index, PUBLISHERS, 2) == 1
    assert index.count() == 2


def test_removing_most_of_a_large_shard_leaves_the_rest_searchable(
    index: CatalogIndex, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amitui.catalog.index.rows._MANY", 10)
    crawl(index, AMAZON, 1, *(image(number) for number in range(2, 30)))
    crawl(index, PUBLISHERS, 1, image(1), image(2, description="kept"))
    index.drop_shard(AMAZON)
    assert names_matching(path, "ubuntu") == ["ubuntu-1", "ubuntu-2"]
    assert names_matching(path, "kept") == ["ubuntu-2"]


def test_dropping_an_unknown_shard_does_nothing(index: CatalogIndex) -> None:
    index.drop_shard(AMAZON)
    assert index.shards() == []


def test_a_shard_that_never_began_is_refused(index: CatalogIndex) -> None:
    with pytest.raises(CacheError, match="has no entry for"):
        index.add_rows(AMAZON, 1, [image(1)], "c")
    with pytest.raises(CacheError, match="has no entry for"):
        index.amend(AMAZON, 1, {}, {}, [image(1).image_id])


def test_one_public_shard_too_many_takes_the_place_of_the_account_fetched_longest_ago(index: CatalogIndex) -> None:
    accounts = [Shard("aws", PUBLIC, "eu-west-1", f"{number:012}") for number in range(len(schema.PUBLIC_BITS))]
    crawl(index, AMAZON, 1, image(1))
    for age, account in enumerate(accounts[:-1]):
        index.begin_shard(account, 1)
        index.finish_shard(account, 1, CREATED + (age or 500))
    index.begin_shard(accounts[-1], 1)
    kept = {status.shard for status in index.shards()}
    assert kept == {AMAZON, *accounts} - {accounts[1]}


def test_with_no_account_to_give_way_one_public_shard_too_many_is_refused(index: CatalogIndex) -> None:
    for number in range(len(schema.PUBLIC_BITS)):
        index.begin_shard(Shard("aws", PUBLIC, "eu-west-1", "community", f"{number}-*"), 1)
    with pytest.raises(CacheError, match="cannot hold another slice"):
        index.begin_shard(AMAZON, 1)


def test_forty_accounts_have_their_images_in_one_file_and_none_leaves_with_anothers(index: CatalogIndex) -> None:
    accounts = [f"{number:012}" for number in range(40)]
    crawl(index, AMAZON, 1, image(99))
    shards = [Shard("aws", account, "eu-west-1", scope) for account in accounts for scope in ("mine", "shared")]
    for number, shard in enumerate(shards):
        crawl(index, shard, 1, image(number % 7))
    assert [index.count_of(shard) for shard in shards] == [1] * 80
    index.drop_shard(shards[0])
    index.begin_shard(shards[-1], 2)
    index.finish_shard(shards[-1], 2, CREATED)
    assert [index.count_of(shard) for shard in shards] == [0, *[1] * 78, 0]
    assert (index.count(), index.count_of(AMAZON)) == (1 + 78, 1)


def test_a_freed_slot_shows_nothing_of_its_last_shard(index: CatalogIndex) -> None:
    crawl(index, AMAZON, 1, image(1))
    crawl(index, PUBLISHERS, 1, image(1), image(2))
    index.drop_shard(PUBLISHERS)
    index.begin_shard(MINE, 1)
    assert {status.shard: status.record_count for status in index.shards()} == {AMAZON: 1, MINE: 0}
    assert index.finish_shard(MINE, 1, CREATED).removed == 0
    assert index.count() == 1


def test_a_full_disk_leaves_the_file_as_it_was(index: CatalogIndex, path: str) -> None:
    crawl(index, AMAZON, 1, image(1))
    (pages,) = index._connection.execute("PRAGMA page_count").fetchone()
    index._connection.execute(f"PRAGMA max_page_count={pages + 2}")
    index.begin_shard(AMAZON, 2)
    with pytest.raises(CacheError, match="disk is full"):
        index.add_rows(AMAZON, 2, [image(n, description=f"{n} " * 900) for n in range(500)], "big")
    assert index.count() == 1
    index._connection.execute("PRAGMA max_page_count=1000000")
    assert index.add_rows(AMAZON, 2, [image(2, owner_id="111111111111", platform="new")], "c")[:2] == (1, 0)
    assert ask(path, "SELECT account FROM owner JOIN image ON code = owner ORDER BY account") == [
        ("099720109477",),
        ("111111111111",),
    ]


def test_a_file_that_another_writer_holds_is_reported_as_in_use(index: CatalogIndex, path: str) -> None:
    index._connection.execute("PRAGMA busy_timeout=1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(CacheError, match="in use") as caught:
            index.begin_shard(AMAZON, 1)
    finally:
        other.close()
    assert caught.value.retryable


def test_a_damaged_file_names_the_remedy(path: str) -> None:
    Path(path).write_bytes(b"this is no database, " * 500)
    with pytest.raises(CacheError, match="damaged") as caught:
        CatalogIndex.open(path, "eu-west-1")
    assert caught.value.remedy == "amitui sync rebuilds it"


def test_a_folder_that_is_missing_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="is gone"):
        CatalogIndex.open(str(tmp_path / "nowhere" / "x.sqlite"), "x")


def test_an_sqlite_without_trigrams_is_named(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(CacheError, match="no trigram search") as caught:
        CatalogIndex.open(path, "eu-west-1")
    assert "3.34.0" in caught.value.why


def test_two_writers_take_turns_and_agree_on_codes(path: str) -> None:
    with CatalogIndex.open(path, "eu-west-1") as one, CatalogIndex.open(path, "eu-west-1") as other:
        one.begin_shard(AMAZON, 1)
        other.begin_shard(PUBLISHERS, 1)
        one.add_rows(AMAZON, 1, [image(1, owner_id="1" * 12, platform="A")], "a")
        other.add_rows(PUBLISHERS, 1, [image(2, owner_id="2" * 12, platform="B")], "b")
        one.add_rows(AMAZON, 1, [image(3, owner_id="2" * 12, platform="B")], "c")
    assert ask(path, "SELECT count(DISTINCT owner), count(DISTINCT platform) FROM image") == [(2, 2)]


def test_a_writer_notices_that_the_tables_were_made_anew(path: str) -> None:
    with CatalogIndex.open(path, "eu-west-1") as index:
        crawl(index, AMAZON, 1, image(1, owner_id="1" * 12), image(2, owner_id="2" * 12))
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version=0")
        connection.close()
        with CatalogIndex.open(path, "eu-west-1") as newer:
            crawl(newer, AMAZON, 1, image(2, owner_id="2" * 12))
        index.begin_shard(PUBLISHERS, 1)
        index.add_rows(PUBLISHERS, 1, [image(1, owner_id="1" * 12)], "c")
    rows = ask(path, "SELECT account, name FROM image JOIN image_text USING (id) JOIN owner ON code = owner")
    assert sorted(rows) == [("1" * 12, "ubuntu-1"), ("2" * 12, "ubuntu-2")]


def test_closing_twice_does_no_harm(path: str) -> None:
    index = CatalogIndex.open(path, "eu-west-1")
    index.close()
    index.close()


@pytest.mark.parametrize("slot", [0, 1, 63])
def test_row_keys_keep_the_order_and_give_the_ids_back(slot: int) -> None:
    ids = [-130_000_000, -16_385, -16_384, -1, 1, 16_383, 16_384, first_id(CREATED), (1 << 34) - 1]
    keys = list(keys_of("".join(map(key_text, ids)), slot))
    assert keys == sorted(keys) == [key_of(row_id, slot) for row_id in ids]
    assert [id_of(key) for key in keys] == ids
    assert {slot_of(key) for key in keys} == {slot}


def test_dates_before_2006_and_after_2039_have_row_ids_too() -> None:
    assert first_id(0) == 1
    assert first_id(32_503_680_000) < 1 << 34


@pytest.mark.parametrize("what", ["changed", "new", "gone"])
def test_amending_one_image_costs_the_same_whatever_else_there_is(path: str, what: str) -> None:
    images = {"c": {image(5).image_id: (image(5, description="another", state="pending"), 5)}}
    if what == "new":
        images = {"c": {image(5000).image_id: (image(5000), 5)}}

    def steps(rows: int) -> int:
        """Of SQLite's machine, in tens."""
        taken = 0

        def count() -> int:
            nonlocal taken
            taken += 1
            return 0

        with CatalogIndex.open(f"{path}-{rows}", "eu-west-1") as index:
            crawl(index, AMAZON, 1, *(image(number) for number in range(rows)))
            index._connection.set_progress_handler(count, 10)
            index.amend(AMAZON, 2, {}, {} if what == "gone" else images, [image(5).image_id] * (what == "gone"))
            index._connection.set_progress_handler(None, 0)
            (status,) = index.shards()
            assert status.record_count == index.count_of(AMAZON) == rows + {"new": 1, "gone": -1}.get(what, 0)
        return taken

    assert steps(1000) < steps(50) * 1.5
