"""Operations that were submitted together, as one row: `Deregister image × 200` instead of two hundred rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from amitui.domain.operations.kinds import spec_of
from amitui.domain.operations.operation import Operation, State

LEAST: Final = 5
"""So many operations submitted together are shown as one row; fewer are read more easily one by one."""


class OperationBatch(NamedTuple):
    """Operations that were submitted together, of whatever kinds and Regions."""

    id: str
    operations: tuple[Operation, ...]
    """The newest first."""

    @property
    def title(self) -> str:
        """What they do: `Deregister image × 200`; of several kinds the most frequent one leads."""
        kinds = Counter(spec_of(one.plan.kind).title for one in self.operations).most_common()
        return ", ".join(f"{title} × {count}" for title, count in kinds)

    @property
    def ended(self) -> int:
        """How many have ended, well or not."""
        return sum(one.state.ended for one in self.operations)

    def count(self, state: State) -> int:
        """How many are in a state."""
        return sum(one.state is state for one in self.operations)

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions of their effects, sorted."""
        return tuple(sorted({one.plan.region for one in self.operations}))

    @property
    def profiles(self) -> tuple[str, ...]:
        return tuple(sorted({one.profile for one in self.operations}))

    @property
    def began_at(self) -> float:
        """Seconds since the epoch."""
        return min(one.began_at for one in self.operations)

    @property
    def ended_at(self) -> float | None:
        """When the last one ended; `None` while one has not."""
        times = [one.ended_at for one in self.operations if one.ended_at is not None]
        return max(times) if len(times) == len(self.operations) else None

    def elapsed(self, now: float) -> float:
        """Seconds from their submission to the end of the last, or until now."""
        return max(0.0, (now if self.ended_at is None else self.ended_at) - self.began_at)

    @property
    def causes(self) -> tuple[tuple[str, int], ...]:
        """Why operations failed or wait, each cause with how many, the most frequent first."""
        stopped = (one for one in self.operations if one.state in (State.FAILED, State.ON_HOLD))
        words = (one.why or one.code or one.what for one in stopped)
        return tuple(Counter(one for one in words if one).most_common())


OperationRow: TypeAlias = "OperationBatch | Operation"


def operation_rows(
    operations: Iterable[Operation], opened: Collection[str], *, under_way_only: bool = False
) -> Iterator[OperationRow]:
    """The rows of a list of operations.

    Args:
        operations: the newest first.
        opened: ids of the batches whose operations are listed below them.
        under_way_only: leave out what has ended; of a batch, its count still tells.
    """
    together: dict[str, list[Operation]] = {}
    for one in operations:
        together.setdefault(one.batch or one.id, []).append(one)
    for members in _newest_first(together):
        shown = [one for one in members if not (under_way_only and one.state.ended)]
        if not shown:
            continue
        if len(members) < LEAST:
            yield from shown
            continue
        yield OperationBatch(members[0].batch, tuple(members))
        if members[0].batch in opened:
            yield from shown


def _newest_first(together: dict[str, list[Operation]]) -> list[Sequence[Operation]]:
    """The batches as they were first met, those of one operation among them; ids sort by time."""
    return sorted(together.values(), key=lambda members: members[0].id, reverse=True)
