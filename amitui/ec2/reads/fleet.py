"""Reads everything that stands on images in one Region: instances, templates, groups, configurations, parameters.

Each service may be denied by itself, and is then named in `FleetInventory.unknown`. Calls run side by side; there
is one for each template with older versions, each Auto Scaling group (its refreshes) and ten parameters.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from amitui.domain.epoch import epoch_seconds
from amitui.domain.fleet.inventory import (
    FleetConfiguration,
    FleetGroup,
    FleetInstance,
    FleetInventory,
    FleetParameter,
    FleetTemplate,
    GroupSource,
    TemplateVersion,
)
from amitui.ec2.query import dicts, instances_of, name_of, pages, part, tags_of, text_of, whole
from amitui.ec2.reads.launch_source_reader import (
    AT_ONCE,
    DEFAULT,
    LATEST,
    Group,
    LaunchSourceReader,
    Origin,
    Part,
    Unread,
    Version,
)
from amitui.ec2.reads.launch_sources import cannot_tell, some_of
from amitui.ec2.reads.parameters import parameter_values
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError, DeniedError

_INSTANCES_A_PAGE: Final = 1000
_PARAMETERS_A_PAGE: Final = 50
"""The most that DescribeParameters gives."""
_STANDING: Final = ("pending", "running", "stopping", "stopped")
_GROUP_TAG: Final = "aws:autoscaling:groupName"
_IMAGE_TYPE: Final = "aws:ec2:image"
_PLAIN_TYPES: Final = ("String", "StringList")
"""Types of parameters whose values are no secrets; a `SecureString` is never read."""
_LISTS: Final = (Part.TEMPLATES, Part.GROUPS, Part.CONFIGURATIONS)
"""What is listed besides instances and parameters."""
_IMAGE_ID: Final = re.compile(r"ami-(?:[0-9a-f]{17}|[0-9a-f]{8})")
_REFRESH_ENDED: Final = frozenset({"Successful", "Failed", "Cancelled", "RollbackFailed", "RollbackSuccessful"})
"""Source: the status of an instance refresh in the API reference of EC2 Auto Scaling."""


async def fleet(
    connection: Ec2Connection, region: str, *, account: str, current_only: bool = False
) -> FleetInventory:
    """What stands on images in a Region; what could not be read is named in `unknown`.

    Args:
        account: whose credentials are used, as the inventory is to name it.
        current_only: read what launches next, and nothing else: of templates only the default and latest versions
            and those that groups follow, of groups not whether they are being refreshed. That saves a call each.

    Raises:
        AwsError: nothing at all could be read, and not for lack of permission.
    """
    reader = _FleetReader(connection, region)
    instances, parameters, refreshes, _ = await asyncio.gather(
        reader.instances(), reader.parameters(), reader.groups(current_only), reader.templates(current_only)
    )
    reader.check_reached()
    if current_only and reader.sources.has_templates:
        await reader.sources.read_group_versions()
    await reader.sources.read_parameters()
    return FleetInventory(
        region=region,
        account=account,
        instances=tuple(instances),
        templates=tuple(_templates(reader.sources)),
        configurations=tuple(
            FleetConfiguration(name, image) for name, image in sorted(reader.sources.configurations.items())
        ),
        groups=tuple(
            _fleet_group(group, reader.sources, refreshes.get(group.name, Refreshes()))
            for group in reader.sources.groups
        ),
        parameters=tuple(parameters),
        unknown=(*reader.unknown, *map(_left_open, reader.sources.unread)),
    )


async def image_parameters(connection: Ec2Connection, region: str) -> list[FleetParameter]:
    """The account's own parameters that hold ids of images, alone.

    Raises:
        AwsError: they could not be listed.
    """
    reader = _FleetReader(connection, region)
    found = await reader.parameters()
    if reader.failures:
        raise reader.failures[0]
    return found


class Refreshes(NamedTuple):
    """The latest instance refreshes of a group."""

    active: bool = False
    """Whether one is under way."""
    ids: tuple[str, ...] = ()


class _FleetReader:
    """Reads each part; what cannot be read is put into words in `unknown`, or into `sources.unread`."""

    def __init__(self, connection: Ec2Connection, region: str) -> None:
        self._connection = connection
        self._region = region
        self.sources = LaunchSourceReader(connection, region)
        self.unknown: list[str] = []
        self.failures: list[AmituiError] = []
        """Of whole lists."""

    def check_reached(self) -> None:
        """Raise the first failure if no list could be begun, and none of them because IAM denies it."""
        failures = [one.error for one in self.sources.unread if one.part in _LISTS] + self.failures
        if len(failures) == len(_LISTS) + 2 and not any(isinstance(error, DeniedError) for error in failures):
            raise self.failures[0]

    async def instances(self) -> list[FleetInstance]:
        """The instances that are not terminated, stopped ones too."""
        found: list[FleetInstance] = []
        try:
            answers = pages(
                self._connection.call,
                self._region,
                "describe_instances",
                "list the instances",
                MaxResults=_INSTANCES_A_PAGE,
                Filters=[{"Name": "instance-state-name", "Values": list(_STANDING)}],
            )
            async for answer in answers:
                found += map(_instance, instances_of(answer))
        except AmituiError as error:
            self.failures.append(error)
            self.unknown.append(cannot_tell("which images instances run", error))
        return sorted(found, key=lambda instance: instance.instance_id)

    async def templates(self, current_only: bool) -> None:
        """All versions of all launch templates, or the default and latest ones."""
        await self.sources.read_templates()
        if current_only:
            self.sources.partly_read.update(self.sources.with_older_versions())
        else:
            await self.sources.read_older_versions()

    async def groups(self, current_only: bool) -> dict[str, Refreshes]:
        """The groups and the launch configurations; returns the instance refreshes of the groups, by name."""
        await asyncio.gather(self.sources.read_configurations(), self.sources.read_groups())
        return {} if current_only else await self._refreshes()

    async def _refreshes(self) -> dict[str, Refreshes]:
        gate = asyncio.Semaphore(AT_ONCE)
        unread: list[tuple[str, AmituiError]] = []

        async def of_group(name: str) -> Refreshes:
            try:
                async with gate:
                    # The newest come first, and of those that have not ended there is one at most.
                    answer = await self._connection.service_call(
                        "autoscaling",
                        self._region,
                        "describe_instance_refreshes",
                        "list the instance refreshes",
                        AutoScalingGroupName=name,
                        MaxRecords=10,
                    )
            except AmituiError as error:
                unread.append((name, error))
                return Refreshes()
            entries = dicts(answer.get("InstanceRefreshes"))
            states = [text_of(entry, "Status") for entry in entries]
            active = any(state and state not in _REFRESH_ENDED for state in states)
            return Refreshes(active, tuple(text_of(entry, "InstanceRefreshId") for entry in entries))

        names = [group.name for group in self.sources.groups if group.name]
        answers = await asyncio.gather(*map(of_group, names))
        if unread:
            named = some_of(sorted(name for name, _ in unread))
            question = f"whether an instance refresh of {named} is under way"
            self.unknown.append(cannot_tell(question, unread[-1][1]))
        return dict(zip(names, answers, strict=True))

    async def parameters(self) -> list[FleetParameter]:
        """The account's own parameters that hold ids of images; one entry for each id of a list."""
        described: dict[str, tuple[str, int]] = {}
        try:
            answers = pages(
                self._connection.service_call,
                "ssm",
                self._region,
                "describe_parameters",
                "list the parameters",
                MaxResults=_PARAMETERS_A_PAGE,
            )
            async for answer in answers:
                for entry in dicts(answer.get("Parameters")):
                    name = text_of(entry, "Name")
                    if name and text_of(entry, "Type") in _PLAIN_TYPES:
                        described[name] = text_of(entry, "DataType"), whole(entry.get("Version")) or 0
        except AmituiError as error:
            self.failures.append(error)
            self.unknown.append(cannot_tell("which parameters of the account hold ids of images", error))
        unread: list[tuple[str, AmituiError]] = []
        values = await parameter_values(
            self._connection, self._region, sorted(described), unread, action="read the parameters"
        )
        if unread:
            named = some_of(sorted(name for name, _ in unread))
            self.unknown.append(cannot_tell(f"whether parameters {named} hold ids of images", unread[-1][1]))
        return [
            FleetParameter(name, image_id, *described[name])
            for name in sorted(values)
            if name in described
            for image_id in _ids_in(values[name], described[name][0])
        ]


def _ids_in(value: str, data_type: str) -> Iterator[str]:
    """The ids that a value consists of; what EC2 checks is taken as it is."""
    ids = [one.strip() for one in value.split(",")]
    if data_type == _IMAGE_TYPE or all(map(_IMAGE_ID.fullmatch, ids)):
        yield from dict.fromkeys(one for one in ids if one)


def _instance(entry: Mapping[str, Any]) -> FleetInstance:
    return FleetInstance(
        instance_id=text_of(entry, "InstanceId"),
        name=name_of(entry),
        state=text_of(part(entry, "State"), "Name"),
        instance_type=text_of(entry, "InstanceType"),
        image_id=text_of(entry, "ImageId"),
        launched=epoch_seconds(entry.get("LaunchTime")),
        group=dict(tags_of(entry)).get(_GROUP_TAG, ""),
        architecture=text_of(entry, "Architecture"),
    )


def _templates(sources: LaunchSourceReader) -> Iterator[FleetTemplate]:
    versions: dict[str, list[Version]] = {}
    for version in sources.versions.values():
        versions.setdefault(version.template_id, []).append(version)
    for template_id, name in sorted(sources.names.items(), key=lambda item: (item[1].casefold(), item[0])):
        found = sorted(versions[template_id], key=lambda version: version.number)
        current = sources.current[template_id]
        yield FleetTemplate(
            template_id,
            name,
            tuple(_version(version, current, sources) for version in found),
            complete=sources.has_templates and template_id not in sources.partly_read,
        )


def _version(version: Version, current: Mapping[str, Version], sources: LaunchSourceReader) -> TemplateVersion:
    default, latest = current.get(DEFAULT), current[LATEST]
    return TemplateVersion(
        version.number,
        default=default is not None and version.number == default.number,
        latest=version.number == latest.number,
        image=version.image,
        image_id=sources.resolved(version.image)[0],
    )


def _fleet_group(group: Group, sources: LaunchSourceReader, refreshes: Refreshes) -> FleetGroup:
    return FleetGroup(
        group.name,
        group.arn,
        group.minimum,
        group.desired,
        group.maximum,
        tuple(_source(origin, sources) for origin in group.origins),
        group.instances,
        mixed=group.mixed,
        refreshing=refreshes.active,
        refreshes=refreshes.ids,
    )


def _source(origin: Origin, sources: LaunchSourceReader) -> GroupSource:
    template_id, template_name = sources.template(origin)
    return GroupSource(
        template_id=template_id,
        template_name=template_name,
        version=origin.version,
        configuration=origin.configuration,
        image=origin.image,
        image_id=sources.resolved(sources.image_of(origin))[0],
        override=origin.override,
    )


def _left_open(unread: Unread) -> str:
    names = some_of(unread.names)
    question = {
        Part.TEMPLATES: "which images launch templates, and Auto Scaling groups through them, launch",
        Part.VERSIONS: f"which images older versions of launch template {names} name",
        Part.GROUPS: "which images Auto Scaling groups launch",
        Part.CONFIGURATIONS: "which images launch configurations, and Auto Scaling groups through them, launch",
        Part.GROUP_VERSIONS: f"which images Auto Scaling group {names} launches",
        Part.PARAMETERS: f"which images are behind {names}",
        Part.PUBLIC_PARAMETERS: f"which images are behind {names}",
    }[unread.part]
    return cannot_tell(question, unread.error)
