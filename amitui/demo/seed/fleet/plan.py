"""How a seed is written down: what there is, before it has ids and times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TemplatePlan:
    """A launch template; its versions are two weeks apart, the last one two days old."""

    name: str
    versions: tuple[dict[str, Any], ...]
    """LaunchTemplateData of each."""
    default: int = 1
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """An Auto Scaling group."""

    name: str
    source: dict[str, Any]
    """One of `LaunchTemplate`, `MixedInstancesPolicy`, `LaunchConfigurationName`; templates by name."""
    desired: int = 2
    behind: int = 0
    """How many of its instances are still of the template's first version."""
    tags: dict[str, str] = field(default_factory=dict)
    warmup: int = 120
    """Seconds."""


@dataclass(frozen=True, slots=True)
class ParameterPlan:
    """A parameter of Systems Manager; its values from the oldest to the one that it has now."""

    name: str
    values: tuple[str, ...]
    data_type: str = "aws:ec2:image"
    description: str = ""
    labels: dict[int, str] = field(default_factory=dict)
    """Label of a version."""


@dataclass(frozen=True, slots=True)
class InstancePlan:
    """An instance outside of any group."""

    name: str
    image_id: str
    instance_type: str = "t3.small"
    state: str = "running"
    days: int = 20
    """Since its launch."""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """What one account has in one Region."""

    templates: tuple[TemplatePlan, ...] = ()
    configurations: tuple[dict[str, Any], ...] = ()
    groups: tuple[GroupPlan, ...] = ()
    parameters: tuple[ParameterPlan, ...] = ()
    instances: tuple[InstancePlan, ...] = ()
