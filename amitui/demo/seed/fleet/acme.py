"""The fleet of the main account: a team's groups and templates, kept with more and with less care."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.seed.fleet.plan import FleetPlan, GroupPlan, InstancePlan, ParameterPlan, TemplatePlan
from amitui.demo.seed.marketplace import MARKETPLACE_OWNER
from amitui.demo.seed.oddities import IMPOSTOR

if TYPE_CHECKING:
    from amitui.demo.cloud.model import CloudImage
    from amitui.demo.seed.fleet.pick import Pick

_HOME: Final = "us-east-1"
_WEB: Final = {"Team": "web", "Env": "prod"}
_PLATFORM: Final = {"Team": "platform", "Env": "prod"}
_GOLDEN: Final = "resolve:ssm:/golden/web/prod"
_AMAZON_LINUX: Final = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64"


def acme_fleet(pick: Pick) -> FleetPlan:
    """Everything in the Region where the images are built; elsewhere the web tier and what stands by itself."""
    return _home(pick) if pick.caller.region == _HOME else _away(pick)


def _data(image: str, kind: str = "t3.small", **more: Any) -> dict[str, Any]:
    return {"ImageId": image, "InstanceType": kind, **more}


def _named(name: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]}


def _web_template(pick: Pick) -> TemplatePlan:
    builds = (6, 4, 3, 2, 1)
    versions = tuple(_data(pick.build("acme-web", back), **_named("acme-web")) for back in builds)
    return TemplatePlan("acme-web", versions, default=3, tags=_WEB)


def _residents(pick: Pick) -> tuple[InstancePlan, ...]:
    """Instances that have been there for long."""
    return (
        InstancePlan("web-1", pick.build("acme-web", 0), "m7i.large", days=6, tags=_WEB),
        InstancePlan("web-2", pick.build("acme-web", 0), "m7i.large", days=6, tags=_WEB),
        InstancePlan("build-host", pick.build("acme-base-ubuntu-24.04-x86_64", 0), "c7i.xlarge", days=9),
        InstancePlan("db-template", pick.build("acme-db-postgres-16", 0), "r7i.2xlarge", state="stopped", days=40),
    )


def _away(pick: Pick) -> FleetPlan:
    web = pick.build("acme-web", 1)
    return FleetPlan(
        templates=(_web_template(pick),),
        groups=(GroupPlan("acme-web-prod", _template("acme-web", "$Default"), desired=2, tags=_WEB),),
        parameters=(ParameterPlan("/golden/web/prod", (pick.build("acme-web", 2), web)),),
        instances=_residents(pick),
    )


def _template(name: str, version: str) -> dict[str, Any]:
    return {"LaunchTemplate": {"LaunchTemplateName": name, "Version": version}}


def _home(pick: Pick) -> FleetPlan:
    return FleetPlan(_templates(pick), _configurations(pick), _groups(), _parameters(pick), _instances(pick))


def _templates(pick: Pick) -> tuple[TemplatePlan, ...]:
    node = [_data(pick.build("acme-k8s-node-1.34", back), "m7i.large", **_named("k8s-node")) for back in (4, 1, 0)]
    return (
        _web_template(pick),
        TemplatePlan(
            "acme-web-golden",
            (_data(pick.build("acme-web", 5)), _data(_GOLDEN, **_named("acme-web-golden"))),
            default=2,
            tags=_WEB,
        ),
        TemplatePlan("acme-k8s-node-1.34", tuple(node), default=2, tags=_PLATFORM),
        TemplatePlan(
            "acme-batch", (_data(pick.build("acme-base-al2023-x86_64", 5), "c7i.large", **_named("batch")),) * 1
            + (_data(pick.build("acme-base-al2023-x86_64", 1), "c7i.large", **_named("batch")),),
        ),
        TemplatePlan(
            "acme-batch-arm", (_data(pick.build("acme-base-al2023-arm64", 3), "c7g.large", **_named("batch-arm")),)
        ),
        TemplatePlan("acme-bastion", (_data(_AMAZON_LINUX, "t3.micro", **_named("bastion")),), tags=_PLATFORM),
        TemplatePlan("acme-reporting", (_data(pick.gone("acme-reporting-2023"), "t3.micro"),)),
    )  # fmt: skip


def _configurations(pick: Pick) -> tuple[dict[str, Any], ...]:
    old = pick.build("acme-web", 11)
    return (
        {"LaunchConfigurationName": "acme-legacy-web-2024-11", "ImageId": old, "InstanceType": "t3.small"},
        {"LaunchConfigurationName": "acme-legacy-web-2023-02", "ImageId": pick.build("DoNotDelete", 0),
         "InstanceType": "t3.small"},
    )  # fmt: skip


def _groups() -> tuple[GroupPlan, ...]:
    overrides = [
        {"InstanceType": "c7i.large"},
        {"InstanceType": "c6i.large"},
        {
            "InstanceType": "c7g.large",
            "LaunchTemplateSpecification": {"LaunchTemplateName": "acme-batch-arm", "Version": "$Default"},
        },
    ]
    mixed = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateName": "acme-batch", "Version": "$Latest"},
            "Overrides": overrides,
        },
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 100},
    }
    legacy = {"LaunchConfigurationName": "acme-legacy-web-2024-11"}
    return (
        GroupPlan("acme-batch", {"MixedInstancesPolicy": mixed}, desired=3, tags={"Team": "data", "Env": "prod"}),
        GroupPlan("acme-k8s-nodes", _template("acme-k8s-node-1.34", "2"), desired=3, tags=_PLATFORM),
        GroupPlan("acme-legacy-web", legacy, tags={"Name": "acme-legacy-web", "Team": "web", "Env": "legacy"}),
        GroupPlan("acme-web-canary", _template("acme-web", "$Latest"), tags={"Team": "web", "Env": "canary"}),
        GroupPlan("acme-web-golden", _template("acme-web-golden", "$Default"), tags=_WEB),
        GroupPlan("acme-web-prod", _template("acme-web", "$Default"), desired=4, behind=1, tags=_WEB),
    )


def _parameters(pick: Pick) -> tuple[ParameterPlan, ...]:
    web = [pick.build("acme-web", back) for back in (3, 2, 1)]
    return (
        ParameterPlan(
            "/golden/web/prod", tuple(web), description="What production launches", labels={2: "stable"}
        ),
        ParameterPlan("/golden/web/staging", (pick.build("acme-web", 0),), description="What staging runs"),
        ParameterPlan("/golden/base/al2023/x86_64", (pick.build("acme-base-al2023-x86_64", 0),)),
        ParameterPlan("/golden/base/al2023/arm64", (pick.build("acme-base-al2023-arm64", 2),)),
        ParameterPlan("/legacy/web/image", (pick.build("acme-web", 10),), "text", "Read by the old deploy script"),
        ParameterPlan("/acme/web/log-level", ("info",), "text"),
    )


def _instances(pick: Pick) -> tuple[InstancePlan, ...]:
    stranger = pick.newest(lambda image: image.owner == IMPOSTOR and "noble-24.04-amd64" in image.name)
    paid = pick.newest(
        lambda image: (
            image.owner == MARKETPLACE_OWNER
            and image.record.get("Architecture") == "x86_64"
            and image.record.get("VirtualizationType") == "hvm"
        )
    )
    return (
        *_residents(pick),
        InstancePlan("bastion", pick.newest(_is_amazon_linux), "t3.micro", days=3, tags=_PLATFORM),
        InstancePlan("firewall", paid, "m7i.large", days=120, tags={"Team": "network", "Env": "prod"}),
        InstancePlan("ad-1", pick.build("acme-windows-2022-golden", 4), "t3.large", days=100, tags=_PLATFORM),
        InstancePlan("metrics", pick.build("acme-web", 16, states=("disabled",)), days=150, tags=_PLATFORM),
        InstancePlan("reports", pick.gone("acme-reporting-2023"), "t3.micro", days=400, tags={"Team": "data"}),
        InstancePlan("try-noble", stranger, "t3.micro", days=1, tags={"Owner": "intern"}),
    )


def _is_amazon_linux(image: CloudImage) -> bool:
    is_amazons = image.record.get("ImageOwnerAlias") == "amazon"
    return (
        bool(is_amazons) and image.name.startswith("al2023-ami-2023") and image.name.endswith("kernel-6.1-x86_64")
    )
