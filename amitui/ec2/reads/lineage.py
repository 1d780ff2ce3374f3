"""What an image was made from and what was made from it: read for one image, each part by a call of its own.

A part that cannot be read (IAM allows each by itself) is unknown, with the reason in words; the others are known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from amitui.domain.epoch import epoch_seconds
from amitui.domain.timeline.lineage import (
    Ancestor,
    BinEntry,
    Descendant,
    InstanceOf,
    Lineage,
    SnapshotOf,
    Use,
    unknown_lineage,
)
from amitui.ec2.query import dicts, instances_of, listed, name_of, part, per_cent, text, text_of, whole
from amitui.ec2.reads.permissions import launch_permissions
from amitui.errors import AmituiError, RejectedError

if TYPE_CHECKING:
    from amitui.ec2.session import Ec2Connection

T = TypeVar("T")

PAGE: Final = 200
"""Entries in a page."""

MOST_PAGES: Final = 25
"""Most pages of one part that are read; what lies behind them is left out."""

OWNER_ONLY: Final = "only the owner can see this"

_NOT_THERE: Final = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable")

_KINDS: Final = {
    "ec2:Instance": "instance",
    "ec2:LaunchTemplate": "launch template",
    "ssm:Parameter": "SSM parameter",
    "imagebuilder:ImageRecipe": "Image Builder recipe",
    "imagebuilder:ContainerRecipe": "Image Builder container recipe",
}
"""DescribeImageReferences' resource types in words."""


async def lineage(
    connection: Ec2Connection,
    region: str,
    image_id: str,
    *,
    account: str | None,
    regions: Sequence[str],
    now: int,
) -> Lineage:
    """Read the lineage of one image. Errors of AWS are not raised: they are in `unknown`.

    Args:
        connection: to AWS.
        region: where the image is.
        image_id: its id.
        account: the account in use; EC2 shows some parts to the owner alone.
        regions: where to search for copies.
        now: seconds since the epoch.
    """
    try:
        record = await _record(connection, region, image_id)
    except AmituiError as error:
        return unknown_lineage(_words(error))._replace(read_at=now)
    found = await _read_around(connection, region, image_id, record or {}, account, regions)
    return found._replace(
        state=text_of(record or {}, "State"),
        reason=text_of(part(record or {}, "StateReason"), "Message"),
        copy_regions=tuple(dict.fromkeys((region, *regions))),
        read_at=now,
    )


async def _read_around(
    connection: Ec2Connection,
    region: str,
    image_id: str,
    record: Mapping[str, Any],
    account: str | None,
    regions: Sequence[str],
) -> Lineage:
    """What is read besides the image's own record, all at once.

    Args:
        record: the image's; empty when EC2 does not list it.
    """
    unknown: dict[str, str] = {}
    # A deregistered image lingers in the lists for a while.
    gone = not record or record.get("State") == "deregistered"
    own = account is not None and record.get("OwnerId") == account

    async def known(name: str, reading: Awaitable[T]) -> T | None:
        try:
            return await reading
        except AmituiError as error:
            unknown[name] = _words(error)
            return None

    (snapshots, ancestry, shares), (instances, uses), (copies, in_bin) = await asyncio.gather(
        asyncio.gather(
            known("snapshots", _snapshots(connection, region, record)),
            known("ancestry", _ancestry(connection, region, image_id)),
            known("shares", _shares(connection, region, image_id) if own else _nothing()),
        ),
        asyncio.gather(
            known("instances", _instances(connection, region, image_id)),
            known("uses", _uses(connection, region, image_id)),
        ),
        asyncio.gather(
            _copies(connection, region, image_id, regions, unknown),
            known("image", _in_bin(connection, region, image_id) if gone else _nothing()),
        ),
    )
    if not own:
        unknown.setdefault("shares", OWNER_ONLY)
    if snapshots is None:
        unknown.setdefault("snapshots", OWNER_ONLY)
    return Lineage("", "", snapshots, ancestry, shares, instances, uses, copies, in_bin=in_bin, unknown=unknown)


async def _nothing() -> None:
    return None


async def _record(connection: Ec2Connection, region: str, image_id: str) -> dict[str, Any] | None:
    """The image as it is now; `None` when EC2 does not list it. By a filter, which finds none without an error."""
    answer = await connection.call(
        region,
        "describe_images",
        "read the image",
        Filters=_filters({"image-id": image_id}),
        IncludeDeprecated=True,
        IncludeDisabled=True,
    )
    return next(iter(dicts(answer.get("Images"))), None)


async def _snapshots(
    connection: Ec2Connection, region: str, record: Mapping[str, Any]
) -> tuple[SnapshotOf, ...] | None:
    """The snapshots behind an image as far as they may be seen; `None` when none of them is."""
    mappings = dicts(record.get("BlockDeviceMappings"))
    ids = [one for mapping in mappings if (one := text_of(part(mapping, "Ebs"), "SnapshotId"))]
    if not ids:
        return ()
    answer = await connection.call(
        region,
        "describe_snapshots",
        "read the image's snapshots",
        Filters=[{"Name": "snapshot-id", "Values": ids[:PAGE]}],
    )
    found = [
        SnapshotOf(
            text(entry.get("SnapshotId")),
            text(entry.get("State")),
            per_cent(entry.get("Progress")),
            whole(entry.get("VolumeSize")) or 0,
            epoch_seconds(entry.get("StartTime")),
            text(entry.get("StateMessage")),
        )
        for entry in dicts(answer.get("Snapshots"))
    ]
    return tuple(sorted(found, key=lambda one: one.snapshot_id)) if found else None


async def _ancestry(connection: Ec2Connection, region: str, image_id: str) -> tuple[Ancestor, ...]:
    answer = await connection.call(
        region, "get_image_ancestry", "read what the image was made of", ImageId=image_id
    )
    found: list[Ancestor] = []
    where = source = ""
    for entry in dicts(answer.get("ImageAncestryEntries")):
        alias, created = text(entry.get("ImageOwnerAlias")), epoch_seconds(entry.get("CreationDate"))
        found.append(Ancestor(text(entry.get("ImageId")), where, alias, created))
        where = text(entry.get("SourceImageRegion")) or where
        source = text(entry.get("SourceImageId"))
    # The last one names a source of which EC2 reports nothing else.
    if found and source and source != found[-1].image_id:
        found.append(Ancestor(source, where, "", None))
    return tuple(found)


async def _shares(connection: Ec2Connection, region: str, image_id: str) -> tuple[str, ...]:
    permissions = await launch_permissions(connection, region, image_id)
    return () if permissions.private else permissions.words()


async def _instances(connection: Ec2Connection, region: str, image_id: str) -> tuple[InstanceOf, ...]:
    reservations = await listed(
        connection.call,
        "Reservations",
        region,
        "describe_instances",
        "find instances of the image",
        most=MOST_PAGES,
        MaxResults=PAGE,
        Filters=_filters({"image-id": image_id}),
    )
    found = [
        InstanceOf(
            text_of(instance, "InstanceId"),
            name_of(instance),
            text_of(part(instance, "State"), "Name"),
            epoch_seconds(instance.get("LaunchTime")),
        )
        for instance in instances_of({"Reservations": reservations})
    ]
    return tuple(sorted(found, key=lambda one: (-(one.launched_at or 0), one.instance_id)))


async def _uses(connection: Ec2Connection, region: str, image_id: str) -> tuple[Use, ...]:
    # Ids and a page size exclude each other.
    references = await listed(
        connection.call,
        "ImageReferences",
        region,
        "describe_image_references",
        "read what refers to the image",
        most=MOST_PAGES,
        ImageIds=[image_id],
        IncludeAllResourceTypes=True,
    )
    found = set()
    for entry in references:
        kind, arn = text_of(entry, "ResourceType"), text_of(entry, "Arn")
        if kind != "ec2:Instance":
            found.add(Use(_KINDS.get(kind, kind), arn.rpartition("/")[2] or arn))
    return tuple(sorted(found))


async def _copies(
    connection: Ec2Connection, region: str, image_id: str, regions: Sequence[str], unknown: dict[str, str]
) -> tuple[Descendant, ...] | None:
    """This account's images that were made of it; regions that did not answer are named in `unknown`."""
    wanted = list(dict.fromkeys((region, *regions)))
    answers = await asyncio.gather(
        *(_copies_in(connection, place, region, image_id) for place in wanted), return_exceptions=True
    )
    found: list[Descendant] = []
    failed: dict[str, str] = {}
    for place, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, AmituiError):
            failed[place] = _words(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found += answer
    if failed:
        unknown["copies"] = "; ".join(f"{place}: {words}" for place, words in failed.items())
    found.sort(key=lambda one: (one.region, one.image_id))
    return tuple(found) if len(failed) < len(wanted) else None


async def _copies_in(connection: Ec2Connection, place: str, region: str, image_id: str) -> list[Descendant]:
    images = await listed(
        connection.call,
        "Images",
        place,
        "describe_images",
        "find copies of the image",
        most=MOST_PAGES,
        MaxResults=PAGE,
        Owners=["self"],
        Filters=_filters({"source-image-id": image_id, "source-image-region": region}),
        IncludeDisabled=True,
    )
    return [
        Descendant(
            place,
            text_of(entry, "ImageId"),
            text_of(entry, "Name"),
            text_of(entry, "State"),
            epoch_seconds(entry.get("CreationDate")),
            text_of(part(entry, "StateReason"), "Message"),
            text_of(entry, "SourceInstanceId"),
        )
        for entry in images
    ]


async def _in_bin(connection: Ec2Connection, region: str, image_id: str) -> BinEntry | None:
    try:
        images = await listed(
            connection.call,
            "Images",
            region,
            "list_images_in_recycle_bin",
            "read the Recycle Bin",
            most=MOST_PAGES,
            ImageIds=[image_id],
        )
    except RejectedError as error:
        if error.code in _NOT_THERE:
            return None
        raise
    for entry in images:
        if entry.get("ImageId") == image_id:
            entered, leaves = entry.get("RecycleBinEnterTime"), entry.get("RecycleBinExitTime")
            return BinEntry(epoch_seconds(entered), epoch_seconds(leaves))
    return None


def _filters(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]} for name, value in values.items()]


def _words(error: AmituiError) -> str:
    return f"{error.what} ({error.why})" if error.why else error.what
