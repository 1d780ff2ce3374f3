"""A large account: 500 own images, 40 Auto Scaling groups and 2,000 instances in its home Region.

For those who want to see what amitui does with one; the usual demo and its fleet are part of it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.model import CloudImage
from amitui.demo.seed.accounts import MAIN_ACCOUNT, SECOND_ACCOUNT
from amitui.demo.seed.fleet.acme import acme_fleet
from amitui.demo.seed.fleet.orbit import orbit_fleet
from amitui.demo.seed.fleet.plan import FleetPlan, GroupPlan, ParameterPlan, TemplatePlan
from amitui.demo.seed.records import DAY, Draft, record_of, stamp, tags
from amitui.demo.seed.region import region_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.demo.seed.fleet.fleet import Fleets
    from amitui.demo.seed.fleet.pick import Pick

HOME: Final = "us-east-1"
SIZE: Final = "large"
IMAGES: Final = 500
GROUPS: Final = 40
INSTANCES: Final = 2_000
_SERVICES: Final = (
    "auth", "basket", "billing", "catalog", "checkout", "crm", "feeds", "fraud", "geo", "images", "inventory",
    "invoices", "jobs", "kafka", "ledger", "loyalty", "mail", "media", "metrics", "notify", "orders", "partners",
    "payments", "pricing", "profile", "proxy", "push", "queue", "reports", "returns", "search", "sessions",
    "shipping", "tax",
)  # fmt: skip
_EVERY: Final = 9
"""Days between two builds of a service."""


def large_images(region: str, as_of: int) -> list[CloudImage]:
    """The Region's images with those of the services, by ascending id."""
    images = region_images(region, as_of)
    if region != HOME:
        return images
    missing = IMAGES - sum(image.owner == MAIN_ACCOUNT for image in images)
    found = {image.image_id: image for image in chain(images, _builds(missing, as_of))}
    return [found[image_id] for image_id in sorted(found)]


def _builds(count: int, as_of: int) -> Iterator[CloudImage]:
    """So many builds, each service's newest first."""
    for number in range(count):
        service, back = _SERVICES[number % len(_SERVICES)], number // len(_SERVICES)
        created = as_of - (1 + back * _EVERY + number % 5) * DAY
        name = f"acme-svc-{service}-{stamp(created)[:10].replace('-', '')}"
        fields = {
            "Tags": tags(Name=name, Family=f"acme-svc-{service}", Team=service, Env="prod"),
            "DeregistrationProtection": "disabled",
            "ImdsSupport": "v2.0",
        }
        if back:
            fields["LastLaunchedTime"] = stamp(created + DAY)
        draft = Draft(
            name,
            MAIN_ACCOUNT,
            created,
            description=f"The {service} service",
            gib=12 + number % 9,
            boot_mode="uefi-preferred",
            public=False,
            deprecated_after_days=90,
            fields=fields,
        )
        yield CloudImage(record_of(draft, HOME))


def _large_acme(pick: Pick) -> FleetPlan:
    plan = acme_fleet(pick)
    if pick.caller.region != HOME:
        return plan
    services = _SERVICES[: GROUPS - len(plan.groups)]
    standing = len(plan.instances) + sum(group.desired for group in plan.groups)
    share, rest = divmod(INSTANCES - standing, len(services))
    return replace(
        plan,
        templates=(*plan.templates, *(_template(pick, service) for service in services)),
        groups=(
            *plan.groups,
            *(_group(service, number, share + (number < rest)) for number, service in enumerate(services)),
        ),
        parameters=(*plan.parameters, *(_parameter(pick, service) for service in services)),
    )


def _template(pick: Pick, service: str) -> TemplatePlan:
    """Six versions, from the oldest build that is named to the newest."""
    builds = (pick.build(f"acme-svc-{service}", back) for back in range(5, -1, -1))
    named = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": f"svc-{service}"}]}]
    versions = tuple(
        {"ImageId": image, "InstanceType": "t3.small", "TagSpecifications": named} for image in builds
    )
    return TemplatePlan(f"svc-{service}", versions, default=4, tags={"Team": service})


def _group(service: str, number: int, size: int) -> GroupPlan:
    version = ("$Default", "$Latest", "5")[number % 3]
    source = {"LaunchTemplate": {"LaunchTemplateName": f"svc-{service}", "Version": version}}
    tags_of_group = {"Team": service, "Env": "prod"}
    return GroupPlan(f"svc-{service}", source, desired=size, behind=size // 4, tags=tags_of_group)


def _parameter(pick: Pick, service: str) -> ParameterPlan:
    builds = tuple(pick.build(f"acme-svc-{service}", back) for back in (2, 1, 0))
    return ParameterPlan(f"/golden/svc/{service}", builds)


LARGE: Final[Fleets] = {MAIN_ACCOUNT: _large_acme, SECOND_ACCOUNT: orbit_fleet}
