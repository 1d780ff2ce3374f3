"""The state of the pane of launched instances: launches from the journal, instances as they are observed.

Each instance is watched until its state is final.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from amitui.domain.launch.instances import Instance, Phase, is_past, launched, with_observations

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from amitui.domain.operations.operation import Operation
    from amitui.domain.timeline.observation import Observation
    from amitui.ui.screens.pane_host import PaneHost


class LaunchedInstances:
    """The instances of all launches, or of some.

    Args:
        host: gives the operations, and has instances observed.
        changed: called whenever there is something new to show.
    """

    def __init__(self, host: PaneHost, changed: Callable[[], None]) -> None:
        self.known = 0
        """How many there are according to the journal, whether or not EC2 still lists them."""
        self._host, self._changed = host, changed
        self._operations: dict[str, Operation] = {}
        self._observations: dict[str, Observation] = {}
        """By `Instance.key`, the newest."""
        self._stops: dict[str, Callable[[], None]] = {}
        """By `Instance.key`: what ends watching it."""
        self._end: Callable[[], None] | None = None

    def begin(self) -> None:
        """Read the operations, and follow their changes."""
        self._operations = {operation.id: operation for operation in self._host.operations()}
        self._end = self._host.subscribe(self._operation_changed)

    def end(self) -> None:
        """Stop following and watching."""
        for stop in (*self._stops.values(), *((self._end,) if self._end is not None else ())):
            stop()
        self._stops.clear()
        self._end = None

    def current(self, only: Collection[str]) -> tuple[Instance, ...]:
        """The instances as they are now; these are watched from now on.

        Args:
            only: ids of the launches that are meant; empty = all, but for instances of which nothing is left.
        """
        now = self._host.clock()
        found = launched(self._operations.values(), now, only=only)
        self.known = len(found)
        self._watch(found, now)
        return with_observations(found, self._observations, now, all_of_them=bool(only))

    def _watch(self, instances: Sequence[Instance], now: float) -> None:
        """Watch these instances and no others, except for those in a final state."""
        wanted = {one.key: one for one in instances if one.instance_id and not self._is_settled(one, now)}
        for key in [key for key in self._stops if key not in wanted]:
            self._stops.pop(key)()
        for key, one in wanted.items():
            if key not in self._stops:
                self._stops[key] = self._host.watch(one.subject, partial(self._observed, key))

    def _is_settled(self, instance: Instance, now: float) -> bool:
        observation = self._observations.get(instance.key)
        if observation is None:
            return False
        instance = instance._replace(observation=observation)
        return instance.phase is Phase.GONE or is_past(instance, now)

    def _observed(self, key: str, observation: Observation) -> None:
        self._observations[key] = observation
        self._changed()

    def _operation_changed(self, operation: Operation) -> None:
        self._operations[operation.id] = operation
        self._changed()
