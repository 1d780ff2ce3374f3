"""The parts that checks of unanswered calls share: the call that was sent, its reads, and the outcomes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeAlias

from amitui.domain.epoch import epoch_seconds
from amitui.domain.operations.operation import Result
from amitui.domain.operations.plan import Call
from amitui.domain.operations.services import AUTO_SCALING
from amitui.ec2.convert import sanitize
from amitui.ec2.query import Ec2Client, call_service

CLOCK_SKEW_S: Final = 300
"""By how much this machine's clock may be ahead of EC2's, in seconds: what was made so much earlier counts."""
_PAGE_SIZE: Final = 1000

Record: TypeAlias = dict[str, Any]


class Found(StrEnum):
    """What a check has found."""

    HAPPENED = "happened"
    NOT_HAPPENED = "not happened"
    REPEATABLE = "repeatable"
    """It may or may not have happened, and a repetition has no second effect."""
    UNKNOWN = "unknown"
    """It may or may not have happened, there is no evidence, and a repetition would have a second effect."""


class Outcome(NamedTuple):
    """The outcome of a call. All text is sanitized."""

    found: Found
    made: str = ""
    """The image that it made."""
    results: tuple[Result, ...] = ()
    note: str = ""
    """What else EC2's answer would have named: see `execute.Answer`."""


class SentCall(NamedTuple):
    """A call that was sent without an answer, and the reads that check for its effect."""

    connection: Ec2Client
    call: Call
    since: float
    """Seconds since the epoch; what is older has nothing to do with the call."""
    snapshots: tuple[str, ...] = ()
    """Those that the call was to delete."""
    known: tuple[str, ...] = ()
    """Ids of what was there before the call was sent, or what it is about where its parameters do not say it:
    instance refreshes."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The call's."""
        return self.call.parameters

    async def read(self, operation: str, **parameters: Any) -> Record:
        """One answer of the call's service where the call was made."""
        words = f"check whether it happened ({self.call.action})"
        return await call_service(
            self.connection, self.call.service, self.call.region, operation, words, **parameters
        )

    async def listed(
        self, operation: str, member: str, *, page: int = _PAGE_SIZE, **parameters: Any
    ) -> list[Record]:
        """All entries of a list that comes in pages of `page` entries at most."""
        found: list[Record] = []
        parameters["MaxRecords" if self.call.service == AUTO_SCALING else "MaxResults"] = page
        while True:
            answer = await self.read(operation, **parameters)
            found += answer.get(member) or ()
            if not answer.get("NextToken"):
                return found
            parameters["NextToken"] = answer["NextToken"]

    def is_older(self, made: Any) -> bool:
        """Whether something is too old to come from the call; false for what has no time."""
        # Systems Manager sends fractions of seconds as a number.
        seconds = epoch_seconds(int(made) if isinstance(made, float) else made)
        return seconds is not None and seconds < self.since


Check: TypeAlias = Callable[[SentCall], Awaitable[Outcome]]

NO: Final = Outcome(Found.NOT_HAPPENED)
AGAIN: Final = Outcome(Found.REPEATABLE)
YES: Final = Outcome(Found.HAPPENED)


def filters(**values: Any) -> list[dict[str, Any]]:
    """Filters as EC2 takes them; `group_name="x"` for `group-name`. A list stands for any of its values."""
    return [
        {"Name": name.replace("_", "-"), "Values": list(value) if isinstance(value, (list, tuple)) else [value]}
        for name, value in values.items()
    ]


def text(value: Any) -> str:
    """A text of EC2's, sanitized."""
    return sanitize(str(value)) if value is not None else ""


def granted(change: Mapping[str, Any], present: Any) -> Outcome:
    """Whether permissions are as a change was to make them.

    Args:
        change: what to `Add` and to `Remove`.
        present: the permissions, as EC2 lists them.
    """
    there = _grantees(present)
    added, removed = _grantees(change.get("Add")), _grantees(change.get("Remove"))
    return YES if added <= there and not removed & there else AGAIN


def _grantees(items: Any) -> set[tuple[str, str]]:
    return {(str(name), str(value)) for item in items or () for name, value in item.items()}
