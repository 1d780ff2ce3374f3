"""Instances that were launched from here, as actions: the pane of them, a console, stop, start and terminate."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from amitui.domain.commands.command import AppliesTo
from amitui.domain.image.systems import os_of
from amitui.domain.launch.instances import launched as launched_instances
from amitui.domain.operations.kinds import spec_of
from amitui.errors import AmituiError
from amitui.ui.actions.acting import Acting
from amitui.ui.actions.form_host import HostAdapter
from amitui.ui.actions.images import open_image
from amitui.ui.actions.open_form import submit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from amitui.domain.launch.console import ConsoleOutput
    from amitui.domain.launch.instances import Instance
    from amitui.domain.operations.operation import Operation
    from amitui.domain.operations.plan import Plan
    from amitui.services.composition import Services
    from amitui.services.members import Member
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.launched.actions import Do


async def launched(host: AmituiApp, only: Collection[str] = ()) -> None:
    """Show the instances that were launched from here.

    Args:
        only: ids of the launches that are meant; empty = all.
    """
    from amitui.ui.screens.launched.screen import LaunchedScreen

    await host.operations.open()
    await host.operations.engine.refresh()
    found = launched_instances(host.operations.engine.operations(), host.operations.now())
    image_ids = sorted({one.image_id for one in found if one.image_id})
    adapter = HostAdapter(host, systems=await asyncio.to_thread(_read_systems, host.services, image_ids))
    actions = InstanceActions(adapter)
    screen = LaunchedScreen(adapter, actions.do, actions.console, only=only, ascii_only=host.browse.glyphs.ascii)
    screen.offer(host.user_commands.for_pane(AppliesTo.INSTANCE, AppliesTo.INSTANCES))
    chosen: Instance | None = await host.push_screen_wait(screen)
    if chosen is not None and chosen.image_id:
        open_image(host, chosen.region, chosen.image_id)


async def follow(host: AmituiApp, submitted: Iterable[Operation]) -> None:
    """Show the instances of the launches among operations that were just submitted."""
    launches = [operation.id for operation in submitted if spec_of(operation.plan.kind).launches]
    if launches:
        await launched(host, launches)


def _read_systems(services: Services, image_ids: Sequence[str]) -> dict[str, str]:
    """By image id, the label of its operating system; images that the catalogue does not know are left out."""
    systems: dict[str, str] = {}
    with services.catalogue.reader() as reader:
        for image_id in image_ids:
            try:
                rows = reader.find_image(image_id, services.members.accounts)
            except AmituiError:
                break  # without the catalogue, names have to do
            if rows:
                systems[image_id] = os_of(rows[0].name, rows[0].description, rows[0].platform)
    return systems


class InstanceActions:
    """Stop, start, terminate and console of launched instances, run by the application."""

    def __init__(self, adapter: HostAdapter) -> None:
        self._adapter = adapter
        self._host = adapter.app

    def do(self, what: Do, instances: Sequence[Instance], notify: Callable[[str], None]) -> None:
        """Run a command in a worker of the application."""
        self._host.work(self._switch(what, instances, notify), f"requesting to {what} instances")

    def console(self, instance: Instance) -> None:
        """Show its console."""
        self._host.work(self._console(instance), f"reading the console of {instance.instance_id}")

    async def _switch(self, what: Do, instances: Sequence[Instance], notify: Callable[[str], None]) -> None:
        from amitui.ui.forms.confirm import AgreeForm

        host = self._host
        plans, acting = self._plans(what, instances)
        confirm = f"{what} {len(instances)} instances" if len(plans) > 1 and plans[0].confirm else ""
        access = replace(self._adapter, acting=acting)
        form = AgreeForm(access, spec_of(plans[0].kind).title, plans, confirm=confirm)
        submitted = await submit(host, await host.push_screen_wait(form), acting=acting)
        if submitted:
            notify(f"started: {plans[0].title if len(plans) == 1 else f'{what} {len(instances)} instances'}")

    def _plans(self, what: Do, instances: Sequence[Instance]) -> tuple[tuple[Plan, ...], Acting]:
        """The plans, and with whose credentials each is carried out: those that launched the instances."""
        members = self._host.services.members
        plans: list[Plan] = []
        acts: dict[tuple[str, str], Member] = {}
        for profile in dict.fromkeys(one.profile for one in instances):
            member = members.of_profile(profile) or members.first
            found = switching_plans(what, [one for one in instances if one.profile == profile])
            plans += found
            acts |= {(plan.region, plan.subject): member for plan in found}
        return tuple(plans), Acting(tuple(dict.fromkeys(acts.values())), acts)

    async def _console(self, instance: Instance) -> None:
        from amitui.ui.screens.console import ConsoleScreen

        title = f"{instance.instance_id} {instance.name}".rstrip()
        await self._host.push_screen_wait(
            ConsoleScreen(title, partial(self._read_console, instance), self._adapter.copy)
        )

    async def _read_console(self, instance: Instance) -> ConsoleOutput:
        aws = self._host.services.aws
        return await aws.console_output(instance.profile, instance.region, instance.instance_id)


def switching_plans(what: Do, instances: Sequence[Instance]) -> tuple[Plan, ...]:
    """One plan for each region."""
    from amitui.domain.operations.plans.instances import Target, start_plan, stop_plan, terminate_plan
    from amitui.ui.screens.launched.actions import Do

    make = {Do.STOP: stop_plan, Do.START: start_plan, Do.TERMINATE: terminate_plan}[what]
    regions = dict.fromkeys(one.region for one in instances)
    return tuple(
        make(region, [Target(one.instance_id, one.name) for one in instances if one.region == region])
        for region in regions
    )
