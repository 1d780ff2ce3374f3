"""Instances that were launched from here, as actions: the pane of them, a console, stop, start and terminate."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from amitui.domain.image.systems import os_of
from amitui.domain.launch.instances import launched as launched_instances
from amitui.domain.operations.kinds import spec_of
from amitui.domain.operations.may_change import OFFLINE
from amitui.errors import AmituiError
from amitui.ui.actions.open_form import FormAccess, submit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from amitui.domain.launch.console import ConsoleOutput
    from amitui.domain.launch.instances import Instance
    from amitui.domain.operations.operation import Operation
    from amitui.domain.operations.plan import Plan
    from amitui.domain.timeline.observation import Sighting, Subject
    from amitui.ui.actions.open_form import Host
    from amitui.ui.screens.launched.host import Do


async def launched(host: Host, only: Collection[str] = ()) -> None:
    """Show the instances that were launched from here.

    Args:
        only: ids of the launches that are meant; empty = all.
    """
    from amitui.ui.screens.launched.screen import LaunchedScreen

    await host.operations.open()
    await host.operations.lifecycle.refresh()
    access = LaunchedAccess(host)
    await access.learn()
    screen = LaunchedScreen(access, access, only=only, ascii_only=host.browse.glyphs.ascii)
    chosen: Instance | None = await host.push_screen_wait(screen)
    if chosen is not None and chosen.image_id:
        host.browse.look_at(text=chosen.image_id)


async def follow(host: Host, begun: Iterable[Operation]) -> None:
    """Show what becomes of the launches among operations that have just begun."""
    launches = [operation.id for operation in begun if spec_of(operation.plan.kind).launches]
    if launches:
        await launched(host, launches)


class LaunchedAccess:
    """The application as the pane sees it: a `LaunchedSource` and a `LaunchedHost`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._offline = host.services.settings.offline
        self._systems: dict[str, str] = {}
        """By image id: the label of its operating system, as far as the catalogue knows the image."""
        self.read_only = not host.operations.may_change()

    async def learn(self) -> None:
        """Find out which systems the images of the launches hold."""
        found = launched_instances(self.operations(), self.now())
        image_ids = {one.image_id for one in found if one.image_id}
        self._systems = await asyncio.to_thread(self._read_systems, sorted(image_ids))

    def _read_systems(self, image_ids: Sequence[str]) -> dict[str, str]:
        services = self._host.services
        systems: dict[str, str] = {}
        with services.catalogue.reader() as reader:
            for image_id in image_ids:
                try:
                    rows = reader.find_image(image_id, services.session.account)
                except AmituiError:
                    break  # without the catalogue, names have to do
                if rows:
                    systems[image_id] = os_of(rows[0].name, rows[0].description, rows[0].platform)
        return systems

    # Where launches come from

    def operations(self) -> Sequence[Operation]:
        """All that the journal has."""
        return self._host.operations.lifecycle.operations()

    def subscribe(self, tell: Callable[[Operation], None]) -> Callable[[], None]:
        """Have `tell` called with what changes."""
        return self._host.operations.lifecycle.subscribe(tell)

    def watch(self, subject: Subject, tell: Callable[[Sighting], None]) -> Callable[[], None]:
        """Have an instance looked at; offline nobody does."""
        return (lambda: None) if self._offline else self._host.operations.watch(subject, tell)

    def trouble(self, profile: str, region: str) -> str:
        """Why nothing could be seen there lately."""
        if self._offline:
            return OFFLINE
        error = self._host.operations.lifecycle.poller.last_error(profile, region)
        return error.what if error is not None else ""

    # What the pane asks for

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._host.operations.now()

    def system(self, instance: Instance) -> str:
        """The label of its image's operating system."""
        known = self._systems.get(instance.image_id, "")
        return known or os_of(instance.image_name, "", instance.fact("platform"))

    def closed_to(self, instance: Instance) -> str:
        """Why nothing can be changed about it with the profile in use."""
        services = self._host.services
        answer = self._host.operations.may_change()
        if not answer:
            return answer.reason
        if instance.profile != services.session.named_profile:
            return f"launched with profile {instance.profile or 'default'}: choose that one to change it"
        if instance.account and services.session.account and instance.account != services.session.account:
            return f"launched by account {instance.account}, and this is {services.session.account}"
        return ""

    def copy(self, text: str) -> str:
        """Put text on the clipboard; answers with words to show."""
        return FormAccess(self._host).copy(text)

    def do(self, what: Do, instances: Sequence[Instance], say: Callable[[str], None]) -> None:
        """Begin it as the application's own work."""
        self._host.work(self._switch(what, instances, say), f"asking to {what} instances")

    def console(self, instance: Instance) -> None:
        """Show its console."""
        self._host.work(self._console(instance), f"reading the console of {instance.instance_id}")

    async def _switch(self, what: Do, instances: Sequence[Instance], say: Callable[[str], None]) -> None:
        from amitui.ui.forms.confirm import AgreeForm

        host = self._host
        plans = switching_plans(what, instances)
        confirm = f"{what} {len(instances)} instances" if len(plans) > 1 and plans[0].confirm else ""
        form = AgreeForm(FormAccess(host), spec_of(plans[0].kind).title, plans, confirm=confirm)
        begun = await submit(host, await host.push_screen_wait(form))
        if begun:
            say(f"begun: {plans[0].title if len(plans) == 1 else f'{what} {len(instances)} instances'}")

    async def _console(self, instance: Instance) -> None:
        from amitui.ui.screens.console import ConsoleScreen

        title = f"{instance.instance_id} {instance.name}".rstrip()
        await self._host.push_screen_wait(ConsoleScreen(title, partial(self._read_console, instance), self.copy))

    async def _read_console(self, instance: Instance) -> ConsoleOutput:
        aws = self._host.services.aws
        return await aws.console_output(instance.profile, instance.region, instance.instance_id)


def switching_plans(what: Do, instances: Sequence[Instance]) -> tuple[Plan, ...]:
    """One plan for each region."""
    from amitui.domain.operations.plans.instances import Target, start_plan, stop_plan, terminate_plan
    from amitui.ui.screens.launched.host import Do

    make = {Do.STOP: stop_plan, Do.START: start_plan, Do.TERMINATE: terminate_plan}[what]
    regions = dict.fromkeys(one.region for one in instances)
    return tuple(
        make(region, [Target(one.instance_id, one.name) for one in instances if one.region == region])
        for region in regions
    )
