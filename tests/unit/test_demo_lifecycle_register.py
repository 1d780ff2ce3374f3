from __future__ import annotations

from typing import Any

import pytest

from tests.support.demo_account import Account, second

PLAIN = "DoNotDelete"


@pytest.fixture
def me() -> Account:
    return Account()


def root(me: Account, **volume: Any) -> dict[str, Any]:
    snapshot = me.snapshots_of(me.named(PLAIN))[0]
    return {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot} | volume}


def order(me: Account, *mappings: dict[str, Any], **more: Any) -> dict[str, Any]:
    modern = {"Architecture": "arm64", "VirtualizationType": "hvm", "RootDeviceName": "/dev/xvda"}
    return modern | {"Name": "registered", "BlockDeviceMappings": [root(me), *mappings]} | more


def test_an_image_is_registered_from_a_snapshot_of_a_root_volume(me: Account) -> None:
    more = {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 50, "VolumeType": "gp3", "Encrypted": True}}
    image = me.ask("RegisterImage", **order(me, more, BootMode="uefi", TpmSupport="v2.0", EnaSupport=True))[
        "ImageId"
    ]
    assert me.image(image)["State"] == "pending"

    me.wait(21)

    seen = me.image(image)
    assert (seen["State"], seen["Architecture"], seen["BootMode"]) == ("available", "arm64", "uefi")
    assert (seen["RootDeviceType"], seen["PlatformDetails"]) == ("ebs", "Linux/UNIX")
    assert [m["Ebs"]["VolumeSize"] for m in seen["BlockDeviceMappings"]] == [8, 50]
    assert me.refused("RegisterImage", **order(me)) == "InvalidAMIName.Duplicate"


def test_the_defaults_are_those_of_another_time(me: Account) -> None:
    bare = {"Name": "bare", "BlockDeviceMappings": [root(me) | {"DeviceName": "/dev/sda1"}]}

    seen = me.image(me.ask("RegisterImage", **bare)["ImageId"])

    assert (seen["Architecture"], seen["VirtualizationType"]) == ("i386", "paravirtual")
    assert seen["RootDeviceName"] == "/dev/sda1"


def test_a_manifest_makes_an_instance_store_image(me: Account) -> None:
    image = me.ask("RegisterImage", Name="bundle", ImageLocation="my-bucket/web/image.manifest.xml")["ImageId"]

    assert me.image(image)["RootDeviceType"] == "instance-store"
    assert me.refused("RegisterImage", Name="other", ImageLocation="my-bucket/web.img") == "InvalidManifest"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Architecture": "vax"}, "InvalidParameterValue"),
        ({"VirtualizationType": "paravirtual"}, "InvalidParameterCombination"),
        ({"BootMode": "legacy-bios"}, "InvalidParameterCombination"),
        ({"BootMode": "uefi-preferred", "TpmSupport": "v2.0"}, "InvalidParameterCombination"),
        ({"KernelId": "aki-919dcaf8"}, "InvalidParameterCombination"),
        ({"UefiData": "x"}, "InvalidParameterCombination"),
        ({"BootMode": "uefi", "UefiData": "x" * 64_001}, "InvalidParameterValue"),
        ({"RootDeviceName": "/dev/sdz"}, "InvalidBlockDeviceMapping"),
        ({"BlockDeviceMappings": []}, "MissingParameter"),
        ({"TagSpecifications": [{"ResourceType": "snapshot", "Tags": []}]}, "InvalidParameterValue"),
        ({"Architecture": "x86_64", "VirtualizationType": "paravirtual", "EnaSupport": True},
         "InvalidParameterCombination"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(me: Account, more: dict[str, Any], code: str) -> None:
    assert me.refused("RegisterImage", **order(me, **more)) == code


@pytest.mark.parametrize(
    ("volume", "code"),
    [
        ({"VolumeSize": 7}, "InvalidBlockDeviceMapping"),
        ({"Encrypted": False}, "InvalidBlockDeviceMapping"),
        ({"VolumeType": "io2"}, "InvalidParameterCombination"),
        ({"VolumeType": "io2", "Iops": 1}, "InvalidParameterValue"),
        ({"VolumeType": "gp2", "Throughput": 200}, "InvalidParameterCombination"),
        ({"VolumeType": "st1"}, "InvalidParameterValue"),
        ({"VolumeType": "floppy"}, "InvalidParameterValue"),
        ({"SnapshotId": "snap-00000000000000000"}, "InvalidSnapshot.NotFound"),
        ({"SnapshotId": "snap"}, "InvalidSnapshotID.Malformed"),
    ],
)
def test_volumes_have_the_sizes_and_speeds_of_their_types(me: Account, volume: dict[str, Any], code: str) -> None:
    assert me.refused("RegisterImage", **order(me, BlockDeviceMappings=[root(me, **volume)])) == code
    fast = root(me, VolumeSize=20, VolumeType="io2", Iops=4000)
    assert me.ask("RegisterImage", **order(me, BlockDeviceMappings=[fast]))["ImageId"]


def test_snapshots_of_others_cannot_be_registered_and_paid_ones_keep_their_codes(me: Account) -> None:
    assert second(me).refused("RegisterImage", **order(me)) == "InvalidSnapshot.NotFound"
    paid = me.snapshots_of(me.named("f5-with-our-licence"))[0]
    me.ask("DeregisterImage", ImageId=me.named("f5-with-our-licence"))

    image = me.ask("RegisterImage", **order(me, BlockDeviceMappings=[root(me, SnapshotId=paid)]))["ImageId"]

    assert me.image(image)["ProductCodes"]


# Snapshots


def test_snapshots_show_their_progress(me: Account) -> None:
    copy = me.ask("CopyImage", SourceImageId=me.named(PLAIN), SourceRegion="us-east-1", Name="a copy")["ImageId"]
    snapshot = me.snapshots_of(copy)
    seen = []
    for _ in range(5):
        record = me.ask("DescribeSnapshots", SnapshotIds=snapshot)["Snapshots"][0]
        seen.append((record["State"], int(record["Progress"].rstrip("%"))))
        me.wait(70)

    assert [state for state, _ in seen] == ["pending"] * 4 + ["completed"]
    percents = [percent for _, percent in seen]
    assert percents == sorted(set(percents))
    assert (percents[0], percents[-1]) == (0, 100)


def test_each_account_sees_its_own_snapshots_by_filter_and_page(me: Account) -> None:
    mine = me.ask("DescribeSnapshots", OwnerIds=["self"])["Snapshots"]
    assert {snapshot["OwnerId"] for snapshot in mine} == {me.caller.account}
    assert me.ask("DescribeSnapshots", OwnerIds=["amazon"])["Snapshots"] == []

    pages = [me.ask("DescribeSnapshots", MaxResults=100)]
    while "NextToken" in pages[-1]:
        pages.append(me.ask("DescribeSnapshots", MaxResults=100, NextToken=pages[-1]["NextToken"]))
    assert [s for page in pages for s in page["Snapshots"]] == mine
    assert len(pages) > 1

    large = me.ask("DescribeSnapshots", Filters=[{"Name": "volume-size", "Values": ["2000", "4000"]}])["Snapshots"]
    assert {snapshot["VolumeSize"] for snapshot in large} == {2000, 4000}
    assert me.refused("DescribeSnapshots", Filters=[{"Name": "colour", "Values": []}]) == "InvalidParameterValue"
    assert me.refused("DescribeSnapshots", MaxResults=4) == "InvalidParameterValue"
    both = {"SnapshotIds": [mine[0]["SnapshotId"]], "MaxResults": 5}
    assert me.refused("DescribeSnapshots", **both) == "InvalidParameterCombination"
    one = [mine[0]["SnapshotId"]]
    assert second(me).refused("DescribeSnapshots", SnapshotIds=one) == "InvalidSnapshot.NotFound"


def test_a_snapshot_is_in_use_as_long_as_an_image_has_it_even_a_disabled_one(me: Account) -> None:
    image = me.named(PLAIN)
    (snapshot,) = me.snapshots_of(image)
    me.ask("DisableImage", ImageId=image)

    assert me.refused("DeleteSnapshot", SnapshotId=snapshot) == "InvalidSnapshot.InUse"
    me.ask("DeregisterImage", ImageId=image)
    me.ask("DeleteSnapshot", SnapshotId=snapshot)
    assert me.refused("DescribeSnapshots", SnapshotIds=[snapshot]) == "InvalidSnapshot.NotFound"
    assert me.refused("DeleteSnapshot", SnapshotId=snapshot) == "InvalidSnapshot.NotFound"


def test_a_snapshot_that_another_image_needs_is_skipped_and_one_that_is_gone_is_an_error(me: Account) -> None:
    image = me.named(PLAIN)
    (snapshot,) = me.snapshots_of(image)
    sibling = me.ask("RegisterImage", **order(me))["ImageId"]

    def results(image_id: str) -> list[dict[str, str]]:
        answer = me.ask("DeregisterImage", ImageId=image_id, DeleteAssociatedSnapshots=True)
        listed: list[dict[str, str]] = answer["DeleteSnapshotResults"]
        return listed

    assert results(image) == [{"SnapshotId": snapshot, "ReturnCode": "skipped"}]
    assert results(sibling) == [{"SnapshotId": snapshot, "ReturnCode": "success"}]
