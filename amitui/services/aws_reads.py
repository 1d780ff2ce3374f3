"""Everything that forms and panes read from AWS: one method a read, with the profile in use.

The methods add the connection and what the session knows; shapes, errors and sources are documented with the
functions of `amitui/ec2/reads/` that they call, which are imported when they are first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.defects import only_amitui_errors
from amitui.domain.launch.inventory import HourlyPrice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from amitui.domain.catalogue.whereabouts import IdAnswer
    from amitui.domain.fleet.inventory import FleetInventory, FleetParameter
    from amitui.domain.fleet.usage_report import UsageReport
    from amitui.domain.image.findings import ImageFindings
    from amitui.domain.image.row import ImageRow, ImageSummary
    from amitui.domain.launch.console import ConsoleOutput
    from amitui.domain.launch.instance_type import InstanceType
    from amitui.domain.launch.inventory import (
        GroupInfo,
        KeyPairInfo,
        ProfileInfo,
        QuotaInfo,
        SubnetInfo,
        TemplateData,
        TemplateInfo,
    )
    from amitui.domain.operations.inventory import DeviceInfo, InstanceInfo, KeyInfo, SnapshotInfo
    from amitui.domain.operations.recycle_bin import Bin
    from amitui.domain.operations.usage import Usage
    from amitui.domain.rollout.candidates import NewImage
    from amitui.domain.rollout.region import RegionFleet
    from amitui.domain.sharing.permissions import Sharing
    from amitui.domain.timeline.lineage import Lineage
    from amitui.ec2.reads.parameters import ParameterValue
    from amitui.ec2.reads.permissions import LaunchPermissions
    from amitui.services.session import Session


@only_amitui_errors()
class AwsReads:
    """Reads from AWS; an `Inventory` and a `LaunchInventory` for forms.

    Each read raises an `AmituiError` in words.

    Args:
        now: seconds since the epoch.
        cached_regions: the Regions whose images are cached; copies are searched for there.
    """

    def __init__(
        self, session: Session, now: Callable[[], int], cached_regions: Callable[[], Sequence[str]]
    ) -> None:
        self._session = session
        self._now = now
        self._cached_regions = cached_regions

    # An image

    async def launch_permissions(self, region: str, image_id: str) -> LaunchPermissions:
        """Who may launch one of the account's own images."""
        from amitui.ec2.reads.permissions import launch_permissions

        return await launch_permissions(await self._session.connection(), region, image_id)

    async def image_findings(self, region: str, image_id: str) -> ImageFindings:
        """What Amazon Inspector found in an image."""
        from amitui.ec2.reads.findings import image_findings

        return await image_findings(await self._session.connection(), region, image_id)

    async def lineage(self, region: str, image_id: str) -> Lineage:
        """What an image was made from, and what was made from it; copies are searched for in cached Regions."""
        from amitui.ec2.reads.lineage import lineage

        session = self._session
        regions = sorted({region, *self._cached_regions()})
        connection = await session.connection()
        return await lineage(
            connection, region, image_id, account=session.account, regions=regions, now=self._now()
        )

    async def family_elsewhere(self, image: ImageRow, region: str) -> list[ImageSummary]:
        """The builds of an image's family in another Region, by owner and a name pattern that floats."""
        from amitui.domain.image.family_request import family_request
        from amitui.ec2.reads.families import family_summaries

        request = family_request(image.name, image.owner_id, image.trust, image.architecture, region)
        return await family_summaries(await self._session.connection(), region, request)

    async def where_ids_are(self, image_ids: Sequence[str], regions: Sequence[str]) -> list[IdAnswer]:
        """What EC2 says of image IDs in these Regions, and of those unknown there, in the account's other ones."""
        from amitui.domain.catalogue.whereabouts import Fate
        from amitui.domain.region import partition_of
        from amitui.ec2.reads.whereabouts import ask_for_ids

        connection = await self._session.connection()
        answers = await ask_for_ids(connection, image_ids, regions)
        settled = {one.image_id for one in answers if one.fate not in (Fate.NOT_THERE, Fate.NOT_ASKED)}
        left = [image_id for image_id in image_ids if image_id not in settled]
        if left:
            known = self._session.known_regions() or await self._session.list_regions()
            partitions = {partition_of(region) for region in regions}
            others = [
                one.name
                for one in known
                if one.enabled and one.name not in regions and partition_of(one.name) in partitions
            ]
            answers += await ask_for_ids(connection, left, others)
        return answers

    async def sharing(self, region: str, image_id: str) -> Sharing:
        """How an image is shared, and what decides about it."""
        from amitui.ec2.reads.sharing import sharing

        session = self._session
        return await sharing(await session.connection(), region, image_id, session.account or "")

    async def usage(self, region: str, image_ids: Sequence[str]) -> dict[str, Usage]:
        """Who uses these images, by image id."""
        from amitui.ec2.reads.usage import usage

        session = self._session
        return await usage(await session.connection(), region, image_ids, account=session.account or "")

    async def fleet(self, region: str) -> FleetInventory:
        """What stands on images in a Region; what could not be read is named in it."""
        from amitui.ec2.reads.fleet import fleet

        session = self._session
        return await fleet(await session.connection(), region, account=session.account or "")

    async def usage_reports(self, region: str, image_ids: Sequence[str]) -> dict[str, UsageReport]:
        """The newest report on other accounts' use of each image, where there is one."""
        from amitui.ec2.reads.usage_reports import usage_reports

        return await usage_reports(await self._session.connection(), region, image_ids)

    async def roll_out_fleet(self, image: NewImage) -> RegionFleet:
        """What stands on images in an image's Region, and what those images are."""
        from amitui.domain.rollout.region import RegionFleet
        from amitui.ec2.reads.fleet_images import fleet_images

        inventory = await self.fleet(image.region)
        return RegionFleet(image, inventory, await fleet_images(await self._session.connection(), inventory))

    async def image_parameters(self, region: str) -> Sequence[FleetParameter]:
        """The account's own parameters that hold ids of images."""
        from amitui.ec2.reads.fleet import image_parameters

        return await image_parameters(await self._session.connection(), region)

    async def recycle_bin(self, region: str) -> Bin:
        """The images and snapshots in the recycle bin of a Region."""
        from amitui.ec2.reads.recycle_bin import recycle_bin

        return await recycle_bin(await self._session.connection(), region)

    async def public_parameters(self, region: str, paths: Sequence[str]) -> dict[str, ParameterValue]:
        """The values of public parameters of Systems Manager, by path; those that are not there are left out."""
        from amitui.ec2.reads.parameters import public_parameters

        return await public_parameters(await self._session.connection(), region, paths)

    async def image_names(self, region: str, prefix: str) -> frozenset[str]:
        """The names of the account's own images that begin with `prefix`."""
        from amitui.ec2.reads.inventory import image_names

        return await image_names(await self._session.connection(), region, prefix)

    # What images are made from

    async def instances(self, region: str) -> Sequence[InstanceInfo]:
        """The instances that are not terminated."""
        from amitui.ec2.reads.inventory import instances

        return await instances(await self._session.connection(), region)

    async def devices(self, region: str, instance: InstanceInfo) -> Sequence[DeviceInfo]:
        """The volumes of an instance."""
        from amitui.ec2.reads.inventory import devices

        return await devices(await self._session.connection(), region, instance)

    async def snapshots(self, region: str) -> Sequence[SnapshotInfo]:
        """The account's own snapshots."""
        from amitui.ec2.reads.inventory import snapshots

        return await snapshots(await self._session.connection(), region)

    async def keys(self, region: str) -> Sequence[KeyInfo]:
        """The KMS keys that may encrypt volumes."""
        from amitui.ec2.reads.inventory import keys

        return await keys(await self._session.connection(), region)

    # What instances are launched with

    async def instance_types(self, region: str) -> Sequence[InstanceType]:
        """All instance types; stored on the disk for a week."""
        from amitui.ec2.reads.instance_types import instance_types

        session = self._session
        folder = session.settings.locations.instance_types_dir
        return await instance_types(await session.connection(), region, folder=folder, now=self._now())

    async def offered_zones(self, region: str, type_name: str) -> Mapping[str, bool]:
        """By zone, whether it offers an instance type."""
        from amitui.ec2.reads.instance_types import offered_zones

        return await offered_zones(await self._session.connection(), region, type_name)

    async def price(self, region: str, type_name: str, platform: str) -> HourlyPrice:
        """What an hour costs on demand, or why that is not known."""
        from amitui.ec2.reads.prices import Price, on_demand_price

        found = await on_demand_price(await self._session.connection(), region, type_name, platform)
        if isinstance(found, Price):
            return HourlyPrice(found.amount, found.currency)
        return HourlyPrice(unknown=found.words)

    async def subnets(self, region: str) -> Sequence[SubnetInfo]:
        """All subnets."""
        from amitui.ec2.reads.launch_inventory import subnets

        return await subnets(await self._session.connection(), region)

    async def groups(self, region: str) -> Sequence[GroupInfo]:
        """The security groups of all VPCs."""
        from amitui.ec2.reads.launch_inventory import groups

        return await groups(await self._session.connection(), region)

    async def key_pairs(self, region: str) -> Sequence[KeyPairInfo]:
        """The key pairs."""
        from amitui.ec2.reads.launch_inventory import key_pairs

        return await key_pairs(await self._session.connection(), region)

    async def profiles(self, region: str) -> Sequence[ProfileInfo]:
        """The instance profiles."""
        from amitui.ec2.reads.launch_inventory import profiles

        return await profiles(await self._session.connection(), region)

    async def templates(self, region: str) -> Sequence[TemplateInfo]:
        """The launch templates."""
        from amitui.ec2.reads.launch_inventory import templates

        return await templates(await self._session.connection(), region)

    async def template(self, region: str, template_id: str, version: str) -> TemplateData:
        """What one version of a launch template says."""
        from amitui.ec2.reads.launch_inventory import template

        return await template(await self._session.connection(), region, template_id, version)

    async def quota(self, region: str, type_name: str, market: str, vcpus: Mapping[str, int]) -> QuotaInfo | None:
        """The vCPU quota that counts an instance type, and what of it is used; `None` = there is none."""
        from amitui.ec2.reads.launch_inventory import quota

        return await quota(await self._session.connection(), region, type_name, market, vcpus)

    # An instance

    async def console_output(self, profile: str, region: str, instance_id: str) -> ConsoleOutput:
        """What an instance wrote to its console.

        Args:
            profile: the one that launched it; empty = without a name.
        """
        from amitui.ec2.reads.console import console_output

        connection = await self._session.connections.of(profile or None, renewed=True)
        return await console_output(connection, region, instance_id)
