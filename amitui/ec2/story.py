"""Where an image came from and what became of it: read for one image at a time, each part by a call of its own.

A part that cannot be read (IAM allows each by itself) is unknown, with the reason in words; the others are told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from amitui.domain.story import Ancestor, BinEntry, Descendant, InstanceOf, SnapshotOf, Story, Use, untold
from amitui.ec2.convert import epoch_seconds, sanitize
from amitui.ec2.permissions import launch_permissions
from amitui.errors import AmituiError, RejectedError

if TYPE_CHECKING:
    from amitui.ec2.session import Ec2Connection

T = TypeVar("T")

PAGE: Final = 200
"""Entries asked for at once."""

MOST_PAGES: Final = 25
"""Pages of one part that are read: an image with more instances than this has told enough."""

OWNER_ONLY: Final = "EC2 tells only the owner"

_NOT_THERE: Final = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable")

_KINDS: Final = {
    "ec2:Instance": "instance",
    "ec2:LaunchTemplate": "launch template",
    "ssm:Parameter": "SSM parameter",
    "imagebuilder:ImageRecipe": "Image Builder recipe",
    "imagebuilder:ContainerRecipe": "Image Builder container recipe",
}
"""DescribeImageReferences' resource types in words."""


async def story(
    connection: Ec2Connection,
    region: str,
    image_id: str,
    *,
    account: str | None,
    regions: Sequence[str],
    now: int,
) -> Story:
    """What EC2 tells of one image now. Never raises for what AWS says: that is in `unknown`.

    Args:
        connection: to AWS.
        region: where the image is.
        image_id: its id.
        account: who asks; some parts are told to the owner alone.
        regions: where copies are looked for.
        now: seconds since the epoch.
    """
    try:
        record = await _record(connection, region, image_id)
    except AmituiError as error:
        return untold(_words(error))._replace(asked_at=now)
    unknown: dict[str, str] = {}
    # A deregistered image lingers in the lists for a while.
    gone = record is None or record.get("State") == "deregistered"
    own = record is not None and account is not None and str(record.get("OwnerId", "")) == account

    async def part(name: str, reading: Awaitable[T]) -> T | None:
        try:
            return await reading
        except AmituiError as error:
            unknown[name] = _words(error)
            return None

    (snapshots, ancestry, shares), (instances, uses), (copies, in_bin) = await asyncio.gather(
        asyncio.gather(
            part("snapshots", _snapshots(connection, region, record or {})),
            part("ancestry", _ancestry(connection, region, image_id)),
            part("shares", _shares(connection, region, image_id) if own else _nothing()),
        ),
        asyncio.gather(
            part("instances", _instances(connection, region, image_id)),
            part("uses", _uses(connection, region, image_id)),
        ),
        asyncio.gather(
            _copies(connection, region, image_id, regions, unknown),
            part("image", _in_bin(connection, region, image_id) if gone else _nothing()),
        ),
    )
    if not own:
        unknown.setdefault("shares", OWNER_ONLY)
    if snapshots is None:
        unknown.setdefault("snapshots", OWNER_ONLY)
    reason = (record or {}).get("StateReason")
    return Story(
        state=_text(record.get("State")) if record is not None else "",
        reason=_text(reason.get("Message")) if isinstance(reason, dict) else "",
        snapshots=snapshots,
        ancestry=ancestry,
        shares=shares,
        instances=instances,
        uses=uses,
        copies=copies,
        copy_regions=tuple(dict.fromkeys((region, *regions))),
        in_bin=in_bin,
        unknown=unknown,
        asked_at=now,
    )


async def _nothing() -> None:
    return None


async def _record(connection: Ec2Connection, region: str, image_id: str) -> dict[str, Any] | None:
    """The image as it is now; `None` when EC2 does not list it. By a filter, which finds none without an error."""
    answer = await connection.call(
        region,
        "describe_images",
        "look at the image",
        Filters=_filters({"image-id": image_id}),
        IncludeDeprecated=True,
        IncludeDisabled=True,
    )
    return next(iter(_dicts(answer.get("Images"))), None)


async def _snapshots(
    connection: Ec2Connection, region: str, record: Mapping[str, Any]
) -> tuple[SnapshotOf, ...] | None:
    """The snapshots behind an image as far as they may be seen; `None` when none of them is."""
    mappings = (mapping.get("Ebs") for mapping in _dicts(record.get("BlockDeviceMappings")))
    ids = [str(ebs["SnapshotId"]) for ebs in mappings if isinstance(ebs, dict) and ebs.get("SnapshotId")]
    if not ids:
        return ()
    answer = await connection.call(
        region,
        "describe_snapshots",
        "look at the image's snapshots",
        Filters=[{"Name": "snapshot-id", "Values": ids[:PAGE]}],
    )
    found = [
        SnapshotOf(
            _text(entry.get("SnapshotId")),
            _text(entry.get("State")),
            _per_cent(entry.get("Progress")),
            entry["VolumeSize"] if isinstance(entry.get("VolumeSize"), int) else 0,
            epoch_seconds(entry.get("StartTime")),
            _text(entry.get("StateMessage")),
        )
        for entry in _dicts(answer.get("Snapshots"))
    ]
    return tuple(sorted(found)) if found else None


async def _ancestry(connection: Ec2Connection, region: str, image_id: str) -> tuple[Ancestor, ...]:
    answer = await connection.call(
        region, "get_image_ancestry", "read what the image was made of", ImageId=image_id
    )
    found: list[Ancestor] = []
    where = ""
    for entry in _dicts(answer.get("ImageAncestryEntries")):
        alias, created = _text(entry.get("ImageOwnerAlias")), epoch_seconds(entry.get("CreationDate"))
        found.append(Ancestor(_text(entry.get("ImageId")), where, alias, created))
        where = _text(entry.get("SourceImageRegion")) or where
        source = _text(entry.get("SourceImageId"))
    # The last one names a source that EC2 tells no more of.
    if found and source and source != found[-1].image_id:
        found.append(Ancestor(source, where, "", None))
    return tuple(found)


async def _shares(connection: Ec2Connection, region: str, image_id: str) -> tuple[str, ...]:
    permissions = await launch_permissions(connection, region, image_id)
    return () if permissions.private else permissions.words()


async def _instances(connection: Ec2Connection, region: str, image_id: str) -> tuple[InstanceOf, ...]:
    pages = await _pages(
        connection,
        region,
        "describe_instances",
        "look for instances of the image",
        Filters=_filters({"image-id": image_id}),
    )
    instances = (
        instance
        for page in pages
        for reservation in _dicts(page.get("Reservations"))
        for instance in _dicts(reservation.get("Instances"))
    )
    found = []
    for instance in instances:
        tags = {str(tag.get("Key")): tag.get("Value") for tag in _dicts(instance.get("Tags"))}
        state = instance.get("State")
        found.append(
            InstanceOf(
                _text(instance.get("InstanceId")),
                _text(tags.get("Name")),
                _text(state.get("Name")) if isinstance(state, dict) else "",
                epoch_seconds(instance.get("LaunchTime")),
            )
        )
    return tuple(sorted(found, key=lambda one: (-(one.launched_at or 0), one.instance_id)))


async def _uses(connection: Ec2Connection, region: str, image_id: str) -> tuple[Use, ...]:
    pages = await _pages(
        connection,
        region,
        "describe_image_references",
        "read what refers to the image",
        ImageIds=[image_id],
        IncludeAllResourceTypes=True,
    )
    found = set()
    for page in pages:
        for entry in _dicts(page.get("ImageReferences")):
            kind, arn = _text(entry.get("ResourceType")), _text(entry.get("Arn"))
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
    return tuple(sorted(found)) if len(failed) < len(wanted) else None


async def _copies_in(connection: Ec2Connection, place: str, region: str, image_id: str) -> list[Descendant]:
    pages = await _pages(
        connection,
        place,
        "describe_images",
        "look for copies of the image",
        Owners=["self"],
        Filters=_filters({"source-image-id": image_id, "source-image-region": region}),
        IncludeDisabled=True,
    )
    found = []
    for page in pages:
        for entry in _dicts(page.get("Images")):
            reason = entry.get("StateReason")
            found.append(
                Descendant(
                    place,
                    _text(entry.get("ImageId")),
                    _text(entry.get("Name")),
                    _text(entry.get("State")),
                    epoch_seconds(entry.get("CreationDate")),
                    _text(reason.get("Message")) if isinstance(reason, dict) else "",
                    _text(entry.get("SourceInstanceId")),
                )
            )
    return found


async def _in_bin(connection: Ec2Connection, region: str, image_id: str) -> BinEntry | None:
    try:
        pages = await _pages(
            connection, region, "list_images_in_recycle_bin", "look into the recycle bin", ImageIds=[image_id]
        )
    except RejectedError as error:
        if error.code in _NOT_THERE:
            return None
        raise
    for page in pages:
        for entry in _dicts(page.get("Images")):
            if entry.get("ImageId") == image_id:
                entered, leaves = entry.get("RecycleBinEnterTime"), entry.get("RecycleBinExitTime")
                return BinEntry(epoch_seconds(entered), epoch_seconds(leaves))
    return None


async def _pages(
    connection: Ec2Connection, region: str, operation: str, action: str, **parameters: Any
) -> list[dict[str, Any]]:
    """The pages of a list. Ids and a page size exclude each other, so what goes by ids is one page as a rule."""
    pages: list[dict[str, Any]] = []
    if "ImageIds" not in parameters:
        parameters["MaxResults"] = PAGE
    while len(pages) < MOST_PAGES:
        page = await connection.call(region, operation, action, **parameters)
        pages.append(page)
        if not page.get("NextToken"):
            break
        parameters["NextToken"] = page["NextToken"]
    return pages


def _filters(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]} for name, value in values.items()]


def _words(error: AmituiError) -> str:
    return f"{error.what} ({error.why})" if error.why else error.what


def _dicts(value: object) -> Iterable[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return sanitize(value) if isinstance(value, str) else ""


def _per_cent(value: object) -> int | None:
    """`62%` as 62."""
    digits = value.removesuffix("%") if isinstance(value, str) else ""
    return min(100, int(digits)) if digits.isascii() and digits.isdigit() else None
