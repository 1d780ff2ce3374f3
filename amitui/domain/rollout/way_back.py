"""The way back of a roll-out, and its pause: operations of their own, made of what its plan wrote down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.domain.operations.services import AUTO_SCALING
from amitui.domain.rollout.moved import Group, Parameter, Template
from amitui.domain.rollout.options import RollOutOptions, back
from amitui.domain.rollout.steps import (
    SETTLED,
    Steps,
    cancel,
    default_to,
    put,
    renew,
    restart,
    restore_group,
)

_ACTIVE: Final = ("Pending", "InProgress", "Baking")


def pause_plan(operation: Operation) -> Plan | None:
    """Cancel the instance refreshes that a roll-out waits for, or `None` when it waits for none."""
    steps = operation.plan.steps
    waits = [
        step
        for step in steps[operation.step :]
        if isinstance(step, Watch) and step.restart is not None and _answer(operation, step.restart)
    ]
    if operation.plan.kind is not OperationKind.ROLL_OUT or operation.state is not State.WAITING or not waits:
        return None
    calls = tuple(
        Call(
            "cancel_instance_refresh",
            operation.plan.region,
            {"AutoScalingGroupName": wait.within},
            f"cancel the instance refresh of {wait.within}",
            always=True,
            about=wait.within,
            service=AUTO_SCALING,
        )
        for wait in waits
    )
    groups = ", ".join(wait.within for wait in waits)
    return Plan(
        kind=OperationKind.PAUSE_ROLL_OUT,
        title=f"Pause: {operation.plan.title}",
        region=operation.plan.region,
        subject=operation.plan.subject,
        steps=calls,
        changes=(
            f"The instance refresh of {groups} is cancelled, or the one that runs when you confirm.",
            "No further refresh begins.",
            "Instances that were replaced keep the new image, the others the old one.",
            "The roll-out waits for you: continuing it begins a new refresh.",
        ),
        before={
            "refreshes": [_answer(operation, wait.restart or 0) for wait in waits],
            "pauses": operation.id,
        },
    )


def is_paused(operation: Operation, index: int, submitted: Iterable[Operation], since: float) -> bool:
    """Whether a roll-out has to wait for its user before it sends anything more.

    Args:
        operation: any one.
        index: its next step.
        submitted: all operations, pauses among them.
        since: in seconds since the epoch; what was paused before has been continued.
    """
    if operation.plan.kind is not OperationKind.ROLL_OUT or operation.what:
        return False
    if not any(isinstance(step, Call) and step.undoes is None for step in operation.plan.steps[index:]):
        return False
    return any(
        one.plan.kind is OperationKind.PAUSE_ROLL_OUT
        and one.plan.before.get("pauses") == operation.id
        and one.state is not State.DROPPED
        and one.began_at > since
        for one in submitted
    )


def can_be_left(operation: Operation) -> bool:
    """Whether nothing more is sent for a roll-out, so that its way back can begin; else it is paused first."""
    if operation.state.ended or operation.state is State.ON_HOLD:
        return True
    left = [step for step in operation.steps_left if isinstance(step, Call) and step.undoes is None]
    return operation.state is State.WAITING and not left and not operation.what


def roll_back_plan(operation: Operation) -> Plan | None:
    """Bring back what was there before a roll-out, or `None` when it has changed nothing (yet).

    Args:
        operation: one that has ended, that waits for its user, or of which nothing is to be sent any more.
    """
    noted = operation.plan.before.get("rollout")
    if operation.plan.kind is not OperationKind.ROLL_OUT or not isinstance(noted, Mapping):
        return None
    if not can_be_left(operation):
        return None
    steps = Steps(operation.plan.region)
    options = back(_options(noted["options"]))
    changes: list[str] = []
    for one in noted["parameters"]:
        if _was_done(operation, one["step"]):
            parameter = Parameter(one["name"], one["old"], one["data_type"])
            put(steps, parameter, parameter.old)
            changes.append(f"Parameter {parameter.name}: {operation.plan.subject} → {parameter.old}.")
    for one in noted["templates"]:
        if _was_done(operation, one["step"]):
            changes += _template_back(steps, Template(**_fields(Template, one)))
    for one in noted["groups"]:
        if _was_done(operation, one["step"]):
            group = Group(**_fields(Group, one))
            _group_back(steps, group, operation, one["step"], one["wait"], options)
            changes.append(f"Auto Scaling group {group.name}: the old image comes back by an instance refresh.")
    if not steps.steps:
        return None
    return Plan(
        kind=OperationKind.ROLL_BACK,
        title=f"Roll back: {operation.plan.title}",
        region=operation.plan.region,
        subject=operation.plan.subject,
        steps=tuple(steps.steps),
        changes=tuple(changes),
        warnings=("What others have set since then is overwritten.",),
        before={
            "name": operation.plan.before.get("name", ""),
            "refreshes": [
                *operation.plan.before.get("refreshes", ()),
                *(answer for _, answer in (*operation.earlier_answers, *operation.answers)),
            ],
        },
    )


def _template_back(steps: Steps, template: Template) -> list[str]:
    changes = []
    if template.set_default:
        default_to(steps, template, str(template.source))
        changes.append(f"Launch template {template.name}: version {template.source} becomes the default again.")
    if template.is_followed and template.is_first:
        renew(steps, template, None)
        changes.append(f"Launch template {template.name}: a further version is as version {template.latest}.")
    if not changes:
        changes.append(f"Launch template {template.name}: its new version stays, and nothing follows it.")
    return changes


def _group_back(
    steps: Steps, group: Group, operation: Operation, start: int, wait: int, options: RollOutOptions
) -> None:
    is_active = operation.step == wait and operation.seen in _ACTIVE and not operation.what
    if is_active and group.auto_rollback:
        index = steps.call(
            "rollback_instance_refresh",
            {"AutoScalingGroupName": group.name},
            f"roll the instance refresh of {group.name} back",
            AUTO_SCALING,
        )
        steps.watch_refresh(group.name, index, until=("RollbackSuccessful",))
        steps.steps[-1] = _once(steps.steps[-1])
        return
    cancel(steps, group.name, None)
    answer = _answer(operation, start)
    if answer:
        settled = Watch("instance-refresh", operation.plan.region, answer, SETTLED, within=group.name)
        steps.steps.append(settled)
    if group.pinned:
        restore_group(steps, group, None)
    restart(steps, group, options, None)


def _once(step: Call | Watch) -> Call | Watch:
    """A wait that does not begin again what it waits for: a roll back is not repeated."""
    return step._replace(pausing=(), restart=None) if isinstance(step, Watch) else step


def _was_done(operation: Operation, step: int) -> bool:
    """Whether a call of the roll-out had its effect, as far as the journal knows."""
    if operation.state is State.DONE:
        return True
    reached = operation.failed_step if operation.failed_step is not None else operation.step
    return step < reached or bool(_answer(operation, step))


def _answer(operation: Operation, step: int) -> str:
    return dict(operation.answers).get(step, "")


def _options(noted: Mapping[str, Any]) -> RollOutOptions:
    fields = {name: value for name, value in noted.items() if name in RollOutOptions._fields}
    return RollOutOptions(
        **{**fields, "checkpoints": tuple(fields["checkpoints"]), "alarms": tuple(fields["alarms"])}
    )


def _fields(kind: Any, noted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: noted[name] for name in kind._fields}
