"""What the smoke test made and did not remove: found by its tag, and removed.

Nothing is removed that does not carry the tag and belong to the account, whatever a filter lets through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from amitui.ec2.query import dicts, listed, tags_of, text_of
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError, AwsError

TAG: Final = "amitui:smoke-test"
"""The key of the tag that everything carries which the smoke test makes; its value is the run's."""
PAUSE_S: Final = 5.0
"""Between two looks: EC2 shows what was just made or removed with some delay."""
ROUNDS: Final = 24
"""Looks after which what is still there is left, with words."""

_PAGE: Final = 200
_FILTERS: Final = [{"Name": "tag-key", "Values": [TAG]}]
_GONE: Final = frozenset(
    {
        *("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"),
        *("InvalidSnapshot.NotFound", "InvalidVolume.NotFound"),
    }
)
_LATER: Final = frozenset({"InvalidSnapshot.InUse", "VolumeInUse", "IncorrectState", "IncorrectInstanceState"})
"""Codes of what can be removed once something else is gone or ready."""


class Leftovers(NamedTuple):
    """Ids of what carries the tag."""

    images: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every id, in the order in which they are removed."""
        return (*self.images, *self.snapshots, *self.volumes)


async def leftovers(connection: Ec2Connection, region: str, account: str) -> Leftovers:
    """What is there with the tag; what is on its way out does not count.

    Args:
        account: whose they have to be.

    Raises:
        AwsError: in words.
    """

    async def tagged(member: str, operation: str, action: str, **parameters: Any) -> list[dict[str, Any]]:
        what = (region, operation, action)
        found = await listed(connection.call, member, *what, MaxResults=_PAGE, Filters=_FILTERS, **parameters)
        return [entry for entry in found if TAG in dict(tags_of(entry))]

    images, snapshots, volumes = await asyncio.gather(
        tagged(
            "Images",
            "describe_images",
            "find the test's images",
            Owners=["self"],
            IncludeDeprecated=True,
            IncludeDisabled=True,
        ),
        tagged("Snapshots", "describe_snapshots", "find the test's snapshots", OwnerIds=["self"]),
        tagged("Volumes", "describe_volumes", "find the test's volumes"),
    )
    return Leftovers(
        _ids(images, "ImageId", account, "OwnerId"),
        _ids(snapshots, "SnapshotId", account, "OwnerId"),
        _ids(volumes, "VolumeId"),
    )


async def remove_leftovers(
    connection: Ec2Connection,
    region: str,
    account: str,
    say: Callable[[str], None],
    pause: float = PAUSE_S,
) -> Leftovers:
    """Remove what carries the tag, images before their snapshots, until two looks in a row find nothing.

    Args:
        say: prints what is removed.
        pause: seconds between two looks.

    Returns:
        What is still there after all rounds.

    Raises:
        AwsError: in words; what was found so far may be removed in part.
    """
    found, clear = Leftovers(), 0
    for _ in range(ROUNDS):
        found = await leftovers(connection, region, account)
        clear = 0 if found.all else clear + 1
        if clear == 2:
            return found
        problems = [
            problem
            for operation, name, ids in (
                ("deregister_image", "ImageId", found.images),
                ("delete_snapshot", "SnapshotId", found.snapshots),
                ("delete_volume", "VolumeId", found.volumes),
            )
            for one in ids
            if (problem := await _remove(connection, region, operation, {name: one}, say)) is not None
        ]
        denied = next((one for one in problems if getattr(one, "code", "") not in _LATER), None)
        if denied is not None:
            raise denied
        await asyncio.sleep(pause)
    return found


async def _remove(
    connection: Ec2Connection,
    region: str,
    operation: str,
    parameters: Mapping[str, str],
    say: Callable[[str], None],
) -> AmituiError | None:
    """Remove one; why it is still there, `None` = it is gone."""
    (target,) = parameters.values()
    try:
        await connection.call(region, operation, f"remove {target}", once=True, **parameters)
    except AwsError as error:
        return None if error.code in _GONE else error
    say(f"removed {target}")
    return None


def _ids(entries: Iterable[Mapping[str, Any]], name: str, account: str = "", owner: str = "") -> tuple[str, ...]:
    """The ids of the entries that are the account's and not on their way out."""
    return tuple(
        text_of(entry, name)
        for entry in dicts([*entries])
        if text_of(entry, name)
        and text_of(entry, "State") not in {"deregistered", "deleting", "deleted"}
        and (not owner or text_of(entry, owner) == account)
    )
