from __future__ import annotations

from amitui.domain.operations.recycle_bin import BinImage, BinSnapshot, Grounds, needed, time_left

REGION, ENTERED, DAY = "us-east-1", 1_795_219_200, 86_400
AMI, OTHER = "ami-0123456789abcdef0", "ami-0fedcba9876543210"
IMAGE = BinImage(REGION, AMI, "web", "", ENTERED, ENTERED + 7 * DAY)


def snapshot(number: int, description: str = "", *, later: int = 0, region: str = REGION) -> BinSnapshot:
    entered = ENTERED + later
    return BinSnapshot(region, f"snap-{number}", description, "vol-1", entered, entered + 14 * DAY)


def found(
    *snapshots: BinSnapshot, noted: dict[tuple[str, str], list[str]] | None = None
) -> list[tuple[str, Grounds]]:
    return [(one.snapshot.snapshot_id, one.grounds) for one in needed(IMAGE, snapshots, noted or {})]


def test_what_was_noted_is_needed_and_nothing_else() -> None:
    snapshots = snapshot(1), snapshot(2, f"Created by CreateImage(i-1) for {AMI}")

    assert found(*snapshots, noted={(REGION, AMI): ["snap-1", "snap-9"]}) == [("snap-1", Grounds.NOTED)]
    assert found(*snapshots, noted={(REGION, AMI): []}) == []


def test_a_snapshot_whose_description_names_the_image_is_needed_whenever_it_went() -> None:
    assert found(snapshot(1, f"Created by CreateImage(i-1) for {AMI}", later=DAY)) == [("snap-1", Grounds.NAMED)]


def test_a_snapshot_that_names_another_image_is_not_needed_although_it_went_at_the_same_moment() -> None:
    assert found(snapshot(1, f"Created by CreateImage(i-1) for {OTHER}")) == []


def test_a_copys_snapshot_belongs_to_the_copy_not_to_its_source() -> None:
    assert (
        found(snapshot(1, f"Copied for DestinationAmi {OTHER} from SourceAmi {AMI} for SourceSnapshot snap-7"))
        == []
    )
    copied = f"Copied for DestinationAmi {AMI} from SourceAmi {OTHER} for SourceSnapshot snap-7"
    assert found(snapshot(1, copied)) == [("snap-1", Grounds.NAMED)]


def test_a_snapshot_that_names_nothing_counts_when_it_went_at_the_same_moment() -> None:
    assert found(snapshot(1, "data", later=60), snapshot(2, "data", later=3600)) == [("snap-1", Grounds.MOMENT)]


def test_other_regions_do_not_count() -> None:
    assert found(snapshot(1, f"for {AMI}", region="eu-west-1")) == []


def test_time_left_is_told_in_its_largest_unit() -> None:
    assert time_left(ENTERED + 6 * DAY + 5, ENTERED) == "6 days"
    assert time_left(ENTERED + DAY, ENTERED) == "1 day"
    assert time_left(ENTERED + 7200, ENTERED) == "2 hours"
    assert time_left(ENTERED + 61, ENTERED) == "1 minute"
    assert time_left(ENTERED + 5, ENTERED) == "under a minute"
    assert time_left(ENTERED - 5, ENTERED) == "no time"
    assert time_left(None, ENTERED) == "not known"
