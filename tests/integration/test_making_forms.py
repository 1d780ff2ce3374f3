"""The forms that make images, over what the demo's EC2 really has; it accepts the calls that they plan."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from amitui.domain.operations.plan import Call
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.ec2.reads import inventory
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.ui.forms.copy.form import CopyForm
from amitui.ui.forms.create import CreateForm
from amitui.ui.forms.register import RegisterForm
from tests.support.inventory import Host, OpenForm
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from amitui.domain.operations.inventory import DeviceInfo, InstanceInfo, KeyInfo, SnapshotInfo
    from amitui.domain.operations.plan import Plan
    from amitui.ui.forms.form import OperationForm

REGION = "us-east-1"
PATIENCE = 120.0
"""Seconds; what is waited for takes a fraction of one."""


class Reads:
    """The account's resources, read over one connection."""

    def __init__(self, connection: Ec2Connection) -> None:
        self._connection = connection

    async def instances(self, region: str) -> Sequence[InstanceInfo]:
        return await inventory.instances(self._connection, region)

    async def devices(self, region: str, instance: InstanceInfo) -> Sequence[DeviceInfo]:
        return await inventory.devices(self._connection, region, instance)

    async def snapshots(self, region: str) -> Sequence[SnapshotInfo]:
        return await inventory.snapshots(self._connection, region)

    async def keys(self, region: str) -> Sequence[KeyInfo]:
        return await inventory.keys(self._connection, region)

    async def image_names(self, region: str, prefix: str) -> frozenset[str]:
        return await inventory.image_names(self._connection, region, prefix)


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    with DemoProcess(speed=1000) as running:
        yield running


@pytest.fixture(scope="module")
def clients(process: DemoProcess) -> Iterator[Callable[[str], Any]]:
    """boto3's clients by region, which know nothing of amitui."""
    session = boto3.Session(aws_access_key_id=MAIN_ACCESS_KEY, aws_secret_access_key="demo")
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    made: dict[str, Any] = {}

    def client(region: str) -> Any:
        if region not in made:
            made[region] = session.client("ec2", region_name=region, endpoint_url=process.url, config=config)
        return made[region]

    yield client
    for one in made.values():
        one.close()


@asynccontextmanager
async def opened(url: str, make: Callable[[Reads], OperationForm]) -> AsyncIterator[OpenForm]:
    async with (
        Ec2Connection(AwsTarget(endpoint_url=url, demo=True), attempts=1) as connection,
        WidgetApp().run_test(size=(80, 24)) as pilot,
    ):
        yield await OpenForm.on(pilot, make(Reads(connection)))


def made_by(clients: Callable[[str], Any], plan: Plan) -> dict[str, Any]:
    """Execute the plan, wait as it says, and return the image that it made."""
    image_id = ""
    for step in plan.steps:
        ec2 = clients(step.region)
        if isinstance(step, Call):
            image_id = getattr(ec2, step.api)(**step.parameters).get("ImageId", image_id)
            continue
        end = time.monotonic() + PATIENCE
        while state_of(ec2, step.kind, str(step.target or image_id)) not in step.until:
            assert time.monotonic() < end, step
            time.sleep(0.02)
    found: dict[str, Any] = clients(plan.region).describe_images(ImageIds=[image_id])["Images"][0]
    return found


def state_of(ec2: Any, kind: str, target: str) -> str:
    if kind == "image":
        return str(ec2.describe_images(ImageIds=[target])["Images"][0]["State"])
    reservations = ec2.describe_instances(InstanceIds=[target])["Reservations"]
    return str(reservations[0]["Instances"][0]["State"]["Name"])


async def test_an_image_of_an_instance_that_is_stopped_for_it(
    process: DemoProcess, clients: Callable[[str], Any]
) -> None:
    async with opened(
        process.url, lambda reads: CreateForm(Host(), reads, regions=[REGION], region=REGION)
    ) as form:
        await form.pick("instance", "web-1")
        await form.go_to("stop")
        await form.press("right")
        await form.fill("image-tags", "Env=prod")
        (plan,) = await form.carry_out()

    image = made_by(clients, plan)

    assert image["Name"] == "web-1-2026-11-21"
    assert image["Tags"] == [{"Key": "Env", "Value": "prod"}]
    assert image["SourceInstanceId"] == plan.subject
    assert state_of(clients(REGION), "instance", plan.subject) == "running"


async def test_the_next_image_of_the_day_has_another_name_and_fewer_volumes(
    process: DemoProcess, clients: Callable[[str], Any]
) -> None:
    def make(reads: Reads) -> CreateForm:
        return CreateForm(Host(), reads, regions=[REGION], region=REGION)

    async with opened(process.url, make) as form:
        await form.pick("instance", "db-template")
        (first,) = await form.carry_out()
    whole = made_by(clients, first)
    async with opened(process.url, make) as form:
        await form.pick("instance", "db-template")
        await form.go_to("volumes")
        await form.press("down", "space")
        (second,) = await form.carry_out()
    lesser = made_by(clients, second)

    assert lesser["Name"] == f"{whole['Name']}-2"
    dropped = {mapping["DeviceName"] for mapping in whole["BlockDeviceMappings"]} - {
        mapping["DeviceName"] for mapping in lesser["BlockDeviceMappings"]
    }
    assert len(dropped) == 1
    assert whole["RootDeviceName"] not in dropped


async def test_an_image_of_a_snapshot_with_a_second_volume_and_a_tpm(
    process: DemoProcess, clients: Callable[[str], Any]
) -> None:
    async with opened(process.url, lambda reads: RegisterForm(Host(), reads, region=REGION)) as form:
        await form.go_to("root")
        await form.press("enter", "enter")
        await form.fill("name", "registered by hand")
        await form.go_to("boot")
        await form.press("right", "right")
        await form.go_to("tpm")
        await form.press("space")
        await form.fill("mapping", "/dev/sdf=20:gp3:mbs=200:delete")
        (plan,) = await form.carry_out()

    image = made_by(clients, plan)

    assert (image["Name"], image["BootMode"], image["TpmSupport"]) == ("registered by hand", "uefi", "v2.0")
    assert (image["VirtualizationType"], image["ImdsSupport"], image["EnaSupport"]) == ("hvm", "v2.0", True)
    volumes = {mapping["DeviceName"]: mapping["Ebs"] for mapping in image["BlockDeviceMappings"]}
    assert volumes[image["RootDeviceName"]]["SnapshotId"] == plan.subject
    assert volumes["/dev/sdf"]["VolumeSize"] == 20


async def test_copies_in_two_regions_and_beside_the_source(
    process: DemoProcess, clients: Callable[[str], Any]
) -> None:
    own = clients(REGION).describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": ["DoNotDelete"]}])
    source = own["Images"][0]
    facts = ImageFacts(REGION, source["ImageId"], source["Name"], source["OwnerId"])
    regions = (REGION, "eu-west-1", "us-west-2")

    def make(reads: Reads) -> CopyForm:
        return CopyForm(Host(), reads, image=facts, size_gib=8, regions=regions, encrypted=False)

    async with opened(process.url, make) as form:
        await form.go_to("regions")
        await form.press("enter", "space", "space", "space", "enter")
        assert "eu-west-1 already has an image with that name" in form.shown
        await form.fill("name", "never deleted")
        await form.go_to("encrypt")
        await form.press("space")
        await form.pick("key-eu-west-1", "another")
        await form.fill("typed-eu-west-1", "alias/acme-images")
        await form.fill("image-tags", "Wave=7")
        plans = await form.carry_out()

    copies = {plan.region: made_by(clients, plan) for plan in plans}

    assert {region: image["Name"] for region, image in copies.items()} == {
        REGION: "DoNotDelete-copy",
        "eu-west-1": "never deleted",
        "us-west-2": "never deleted",
    }
    assert all({"Key": "Wave", "Value": "7"} in image["Tags"] for image in copies.values())
    encrypted = [
        mapping["Ebs"]["Encrypted"] for image in copies.values() for mapping in image["BlockDeviceMappings"]
    ]
    assert encrypted
    assert all(encrypted)
