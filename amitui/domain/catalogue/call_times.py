"""What calls for images took, added up by what was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Final, NamedTuple

ALL_PUBLIC: Final = "all public"
"""What a call asks for that names no owner."""


class ImagesCall(NamedTuple):
    """What a call asked for, in EC2's terms; calls for further pages of a list count as the same."""

    region: str
    narrowed_by: str
    """`Owners=amazon`, `owner-id=099720109477`, or `ALL_PUBLIC`."""
    created: tuple[str, ...] = ()
    """Patterns of the filter `creation-date`; empty = it was not sent."""


@dataclass(slots=True)
class CallTimes:
    """All calls for the same."""

    seconds: list[float] = field(default_factory=list)
    """Of each answer, from sending the request to the last byte of the answer."""
    sent: int = 0
    throttled: int = 0
    """Answers that refused the call because there were too many."""
    waited: float = 0.0
    """Seconds from such answers to the next try."""
    received_bytes: int = 0
    images: int = 0

    @property
    def failed(self) -> int:
        """Calls without an answer."""
        return self.sent - len(self.seconds)

    @property
    def spread(self) -> tuple[float, float, float] | None:
        """Least, median and most seconds; `None` where nothing was answered."""
        return (min(self.seconds), median(self.seconds), max(self.seconds)) if self.seconds else None

    def add(self, other: CallTimes) -> None:
        """Count the calls of another as well."""
        self.seconds += other.seconds
        self.sent += other.sent
        self.throttled += other.throttled
        self.waited += other.waited
        self.received_bytes += other.received_bytes
        self.images += other.images


class OwnerComparison(NamedTuple):
    """What the same page took, in seconds for each call, by how its owners were asked for."""

    region: str
    by_parameter: tuple[float, ...]
    """`Owners`."""
    by_filter: tuple[float, ...]
    """`owner-id`."""


def summed(times: Iterable[CallTimes]) -> CallTimes:
    """All of them together."""
    found = CallTimes()
    for one in times:
        found.add(one)
    return found


def narrowing(parameters: Iterable[tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
    """By what a request narrows the list, and its `creation-date` patterns.

    Args:
        parameters: names and values as the EC2 query protocol spells them: (`Owner.1`, `amazon`).
    """
    owners: list[str] = []
    users: list[str] = []
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in parameters:
        kind, _, rest = name.partition(".")
        number, _, member = rest.partition(".")
        if kind == "Owner":
            owners.append(value)
        elif kind == "ExecutableBy":
            users.append(value)
        elif kind == "Filter" and member == "Name":
            names[number] = value
        elif kind == "Filter":
            values.setdefault(number, []).append(value)
    filters = {names.get(number, ""): found for number, found in values.items()}
    created = tuple(filters.pop("creation-date", ()))
    filters.pop("is-public", None)
    words = [
        *([f"Owners={_some(owners)}"] if owners else []),
        *([f"ExecutableUsers={_some(users)}"] if users else []),
        *(f"{name}={_some(found)}" for name, found in filters.items()),
    ]
    return " ".join(words) or ALL_PUBLIC, created


def _some(values: list[str]) -> str:
    return values[0] + (f" (+{len(values) - 1})" if len(values) > 1 else "")
