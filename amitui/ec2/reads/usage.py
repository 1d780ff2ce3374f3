"""Reads who uses images: instances, launch templates, Auto Scaling groups, parameters, recipes, other images.

Several services know parts of it, and each may be denied by itself: what could not be read is remembered in words
(`Usage.unknown`), because "nothing uses it" and "that is unknown" must never look the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from amitui.domain.fleet.usage_report import UsageReport
from amitui.domain.image.image import Image
from amitui.domain.image.publishers import BACKUP_ALIAS
from amitui.domain.operations.usage import InstanceUse, SnapshotUse, TemplateUse, Usage
from amitui.ec2.convert import images_of, sanitize
from amitui.ec2.query import batches, dicts, instances_of, name_of, pages, part, text_of, whole
from amitui.ec2.reads.images import ImagesRequest, describe_image_ids, image_pages
from amitui.ec2.reads.launch_sources import LaunchSources, cannot_tell, launch_sources
from amitui.ec2.reads.permissions import LaunchPermissions, launch_permissions
from amitui.ec2.reads.usage_reports import usage_reports
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError

VALUES_A_FILTER: Final = 200
"""Most values of one filter."""
IDS_A_REFERENCES_CALL: Final = 10
AT_ONCE: Final = 8
"""Calls side by side where there is one for each image."""

_PAGE: Final = 1000
_THERE: Final = ("pending", "running", "stopping", "stopped")
"""The states of instances that still are one."""
_GIB: Final = 1024**3
_ARCHIVE: Final = "archive"


@dataclass(slots=True)
class _References:
    """What DescribeImageReferences says, by image id."""

    templates: dict[str, list[str]] = field(default_factory=dict)
    """Ids of launch templates, by any of their newest versions."""
    parameters: dict[str, list[str]] = field(default_factory=dict)
    recipes: dict[str, list[str]] = field(default_factory=dict)


async def usage(
    connection: Ec2Connection, region: str, image_ids: Sequence[str], *, account: str
) -> dict[str, Usage]:
    """Who uses these images of a region, by image id; every id has an entry.

    Args:
        connection: the AWS target.
        region: where they are.
        image_ids: the images.
        account: whose credentials are used.

    Raises:
        AwsError: not even the images themselves could be described.
    """
    ids = list(dict.fromkeys(image_ids))
    records = await describe_image_ids(connection, region, ids)
    images = {image.summary.image_id: image for image in images_of(records, region)}
    own = [image_id for image_id, image in images.items() if image.summary.owner_id == account]
    reader = _Reader(connection, region)
    instances, references, sources, shares, snapshots = await asyncio.gather(
        reader.instances(ids),
        reader.references(ids),
        launch_sources(connection, region, ids),
        reader.shares(own),
        reader.snapshots([images[image_id] for image_id in own]),
    )
    reports = await reader.reports([image_id for image_id in own if _is_shared(shares.get(image_id))])
    found = {}
    for image_id in ids:
        share = shares.get(image_id)
        found[image_id] = _described(image_id, images.get(image_id), account)._replace(
            public=share.public if share is not None else image_id in images and _public(images[image_id]),
            shared_with=_sharers(share),
            instances=tuple(instances.get(image_id, ())),
            templates=_templates(image_id, sources, references),
            groups=tuple(sources.groups.get(image_id, ())),
            configurations=tuple(sources.configurations.get(image_id, ())),
            parameters=tuple(references.parameters.get(image_id, ())),
            recipes=tuple(references.recipes.get(image_id, ())),
            snapshots=tuple(snapshots.get(image_id, ())),
            unknown=(*reader.unknown, *sources.unknown, *reader.unknown_of.get(image_id, ())),
            report=reports.get(image_id),
        )
    return found


class _Reader:
    """Reads each part from EC2; what IAM denies is named in `unknown`."""

    def __init__(self, connection: Ec2Connection, region: str) -> None:
        self._connection = connection
        self._region = region
        self.unknown: list[str] = []
        """For all images alike."""
        self.unknown_of: dict[str, list[str]] = {}
        """By image id."""

    async def instances(self, image_ids: Sequence[str]) -> dict[str, list[InstanceUse]]:
        """The instances that were launched from the images and are not terminated."""
        found: dict[str, list[InstanceUse]] = {}
        try:
            for batch in batches(image_ids, VALUES_A_FILTER):
                filters = [_filter("image-id", batch), _filter("instance-state-name", _THERE)]
                answers = self._pages(
                    "describe_instances", "list the instances", Filters=filters, MaxResults=_PAGE
                )
                async for answer in answers:
                    for entry in instances_of(answer):
                        state = text_of(part(entry, "State"), "Name")
                        use = InstanceUse(text_of(entry, "InstanceId"), name_of(entry), state)
                        # The request named these images only: a reference without an image id may be to any.
                        named = text_of(entry, "ImageId")
                        for image_id in (named,) if named else batch:
                            found.setdefault(image_id, []).append(use)
        except AmituiError as error:
            self.unknown.append(cannot_tell("whether instances of it are there", error))
        return found

    async def references(self, image_ids: Sequence[str]) -> _References:
        """What EC2 itself knows of resources that name the images."""
        found = _References()
        kinds = {
            "ec2:LaunchTemplate": (found.templates, _after_slash),
            "ssm:Parameter": (found.parameters, _parameter),
            "imagebuilder:ImageRecipe": (found.recipes, _recipe),
            "imagebuilder:ContainerRecipe": (found.recipes, _recipe),
        }
        try:
            for batch in batches(image_ids, IDS_A_REFERENCES_CALL):
                answers = self._pages(
                    "describe_image_references",
                    "list what refers to an image",
                    ImageIds=batch,
                    IncludeAllResourceTypes=True,
                    MaxResults=_PAGE,
                )
                async for answer in answers:
                    for entry in dicts(answer.get("ImageReferences")):
                        if kind := kinds.get(text_of(entry, "ResourceType")):
                            where, name = kind
                            named = text_of(entry, "ImageId")
                            for image_id in (named,) if named else batch:
                                where.setdefault(image_id, []).append(name(text_of(entry, "Arn")))
        except AmituiError as error:
            question = "whether parameters, Image Builder recipes or older versions of launch templates name it"
            self.unknown.append(cannot_tell(question, error))
        return found

    async def shares(self, image_ids: Sequence[str]) -> dict[str, LaunchPermissions]:
        """With whom these own images are shared."""
        room = asyncio.Semaphore(AT_ONCE)

        async def permissions_of(image_id: str) -> LaunchPermissions | None:
            try:
                async with room:
                    return await launch_permissions(self._connection, self._region, image_id)
            except AmituiError as error:
                self.unknown_of.setdefault(image_id, []).append(cannot_tell("its launch permissions", error))
                return None

        answers = await asyncio.gather(*map(permissions_of, image_ids))
        return {image_id: one for image_id, one in zip(image_ids, answers, strict=True) if one is not None}

    async def reports(self, image_ids: Sequence[str]) -> Mapping[str, UsageReport]:
        """What EC2 has reported of other accounts' use of these shared images, as far as somebody has asked."""
        if not image_ids:
            return {}
        try:
            return await usage_reports(self._connection, self._region, image_ids)
        except AmituiError:
            # Without a report it is unknown whether somebody uses a shared image, which is said of it anyway.
            return {}

    async def snapshots(self, images: Sequence[Image]) -> dict[str, list[SnapshotUse]]:
        """The snapshots behind these own images, and who else needs them."""
        ids = list(dict.fromkeys(snapshot_id for image in images for snapshot_id, _ in _volumes(image)))
        described, needed = await asyncio.gather(self._sizes(ids), self._needed_by(ids))
        found: dict[str, list[SnapshotUse]] = {}
        for image in images:
            image_id = image.summary.image_id
            for snapshot_id, gib in _volumes(image):
                size, tier = described.get(snapshot_id, (0, ""))
                others = tuple(other for other in needed.get(snapshot_id, ()) if other != image_id)
                use = SnapshotUse(snapshot_id, size / _GIB if size else gib, tier == _ARCHIVE, others)
                found.setdefault(image_id, []).append(use)
        return found

    async def _sizes(self, snapshot_ids: Sequence[str]) -> Mapping[str, tuple[int, str]]:
        """Full size in bytes and storage tier, by snapshot id."""
        found: dict[str, tuple[int, str]] = {}
        try:
            for batch in batches(snapshot_ids, VALUES_A_FILTER):
                filters = [_filter("snapshot-id", batch)]
                answers = self._pages(
                    "describe_snapshots", "read the snapshots", Filters=filters, MaxResults=_PAGE
                )
                async for answer in answers:
                    for entry in dicts(answer.get("Snapshots")):
                        size = whole(entry.get("FullSnapshotSizeInBytes")) or 0
                        found[text_of(entry, "SnapshotId")] = size, text_of(entry, "StorageTier")
        except AmituiError as error:
            # Only the estimate suffers: the sizes of the volumes are an upper bound as well.
            self.unknown.append(cannot_tell("how large its snapshots are", error))
        return found

    async def _needed_by(self, snapshot_ids: Sequence[str]) -> Mapping[str, list[str]]:
        """Ids of the own images that need each snapshot, the given images among them."""
        found: dict[str, list[str]] = {}
        try:
            for batch in batches(snapshot_ids, VALUES_A_FILTER):
                filters = (("block-device-mapping.snapshot-id", tuple(batch)),)
                request = ImagesRequest(owners=("self",), filters=filters, include_disabled=True)
                async for page in image_pages(self._connection, self._region, request):
                    for image in images_of(page.records, self._region):
                        for snapshot_id, _ in _volumes(image):
                            found.setdefault(snapshot_id, []).append(image.summary.image_id)
        except AmituiError as error:
            self.unknown.append(cannot_tell("whether other images need its snapshots", error))
        return found

    def _pages(self, operation: str, action: str, **parameters: Any) -> Any:
        return pages(self._connection.call, self._region, operation, action, **parameters)


def _described(image_id: str, image: Image | None, account: str) -> Usage:
    """What the image's own record says."""
    if image is None:
        return Usage(sanitize(image_id))
    summary = image.summary
    return Usage(
        summary.image_id,
        state=summary.state,
        owned=summary.owner_id == account,
        backup=summary.owner_alias == BACKUP_ALIAS,
        protection=image.deregistration_protection,
        last_launched=summary.last_launched,
        created=summary.created,
    )


def _templates(image_id: str, sources: LaunchSources, references: _References) -> tuple[TemplateUse, ...]:
    """Those whose current versions lead to the image, then those of which only EC2 says that they name it."""
    current = sources.templates.get(image_id, [])
    known = {use.template_id for use in current}
    older = [
        TemplateUse(template_id, sources.names.get(template_id, ""), False if sources.complete else None)
        for template_id in references.templates.get(image_id, ())
        if template_id not in known
    ]
    return (*current, *older)


def _is_shared(share: LaunchPermissions | None) -> bool:
    return share is not None and (share.public or bool(_sharers(share)))


def _sharers(share: LaunchPermissions | None) -> tuple[str, ...]:
    if share is None:
        return ()
    return (*share.account_ids, *share.organization_arns, *share.organizational_unit_arns)


def _public(image: Image) -> bool:
    return image.record.get("Public") is True


def _volumes(image: Image) -> Iterator[tuple[str, int]]:
    """Snapshot id and size in GiB of each volume that is made from a snapshot."""
    for device in image.block_devices:
        if device.snapshot_id:
            yield device.snapshot_id, device.volume_size_gib or 0


def _after_slash(arn: str) -> str:
    return arn.rpartition("/")[2]


def _parameter(arn: str) -> str:
    name = arn.partition(":parameter/")[2] or arn
    # The ARN of a parameter in a hierarchy drops the slash that its name begins with.
    return f"/{name}" if "/" in name else name


def _recipe(arn: str) -> str:
    return arn.rpartition("-recipe/")[2].replace("/", " ")


def _filter(name: str, values: Iterable[str]) -> dict[str, Any]:
    return {"Name": name, "Values": list(values)}
