"""Launching and terminating the instances of groups, each with a scaling activity that tells of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.autoscaling.model import PENDING, TERMINATING, Member
from amitui.demo.cloud.last_launch import note_launch
from amitui.demo.cloud.machines import Machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.autoscaling.model import Group, Origin, ScalingStore
    from amitui.demo.cloud.autoscaling.sources import LaunchSources
    from amitui.demo.cloud.instances import Instances
    from amitui.demo.cloud.power import Power
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

LAUNCH: Final = 25.0
"""Seconds of EC2's work until an instance runs, as for every launch."""
TERMINATION: Final = 30.0
GROUP_TAG: Final = "aws:autoscaling:groupName"
BOOT_TAG: Final = "demo:boots"
"""Of an image with this tag and the value `no` no instance ever passes its health checks. The demo's own."""
ALARM_TAG: Final = "demo:alarm"
"""Instances of an image with this tag set off the CloudWatch alarm that its value names. The demo's own."""
CHECKS: Final = 60.0
"""Seconds after which an instance that does not boot fails its health checks, about."""


class Capacity:
    """Changes what runs in groups."""

    def __init__(
        self,
        world: World,
        instances: Instances,
        power: Power,
        store: ScalingStore,
        sources: LaunchSources,
    ) -> None:
        self._world = world
        self._instances = instances
        self._power = power
        self._store = store
        self._sources = sources

    def problem(self, caller: Caller, origin: Origin) -> str:
        """Why EC2 does not launch from an image, in its words; empty when it does."""
        image = self._world.region(caller.region).find(origin.image_id)
        if image is None or not image.visible_to(caller.account):
            return f"The image id '[{origin.image_id}]' does not exist. Launching EC2 instance failed."
        if image.state != "available":
            words = f"The image ID '{origin.image_id}' is not available ({image.state})."
            return f"{words} Launching EC2 instance failed."
        return ""

    def boots(self, caller: Caller, origin: Origin) -> bool:
        """Whether instances of an image become healthy."""
        return self._image_tags(caller, origin).get(BOOT_TAG) != "no"

    def alarm(self, caller: Caller, origin: Origin) -> str:
        """The alarm that instances of an image set off; empty for none."""
        return self._image_tags(caller, origin).get(ALARM_TAG, "")

    def _image_tags(self, caller: Caller, origin: Origin) -> dict[str, str]:
        image = self._world.region(caller.region).find(origin.image_id)
        tags = image.record.get("Tags") or () if image is not None else ()
        return {str(tag["Key"]): str(tag["Value"]) for tag in tags}

    def launch(self, caller: Caller, group: Group, origin: Origin, cause: str) -> Member | None:
        """Start an instance; `None` = EC2 refuses, and an activity says why."""
        problem = self.problem(caller, origin)
        if problem:
            self.note(caller, group, "Launching a new EC2 instance", cause, status="Failed", message=problem)
            return None
        zones = list(group.settings.get("AvailabilityZones") or [caller.region + "a"])
        zone = zones[len(group.members) % len(zones)]
        instance_id = self._world.new_id("i", caller.account, caller.region, group.name)
        member = Member(instance_id, zone, origin, PENDING)
        machine = Machine(
            instance_id,
            origin.image_id,
            origin.instance_type,
            zone,
            int(self._world.now()),
            "pending",
            tags_of(group, origin),
        )
        self._instances.start(caller, [machine])
        self._power.set_in_motion(caller, "RunInstances", [instance_id])
        note_launch(self._world, caller.region, origin.image_id)
        group.members = [*group.members, member]
        self.note(caller, group, f"Launching a new EC2 instance: {instance_id}", cause)
        return member

    def serve(self, member: Member) -> None:
        """An instance has been launched, and serves."""
        if member.state == PENDING:
            member.state = "InService"

    def terminate(self, caller: Caller, group: Group, members: Sequence[Member], cause: str) -> None:
        """Terminate instances; they leave the group when they are gone."""
        chosen = [one for one in members if one.state != TERMINATING]
        for member in chosen:
            member.state = TERMINATING
            self.note(caller, group, f"Terminating EC2 instance: {member.instance_id}", cause)
        ids = [one.instance_id for one in chosen]
        self._instances.terminate(caller, ids)
        self._power.set_in_motion(caller, "TerminateInstances", ids)
        self._world.agenda.at(self._world.clock.after(TERMINATION), lambda: _leave(group, chosen))

    def adjust(self, caller: Caller, group: Group, cause: str) -> None:
        """Launch or terminate until the group has its desired capacity."""
        there = [one for one in group.members if one.state != TERMINATING]
        if len(there) > group.desired:
            self.terminate(caller, group, there[: len(there) - group.desired], cause)
            return
        for number in range(group.desired - len(there)):
            origins = self._sources.origins(caller, group.source)
            member = self.launch(caller, group, origins[number % len(origins)], cause)
            if member is not None and self.boots(caller, member.origin):
                self._world.agenda.at(self._world.clock.after(LAUNCH), partial(self.serve, member))
            elif member is not None:
                # Auto Scaling would launch another one for ever.
                gone = partial(self.terminate, caller, group, [member], "an EC2 instance status checks failure")
                self._world.agenda.at(self._world.clock.after(LAUNCH + CHECKS), gone)

    def replace_terminated(self, caller: Caller, instance_ids: Sequence[str]) -> None:
        """Somebody has terminated instances: their groups launch others."""
        for group in self._store.of(caller).groups.values():
            gone = [one for one in group.members if one.instance_id in instance_ids and one.state != TERMINATING]
            if gone:
                group.members = [one for one in group.members if one not in gone]
                self.adjust(
                    caller, group, "an instance was taken out of service in response to an EC2 health check"
                )

    def note(
        self,
        caller: Caller,
        group: Group,
        description: str,
        cause: str,
        *,
        status: str = "Successful",
        message: str = "",
    ) -> None:
        """Write an activity down."""
        activities = self._store.of(caller).activities
        now = self._world.now()
        entry: dict[str, Any] = {
            "ActivityId": self._world.new_id("activity", group.name).removeprefix("activity-"),
            "AutoScalingGroupName": group.name,
            "AutoScalingGroupARN": group.arn(caller),
            "Description": description,
            "Cause": f"At {self._world.stamp()} {cause}.",
            "StartTime": now,
            "EndTime": now,
            "StatusCode": status,
            "Progress": 100,
        }
        activities.append(entry | ({"StatusMessage": message} if message else {}))


def tags_of(group: Group, origin: Origin) -> dict[str, str]:
    """The tags of a group's instances: the template's, the group's own, and those that AWS adds."""
    tags: dict[str, str] = {}
    for specification in origin.data.get("TagSpecifications", ()):
        if specification.get("ResourceType") == "instance":
            tags |= {str(tag["Key"]): str(tag.get("Value", "")) for tag in specification.get("Tags", ())}
    tags |= {key: value for key, (value, propagated) in group.tags.items() if propagated}
    tags[GROUP_TAG] = group.name
    if origin.template_id:
        tags |= {"aws:ec2launchtemplate:id": origin.template_id, "aws:ec2launchtemplate:version": origin.version}
    return tags


def _leave(group: Group, members: Sequence[Member]) -> None:
    group.members = [one for one in group.members if one not in members]
