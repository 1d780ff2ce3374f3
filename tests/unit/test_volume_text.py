"""Volumes as people type them."""

from __future__ import annotations

import pytest

from amitui.domain.operations.plans.register import VolumeSpec
from amitui.domain.operations.volume_text import (
    format_volume,
    parse_volume,
    parse_volumes,
    volumes_problem,
    with_snapshots,
)

SNAPSHOT = "snap-0123456789abcdef0"


def test_parts_may_come_in_any_order() -> None:
    expected = (
        VolumeSpec("/dev/sdf", SNAPSHOT, 100, "gp3", delete_on_termination=True, iops=6000, throughput=250),
    )

    assert parse_volumes(f"/dev/sdf={SNAPSHOT}:100:gp3:iops=6000:mbs=250:delete") == expected
    assert parse_volumes(f"/dev/sdf=delete:mbs=250:gp3:iops=6000:100:{SNAPSHOT}") == expected


def test_volumes_are_separated_by_commas_or_blanks_and_kept_by_default() -> None:
    volumes = parse_volumes("/dev/sdf=100,  /dev/sdg=50:st1 /dev/sdh=1,")

    assert [(spec.device_name, spec.gib, spec.volume_type) for spec in volumes] == [
        ("/dev/sdf", 100, "gp3"),
        ("/dev/sdg", 50, "st1"),
        ("/dev/sdh", 1, "gp3"),
    ]
    assert not any(spec.delete_on_termination for spec in volumes)


@pytest.mark.parametrize(
    "spec",
    [
        VolumeSpec("/dev/sdf", SNAPSHOT, None, "gp2", delete_on_termination=False),
        VolumeSpec("xvdb", "", 20, "io2", delete_on_termination=True, iops=3000),
        VolumeSpec("/dev/sdp", SNAPSHOT, 65536, "gp3", delete_on_termination=True, iops=16000, throughput=1000),
    ],
)
def test_what_is_written_is_read_again(spec: VolumeSpec) -> None:
    assert parse_volumes(format_volume(spec)) == (spec,)


def test_what_is_not_typed_of_a_root_is_as_it_was() -> None:
    root = VolumeSpec("/dev/xvda", SNAPSHOT)

    assert parse_volume("", root) == root
    assert parse_volume("16:io2:iops=500", root) == root._replace(gib=16, volume_type="io2", iops=500)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/dev/sdf", "requires a snapshot or a size"),
        ("/dev/sdf=", "requires a snapshot or a size"),
        ("/dev/sdf=1,/dev/sdf=2", "twice"),
        ("/dev/sdf=1:2", "two of these"),
        ("/dev/sdf=snap-xyz", "snap- and 8 or 17"),
        ("/dev/sdf=gp9", "is not a snapshot, size"),
        ("/dev/sdf=99999999", "is not a snapshot, size"),
        ("/dev/sdf=10:iops=many", "is not a snapshot, size"),
        ("my_disk=10", "device name"),
        ("/dev/sdf=gp3", "requires a size"),
        ("/dev/sdf=0", "at least 1 GiB"),
        ("/dev/sdf=10:io2", "io2 requires IOPS"),
        ("/dev/sdf=10:st1:iops=100", "does not support IOPS"),
        ("/dev/sdf=10:gp2:mbs=200", "does not support throughput"),
        (f"/dev/sdf={SNAPSHOT}:7", "at least 8 GiB, as its snapshot has"),
    ],
)
def test_what_is_wrong_is_said_in_words(text: str, words: str) -> None:
    assert words in volumes_problem(text, {SNAPSHOT: 8})


def test_a_snapshot_whose_size_is_not_known_may_have_any() -> None:
    assert volumes_problem("/dev/sdf=snap-00000000:1", {}) == ""
    assert volumes_problem("/dev/sdf=snap-00000000", {"snap-00000000": None}) == ""


def test_picked_snapshots_are_added_at_free_devices_and_others_taken_out() -> None:
    typed = parse_volumes(f"/dev/sdf=100, /dev/sdh={SNAPSHOT}:50:io2:iops=500, /dev/sdi=snap-00000009:1")

    found = with_snapshots(typed, ["snap-00000001", "snap-00000002"], {SNAPSHOT, "snap-00000001"}, root_device="")

    assert [(spec.device_name, spec.snapshot_id) for spec in found] == [
        ("/dev/sdf", ""),
        ("/dev/sdi", "snap-00000009"),
        ("/dev/sdg", "snap-00000001"),
        ("/dev/sdh", "snap-00000002"),
    ]
    again = with_snapshots(typed, [SNAPSHOT], {SNAPSHOT}, root_device="/dev/xvda")
    assert again == typed, "what was typed of a picked one stays"


def test_a_snapshot_for_which_no_device_is_left_has_to_be_given_one() -> None:
    taken = parse_volumes(", ".join(f"/dev/sd{letter}=1" for letter in "fghijklmnop"))
    found = with_snapshots(taken, [SNAPSHOT], {SNAPSHOT}, root_device="/dev/xvda")

    assert "device name" in volumes_problem(", ".join(format_volume(spec) for spec in found), {})
