"""Observes what a roll-out waits for: instance refreshes, and parameters whose values are checked later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from amitui.domain.epoch import epoch_seconds
from amitui.domain.operations.awaited import ENDED
from amitui.domain.operations.services import AUTO_SCALING, SSM
from amitui.ec2.query import Ec2Client, batches, call_service, dicts, text_of, whole
from amitui.errors import AwsError

REFRESH_IDS: Final = 50
"""Ids of instance refreshes in one call: of one group, which has one active refresh at a time."""
PARAMETER_NAMES: Final = 10
"""Most names that GetParameters takes. Source: its model."""

INSTANCES_TO_UPDATE: Final = "instances_to_update"
"""The fact that says how many instances are still to be replaced."""
ROLLING_BACK_FROM: Final = "rolling_back_from"
"""The fact that says how far, in per cent, a refresh had come when its roll back began."""

_NO_GROUP: Final = "ValidationError"

Facts = tuple[tuple[str, str], ...]


class Seen(NamedTuple):
    """An `Observation` without what is the same for all of one call."""

    state: str
    progress: int | None = None
    reason: str = ""
    facts: Facts = ()


async def refreshes(connection: Ec2Client, region: str, ids: Sequence[str]) -> dict[str, Seen]:
    """Instance refreshes by `GROUP/ID`; a call for each group, as Auto Scaling lists them by group only.

    Raises:
        AwsError: in words. A group that does not exist is no error: its refreshes are not listed.
    """
    groups: dict[str, list[str]] = {}
    for one in ids:
        group, _, refresh_id = one.rpartition("/")
        groups.setdefault(group, []).append(refresh_id)
    found: dict[str, Seen] = {}
    for group, wanted in groups.items():
        for some in batches(wanted, REFRESH_IDS):
            for record in await _of_group(connection, region, group, some):
                found[f"{group}/{text_of(record, 'InstanceRefreshId')}"] = refresh_seen(record)
    return found


async def _of_group(connection: Ec2Client, region: str, group: str, ids: list[str]) -> list[dict[str, Any]]:
    try:
        answer = await call_service(
            connection,
            AUTO_SCALING,
            region,
            "describe_instance_refreshes",
            "check the instance refreshes",
            AutoScalingGroupName=group,
            InstanceRefreshIds=ids,
        )
    except AwsError as error:
        if error.code == _NO_GROUP:
            return []
        raise
    return dicts(answer.get("InstanceRefreshes"))


def refresh_seen(record: dict[str, Any]) -> Seen:
    """What a record of an instance refresh says. Its percentage goes back to zero while it is rolled back."""
    rollback = record.get("RollbackDetails")
    back = whole(rollback.get("PercentageCompleteOnRollback")) if isinstance(rollback, dict) else None
    ended, left = epoch_seconds(record.get("EndTime")), whole(record.get("InstancesToUpdate"))
    facts = {
        ENDED: "" if ended is None else str(ended),
        INSTANCES_TO_UPDATE: "" if left is None else str(left),
        ROLLING_BACK_FROM: "" if back is None else str(back),
    }
    reason = text_of(record, "StatusReason")
    if isinstance(rollback, dict):
        reason = text_of(rollback, "RollbackReason") or reason
    return Seen(
        text_of(record, "Status"),
        whole(record.get("PercentageComplete")),
        reason,
        tuple((name, value) for name, value in facts.items() if value),
    )


async def parameters(connection: Ec2Client, region: str, names: Sequence[str]) -> dict[str, Seen]:
    """The values of parameters by name; those that do not exist are missing.

    Raises:
        AwsError: in words.
    """
    found: dict[str, Seen] = {}
    for some in batches(names, PARAMETER_NAMES):
        answer = await call_service(connection, SSM, region, "get_parameters", "check the parameters", Names=some)
        for record in dicts(answer.get("Parameters")):
            found[text_of(record, "Name")] = Seen(text_of(record, "Value"))
    return found
