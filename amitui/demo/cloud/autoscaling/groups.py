"""The operations on Auto Scaling groups and their instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.autoscaling.model import SOURCES, Group, scaling_error
from amitui.demo.cloud.autoscaling.pages import records_page
from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.autoscaling.capacity import Capacity
    from amitui.demo.cloud.autoscaling.model import Member, ScalingStore
    from amitui.demo.cloud.autoscaling.sources import LaunchSources
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_SETTINGS: Final = frozenset(
    {"MinSize", "MaxSize", "DesiredCapacity", "DefaultCooldown", "AvailabilityZones", "HealthCheckType",
     "HealthCheckGracePeriod", "VPCZoneIdentifier", "NewInstancesProtectedFromScaleIn", "MaxInstanceLifetime",
     "CapacityRebalance", "DefaultInstanceWarmup", "InstanceMaintenancePolicy", *SOURCES}
)  # fmt: skip
"""What can be set of a group here."""
_UNKNOWN_IN: Final = "The demo's cloud does not simulate {name} of an Auto Scaling group."
_INSTANCE_ID: Final = "InstanceId"
_OF_TAG: Final = {"auto-scaling-group": "ResourceId", "key": "Key", "value": "Value"}
"""Filter of DescribeTags → member."""

BUSY: Final = (
    "An active instance refresh with a desired configuration exists. All configuration options derived from the "
    "desired configuration are not available for update while the instance refresh is active."
)


class Groups:
    """What clients do with groups.

    Args:
        bound: whether an instance refresh with a desired configuration is under way in a group.
    """

    def __init__(
        self,
        world: World,
        store: ScalingStore,
        sources: LaunchSources,
        capacity: Capacity,
        bound: Callable[[Caller, str], bool],
    ) -> None:
        self._world = world
        self._store = store
        self._sources = sources
        self._capacity = capacity
        self._bound = bound

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "CreateAutoScalingGroup": self.create,
            "UpdateAutoScalingGroup": self.update,
            "DeleteAutoScalingGroup": self.delete,
            "SetDesiredCapacity": self.set_desired,
            "TerminateInstanceInAutoScalingGroup": self.terminate,
            "DescribeAutoScalingGroups": self.describe,
            "DescribeAutoScalingInstances": self.describe_instances,
            "DescribeScalingActivities": self.describe_activities,
            "CreateOrUpdateTags": self.set_tags,
            "DeleteTags": self.delete_tags,
            "DescribeTags": self.describe_tags,
        }

    def create(self, caller: Caller, params: Params) -> Params:
        """CreateAutoScalingGroup."""
        name = str(params.get("AutoScalingGroupName", ""))
        account = self._store.of(caller)
        if name in account.groups:
            words = "AutoScalingGroup by this name already exists - A group with the name already exists"
            raise CloudError("AlreadyExists", words)
        tags = {
            str(tag["Key"]): (str(tag.get("Value", "")), bool(tag.get("PropagateAtLaunch")))
            for tag in params.get("Tags", ())
        }
        settings = self._settings(caller, params)
        if sum(source in settings for source in SOURCES) != 1:
            raise scaling_error(
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or "
                "MixedInstancesPolicy parameter."
            )
        if not settings.get("AvailabilityZones") and not settings.get("VPCZoneIdentifier"):
            raise scaling_error("At least one Availability Zone or VPC Subnet is required.")
        settings = {
            "DesiredCapacity": settings.get("MinSize", 0),
            "DefaultCooldown": 300,
            "AvailabilityZones": [caller.region + "a"],
            "HealthCheckType": "EC2",
            "HealthCheckGracePeriod": 0,
            "NewInstancesProtectedFromScaleIn": False,
        } | settings
        _check_sizes(settings)
        self._sources.origins(caller, settings)
        group = Group(name, int(self._world.now()), settings, tags)
        account.groups[name] = group
        self._capacity.adjust(caller, group, "a user request created an AutoScalingGroup")
        return {}

    def _settings(self, caller: Caller, params: Params) -> dict[str, Any]:
        given = {name: value for name, value in params.items() if name not in ("AutoScalingGroupName", "Tags")}
        for name in given:
            if name not in _SETTINGS:
                raise scaling_error(_UNKNOWN_IN.format(name=name))
        if given.get("NewInstancesProtectedFromScaleIn"):
            raise scaling_error(_UNKNOWN_IN.format(name="NewInstancesProtectedFromScaleIn"))
        source = {name: given[name] for name in SOURCES if name in given}
        return given | self._sources.named(caller, source)

    def update(self, caller: Caller, params: Params) -> Params:
        """UpdateAutoScalingGroup: what is not said stays; a new source takes the place of the old one."""
        group = self._group(caller, params)
        settings = self._settings(caller, params)
        source = {name: settings.pop(name) for name in SOURCES if name in settings}
        if len(source) > 1:
            raise scaling_error("Only one of LaunchTemplate, LaunchConfigurationName, MixedInstancesPolicy fits.")
        if source and self._bound(caller, group.name):
            raise scaling_error(BUSY)
        merged = group.settings | settings
        if "DesiredCapacity" not in settings:
            merged["DesiredCapacity"] = min(max(merged["DesiredCapacity"], merged["MinSize"]), merged["MaxSize"])
        _check_sizes(merged)
        if source:
            self._sources.origins(caller, source)
        group.settings = merged
        if source:
            group.launch_from(source)
        self._capacity.adjust(caller, group, "a user request updated the AutoScalingGroup")
        return {}

    def delete(self, caller: Caller, params: Params) -> Params:
        """DeleteAutoScalingGroup: only an empty one, unless it is forced."""
        group = self._group(caller, params)
        if group.members and not params.get("ForceDelete"):
            words = (
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance "
                "request(s) still in the group."
            )
            raise CloudError("ResourceInUse", words)
        self._capacity.terminate(caller, group, group.members, "a user request deleted the AutoScalingGroup")
        account = self._store.of(caller)
        del account.groups[group.name]
        account.refreshes.pop(group.name, None)
        return {}

    def set_desired(self, caller: Caller, params: Params) -> Params:
        """SetDesiredCapacity."""
        group = self._group(caller, params)
        wanted = int(params.get("DesiredCapacity", 0))
        for word, bound in (("below min", group.settings["MinSize"]), ("above max", group.settings["MaxSize"])):
            if (wanted < bound) if word == "below min" else (wanted > bound):
                words = f"New SetDesiredCapacity value {wanted} is {word} value {bound} for the AutoScalingGroup."
                raise scaling_error(words)
        group.settings = group.settings | {"DesiredCapacity": wanted}
        self._capacity.adjust(caller, group, "a user request explicitly set group desired capacity")
        return {}

    def terminate(self, caller: Caller, params: Params) -> Params:
        """TerminateInstanceInAutoScalingGroup: with one less wanted, or another in its place."""
        instance_id = str(params.get(_INSTANCE_ID, ""))
        for group in self._store.of(caller).groups.values():
            for member in group.members:
                if member.instance_id == instance_id:
                    cause = "instance was taken out of service in response to a user request"
                    if params.get("ShouldDecrementDesiredCapacity"):
                        group.settings = group.settings | {"DesiredCapacity": group.desired - 1}
                    self._capacity.terminate(caller, group, [member], cause)
                    self._capacity.adjust(caller, group, cause)
                    return {"Activity": self._store.of(caller).activities[-1]}
        raise scaling_error(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeAutoScalingGroups; names that there are not are left out."""
        names = params.get("AutoScalingGroupNames", [])
        tests = [_test(given) for given in params.get("Filters", ())]
        chosen = [
            group
            for group in sorted(self._store.of(caller).groups.values(), key=lambda one: one.name)
            if (not names or group.name in names) and all(test(group) for test in tests)
        ]
        with_instances = params.get("IncludeInstances") is not False
        return records_page(
            "AutoScalingGroups",
            chosen,
            caller,
            params,
            lambda group: group.described(caller, with_instances=with_instances),
        )

    def describe_instances(self, caller: Caller, params: Params) -> Params:
        """DescribeAutoScalingInstances."""
        ids = params.get("InstanceIds", [])
        listed = [
            member.described() | {"AutoScalingGroupName": group.name, "HealthStatus": _health(member)}
            for group in self._store.of(caller).groups.values()
            for member in group.members
            if not ids or member.instance_id in ids
        ]
        return records_page("AutoScalingInstances", listed, caller, params, most=50)

    def describe_activities(self, caller: Caller, params: Params) -> Params:
        """DescribeScalingActivities: the newest first."""
        name = params.get("AutoScalingGroupName")
        listed = [
            entry
            for entry in reversed(self._store.of(caller).activities)
            if name is None or entry["AutoScalingGroupName"] == name
        ]
        return records_page("Activities", listed, caller, params, usual=100)

    def set_tags(self, caller: Caller, params: Params) -> Params:
        """CreateOrUpdateTags."""
        for tag in params.get("Tags", ()):
            group = self._store.of(caller).group(str(tag.get("ResourceId", "")))
            value = str(tag.get("Value", "")), bool(tag.get("PropagateAtLaunch"))
            group.tags = group.tags | {str(tag["Key"]): value}
        return {}

    def delete_tags(self, caller: Caller, params: Params) -> Params:
        """DeleteTags."""
        for tag in params.get("Tags", ()):
            group = self._store.of(caller).group(str(tag.get("ResourceId", "")))
            group.tags = {key: value for key, value in group.tags.items() if key != tag["Key"]}
        return {}

    def describe_tags(self, caller: Caller, params: Params) -> Params:
        """DescribeTags of groups."""
        groups = self._store.of(caller).groups.values()
        listed = [tag for group in groups for tag in group.described(caller, with_instances=False)["Tags"]]
        for given in params.get("Filters", ()):
            member = {"auto-scaling-group": "ResourceId", "key": "Key", "value": "Value"}.get(
                str(given.get("Name"))
            )
            if member is None:
                raise scaling_error(f"The filter {given.get('Name')} is not simulated.")
            listed = [tag for tag in listed if tag[member] in given.get("Values", ())]
        return records_page("Tags", listed, caller, params)

    def _group(self, caller: Caller, params: Params) -> Group:
        return self._store.of(caller).group(str(params.get("AutoScalingGroupName", "")))


def _check_sizes(settings: Params) -> None:
    least, desired, most = settings["MinSize"], settings["DesiredCapacity"], settings["MaxSize"]
    if least > most:
        raise scaling_error(f"Max bound, {most}, must be greater than or equal to min bound, {least}")
    if not least <= desired <= most:
        words = f"Desired capacity:{desired} must be between the specified min size:{least} and max size:{most}"
        raise scaling_error(words)


def _health(member: Member) -> str:
    """As DescribeAutoScalingInstances spells it."""
    return "HEALTHY" if member.healthy else "UNHEALTHY"


def _test(given: Params) -> Callable[[Group], bool]:
    name, matches = str(given.get("Name", "")), matcher(given.get("Values", ()))
    if name == "tag-key":
        return lambda group: any(map(matches, group.tags))
    if name == "tag-value":
        return lambda group: any(matches(value) for value, _ in group.tags.values())
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda group: key in group.tags and matches(group.tags[key][0])
    raise scaling_error(f"The filter {name} is not simulated.")
