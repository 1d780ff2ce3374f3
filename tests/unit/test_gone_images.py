"""The file of images that went: two writers, damage, and text that somebody put into it by hand."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from amitui.catalog.gone import GoneImages
from amitui.domain.catalogue.shard import PUBLIC, Shard
from tests.unit.test_gone import DAY, ME, NOW, OTHER, gone


def images_in(path: Path, *, now: int = NOW, days: int = 7) -> GoneImages:
    return GoneImages(str(path / "state" / "gone.json"), now=lambda: now, keep_seconds=days * DAY)


def test_what_is_noted_is_there_for_another_process_until_its_time_is_over(tmp_path: Path) -> None:
    images_in(tmp_path).note([gone(1), gone(2, visibility=ME)])
    images_in(tmp_path, now=NOW + DAY).note([gone(3, noticed=NOW + DAY)])
    assert [one.image_id[-1] for one in images_in(tmp_path, now=NOW + DAY).all((ME,))] == ["3", "1", "2"]
    assert [one.image_id[-1] for one in images_in(tmp_path, now=NOW + DAY).all((OTHER,))] == ["3", "1"]
    assert [one.image_id[-1] for one in images_in(tmp_path, now=NOW + 7 * DAY).all((ME,))] == ["3"]


def test_an_image_is_found_by_its_id_and_forgotten_when_it_is_back(tmp_path: Path) -> None:
    images = images_in(tmp_path)
    images.note([gone(1), gone(2)])
    assert images.named(gone(1).image_id, ()) == [gone(1)]
    images.forget("us-east-1", [gone(1).image_id])
    assert images.named(gone(1).image_id, ()) == [gone(1)]
    images.forget("eu-west-1", [gone(1).image_id])
    assert images.all(()) == [gone(2)]


def test_nothing_is_written_when_nothing_is_to_be_kept(tmp_path: Path) -> None:
    images = images_in(tmp_path, days=0)
    images.note([gone(1)])
    images.forget("eu-west-1", ["ami-1"])
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_its_users_own(tmp_path: Path) -> None:
    images_in(tmp_path).note([gone(1)])
    assert stat.S_IMODE((tmp_path / "state" / "gone.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text", ["", "{", "null", "{}", "[null, 1, {}]", '[{"image_id": 1}]', "[" * 100_000, '["\ud800"]']
)
def test_a_damaged_file_counts_as_an_empty_one(tmp_path: Path, text: str) -> None:
    images = images_in(tmp_path)
    images.note([gone(1)])
    (tmp_path / "state" / "gone.json").write_text(text, errors="surrogatepass")
    assert images.all((ME,)) == []
    images.note([gone(2)])
    assert images.all((ME,)) == [gone(2)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", 5), ("created", "x"), ("noticed", None), ("last_seen", -1), ("noticed", 2**70), ("shard", "a/b"),
     ("created", True), ("fate", [])],
)  # fmt: skip
def test_an_entry_of_the_wrong_kind_is_left_out_and_the_others_stay(
    tmp_path: Path, field: str, value: object
) -> None:
    images = images_in(tmp_path)
    images.note([gone(1), gone(2)])
    file = tmp_path / "state" / "gone.json"
    first, second = json.loads(file.read_text())
    file.write_text(json.dumps([{**first, field: value}, second]))
    assert images.all((ME,)) == [gone(2)]


def test_no_control_character_of_the_file_reaches_the_screen(tmp_path: Path) -> None:
    images = images_in(tmp_path)
    images.note([gone(1)._replace(name="a\x1b[31mb\u202ec", shard=Shard("aws", PUBLIC, "eu-west-1", "amazon"))])
    assert images.all(())[0].name == "a␦[31mb␦c"
