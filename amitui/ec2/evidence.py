"""Finds out whether a call happened whose answer never came: by names, sources, times, states and tags.

Nothing here changes anything. EC2's lists lag behind: what is there is proof, what is missing is not, until it is
missing twice some seconds apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeAlias

from amitui.domain.operation import Result
from amitui.domain.plan import Call
from amitui.ec2.convert import epoch_seconds, sanitize
from amitui.ec2.performing import Asks
from amitui.errors import AwsError

CLOCK_SKEW_S: Final = 300
"""By how much this machine's clock may be ahead of EC2's, in seconds: what was made so much earlier counts."""
APART_S: Final = 6.0
"""Seconds between the two looks that prove that nothing is there."""
_PAGE_SIZE: Final = 1000
_MINUTE: Final = 60

Record: TypeAlias = dict[str, Any]


class Found(StrEnum):
    """What the evidence says."""

    HAPPENED = "happened"
    NOT_HAPPENED = "not happened"
    REPEATABLE = "repeatable"
    """It may or may not have happened, and asking again has no second effect."""


class Outcome(NamedTuple):
    """What became of a call. All text is sanitized."""

    found: Found
    made: str = ""
    """The image that it made."""
    results: tuple[Result, ...] = ()
    note: str = ""


class _Asked(NamedTuple):
    """What the evidence is looked for with."""

    connection: Asks
    call: Call
    since: float
    """Seconds since the epoch; what is older has nothing to do with the call."""
    snapshots: tuple[str, ...]
    """Those that the call was to delete."""


_NO: Final = Outcome(Found.NOT_HAPPENED)
_AGAIN: Final = Outcome(Found.REPEATABLE)
_YES: Final = Outcome(Found.HAPPENED)


async def outcome(
    connection: Asks,
    call: Call,
    asked_at: float,
    *,
    snapshots: Sequence[str] = (),
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Outcome:
    """What became of a call that was, or was about to be, sent.

    Args:
        connection: with the same credentials as the call.
        call: what was asked.
        asked_at: when, by this machine's clock, in seconds since the epoch; the first time if there were several.
        snapshots: what a deregistration was to delete; each gets its result.
        sleep: waits between the two looks.

    Raises:
        AwsError: it cannot be found out now, in words.
        ValueError: nothing is known of such calls.
    """
    look = _LOOKS.get(call.api)
    if look is None:
        raise ValueError(f"there is no evidence for {call.api}")
    asked = _Asked(connection, call, asked_at - CLOCK_SKEW_S, tuple(snapshots))
    found = await look(asked)
    if found.found is Found.NOT_HAPPENED:
        await sleep(APART_S)
        found = await look(asked)
    return found


def is_repetition(call: Call, code: str) -> bool:
    """Whether an error code says of a repeated call that the first one had its effect."""
    return code in _REPETITIONS.get(call.api, ())


# Images that are made: a name is had by one image of an account and region at a time


async def _made(asked: _Asked) -> Outcome:
    name = asked.call.parameters.get("Name")
    if not name:
        # The image takes the name that it was stored with: EC2 refuses a second one.
        return _AGAIN
    filters = [{"Name": "name", "Values": [name]}]
    records = await _listed(
        asked, "describe_images", "Images", Owners=["self"], Filters=filters, IncludeDisabled=True
    )
    fitting = [record for record in records if record.get("Name") == name and _fits(asked, record)]
    newest = max(fitting, key=lambda record: str(record.get("CreationDate")), default=None)
    return _NO if newest is None else Outcome(Found.HAPPENED, made=_text(newest.get("ImageId")))


def _fits(asked: _Asked, record: Record) -> bool:
    if record.get("State") == "deregistered" or _before(asked, record.get("CreationDate")):
        return False
    parameters = asked.call.parameters
    # Its source is not always told; where it is, it must be the one that was asked for.
    return all(
        record.get(theirs) in (None, parameters.get(ours, record.get(theirs)))
        for theirs, ours in (("SourceInstanceId", "InstanceId"), ("SourceImageId", "SourceImageId"))
    )


async def _copied(asked: _Asked) -> Outcome:
    found = await _made(asked)
    # Its client token makes EC2 answer a repetition with the image of the first call.
    return found if found.found is Found.HAPPENED else _AGAIN


# Images that are changed: setting what is set already has no effect


async def _deregistered(asked: _Asked) -> Outcome:
    image = await _image(asked)
    if image is not None and image.get("State") != "deregistered":
        return _AGAIN
    if not asked.call.parameters.get("DeleteAssociatedSnapshots") or not asked.snapshots:
        return _YES
    filters = [{"Name": "snapshot-id", "Values": list(asked.snapshots)}]
    left = {
        one.get("SnapshotId") for one in await _listed(asked, "describe_snapshots", "Snapshots", Filters=filters)
    }
    return Outcome(
        Found.HAPPENED,
        results=tuple(
            Result(sanitize(one), one not in left, "kept: EC2 still lists it" if one in left else "deleted")
            for one in asked.snapshots
        ),
    )


def _with(fits: Callable[[Record, Mapping[str, Any]], bool]) -> _Look:
    """Looks whether the image's record is what the call was to make of it."""

    async def look(asked: _Asked) -> Outcome:
        image = await _image(asked)
        return _YES if image is not None and fits(image, asked.call.parameters) else _AGAIN

    return look


def _is_deprecated(image: Record, parameters: Mapping[str, Any]) -> bool:
    has, wanted = epoch_seconds(image.get("DeprecationTime")), epoch_seconds(parameters.get("DeprecateAt"))
    # EC2 rounds to the minute.
    return has is not None and wanted is not None and abs(has - wanted) < _MINUTE


def _is_protected(image: Record, parameters: Mapping[str, Any]) -> bool:
    wanted = "enabled-with-cooldown" if parameters.get("WithCooldown") else "enabled-without-cooldown"
    return image.get("DeregistrationProtection") == wanted


async def _modified(asked: _Asked) -> Outcome:
    parameters = asked.call.parameters
    if "LaunchPermission" in parameters:
        return await _shared(asked)
    image = await _image(asked)
    for attribute in ("Description", "ImdsSupport"):
        if attribute in parameters and image is not None:
            wanted = parameters[attribute].get("Value", "")
            return _YES if (image.get(attribute) or "") == wanted else _AGAIN
    return _AGAIN


async def _shared(asked: _Asked) -> Outcome:
    answer = await asked.connection.call(
        asked.call.region,
        "describe_image_attribute",
        "read the launch permissions",
        ImageId=asked.call.parameters["ImageId"],
        Attribute="launchPermission",
    )
    change = asked.call.parameters["LaunchPermission"]
    present = _grantees(answer.get("LaunchPermissions") or ())
    added, removed = _grantees(change.get("Add", ())), _grantees(change.get("Remove", ()))
    return _YES if added <= present and not removed & present else _AGAIN


def _grantees(items: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(str(name), str(value)) for item in items for name, value in item.items()}


async def _left(asked: _Asked) -> Outcome:
    # An image that is public, or shared in another way too, stays in sight: then EC2's refusal tells.
    return _YES if await _image(asked) is None else _AGAIN


async def _tagged(asked: _Asked) -> Outcome:
    wanted = asked.call.parameters.get("Tags", ())
    present = await _tags(asked)
    there = all(
        present.get((resource, tag["Key"])) == tag.get("Value", "")
        for resource in asked.call.parameters["Resources"]
        for tag in wanted
    )
    return _YES if there else _AGAIN


async def _untagged(asked: _Asked) -> Outcome:
    present = await _tags(asked)
    gone = not any(
        (resource, tag["Key"]) in present and tag.get("Value") in (None, present[resource, tag["Key"]])
        for resource in asked.call.parameters["Resources"]
        for tag in asked.call.parameters.get("Tags", ())
    )
    return _YES if gone else _AGAIN


async def _tags(asked: _Asked) -> dict[tuple[str, str], str]:
    filters = [{"Name": "resource-id", "Values": list(asked.call.parameters["Resources"])}]
    found = await _listed(asked, "describe_tags", "Tags", Filters=filters)
    return {(str(tag.get("ResourceId")), str(tag.get("Key"))): str(tag.get("Value") or "") for tag in found}


# The recycle bin, S3, instances


async def _image_restored(asked: _Asked) -> Outcome:
    image_id = asked.call.parameters["ImageId"]
    # A deregistered image lingers in the lists: only what has left the bin is back.
    if await _in_bin(asked, "list_images_in_recycle_bin", "Images", ImageIds=[image_id]):
        return _AGAIN
    image = await _image(asked)
    return _YES if image is not None and image.get("State") != "deregistered" else _AGAIN


async def _snapshot_restored(asked: _Asked) -> Outcome:
    ids = [asked.call.parameters["SnapshotId"]]
    if await _in_bin(asked, "list_snapshots_in_recycle_bin", "Snapshots", SnapshotIds=ids):
        return _AGAIN
    filters = [{"Name": "snapshot-id", "Values": ids}]
    return _YES if await _listed(asked, "describe_snapshots", "Snapshots", Filters=filters) else _AGAIN


async def _in_bin(asked: _Asked, operation: str, member: str, **ids: Any) -> bool:
    try:
        answer = await asked.connection.call(asked.call.region, operation, "look into the recycle bin", **ids)
    except AwsError as error:
        if error.code.endswith(".NotFound"):
            return False
        raise
    return bool(answer.get(member))


async def _stored(asked: _Asked) -> Outcome:
    parameters = asked.call.parameters
    answer = await asked.connection.call(
        asked.call.region,
        "describe_store_image_tasks",
        "look for the task in S3",
        ImageIds=[parameters["ImageId"]],
    )
    for task in answer.get("StoreImageTaskResults") or ():
        if task.get("Bucket") == parameters.get("Bucket") and not _before(asked, task.get("TaskStartTime")):
            return Outcome(Found.HAPPENED, note=_text(task.get("S3objectKey")))
    return _NO


async def _again(_asked: _Asked) -> Outcome:
    return _AGAIN


# All of them


async def _image(asked: _Asked) -> Record | None:
    """The image that the call is about, if EC2 lists it."""
    found = await _listed(
        asked,
        "describe_images",
        "Images",
        Filters=[{"Name": "image-id", "Values": [asked.call.parameters["ImageId"]]}],
        IncludeDeprecated=True,
        IncludeDisabled=True,
    )
    return found[0] if found else None


async def _listed(asked: _Asked, operation: str, member: str, **parameters: Any) -> list[Record]:
    found: list[Record] = []
    parameters["MaxResults"] = _PAGE_SIZE
    while True:
        words = f"find out what became of it ({asked.call.action})"
        answer = await asked.connection.call(asked.call.region, operation, words, **parameters)
        found += answer.get(member) or ()
        if not answer.get("NextToken"):
            return found
        parameters["NextToken"] = answer["NextToken"]


def _before(asked: _Asked, made: Any) -> bool:
    """Whether something is too old to come from the call. Of what has no time nobody can say so."""
    seconds = epoch_seconds(made)
    return seconds is not None and seconds < asked.since


def _text(value: Any) -> str:
    return sanitize(str(value)) if value is not None else ""


_Look: TypeAlias = Callable[[_Asked], Awaitable[Outcome]]

_LOOKS: Final[Mapping[str, _Look]] = {
    "cancel_image_launch_permission": _left,
    "copy_image": _copied,
    "create_image": _made,
    "create_restore_image_task": _made,
    "create_store_image_task": _stored,
    "create_tags": _tagged,
    "delete_tags": _untagged,
    "deregister_image": _deregistered,
    "disable_image": _with(lambda image, _: image.get("State") == "disabled"),
    "disable_image_deprecation": _with(lambda image, _: not image.get("DeprecationTime")),
    # While it cools down the image is no longer called enabled.
    "disable_image_deregistration_protection": _with(
        lambda image, _: not str(image.get("DeregistrationProtection") or "").startswith("enabled")
    ),
    "enable_image": _with(lambda image, _: image.get("State") == "available"),
    "enable_image_deprecation": _with(_is_deprecated),
    "enable_image_deregistration_protection": _with(_is_protected),
    "modify_image_attribute": _modified,
    "register_image": _made,
    "restore_image_from_recycle_bin": _image_restored,
    "restore_snapshot_from_recycle_bin": _snapshot_restored,
    "run_instances": _again,
    "start_instances": _again,
    "stop_instances": _again,
}

KNOWN: Final = frozenset(_LOOKS)
"""The client's methods of which it can be found out whether they happened; plans use no others."""

_REPETITIONS: Final[Mapping[str, frozenset[str]]] = {
    "deregister_image": frozenset({"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}),
    "cancel_image_launch_permission": frozenset(
        {"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "OperationNotPermitted"}
    ),
}
"""Error codes of a call's repetition after the first had its effect, where no state tells it as well."""
