"""Reads what launches images automatically in one Region: launch templates, Auto Scaling groups, configurations.

Each part may be denied by itself. What could not be read is kept as `Unread`, and whoever asks says in words what
that leaves open.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from amitui.ec2.convert import sanitize
from amitui.ec2.query import dicts, pages, part, text_of, texts, whole
from amitui.ec2.reads.parameters import parameter_values
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError

BY_PARAMETER: Final = "resolve:ssm:"
"""The prefix of an image id that EC2 resolves from a Systems Manager parameter at launch."""
LATEST, DEFAULT = "$Latest", "$Default"
AT_ONCE: Final = 8
"""Calls side by side where there is one for each template or group."""

_PUBLIC: Final = "/aws/service/"
_VERSIONS_A_PAGE: Final = 200
_LONGEST_VERSION: Final = 19
"""Digits of a number of 64 bits."""
_GROUPS_A_PAGE: Final = 100
_TEMPLATE_ID: Final = re.compile(r"lt-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class Part(Enum):
    """What can be denied, or fail, by itself."""

    TEMPLATES = auto()
    VERSIONS = auto()
    """Of single templates."""
    GROUPS = auto()
    CONFIGURATIONS = auto()
    GROUP_VERSIONS = auto()
    """Of templates, that groups name by number."""
    PARAMETERS = auto()
    """That templates or groups name."""
    PUBLIC_PARAMETERS = auto()
    """Likewise, of AWS and of publishers: no image of one's own is behind them."""


class Unread(NamedTuple):
    """Something that could not be read."""

    part: Part
    error: AmituiError
    names: tuple[str, ...] = ()
    """Of the templates, groups or parameters, sanitized; empty = all of them."""


class Version(NamedTuple):
    """One version of a launch template."""

    template_id: str
    name: str
    number: int
    default: bool
    image: str
    """As the template has it: an id, `resolve:ssm:…`, or empty."""


class Origin(NamedTuple):
    """Where a group's next instance may come from."""

    group: str
    template: str = ""
    """The template's id or name."""
    version: str = ""
    configuration: str = ""
    image: str = ""
    """Named by an override."""
    override: bool = False


class Group(NamedTuple):
    """An Auto Scaling group as it was read."""

    name: str
    arn: str
    minimum: int
    desired: int
    maximum: int
    origins: tuple[Origin, ...]
    instances: tuple[str, ...]
    mixed: bool


class LaunchSourceReader:
    """Reads one Region's templates, groups, configurations and parameters, each as far as it is allowed."""

    def __init__(self, connection: Ec2Connection, region: str) -> None:
        self._connection = connection
        self._region = region
        self.unread: list[Unread] = []
        self.versions: dict[tuple[str, int], Version] = {}
        """By template id and number."""
        self.current: dict[str, dict[str, Version]] = {}
        """The default and the latest version of each template, by its id."""
        self.names: dict[str, str] = {}
        """The name of every launch template, by its id."""
        self.has_templates = False
        """Whether the templates could be read to their end."""
        self.partly_read: set[str] = set()
        """Ids of the templates of which older versions were not read."""
        self.groups: list[Group] = []
        self.configurations: dict[str, str] = {}
        """The image of each launch configuration by its name."""
        self._ids: dict[str, str] = {}
        self._parameters: dict[str, str] = {}

    async def read_templates(self) -> None:
        """The default and latest version of every launch template."""
        try:
            async for version in self._described(Versions=[LATEST, DEFAULT]):
                self._keep(version)
            self.has_templates = True
        except AmituiError as error:
            self.unread.append(Unread(Part.TEMPLATES, error))

    async def read_older_versions(self) -> None:
        """All versions of the templates that have more than those that `read_templates` found, a call each."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def read(template_id: str) -> None:
            try:
                async with gate:
                    async for version in self._described(LaunchTemplateId=template_id):
                        self.versions[version.template_id, version.number] = version
            except AmituiError as error:
                self.partly_read.add(template_id)
                self.unread.append(Unread(Part.VERSIONS, error, (self.names[template_id] or template_id,)))

        await asyncio.gather(*map(read, self.with_older_versions()))

    async def read_groups(self) -> None:
        """Every Auto Scaling group and what it launches from."""
        try:
            answers = self._scaling("describe_auto_scaling_groups", "list the Auto Scaling groups")
            async for answer in answers:
                self.groups += map(_group, dicts(answer.get("AutoScalingGroups")))
        except AmituiError as error:
            self.unread.append(Unread(Part.GROUPS, error))

    async def read_configurations(self) -> None:
        """All of them: also one that no group follows now launches its image when one does."""
        try:
            answers = self._scaling("describe_launch_configurations", "read the launch configurations")
            async for answer in answers:
                for entry in dicts(answer.get("LaunchConfigurations")):
                    self.configurations[text_of(entry, "LaunchConfigurationName")] = text_of(entry, "ImageId")
        except AmituiError as error:
            self.unread.append(Unread(Part.CONFIGURATIONS, error))

    async def read_group_versions(self) -> None:
        """The versions that groups name by number, where these have not been read."""
        wanted: dict[str, dict[str, str]] = {}
        for origin in self.origins:
            if origin.template and self.version_of(origin) is None:
                template = self._ids.get(origin.template, origin.template)
                wanted.setdefault(template, {})[origin.version or DEFAULT] = origin.group
        for template, versions in wanted.items():
            which = "LaunchTemplateId" if _TEMPLATE_ID.fullmatch(template) else "LaunchTemplateName"
            try:
                async for version in self._described(**{which: template, "Versions": sorted(versions)}):
                    self.versions[version.template_id, version.number] = version
            except AmituiError as error:
                self.unread.append(Unread(Part.GROUP_VERSIONS, error, tuple(sorted(set(versions.values())))))

    async def read_parameters(self) -> None:
        """The value of every parameter that a template or an override names."""
        images = [version.image for version in self.versions.values()]
        images += [origin.image for origin in self.origins]
        names = {image.removeprefix(BY_PARAMETER) for image in images if image.startswith(BY_PARAMETER)}
        unread: list[tuple[str, AmituiError]] = []
        self._parameters |= await parameter_values(self._connection, self._region, sorted(names), unread)
        for which, public in ((Part.PARAMETERS, False), (Part.PUBLIC_PARAMETERS, True)):
            missed = [(name, error) for name, error in unread if name.startswith(_PUBLIC) is public]
            if missed:
                named = tuple(sorted(sanitize(name) for name, _ in missed))
                self.unread.append(Unread(which, missed[-1][1], named))

    @property
    def origins(self) -> Iterator[Origin]:
        """What all groups launch from."""
        for group in self.groups:
            yield from group.origins

    def resolved(self, image: str) -> tuple[str, str]:
        """The image id that a template leads to, and the parameter by which it does, if any.

        The id is empty where the parameter could not be read.
        """
        if not image.startswith(BY_PARAMETER):
            return image, ""
        name = image.removeprefix(BY_PARAMETER)
        return self._parameters.get(name, ""), sanitize(name)

    def image_of(self, origin: Origin) -> str:
        """What an origin launches, as it or its template has it; empty = not known, or the template names none."""
        if origin.image:
            return origin.image
        if origin.configuration:
            return self.configurations.get(origin.configuration, "")
        version = self.version_of(origin)
        return version.image if version else ""

    def version_of(self, origin: Origin) -> Version | None:
        """The version of a template that an origin leads to, if it was read."""
        template_id = self._ids.get(origin.template, origin.template)
        if origin.version.isdecimal() and len(origin.version) <= _LONGEST_VERSION:
            return self.versions.get((template_id, int(origin.version)))
        return self.current.get(template_id, {}).get(origin.version or DEFAULT)

    def template(self, origin: Origin) -> tuple[str, str]:
        """The id and the name of an origin's template, each empty where it is not known."""
        template_id = self._ids.get(origin.template, origin.template)
        if template_id in self.names:
            return template_id, self.names[template_id]
        return (template_id, "") if _TEMPLATE_ID.fullmatch(template_id) else ("", template_id)

    def template_name(self, origin: Origin) -> str:
        """The name of an origin's template, else its id."""
        return self.names.get(origin.template) or sanitize(origin.template)

    def with_older_versions(self) -> list[str]:
        """Ids of the templates that may have versions which were not read; of deleted ones nobody can tell."""

        def has_older(template_id: str) -> bool:
            latest = self.current[template_id][LATEST].number
            return any((template_id, number) not in self.versions for number in range(1, latest))

        return list(filter(has_older, self.names))

    def _keep(self, version: Version) -> None:
        self.versions[version.template_id, version.number] = version
        self._ids[version.name] = version.template_id
        self.names[version.template_id] = version.name
        current = self.current.setdefault(version.template_id, {})
        if version.default:
            current[DEFAULT] = version
        if LATEST not in current or version.number > current[LATEST].number:
            current[LATEST] = version

    async def _described(self, **parameters: Any) -> AsyncIterator[Version]:
        answers = pages(
            self._connection.call,
            self._region,
            "describe_launch_template_versions",
            "read the launch templates",
            MaxResults=_VERSIONS_A_PAGE,
            **parameters,
        )
        async for answer in answers:
            for entry in dicts(answer.get("LaunchTemplateVersions")):
                yield Version(
                    text_of(entry, "LaunchTemplateId"),
                    text_of(entry, "LaunchTemplateName"),
                    whole(entry.get("VersionNumber")) or 0,
                    entry.get("DefaultVersion") is True,
                    text_of(part(entry, "LaunchTemplateData"), "ImageId"),
                )

    def _scaling(self, operation: str, action: str) -> AsyncIterator[dict[str, Any]]:
        call = self._connection.service_call
        return pages(call, "autoscaling", self._region, operation, action, MaxRecords=_GROUPS_A_PAGE)


def _group(entry: Mapping[str, Any]) -> Group:
    mixed = part(part(entry, "MixedInstancesPolicy"), "LaunchTemplate")
    return Group(
        name=text_of(entry, "AutoScalingGroupName"),
        arn=text_of(entry, "AutoScalingGroupARN"),
        minimum=whole(entry.get("MinSize")) or 0,
        desired=whole(entry.get("DesiredCapacity")) or 0,
        maximum=whole(entry.get("MaxSize")) or 0,
        origins=_origins(entry, mixed),
        instances=texts([one.get("InstanceId") for one in dicts(entry.get("Instances"))]),
        mixed=bool(mixed),
    )


def _origins(group: Mapping[str, Any], mixed: Mapping[str, Any]) -> tuple[Origin, ...]:
    name = text_of(group, "AutoScalingGroupName")
    found = []
    if configuration := text_of(group, "LaunchConfigurationName"):
        found.append(Origin(name, configuration=configuration))
    overrides = dicts(mixed.get("Overrides"))
    specified = [(part(group, "LaunchTemplate"), False), (part(mixed, "LaunchTemplateSpecification"), False)]
    specified += [(part(override, "LaunchTemplateSpecification"), True) for override in overrides]
    found += [
        Origin(name, template=template, version=text_of(entry, "Version"), override=override)
        for entry, override in specified
        if (template := text_of(entry, "LaunchTemplateId") or text_of(entry, "LaunchTemplateName"))
    ]
    found += [
        Origin(name, image=image, override=True) for entry in overrides if (image := text_of(entry, "ImageId"))
    ]
    return tuple(dict.fromkeys(found))
