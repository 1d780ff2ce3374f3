"""Rows of images that went: where they stand among the rows of a newer answer."""

from __future__ import annotations

from random import Random

from amitui.domain.catalogue.gone import GoneImage
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageRow
from amitui.domain.image.trust import Trust
from amitui.ui.screens.gone_rows import GoneRows

SHARD = Shard("aws", PUBLIC, "eu-west-1", "amazon")


def row(key: int) -> ImageRow:
    return ImageRow(
        key, "eu-west-1", f"ami-{key:08x}", "", "", "", "", "", Trust.AMAZON, "", "", None, None, None,
        "available", "", "", "", "", "", 8, ImageFlag(0),
    )  # fmt: skip


def gone(*keys: int) -> dict[tuple[str, str], GoneImage]:
    images = [GoneImage(row(key).image_id, SHARD, "", "", "", "", None, 0, 0) for key in keys]
    return {(one.region, one.image_id): one for one in images}


def shown(*keys: int) -> list[tuple[int, ImageRow]]:
    return [(key, row(key)) for key in keys]


def test_a_gone_row_stays_before_the_one_that_followed_it() -> None:
    rows = GoneRows()
    rows.take(shown(9, 8, 7, 6), gone(8))
    assert list(rows.woven([10, 9, 7, 6, 5])) == [10, 9, 8, 7, 6, 5]
    kept = rows.row(8)
    assert kept is not None
    assert (kept.state, kept.state_reason) == ("gone", "deregistered or made private")
    assert rows.row(7) is None


def test_rows_that_went_one_after_the_other_keep_their_order() -> None:
    rows = GoneRows()
    rows.take(shown(9, 8, 7, 6), gone(8))
    rows.take(shown(9, 8, 7, 6), gone(7, 9))
    assert list(rows.woven([6, 5])) == [9, 8, 7, 6, 5]


def test_at_the_end_of_an_answer_it_stays_at_the_end() -> None:
    rows = GoneRows()
    rows.take(shown(9, 8), gone(8))
    assert list(rows.woven([9])) == [9, 8]
    assert list(rows.woven([])) == [8]


def test_a_row_that_is_back_is_no_longer_gone() -> None:
    rows = GoneRows()
    rows.take(shown(9, 8, 7), gone(8))
    assert list(rows.woven([9, 8, 7])) == [9, 8, 7]
    assert not rows


def test_another_view_has_none() -> None:
    rows = GoneRows()
    rows.take(shown(9, 8, 7), gone(8))
    rows.forget()
    keys = [9, 7]
    assert rows.woven(keys) is keys


def test_whatever_goes_and_comes_each_row_is_there_once_and_in_order() -> None:
    rng = Random(1)
    for _ in range(200):
        rows = GoneRows()
        live = sorted(rng.sample(range(100, 160), 30), reverse=True)
        went: set[int] = set()
        for _ in range(5):
            leaving = set(rng.sample(live, rng.randrange(4)))
            keys = list(rows.woven(live))
            rows.take([(key, row(key)) for key in keys], gone(*leaving))
            went |= leaving
            live = sorted(
                {
                    *(one for one in live if one not in leaving),
                    *rng.sample([key for key in range(160, 400) if key not in went], 3),
                },
                reverse=True,
            )
            woven = list(rows.woven(live))
            assert sorted(woven) == sorted([*live, *went])
            assert [key for key in woven if key not in went] == live
            # Rows of both kinds that stood on the screen together are in the order in which they stood.
            assert [key for key in woven if key in keys] == [key for key in keys if key in woven]
