from __future__ import annotations

from typing import Any

import pytest

from amitui.demo.cloud.recycle_bin import Retention
from amitui.demo.cloud.rules import Quotas
from amitui.demo.cloud.systems_manager.parameters import VALIDATION
from amitui.demo.cloud.systems_manager.store import IMAGE
from amitui.demo.seed.accounts import PLATFORM_ACCOUNT, RESEARCH_ACCOUNT, SECOND_ACCOUNT
from amitui.demo.seed.records import stamp
from amitui.demo.server.joint import resources_of, with_resources
from tests.support.demo_account import AS_OF, DAY, Account, second
from tests.unit.test_demo_lifecycle_create import RUNNING, at_work

PLAIN = "DoNotDelete"


@pytest.fixture
def me() -> Account:
    return Account()


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


# The Recycle Bin


def test_a_deregistered_image_waits_in_the_bin_and_comes_back_with_its_shares(me: Account) -> None:
    image = me.named(PLAIN)
    me.ask("ModifyImageAttribute", ImageId=image, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]})
    me.ask("DeregisterImage", ImageId=image)

    (kept,) = me.ask("ListImagesInRecycleBin")["Images"]
    assert (kept["ImageId"], kept["Name"]) == (image, PLAIN)
    assert kept["RecycleBinEnterTime"] == stamp(AS_OF)
    assert kept["RecycleBinExitTime"] == stamp(AS_OF + 7 * DAY)
    assert second(me).ask("ListImagesInRecycleBin")["Images"] == []
    assert second(me).refused("RestoreImageFromRecycleBin", ImageId=image) == "InvalidAMIID.NotFound"

    me.wait(2000)
    me.ask("RestoreImageFromRecycleBin", ImageId=image)
    assert me.image(image)["State"] == "available"
    assert me.permissions(image) == [{"UserId": SECOND_ACCOUNT}]
    assert me.ask("ListImagesInRecycleBin")["Images"] == []


def test_an_image_restored_at_once_does_not_vanish_with_what_lingered(me: Account) -> None:
    image = me.named(PLAIN)
    me.ask("DeregisterImage", ImageId=image)
    me.ask("RestoreImageFromRecycleBin", ImageId=image)

    me.wait(2000)

    assert me.image(image)["State"] == "available"


def test_snapshots_are_restored_before_their_image(me: Account) -> None:
    image = me.named(PLAIN)
    (snapshot,) = me.snapshots_of(image)
    me.ask("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True)
    assert [s["SnapshotId"] for s in me.ask("ListSnapshotsInRecycleBin")["Snapshots"]] == [snapshot]

    assert me.refused("RestoreImageFromRecycleBin", ImageId=image) == "InvalidSnapshot.NotFound"
    assert me.ask("RestoreSnapshotFromRecycleBin", SnapshotId=snapshot)["State"] == "recovering"
    assert me.ask("RestoreImageFromRecycleBin", ImageId=image) == {"Return": True}
    assert me.refused("RestoreSnapshotFromRecycleBin", SnapshotId=snapshot) == "InvalidSnapshot.NotFound"


def test_after_its_days_nothing_is_left_in_the_bin(me: Account) -> None:
    image = me.named(PLAIN)
    me.ask("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True)

    me.wait(7 * DAY + 1)
    assert me.ask("ListImagesInRecycleBin")["Images"] == []
    assert me.refused("RestoreImageFromRecycleBin", ImageId=image) == "InvalidAMIID.NotFound"
    assert me.ask("ListSnapshotsInRecycleBin")["Snapshots"], "snapshots stay longer"
    me.wait(7 * DAY)
    assert me.ask("ListSnapshotsInRecycleBin")["Snapshots"] == []


def test_without_a_rule_and_without_a_root_snapshot_nothing_is_kept() -> None:
    me = Account(retention={SECOND_ACCOUNT: Retention(1, 1)})
    me.ask("DeregisterImage", ImageId=me.named(PLAIN), DeleteAssociatedSnapshots=True)
    assert me.ask("ListImagesInRecycleBin")["Images"] == me.ask("ListSnapshotsInRecycleBin")["Snapshots"] == []

    other = second(me)
    bundle = other.ask("RegisterImage", Name="bundle", ImageLocation="bucket/x.manifest.xml")["ImageId"]
    other.ask("DeregisterImage", ImageId=bundle)
    other.ask("DeregisterImage", ImageId=other.named("orbit-private-01"))
    assert [i["Name"] for i in other.ask("ListImagesInRecycleBin")["Images"]] == ["orbit-private-01"]


def test_the_bin_is_listed_by_id_and_page_and_names_may_be_taken_meanwhile(me: Account) -> None:
    image, other = me.named(PLAIN), me.named("f5-with-our-licence")
    for name in (image, other):
        me.ask("DeregisterImage", ImageId=name)
    first = me.ask("ListImagesInRecycleBin", MaxResults=1)
    rest = me.ask("ListImagesInRecycleBin", MaxResults=1, NextToken=first["NextToken"])
    assert {i["ImageId"] for i in (*first["Images"], *rest["Images"])} == {image, other}
    assert "NextToken" not in rest
    assert me.refused("ListImagesInRecycleBin", ImageIds=[image] * 21) == "InvalidParameterValue"
    assert (
        me.refused("ListImagesInRecycleBin", ImageIds=[me.named("acme-db-postgres-16")]) == "InvalidAMIID.NotFound"
    )

    copied = {"SourceImageId": me.named("acme-db-postgres-16"), "SourceRegion": "us-east-1", "Name": PLAIN}
    assert me.refused("CopyImage", **copied) == "InvalidAMIName.Duplicate", "for a while after deregistering"
    me.wait(60)
    me.ask("CopyImage", **copied)
    assert me.refused("RestoreImageFromRecycleBin", ImageId=image) == "InvalidAMIName.Duplicate"


# Tags


def test_tags_are_set_replaced_and_deleted_on_images_and_snapshots(me: Account) -> None:
    image = me.named(PLAIN)
    both = [image, *me.snapshots_of(image)]
    me.ask("CreateTags", Resources=both, Tags=tags(Env="prod", Team="web"))
    me.ask("CreateTags", Resources=[image], Tags=tags(Env="test"))

    assert me.image(image)["Tags"] == tags(Env="test", Team="web")
    assert me.ask("DescribeSnapshots", SnapshotIds=both[1:])["Snapshots"][0]["Tags"] == tags(
        Env="prod", Team="web"
    )
    by_id = [{"Name": "resource-id", "Values": both}, {"Name": "tag:Env", "Values": ["*"]}]
    listed = me.ask("DescribeTags", Filters=by_id)["Tags"]
    assert {(t["ResourceType"], t["Value"]) for t in listed} == {("image", "test"), ("snapshot", "prod")}

    me.ask("DeleteTags", Resources=[image], Tags=[{"Key": "Env", "Value": "prod"}])
    assert me.image(image)["Tags"] == tags(Env="test", Team="web"), "another value is another tag"
    me.ask("DeleteTags", Resources=[image], Tags=[{"Key": "Env"}])
    assert me.image(image)["Tags"] == tags(Team="web")
    me.ask("DeleteTags", Resources=[image])
    assert "Tags" not in me.image(image)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (tags(**{"aws:x": "y"}), "InvalidParameterValue"),
        (tags(**{"k" * 128: "y"}), "InvalidParameterValue"),
        (tags(k="v" * 257), "InvalidParameterValue"),
        (tags(a="1") * 2, "InvalidParameterValue"),
        (tags(**{f"k{n}": "v" for n in range(51)}), "TagLimitExceeded"),
        ([], "MissingParameter"),
    ],
)
def test_tags_that_nobody_may_set_are_refused(me: Account, given: list[dict[str, str]], code: str) -> None:
    image = me.named(PLAIN)

    assert me.refused("CreateTags", Resources=[image], Tags=given) == code
    assert "Tags" not in me.image(image)
    me.ask("CreateTags", Resources=[image], Tags=tags(**{"k" * 127: "v" * 256}))


def test_tags_of_others_are_not_changed_and_those_of_aws_stay(me: Account) -> None:
    assert me.refused("CreateTags", Resources=[me.foreign()], Tags=tags(a="b")) == "AuthFailure"
    backup = me.named("AwsBackup_*")
    me.ask("DeleteTags", Resources=[backup])
    assert [tag["Key"] for tag in me.image(backup)["Tags"]] == ["aws:backup:source-resource"]


def test_a_request_about_mixed_resources_is_split() -> None:
    form = {"Action": "CreateTags", "ResourceId.1": "i-1", "ResourceId.2": "ami-1", "ResourceId.10": "snap-1",
            "Tag.1.Key": "a"}  # fmt: skip

    assert resources_of(form) == ["i-1", "ami-1", "snap-1"]
    assert resources_of(with_resources(form, tagged_here=True)) == ["ami-1", "snap-1"]
    assert with_resources(form, tagged_here=False) == {
        "Action": "CreateTags",
        "ResourceId.1": "i-1",
        "Tag.1.Key": "a",
    }


# References, ancestry, instances


def test_references_are_the_callers_instances_and_launch_templates() -> None:
    me = at_work()
    image = me.named("acme-attested-base")

    other = me.named(PLAIN)
    versions = [{"ImageId": one, "InstanceType": "t3.micro"} for one in (image, other)]
    made = me.ask("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=versions[0])
    template = made["LaunchTemplate"]["LaunchTemplateId"]
    me.ask("CreateLaunchTemplateVersion", LaunchTemplateId=template, LaunchTemplateData=versions[1])
    for name, value, kind in (("/web", image, IMAGE), ("/note", image, "text"), ("/other", other, IMAGE)):
        asked = {"Name": name, "Value": value, "Type": "String", "DataType": kind}
        me.cloud.serve("ssm", "PutParameter", me.caller, asked)
    me.wait(VALIDATION)

    def references(**more: Any) -> list[tuple[str, str]]:
        found = me.ask("DescribeImageReferences", ImageIds=[image], **more)["ImageReferences"]
        return [(r["ResourceType"], r["Arn"].rpartition("/")[2]) for r in found]

    everything = references(IncludeAllResourceTypes=True)
    assert ("ec2:Instance", RUNNING) in everything
    assert ("ec2:LaunchTemplate", template) in everything
    assert ("ssm:Parameter", "web") in everything
    assert len(everything) == 4, "an instance that is terminated does not count, nor what is no image's parameter"
    running = {"ResourceType": "ec2:Instance", "ResourceTypeOptions": [
        {"OptionName": "state-name", "OptionValues": ["running"]}]}  # fmt: skip
    assert references(ResourceTypes=[running]) == [("ec2:Instance", RUNNING)]
    newest = {"ResourceType": "ec2:LaunchTemplate", "ResourceTypeOptions": [
        {"OptionName": "version-depth", "OptionValues": ["1"]}]}  # fmt: skip
    assert references(ResourceTypes=[newest]) == [], "the newest version is of another image"
    kinds = {kind for kind, _ in references(IncludeAllResourceTypes=True, ResourceTypes=[newest])}
    assert kinds == {"ec2:Instance", "ssm:Parameter"}, "its own options go before the defaults"

    for bad in (
        {},
        {"ResourceTypes": [{"ResourceType": "ec2:Car"}]},
        {"IncludeAllResourceTypes": True, "MaxResults": 4},
    ):
        assert me.refused("DescribeImageReferences", ImageIds=[image], **bad) == "InvalidParameterValue"
    many = me.refused("DescribeImageReferences", ImageIds=[image] * 11, IncludeAllResourceTypes=True)
    assert many == "InvalidParameterValue"


def test_an_ancestry_goes_on_through_images_that_are_gone(me: Account) -> None:
    away = me.beside(region="eu-west-1")
    first = me.named(PLAIN)
    order = {"SourceImageId": first, "SourceRegion": "us-east-1", "Name": "child"}
    child = away.ask("CopyImage", **order)["ImageId"]
    away.wait(1000)
    order = {"SourceImageId": child, "SourceRegion": "eu-west-1", "Name": "grandchild"}
    grandchild = me.ask("CopyImage", **order)["ImageId"]
    away.ask("DeregisterImage", ImageId=child)
    me.wait(1000)

    entries = me.ask("GetImageAncestry", ImageId=grandchild)["ImageAncestryEntries"]

    assert [e["ImageId"] for e in entries] == [grandchild, child, first]
    assert (entries[0]["SourceImageId"], entries[0]["SourceImageRegion"]) == (child, "eu-west-1")
    assert "SourceImageId" not in entries[-1]
    assert me.refused("GetImageAncestry", ImageId=child) == "InvalidAMIID.NotFound"


def test_instances_tell_of_images_that_their_owner_cannot_see_any_more() -> None:
    me = at_work()
    image = me.named("acme-attested-base")
    me.ask("DisableImageDeregistrationProtection", ImageId=image)
    me.wait(DAY + 1)
    me.ask("DeregisterImage", ImageId=image)
    me.wait(1000)

    (seen,) = me.ask("DescribeInstanceImageMetadata", InstanceIds=[RUNNING])["InstanceImageMetadata"]

    assert (seen["State"], seen["Tags"]) == ({"Code": 16, "Name": "running"}, tags(Name="web"))
    assert seen["ImageMetadata"]["Name"] == "acme-attested-base"
    assert seen["ImageMetadata"]["State"] == "deregistered"
    only = [{"Name": "instance-state-name", "Values": ["stopped"]}]
    listed = me.ask("DescribeInstanceImageMetadata", Filters=only)["InstanceImageMetadata"]
    assert [i["State"]["Name"] for i in listed] == ["stopped"]


# Storing


def test_an_image_is_stored_and_restored_under_a_new_id(me: Account) -> None:
    image = me.named(PLAIN)
    key = me.ask("CreateStoreImageTask", ImageId=image, Bucket="my-images")["ObjectKey"]
    assert key == f"{image}.bin"
    early = me.refused("CreateRestoreImageTask", Bucket="my-images", ObjectKey=key, Name="again")
    assert early == "InvalidParameterValue"
    me.wait(100)
    (task,) = me.ask("DescribeStoreImageTasks", ImageIds=[image])["StoreImageTaskResults"]
    assert task["StoreTaskState"] == "InProgress"
    assert 0 < task["ProgressPercentage"] < 100
    me.wait(1000)
    done = [{"Name": "task-state", "Values": ["Completed"]}]
    (task,) = me.ask("DescribeStoreImageTasks", Filters=done)["StoreImageTaskResults"]
    assert task["ProgressPercentage"] == 100

    taken = me.refused("CreateRestoreImageTask", Bucket="my-images", ObjectKey=key)
    assert taken == "InvalidAMIName.Duplicate"
    restored = me.ask("CreateRestoreImageTask", Bucket="my-images", ObjectKey=key, Name="again")["ImageId"]
    assert restored != image
    assert me.image(restored)["State"] == "pending"
    me.wait(1000)
    assert me.image(restored)["State"] == "available"


def test_only_ebs_images_of_ones_own_or_shared_directly_are_stored(me: Account) -> None:
    def store(image: str, bucket: str = "my-images") -> dict[str, str]:
        return {"ImageId": image, "Bucket": bucket}

    bundle = me.ask("RegisterImage", Name="bundle", ImageLocation="bucket/x.manifest.xml")["ImageId"]
    me.wait(60)
    assert me.refused("CreateStoreImageTask", **store(bundle)) == "InvalidParameterValue"
    paravirtual = me.named("acme legacy web*")
    assert me.refused("CreateStoreImageTask", **store(paravirtual)) == "InvalidParameterValue"
    assert (
        me.refused("CreateStoreImageTask", **store(me.named("acme-db-postgres-16"))) == "InvalidParameterValue"
    ), "6 TB"
    assert me.refused("CreateStoreImageTask", **store(me.foreign())) == "AuthFailure", "public is not shared"
    assert me.refused("CreateStoreImageTask", **store(me.named(PLAIN), "No Bucket")) == "InvalidParameterValue"
    assert me.ask("CreateStoreImageTask", **store(me.foreign(Owners=[RESEARCH_ACCOUNT])))["ObjectKey"]
    abroad = me.beside(region="eu-west-1")
    elsewhere = store(abroad.foreign(Owners=[RESEARCH_ACCOUNT]))
    assert abroad.refused("CreateStoreImageTask", **elsewhere) == "InvalidParameterValue"
    assert second(me).ask("DescribeStoreImageTasks")["StoreImageTaskResults"] == []
    assert me.beside(PLATFORM_ACCOUNT).ask("DescribeStoreImageTasks")["StoreImageTaskResults"] == []


def test_so_much_is_stored_and_restored_at_a_time() -> None:
    me = Account(quotas=Quotas(store_gib=10, restore_gib=10))
    image = {"ImageId": me.named(PLAIN), "Bucket": "my-images"}
    me.ask("CreateStoreImageTask", **image)
    assert me.refused("CreateStoreImageTask", **image) == "ResourceLimitExceeded"
    me.wait(1000)
    key = me.ask("CreateStoreImageTask", **image)["ObjectKey"]
    me.wait(1000)

    stored = {"Bucket": "my-images", "ObjectKey": key}
    me.ask("CreateRestoreImageTask", Name="one", **stored)
    assert me.refused("CreateRestoreImageTask", Name="two", **stored) == "ResourceLimitExceeded"
    me.wait(1000)
    assert me.ask("CreateRestoreImageTask", Name="two", **stored)["ImageId"]
