from __future__ import annotations

import pytest

from amitui.domain.operations.savings import money, saving
from amitui.domain.operations.usage import SnapshotUse, Usage


def image(image_id: str, *snapshots: SnapshotUse) -> Usage:
    return Usage(image_id, state="available", snapshots=snapshots)


def test_what_is_saved_is_the_snapshots_full_size_at_the_list_price() -> None:
    found = saving([image("ami-1", SnapshotUse("snap-1", 8, False, ()), SnapshotUse("snap-2", 12, False, ()))])

    assert found.dollars == pytest.approx(1.0)
    assert found.words == "up to $1.00 a month (estimate; 20 GiB in 2 snapshots)"
    assert found.going == ("snap-1", "snap-2")


def test_archived_snapshots_are_cheaper() -> None:
    found = saving([image("ami-1", SnapshotUse("snap-1", 80, True, ()))])

    assert found.dollars == pytest.approx(1.0)
    assert "1 snapshot)" in found.words


def test_a_snapshot_that_another_image_needs_stays() -> None:
    found = saving([image("ami-1", SnapshotUse("snap-1", 8, False, ("ami-2",)))])

    assert found.going == ()
    assert found.words == "nothing"


def test_a_shared_snapshot_goes_once_when_all_its_images_go() -> None:
    images = [
        image("ami-1", SnapshotUse("snap-1", 20, False, ("ami-2",))),
        image("ami-2", SnapshotUse("snap-1", 20, False, ("ami-1",))),
    ]

    assert saving(images).dollars == pytest.approx(1.0)
    assert saving(images).going == ("snap-1",)
    assert saving(images[:1]).going == ()


def test_large_sums_need_no_cents() -> None:
    assert money(412.4) == "$412"
    assert money(0.4) == "$0.40"
    assert money(1234.5) == "$1,234"
