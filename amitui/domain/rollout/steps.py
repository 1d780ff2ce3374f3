"""The steps of a roll-out and of its way back, one for each thing that is moved."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from amitui.domain.operations.awaited import PARAMETER, REFRESH
from amitui.domain.operations.placeholders import AnswerOf, answer_of
from amitui.domain.operations.plan import Call, Step, Watch
from amitui.domain.operations.services import AUTO_SCALING, EC2, SSM
from amitui.domain.rollout.candidates import NewImage
from amitui.domain.rollout.moved import Group, Parameter, RollOut, Template
from amitui.domain.rollout.options import RollOutOptions, back, preferences

SETTLED: Final = ("Successful", "Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed")
_LOST: Final = ("Failed", "RollbackSuccessful", "RollbackFailed")
_DESCRIPTION_CHARACTERS: Final = 255
"""Longest description of a launch template's version. Source: EC2's model."""


class Steps:
    """The steps as they are added, each known by its index."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.steps: list[Step] = []

    def call(
        self, api: str, parameters: dict[str, Any], action: str, service: str = EC2, undoes: int | None = None
    ) -> int:
        self.steps.append(Call(api, self.region, parameters, action, service=service, undoes=undoes))
        return len(self.steps) - 1

    def watch_parameter(self, name: str, value: str, undoes: int | None = None) -> None:
        self.steps.append(Watch(PARAMETER, self.region, name, (value,), undoes=undoes))

    def watch_refresh(
        self, group: str, start: int, *, until: tuple[str, ...] = ("Successful",), undoes: int | None = None
    ) -> int:
        forward = undoes is None
        lost = _LOST if forward else (*_LOST, "Cancelled")
        self.steps.append(
            Watch(
                REFRESH,
                self.region,
                answer_of(start),
                until,
                tuple(state for state in lost if state not in until),
                within=group,
                pausing=("Cancelled",) if forward else (),
                restart=start if forward else None,
                undoes=undoes,
            )
        )
        return len(self.steps) - 1


class Done(NamedTuple):
    """The indices of the steps that do something, for their way back."""

    puts: list[int]
    versions: dict[tuple[str, int], int]
    defaults: dict[str, int]
    starts: list[tuple[int, int]]
    """(start, wait for its end) of each group."""


def put(steps: Steps, one: Parameter, value: str, undoes: int | None = None) -> int:
    parameters = {"Name": one.name, "Value": value, "DataType": one.data_type, "Overwrite": True}
    words = "set" if undoes is None else "set back"
    index = steps.call("put_parameter", parameters, f"{words} the parameter {one.name}", SSM, undoes)
    steps.watch_parameter(one.name, value, undoes)
    return index


def new_version(steps: Steps, one: Template, image: NewImage) -> int:
    words = f"{image.name or image.image_id}, otherwise version {one.source}"
    return steps.call(
        "create_launch_template_version",
        {
            "LaunchTemplateId": one.template_id,
            "SourceVersion": str(one.source),
            "VersionDescription": words[:_DESCRIPTION_CHARACTERS],
            "LaunchTemplateData": {"ImageId": image.image_id},
        },
        f"add a version to the launch template {one.name}",
    )


def default_to(steps: Steps, one: Template, version: AnswerOf | str, undoes: int | None = None) -> int:
    words = "set" if undoes is None else "set back"
    parameters = {"LaunchTemplateId": one.template_id, "DefaultVersion": version}
    return steps.call(
        "modify_launch_template", parameters, f"{words} the default version of {one.name}", undoes=undoes
    )


def refresh_all(steps: Steps, found: RollOut, versions: dict[tuple[str, int], int]) -> list[tuple[int, int]]:
    begun: list[tuple[int, int]] = []
    for group in found.groups:
        start = _start(steps, group, found.options, versions)
        begun.append((start, -1 if found.options.at_once else steps.watch_refresh(group.name, start)))
    if not found.options.at_once:
        return begun
    return [
        (start, steps.watch_refresh(group.name, start))
        for group, (start, _) in zip(found.groups, begun, strict=True)
    ]


def _start(steps: Steps, group: Group, options: RollOutOptions, versions: dict[tuple[str, int], int]) -> int:
    wanted = preferences(
        options,
        skip_matching=not group.by_parameter,
        auto_rollback=options.roll_back and group.auto_rollback,
    )
    parameters: dict[str, Any] = {"AutoScalingGroupName": group.name, "Preferences": wanted}
    step = versions.get((group.template_id, group.source))
    if group.pinned and step is not None:
        template = {"LaunchTemplateId": group.template_id, "Version": answer_of(step)}
        parameters["DesiredConfiguration"] = {"LaunchTemplate": template}
    return steps.call(
        "start_instance_refresh", parameters, f"start an instance refresh of {group.name}", AUTO_SCALING
    )


def undo(steps: Steps, found: RollOut, done: Done) -> None:
    """Add the steps that take back, after a failure, what had been done before it.

    What launches is brought back before instances are replaced: nothing takes the new image meanwhile.
    """
    for parameter, index in zip(found.parameters, done.puts, strict=True):
        put(steps, parameter, parameter.old, index)
    for template in found.templates:
        made = done.versions[template.template_id, template.source]
        if template.set_default:
            default_to(steps, template, str(template.source), done.defaults[template.template_id])
        if template.is_followed and template.is_first:
            renew(steps, template, made)
    options = back(found.options)
    for group, (start, _) in zip(found.groups, done.starts, strict=True):
        cancel(steps, group.name, start)
        steps.watch_refresh(group.name, start, until=SETTLED, undoes=start)
        if group.pinned:
            restore_group(steps, group, start)
        restart(steps, group, options, start)


def renew(steps: Steps, template: Template, undoes: int | None) -> None:
    """Make a version that is as the latest one was: what follows `$Latest` takes it."""
    steps.call(
        "create_launch_template_version",
        {
            "LaunchTemplateId": template.template_id,
            "SourceVersion": str(template.latest),
            "VersionDescription": f"rolled back to version {template.latest}",
            "LaunchTemplateData": {"ImageId": template.latest_image} if template.latest_image else {},
        },
        f"add a version to {template.name} that is as version {template.latest}",
        undoes=undoes,
    )


def cancel(steps: Steps, group: str, undoes: int | None) -> None:
    """End a refresh that is still active."""
    steps.call(
        "cancel_instance_refresh",
        {"AutoScalingGroupName": group},
        f"cancel the instance refresh of {group}, if it is active",
        AUTO_SCALING,
        undoes,
    )


def restore_group(steps: Steps, group: Group, undoes: int | None) -> None:
    """Let a group launch from the version that it named before."""
    template = {"LaunchTemplateId": group.template_id, "Version": group.old_version}
    steps.call(
        "update_auto_scaling_group",
        {"AutoScalingGroupName": group.name, "LaunchTemplate": template},
        f"set {group.name} back to version {group.old_version}",
        AUTO_SCALING,
        undoes,
    )


def restart(steps: Steps, group: Group, options: RollOutOptions, undoes: int | None) -> int:
    """Replace the instances that had been replaced already; those that match are kept."""
    wanted = preferences(options, skip_matching=not group.by_parameter, auto_rollback=False)
    start = steps.call(
        "start_instance_refresh",
        {"AutoScalingGroupName": group.name, "Preferences": wanted},
        f"bring the old image back to {group.name}",
        AUTO_SCALING,
        undoes,
    )
    steps.watch_refresh(group.name, start, undoes=undoes)
    return start
