"""What Auto Scaling holds of an account in a Region: groups with their instances, launch configurations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError, Params
from amitui.demo.seed.records import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.seed.accounts import Caller

IN_SERVICE: Final = "InService"
PENDING: Final = "Pending"
TERMINATING: Final = "Terminating"

_ROLE: Final = (
    "arn:aws:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
)
SOURCES: Final[tuple[str, ...]] = ("LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName")
"""The members of a group of which one says what it launches."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What an instance was, or is to be, launched from."""

    instance_type: str
    image_id: str
    template_id: str = ""
    template_name: str = ""
    version: str = ""
    """A number, never `$Latest`."""
    configuration: str = ""
    data: Params = field(default_factory=dict)
    """LaunchTemplateData, or the launch configuration."""

    def matches(self, other: Origin) -> bool:
        """Whether skip matching takes them for the same: it looks at the template, its version and the type."""
        return (self.template_id, self.version, self.configuration, self.instance_type) == (
            other.template_id,
            other.version,
            other.configuration,
            other.instance_type,
        )


@dataclass(slots=True)
class Member:
    """One instance of a group."""

    instance_id: str
    zone: str
    origin: Origin
    state: str = IN_SERVICE
    healthy: bool = True
    protected: bool = False

    def described(self) -> Params:
        """The instance in the shape of DescribeAutoScalingGroups."""
        entry: Params = {
            "InstanceId": self.instance_id,
            "InstanceType": self.origin.instance_type,
            "AvailabilityZone": self.zone,
            "LifecycleState": self.state,
            "HealthStatus": "Healthy" if self.healthy else "Unhealthy",
            "ProtectedFromScaleIn": self.protected,
            "ImageId": self.origin.image_id,
        }
        if self.origin.configuration:
            return entry | {"LaunchConfigurationName": self.origin.configuration}
        template = {
            "LaunchTemplateId": self.origin.template_id,
            "LaunchTemplateName": self.origin.template_name,
            "Version": self.origin.version,
        }
        return entry | {"LaunchTemplate": template}


@dataclass(slots=True)
class Group:
    """One Auto Scaling group."""

    name: str
    created: int
    """Epoch seconds."""
    settings: dict[str, Any]
    """Members of DescribeAutoScalingGroups that the caller sets: sizes, zones, one of `SOURCES`, health checks."""
    tags: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Value, and whether instances get the tag too."""
    members: list[Member] = field(default_factory=list)

    @property
    def desired(self) -> int:
        return int(self.settings["DesiredCapacity"])

    @property
    def source(self) -> Params:
        """The one of `SOURCES` that it has, by its name."""
        return {name: self.settings[name] for name in SOURCES if name in self.settings}

    def launch_from(self, source: Params) -> None:
        """Give it another source."""
        kept = {name: value for name, value in self.settings.items() if name not in SOURCES}
        self.settings = kept | source

    def arn(self, caller: Caller) -> str:
        """Its ARN."""
        unique = digest("group", caller.account, caller.region, self.name, str(self.created))
        uuid = f"{unique[:8]}-{unique[8:12]}-{unique[12:16]}-{unique[16:20]}-{unique[20:32]}"
        scope = f"arn:aws:autoscaling:{caller.region}:{caller.account}"
        return f"{scope}:autoScalingGroup:{uuid}:autoScalingGroupName/{self.name}"

    def described(self, caller: Caller, *, with_instances: bool = True) -> Params:
        """The group in the shape of DescribeAutoScalingGroups."""
        tags = [
            {
                "ResourceId": self.name,
                "ResourceType": "auto-scaling-group",
                "Key": key,
                "Value": value,
                "PropagateAtLaunch": propagated,
            }
            for key, (value, propagated) in self.tags.items()
        ]
        return {
            "AutoScalingGroupName": self.name,
            "AutoScalingGroupARN": self.arn(caller),
            **self.settings,
            "CreatedTime": self.created,
            "Instances": [member.described() for member in self.members] if with_instances else [],
            "SuspendedProcesses": [],
            "LoadBalancerNames": [],
            "TargetGroupARNs": [],
            "EnabledMetrics": [],
            "Tags": tags,
            "TerminationPolicies": ["Default"],
            "ServiceLinkedRoleARN": _ROLE.format(account=caller.account),
        }


@dataclass(slots=True)
class ScalingAccount:
    """What one account has in one Region."""

    groups: dict[str, Group] = field(default_factory=dict)
    configurations: dict[str, Params] = field(default_factory=dict)
    """In the shape of DescribeLaunchConfigurations, by name."""
    activities: list[Params] = field(default_factory=list)
    """In the shape of DescribeScalingActivities, oldest first."""
    refreshes: dict[str, list[Any]] = field(default_factory=dict)
    """Of each group, oldest first."""

    def group(self, name: str) -> Group:
        """The group of that name.

        Raises:
            CloudError: there is none.
        """
        found = self.groups.get(name)
        if found is None:
            raise scaling_error(f"AutoScalingGroup name not found - AutoScalingGroup {name} not found")
        return found


class ScalingStore:
    """What every account has in every Region.

    Args:
        seed: what an account has in a Region from the beginning.
    """

    def __init__(self, seed: Callable[[Caller], ScalingAccount]) -> None:
        self._seed = seed
        self._accounts: dict[tuple[str, str], ScalingAccount] = {}

    def of(self, caller: Caller) -> ScalingAccount:
        """The caller's in the Region."""
        whose = (caller.account, caller.region)
        if whose not in self._accounts:
            self._accounts[whose] = self._seed(caller)
        return self._accounts[whose]


def scaling_error(message: str) -> CloudError:
    """ValidationError with that text, the code of Auto Scaling for nearly everything."""
    return CloudError("ValidationError", message)
