"""What images can be made from, read over the wire from the demo's EC2, and page by page from a scripted one."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, SECOND_ACCESS_KEY
from amitui.domain.operations.inventory import DeviceInfo, InstanceInfo, KeyInfo, SnapshotInfo
from amitui.ec2.reads import inventory
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import DeniedError
from tests.support.fake_ec2 import fake_ec2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

REGION = "us-east-1"


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    with DemoProcess(speed=1000) as running:
        yield running


@pytest.fixture(scope="module")
def ec2(process: DemoProcess) -> Iterator[Any]:
    session = boto3.Session(aws_access_key_id=MAIN_ACCESS_KEY, aws_secret_access_key="demo", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    with closing(session.client("ec2", endpoint_url=process.url, config=config)) as made:
        yield made


def asked(url: str, read: Callable[[Ec2Connection], Awaitable[Any]], *, key: str = MAIN_ACCESS_KEY) -> Any:
    async def run() -> Any:
        target = AwsTarget(endpoint_url=url, demo=True, demo_access_key=key)
        async with Ec2Connection(target, attempts=1) as connection:
            return await read(connection)

    return asyncio.run(run())


def instances_of(url: str) -> list[InstanceInfo]:
    found: list[InstanceInfo] = asked(url, lambda connection: inventory.instances(connection, REGION))
    return found


def test_instances_come_by_name_with_their_devices_the_root_first(process: DemoProcess) -> None:
    found = instances_of(process.url)

    names = [one.name for one in found]
    assert [name for name in names if name] == sorted(name for name in names if name)
    build, template, web = (found[names.index(name)] for name in ("build-host", "db-template", "web-1"))
    assert (web.state, template.state) == ("running", "stopped")
    assert web.instance_id.startswith("i-")
    assert web.image_id.startswith("ami-")
    assert web.architecture in {"x86_64", "arm64"}
    assert web.launched_at
    assert not web.obstacle
    assert len(template.devices) > 1
    assert template.devices[0].device_name == template.root_device
    assert all(device.volume_id.startswith("vol-") for device in (*build.devices, *template.devices))


def test_volumes_are_asked_for_when_an_instance_is_chosen(process: DemoProcess, ec2: Any) -> None:
    template = next(one for one in instances_of(process.url) if one.name == "db-template")
    devices: list[DeviceInfo] = asked(
        process.url, lambda connection: inventory.devices(connection, REGION, template)
    )

    told = {
        volume["VolumeId"]: (volume["Size"], volume["VolumeType"], volume["Encrypted"])
        for volume in ec2.describe_volumes(VolumeIds=[device.volume_id for device in devices])["Volumes"]
    }
    assert [device.device_name for device in devices] == [device.device_name for device in template.devices]
    assert {one.volume_id: (one.gib, one.volume_type, one.encrypted) for one in devices} == told


def test_own_snapshots_come_newest_first(process: DemoProcess, ec2: Any) -> None:
    volume = instances_of(process.url)[0].devices[0]
    made = ec2.create_snapshot(
        VolumeId=volume.volume_id,
        Description="before the update",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": "safe\u202e!"}]}],
    )["SnapshotId"]

    found: list[SnapshotInfo] = asked(process.url, lambda connection: inventory.snapshots(connection, REGION))

    assert len(found) > 100
    assert [one.started_at for one in found] == sorted((one.started_at or 0 for one in found), reverse=True)
    snapshot = next(one for one in found if one.snapshot_id == made)
    assert (snapshot.description, snapshot.volume_id) == ("before the update", volume.volume_id)
    assert snapshot.name == "safe␦!", "what EC2 gives is safe to show"
    strangers = asked(
        process.url, lambda connection: inventory.snapshots(connection, REGION), key=SECOND_ACCESS_KEY
    )
    assert made not in {one.snapshot_id for one in strangers}


def test_names_are_taken_by_own_images_alone_whatever_their_state(process: DemoProcess, ec2: Any) -> None:
    standing = ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": ["DoNotDelete"]}])[
        "Images"
    ]
    snapshot = standing[0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    for name in ("taken 1", "taken 2", "taken by nobody"):
        ec2.register_image(
            Name=name, Architecture="x86_64", VirtualizationType="hvm", RootDeviceName="/dev/xvda",
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
        )  # fmt: skip

    def names(prefix: str, key: str = MAIN_ACCESS_KEY) -> Any:
        return asked(process.url, lambda connection: inventory.image_names(connection, REGION, prefix), key=key)

    assert names("taken ") == {"taken 1", "taken 2", "taken by nobody"}
    assert names("taken 1") == {"taken 1"}
    assert names("take* 1") == frozenset(), "a star means itself"
    assert names("taken ", key=SECOND_ACCESS_KEY) == frozenset()


def test_lists_are_read_to_their_last_page_even_past_an_empty_one() -> None:
    item = "<item><snapshotId>{}</snapshotId><status>completed</status><startTime>{}</startTime></item>"
    pages = [
        item.format("snap-1", "2026-01-01T00:00:00.000Z") + "</snapshotSet><nextToken>a</nextToken>",
        "</snapshotSet><nextToken>b</nextToken>",
        item.format("snap-2", "2026-02-01T00:00:00.000Z") + "</snapshotSet>",
    ]
    with fake_ec2() as fake:
        for page in pages:
            start = '<DescribeSnapshotsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><snapshotSet>'
            fake.answer("DescribeSnapshots", 200, f"{start}{page}</DescribeSnapshotsResponse>")
        found = asked(fake.url, lambda connection: inventory.snapshots(connection, REGION))

        assert [one.snapshot_id for one in found] == ["snap-2", "snap-1"]
        assert [call.get("NextToken") for call in fake.calls("DescribeSnapshots")] == [None, "a", "b"]
        assert {call["MaxResults"] for call in fake.calls("DescribeSnapshots")} == {"1000"}


def test_an_instance_is_shown_without_sizes_where_its_volumes_may_not_be_looked_at() -> None:
    device = DeviceInfo("/dev/xvda", "vol-1", True)
    instance = InstanceInfo(
        "i-1", "web", "running", "m7i.large", "ami-1", "x86_64", "", "/dev/xvda", "ebs", (device,), (), None
    )
    with fake_ec2() as fake:
        fake.fail("DescribeVolumes", 403, "UnauthorizedOperation")
        found = asked(fake.url, lambda connection: inventory.devices(connection, REGION, instance))

    assert found == [device]
    assert found[0].gib is None


def test_a_denied_list_is_an_error_in_words() -> None:
    with fake_ec2() as fake:
        fake.fail("DescribeInstances", 403, "UnauthorizedOperation")
        with pytest.raises(DeniedError, match="list the instances"):
            asked(fake.url, lambda connection: inventory.instances(connection, REGION))


class ScriptedKms:
    """Answers KMS's calls as a connection does; tells apart keys that can encrypt volumes and others."""

    def __init__(self, keys: dict[str, dict[str, Any]], *, denied: bool = False) -> None:
        self.keys = keys
        self.denied = denied
        self.requests: list[str] = []

    async def service_call(self, service: str, region: str, operation: str, action: str, **given: Any) -> Any:
        assert (service, region) == ("kms", REGION)
        self.requests.append(operation)
        if operation == "describe_key":
            if self.denied:
                raise DeniedError("no", code="AccessDeniedException")
            return {"KeyMetadata": {"Arn": given["KeyId"], **self.keys[given["KeyId"].partition("key/")[2]]}}
        names = sorted(self.keys)
        start = int(given.get("Marker", 0))
        aliases = [
            {
                "AliasName": f"alias/{name}",
                "AliasArn": f"arn:aws:kms:{REGION}:123456789012:alias/{name}",
                **({} if name == "aws/ebs" else {"TargetKeyId": name}),
            }
            for name in names[start : start + 2]
        ]
        more = start + 2 < len(names)
        return {"Aliases": aliases, "Truncated": more, **({"NextMarker": str(start + 2)} if more else {})}


def keys_of(kms: ScriptedKms) -> list[KeyInfo]:
    return asyncio.run(inventory.keys(kms, REGION))  # type: ignore[arg-type]


def test_keys_are_those_that_can_encrypt_volumes_the_accounts_own_first() -> None:
    usable = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "KeyManager": "CUSTOMER"}
    kms = ScriptedKms(
        {
            "aws/ebs": {},
            "aws/s3": usable,
            "images": {**usable, "KeyState": "Enabled", "Description": "for\x1b images"},
            "leaving": {**usable, "KeyState": "PendingDeletion"},
            "signing": {**usable, "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
        }
    )

    found = keys_of(kms)

    assert [key.alias for key in found] == ["alias/images", "alias/leaving", "alias/aws/ebs"]
    assert found[0].arn == f"arn:aws:kms:{REGION}:123456789012:key/images"
    assert (found[0].manager, found[0].description) == ("CUSTOMER", "for␦ images")
    assert found[1].obstacle == "it is pending deletion"
    assert found[2].manager == "AWS"
    assert kms.requests.count("list_aliases") == 3


def test_a_key_that_may_not_be_looked_at_can_still_be_chosen() -> None:
    found = keys_of(ScriptedKms({"images": {}}, denied=True))

    assert [(key.alias, key.obstacle) for key in found] == [("alias/images", "")]
