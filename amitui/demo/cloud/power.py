"""Instances that take their time: pending, running, checked; stopping, stopped; shutting down, terminated.

moto changes an instance's state at once. Right after it has answered a request that switches instances, they are
put back into the state between, and the cloud's agenda brings them to its end. The states stay moto's own, so its
filters and its answers agree with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.paging import page
from amitui.demo.cloud.rules import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.demo.cloud.instances import Instance, Instances
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller


class Change(NamedTuple):
    """What a request sets in motion."""

    between: tuple[int, str]
    """Code and name of the state on the way."""
    end: tuple[int, str]
    seconds: float
    """How long EC2 takes for it, about."""


_RUNNING: Final = (16, "running")
_CHECKED_AFTER: Final = 120.0
"""Seconds from `running` until both status checks have passed."""

CHANGES: Final = {
    "RunInstances": Change((0, "pending"), _RUNNING, 25.0),
    "StartInstances": Change((0, "pending"), _RUNNING, 25.0),
    "StopInstances": Change((64, "stopping"), (80, "stopped"), 40.0),
    "TerminateInstances": Change((32, "shutting-down"), (48, "terminated"), 30.0),
}

ALLOWED_FROM: Final = {
    "StartInstances": frozenset({"stopped", "pending", "running"}),
    "StopInstances": frozenset({"running", "stopping", "stopped"}),
}
"""States in which a request makes sense to EC2; in others it is an IncorrectInstanceState."""

_INSTANCE_ID: Final = re.compile(rb"<instanceId>(i-[0-9a-f]+)</instanceId>")


class Power:
    """Changes the states of instances after the time that EC2 takes, and reports their status checks."""

    def __init__(self, world: World, instances: Instances) -> None:
        self._world = world
        self._instances = instances
        self._latest: dict[str, int] = {}
        """The change under way of each instance, so that one that was overtaken does nothing."""
        self._checked_at: dict[str, float] = {}
        self._running_at: dict[str, float] = {}
        """When each instance runs, or ran, that was started since the cloud is there."""
        self._serial = 0

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What it answers itself, by operation."""
        return {"DescribeInstanceStatus": self.status}

    def check(self, caller: Caller, action: str, instance_ids: list[str]) -> None:
        """Refuse what EC2 refuses of instances in the state they are in.

        Raises:
            CloudError: `IncorrectInstanceState`.
        """
        allowed = ALLOWED_FROM.get(action)
        if allowed is None:
            return
        for instance in self._instances.of(caller, with_volumes=False):
            if instance.instance_id in instance_ids and instance.state not in allowed:
                raise CloudError(
                    "IncorrectInstanceState",
                    f"The instance '{instance.instance_id}' is not in a state from which it can be "
                    f"{'started' if action == 'StartInstances' else 'stopped'}.",
                )

    def states(self, caller: Caller) -> dict[str, str]:
        """The state of each instance, to be given to `begin` after the change."""
        found = self._instances.of(caller, only_if_loaded=True, with_volumes=False)
        return {instance.instance_id: instance.state for instance in found}

    def begin(self, caller: Caller, action: str, answer: bytes, before: dict[str, str]) -> None:
        """Put the instances of moto's answer back into the state on the way.

        Args:
            before: their states before the request: one that was there already does not go again.
        """
        end = CHANGES[action].end[1]
        found = [one.decode() for one in dict.fromkeys(_INSTANCE_ID.findall(answer))]
        self.set_in_motion(caller, action, [one for one in found if before.get(one) not in (end, "terminated")])

    def set_in_motion(self, caller: Caller, action: str, instance_ids: Sequence[str]) -> None:
        """Put instances that moto has switched back into the state on the way."""
        change = CHANGES[action]
        for instance_id in instance_ids:
            self._set(caller, instance_id, change.between)
            self._serial += 1
            self._latest[instance_id] = serial = self._serial
            ready = self._world.clock.after(change.seconds)
            self._checked_at[instance_id] = self._world.clock.after(change.seconds + _CHECKED_AFTER)
            if change.end == _RUNNING:
                self._running_at[instance_id] = ready

            def arrive(instance_id: str = instance_id, serial: int = serial) -> None:
                if self._latest.get(instance_id) == serial:
                    self._set(caller, instance_id, change.end)

            self._world.agenda.at(ready, arrive)

    def up_seconds(self, instance_id: str) -> float | None:
        """Seconds since it began to run, negative before; `None` = it did before the cloud was there."""
        since = self._running_at.get(instance_id)
        return None if since is None else (self._world.now() - since) * self._world.clock.speed

    def status(self, caller: Caller, params: Params) -> Params:
        """DescribeInstanceStatus: running instances, or all with IncludeAllInstances."""
        ids = params.get("InstanceIds", [])
        # All at once: moto takes as long for one as for all of them.
        known = {instance.instance_id: instance for instance in self._instances.of(caller, with_volumes=False)}
        chosen = [known.get(i) or self._instances.one(caller, i) for i in ids] if ids else list(known.values())
        tests = [_test(given) for given in params.get("Filters", ())]
        everything = bool(params.get("IncludeAllInstances"))
        listed = []
        for instance in chosen:
            status = self._status(caller, instance)
            if (everything or instance.state == "running") and all(test(status) for test in tests):
                listed.append(status)
        return page("InstanceStatuses", listed, caller, params, least=5, most=1000)

    def _status(self, caller: Caller, instance: Instance) -> Params:
        placement = instance.record.get("placement") or {}
        code = next((c for c, name in _STATES if name == instance.state), 16)
        if instance.state != "running":
            word, detail = "not-applicable", None
        elif self._world.now() < self._checked_at.get(instance.instance_id, 0.0):
            word, detail = "initializing", "initializing"
        else:
            word, detail = "ok", "passed"
        checks: dict[str, Any] = {"Status": word}
        if detail:
            checks["Details"] = [{"Name": "reachability", "Status": detail}]
        return {
            "InstanceId": instance.instance_id,
            "AvailabilityZone": placement.get("availabilityZone", caller.region + "a"),
            "InstanceState": {"Code": code, "Name": instance.state},
            "InstanceStatus": checks,
            "SystemStatus": dict(checks),
        }

    def _set(self, caller: Caller, instance_id: str, state: tuple[int, str]) -> None:
        from moto.ec2.models import ec2_backends

        instance = ec2_backends[caller.account][caller.region].get_instance_by_id(instance_id)
        if instance is not None:
            instance._state.code, instance._state.name = state


_STATES: Final = (
    (0, "pending"),
    _RUNNING,
    (32, "shutting-down"),
    (48, "terminated"),
    (64, "stopping"),
    (80, "stopped"),
)
STATE_CODES: Final = {name: code for code, name in _STATES}
"""EC2's number of each state."""


def _test(given: Params) -> Callable[[Params], bool]:
    name, matches = str(given.get("Name", "")), matcher(given.get("Values", ()))
    readers: dict[str, Callable[[Params], str]] = {
        "instance-state-name": lambda status: str(status["InstanceState"]["Name"]),
        "instance-status.status": lambda status: str(status["InstanceStatus"]["Status"]),
        "system-status.status": lambda status: str(status["SystemStatus"]["Status"]),
        "availability-zone": lambda status: str(status["AvailabilityZone"]),
    }
    if name not in readers:
        raise invalid(f"The filter '{name}' is invalid")
    read = readers[name]
    return lambda status: matches(read(status))
