"""What stands on images in one Region of an account; made by `ec2/reads/fleet.py`.

All text is sanitized. What could not be read is in `unknown`, a sentence each, and is never taken for "nothing":
an image of which it cannot be told whether anything needs it counts as needed.
"""

from __future__ import annotations

from typing import NamedTuple


class FleetInstance(NamedTuple):
    """An instance that is not terminated."""

    instance_id: str
    name: str
    """Its Name tag; may be empty."""
    state: str
    instance_type: str
    image_id: str
    launched: int | None
    """Seconds since the epoch; `None` = EC2 does not say."""
    group: str = ""
    """The Auto Scaling group that it belongs to (tag `aws:autoscaling:groupName`); empty = none."""
    architecture: str = ""
    """In EC2's words; empty = EC2 does not say."""


class TemplateVersion(NamedTuple):
    """One version of a launch template; versions never change."""

    number: int
    default: bool
    latest: bool
    image: str
    """As the template has it: an id, `resolve:ssm:…`, or empty."""
    image_id: str
    """The image that a launch would take now; empty = it names none, or its parameter could not be read."""

    @property
    def parameter(self) -> str:
        """The Systems Manager parameter that it names, with its version or label; empty = none."""
        return self.image.removeprefix("resolve:ssm:") if self.image.startswith("resolve:ssm:") else ""


class FleetTemplate(NamedTuple):
    """A launch template with all its versions, ascending."""

    template_id: str
    name: str
    versions: tuple[TemplateVersion, ...]
    complete: bool = True
    """Whether all of its versions were read."""

    def version_of(self, wanted: str) -> TemplateVersion | None:
        """The version that a number, `$Latest`, `$Default` or nothing (the default) means, if it was read."""
        for version in self.versions:
            if wanted == "$Latest":
                found = version.latest
            elif wanted in ("", "$Default"):
                found = version.default
            else:
                found = str(version.number) == wanted
            if found:
                return version
        return None


class FleetConfiguration(NamedTuple):
    """A launch configuration of Auto Scaling, whether or not a group follows it."""

    name: str
    image_id: str


class GroupSource(NamedTuple):
    """One thing that an Auto Scaling group may launch its next instance from; a mixed group has several."""

    template_id: str = ""
    template_name: str = ""
    version: str = ""
    """As the group has it: a number, `$Latest`, `$Default`, or empty for the default."""
    configuration: str = ""
    image: str = ""
    """As an override of a mixed group has it."""
    image_id: str = ""
    """The image that a launch would take now; empty = not known."""
    override: bool = False
    """Whether it stands in an override of a mixed instances policy."""


class FleetGroup(NamedTuple):
    """An Auto Scaling group."""

    name: str
    arn: str
    minimum: int
    desired: int
    maximum: int
    sources: tuple[GroupSource, ...]
    instances: tuple[str, ...]
    """Ids of its instances."""
    mixed: bool = False
    refreshing: bool = False
    """Whether an instance refresh is under way."""
    refreshes: tuple[str, ...] = ()
    """Ids of its latest instance refreshes, where they were read."""


class FleetParameter(NamedTuple):
    """A parameter of Systems Manager of the account whose value is the id of an image."""

    name: str
    image_id: str
    data_type: str
    """`aws:ec2:image`, whose values EC2 checks, or `text`."""
    version: int


class FleetInventory(NamedTuple):
    """Everything that stands on images in one Region."""

    region: str
    account: str
    instances: tuple[FleetInstance, ...] = ()
    templates: tuple[FleetTemplate, ...] = ()
    configurations: tuple[FleetConfiguration, ...] = ()
    groups: tuple[FleetGroup, ...] = ()
    parameters: tuple[FleetParameter, ...] = ()
    unknown: tuple[str, ...] = ()
    """What could not be read, and what that leaves open: `cannot tell whether …: not allowed to …`."""
