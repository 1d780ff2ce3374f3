"""Reading the catalogue: what views show, and what happens to a reader when its files change under it."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from amitui.catalog.index import schema
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.search.region_file import RegionFile
from amitui.catalog.search.view import CatalogReader, QueryInterrupted
from amitui.domain.catalogue.scope import ALL, AMAZON, COMMUNITY, MINE, SHARED, Scope
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageRow, ImageSummary
from amitui.domain.image.trust import Trust
from amitui.domain.query.parser import parse_query
from amitui.errors import CacheError

NOW = 1_780_000_000
DAY = 86_400
VIEWER = "111122223333"
STRANGER = "999988887777"
CANONICAL = "099720109477"
REGION = "eu-west-1"


def shard(scope: str = "amazon", visibility: str = PUBLIC, region: str = REGION) -> Shard:
    return Shard("aws", visibility, region, scope)


def image(number: int, name: str = "", **changes: object) -> ImageSummary:
    summary = ImageSummary(
        image_id=f"ami-0{number:016x}",
        name=name or f"image-{number}",
        description="",
        owner_id=STRANGER,
        owner_alias="",
        architecture="x86_64",
        platform="Linux/UNIX",
        created=NOW - 1000 * DAY + number,
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
def folder(tmp_path: Path) -> str:
    return str(tmp_path)


def write(folder: str, where: Shard, *images: ImageSummary, generation: int = 1, origin: str = "ec2") -> None:
    with CatalogIndex.open(os.path.join(folder, f"{where.region}.sqlite"), where.region) as index:
        index.begin_shard(where, generation, origin=origin)
        index.add_rows(where, generation, images, f"{where.owner_scope}-{generation}")
        index.finish_shard(where, generation, NOW)


@pytest.fixture
def reader(folder: str) -> Iterator[CatalogReader]:
    with CatalogReader(folder) as opened:
        yield opened


def known(account: str | None) -> tuple[str, ...]:
    """The viewer's accounts, of one that may not be known."""
    return () if account is None else (account,)


def view(
    text: str = "",
    *,
    regions: tuple[str, ...] = (REGION,),
    scopes: tuple[Scope, ...] = (ALL,),
    account: str | None = VIEWER,
    accounts: tuple[str, ...] = (),
    show_deprecated: bool = False,
) -> ViewRequest:
    return ViewRequest(
        parse_query(text, now=NOW), regions, scopes, accounts or known(account), show_deprecated, NOW
    )


def rows(reader: CatalogReader, request: ViewRequest) -> list[ImageRow]:
    found = reader.rows(reader.keys(request).keys, request.accounts)
    assert reader.first(request)[1] == found
    return [row for row in found if row is not None]


def names(reader: CatalogReader, request: ViewRequest) -> list[str]:
    return [row.name for row in rows(reader, request)]


def test_nothing_cached_is_an_empty_view(reader: CatalogReader) -> None:
    assert reader.first(view()) == ([], [])
    assert list(reader.keys(view()).keys) == []
    assert reader.total(view()) == 0
    assert reader.cached_regions() == []
    assert reader.shards([REGION]) == []
    assert reader.find_image("ami-9daa99ad", ()) == []


def test_a_row_says_everything_the_summary_did(folder: str, reader: CatalogReader) -> None:
    summary = image(
        1,
        "ubuntu",
        description="noble",
        owner_id="099720109477",
        owner_alias="amazon",
        deprecated=NOW + DAY,
        last_launched=NOW - DAY,
        state="failed",
        state_reason="no snapshot",
        boot_mode="uefi",
        flags=ImageFlag.PUBLIC | ImageFlag.ENA,
    )
    write(folder, shard(), summary)
    (row,) = rows(reader, view())
    assert (row.publisher, row.trust, row.region) == ("Canonical", Trust.AMAZON, REGION)
    shared_fields = set(ImageRow._fields) & set(ImageSummary._fields)
    assert {name: getattr(row, name) for name in shared_fields - {"description"}} == {
        name: getattr(summary, name) for name in shared_fields - {"description"}
    }
    assert row.description == "noble"
    assert isinstance(row.flags, ImageFlag)


def test_a_description_that_repeats_the_name_is_shown_as_such(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1, "twice", description="twice"), image(2, "once", state_reason="why"))
    assert [(row.description, row.state_reason) for row in rows(reader, view())] == [("", "why"), ("twice", "")]


def test_newest_first_and_undated_last(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(2), image(7, created=None), image(9), image(5))
    assert names(reader, view()) == ["image-9", "image-5", "image-2", "image-7"]
    assert names(reader, view("sort:created")) == ["image-7", "image-2", "image-5", "image-9"]


def test_rows_without_a_value_come_last_in_either_direction(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1, size_gib=8), image(2, size_gib=0), image(3, size_gib=30))
    assert names(reader, view("sort:size")) == ["image-1", "image-3", "image-2"]
    assert names(reader, view("sort:-size")) == ["image-3", "image-1", "image-2"]


def test_regions_are_merged_by_creation_and_by_value(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1, "b"), image(3, "d"))
    write(folder, shard(region="us-east-1"), image(2, "c"), image(4, "a"))
    both = ("us-east-1", REGION, "nowhere-1")
    assert names(reader, view(regions=both)) == ["a", "d", "c", "b"]
    assert names(reader, view("sort:name", regions=both)) == ["a", "b", "c", "d"]
    assert names(reader, view("sort:region", regions=both)) == ["d", "b", "a", "c"]
    assert names(reader, view("sort:created", regions=both)) == ["b", "c", "d", "a"]
    assert reader.total(view(regions=both)) == 4


def test_a_word_is_not_looked_for_inside_another_name_of_an_architecture(
    folder: str, reader: CatalogReader
) -> None:
    write(folder, shard(), image(1, "arch-linux"), image(2, "other", architecture="arm64"))
    assert names(reader, view("arch")) == ["arch-linux"]
    assert names(reader, view("aarch64")) == ["other"]


def test_words_that_are_left_out_narrow_what_the_others_find(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1, "noble daily"), image(2, "noble"), image(3, "jammy"))
    assert names(reader, view("noble -daily")) == ["noble"]
    assert names(reader, view("noble | jammy -daily")) == ["jammy", "noble"]
    assert names(reader, view("-noble")) == ["jammy"]


def test_deprecated_images_are_hidden_counted_and_shown_on_request(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1, deprecated=NOW - 1), image(2, deprecated=NOW + 1), image(3))
    assert names(reader, view()) == ["image-3", "image-2"]
    assert reader.keys(view()).deprecated_hidden == 1
    assert reader.total(view()) == 2
    assert names(reader, view(show_deprecated=True)) == ["image-3", "image-2", "image-1"]
    assert names(reader, view("deprecated:yes")) == ["image-1"]
    assert reader.keys(view("deprecated:yes")).deprecated_hidden == 0
    assert names(reader, view(image(1).image_id)) == ["image-1"]


def test_latest_is_the_newest_of_each_product_among_the_matches(folder: str, reader: CatalogReader) -> None:
    def ubuntu(number: int, date: str, architecture: str = "x86_64", **changes: object) -> ImageSummary:
        arch = "arm64" if architecture == "arm64" else "amd64"
        name = f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{arch}-server-{date}"
        return image(number, name, architecture=architecture, **changes)

    write(
        folder,
        shard(),
        ubuntu(1, "20250101"),
        ubuntu(2, "20250601"),
        ubuntu(3, "20250301", "arm64"),
        ubuntu(4, "20250701", deprecated=NOW - DAY),
        image(5, "", owner_id=STRANGER),
        image(6, "", owner_id=STRANGER),
    )
    write(folder, shard(region="us-east-1"), ubuntu(7, "20250102"))
    found = rows(reader, view("latest:yes ubuntu trusted:no", regions=(REGION, "us-east-1")))
    assert [row.image_id for row in found] == [image(number).image_id for number in (7, 2, 3)]
    assert reader.keys(view("latest:yes ubuntu trusted:no")).deprecated_hidden == 1
    assert len(rows(reader, view("latest:yes -ubuntu trusted:no"))) == 2


@pytest.mark.parametrize(
    ("scopes", "text", "wanted"),
    [
        ((ALL,), "noble latest:yes", [1]),
        ((COMMUNITY,), "noble latest:yes", [1]),
        ((AMAZON, ALL), "noble latest:yes", [1]),
        ((ALL,), "noble latest:no", [1, 2, 3]),
        ((ALL,), "noble latest:yes owner:canonical", [1]),
        ((ALL,), f"noble latest:yes owner:{STRANGER}", [2]),
        ((ALL,), f"noble latest:yes owner:{STRANGER},canonical", [1, 2]),
        ((ALL,), f"noble latest:yes owner:{STRANGER} | owner:canonical", [1, 2]),
        ((ALL,), "noble latest:yes -owner:amazon", [1]),
        ((ALL,), "noble latest:yes owner:canonical | noble", [1]),
        ((ALL,), "noble latest:yes trusted:no", [2]),
        ((Scope(STRANGER),), "noble latest:yes", [2]),
    ],
)
def test_the_latest_is_a_trusted_one_unless_an_owner_is_named(
    folder: str, reader: CatalogReader, scopes: tuple[Scope, ...], text: str, wanted: list[int]
) -> None:
    """A stranger's newer image of the same name is what somebody would be tricked into launching."""
    name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-2025010{}"
    write(
        folder,
        shard("community"),
        image(1, name.format(1), owner_id=CANONICAL),
        image(2, name.format(2), owner_id=STRANGER),
        image(3, name.format(3), owner_id=STRANGER, flags=ImageFlag.PUBLIC | ImageFlag.LOOKALIKE),
    )
    write(folder, shard(STRANGER, VIEWER), image(2, name.format(2), owner_id=STRANGER))
    request = view(text, scopes=scopes)
    assert [row.image_id for row in rows(reader, request)] == [image(number).image_id for number in wanted]


def test_the_builds_of_a_family_have_their_publisher_first(folder: str, reader: CatalogReader) -> None:
    name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-2025010{}"
    write(
        folder,
        shard("community"),
        image(1, name.format(1), owner_id=CANONICAL),
        image(2, name.format(2), owner_id=CANONICAL),
        image(3, name.format(3), owner_id=STRANGER, flags=ImageFlag.PUBLIC | ImageFlag.LOOKALIKE),
    )
    for more in ("", " arch:x86_64"):
        found = rows(reader, view(f'family:"ubuntu 24.04 x86_64"{more}', scopes=(ALL,)))
        assert [row.image_id for row in found] == [image(number).image_id for number in (2, 1, 3)]


def test_one_account_does_not_see_what_is_private_to_another(folder: str, reader: CatalogReader) -> None:
    write(folder, shard("mine", VIEWER), image(1, "secret", owner_id=VIEWER))
    write(folder, shard("community"), image(2, "open"))
    assert names(reader, view()) == ["open", "secret"]
    for other in ("777766665555", None):
        assert names(reader, view(account=other)) == ["open"]
        assert names(reader, view("secret", account=other)) == []
        assert names(reader, view(account=other, scopes=(MINE,))) == []
        assert names(reader, view("owner:" + VIEWER, account=other)) == []
        assert reader.total(view(account=other)) == 1
        assert reader.find_image(image(1).image_id, known(other)) == []


def test_what_was_imported_is_seen_without_an_account(folder: str, reader: CatalogReader) -> None:
    write(folder, shard("mine", VIEWER), image(1, owner_id=VIEWER), origin="import")
    assert names(reader, view(account=None)) == ["image-1"]
    assert names(reader, view(account=STRANGER)) == []


def test_own_images_come_from_the_viewers_own_shard_only(folder: str, reader: CatalogReader) -> None:
    write(folder, shard("community"), image(1, owner_id=VIEWER))
    write(folder, shard("mine", VIEWER), image(1, owner_id=VIEWER, last_launched=NOW, tags=(("Env", "x"),)))
    (row,) = rows(reader, view())
    assert (row.publisher, row.trust, row.last_launched) == ("Self", Trust.OWN, NOW)
    assert reader.tags(row.key) == (("Env", "x"),)
    assert names(reader, view("tag:env=x")) == ["image-1"]
    assert names(reader, view(scopes=(COMMUNITY,))) == []
    (public,) = rows(reader, view(account=STRANGER))
    assert (public.last_launched, reader.tags(public.key)) == (None, ())


def test_an_image_that_is_public_and_also_shared_is_shown_once(folder: str, reader: CatalogReader) -> None:
    write(folder, shard("community"), image(1), image(2))
    write(folder, shard("shared", VIEWER), image(1, tags=(("Env", "x"),)))
    assert names(reader, view()) == ["image-2", "image-1"]
    assert names(reader, view(scopes=(COMMUNITY,))) == ["image-2", "image-1"]
    assert names(reader, view(scopes=(SHARED,))) == ["image-1"]
    assert names(reader, view("tag:Env")) == ["image-1"]


def test_a_scope_shows_its_shards_and_an_account_all_that_it_owns(folder: str, reader: CatalogReader) -> None:
    write(folder, shard("amazon"), image(1, owner_id="137112412989", owner_alias="amazon"))
    write(folder, shard("community"), image(2), image(3, owner_id="123412341234"))
    assert names(reader, view(scopes=(AMAZON,))) == ["image-1"]
    assert names(reader, view(scopes=(Scope(STRANGER),))) == ["image-2"]
    assert names(reader, view(scopes=(AMAZON, Scope(STRANGER)))) == ["image-2", "image-1"]
    assert names(reader, view(scopes=(MINE,))) == []
    assert names(reader, view(scopes=(Scope("000000000000"),))) == []


def test_rows_are_given_in_the_order_of_their_keys_and_vanished_ones_are_none(
    folder: str, reader: CatalogReader
) -> None:
    write(folder, shard(), image(1), image(2), image(3))
    keys = list(reader.keys(view()).keys)
    write(folder, shard(), image(1), image(3), generation=2)
    assert [row and row.name for row in reader.rows(keys[::-1], ())] == ["image-1", None, "image-3"]
    assert reader.rows([], ()) == []


def test_the_record_of_a_row_is_where_its_newest_shard_put_it(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1), image(2))
    write(folder, shard("publishers"), image(9), image(2))
    (row,) = rows(reader, view("image-2"))
    assert reader.locate(row.key) == (shard("publishers"), "publishers-1", 1)
    assert reader.locate(row.key - (1 << 40)) is None


def test_an_image_is_found_in_every_cached_region(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    write(folder, shard(region="us-east-1"), image(1), image(2))
    found = reader.find_image(image(1).image_id.upper(), ())
    assert [(row.region, row.image_id) for row in found] == [
        (REGION, image(1).image_id),
        ("us-east-1", image(1).image_id),
    ]


def test_what_is_cached_is_told_also_while_it_is_fetched_anew(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    write(folder, shard("community", region="us-east-1"), image(2))
    assert reader.cached_regions() == [REGION, "us-east-1"]
    with CatalogIndex.open(os.path.join(folder, f"{REGION}.sqlite"), REGION) as index:
        index.begin_shard(shard(), 2)
    (status,) = reader.shards([REGION, "nowhere-1"])
    assert (status.shard, status.complete, status.fetched_at, status.record_count) == (shard(), False, NOW, 1)
    assert names(reader, view()) == ["image-1"]


def test_rows_show_up_while_their_shard_is_still_being_fetched(folder: str, reader: CatalogReader) -> None:
    with CatalogIndex.open(os.path.join(folder, f"{REGION}.sqlite"), REGION) as index:
        index.begin_shard(shard(), 1)
        index.add_rows(shard(), 1, [image(1)], "c")
        assert names(reader, view()) == ["image-1"]
        index.add_rows(shard(), 1, [image(2, platform="a new one")], "d")
        assert names(reader, view()) == ["image-2", "image-1"]


def test_a_sibling_understands_the_same_keys(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    write(folder, shard(region="us-east-1"), image(2))
    keys = reader.keys(view(regions=("us-east-1", REGION))).keys
    with reader.sibling() as window:
        assert [row and row.region for row in window.rows(keys, ())] == ["us-east-1", REGION]


def test_a_change_by_anybody_is_noticed_once(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    assert not reader.changed()
    assert not reader.changed()
    write(folder, shard(), image(1), image(2), generation=2)
    assert reader.changed()
    assert not reader.changed()
    write(folder, shard(region="us-east-1"), image(3))
    assert reader.changed()
    os.unlink(os.path.join(folder, "us-east-1.sqlite"))
    assert reader.changed()
    assert not reader.changed()


def test_a_deleted_file_is_an_empty_region(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    keys = reader.keys(view()).keys
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    assert reader.rows(keys, ()) == [None]
    assert names(reader, view()) == []
    assert reader.cached_regions() == []
    write(folder, shard(), image(2))
    assert names(reader, view()) == ["image-2"]


def test_a_replaced_file_is_read_instead(folder: str, tmp_path: Path, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    assert names(reader, view()) == ["image-1"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write(str(elsewhere), shard(), image(2, platform="another"))
    os.replace(elsewhere / f"{REGION}.sqlite", Path(folder) / f"{REGION}.sqlite")
    assert names(reader, view()) == ["image-2"]
    assert names(reader, view("another")) == ["image-2"]


def test_a_file_of_a_schema_too_old_to_be_searched_holds_nothing(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    connection = sqlite3.connect(os.path.join(folder, f"{REGION}.sqlite"))
    connection.execute(f"PRAGMA user_version={schema.READABLE - 1}")
    connection.close()
    with CatalogReader(folder) as fresh:
        assert fresh.first(view()) == ([], [])
        assert fresh.cached_regions() == []
        assert not fresh.is_filled(REGION)


def test_a_schema_that_changes_under_the_reader_is_noticed(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    assert names(reader, view()) == ["image-1"]
    connection = sqlite3.connect(os.path.join(folder, f"{REGION}.sqlite"))
    connection.execute("DROP TABLE image")
    connection.execute(f"PRAGMA user_version={schema.READABLE - 1}")
    connection.close()
    assert names(reader, view()) == []
    assert not reader.is_filled(REGION)


def test_a_damaged_file_names_the_remedy(folder: str, reader: CatalogReader) -> None:
    (Path(folder) / f"{REGION}.sqlite").write_bytes(b"no database at all, " * 300)
    with pytest.raises(CacheError, match="damaged") as caught:
        reader.first(view())
    assert caught.value.remedy == "amitui sync rebuilds it"


def test_damage_found_while_reading_names_the_remedy(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), *(image(number, description=f"{number} text " * 30) for number in range(400)))
    path = Path(folder) / f"{REGION}.sqlite"
    content = bytearray(path.read_bytes())
    content[4096 * 20 :] = b"\xff" * (len(content) - 4096 * 20)
    path.write_bytes(bytes(content))
    with pytest.raises(CacheError, match="damaged"):
        rows(reader, view("sort:name"))


def test_a_folder_that_cannot_be_written_can_be_read(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    os.chmod(folder, 0o500)
    try:
        assert names(reader, view("image")) == ["image-1"]
    finally:
        os.chmod(folder, 0o700)


def test_reading_leaves_the_file_alone(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    assert names(reader, view()) == ["image-1"]
    file = reader._files[REGION]
    with pytest.raises(CacheError, match="cannot be written"):
        file.execute("DELETE FROM image")


def test_a_total_is_counted_once_until_something_is_written(
    folder: str, reader: CatalogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, shard(), image(1), image(2))
    counts: list[str] = []
    genuine = RegionFile.execute

    def noted(self: RegionFile, statement: str, values: tuple[str | int, ...] = ()) -> sqlite3.Cursor:
        if "count(*)" in statement:
            counts.append(statement)
        return genuine(self, statement, values)

    monkeypatch.setattr(RegionFile, "execute", noted)
    assert [reader.total(view(text)) for text in ("", "i", "im")] == [2, 2, 2]
    assert len(counts) == 1
    assert reader.total(view(scopes=(MINE,))) == 0
    write(folder, shard(), image(1), image(2), image(3), generation=2)
    assert [reader.total(view(text)) for text in ("im", "ima")] == [3, 3]


def test_an_interruption_in_the_midst_of_looking_at_the_file_says_so(
    folder: str, reader: CatalogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, shard(), image(1))
    assert reader.total(view()) == 1

    class Interrupted:
        def fetchall(self) -> list[tuple[int]]:
            error = sqlite3.OperationalError("interrupted")
            error.sqlite_errorcode = sqlite3.SQLITE_INTERRUPT
            raise error

        fetchone = fetchall

    monkeypatch.setattr(RegionFile, "execute", lambda *_: Interrupted())
    with pytest.raises(QueryInterrupted):
        reader.total(view())


def test_interrupting_an_idle_reader_does_nothing(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    reader.interrupt()
    assert names(reader, view()) == ["image-1"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda reader: reader.first(view("image")),
        lambda reader: reader.keys(view("image")),
        lambda reader: reader.keys(view("latest:yes trusted:no")),
        lambda reader: reader.total(view()),
    ],
    ids=["first", "keys", "latest", "total"],
)
def test_an_interrupted_search_says_so_and_the_next_one_works(
    folder: str,
    reader: CatalogReader,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[CatalogReader], object],
) -> None:
    write(folder, shard(), image(1), image(2))
    genuine = RegionFile.execute

    def interrupted_half_way(
        self: RegionFile, statement: str, values: tuple[str | int, ...] = ()
    ) -> sqlite3.Cursor:
        if "FROM image" in statement or "FROM search" in statement:
            other = threading.Thread(target=reader.interrupt)
            other.start()
            other.join()
        return genuine(self, statement, values)

    with monkeypatch.context() as patch:
        patch.setattr(RegionFile, "execute", interrupted_half_way)
        with pytest.raises(QueryInterrupted):
            ask(reader)
    assert names(reader, view("image")) == ["image-2", "image-1"]


def test_a_statement_that_runs_is_interrupted(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    reader.keys(view())
    file = reader._files[REGION]
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    timer = threading.Timer(0.05, reader.interrupt)
    timer.start()
    with pytest.raises(QueryInterrupted):
        file.fetch(endless)
    timer.join()


def test_a_first_page_that_takes_too_long_is_found_in_another_way(
    folder: str, reader: CatalogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amitui.catalog.search.region_search._FIRST_TRY_SECONDS", -1.0)
    monkeypatch.setattr("amitui.catalog.search.region_file._OPCODES_BETWEEN_LOOKS", 1)
    write(folder, shard(), image(1, "arm64 by name"), image(2, architecture="arm64"), image(3))
    assert names(reader, view('"arm64"')) == ["image-2", "arm64 by name"]


def test_hostile_texts_are_data(folder: str, reader: CatalogReader) -> None:
    hostile = "'; DROP TABLE image; -- \" OR 1=1 * NEAR( [/x] %_\\"
    write(folder, shard(), image(1, hostile, platform=hostile, owner_alias=hostile), image(2))
    quoted = hostile.replace('"', '\\"')
    assert names(reader, view(f'"{quoted} "'[:-2].rstrip("\\") + '"')) == [hostile]
    assert names(reader, view(f'os:"{quoted.split()[0]}"')) == [hostile]
    assert names(reader, view("sort:platform")) == [hostile, "image-2"]
    assert len(names(reader, view())) == 2


def test_a_path_with_odd_characters_is_opened(tmp_path: Path) -> None:
    odd = tmp_path / "100% #1?mode=rw&x"
    odd.mkdir()
    write(str(odd), shard(), image(1))
    with CatalogReader(str(odd)) as reader:
        assert names(reader, view()) == ["image-1"]


def test_more_regions_than_keys_can_tell_apart_are_refused(reader: CatalogReader) -> None:
    with pytest.raises(CacheError, match="more than 64"):
        reader.first(view(regions=tuple(f"region-{number}" for number in range(65))))


def test_closing_twice_does_no_harm_and_reading_opens_again(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), image(1))
    assert names(reader, view()) == ["image-1"]
    reader.close()
    reader.close()
    assert names(reader, view()) == ["image-1"]
