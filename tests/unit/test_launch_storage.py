"""Volumes of a launch: what is sent makes of the image's volumes what was chosen, and nothing else is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.image.devices import device_problem
from amitui.domain.launch.storage import (
    LIMITS,
    VolumeChoice,
    overrides,
    settled,
    volume_problems,
    volume_words,
    volumes_of,
    with_type,
)
from amitui.ec2.convert import image_of
from tests.support.plan_samples import DATA, KEY, ROOT

# What the test knows of EC2: a mapping at launch is laid over the image's by device and field


def mapping_of(volume: VolumeChoice) -> dict[str, Any]:
    fields = {
        "SnapshotId": volume.snapshot_id or None,
        "VolumeSize": volume.gib,
        "VolumeType": volume.volume_type,
        "Iops": volume.iops,
        "Throughput": volume.throughput,
        "Encrypted": volume.encrypted,
        "KmsKeyId": volume.kms_key_id or None,
        "DeleteOnTermination": volume.delete_on_termination,
    }
    return {name: value for name, value in fields.items() if value is not None}


def launched(before: Sequence[VolumeChoice], sent: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The volumes by device that EC2 makes; it refuses what the API's reference says that it refuses."""
    volumes = {volume.device_name: mapping_of(volume) for volume in before}
    root = next((volume.device_name for volume in before if volume.root), None)
    assert len({mapping["DeviceName"] for mapping in sent}) == len(sent)
    for mapping in sent:
        device = mapping["DeviceName"]
        if "NoDevice" in mapping:
            assert device != root
            del volumes[device]
            continue
        given, brought = mapping["Ebs"], volumes.get(device, {})
        assert given, "a mapping that says nothing"
        assert not (brought and "SnapshotId" in given)
        assert given.get("Encrypted") is not False
        assert "KmsKeyId" not in given or given.get("Encrypted") is True
        merged = brought | given
        if given.get("VolumeType") and given["VolumeType"] != brought.get("VolumeType"):
            merged = {
                name: value
                for name, value in merged.items()
                if name not in ("Iops", "Throughput") or name in given
            }
        volumes[device] = merged
    return {device: {"Encrypted": False, "VolumeType": "gp2", **found} for device, found in volumes.items()}


def refused(volume: dict[str, Any], snapshot_gib: int) -> bool:
    limits = LIMITS[volume["VolumeType"]]
    size = volume.get("VolumeSize") or snapshot_gib
    iops, throughput = volume.get("Iops"), volume.get("Throughput")
    return (
        not limits.gib[0] <= size <= limits.gib[1]
        or size < snapshot_gib
        or (iops is not None and (limits.iops is None or not limits.iops[0] <= iops <= limits.iops[1]))
        or (iops is None and volume["VolumeType"] in ("io1", "io2"))
        or (throughput is not None and volume["VolumeType"] != "gp3")
    )


def meant(volume: VolumeChoice) -> dict[str, Any]:
    return {name: value for name, value in mapping_of(settled(volume)).items() if value is not None}


types = st.sampled_from(sorted(LIMITS))
numbers = st.none() | st.sampled_from([1, 99, 100, 125, 250, 2_000, 3_000, 4_000, 16_000, 64_000, 80_000, 256_001])
sizes = st.none() | st.sampled_from(
    [0, 1, 3, 4, 8, 20, 124, 125, 500, 1_024, 1_025, 16_384, 16_385, 65_536, 65_537]
)


@st.composite
def brought_volumes(draw: st.DrawFn) -> tuple[VolumeChoice, ...]:
    """Volumes as images have them: valid, and with the numbers of their types written out or not."""
    chosen = []
    for index, device in enumerate(draw(st.sampled_from([("/dev/xvda",), ("/dev/xvda", "/dev/sdf", "/dev/sdg")]))):
        kind = draw(st.sampled_from(["gp3", "gp2", "io2", "standard"]))
        size = draw(st.sampled_from([4, 8, 100, 500]))
        encrypted = draw(st.booleans())
        volume = VolumeChoice(
            device,
            f"snap-{index:017x}" if draw(st.booleans()) or index == 0 else "",
            gib=size,
            volume_type=kind,
            iops={"io2": 1_000, "gp3": draw(st.sampled_from([None, 3_000]))}.get(kind),
            throughput=draw(st.sampled_from([None, 125])) if kind == "gp3" else None,
            encrypted=encrypted,
            kms_key_id=draw(st.sampled_from(["", KEY])) if encrypted else "",
            delete_on_termination=draw(st.booleans()),
            root=index == 0,
        )
        chosen.append(volume._replace(snapshot_gib=size if volume.snapshot_id else 0))
    return tuple(chosen)


@st.composite
def changed_volumes(draw: st.DrawFn) -> tuple[tuple[VolumeChoice, ...], tuple[VolumeChoice, ...]]:
    """What an image brings, and anything that somebody might make of it."""
    before = draw(brought_volumes())
    after = []
    for volume in before:
        fields: dict[str, Any] = {}
        options: dict[str, st.SearchStrategy[Any]] = {
            "gib": sizes,
            "volume_type": types,
            "iops": numbers,
            "throughput": numbers,
            "encrypted": st.booleans(),
            "kms_key_id": st.sampled_from(["", KEY, "alias/other"]),
            "delete_on_termination": st.booleans(),
            "dropped": st.booleans(),
        }
        for name in draw(st.lists(st.sampled_from(sorted(options)), max_size=3, unique=True)):
            fields[name] = draw(options[name])
        if draw(st.booleans()) and "volume_type" in fields:
            volume = with_type(volume, fields.pop("volume_type"))
        after.append(volume._replace(**fields))
    added = draw(st.sampled_from(["", "/dev/sdh", "/dev/sdf", "nonsense!"]))
    if added:
        volume = VolumeChoice(added, gib=draw(sizes), encrypted=draw(st.booleans()), added=True)
        after.append(volume._replace(volume_type=draw(types), iops=draw(numbers), throughput=draw(numbers)))
    return before, tuple(after)


@given(changed_volumes())
def test_what_is_sent_makes_the_volumes_that_were_chosen(
    volumes: tuple[tuple[VolumeChoice, ...], tuple[VolumeChoice, ...]],
) -> None:
    before, after = volumes
    if volume_problems(before, after):
        return
    made = launched(before, overrides(before, after))
    wanted = {volume.device_name: volume for volume in after if not volume.dropped}
    assert set(made) == set(wanted)
    for device, volume in wanted.items():
        found = settled(
            volume._replace(
                gib=made[device].get("VolumeSize"),
                volume_type=made[device]["VolumeType"],
                iops=made[device].get("Iops"),
                throughput=made[device].get("Throughput"),
                encrypted=made[device]["Encrypted"],
                kms_key_id=made[device].get("KmsKeyId", ""),
                delete_on_termination=made[device].get("DeleteOnTermination", True),
            )
        )
        assert found == settled(volume)
        assert not refused(meant(volume), volume.snapshot_gib)


@given(changed_volumes())
def test_what_ec2_refuses_is_never_accepted(
    volumes: tuple[tuple[VolumeChoice, ...], tuple[VolumeChoice, ...]],
) -> None:
    before, after = volumes
    problems = dict(volume_problems(before, after))
    brought = {volume.device_name: volume for volume in before}
    for volume in after:
        old = brought.get(volume.device_name)
        if volume.dropped:
            wrong = old is not None and old.root
        else:
            wrong = refused(meant(volume), old.snapshot_gib if old else 0) or (
                old is not None and old.encrypted and not volume.encrypted
            )
        if wrong:
            assert volume.device_name in problems


@given(brought_volumes())
def test_nothing_is_sent_of_volumes_that_are_as_the_image_brings_them(before: tuple[VolumeChoice, ...]) -> None:
    assert overrides(before, before) == []
    assert volume_problems(before, before) == ()


# One rule each, both sides

NO_NUMBERS: dict[str, Any] = {"iops": None, "throughput": None}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gib": 7}, "at least 8 GiB, as its snapshot has"),
        ({"gib": 8}, ""),
        ({"gib": 65_536}, ""),
        ({"gib": 65_537}, "gp3 has 1 to 65,536 GiB, not 65,537"),
        ({"iops": 2_999}, "gp3 has 3,000 to 80,000 IOPS, not 2,999"),
        ({"iops": 4_000}, ""),
        ({"iops": 4_001}, "8 GiB of gp3 have at most 4000 IOPS (500 each)"),
        ({"gib": 200, "iops": 80_001}, "gp3 has 3,000 to 80,000 IOPS, not 80,001"),
        ({"throughput": 124}, "gp3 has 125 to 2,000 MiB/s, not 124"),
        ({"throughput": 750}, ""),
        ({"throughput": 751}, "751 MiB/s require 3004 IOPS, 4 each"),
        ({"volume_type": "gp2"}, "gp2 does not support IOPS; gp3, io1 and io2 do"),
        ({"volume_type": "gp2"} | NO_NUMBERS, ""),
        ({"volume_type": "io2"} | NO_NUMBERS, "io2 requires IOPS"),
        ({"volume_type": "io2"} | NO_NUMBERS | {"iops": 8_000}, ""),
        ({"volume_type": "io2"} | NO_NUMBERS | {"iops": 8_001}, "8 GiB of io2 have at most 8000 IOPS (1000 each)"),
        ({"volume_type": "st1", "gib": 500} | NO_NUMBERS, "st1 cannot be a root volume"),
        ({"volume_type": "io9"} | NO_NUMBERS, "io9 is not one of gp3, gp2, io1, io2, st1, sc1, standard"),
        ({"dropped": True}, "an instance requires its root volume"),
        ({"encrypted": True}, ""),
        ({"encrypted": True, "kms_key_id": KEY}, ""),
        ({"kms_key_id": KEY}, "only an encrypted volume has a key"),
        ({"encrypted": True, "kms_key_id": "what?"}, "enter a key ID, alias/NAME, or an ARN"),
        ({"snapshot_id": "snap-0fedcba9876543210"}, "its snapshot comes from the image: exclude it and add "
            "another volume"),
        ({"delete_on_termination": False}, ""),
    ],
)  # fmt: skip
def test_a_root_volume_can_be_changed_as_ec2_allows(change: dict[str, Any], words: str) -> None:
    found = volume_problems((ROOT, DATA), (ROOT._replace(**change), DATA), region="us-east-1")
    assert found == (((ROOT.device_name, words),) if words else ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dropped": True}, ""),
        ({"encrypted": False}, "its snapshot is encrypted, and encryption cannot be removed"),
        ({"kms_key_id": ""}, "its key can be changed but not removed"),
        ({"kms_key_id": "alias/other"}, ""),
        ({"added": True}, "the image has this device: edit that volume"),
    ],
)
def test_an_encrypted_volume_stays_encrypted(change: dict[str, Any], words: str) -> None:
    encrypted = DATA._replace(encrypted=True, kms_key_id=KEY)
    found = volume_problems((ROOT, encrypted), (ROOT, encrypted._replace(**change)))
    assert found == (((DATA.device_name, words),) if words else ())


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        (VolumeChoice("/dev/sdh", gib=10, added=True), ""),
        (VolumeChoice("/dev/sdh", added=True), "a volume without a snapshot requires a size"),
        (VolumeChoice("/dev/sdh", "snap-0123456789abcdef0", added=True), ""),
        (VolumeChoice("/dev/sdh", gib=10), "the image has no such device"),
        (VolumeChoice("sd h", gib=10, added=True), device_problem("sd h")),
        (VolumeChoice("/dev/sdh", gib=124, volume_type="sc1", added=True), "sc1 has 125 to 16,384 GiB, not 124"),
        (VolumeChoice("/dev/sdh", gib=125, volume_type="sc1", added=True), ""),
        (VolumeChoice(DATA.device_name, gib=10, added=True), "two volumes have this device name"),
    ],
)
def test_a_volume_can_be_added(volume: VolumeChoice, words: str) -> None:
    found = volume_problems((ROOT, DATA), (ROOT, DATA, volume))
    assert found[:1] == (((volume.device_name, words),) if words else ())


def test_a_root_volume_that_is_left_out_is_missed() -> None:
    assert volume_problems((ROOT, DATA), (DATA,)) == ((ROOT.device_name, "an instance requires its root volume"),)
    assert overrides((ROOT, DATA), (ROOT,)) == [{"DeviceName": DATA.device_name, "NoDevice": ""}]


def test_encryption_is_never_sent_as_false() -> None:
    plain = VolumeChoice("/dev/sdh", gib=10, added=True)
    assert overrides((), (plain,)) == [
        {"DeviceName": "/dev/sdh", "Ebs": {"VolumeSize": 10, "VolumeType": "gp3", "DeleteOnTermination": True}}
    ]


def test_another_type_brings_its_own_numbers_along() -> None:
    fast = DATA._replace(volume_type="gp3", iops=None)
    assert overrides((ROOT, DATA), (ROOT, fast)) == [
        {"DeviceName": DATA.device_name, "Ebs": {"VolumeType": "gp3", "Iops": 3_000, "Throughput": 125}}
    ]


RECORD: dict[str, Any] = {
    "ImageId": "ami-0123456789abcdef0",
    "RootDeviceName": "/dev/sda1",
    "BlockDeviceMappings": [
        {
            "DeviceName": "/dev/sda1",
            "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 8, "VolumeType": "gp2", "Iops": 100},
        },
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "NoDevice": ""},
        {
            "DeviceName": "/dev/sdf",
            "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True, "Iops": 4000},
        },
    ],
}  # fmt: skip


def test_an_image_brings_its_volumes_and_those_of_the_host() -> None:
    root, host, data = volumes_of(image_of(RECORD, "us-east-1"))
    assert (root.root, root.snapshot_gib, root.delete_on_termination, root.iops) == (True, 8, True, None)
    assert (host.device_name, host.virtual_name) == ("/dev/sdb", "ephemeral0")
    assert (data.snapshot_gib, data.delete_on_termination, data.encrypted, data.iops) == (0, False, True, 4000)
    assert volume_problems((root, host, data), (root, host, data)) == ()
    assert overrides((root, host, data), (root, host._replace(dropped=True), data)) == [
        {"DeviceName": "/dev/sdb", "NoDevice": ""}
    ]


def test_a_volume_is_told_in_words() -> None:
    assert volume_words(ROOT) == "/dev/xvda 8 GiB gp3, 3000 IOPS, 125 MiB/s, deleted with the instance"
    assert volume_words(DATA._replace(dropped=True)) == "/dev/sdf dropped"
    mapped = VolumeChoice("/dev/sdb", virtual_name="ephemeral0")
    assert volume_words(mapped) == "/dev/sdb instance store (ephemeral0)"
    added = VolumeChoice(
        "/dev/sdh", "snap-1", encrypted=True, kms_key_id=KEY, added=True, delete_on_termination=False
    )
    kept = "kept after the instance is terminated"
    assert volume_words(added) == f"/dev/sdh gp3, of snap-1, encrypted with {KEY}, {kept}"
