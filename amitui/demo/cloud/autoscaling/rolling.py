"""Carrying out instance refreshes, in the time that Auto Scaling takes: batches, checkpoints, baking, roll back.

Each step is an entry of the agenda. What has been overtaken, because the refresh was cancelled or rolled back
meanwhile, ends with what it had under way.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.demo.cloud.autoscaling.capacity import CHECKS, LAUNCH
from amitui.demo.cloud.autoscaling.model import TERMINATING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.demo.cloud.autoscaling.capacity import Capacity
    from amitui.demo.cloud.autoscaling.model import Group, Member, Origin, ScalingStore
    from amitui.demo.cloud.autoscaling.refresh import Refresh
    from amitui.demo.cloud.autoscaling.sources import LaunchSources
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

BEGINNING: Final = 10.0
"""Seconds that a refresh is Pending, about."""
RETRY: Final = 30.0
"""Seconds from a launch that failed until the next attempt, about."""
ATTEMPTS: Final = 3
"""Launches that fail one after the other until the refresh does; how many EC2 makes is not documented."""
_SHORT: Final = "a difference between desired and actual capacity"
_CAUSE: Final = "an instance refresh {refresh} replaces instances"


class _Batch(NamedTuple):
    """Instances that are replaced together."""

    old: list[Member]
    there: list[Member]
    """Those of `old` that were still in the group."""
    new: list[Member]
    launch_first: bool
    back: bool
    """Whether it is one of a roll back."""


class Rolling:
    """Replaces the instances of groups, batch by batch."""

    def __init__(self, world: World, store: ScalingStore, sources: LaunchSources, capacity: Capacity) -> None:
        self._world = world
        self._store = store
        self._sources = sources
        self._capacity = capacity

    def begin(self, caller: Caller, group: Group, refresh: Refresh) -> None:
        """Start the refresh after the time that it is pending."""

        def start() -> None:
            if refresh.status != "Pending":
                return
            refresh.status = "InProgress"
            members = [one for one in group.members if one.state != TERMINATING]
            if refresh.preferences.get("SkipMatching"):
                wanted = self._sources.origins(caller, self._target(group, refresh))
                members = [one for one in members if not any(one.origin.matches(other) for other in wanted)]
            refresh.waiting, refresh.total = members, len(members)
            self._step(caller, group, refresh)

        self._later(BEGINNING, start)

    def _later(self, seconds: float, happen: Callable[[], None]) -> None:
        self._world.agenda.at(self._world.clock.after(seconds), happen)

    def _target(self, group: Group, refresh: Refresh) -> dict[str, object]:
        if refresh.rolling_back:
            return refresh.before
        return refresh.desired or group.source

    def _step(self, caller: Caller, group: Group, refresh: Refresh) -> None:
        """Go on: end, wait at a checkpoint, or replace the next batch."""
        if refresh.in_flight or refresh.status not in ("InProgress", "RollbackInProgress"):
            self._settle_cancel(refresh)
            return
        at = refresh.next_checkpoint()
        if at is not None and len(refresh.replaced) >= at:
            refresh.checkpoints_passed += 1
            if refresh.waiting:
                self._rest(caller, group, refresh)
                return
        if not refresh.waiting:
            self._finish(group, refresh)
            return
        count, launch_first = refresh.batch(group.desired)
        if at is not None and len(refresh.replaced) < at:
            count = min(count, at - len(refresh.replaced))
        self._replace(caller, group, refresh, refresh.waiting[:count], launch_first=launch_first)

    def _rest(self, caller: Caller, group: Group, refresh: Refresh) -> None:
        """Wait at a checkpoint; after the last one, what is left stays as it is."""
        if refresh.is_last_checkpoint:
            refresh.waiting = []
        refresh.reason = f"Waiting {refresh.checkpoint_delay} seconds at a checkpoint before continuing."
        passed = refresh.checkpoints_passed

        def go_on() -> None:
            if refresh.status == "InProgress" and refresh.checkpoints_passed == passed:
                refresh.reason = ""
                self._step(caller, group, refresh)

        self._later(refresh.checkpoint_delay, go_on)

    def _replace(
        self, caller: Caller, group: Group, refresh: Refresh, old: Sequence[Member], *, launch_first: bool
    ) -> None:
        cause = _CAUSE.format(refresh=refresh.refresh_id)
        origins = self._sources.origins(caller, self._target(group, refresh))
        there = [one for one in old if one in group.members]
        wanted = [_origin_for(one, origins) for one in old]
        new = [
            member
            for origin in wanted
            if (member := self._capacity.launch(caller, group, origin, cause)) is not None
        ]
        if len(new) < len(old):
            # What was launched beside one that failed goes again.
            self._capacity.terminate(caller, group, new, cause)
            self._retry(caller, group, refresh, wanted[0])
            return
        refresh.attempts = 0
        if not launch_first:
            self._capacity.terminate(caller, group, there, cause)
        refresh.in_flight = len(new)
        names = ", ".join(one.instance_id for one in new[:1])
        refresh.reason = f"Waiting for instances to warm up before continuing. For example: {names} is warming up."
        batch = _Batch(list(old), there, new, launch_first, back=refresh.rolling_back)
        if not all(self._capacity.boots(caller, one.origin) for one in new):
            self._later(LAUNCH + CHECKS, partial(self._unhealthy, caller, group, refresh, batch))
            return
        for member in new:
            self._later(LAUNCH, partial(self._capacity.serve, member))
        self._later(LAUNCH + refresh.warmup, partial(self._done, caller, group, refresh, batch))

    def _done(self, caller: Caller, group: Group, refresh: Refresh, batch: _Batch) -> None:
        """The new instances of a batch serve, and have warmed up."""
        refresh.in_flight = 0
        if batch.launch_first:
            self._capacity.terminate(caller, group, batch.there, _CAUSE.format(refresh=refresh.refresh_id))
        self._account(refresh, batch)
        alarm = self._capacity.alarm(caller, batch.new[0].origin)
        alarms = (refresh.preferences.get("AlarmSpecification") or {}).get("Alarms") or ()
        if alarm in alarms and refresh.status == "InProgress":
            self._fail(caller, group, refresh, f"The CloudWatch alarm {alarm} is in the ALARM state.")
            return
        self._step(caller, group, refresh)

    def _account(self, refresh: Refresh, batch: _Batch) -> None:
        """Count a batch that is through; one of a roll back, backwards."""
        refresh.reason = ""
        refresh.waiting = [one for one in refresh.waiting if one not in batch.old]
        if batch.back:
            refresh.replaced = [one for one in refresh.replaced if one not in batch.old]
            return
        refresh.replaced = [*refresh.replaced, *batch.new]
        if refresh.rolling_back:
            # It was under way when the roll back began.
            refresh.waiting = [*refresh.waiting, *batch.new]

    def _retry(self, caller: Caller, group: Group, refresh: Refresh, origin: Origin) -> None:
        refresh.attempts += 1
        problem = self._capacity.problem(caller, origin)
        if refresh.attempts >= ATTEMPTS:
            self._fail(caller, group, refresh, problem)
            return
        refresh.reason = problem
        self._later(RETRY, lambda: self._step(caller, group, refresh))

    def _unhealthy(self, caller: Caller, group: Group, refresh: Refresh, batch: _Batch) -> None:
        """The new instances of a batch failed their health checks, and go."""
        refresh.in_flight = 0
        cause = "an instance was taken out of service in response to an EC2 instance status checks failure"
        for member in batch.new:
            member.healthy = False
        self._capacity.terminate(caller, group, batch.new, cause)
        if refresh.rolling_back and not batch.back:
            self._capacity.adjust(caller, group, cause)
            self._step(caller, group, refresh)
            return
        example = batch.new[0].instance_id
        self._fail(caller, group, refresh, f"Instances failed their health checks. For example: {example}.")

    def _fail(self, caller: Caller, group: Group, refresh: Refresh, reason: str) -> None:
        refresh.attempts = 0
        if refresh.rolling_back:
            refresh.status, refresh.ended, refresh.reason = "RollbackFailed", self._world.now(), reason
            self._capacity.adjust(caller, group, _SHORT)
            return
        if refresh.preferences.get("AutoRollback"):
            self.roll_back(caller, group, refresh, f"Automatic rollback initiated: {reason}")
            return
        refresh.status, refresh.ended, refresh.reason = "Failed", self._world.now(), reason
        # The group goes on with what it has: it fills up with what it launched before.
        self._capacity.adjust(caller, group, _SHORT)

    def roll_back(self, caller: Caller, group: Group, refresh: Refresh, reason: str) -> None:
        """Replace what was replaced by what was there before."""
        refresh.rollback = {
            "RollbackReason": reason,
            "RollbackStartTime": self._world.now(),
            "PercentageCompleteOnRollback": refresh.percentage,
            "InstancesToUpdateOnRollback": refresh.total - len(refresh.replaced),
        }
        refresh.status, refresh.reason = "RollbackInProgress", ""
        refresh.waiting = list(refresh.replaced)
        self._capacity.adjust(caller, group, _SHORT)
        if not refresh.in_flight:
            self._later(BEGINNING, lambda: self._step(caller, group, refresh))

    def cancel(self, refresh: Refresh, *, wait: bool) -> None:
        """Stop; what is under way is waited for."""
        refresh.status, refresh.reason = "Cancelling", "Cancelled due to user request."
        if not wait:
            refresh.in_flight = 0
        self._later(BEGINNING, lambda: self._settle_cancel(refresh))

    def _settle_cancel(self, refresh: Refresh) -> None:
        if refresh.status == "Cancelling" and not refresh.in_flight:
            refresh.status, refresh.ended = "Cancelled", self._world.now()

    def _finish(self, group: Group, refresh: Refresh) -> None:
        if refresh.rolling_back:
            refresh.status, refresh.ended = "RollbackSuccessful", self._world.now()
            return
        bake = int(refresh.preferences.get("BakeTime", 0))
        if not bake:
            self._succeed(group, refresh)
            return
        refresh.status = "Baking"
        refresh.reason = f"Waiting {bake} seconds of bake time before completing the instance refresh."

        def baked() -> None:
            if refresh.status == "Baking":
                self._succeed(group, refresh)

        self._later(bake, baked)

    def _succeed(self, group: Group, refresh: Refresh) -> None:
        refresh.status, refresh.ended, refresh.reason = "Successful", self._world.now(), ""
        if refresh.desired:
            group.launch_from(refresh.desired)


def _origin_for(old: Member, origins: Sequence[Origin]) -> Origin:
    """What takes the place of an instance: of its own type, if the group still launches that."""
    return next((one for one in origins if one.instance_type == old.origin.instance_type), origins[0])
