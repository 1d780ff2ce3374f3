"""The lifecycle of an image in the simulated EC2, driven by boto3 as by any other client."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, READER_ACCESS_KEY, SECOND_ACCESS_KEY, SECOND_ACCOUNT
from amitui.demo.server.main import build_server, listen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 120.0
"""Seconds; what is waited for takes a fraction of one."""


@contextmanager
def client(url: str, *, region: str = "us-east-1", key: str = MAIN_ACCESS_KEY) -> Iterator[Any]:
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="demo", region_name=region)
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    with closing(session.client("ec2", endpoint_url=url, config=config)) as made:
        yield made


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    """The server in a process of its own, a thousand times as fast as EC2."""
    with DemoProcess(speed=1000) as running:
        yield running


@pytest.fixture
def ec2(process: DemoProcess) -> Iterator[Any]:
    with client(process.url) as made:
        yield made


@pytest.fixture
def second(process: DemoProcess) -> Iterator[Any]:
    with client(process.url, key=SECOND_ACCESS_KEY) as made:
        yield made


def image_of(ec2: Any, image_id: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_images(ImageIds=[image_id])["Images"][0]
    return found


def eventually(found: Callable[[], Any]) -> Any:
    """What `found` gives once it gives something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("nothing came of it")


def available(ec2: Any, image_id: str) -> dict[str, Any]:
    def ready() -> dict[str, Any] | None:
        image = image_of(ec2, image_id)
        assert image["State"] in {"pending", "available"}
        return image if image["State"] == "available" else None

    found: dict[str, Any] = eventually(ready)
    return found


def named(ec2: Any, name: str) -> dict[str, Any]:
    filters = [{"Name": "name", "Values": [name]}, {"Name": "state", "Values": ["available"]}]
    found: dict[str, Any] = ec2.describe_images(Owners=["self"], Filters=filters)["Images"][0]
    return found


def code(call: Callable[..., Any], **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response: Any = caught.value.response
    return str(response["Error"]["Code"])


def instance_called(ec2: Any, name: str) -> dict[str, Any]:
    filters = [{"Name": "tag:Name", "Values": [name]}]
    found: dict[str, Any] = ec2.describe_instances(Filters=filters)["Reservations"][0]["Instances"][0]
    return found


def test_an_image_lives_from_its_instance_to_the_recycle_bin_and_back(process: DemoProcess, ec2: Any) -> None:
    # Created of an instance that was there already
    instance = instance_called(ec2, "web-1")
    image = ec2.create_image(InstanceId=instance["InstanceId"], Name="life", TagSpecifications=[
        {"ResourceType": "image", "Tags": [{"Key": "Stage", "Value": "one"}]},
    ])["ImageId"]  # fmt: skip
    made = available(ec2, image)
    assert made["SourceInstanceId"] == instance["InstanceId"]
    assert made["SourceImageId"] == instance["ImageId"]
    assert made["Tags"] == [{"Key": "Stage", "Value": "one"}]
    volumes = ec2.describe_volumes(
        Filters=[{"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}]
    )["Volumes"]
    sizes = [mapping["Ebs"]["VolumeSize"] for mapping in made["BlockDeviceMappings"]]
    assert sorted(sizes) == sorted(volume["Size"] for volume in volumes)

    # Copied, shared, deprecated, protected
    with client(process.url, region="eu-west-1") as away:
        copy = away.copy_image(SourceImageId=image, SourceRegion="us-east-1", Name="life", CopyImageTags=True)
        copied = available(away, copy["ImageId"])
        assert (copied["SourceImageId"], copied["Tags"]) == (image, made["Tags"])
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]})
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    ec2.enable_image_deprecation(ImageId=image, DeprecateAt=tomorrow)
    assert image_of(ec2, image)["DeprecationTime"].startswith(tomorrow.strftime("%Y-%m-%d"))
    protected = ec2.enable_image_deregistration_protection(ImageId=image)
    assert protected["Return"] == "enabled-without-cooldown"
    assert code(ec2.deregister_image, ImageId=image) == "OperationNotPermitted"
    ec2.disable_image_deregistration_protection(ImageId=image)

    # Deregistered with its snapshots, and back
    snapshots = [mapping["Ebs"]["SnapshotId"] for mapping in made["BlockDeviceMappings"]]
    assert code(ec2.delete_snapshot, SnapshotId=snapshots[0]) == "InvalidSnapshot.InUse"
    results = ec2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)["DeleteSnapshotResults"]
    assert results == [{"SnapshotId": snapshot, "ReturnCode": "success"} for snapshot in snapshots]
    assert [entry["ImageId"] for entry in ec2.list_images_in_recycle_bin()["Images"]] == [image]
    for snapshot in snapshots:
        assert ec2.restore_snapshot_from_recycle_bin(SnapshotId=snapshot)["State"] == "recovering"
    assert ec2.restore_image_from_recycle_bin(ImageId=image)["Return"] is True
    assert image_of(ec2, image)["State"] == "available"
    permissions = ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")["LaunchPermissions"]
    assert permissions == [{"UserId": SECOND_ACCOUNT}]


def test_a_share_can_be_left_by_whom_it_was_given_to(ec2: Any, second: Any) -> None:
    image = named(ec2, "DoNotDelete")["ImageId"]
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]})

    assert second.cancel_image_launch_permission(ImageId=image)["Return"] is True

    assert code(second.describe_images, ImageIds=[image]) == "InvalidAMIID.NotFound"


def test_botocores_own_tokens_make_two_calls_two_copies(ec2: Any) -> None:
    source = {"SourceImageId": named(ec2, "DoNotDelete")["ImageId"], "SourceRegion": "us-east-1"}

    first = ec2.copy_image(Name="token one", ClientToken="t-1", **source)["ImageId"]

    assert ec2.copy_image(Name="token one", ClientToken="t-1", **source)["ImageId"] == first
    assert code(ec2.copy_image, Name="token two", ClientToken="t-1", **source) == "IdempotentParameterMismatch"
    assert code(ec2.copy_image, Name="token one", **source) == "InvalidAMIName.Duplicate"


def test_a_bad_key_fails_later_with_its_reason(ec2: Any) -> None:
    source = {"SourceImageId": named(ec2, "DoNotDelete")["ImageId"], "SourceRegion": "us-east-1"}
    key = "arn:aws:kms:eu-west-1:123456789012:key/1f0c2e7a-55aa-4c11-9d1e-0b6d2f3c4a5e"
    copy = ec2.copy_image(Name="bad key", Encrypted=True, KmsKeyId=key, **source)["ImageId"]

    eventually(lambda: image_of(ec2, copy)["State"] == "failed")

    assert "not accessible" in image_of(ec2, copy)["StateReason"]["Message"]


def test_registering_from_a_snapshot_and_from_a_manifest(ec2: Any) -> None:
    snapshot = named(ec2, "DoNotDelete")["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    image = ec2.register_image(
        Name="registered", Architecture="x86_64", VirtualizationType="hvm", RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
    )["ImageId"]  # fmt: skip
    bundle = ec2.register_image(Name="bundle", ImageLocation="bucket/web.manifest.xml")["ImageId"]

    assert available(ec2, image)["RootDeviceType"] == "ebs"
    assert available(ec2, bundle)["RootDeviceType"] == "instance-store"


def test_dry_runs_tell_the_reader_from_the_owner(process: DemoProcess, ec2: Any) -> None:
    image = named(ec2, "f5-with-our-licence")["ImageId"]

    assert code(ec2.deregister_image, ImageId=image, DryRun=True) == "DryRunOperation"
    with client(process.url, key=READER_ACCESS_KEY) as reader:
        assert code(reader.deregister_image, ImageId=image, DryRun=True) == "UnauthorizedOperation"
        assert code(reader.create_tags, Resources=["vpc-1"], Tags=[]) == "UnauthorizedOperation"
        assert code(reader.create_vpc, CidrBlock="10.9.0.0/16") == "UnauthorizedOperation"
        assert image_of(reader, image)["State"] == "available"


def test_tags_go_to_whom_the_resources_belong(ec2: Any) -> None:
    image = named(ec2, "acme-community-edition-2.1")["ImageId"]
    instance = instance_called(ec2, "build-host")["InstanceId"]
    ec2.create_tags(Resources=[image, instance], Tags=[{"Key": "Wave", "Value": "7"}])

    filters = [{"Name": "tag:Wave", "Values": ["7"]}]
    listed = {tag["ResourceId"] for tag in ec2.describe_tags(Filters=filters)["Tags"]}
    assert listed == {image, instance}
    assert instance_called(ec2, "build-host")["InstanceId"] == instance
    ec2.delete_tags(Resources=[instance, image], Tags=[{"Key": "Wave"}])
    assert ec2.describe_tags(Filters=filters)["Tags"] == []
    assert code(ec2.create_tags, Resources=["ami-00000000000000000"], Tags=[{"Key": "a", "Value": "b"}]) == (
        "InvalidAMIID.NotFound"
    )


def test_instances_use_images_and_say_so(ec2: Any) -> None:
    image = named(ec2, "acme-attested-base")["ImageId"]
    launched = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="m7i.large")["Instances"][0]
    ec2.create_launch_template(LaunchTemplateName="attested", LaunchTemplateData={"ImageId": image})

    references = ec2.describe_image_references(ImageIds=[image], IncludeAllResourceTypes=True)["ImageReferences"]
    assert {reference["ResourceType"] for reference in references} == {"ec2:Instance", "ec2:LaunchTemplate"}
    assert any(reference["Arn"].endswith(launched["InstanceId"]) for reference in references)
    metadata = ec2.describe_instance_image_metadata(InstanceIds=[launched["InstanceId"]])["InstanceImageMetadata"]
    assert metadata[0]["ImageMetadata"]["Name"] == "acme-attested-base"
    volumes = ec2.describe_volumes(
        Filters=[{"Name": "attachment.instance-id", "Values": [launched["InstanceId"]]}]
    )["Volumes"]
    assert [volume["Size"] for volume in volumes] == [12], "the image's own volume"

    retired = named(ec2, "acme-community-edition-2.0")["ImageId"]
    ec2.disable_image(ImageId=retired)
    run = {"MinCount": 1, "MaxCount": 1, "ImageId": retired}
    assert code(ec2.run_instances, **run) == "InvalidAMIID.Unavailable"
    assert ec2.enable_image(ImageId=retired)["Return"] is True


def test_ancestry_public_access_and_the_store_answer_in_their_shapes(ec2: Any, second: Any) -> None:
    image = named(ec2, "acme-attested-base")["ImageId"]
    entries = ec2.get_image_ancestry(ImageId=image)["ImageAncestryEntries"]
    assert entries[0]["ImageId"] == image
    assert isinstance(entries[0]["CreationDate"], datetime)
    assert second.get_image_block_public_access_state()["ImageBlockPublicAccessState"] == "block-new-sharing"

    key = ec2.create_store_image_task(ImageId=image, Bucket="my-images")["ObjectKey"]
    tasks = ec2.describe_store_image_tasks(ImageIds=[image])["StoreImageTaskResults"]
    assert tasks[0]["S3objectKey"] == key
    eventually(
        lambda: (
            ec2.describe_store_image_tasks(ImageIds=[image])["StoreImageTaskResults"][0]["StoreTaskState"]
            == "Completed"
        )
    )
    restored = ec2.create_restore_image_task(Bucket="my-images", ObjectKey=key, Name="restored")["ImageId"]
    assert available(ec2, restored)["TpmSupport"] == "v2.0"


def test_moto_is_loaded_only_for_instances() -> None:
    with ExitStack() as stack:
        server = build_server(listen(0), as_of=1_795_219_200).start()
        stack.callback(server.stop)
        ec2 = stack.enter_context(client(server.url))
        image = named(ec2, "DoNotDelete")
        ec2.create_tags(Resources=[image["ImageId"]], Tags=[{"Key": "a", "Value": "b"}])
        ec2.deregister_image(ImageId=image["ImageId"], DeleteAssociatedSnapshots=True)
        assert ec2.describe_tags(Filters=[{"Name": "key", "Values": ["Env"]}])["Tags"]

        assert not server.dispatcher._moto.loaded


def test_snapshots_are_read_and_made_in_boto3s_types(ec2: Any) -> None:
    pages = ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], PaginationConfig={"PageSize": 100})
    snapshots = [snapshot for page in pages for snapshot in page["Snapshots"]]
    assert len(snapshots) > 100
    assert all(isinstance(snapshot["StartTime"], datetime) for snapshot in snapshots)

    volume = instance_called(ec2, "web-2")["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    made = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    eventually(
        lambda: ec2.describe_snapshots(SnapshotIds=[made])["Snapshots"][0]["State"] == "completed",
    )
    ec2.delete_snapshot(SnapshotId=made)
    assert made in {kept["SnapshotId"] for kept in ec2.list_snapshots_in_recycle_bin()["Snapshots"]}


def test_every_attribute_can_be_described(ec2: Any) -> None:
    image = named(ec2, "acme-attested-base")["ImageId"]
    allowed = (
        ec2.meta.service_model.operation_model("DescribeImageAttribute").input_shape.members["Attribute"].enum
    )
    answers = {
        attribute: ec2.describe_image_attribute(ImageId=image, Attribute=attribute)
        for attribute in allowed
        if attribute != "blockDeviceMapping"
    }

    assert answers["tpmSupport"]["TpmSupport"] == {"Value": "v2.0"}
    assert answers["deregistrationProtection"]["DeregistrationProtection"] == {"Value": "enabled-with-cooldown"}
    assert len(answers) >= 12
    assert code(ec2.describe_image_attribute, ImageId=image, Attribute="blockDeviceMapping") == "AuthFailure"
