"""What the pane of launched instances knows: launches as the journal tells them, instances as they are seen.

It watches each instance as long as something can become of it.
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
        host: knows the operations, and has instances observed.
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
        """Read what there is, and follow what comes."""
        self._operations = {operation.id: operation for operation in self._host.operations()}
        self._end = self._host.subscribe(self._told)

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
        """Watch all of these and nothing else, but for what is over: its end does not change."""
        wanted = {one.key: one for one in instances if one.instance_id and not self._is_settled(one, now)}
        for key in [key for key in self._stops if key not in wanted]:
            self._stops.pop(key)()
        for key, one in wanted.items():
            if key not in self._stops:
                self._stops[key] = self._host.watch(one.subject, partial(self._seen, key))

    def _is_settled(self, instance: Instance, now: float) -> bool:
        seen = self._observations.get(instance.key)
        if seen is None:
            return False
        instance = instance._replace(observation=seen)
        return instance.phase is Phase.GONE or is_past(instance, now)

    def _seen(self, key: str, observation: Observation) -> None:
        self._observations[key] = observation
        self._changed()

    def _told(self, operation: Operation) -> None:
        self._operations[operation.id] = operation
        self._changed()
