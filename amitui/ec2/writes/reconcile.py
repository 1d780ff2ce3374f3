"""Reconciles a call whose answer never came: finds out from names, sources, times, states and tags if it happened.

Nothing here changes anything. EC2's lists lag behind: what is listed proves a call, but what is missing disproves
it only if it is missing again some seconds later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from amitui.defects import defect_of
from amitui.domain.epoch import epoch_seconds
from amitui.domain.operations.apis import APIS, Evidence, ImageIs
from amitui.domain.operations.operation import Result
from amitui.domain.operations.plan import Call
from amitui.ec2.convert import sanitize
from amitui.ec2.query import Ec2Client
from amitui.ec2.writes.reconcile_launch import LAUNCH_CHECKS
from amitui.ec2.writes.reconcile_rollout import ROLLOUT_CHECKS
from amitui.ec2.writes.reconcile_search import (
    AGAIN,
    CLOCK_SKEW_S,
    NO,
    YES,
    Check,
    Found,
    Outcome,
    Record,
    SentCall,
    filters,
    granted,
    text,
)
from amitui.errors import AmituiError, AwsError

APART_S: Final = 6.0
"""Seconds between the two reads that prove that nothing is there."""
_FURTHER_READS: Final[Mapping[Evidence | ImageIs, int]] = {Evidence.PARAMETER_VALUE: 5}
"""How often something must be missing again until that disproves the call, where once does not suffice: Systems
Manager shows the id of an image only after it has checked it, which takes some seconds."""
_MINUTE: Final = 60


async def reconcile(
    connection: Ec2Client,
    call: Call,
    sent_at: float,
    *,
    snapshots: Sequence[str] = (),
    known: Sequence[str] = (),
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Outcome:
    """Find out whether a call that was sent, or was about to be sent, happened.

    Args:
        connection: with the same credentials as the call.
        call: what was sent.
        sent_at: when, by this machine's clock, in seconds since the epoch; the first time if there were several.
        snapshots: what a deregistration was to delete; each gets its result.
        known: ids of instance refreshes that were there before, or that the call is about.
        sleep: waits between the two reads.

    Raises:
        AwsError: it cannot be found out now, in words.
        ValueError: plans make no such call.
    """
    check = _check_of(call)
    sent = SentCall(connection, call, sent_at - CLOCK_SKEW_S, tuple(snapshots), tuple(known))
    found = await _checked(check, sent)
    for _ in range(_FURTHER_READS.get(APIS[call.api].evidence, 1)):
        if found.found is not Found.NOT_HAPPENED:
            break
        await sleep(APART_S)
        found = await _checked(check, sent)
    return found


async def _checked(check: Check, sent: SentCall) -> Outcome:
    try:
        return await check(sent)
    except AmituiError:
        raise
    except Exception as error:
        # An answer that cannot be read proves neither that the call happened nor that it did not.
        raise AwsError(
            f"EC2's answer about it cannot be read ({sent.call.action})",
            why=defect_of(error).why,
            code="Unreadable",
        ) from error


def is_repetition(call: Call, code: str) -> bool:
    """Whether the error code of a repeated call means that the first one had its effect."""
    spec = APIS.get(call.api)
    return spec is not None and code in spec.repetition_codes


# Images that are made: a name is had by one image of an account and region at a time


async def _made(sent: SentCall) -> Outcome:
    name = sent.parameters.get("Name")
    if not name:
        # The image takes the name that it was stored with: EC2 refuses a second image of that name.
        return AGAIN
    records = await sent.listed(
        "describe_images", "Images", Owners=["self"], Filters=filters(name=name), IncludeDisabled=True
    )
    fitting = [record for record in records if record.get("Name") == name and _fits(sent, record)]
    newest = max(fitting, key=lambda record: str(record.get("CreationDate")), default=None)
    return NO if newest is None else Outcome(Found.HAPPENED, made=text(newest.get("ImageId")))


def _fits(sent: SentCall, record: Record) -> bool:
    if record.get("State") == "deregistered" or sent.is_older(record.get("CreationDate")):
        return False
    parameters = sent.parameters
    # EC2 does not always name the source; where it does, it must be the one in the call.
    return all(
        record.get(theirs) in (None, parameters.get(ours, record.get(theirs)))
        for theirs, ours in (("SourceInstanceId", "InstanceId"), ("SourceImageId", "SourceImageId"))
    )


async def _copied(sent: SentCall) -> Outcome:
    found = await _made(sent)
    # Its client token makes EC2 answer a repetition with the image of the first call.
    return found if found.found is Found.HAPPENED else AGAIN


async def _reported(sent: SentCall) -> Outcome:
    records = await sent.listed(
        "describe_image_usage_reports", "ImageUsageReports", ImageIds=[sent.parameters["ImageId"]]
    )
    newest = max(records, key=lambda record: str(record.get("CreationTime")), default=None)
    if newest is not None and not sent.is_older(newest.get("CreationTime")):
        return Outcome(Found.HAPPENED, note=text(newest.get("ReportId")))
    # Its client token makes EC2 answer a repetition with the report of the first call.
    return AGAIN


# Images that are changed: setting what is set already has no effect


async def _deregistered(sent: SentCall) -> Outcome:
    image = await _image(sent)
    if image is not None and image.get("State") != "deregistered":
        return AGAIN
    if not sent.parameters.get("DeleteAssociatedSnapshots") or not sent.snapshots:
        return YES
    wanted = filters(snapshot_id=sent.snapshots)
    left = {one.get("SnapshotId") for one in await sent.listed("describe_snapshots", "Snapshots", Filters=wanted)}
    return Outcome(
        Found.HAPPENED,
        results=tuple(
            Result(sanitize(one), one not in left, "kept: EC2 still lists it" if one in left else "deleted")
            for one in sent.snapshots
        ),
    )


def _with(fits: ImageIs) -> Check:
    """Checks whether the image's record is as the call was to make it."""

    async def check(sent: SentCall) -> Outcome:
        image = await _image(sent)
        return YES if image is not None and fits(image, sent.parameters) else AGAIN

    return check


def _is_deprecated(image: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    has, wanted = epoch_seconds(image.get("DeprecationTime")), epoch_seconds(parameters.get("DeprecateAt"))
    # EC2 rounds to the minute.
    return has is not None and wanted is not None and abs(has - wanted) < _MINUTE


async def _modified(sent: SentCall) -> Outcome:
    parameters = sent.parameters
    if "LaunchPermission" in parameters:
        return await _shared(sent)
    image = await _image(sent)
    for attribute in ("Description", "ImdsSupport"):
        if attribute in parameters and image is not None:
            wanted = parameters[attribute].get("Value", "")
            return YES if (image.get(attribute) or "") == wanted else AGAIN
    return AGAIN


async def _shared(sent: SentCall) -> Outcome:
    answer = await sent.read(
        "describe_image_attribute", ImageId=sent.parameters["ImageId"], Attribute="launchPermission"
    )
    return granted(sent.parameters["LaunchPermission"], answer.get("LaunchPermissions"))


async def _share_given_up(sent: SentCall) -> Outcome:
    # A public image, or one shared in another way too, stays visible: EC2's refusal of a repetition shows it.
    return YES if await _image(sent) is None else AGAIN


async def _tagged(sent: SentCall) -> Outcome:
    wanted = sent.parameters.get("Tags", ())
    present = await _tags(sent)
    there = all(
        present.get((resource, tag["Key"])) == tag.get("Value", "")
        for resource in sent.parameters["Resources"]
        for tag in wanted
    )
    return YES if there else AGAIN


async def _untagged(sent: SentCall) -> Outcome:
    present = await _tags(sent)
    gone = not any(
        (resource, tag["Key"]) in present and tag.get("Value") in (None, present[resource, tag["Key"]])
        for resource in sent.parameters["Resources"]
        for tag in sent.parameters.get("Tags", ())
    )
    return YES if gone else AGAIN


async def _tags(sent: SentCall) -> dict[tuple[str, str], str]:
    wanted = filters(resource_id=sent.parameters["Resources"])
    found = await sent.listed("describe_tags", "Tags", Filters=wanted)
    return {(str(tag.get("ResourceId")), str(tag.get("Key"))): str(tag.get("Value") or "") for tag in found}


# The recycle bin, S3, instances


async def _image_restored(sent: SentCall) -> Outcome:
    image_id = sent.parameters["ImageId"]
    # A deregistered image lingers in the lists: only what has left the bin is back.
    if await _in_bin(sent, "list_images_in_recycle_bin", "Images", ImageIds=[image_id]):
        return AGAIN
    image = await _image(sent)
    return YES if image is not None and image.get("State") != "deregistered" else AGAIN


async def _snapshot_restored(sent: SentCall) -> Outcome:
    ids = [sent.parameters["SnapshotId"]]
    if await _in_bin(sent, "list_snapshots_in_recycle_bin", "Snapshots", SnapshotIds=ids):
        return AGAIN
    listed = await sent.listed("describe_snapshots", "Snapshots", Filters=filters(snapshot_id=ids))
    return YES if listed else AGAIN


async def _in_bin(sent: SentCall, operation: str, member: str, **ids: Any) -> bool:
    try:
        answer = await sent.connection.call(sent.call.region, operation, "read the Recycle Bin", **ids)
    except AwsError as error:
        if error.code.endswith(".NotFound"):
            return False
        raise
    return bool(answer.get(member))


async def _stored(sent: SentCall) -> Outcome:
    parameters = sent.parameters
    answer = await sent.connection.call(
        sent.call.region,
        "describe_store_image_tasks",
        "find the storage task",
        ImageIds=[parameters["ImageId"]],
    )
    for task in answer.get("StoreImageTaskResults") or ():
        if task.get("Bucket") == parameters.get("Bucket") and not sent.is_older(task.get("TaskStartTime")):
            return Outcome(Found.HAPPENED, note=text(task.get("S3objectKey")))
    return NO


# All of them


async def _image(sent: SentCall) -> Record | None:
    """The image that the call is about, if EC2 lists it."""
    found = await sent.listed(
        "describe_images",
        "Images",
        Filters=filters(image_id=sent.parameters["ImageId"]),
        IncludeDeprecated=True,
        IncludeDisabled=True,
    )
    return found[0] if found else None


CHECKS: Final[Mapping[Evidence, Check]] = {
    Evidence.IMAGE_NAME: _made,
    Evidence.COPY_NAME: _copied,
    Evidence.USAGE_REPORT: _reported,
    Evidence.IMAGE_GONE: _deregistered,
    Evidence.IMAGE_ATTRIBUTE: _modified,
    Evidence.IMAGE_SHARE: _share_given_up,
    Evidence.DEPRECATION_DATE: _with(_is_deprecated),
    Evidence.TAGS_SET: _tagged,
    Evidence.TAGS_REMOVED: _untagged,
    Evidence.STORE_TASK: _stored,
    Evidence.IMAGE_OUT_OF_BIN: _image_restored,
    Evidence.SNAPSHOT_OUT_OF_BIN: _snapshot_restored,
    **LAUNCH_CHECKS,
    **ROLLOUT_CHECKS,
}


def _check_of(call: Call) -> Check:
    """The check that finds out whether a call happened.

    Raises:
        ValueError: it is no call that plans make.
    """
    spec = APIS.get(call.api)
    if spec is None:
        raise ValueError(f"no way to check {call.api}")
    return CHECKS[spec.evidence] if isinstance(spec.evidence, Evidence) else _with(spec.evidence)
