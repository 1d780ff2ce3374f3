"""EC2 Auto Scaling as one service: its operations by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.demo.cloud.autoscaling.capacity import Capacity
from amitui.demo.cloud.autoscaling.configurations import Configurations
from amitui.demo.cloud.autoscaling.groups import Groups
from amitui.demo.cloud.autoscaling.refreshes import Refreshes
from amitui.demo.cloud.autoscaling.sources import LaunchSources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.demo.cloud.autoscaling.model import ScalingStore
    from amitui.demo.cloud.instances import Instances
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.power import Power
    from amitui.demo.cloud.systems_manager.store import ParameterStore
    from amitui.demo.cloud.templates.store import TemplateStore
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller


class Scaling:
    """Groups, launch configurations and instance refreshes of every account."""

    def __init__(
        self,
        world: World,
        instances: Instances,
        power: Power,
        store: ScalingStore,
        templates: TemplateStore,
        parameters: ParameterStore,
    ) -> None:
        sources = LaunchSources(world, templates, parameters, store)
        self._capacity = Capacity(world, instances, power, store, sources)
        refreshes = Refreshes(world, store, sources, self._capacity)
        self._operations = {
            **Groups(world, store, sources, self._capacity, refreshes.binds).operations(),
            **Configurations(world, store).operations(),
            **refreshes.operations(),
        }

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return self._operations

    def terminated(self, caller: Caller, instance_ids: Sequence[str]) -> None:
        """EC2 was told to terminate instances; some may be in groups."""
        self._capacity.replace_terminated(caller, instance_ids)
