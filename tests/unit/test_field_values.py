"""The values of fields with their counts: each count is what a search for that value finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from amitui.catalog.search.background import CatalogSearch
from amitui.catalog.search.values import ValueReader
from amitui.catalog.search.view import CatalogReader
from amitui.domain.catalogue.scope import ALL, MINE, SHARED, Scope
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.image.image import ImageFlag
from amitui.domain.query.offers import quoted
from amitui.domain.query.parser import FIELDS, parse_query
from tests.unit.test_view import CANONICAL, DAY, NOW, REGION, STRANGER, VIEWER, image, shard, write

OTHER_REGION = "us-east-1"
OTHER_VIEWER = "444455556666"
FREE = ("family", "name", "description", "id", "created", "age", "sort", "latest", "tag")
HOSTILE = ("Cost Center", 'say "no"', "[red]x[/]", "a=b", "100%", "日本")


def view(text: str = "", *, scopes: tuple[Scope, ...] = (ALL,), account: str | None = VIEWER) -> ViewRequest:
    return ViewRequest(
        parse_query(text, now=NOW),
        (REGION, OTHER_REGION),
        scopes,
        () if account is None else (account,),
        False,
        NOW,
    )


@pytest.fixture
def reader(tmp_path: Path) -> CatalogReader:
    public = [
        image(1, "ubuntu-noble", owner_id=CANONICAL, owner_alias="amazon"),
        image(2, "ubuntu-arm", owner_id=CANONICAL, owner_alias="amazon", architecture="arm64"),
        image(3, "win", owner_id="801119661308", owner_alias="amazon", platform="Windows", boot_mode="uefi"),
        image(4, "old", architecture="arm64", deprecated=NOW - DAY),
        image(5, "sold", owner_id="679593333241", flags=ImageFlag.PUBLIC | ImageFlag.PAID),
        image(6, "mac", architecture="arm64_mac", flags=ImageFlag.PUBLIC | ImageFlag.IMDS_V2),
    ]
    write(str(tmp_path), shard("everything"), *public)
    write(str(tmp_path), shard("everything", region=OTHER_REGION), image(9, "far", architecture="arm64"))
    tags = tuple((key, f"{key}!") for key in (*HOSTILE, "ÄRGER"))
    own = [
        image(20, "web", owner_id=VIEWER, flags=ImageFlag.ENCRYPTED, tags=(("Env", "prod"), *tags)),
        image(21, "db", owner_id=VIEWER, flags=ImageFlag(0), state="failed", tags=(("env", "p*d"),)),
    ]
    write(str(tmp_path), shard("mine", VIEWER), *own)
    theirs = image(30, "secret", owner_id=OTHER_VIEWER, flags=ImageFlag(0), tags=(("Secret", "yes"),))
    write(str(tmp_path), shard("mine", OTHER_VIEWER), theirs._replace(architecture="i386", state="disabled"))
    return CatalogReader(str(tmp_path))


def found(reader: CatalogReader, text: str, **where: object) -> int:
    return len(reader.keys(view(text, **where)).keys)  # type: ignore[arg-type]


@pytest.mark.parametrize("scopes", [(ALL,), (MINE,), (Scope(CANONICAL),)])
@pytest.mark.parametrize("account", [VIEWER, OTHER_VIEWER, None])
@pytest.mark.parametrize("field", [field for field in FIELDS if field not in FREE])
def test_each_count_is_what_a_search_for_the_value_finds(
    reader: CatalogReader, field: str, account: str | None, scopes: tuple[Scope, ...]
) -> None:
    values = ValueReader(reader).values(view(scopes=scopes, account=account), field)
    for value in values:
        if value.images is not None:
            text = f"{field}:{quoted(value.text)}"
            assert (text, value.images) == (text, found(reader, text, scopes=scopes, account=account))


def test_values_of_most_images_come_first_and_regions_are_added(reader: CatalogReader) -> None:
    values = ValueReader(reader).values(view(), "arch")
    assert [(value.text, value.images) for value in values] == [("x86_64", 5), ("arm64", 2), ("arm64_mac", 1)]


def test_publishers_are_offered_by_one_word_and_the_viewer_as_self(reader: CatalogReader) -> None:
    values = {value.text: value.images for value in ValueReader(reader).values(view(), "owner")}
    assert values == {"amazon": 3, "canonical": 2, "self": 2, "microsoft": 1, "aws-marketplace": 1}


def test_what_another_account_saw_is_neither_offered_nor_counted(reader: CatalogReader) -> None:
    values = ValueReader(reader)
    assert "i386" not in {value.text for value in values.values(view(), "arch")}
    assert "Secret" not in {value.text for value in values.values(view(), "tag")}
    assert "Secret" in {value.text for value in values.values(view(account=OTHER_VIEWER), "tag")}
    assert values.values(view(scopes=(SHARED,)), "state") == ()


def test_tag_keys_and_values_are_found_by_what_is_inserted_whatever_they_hold(reader: CatalogReader) -> None:
    values = ValueReader(reader)
    keys = {value.text: value.images for value in values.values(view(), "tag")}
    assert {*HOSTILE, "Env"} == {"Env" if key.lower() == "env" else key for key in keys}
    for key, count in keys.items():
        assert found(reader, f"tag:{quoted(key)}") == count
        for value in values.values(view(), "tag", key.lower()):
            assert found(reader, f"tag:{quoted(key)}={quoted(value.text)}") == value.images
    assert sum(value.images or 0 for value in values.values(view(), "tag", "env")) == 2


def test_the_present_query_does_not_change_the_counts_except_by_asking_for_deprecated(
    reader: CatalogReader,
) -> None:
    values = ValueReader(reader)
    assert values.values(view("ubuntu"), "arch") == values.values(view(), "arch")
    counts = {value.text: value.images for value in values.values(view("deprecated:yes"), "arch")}
    assert counts["arm64"] == 3


def test_counts_are_kept_until_something_is_written(reader: CatalogReader, tmp_path: Path) -> None:
    values = ValueReader(reader)
    before = values.values(view(), "arch")
    assert values.values(view("debian"), "arch") is before
    write(str(tmp_path), shard("community"), image(40, owner_id=STRANGER, architecture="i386"))
    assert ("i386", 1) in {(value.text, value.images) for value in values.values(view(), "arch")}


async def test_a_count_that_a_search_interrupts_is_made_again(reader: CatalogReader, tmp_path: Path) -> None:
    search = CatalogSearch(str(tmp_path))
    try:
        search._searching.interrupt()
        assert {value.text for value in await search.values(view(), "root")} == {"ebs"}
    finally:
        await search.close()
