"""What an account launches with, in memory, and the launch form over it in a bare app."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from amitui.domain.launch.instance_type import InstanceType
from amitui.domain.launch.inventory import (
    GroupInfo,
    HourlyPrice,
    KeyPairInfo,
    ProfileInfo,
    QuotaInfo,
    SubnetInfo,
    TemplateData,
    TemplateInfo,
)
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.ec2.convert import image_of
from amitui.ui.forms.launch.form import LaunchForm
from tests.support.inventory import ACCOUNT, Host, OpenForm, key
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from amitui.domain.image.image import Image
    from amitui.domain.operations.inventory import KeyInfo
    from amitui.errors import AmituiError

REGION = "us-east-1"
IMAGE_ID = "ami-00000000000000009"
VPC, OTHER_VPC = "vpc-00000000000000001", "vpc-00000000000000002"


def image(**more: Any) -> Image:
    """An own image of Linux with a root of 8 GiB and a data volume of 100."""
    record: dict[str, Any] = {
        "ImageId": IMAGE_ID,
        "Name": "acme-web-20261119",
        "OwnerId": ACCOUNT,
        "Architecture": "x86_64",
        "VirtualizationType": "hvm",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/xvda",
        "EnaSupport": True,
        "State": "available",
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "BlockDeviceMappings": [
            volume("/dev/xvda", 8, leaves=True),
            volume("/dev/sdf", 100, leaves=False),
        ],
        **more,
    }
    return image_of(record, REGION)


def volume(device: str, gib: int, *, leaves: bool, **more: Any) -> dict[str, Any]:
    snapshot = f"snap-{gib:017x}"
    ebs = {"SnapshotId": snapshot, "VolumeSize": gib, "VolumeType": "gp3", "DeleteOnTermination": leaves, **more}
    return {"DeviceName": device, "Ebs": ebs}


def kind(name: str, vcpus: int, gib: int, **more: Any) -> InstanceType:
    given: dict[str, Any] = {
        "architectures": ("x86_64",),
        "virtualization_types": ("hvm",),
        "root_device_types": ("ebs",),
        "boot_modes": ("legacy-bios", "uefi"),
        "ena": "required",
        "nitro_tpm": True,
        "encryption": True,
        "hypervisor": "nitro",
        "bare_metal": False,
        "current_generation": True,
        "free_tier": False,
        "burstable": False,
        "accelerators": (),
        "instance_storage_gb": 0,
        "network": "",
        "usage_classes": ("on-demand", "spot"),
        "processor": "Intel",
        **more,
    }
    return InstanceType(name, vcpus, gib * 1024, **given)


def subnet(number: int, zone: str, vpc: str = VPC, **more: Any) -> SubnetInfo:
    given: dict[str, Any] = {
        "name": "",
        "vpc_name": "",
        "zone_id": "",
        "cidr": f"10.0.{number}.0/24",
        "free_addresses": 250,
        "default": vpc == VPC,
        "public_address": vpc == VPC,
        "state": "available",
        **more,
    }
    return SubnetInfo(subnet_id=f"subnet-{number:017x}", vpc_id=vpc, zone=f"{REGION}{zone}", **given)


def group(number: int, name: str, vpc: str = VPC, *lets_in: str) -> GroupInfo:
    return GroupInfo(f"sg-{number:017x}", name, f"{name} servers", vpc, lets_in)


class FakeLaunchInventory:
    """A `LaunchInventory`; everything may be changed before the form opens."""

    def __init__(self) -> None:
        self.types = [
            kind("t3.micro", 2, 1, free_tier=True, burstable=True),
            kind("m7i.large", 2, 8),
            kind("m7g.large", 2, 8, architectures=("arm64",)),
            kind("p9.huge", 96, 1024, usage_classes=("on-demand",)),
        ]
        self.zones: dict[str, bool] = {}
        """By zone, whether it offers the types; those that are missing are not known."""
        self.listed_subnets = [
            subnet(1, "a"),
            subnet(2, "b", free_addresses=0),
            subnet(3, "a", OTHER_VPC, name="inner[/]"),
        ]
        self.listed_groups = [
            group(1, "default"),
            group(2, "web", VPC, "tcp 443 from 0.0.0.0/0"),
            group(3, "web", OTHER_VPC),
        ]
        self.listed_keys = [
            KeyPairInfo("admin", "rsa", "key-1", None),
            KeyPairInfo("zoe", "ed25519", "key-2", None),
        ]
        self.listed_profiles = [
            ProfileInfo("web", f"arn:aws:iam::{ACCOUNT}:instance-profile/web", ("web-role",)),
            ProfileInfo("bare", f"arn:aws:iam::{ACCOUNT}:instance-profile/bare", ()),
        ]
        self.listed_templates = [TemplateInfo("lt-00000000000000001", "web", 2, 3)]
        self.data = TemplateData("lt-00000000000000001", 2)
        self.cost = HourlyPrice(0.0104)
        self.limit: QuotaInfo | None = QuotaInfo("Running On-Demand Standard instances", 32, 4, complete=True)
        self.failures: dict[str, AmituiError] = {}
        """Raised by the read of that name."""
        self.requests: list[tuple[str, ...]] = []

    def _note(self, *requests: str) -> None:
        self.requests.append(requests)
        if requests[0] in self.failures:
            raise self.failures[requests[0]]

    async def instance_types(self, region: str) -> list[InstanceType]:
        self._note("types", region)
        return self.types

    async def offered_zones(self, region: str, type_name: str) -> Mapping[str, bool]:
        self._note("zones", region, type_name)
        return self.zones

    async def price(self, region: str, type_name: str, platform: str) -> HourlyPrice:
        self._note("price", region, type_name, platform)
        return self.cost

    async def subnets(self, region: str) -> list[SubnetInfo]:
        self._note("subnets", region)
        return self.listed_subnets

    async def groups(self, region: str) -> list[GroupInfo]:
        self._note("groups", region)
        return self.listed_groups

    async def key_pairs(self, region: str) -> list[KeyPairInfo]:
        self._note("keys", region)
        return self.listed_keys

    async def profiles(self, region: str) -> list[ProfileInfo]:
        self._note("profiles", region)
        return self.listed_profiles

    async def templates(self, region: str) -> list[TemplateInfo]:
        self._note("templates", region)
        return self.listed_templates

    async def template(self, region: str, template_id: str, version: str) -> TemplateData:
        self._note("template", region, template_id, version)
        return self.data

    async def quota(self, region: str, type_name: str, market: str, vcpus: Mapping[str, int]) -> QuotaInfo | None:
        self._note("quota", region, type_name, market)
        assert vcpus["t3.micro"] == 2
        return self.limit

    async def keys(self, region: str) -> list[KeyInfo]:
        self._note("kms", region)
        return [key(region, "alias/disks")]


class CopyingHost(Host):
    """Keeps what was copied."""

    def __init__(self) -> None:
        self.copied: list[str] = []

    def copy(self, text: str) -> str:
        self.copied.append(text)
        return super().copy(text)


@asynccontextmanager
async def launching(
    inventory: FakeLaunchInventory | None = None,
    about: Image | None = None,
    *,
    host: Host | None = None,
    size: tuple[int, int] = (80, 24),
    **given: Any,
) -> AsyncIterator[OpenForm]:
    """The form, open."""
    about = about or image()
    form = LaunchForm(
        host or Host(),
        inventory or FakeLaunchInventory(),
        image=about,
        facts=ImageFacts.of_image(about),
        **{"account": ACCOUNT, **given},
    )
    async with WidgetApp().run_test(size=size) as pilot:
        yield await OpenForm.on(pilot, form)


async def launch(form: OpenForm) -> dict[str, Any]:
    """Carry it out; the parameters of the launch."""
    (plan,) = await form.carry_out()
    assert plan.kind == "launch"
    assert plan.calls[-1].api == "run_instances"
    return dict(plan.calls[-1].parameters)
