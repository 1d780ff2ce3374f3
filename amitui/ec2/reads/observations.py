"""Observes many subjects of one kind in one region with as few calls as possible.

Ids go into filters and not into lists of ids: one unknown id in a list fails the call for all of them, and what
was made a moment ago may well be unknown to the machine that answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from amitui.domain.epoch import epoch_seconds
from amitui.domain.operations.awaited import (
    IMAGE,
    INSTANCE,
    PARAMETER,
    REFRESH,
    SNAPSHOT,
    STORE_TASK,
    USAGE_REPORT,
)
from amitui.domain.timeline.observation import Observation, Subject
from amitui.ec2.query import Ec2Client, batches, dicts, instances_of, listed, part, per_cent, text, text_of, whole
from amitui.ec2.reads.rollout_observations import Seen, parameters, refreshes
from amitui.ec2.reads.usage_reports import report_states
from amitui.errors import AwsError, DeniedError

FILTER_VALUES: Final = 200
"""Most values that EC2 takes in one filter."""
STATUS_IDS: Final = 100
"""Most ids that DescribeInstanceStatus takes; it has no filter for them."""
TASK_IDS: Final = 20
"""Most ids that DescribeStoreImageTasks takes; it has no filter for them."""
PAGE_SIZE: Final = 1000
"""Entries in a page, the most that EC2 gives; unpaged calls are throttled sooner."""

DENIED: Final = "denied"
"""The fact that says in words which permission is missing, while the rest is known."""

_DONE: Final = 100
_GONE_CODES: Final = frozenset({"InvalidInstanceID.NotFound", "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"})

Record = dict[str, Any]


class _Snapshot(NamedTuple):
    state: str
    progress: int
    """Per cent."""
    gib: int
    reason: str


async def observe(
    connection: Ec2Client, region: str, kind: str, ids: Sequence[str], profile: str, at: float
) -> list[Observation]:
    """One observation of each id, in their order; those that EC2 does not list have an empty state.

    Args:
        connection: to the AWS that has them.
        region: where they are.
        kind: one of `awaited.RESOURCES`.
        ids: image ids for images and store tasks.
        profile: the one whose credentials are used, for the subjects.
        at: the time of the observations.

    Raises:
        AwsError: in words; nothing is known then, not even of those that answered.
        ValueError: there is no such kind.
    """
    wanted = list(dict.fromkeys(ids))
    if kind not in READERS:
        raise ValueError(f"nothing of the kind {kind!r} can be observed")
    seen = await READERS[kind](connection, region, wanted)
    missing = Seen("")
    return [Observation(Subject(profile, region, kind, one), at, *seen.get(one, missing)) for one in wanted]


# Images


async def _images(connection: Ec2Client, region: str, ids: Sequence[str]) -> dict[str, Seen]:
    records: list[Record] = []
    for some in batches(ids, FILTER_VALUES):
        records += await listed(
            connection.call,
            "Images",
            region,
            "describe_images",
            "check the images",
            MaxResults=PAGE_SIZE,
            Filters=[{"Name": "image-id", "Values": some}],
            IncludeDeprecated=True,
            IncludeDisabled=True,
        )
    images = {text(record.get("ImageId")): record for record in records}
    behind = [
        snapshot_id
        for record in images.values()
        if record.get("State") == "pending"
        for snapshot_id in _snapshot_gib(record)
    ]
    snapshots: dict[str, _Snapshot] = {}
    denied = ""
    if behind:
        # The images' states are known even if the snapshots may not be described.
        snapshots, denied = await _snapshots(connection, region, behind, denial_is_a_fact=True)
    return {image_id: _image_seen(record, snapshots, denied) for image_id, record in images.items()}


def _image_seen(record: Record, snapshots: dict[str, _Snapshot], denied: str) -> Seen:
    state = text(record.get("State"))
    gib = _snapshot_gib(record)
    behind = {snapshot_id: snapshots[snapshot_id] for snapshot_id in gib if snapshot_id in snapshots}
    cause = part(record, "StateReason")
    reason = text_of(cause, "Message") or text_of(cause, "Code")
    if not reason:
        reason = next((snapshot.reason for snapshot in behind.values() if snapshot.reason), "")
    progress = None
    if state == "pending":
        progress = _weighted(gib, behind)
    facts: list[tuple[str, str]] = []
    if gib:
        facts.append(("snapshots", " ".join(gib)))
    if denied and state == "pending" and gib:
        facts.append((DENIED, denied))
    return Seen(state, progress, reason, tuple(facts))


def _weighted(gib: dict[str, int], behind: dict[str, _Snapshot]) -> int | None:
    """Per cent of all data; snapshots that are not listed yet have none. `None` when none is listed."""
    if not behind:
        return None
    # A volume may be larger than the snapshot that is made of it, which is what takes time.
    sizes = {one: max(1, behind[one].gib if one in behind else size) for one, size in gib.items()}
    written = sum(sizes[snapshot_id] * snapshot.progress for snapshot_id, snapshot in behind.items())
    return written // sum(sizes.values())


def _snapshot_gib(record: Record) -> dict[str, int]:
    """An image's snapshots and their volumes' sizes."""
    found: dict[str, int] = {}
    for mapping in dicts(record.get("BlockDeviceMappings")):
        volume = part(mapping, "Ebs")
        # EC2 makes an image known before its snapshots.
        if snapshot_id := text_of(volume, "SnapshotId"):
            found[snapshot_id] = whole(volume.get("VolumeSize")) or 0
    return found


# Snapshots


async def _snapshots(
    connection: Ec2Client, region: str, ids: Sequence[str], *, denial_is_a_fact: bool = False
) -> tuple[dict[str, _Snapshot], str]:
    """The snapshots that are listed, and in words why they may not be described."""
    found: dict[str, _Snapshot] = {}
    try:
        for some in batches(list(dict.fromkeys(ids)), FILTER_VALUES):
            for record in await listed(
                connection.call,
                "Snapshots",
                region,
                "describe_snapshots",
                "check the snapshots",
                MaxResults=PAGE_SIZE,
                Filters=[{"Name": "snapshot-id", "Values": some}],
            ):
                found[text(record.get("SnapshotId"))] = _snapshot(record)
    except DeniedError as error:
        if not denial_is_a_fact:
            raise
        return found, error.what
    return found, ""


def _snapshot(record: Record) -> _Snapshot:
    state = text(record.get("State"))
    progress = per_cent(record.get("Progress")) or 0
    return _Snapshot(
        state,
        _DONE if state == "completed" else progress,
        whole(record.get("VolumeSize")) or 0,
        text(record.get("StateMessage")),
    )


def _snapshot_seen(snapshot: _Snapshot) -> Seen:
    return Seen(snapshot.state, snapshot.progress, snapshot.reason)


async def _each_snapshot(connection: Ec2Client, region: str, ids: Sequence[str]) -> dict[str, Seen]:
    found, _ = await _snapshots(connection, region, ids)
    return {snapshot_id: _snapshot_seen(snapshot) for snapshot_id, snapshot in found.items()}


# Instances


async def _instances(connection: Ec2Client, region: str, ids: Sequence[str]) -> dict[str, Seen]:
    records: list[Record] = []
    for some in batches(ids, FILTER_VALUES):
        for reservation in await listed(
            connection.call,
            "Reservations",
            region,
            "describe_instances",
            "check the instances",
            MaxResults=PAGE_SIZE,
            Filters=[{"Name": "instance-id", "Values": some}],
        ):
            records += instances_of({"Reservations": [reservation]})
    instances = {text(record.get("InstanceId")): record for record in records}
    running = [one for one, record in instances.items() if _instance_state(record) == "running"]
    checks, denied = await _checks(connection, region, running)
    return {one: _instance_seen(record, checks.get(one, ""), denied) for one, record in instances.items()}


def _instance_state(record: Record) -> str:
    return text_of(part(record, "State"), "Name")


def _instance_seen(record: Record, checks: str, denied: str) -> Seen:
    state = _instance_state(record)
    reason = text_of(part(record, "StateReason"), "Message") or text_of(record, "StateTransitionReason")
    facts = {
        "checks": checks,
        "private_ip": text(record.get("PrivateIpAddress")),
        "public_ip": text(record.get("PublicIpAddress")),
        "ipv6": text(record.get("Ipv6Address")),
        "image_id": text(record.get("ImageId")),
        "type": text(record.get("InstanceType")),
        "zone": text_of(part(record, "Placement"), "AvailabilityZone"),
        "key_name": text(record.get("KeyName")),
        "platform": text(record.get("PlatformDetails")),
        DENIED: denied if state == "running" else "",
    }
    return Seen(state, None, reason, tuple((name, value) for name, value in facts.items() if value))


async def _checks(connection: Ec2Client, region: str, ids: Sequence[str]) -> tuple[dict[str, str], str]:
    """`ok`, `initializing` or `impaired` of each instance, and in words why the checks may not be described."""
    found: dict[str, str] = {}
    for some in batches(ids, STATUS_IDS):
        try:
            records = await listed(
                connection.call,
                "InstanceStatuses",
                region,
                "describe_instance_status",
                "check the status checks",
                InstanceIds=some,
            )
        except DeniedError as error:
            return found, error.what
        except AwsError as error:
            # One of them was terminated since the call before, or is unknown to the machine that answers.
            if error.code not in _GONE_CODES:
                raise
            continue
        for record in records:
            found[text(record.get("InstanceId"))] = _check(record)
    return found, ""


def _check(record: Record) -> str:
    names = ("SystemStatus", "InstanceStatus", "AttachedEbsStatus")
    results = {text_of(part(record, name), "Status") for name in names} - {"", "not-applicable"}
    if "impaired" in results:
        return "impaired"
    return "ok" if results == {"ok"} else "initializing"


# Store tasks


async def _store_tasks(connection: Ec2Client, region: str, ids: Sequence[str]) -> dict[str, Seen]:
    newest: dict[str, tuple[int, Record]] = {}
    for some in batches(ids, TASK_IDS):
        for record in await listed(
            connection.call,
            "StoreImageTaskResults",
            region,
            "describe_store_image_tasks",
            "check the store tasks",
            ImageIds=some,
        ):
            image_id = text(record.get("AmiId"))
            began = epoch_seconds(record.get("TaskStartTime")) or 0
            # An image may have been stored before: EC2 lists its tasks for a month.
            if image_id not in newest or began > newest[image_id][0]:
                newest[image_id] = (began, record)
    return {image_id: _task_seen(record, began) for image_id, (began, record) in newest.items()}


def _task_seen(record: Record, began: int) -> Seen:
    facts = {
        "bucket": text(record.get("Bucket")),
        "object_key": text(record.get("S3objectKey")),
        "began_at": str(began) if began else "",
    }
    return Seen(
        text(record.get("StoreTaskState")),
        whole(record.get("ProgressPercentage")),
        text(record.get("StoreTaskFailureReason")),
        tuple((name, value) for name, value in facts.items() if value),
    )


READERS: Final[Mapping[str, Callable[[Ec2Client, str, Sequence[str]], Awaitable[dict[str, Seen]]]]] = {
    IMAGE: _images,
    INSTANCE: _instances,
    SNAPSHOT: _each_snapshot,
    STORE_TASK: _store_tasks,
    REFRESH: refreshes,
    PARAMETER: parameters,
    USAGE_REPORT: report_states,
}
"""By kind of `awaited.RESOURCES`, what reads the state of several at once."""
