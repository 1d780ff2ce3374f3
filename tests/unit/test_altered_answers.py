"""Whatever AWS leaves out of its answers or puts into them, readers read the rest, or say that they cannot."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from amitui.domain.fleet.inventory import FleetInstance, FleetInventory
from amitui.domain.image.family_request import FamilyRequest
from amitui.domain.operations.awaited import RESOURCES
from amitui.domain.operations.inventory import DeviceInfo, InstanceInfo
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.ec2.convert import images_of
from amitui.ec2.reads import inventory, launch_inventory
from amitui.ec2.reads.console import console_output
from amitui.ec2.reads.families import family_builds, own_families
from amitui.ec2.reads.findings import image_findings
from amitui.ec2.reads.fleet import fleet
from amitui.ec2.reads.fleet_images import fleet_images
from amitui.ec2.reads.images import ImagesRequest, describe_image_ids, image_pages
from amitui.ec2.reads.instance_types import instance_types, offered_zones
from amitui.ec2.reads.launch_sources import launch_sources
from amitui.ec2.reads.lineage import lineage
from amitui.ec2.reads.observations import observe
from amitui.ec2.reads.permissions import launch_permissions
from amitui.ec2.reads.prices import on_demand_price
from amitui.ec2.reads.recycle_bin import recycle_bin
from amitui.ec2.reads.sharing import sharing
from amitui.ec2.reads.usage import usage
from amitui.ec2.session import Ec2Connection
from amitui.ec2.writes import reconcile as evidence
from amitui.errors import AmituiError
from amitui.presentation.details.groups import image_groups
from tests.support.altered_answers import (
    ALTERATIONS,
    REMOVED,
    AlteredConnection,
    Path,
    Read,
    Reader,
    altered,
    answer,
    needed,
)
from tests.support.plan_samples import all_plans

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION: Final = "eu-west-1"
ACCOUNT: Final = "123456789012"
IMAGE: Final = "ami-0123456789abcdef0"
SOURCES: Final = (
    "describe_auto_scaling_groups",
    "describe_launch_configurations",
    "describe_launch_template_versions",
    "describe_image_attribute",
)
IMAGES: Final = ("describe_images", "Images")
OTHER: Final = "ami-00000000000000000"
SNAPSHOT: Final = "snap-0123456789abcdef0"
RUNNING: Final = "i-0123456789abcdef0"

KNOWN: Final[Mapping[str, Any]] = {
    "ImageId": IMAGE,
    "SnapshotId": SNAPSHOT,
    "InstanceId": RUNNING,
    "OwnerId": ACCOUNT,
    "LaunchTemplateId": "lt-0123456789abcdef0",
    "LaunchTemplateName": "web",
    "AutoScalingGroupName": "web",
    "LaunchConfigurationName": "old-web",
    "InstanceType": "m5.large",
    "AliasName": "alias/web",
    "AliasArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/web",
    "KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "Version": "1",
    "Progress": "62%",
}

WEB: Final = InstanceInfo(
    instance_id=RUNNING,
    name="web",
    state="running",
    type="m5.large",
    image_id=IMAGE,
    architecture="x86_64",
    boot_mode="uefi",
    root_device="/dev/sda1",
    root_device_type="ebs",
    devices=(DeviceInfo("/dev/sda1", "a VolumeId", True),),
    tags=(),
    launched_at=None,
)


FLEET: Final = FleetInventory(
    REGION, ACCOUNT, instances=(FleetInstance(RUNNING, "web", "running", "m5.large", IMAGE, None),)
)
FAMILY: Final = FamilyRequest(("self",), ("web-*",), "", "web-*")


async def images(cloud: Any) -> list[Any]:
    pages = image_pages(cloud, REGION, ImagesRequest())
    records = [record async for page in pages for record in page.records]
    images_of(records, REGION)
    return records


async def one_image(cloud: Any) -> list[Any]:
    return await describe_image_ids(cloud, REGION, [IMAGE])


async def types(cloud: Any) -> object:
    # A folder that cannot be: nothing is kept from one answer to the next.
    return await instance_types(cloud, REGION, folder="/dev/null/none", now=0.0)


class _Connection(Ec2Connection):
    """A connection whose calls a cloud answers."""

    def __init__(self, cloud: AlteredConnection) -> None:
        self.call = cloud.call  # type: ignore[method-assign]


async def regions(cloud: AlteredConnection) -> object:
    return await _Connection(cloud).regions(REGION)


def evidence_of() -> Iterator[Reader]:
    async def at_once(_seconds: float) -> None:
        return None

    seen: set[str] = set()
    for plan in all_plans():
        for call in plan.calls:
            if call.api in seen:
                continue
            seen.add(call.api)
            if call.api == "run_instances":
                call = call._replace(parameters={**call.parameters, "ClientToken": "a-token"})

            async def read(cloud: Any, call: Any = call) -> object:
                return await evidence.reconcile(cloud, call, 0.0, snapshots=(SNAPSHOT,), sleep=at_once)

            yield Reader(f"evidence-{call.api}", read, KNOWN)


def _reader(name: str, read: Any, **known: Any) -> Reader:
    return Reader(name, read, {**KNOWN, **known})


READERS: Final = [
    _reader("images", images),
    _reader("image-ids", one_image),
    _reader("regions", regions),
    _reader("instances", lambda cloud: inventory.instances(cloud, REGION)),
    _reader("devices", lambda cloud: inventory.devices(cloud, REGION, WEB)),
    _reader("snapshots", lambda cloud: inventory.snapshots(cloud, REGION)),
    _reader("image-names", lambda cloud: inventory.image_names(cloud, REGION, "web")),
    _reader("keys", lambda cloud: inventory.keys(cloud, REGION)),
    _reader("subnets", lambda cloud: launch_inventory.subnets(cloud, REGION), IsDefault=True),
    _reader("groups", lambda cloud: launch_inventory.groups(cloud, REGION)),
    _reader("key-pairs", lambda cloud: launch_inventory.key_pairs(cloud, REGION)),
    _reader("profiles", lambda cloud: launch_inventory.profiles(cloud, REGION)),
    _reader("templates", lambda cloud: launch_inventory.templates(cloud, REGION)),
    _reader("template", lambda cloud: launch_inventory.template(cloud, REGION, "lt-1", "1")),
    _reader("quota", lambda cloud: launch_inventory.quota(cloud, REGION, "m5.large", "", {})),
    _reader("types", types),
    _reader("zones", lambda cloud: offered_zones(cloud, REGION, "m5.large")),
    _reader("sources", lambda cloud: launch_sources(cloud, REGION, [IMAGE])),
    _reader("parameters", lambda cloud: launch_sources(cloud, REGION, [IMAGE]), ImageId="resolve:ssm:/web"),
    _reader("findings", lambda cloud: image_findings(cloud, REGION, IMAGE)),
    _reader("permissions", lambda cloud: launch_permissions(cloud, REGION, IMAGE)),
    _reader("price", lambda cloud: on_demand_price(cloud, REGION, "m5.large", "Linux/UNIX")),
    _reader("bin", lambda cloud: recycle_bin(cloud, REGION)),
    _reader("console", lambda cloud: console_output(cloud, REGION, RUNNING)),
    _reader("sharing", lambda cloud: sharing(cloud, REGION, IMAGE, ACCOUNT)),
    _reader("usage", lambda cloud: usage(cloud, REGION, [IMAGE], account=ACCOUNT)),
    _reader("fleet", lambda cloud: fleet(cloud, REGION, account=ACCOUNT), Type="String", Value=IMAGE),
    _reader("fleet-images", lambda cloud: fleet_images(cloud, FLEET), State="deregistered"),
    _reader("fleet-images-gone", lambda cloud: fleet_images(cloud, FLEET), ImageId=OTHER),
    _reader("families", lambda cloud: family_builds(cloud, REGION, FAMILY)),
    _reader("own-families", lambda cloud: own_families(cloud, REGION)),
    _reader(
        "story",
        lambda cloud: lineage(cloud, REGION, IMAGE, account=ACCOUNT, regions=[REGION], now=0),
    ),
    _reader(
        "story-of-one-that-is-gone",
        lambda cloud: lineage(cloud, REGION, IMAGE, account=ACCOUNT, regions=[REGION], now=0),
        State="deregistered",
    ),
    *(
        _reader(
            f"look-{kind}",
            partial(
                lambda cloud, kind: observe(cloud, REGION, kind, [IMAGE, RUNNING, SNAPSHOT], "", 0.0), kind=kind
            ),
            State="pending",
            Name="running",
        )
        for kind in sorted(RESOURCES)
    ),
    *evidence_of(),
]


async def _survives(read: Read, cloud: AlteredConnection, about: object) -> None:
    try:
        await read(cloud)
    except AmituiError:
        return
    except Exception as error:
        error.add_note(str(about))
        raise


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
async def test_any_value_may_be_missing_or_another_one(reader: Reader) -> None:
    whole = AlteredConnection(reader.known)
    await reader.read(whole)
    assert whole.seen or reader.name.startswith("evidence-"), "it reads nothing"
    answers = needed(whole.seen)
    # What several readers read is bent for the one that reads nothing else.
    places = [path for path in whole.seen if reader.read is images or path[:2] != IMAGES or len(path) < 5]
    if reader.name == "usage":
        places = [path for path in places if path[0] not in SOURCES]
    for alterations in altered(places):
        await _survives(reader.read, AlteredConnection(reader.known, alterations, needed=answers), alterations)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
async def test_eight_of_a_hundred_values_may_be_bent(reader: Reader) -> None:
    whole = AlteredConnection(reader.known)
    await reader.read(whole)
    answers = needed(whole.seen)
    for seed in range(15):
        chance = random.Random(f"{reader.name} {seed}")
        await _survives(
            reader.read, AlteredConnection(reader.known, needed=answers, rate=0.08, chance=chance), seed
        )


async def test_whole_answers_may_be_of_no_use() -> None:
    for reader in READERS:
        for member in ({}, {"Unknown": 1}):
            whole = AlteredConnection(reader.known)
            await reader.read(whole)
            alterations: dict[Path, object] = {path[:1]: member for path in whole.seen}
            await _survives(reader.read, AlteredConnection(reader.known, alterations), (reader.name, member))


def _places(value: object, path: Path = ()) -> Iterator[Path]:
    """Every place in a value, of lists in the first entry."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _places(one, (*path, name))
    elif isinstance(value, list) and value:
        yield from _places(value[0], (*path, 0))


async def test_the_details_of_a_bent_record_can_be_shown() -> None:
    (whole, *_rest) = await images(AlteredConnection(KNOWN))
    for place in _places(whole):
        for bend in ALTERATIONS:
            alterations: dict[Path, object] = {(*IMAGES, 0, *place): bend}
            found = images_of(await images(AlteredConnection(KNOWN, alterations)), REGION)
            for image in found[:1]:
                lines = [
                    line for group in image_groups(image, viewer_account=ACCOUNT, now=0) for line in group.lines
                ]
                assert lines
                assert ImageFacts.of_image(image, ()).image_id


@pytest.mark.parametrize("bend", ALTERATIONS, ids=lambda bend: "removed" if bend is REMOVED else repr(bend))
async def test_a_bent_record_leaves_the_other_records_of_its_page(bend: object) -> None:
    """Whichever of its fields is bent, and however."""
    for member in answer("ec2", "describe_images")["Images"][0]:
        alterations: dict[Path, object] = {(*IMAGES, 0, member): bend, (*IMAGES, 1, "ImageId"): OTHER}
        for read in (images, one_image):
            found = await read(AlteredConnection(KNOWN, alterations))
            assert [image.summary.image_id for image in images_of(found, REGION)][-1] == OTHER
