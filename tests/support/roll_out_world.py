"""A naive EC2 in memory: parameters, templates, groups and their instances, changed by the steps of plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amitui.domain.fleet.inventory import FleetInventory
from amitui.domain.operations.placeholders import with_answers
from amitui.domain.operations.plan import Call, Plan, Step


class Refused(Exception):
    """What EC2 does not take."""


@dataclass
class World:
    """The state of a Region."""

    parameters: dict[str, str]
    versions: dict[str, list[str]]
    defaults: dict[str, int]
    groups: dict[str, tuple[str, str]]
    instances: dict[str, list[tuple[int, str]]]
    """By group, the (version, image) that each instance was launched with."""
    answers: dict[int, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    half: dict[str, tuple[list[tuple[int, str]], tuple[str, str]]] = field(default_factory=dict)
    """By group, what a refresh that fails leaves: half of the instances as they were, and the configuration."""

    @classmethod
    def of(cls, inventory: FleetInventory) -> World:
        """The world that an inventory describes."""
        world = cls(
            {one.name: one.image_id for one in inventory.parameters},
            {one.template_id: [version.image for version in one.versions] for one in inventory.templates},
            {
                one.template_id: next(version.number for version in one.versions if version.default)
                for one in inventory.templates
            },
            {
                one.name: (one.sources[0].template_id, one.sources[0].version)
                for one in inventory.groups
                if one.sources[0].template_id
            },
            {},
        )
        for one in inventory.groups:
            if one.name in world.groups:
                launched = (world.version(one.name), world.launches(one.name))
                world.instances[one.name] = [launched for _ in one.instances]
        return world

    def version(self, group: str) -> int:
        """The version that a group launches now."""
        template, wanted = self.groups[group]
        names = {"$Latest": len(self.versions[template]), "$Default": self.defaults[template]}
        return names.get(wanted or "$Default") or int(wanted)

    def launches(self, group: str) -> str:
        """The image that a group launches now."""
        image = self.versions[self.groups[group][0]][self.version(group) - 1]
        return self.parameters[image.removeprefix("resolve:ssm:")] if image.startswith("resolve:") else image

    @property
    def seen(self) -> dict[str, object]:
        """What whoever uses it sees: values, what groups launch, what instances run."""
        defaults = {one: self.versions[one][number - 1] for one, number in self.defaults.items()}
        running = {one: sorted(image for _, image in some) for one, some in self.instances.items()}
        launched = {one: self.launches(one) for one in self.groups}
        return {"values": dict(self.parameters), "defaults": defaults, "running": running, "launched": launched}

    def run(self, plan: Plan, *, fail: int | None = None) -> None:
        """Execute a plan; the step `fail` fails, and what undoes the steps before it follows."""
        self.answers = {}
        for index, step in enumerate(plan.steps):
            failed = fail is not None and index > fail
            if index == fail:
                if isinstance(step, Call) or step.kind != "instance-refresh":
                    continue
                # A refresh that fails has replaced some instances, and changes no group.
                instances = self.instances[step.within]
                before, self.groups[step.within] = self.half[step.within]
                self.instances[step.within] = before + instances[len(before) :]
            elif (step.undoes is not None and failed and step.undoes < (fail or 0)) or (
                step.undoes is None and not failed
            ):
                self.step(index, step)

    def step(self, index: int, step: Step) -> None:
        """Execute a step."""
        if isinstance(step, Call):
            parameters: Mapping[str, Any] = with_answers(step.parameters, self.answers)
            self.answers[index] = str(getattr(self, f"_{step.api}")(parameters) or "")

    def _put_parameter(self, given: Mapping[str, Any]) -> None:
        self.touched.add(given["Name"])
        self.parameters[given["Name"]] = given["Value"]

    def _create_launch_template_version(self, given: Mapping[str, Any]) -> int:
        self.touched.add(given["LaunchTemplateId"])
        versions = self.versions[given["LaunchTemplateId"]]
        copied = versions[int(given["SourceVersion"]) - 1]
        versions.append(given["LaunchTemplateData"].get("ImageId", copied))
        return len(self.versions[given["LaunchTemplateId"]])

    def _modify_launch_template(self, given: Mapping[str, Any]) -> None:
        self.defaults[given["LaunchTemplateId"]] = int(given["DefaultVersion"])

    def _update_auto_scaling_group(self, given: Mapping[str, Any]) -> None:
        wanted = given["LaunchTemplate"]
        self.groups[given["AutoScalingGroupName"]] = (wanted["LaunchTemplateId"], wanted["Version"])

    def _cancel_instance_refresh(self, given: Mapping[str, Any]) -> None:
        pass

    def _rollback_instance_refresh(self, given: Mapping[str, Any]) -> str:
        raise AssertionError("nothing is active here")

    def _start_instance_refresh(self, given: Mapping[str, Any]) -> str:
        group = given["AutoScalingGroupName"]
        self.touched.add(group)
        before = self.instances[group]
        # Half of them, if it fails.
        self.half[group] = (before[: (len(before) + 1) // 2], self.groups[group])
        wanted = given.get("DesiredConfiguration", {}).get("LaunchTemplate")
        if wanted:
            self.groups[group] = (wanted["LaunchTemplateId"], wanted["Version"])
        if given["Preferences"].get("AutoRollback") and not (wanted and wanted["Version"].isdigit()):
            raise Refused("no desired configuration with a number")
        skip = given["Preferences"]["SkipMatching"]
        now = (self.version(group), self.launches(group))
        self.instances[group] = [one if skip and one[0] == now[0] else now for one in before]
        return f"refresh of {group}"
