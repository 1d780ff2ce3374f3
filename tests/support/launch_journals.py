"""The journal's events of launches, and observations of their instances."""

from __future__ import annotations

from typing import Any

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, fold, planned
from amitui.domain.operations.plan import Call, Plan
from amitui.domain.timeline.observation import Observation, Subject

NOW = 1_790_000_000.0
REGION = "us-east-1"
IMAGE_ID = "ami-0123456789abcdef0"


def instance_id(number: int) -> str:
    return f"i-{number:017x}"


def launch_plan(title: str = "Launch acme-web", region: str = REGION, **parameters: Any) -> Plan:
    asked = {"ImageId": IMAGE_ID, "InstanceType": "t3.micro", "KeyName": "work laptop", **parameters}
    step = Call("run_instances", region, asked, "launch the instances")
    return Plan(OperationKind.LAUNCH, title, region, IMAGE_ID, (step,), before={"name": "acme-web-20260901"})


def launch(
    number: int,
    ids: list[str],
    *later: tuple[EventKind, dict[str, Any]],
    began: float = NOW - 60,
    profile: str = "dev",
    plan: Plan | None = None,
) -> list[Event]:
    """The events of a launch that made these instances; of none when there are none."""
    first = planned(
        f"{number:04}",
        plan or launch_plan(),
        began,
        account="123456789012",
        profile=profile,
        batch="b",
        driver="d",
    )
    happened: list[tuple[EventKind, dict[str, Any]]] = [(EventKind.SENDING, {"step": 0})]
    if ids:
        results = [[one, True, "launched"] for one in ids]
        happened += [(EventKind.ACCEPTED, {"step": 0, "results": results}), (EventKind.DONE, {})]
    return [first, *(Event(first.operation_id, began + 1, *one) for one in (*happened, *later))]


def launched_here(*journals: list[Event]) -> list[Operation]:
    return [fold(journal) for journal in journals]


def seen(number: int | str, state: str, *, reason: str = "", profile: str = "dev", **facts: str) -> Observation:
    """An observation of an instance, by its id or its number."""
    one = number if isinstance(number, str) else instance_id(number)
    given = {"type": "t3.micro", "zone": "us-east-1a", "key_name": "work laptop", **facts} if state else {}
    facts_given = tuple((name, value) for name, value in given.items() if value)
    return Observation(Subject(profile, REGION, "instance", one), NOW, state, None, reason, facts_given)
