"""Plans for instances that are there: stop, start and terminate them, one or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from amitui.domain.operations.awaited import GONE, INSTANCE
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plan import Call, Plan, Watch

MOST_NAMED: Final = 5
"""Most instances that are named in a sentence; the rest is counted."""

_ENDED: Final = ("terminated", "shutting-down", GONE)


class Target(NamedTuple):
    """An instance, and what to call it."""

    instance_id: str
    name: str = ""
    """Its Name tag; may be empty."""

    @property
    def label(self) -> str:
        """Its name and its id."""
        return f"{self.name} ({self.instance_id})" if self.name else self.instance_id


def stop_plan(region: str, targets: Sequence[Target]) -> Plan:
    """Stop instances, and see them stopped."""
    return _plan(
        OperationKind.STOP,
        "Stop",
        region,
        targets,
        "stop_instances",
        until=("stopped",),
        failing=_ENDED,
        changes=(
            f"{_all_of(targets)} no longer {_verb(targets, 'runs', 'run')}, and can be started again.",
            "EBS volumes are kept and billed.",
        ),
        warnings=(
            "Stopping erases instance store volumes and changes the public IP address, unless it is an Elastic "
            "IP.",
            "One-time Spot Instances cannot be stopped; if one is included, EC2 stops none of them.",
        ),
    )


def start_plan(region: str, targets: Sequence[Target]) -> Plan:
    """Start stopped instances, and see them running."""
    return _plan(
        OperationKind.START,
        "Start",
        region,
        targets,
        "start_instances",
        # A stopped instance is no failure: EC2 says so for a while after it accepted the start.
        until=("running",),
        failing=_ENDED,
        changes=(
            f"{_all_of(targets)} {_verb(targets, 'runs', 'run')}, and {_verb(targets, 'is', 'are')} billed.",
        ),
        warnings=("Public IP addresses change, unless they are Elastic IPs.",),
    )


def terminate_plan(region: str, targets: Sequence[Target]) -> Plan:
    """Terminate instances for good, and see them gone."""
    return _plan(
        OperationKind.TERMINATE,
        "Terminate",
        region,
        targets,
        "terminate_instances",
        until=("terminated", GONE),
        failing=(),
        changes=(
            f"{_all_of(targets)} {_verb(targets, 'is', 'are')} terminated for good.",
            "Volumes marked to be deleted with the instance are deleted; others are kept and billed.",
        ),
        warnings=(
            "This cannot be undone.",
            "If one has termination protection, EC2 refuses it and all others in its Availability Zone.",
        ),
        confirm=targets[0].instance_id if len(targets) == 1 else f"terminate {len(targets)} instances",
    )


def _plan(
    kind: OperationKind,
    verb: str,
    region: str,
    targets: Sequence[Target],
    api: str,
    *,
    until: tuple[str, ...],
    failing: tuple[str, ...],
    changes: tuple[str, ...],
    warnings: tuple[str, ...],
    confirm: str = "",
) -> Plan:
    ids = [target.instance_id for target in targets]
    what = "the instance" if len(ids) == 1 else "the instances"
    return Plan(
        kind=kind,
        title=f"{verb} {targets[0].label if len(targets) == 1 else f'{len(targets)} instances'}",
        region=region,
        subject=ids[0],
        steps=(
            Call(api, region, {"InstanceIds": ids}, f"{kind} {what}"),
            Watch(INSTANCE, region, ids[0], until, failing, others=tuple(ids[1:])),
        ),
        changes=changes,
        warnings=warnings,
        confirm=confirm,
    )


def _all_of(targets: Sequence[Target]) -> str:
    if len(targets) > MOST_NAMED:
        return f"{len(targets)} instances"
    return ", ".join(target.label for target in targets)


def _verb(targets: Sequence[Target], one: str, several: str) -> str:
    return one if len(targets) == 1 else several
