"""From the screen to what instances are launched with: what the form chooses from, and what it remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.defects import only_amitui_errors
from amitui.domain.launch.inventory import HourlyPrice
from amitui.services.remembered import load_launches, save_launches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    from amitui.domain.launch.presets import Preset
    from amitui.domain.operations.inventory import KeyInfo
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.services.session import Services


@only_amitui_errors()
class Launchable:
    """A `LaunchInventory` of the profile in use."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def instance_types(self, region: str) -> Sequence[InstanceType]:
        """See `ec2.instance_types`; kept on the disk for a week."""
        from amitui.ec2.reads.instance_types import instance_types

        services = self._services
        folder = services.locations.instance_types_dir
        return await instance_types(await services.connection(), region, folder=folder, now=services.now())

    async def offered_zones(self, region: str, type_name: str) -> Mapping[str, bool]:
        """See `ec2.instance_types`."""
        from amitui.ec2.reads.instance_types import offered_zones

        return await offered_zones(await self._services.connection(), region, type_name)

    async def price(self, region: str, type_name: str, platform: str) -> HourlyPrice:
        """See `ec2.prices`."""
        from amitui.ec2.reads.prices import Price, on_demand_price

        found = await on_demand_price(await self._services.connection(), region, type_name, platform)
        if isinstance(found, Price):
            return HourlyPrice(found.amount, found.currency)
        return HourlyPrice(unknown=found.words)

    async def subnets(self, region: str) -> Sequence[SubnetInfo]:
        """See `ec2.launch_inventory`."""
        from amitui.ec2.reads.launch_inventory import subnets

        return await subnets(await self._services.connection(), region)

    async def groups(self, region: str) -> Sequence[GroupInfo]:
        """See `ec2.launch_inventory`."""
        from amitui.ec2.reads.launch_inventory import groups

        return await groups(await self._services.connection(), region)

    async def key_pairs(self, region: str) -> Sequence[KeyPairInfo]:
        """See `ec2.launch_inventory`."""
        from amitui.ec2.reads.launch_inventory import key_pairs

        return await key_pairs(await self._services.connection(), region)

    async def profiles(self, region: str) -> Sequence[ProfileInfo]:
        """See `ec2.launch_inventory`."""
        from amitui.ec2.reads.launch_inventory import profiles

        return await profiles(await self._services.connection(), region)

    async def templates(self, region: str) -> Sequence[TemplateInfo]:
        """See `ec2.launch_inventory`."""
        from amitui.ec2.reads.launch_inventory import templates

        return await templates(await self._services.connection(), region)

    async def template(self, region: str, template_id: str, version: str) -> TemplateData:
        """See `ec2.launch_inventory`."""
        from amitui.ec2.reads.launch_inventory import template

        return await template(await self._services.connection(), region, template_id, version)

    async def quota(self, region: str, type_name: str, market: str, vcpus: Mapping[str, int]) -> QuotaInfo | None:
        """See `ec2.launch_inventory`."""
        from amitui.ec2.reads.launch_inventory import quota

        return await quota(await self._services.connection(), region, type_name, market, vcpus)

    async def keys(self, region: str) -> Sequence[KeyInfo]:
        """See `ec2.inventory`."""
        from amitui.ec2.reads.inventory import keys

        return await keys(await self._services.connection(), region)

    def last_launch(self, facts: ImageFacts) -> Preset | None:
        """The last launch of the image's family from this account; `None` = there was none."""
        from amitui.domain.launch.presets import last_launch

        return last_launch(load_launches(self._services.locations.launches_file), self._key(facts))

    def remember(self, facts: ImageFacts, preset: Preset) -> None:
        """Let the family's next launch begin with this one.

        Raises:
            CacheError: it cannot be stored.
        """
        from amitui.domain.launch.presets import remembered

        path = self._services.locations.launches_file
        save_launches(path, remembered(load_launches(path), self._key(facts), preset))

    def _key(self, facts: ImageFacts) -> str:
        from amitui.domain.launch.presets import launch_key

        return launch_key(self._services.account or "", facts.owner_id, facts.name)
