"""Which images are launched automatically: by launch templates, and by the Auto Scaling groups behind them.

A template names an image by its id or by `resolve:ssm:` and a parameter, a group follows a version of a template
or a launch configuration. Only together do they show which image the next instance will be launched from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from amitui.domain.operations.usage import GroupUse, TemplateUse
from amitui.ec2.convert import sanitize
from amitui.ec2.reads.launch_source_reader import LaunchSourceReader, Origin, Part, Unread, Version
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError

_NAMED: Final = 3
"""Most names in one sentence."""


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


async def launch_sources(connection: Ec2Connection, region: str, image_ids: Collection[str]) -> LaunchSources:
    """The launch templates and Auto Scaling groups that lead to these images; never raises an `AwsError`."""
    reader = LaunchSourceReader(connection, region)
    await reader.read_templates()
    await reader.read_groups()
    await reader.read_configurations()
    if reader.has_templates:
        await reader.read_group_versions()
    await reader.read_parameters()
    unknown = [_left_open(unread) for unread in reader.unread if unread.part is not Part.PUBLIC_PARAMETERS]
    found = LaunchSources(names=reader.names, complete=reader.has_templates, unknown=unknown)
    for version in _current_versions(reader):
        image_id, parameter = reader.resolved(version.image)
        if image_id in image_ids:
            use = TemplateUse(version.template_id, version.name, current=True, parameter=parameter)
            _add(found.templates, image_id, use)
    for origin in reader.origins:
        image_id, parameter = reader.resolved(reader.image_of(origin))
        if image_id in image_ids:
            _add(found.groups, image_id, GroupUse(origin.group, _way(origin, reader, parameter)))
    for configuration, image in _idle_configurations(reader):
        if image in image_ids:
            _add(found.configurations, image, sanitize(configuration))
    return found


def cannot_tell(question: str, error: AmituiError) -> str:
    """What a failure leaves open, in one sentence."""
    return f"cannot tell {question}: {error.what}"


def some_of(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _left_open(unread: Unread) -> str:
    names = some_of(unread.names)
    question = {
        Part.TEMPLATES: "whether launch templates, or Auto Scaling groups through them, use it",
        Part.VERSIONS: f"whether older versions of launch templates {names} use it",
        Part.GROUPS: "whether Auto Scaling groups use it",
        Part.CONFIGURATIONS: "whether launch configurations, or Auto Scaling groups through them, name it",
        Part.GROUP_VERSIONS: f"what Auto Scaling group {', '.join(unread.names)} launches",
        Part.PARAMETERS: f"whether launch templates that ask for {names} use it",
    }[unread.part]
    return cannot_tell(question, unread.error)


def _current_versions(reader: LaunchSourceReader) -> Iterator[Version]:
    """The versions that a launch takes when none is named, one for each image of a template."""
    for versions in reader.current.values():
        yield from {version.image: version for version in versions.values()}.values()


def _idle_configurations(reader: LaunchSourceReader) -> Iterator[tuple[str, str]]:
    """Every launch configuration that no group follows, with its image."""
    followed = {origin.configuration for origin in reader.origins}
    yield from ((name, image) for name, image in reader.configurations.items() if name not in followed)


def _add(found: dict[str, list[Any]], image_id: str, use: object) -> None:
    uses = found.setdefault(image_id, [])
    if use not in uses:
        uses.append(use)


def _way(origin: Origin, reader: LaunchSourceReader, parameter: str) -> str:
    if origin.configuration:
        return f"launch configuration {sanitize(origin.configuration)}"
    by = f" and parameter {parameter}" if parameter else ""
    if origin.image:
        return f"an override{by}"
    version = f" version {origin.version}" if origin.version.isdecimal() else ""
    return f"launch template {reader.template_name(origin)}{version}{by}"
