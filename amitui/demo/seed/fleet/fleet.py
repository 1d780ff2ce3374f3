"""The seeds of the stores: what an account has in a Region when it is first asked for, the same on every start."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from amitui.demo.cloud.autoscaling.configurations import configuration_of
from amitui.demo.cloud.autoscaling.model import Group, Member, Origin, ScalingAccount
from amitui.demo.cloud.identity import caller_identity
from amitui.demo.cloud.machines import Machine
from amitui.demo.cloud.systems_manager.store import Parameter, ParameterVersion
from amitui.demo.cloud.templates.store import Template
from amitui.demo.seed.accounts import MAIN_ACCOUNT, REGIONS, SECOND_ACCOUNT, Caller
from amitui.demo.seed.fleet.acme import acme_fleet
from amitui.demo.seed.fleet.orbit import orbit_fleet
from amitui.demo.seed.fleet.pick import Pick
from amitui.demo.seed.fleet.plan import FleetPlan, GroupPlan, InstancePlan, ParameterPlan, TemplatePlan
from amitui.demo.seed.records import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amitui.demo.cloud.world import World

Fleets: TypeAlias = "Mapping[str, Callable[[Pick], FleetPlan]]"
"""By account, what it has in a Region."""

_PLANS: Final[Fleets] = {MAIN_ACCOUNT: acme_fleet, SECOND_ACCOUNT: orbit_fleet}
_ZONES: Final = "ab"


class FleetSeed:
    """Makes what accounts have from the beginning.

    Args:
        plans: of each account that has anything.
    """

    def __init__(self, world: World, plans: Fleets | None = None) -> None:
        self._world = world
        self._plans = _PLANS if plans is None else plans
        self._made: dict[tuple[str, str], _Made] = {}

    def templates(self, caller: Caller) -> list[Template]:
        """Launch templates."""
        made = self._of(caller)
        return [made.template(plan) for plan in made.plan.templates]

    def parameters(self, caller: Caller) -> list[Parameter]:
        """Parameters of Systems Manager."""
        made = self._of(caller)
        return [made.parameter(plan) for plan in made.plan.parameters if all(plan.values)]

    def scaling(self, caller: Caller) -> ScalingAccount:
        """Launch configurations and Auto Scaling groups with their instances."""
        made = self._of(caller)
        return ScalingAccount(
            groups={group.name: group for group in made.groups},
            configurations={one["LaunchConfigurationName"]: one for one in made.configurations},
        )

    def machines(self, caller: Caller) -> list[Machine]:
        """Instances, those of groups too."""
        return self._of(caller).machines

    def _of(self, caller: Caller) -> _Made:
        whose = (caller.account, caller.region)
        if whose not in self._made:
            region = REGIONS.get(caller.region)
            make = self._plans.get(caller.account) if region is not None and region.own_share else None
            pick = Pick(caller, self._world.region(caller.region).images if make else [])
            self._made[whose] = _Made(caller, self._world.as_of, make(pick) if make else FleetPlan(), pick)
        return self._made[whose]


class _Made:
    """One account's plan in one Region, carried out."""

    def __init__(self, caller: Caller, as_of: int, plan: FleetPlan, pick: Pick) -> None:
        self._caller = caller
        self._as_of = as_of
        self._pick = pick
        self.plan = plan
        self._arn = str(caller_identity(Caller(caller.account, caller.region))["Arn"])

    def template(self, plan: TemplatePlan) -> Template:
        count = len(plan.versions)
        days = [2 + 14 * (count - 1 - number) for number in range(count)]
        tags = [{"Key": key, "Value": value} for key, value in plan.tags.items()]
        template = Template(
            self._pick.id_of("lt", plan.name),
            plan.name,
            self._as_of - days[0] * DAY,
            self._arn,
            {"Tags": tags} if tags else {},
            default=plan.default,
        )
        for data, age in zip(plan.versions, days, strict=True):
            template.add(data, self._as_of - age * DAY, self._arn)
        return template

    def parameter(self, plan: ParameterPlan) -> Parameter:
        count = len(plan.values)
        parameter = Parameter(plan.name, "String")
        for number, value in enumerate(plan.values, 1):
            modified = self._as_of - (1 + 10 * (count - number)) * DAY
            labels = (plan.labels[number],) if number in plan.labels else ()
            parameter.add(
                ParameterVersion(
                    number,
                    value,
                    modified,
                    self._arn,
                    plan.data_type,
                    plan.description,
                    labels=labels,
                )
            )
        return parameter

    @cached_property
    def configurations(self) -> list[dict[str, Any]]:
        return [
            configuration_of(self._caller, plan, self._as_of - 500 * DAY)
            for plan in self.plan.configurations
            if plan["ImageId"]
        ]

    @cached_property
    def groups(self) -> list[Group]:
        return [self._group(plan) for plan in self.plan.groups]

    def _group(self, plan: GroupPlan) -> Group:
        settings: dict[str, Any] = {
            "MinSize": min(1, plan.desired),
            "MaxSize": max(plan.desired * 2, 2),
            "DesiredCapacity": plan.desired,
            "DefaultCooldown": 300,
            "AvailabilityZones": [self._caller.region + zone for zone in _ZONES],
            "HealthCheckType": "EC2",
            "HealthCheckGracePeriod": 60,
            "DefaultInstanceWarmup": plan.warmup,
            "NewInstancesProtectedFromScaleIn": False,
            **self._with_ids(plan.source),
        }
        group = Group(
            plan.name,
            self._as_of - 300 * DAY,
            settings,
            {key: (value, True) for key, value in plan.tags.items()},
        )
        origins = self._origins(plan)
        first = self._first_version(plan)
        for number in range(plan.desired):
            origin = first if first is not None and number < plan.behind else origins[number % len(origins)]
            instance_id = self._pick.id_of("i", plan.name, str(number))
            group.members.append(Member(instance_id, self._caller.region + _ZONES[number % 2], origin))
        return group

    def _with_ids(self, source: dict[str, Any]) -> dict[str, Any]:
        """The source with the id of each template beside its name, as Auto Scaling describes it."""
        named: dict[str, Any] = {}
        for key, value in source.items():
            if isinstance(value, dict):
                named[key] = self._with_ids(value)
            elif isinstance(value, list):
                named[key] = [self._with_ids(one) if isinstance(one, dict) else one for one in value]
            else:
                named[key] = value
        name = source.get("LaunchTemplateName")
        return {"LaunchTemplateId": self._pick.id_of("lt", name), **named} if name else named

    def _origins(self, plan: GroupPlan) -> list[Origin]:
        configuration = plan.source.get("LaunchConfigurationName")
        if configuration:
            data = next(one for one in self.configurations if one["LaunchConfigurationName"] == configuration)
            return [Origin(data["InstanceType"], data["ImageId"], configuration=configuration, data=data)]
        if "LaunchTemplate" in plan.source:
            return [self._origin(plan.source["LaunchTemplate"], "")]
        launch = plan.source["MixedInstancesPolicy"]["LaunchTemplate"]
        base = launch["LaunchTemplateSpecification"]
        return [
            self._origin(one.get("LaunchTemplateSpecification", base), one["InstanceType"])
            for one in launch["Overrides"]
        ]

    def _origin(self, specification: dict[str, Any], kind: str) -> Origin:
        plan = next(one for one in self.plan.templates if one.name == specification["LaunchTemplateName"])
        template = self.template(plan)
        version = template.version(specification["Version"]) or template.default_version()
        data = version.data
        image = self._image(str(data["ImageId"]))
        identity = (template.template_id, template.name, str(version.number))
        return Origin(kind or data["InstanceType"], image, *identity, data=data)

    def _first_version(self, plan: GroupPlan) -> Origin | None:
        named = plan.source.get("LaunchTemplate")
        return self._origin(named | {"Version": "1"}, "") if named else None

    def _image(self, image: str) -> str:
        """The image behind a parameter of the plan."""
        name = image.removeprefix("resolve:ssm:")
        found = [plan.values[-1] for plan in self.plan.parameters if plan.name == name]
        return found[0] if found else image

    @cached_property
    def machines(self) -> list[Machine]:
        standing = [self._machine(plan) for plan in self.plan.instances if plan.image_id]
        return standing + [machine for group in self.groups for machine in self._members(group)]

    def _machine(self, plan: InstancePlan) -> Machine:
        return Machine(
            self._pick.id_of("i", plan.name),
            plan.image_id,
            plan.instance_type,
            self._caller.region + "a",
            self._launched(plan.image_id, plan.days),
            plan.state,
            {"Name": plan.name, **plan.tags},
        )

    def _launched(self, image_id: str, days: int) -> int:
        """So many days ago, but not after the image's owner is told that it was launched last."""
        planned = self._as_of - days * DAY
        told = self._pick.last_launch(image_id)
        return min(planned, int(datetime.fromisoformat(told).timestamp())) if told else planned

    def _members(self, group: Group) -> list[Machine]:
        from amitui.demo.cloud.autoscaling.capacity import tags_of

        return [
            Machine(
                member.instance_id,
                member.origin.image_id,
                member.origin.instance_type,
                member.zone,
                self._launched(member.origin.image_id, 3 + number % 20),
                tags=tags_of(group, member.origin),
            )
            for number, member in enumerate(group.members)
        ]
