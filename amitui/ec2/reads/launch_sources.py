"""What launches images automatically: launch templates, and the Auto Scaling groups behind them.

A template names an image by its id or by `resolve:ssm:` and a parameter, a group follows a version of a template
or a launch configuration. Only together do they show which image the next instance will be launched from.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from amitui.domain.operations.usage import GroupUse, TemplateUse
from amitui.ec2.convert import sanitize
from amitui.ec2.query import dicts, pages, part, text_of, whole
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError, AwsError

BY_PARAMETER: Final = "resolve:ssm:"
"""The prefix of an image id that EC2 resolves from a Systems Manager parameter at launch."""

_PUBLIC_PARAMETERS: Final = "/aws/service/"
"""Parameters of AWS and of publishers; an image of one's own is never behind them."""

_VERSIONS_A_PAGE: Final = 200
_GROUPS_A_PAGE: Final = 100
_NAMED: Final = 3
"""Most parameters named in one sentence."""
_LATEST, _DEFAULT = "$Latest", "$Default"
_TEMPLATE_ID: Final = re.compile(r"lt-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@dataclass(slots=True)
class LaunchSources:
    """What was found, by image id; text is sanitized."""

    templates: dict[str, list[TemplateUse]] = field(default_factory=dict)
    """By their default and latest versions."""
    groups: dict[str, list[GroupUse]] = field(default_factory=dict)
    configurations: dict[str, list[str]] = field(default_factory=dict)
    """Names of the launch configurations that name it and that no Auto Scaling group follows."""
    names: dict[str, str] = field(default_factory=dict)
    """The name of every launch template, by its id."""
    complete: bool = False
    """Whether the templates could be read."""
    unknown: list[str] = field(default_factory=list)
    """What could not be read, for all images alike."""


class _Version(NamedTuple):
    template_id: str
    name: str
    number: int
    default: bool
    image: str
    """As the template has it: an id, `resolve:ssm:…`, or empty."""


class _Origin(NamedTuple):
    """Where a group's next instance may come from."""

    group: str
    template: str = ""
    """The template's id or name."""
    version: str = ""
    configuration: str = ""
    image: str = ""
    """Named by the group itself."""


async def launch_sources(connection: Ec2Connection, region: str, image_ids: Collection[str]) -> LaunchSources:
    """The launch templates and Auto Scaling groups that lead to these images; never raises an `AwsError`."""
    reader = _Reader(connection, region)
    await reader.read_templates()
    await reader.read_groups()
    await reader.read_parameters()
    found = reader.found
    for version in reader.current_versions():
        image_id, parameter = reader.resolved(version.image)
        if image_id in image_ids:
            use = TemplateUse(version.template_id, version.name, current=True, parameter=parameter)
            _add(found.templates, image_id, use)
    for origin, image in reader.group_images():
        image_id, parameter = reader.resolved(image)
        if image_id in image_ids:
            _add(found.groups, image_id, GroupUse(origin.group, _way(origin, reader, parameter)))
    for configuration, image in reader.idle_configurations():
        if image in image_ids:
            _add(found.configurations, image, sanitize(configuration))
    return found


class _Reader:
    """Reads one region's templates, groups and parameters, each as far as it is allowed."""

    def __init__(self, connection: Ec2Connection, region: str) -> None:
        self._connection = connection
        self._region = region
        self.found = LaunchSources()
        self._versions: dict[tuple[str, int], _Version] = {}
        self._current: dict[str, dict[str, _Version]] = {}
        self._ids: dict[str, str] = {}
        self._origins: list[_Origin] = []
        self._configurations: dict[str, str] = {}
        self._parameters: dict[str, str] = {}

    async def read_templates(self) -> None:
        """The default and latest version of every launch template."""
        try:
            async for version in self._described(Versions=[_LATEST, _DEFAULT]):
                self._keep(version)
            self.found.complete = True
        except AmituiError as error:
            question = "whether launch templates, or Auto Scaling groups through them, use it"
            self.found.unknown.append(cannot_tell(question, error))

    async def read_groups(self) -> None:
        """Every Auto Scaling group and what it launches from."""
        try:
            answers = pages(
                self._connection.service_call,
                "autoscaling",
                self._region,
                "describe_auto_scaling_groups",
                "list the Auto Scaling groups",
                MaxRecords=_GROUPS_A_PAGE,
            )
            async for answer in answers:
                for group in dicts(answer.get("AutoScalingGroups")):
                    self._origins += _origins(group)
        except AmituiError as error:
            self.found.unknown.append(cannot_tell("whether Auto Scaling groups use it", error))
        try:
            await self._read_configurations()
        except AmituiError as error:
            question = "whether launch configurations, or Auto Scaling groups through them, name it"
            self.found.unknown.append(cannot_tell(question, error))
        if self.found.complete:
            await self._read_group_versions()

    async def read_parameters(self) -> None:
        """The value of every parameter that a template names."""
        images = {version.image for version in self._versions.values()} | {o.image for o in self._origins}
        names = sorted(image.removeprefix(BY_PARAMETER) for image in images if image.startswith(BY_PARAMETER))
        unread: list[str] = []
        reason: AmituiError | None = None
        for name in names:
            try:
                # One by one: an answer does not say for which of several names with a version or label it is.
                answer = await self._connection.service_call(
                    "ssm", self._region, "get_parameters", "read the parameters of launch templates", Names=[name]
                )
            except AmituiError as error:
                if not name.startswith(_PUBLIC_PARAMETERS):
                    unread.append(sanitize(name))
                    reason = error
            else:
                for parameter in dicts(answer.get("Parameters")):
                    self._parameters[name] = text_of(parameter, "Value")
        if reason is not None:
            more = f" and {len(unread) - _NAMED} more" if len(unread) > _NAMED else ""
            question = f"whether launch templates that ask for {', '.join(unread[:_NAMED])}{more} use it"
            self.found.unknown.append(cannot_tell(question, reason))

    def current_versions(self) -> Iterator[_Version]:
        """The versions that a launch takes when none is named, one for each image of a template."""
        for versions in self._current.values():
            yield from {version.image: version for version in versions.values()}.values()

    def idle_configurations(self) -> Iterator[tuple[str, str]]:
        """Every launch configuration that no group follows, with its image."""
        followed = {origin.configuration for origin in self._origins}
        yield from ((name, image) for name, image in self._configurations.items() if name not in followed)

    def group_images(self) -> Iterator[tuple[_Origin, str]]:
        """Every group with what it launches, as far as that could be read."""
        for origin in self._origins:
            if origin.image:
                yield origin, origin.image
            elif origin.configuration:
                yield origin, self._configurations.get(origin.configuration, "")
            elif version := self._version_of(origin):
                yield origin, version.image

    def resolved(self, image: str) -> tuple[str, str]:
        """The image id that a template leads to, and the parameter by which it does, if any."""
        if not image.startswith(BY_PARAMETER):
            return image, ""
        name = image.removeprefix(BY_PARAMETER)
        return self._parameters.get(name, ""), sanitize(name)

    async def _described(self, **parameters: Any) -> AsyncIterator[_Version]:
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
                yield _Version(
                    text_of(entry, "LaunchTemplateId"),
                    text_of(entry, "LaunchTemplateName"),
                    whole(entry.get("VersionNumber")) or 0,
                    entry.get("DefaultVersion") is True,
                    text_of(part(entry, "LaunchTemplateData"), "ImageId"),
                )

    def _keep(self, version: _Version) -> None:
        self._versions[version.template_id, version.number] = version
        self._ids[version.name] = version.template_id
        self.found.names[version.template_id] = version.name
        current = self._current.setdefault(version.template_id, {})
        if version.default:
            current[_DEFAULT] = version
        if _LATEST not in current or version.number > current[_LATEST].number:
            current[_LATEST] = version

    async def _read_configurations(self) -> None:
        """All of them: also one that no group follows now launches its image when one does."""
        answers = pages(
            self._connection.service_call,
            "autoscaling",
            self._region,
            "describe_launch_configurations",
            "read the launch configurations",
            MaxRecords=_GROUPS_A_PAGE,
        )
        async for answer in answers:
            for entry in dicts(answer.get("LaunchConfigurations")):
                self._configurations[text_of(entry, "LaunchConfigurationName")] = text_of(entry, "ImageId")

    async def _read_group_versions(self) -> None:
        """The versions that groups name by number, where these are neither the default nor the latest."""
        wanted: dict[str, dict[str, str]] = {}
        for origin in self._origins:
            if origin.template and self._version_of(origin) is None:
                template = self._ids.get(origin.template, origin.template)
                wanted.setdefault(template, {})[origin.version or _DEFAULT] = origin.group
        for template, versions in wanted.items():
            which = "LaunchTemplateId" if _TEMPLATE_ID.fullmatch(template) else "LaunchTemplateName"
            try:
                async for version in self._described(**{which: template, "Versions": sorted(versions)}):
                    self._versions[version.template_id, version.number] = version
            except AwsError as error:
                question = f"what Auto Scaling group {', '.join(sorted(set(versions.values())))} launches"
                self.found.unknown.append(cannot_tell(question, error))

    def _version_of(self, origin: _Origin) -> _Version | None:
        template_id = self._ids.get(origin.template, origin.template)
        if origin.version.isdecimal():
            return self._versions.get((template_id, int(origin.version)))
        return self._current.get(template_id, {}).get(origin.version or _DEFAULT)

    def template_name(self, origin: _Origin) -> str:
        """The name of a group's template, else its id."""
        return self.found.names.get(origin.template) or sanitize(origin.template)


def cannot_tell(question: str, error: AmituiError) -> str:
    """What a failure leaves open, in one sentence."""
    return f"cannot tell {question}: {error.what}"


def _add(found: dict[str, list[Any]], image_id: str, use: object) -> None:
    uses = found.setdefault(image_id, [])
    if use not in uses:
        uses.append(use)


def _way(origin: _Origin, reader: _Reader, parameter: str) -> str:
    if origin.configuration:
        return f"launch configuration {sanitize(origin.configuration)}"
    by = f" and parameter {parameter}" if parameter else ""
    if origin.image:
        return f"an override{by}"
    version = f" version {origin.version}" if origin.version.isdecimal() else ""
    return f"launch template {reader.template_name(origin)}{version}{by}"


def _origins(group: dict[str, Any]) -> Sequence[_Origin]:
    name = text_of(group, "AutoScalingGroupName")
    found = []
    if configuration := text_of(group, "LaunchConfigurationName"):
        found.append(_Origin(name, configuration=configuration))
    mixed = part(part(group, "MixedInstancesPolicy"), "LaunchTemplate")
    overrides = dicts(mixed.get("Overrides"))
    specified = [part(group, "LaunchTemplate"), part(mixed, "LaunchTemplateSpecification")]
    specified += [part(override, "LaunchTemplateSpecification") for override in overrides]
    found += [
        _Origin(name, template=template, version=text_of(entry, "Version"))
        for entry in specified
        if (template := text_of(entry, "LaunchTemplateId") or text_of(entry, "LaunchTemplateName"))
    ]
    found += [_Origin(name, image=image) for entry in overrides if (image := text_of(entry, "ImageId"))]
    return list(dict.fromkeys(found))
