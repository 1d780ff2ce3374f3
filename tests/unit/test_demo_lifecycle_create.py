from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from amitui.demo.cloud.making import FINISHING, snapshot_work
from amitui.demo.cloud.rules import Quotas
from amitui.demo.cloud.snapshots import PER_VOLUME
from tests.support.demo_account import Account, second

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RUNNING, GONE, DISKLESS = ("i-0" + letter * 16 for letter in "abc")
ROOT, DATA = ("vol-0" + digit * 16 for digit in "12")
NS = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'


class Machines:
    """Answers DescribeInstances and DescribeVolumes as moto does: three instances of one account."""

    loaded = True

    def __init__(self, account: str, image_id: str) -> None:
        self.account = account
        self.image_id = image_id

    def answer(
        self, *, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, account: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        action = parse_qs(body.decode())["Action"][0]
        here = account == self.account and "us-east-1" in headers["Authorization"]
        content = getattr(self, action)() if here and hasattr(self, action) else ""
        return 200, [], f"<{action}Response {NS}><requestId>1</requestId>{content}</{action}Response>".encode()

    def DescribeInstances(self) -> str:
        def attached(device: str, volume: str, deleted: str) -> str:
            ebs = f"<volumeId>{volume}</volumeId><deleteOnTermination>{deleted}</deleteOnTermination>"
            return f"<item><deviceName>{device}</deviceName><ebs>{ebs}</ebs></item>"

        both = attached("/dev/xvda", ROOT, "true") + attached("/dev/sdf", DATA, "false")
        items = "".join(
            f"<item><instanceId>{name}</instanceId><imageId>{self.image_id}</imageId>"
            f"<instanceState><code>0</code><name>{state}</name></instanceState><instanceType>m7i.large</instanceType>"
            f"<architecture>x86_64</architecture><rootDeviceName>/dev/xvda</rootDeviceName>"
            f"<launchTime>2026-11-01T00:00:00.000Z</launchTime>"
            f"<placement><availabilityZone>us-east-1a</availabilityZone></placement>"
            f"<blockDeviceMapping>{volumes}</blockDeviceMapping>"
            f"<tagSet><item><key>Name</key><value>web</value></item></tagSet></item>"
            for name, state, volumes in (
                (RUNNING, "running", both),
                (GONE, "terminated", ""),
                (DISKLESS, "stopped", ""),
            )
        )
        return f"<reservationSet><item><instancesSet>{items}</instancesSet></item></reservationSet>"

    def DescribeVolumes(self) -> str:
        items = "".join(
            f"<item><volumeId>{volume}</volumeId><size>{size}</size><volumeType>gp3</volumeType><iops>4000</iops>"
            f"<encrypted>{encrypted}</encrypted></item>"
            for volume, size, encrypted in ((ROOT, 20, "false"), (DATA, 100, "true"))
        )
        return f"<volumeSet>{items}</volumeSet>"

    holds_objects = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else is there."""
        yield


def at_work(**options: Any) -> Account:
    account = Account(fleet={}, **options)
    account.cloud.instances.connect(Machines(account.caller.account, account.named("acme-attested-base")))
    return account


@pytest.fixture
def me() -> Account:
    return at_work()


def test_an_image_has_a_snapshot_of_each_volume_and_is_available_after_the_slowest(me: Account) -> None:
    specifications = [
        {"ResourceType": kind, "Tags": [{"Key": "For", "Value": kind}]} for kind in ("image", "snapshot")
    ]
    image = me.ask("CreateImage", InstanceId=RUNNING, Name="made", TagSpecifications=specifications)["ImageId"]

    seen = me.image(image)
    assert (seen["State"], seen["SourceInstanceId"], seen["BootMode"]) == ("pending", RUNNING, "uefi-preferred")
    assert seen["SourceImageId"] == me.named("acme-attested-base")
    assert seen["Tags"] == [{"Key": "For", "Value": "image"}]
    volumes = [(m["DeviceName"], m["Ebs"]["VolumeSize"], m["Ebs"]["Encrypted"], m["Ebs"]["DeleteOnTermination"])
               for m in seen["BlockDeviceMappings"]]  # fmt: skip
    assert volumes == [("/dev/xvda", 20, False, True), ("/dev/sdf", 100, True, False)]
    snapshots = me.ask("DescribeSnapshots", SnapshotIds=me.snapshots_of(image))["Snapshots"]
    assert {s["VolumeId"] for s in snapshots} == {ROOT, DATA}
    assert {s["Description"] for s in snapshots} == {f"Created by CreateImage({RUNNING}) for {image}"}
    assert all(s["Tags"] == [{"Key": "For", "Value": "snapshot"}] for s in snapshots)

    me.wait(snapshot_work(100) + FINISHING - 1)
    assert me.image(image)["State"] == "pending"
    me.wait(2)
    assert me.image(image)["State"] == "available"


def test_volumes_can_be_kept_left_out_and_added_but_not_changed(me: Account) -> None:
    def made(name: str, *mappings: dict[str, Any]) -> list[dict[str, Any]]:
        me.wait(PER_VOLUME)
        image = me.ask("CreateImage", InstanceId=RUNNING, Name=name, BlockDeviceMappings=list(mappings))["ImageId"]
        listed: list[dict[str, Any]] = me.image(image)["BlockDeviceMappings"]
        return listed

    kept = made("kept", {"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": True}})
    assert [m["Ebs"]["DeleteOnTermination"] for m in kept] == [True, True]
    assert [m["DeviceName"] for m in made("less", {"DeviceName": "/dev/sdf", "NoDevice": ""})] == ["/dev/xvda"]
    more = made("more", {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 5}},
                {"DeviceName": "/dev/sdh", "VirtualName": "ephemeral0"})  # fmt: skip
    assert more[2]["Ebs"]["VolumeSize"] == 5
    assert more[3]["VirtualName"] == "ephemeral0"

    for bad in ({"Ebs": {"VolumeSize": 30}}, {"Ebs": {"Encrypted": True}}, {"NoDevice": ""}):
        mapping = {"DeviceName": "/dev/xvda"} | bad
        refused = me.refused("CreateImage", InstanceId=RUNNING, Name="bad", BlockDeviceMappings=[mapping])
        assert refused == "InvalidBlockDeviceMapping"


def test_only_instances_that_are_there_and_have_a_root_volume_make_images(me: Account) -> None:
    for instance, code in (
        ("i-1", "InvalidInstanceID.Malformed"),
        ("i-0" + "d" * 16, "InvalidInstanceID.NotFound"),
        (GONE, "IncorrectInstanceState"),
        (DISKLESS, "InvalidParameterValue"),
    ):
        assert me.refused("CreateImage", InstanceId=instance, Name="made") == code
    assert second(me).refused("CreateImage", InstanceId=RUNNING, Name="made") == "InvalidInstanceID.NotFound"
    assert me.refused("CreateImage", InstanceId=RUNNING) == "MissingParameter"
    taken = me.refused("CreateImage", InstanceId=RUNNING, Name="acme-attested-base")
    assert taken == "InvalidAMIName.Duplicate"
    bios = me.refused("CreateImage", InstanceId=RUNNING, Name="made", BootModeOverride="legacy-bios")
    assert bios == "InvalidParameterCombination"


def test_a_volume_has_one_snapshot_in_fifteen_seconds(me: Account) -> None:
    me.ask("CreateSnapshot", VolumeId=ROOT, Description="by hand")
    soon = me.refused("CreateImage", InstanceId=RUNNING, Name="made")
    assert soon == "SnapshotCreationPerVolumeRateExceeded"

    me.wait(PER_VOLUME)
    assert me.ask("CreateImage", InstanceId=RUNNING, Name="made")["ImageId"]


def test_snapshots_are_made_of_volumes(me: Account) -> None:
    made = me.ask("CreateSnapshot", VolumeId=DATA, Description="by hand")
    assert (made["State"], made["Progress"], made["VolumeSize"], made["Encrypted"]) == ("pending", "", 100, True)
    assert me.refused("CreateSnapshot", VolumeId="vol-0" + "9" * 16) == "InvalidVolume.NotFound"
    assert me.refused("CreateSnapshot", VolumeId="disk") == "InvalidVolumeID.Malformed"

    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": made["SnapshotId"]}}
    order = {"Name": "early", "BlockDeviceMappings": [mapping]}
    assert me.refused("RegisterImage", **order) == "IncorrectState"
    me.wait(1000)
    assert me.ask("RegisterImage", **order)["ImageId"]


def test_so_many_images_without_a_reboot_are_made_of_one_instance_at_a_time() -> None:
    me = at_work(quotas=Quotas(no_reboot=1))

    def create(name: str) -> dict[str, Any]:
        me.wait(PER_VOLUME)
        return {"InstanceId": RUNNING, "Name": name, "NoReboot": True}

    me.ask("CreateImage", **create("first"))
    assert me.refused("CreateImage", **create("second")) == "ConcurrentCreateImageNoRebootLimitExceeded"
    me.wait(1000)
    assert me.ask("CreateImage", **create("second"))["ImageId"]


def test_an_image_that_is_deregistered_while_it_is_made_stays_so(me: Account) -> None:
    image = me.ask("CreateImage", InstanceId=RUNNING, Name="made")["ImageId"]
    me.ask("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True)

    me.wait(1000)

    assert me.refused("DescribeImages", ImageIds=[image]) == "InvalidAMIID.NotFound"
