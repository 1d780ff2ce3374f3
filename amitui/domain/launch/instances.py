"""Instances that were launched from here: which they are, the phase of each, and how many are in which phase.

The journal names them (the results of launches), EC2 reports their states (observations). Times are seconds since
the epoch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from amitui.domain.operations.awaited import GONE, INSTANCE
from amitui.domain.operations.kinds import OperationKind, spec_of
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Call
from amitui.domain.timeline.observation import Observation, Subject

LISTED_S: Final = 3600.0
"""For about how long EC2 lists an instance that was terminated; what is unlisted and older than that is gone."""

MOST_INSTANCES: Final = 1000
"""Most instances that are observed, the newest: five calls of DescribeInstances."""

_ORDINARY_ENDS: Final = ("Client.UserInitiated", "Client.InstanceInitiatedShutdown", "User initiated")
"""How EC2's reasons begin for the end of an instance that a user or the instance itself requested."""


class Phase(StrEnum):
    """The phase of an instance; the value is the word that is shown: `12 pending`."""

    REFUSED = "refused"
    """EC2 did not launch it."""
    ENDED_BY_EC2 = "ended by EC2"
    """EC2 ended it by itself: no capacity for it, a volume that cannot be made, a host that failed."""
    IMPAIRED = "impaired"
    """Runs, and a status check has failed."""
    ON_HOLD = "waiting for you"
    """The launch waits until its user resumes it."""
    REQUESTED = "requested"
    """EC2 has not answered the launch."""
    NOT_OBSERVED = "being checked"
    """It has not been observed yet."""
    NOT_LISTED = "not listed yet"
    """EC2 has launched it, and does not list it so far."""
    PENDING = "pending"
    CHECKING = "checks pending"
    """Runs, and the status checks are not over."""
    RUNNING = "running"
    """Runs; what the status checks say is not known."""
    READY = "ready"
    """Runs, and both status checks have passed."""
    STOPPING = "stopping"
    STOPPED = "stopped"
    ENDING = "shutting down"
    TERMINATED = "terminated"
    GONE = "gone"
    """EC2 no longer lists it."""

    @property
    def is_problem(self) -> bool:
        """Whether it needs attention."""
        return self in (Phase.REFUSED, Phase.ENDED_BY_EC2, Phase.IMPAIRED)

    @property
    def is_over(self) -> bool:
        """Whether there is no instance, or none for long."""
        return self in (Phase.REFUSED, Phase.ENDED_BY_EC2, Phase.ENDING, Phase.TERMINATED, Phase.GONE)


_BY_STATE: Final[Mapping[str, Phase]] = {
    "": Phase.NOT_LISTED,
    "pending": Phase.PENDING,
    "running": Phase.RUNNING,
    "stopping": Phase.STOPPING,
    "stopped": Phase.STOPPED,
    "shutting-down": Phase.ENDING,
    "terminated": Phase.TERMINATED,
    GONE: Phase.GONE,
}
_BY_CHECKS: Final[Mapping[str, Phase]] = {
    "ok": Phase.READY,
    "initializing": Phase.CHECKING,
    "impaired": Phase.IMPAIRED,
}


class Instance(NamedTuple):
    """One instance that was launched from here, or a launch of which there is none (yet)."""

    operation_id: str
    """The launch."""
    region: str
    profile: str
    """Whose credentials launched it; empty = the environment's or the default profile's."""
    account: str
    launched_at: float
    """When the launch was submitted."""
    instance_id: str = ""
    """Empty = the launch has no instance (yet)."""
    image_id: str = ""
    image_name: str = ""
    name: str = ""
    """The Name tag that it was launched with."""
    requested_type: str = ""
    """The instance type that was requested; empty = a launch template's."""
    requested_key: str = ""
    """The key pair that was requested; empty = none, or a launch template's."""
    words: str = ""
    """Of a launch without an instance: its title, and the outcome."""
    without: Phase = Phase.REQUESTED
    """The phase of a launch without an instance."""
    observation: Observation | None = None
    """The newest; `None` = it has not been observed yet."""

    @property
    def key(self) -> str:
        """Unique among all of them."""
        return f"{self.region}/{self.instance_id}" if self.instance_id else self.operation_id

    @property
    def subject(self) -> Subject:
        """What is to be watched."""
        return Subject(self.profile, self.region, INSTANCE, self.instance_id)

    @property
    def phase(self) -> Phase:
        """Its phase now."""
        if not self.instance_id:
            return self.without
        seen = self.observation
        if seen is None:
            return Phase.NOT_OBSERVED
        phase = _BY_STATE.get(seen.state, Phase.RUNNING)
        if phase is Phase.RUNNING:
            return _BY_CHECKS.get(self.fact("checks"), phase)
        if (
            phase in (Phase.ENDING, Phase.TERMINATED)
            and seen.reason
            and not seen.reason.startswith(_ORDINARY_ENDS)
        ):
            return Phase.ENDED_BY_EC2
        return phase

    def fact(self, name: str) -> str:
        """The fact of that name in the newest observation; empty = none."""
        facts = self.observation.facts if self.observation is not None else ()
        return next((value for found, value in facts if found == name), "")

    @property
    def instance_type(self) -> str:
        """As EC2 says, else as it was requested."""
        return self.fact("type") or self.requested_type

    @property
    def key_name(self) -> str:
        """The key pair to log in with; empty = none."""
        return (
            self.fact("key_name")
            if self.observation is not None and self.observation.facts
            else self.requested_key
        )

    @property
    def address(self) -> str:
        """The best address to reach it by; empty = it has none (any more)."""
        return next(filter(None, self.addresses), "")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its addresses as EC2 says them, the best to reach it by first; empty texts for those that it has not."""
        return tuple(map(self.fact, ("public_ip", "ipv6", "private_ip")))


def launched(operations: Iterable[Operation], now: float, *, only: Collection[str] = ()) -> tuple[Instance, ...]:
    """The instances that launches made, the newest launch first, at most `MOST_INSTANCES`.

    Left out are those that were terminated from here longer ago than EC2 lists them, and launches that EC2 refused
    longer ago than that.

    Args:
        operations: all that the journal has.
        now: the time.
        only: ids of launches whose instances are included whatever their phase; empty = all launches.
    """
    known = list(operations)
    past = {} if only else dict.fromkeys(_ended_long_ago(known, now))
    found: list[Instance] = []
    for operation in sorted(known, key=lambda one: one.id, reverse=True):
        if spec_of(operation.plan.kind).launches and (not only or operation.id in only):
            found += (
                one
                for one in _of_launch(operation)
                if one.key not in past
                and (only or one.without is not Phase.REFUSED or now - one.launched_at < LISTED_S)
            )
        if len(found) >= MOST_INSTANCES:
            break
    return tuple(found[:MOST_INSTANCES])


def instance_ids(operation: Operation) -> tuple[str, ...]:
    """The instances that an operation made, or acted on, as its results name them."""
    return tuple(one.subject for one in operation.results if one.ok and one.subject.startswith("i-"))


def with_observations(
    instances: Iterable[Instance],
    observations: Mapping[str, Observation],
    now: float,
    *,
    all_of_them: bool = False,
) -> tuple[Instance, ...]:
    """The instances with their newest observations.

    Left out are those of long ago that EC2 does not list, or that have not been observed yet.

    Args:
        observations: by `Instance.key`.
        all_of_them: leave none out.
    """
    seen = (one._replace(observation=observations.get(one.key)) for one in instances)
    return tuple(one for one in seen if all_of_them or not one.instance_id or not is_past(one, now))


def is_past(instance: Instance, now: float) -> bool:
    """Whether it was launched long ago and EC2 does not list it, as far as it is known."""
    unlisted = instance.phase in (Phase.GONE, Phase.NOT_OBSERVED, Phase.NOT_LISTED)
    return unlisted and now - instance.launched_at > LISTED_S


def counts(instances: Iterable[Instance]) -> dict[Phase, int]:
    """How many are in each phase, those that need attention first."""
    found = Counter(one.phase for one in instances)
    return {phase: found[phase] for phase in Phase if found[phase]}


def summary(instances: Sequence[Instance]) -> str:
    """Counts in words: `200 instances: 2 impaired, 190 ready, 8 pending`."""
    total = sum(bool(one.instance_id) for one in instances)
    parts = [f"{count} {phase}" for phase, count in counts(instances).items()]
    words = f"{total} instance{'' if total == 1 else 's'}"
    return f"{words}: {', '.join(parts)}" if parts else words


def _of_launch(operation: Operation) -> Iterator[Instance]:
    parameters = _run_parameters(operation)
    before = operation.plan.before
    common = Instance(
        operation.id,
        operation.plan.region,
        operation.profile,
        operation.account,
        operation.began_at,
        image_id=str(parameters.get("ImageId") or operation.image_id),
        image_name=str(before.get("name") or before.get("image_name") or ""),
        name=_name_tag(parameters),
        requested_type=str(parameters.get("InstanceType") or ""),
        requested_key=str(parameters.get("KeyName") or ""),
        words=operation.plan.title,
    )
    ids = instance_ids(operation)
    for instance_id in ids:
        yield common._replace(instance_id=instance_id)
    if ids or operation.state in (State.DONE, State.DROPPED):
        return
    if operation.state is State.FAILED:
        why = "; ".join(words for words in (operation.what, operation.why) if words)
        yield common._replace(words=f"{operation.plan.title}: {why}", without=Phase.REFUSED)
    else:
        on_hold = operation.state is State.ON_HOLD
        words = f"{operation.plan.title}: {operation.why}" if on_hold and operation.why else operation.plan.title
        yield common._replace(words=words, without=Phase.ON_HOLD if on_hold else Phase.REQUESTED)


def _run_parameters(operation: Operation) -> Mapping[str, Any]:
    steps = operation.plan.steps
    return next((one.parameters for one in steps if isinstance(one, Call) and one.api == "run_instances"), {})


def _name_tag(parameters: Mapping[str, Any]) -> str:
    for entry in parameters.get("TagSpecifications") or ():
        if entry.get("ResourceType") == "instance":
            for tag in entry.get("Tags") or ():
                if tag.get("Key") == "Name":
                    return str(tag.get("Value") or "")
    return ""


def _ended_long_ago(operations: Iterable[Operation], now: float) -> Iterator[str]:
    """Keys of the instances that were terminated from here so long ago that EC2 does not list them."""
    for operation in operations:
        plan = operation.plan
        if (
            plan.kind is not OperationKind.TERMINATE
            or operation.ended_at is None
            or now - operation.ended_at < LISTED_S
        ):
            continue
        for call in plan.calls:
            if call.api == "terminate_instances" and operation.state is State.DONE:
                yield from (f"{call.region}/{one}" for one in call.parameters.get("InstanceIds") or ())
