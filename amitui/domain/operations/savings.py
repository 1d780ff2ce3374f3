"""What deregistering images saves in a month: an estimate, and an upper bound (`domain/costs.py` says why)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from amitui.domain.costs import DEFAULT_PRICES, SnapshotPrices, StoredSnapshot, money, monthly, size_of
from amitui.domain.operations.usage import SnapshotUse, Usage

__all__ = ["Saving", "money", "saving"]


class Saving(NamedTuple):
    """What goes when images and their snapshots go."""

    dollars: float
    """A month, at most, in the currency of the prices."""
    gib: float
    """Of snapshots, at most."""
    going: tuple[str, ...]
    """Ids of the snapshots that nothing needs any more, each once."""
    currency: str = "USD"

    @property
    def words(self) -> str:
        """As in `up to $4.10 a month (estimate; 82 GiB in 3 snapshots)`."""
        if not self.going:
            return "nothing"
        count = len(self.going)
        size = f"{self.gib:,.0f} GiB in {count} snapshot{'' if count == 1 else 's'}"
        return f"up to {money(self.dollars, self.currency)} a month (estimate; {size})"


def saving(usages: Iterable[Usage], prices: SnapshotPrices = DEFAULT_PRICES) -> Saving:
    """What is saved when all of these images are deregistered and their snapshots deleted.

    A snapshot that two of them share goes with the one that goes last.
    """
    usages = list(usages)
    gone = {usage.image_id for usage in usages}
    snapshots = {snapshot.snapshot_id: snapshot for usage in usages for snapshot in usage.snapshots}
    going = [
        StoredSnapshot(one.snapshot_id, one.gib, one.archived) for one in snapshots.values() if _free(one, gone)
    ]
    return Saving(monthly(going, prices), size_of(going), tuple(one.snapshot_id for one in going), prices.currency)


def _free(snapshot: SnapshotUse, gone: Collection[str]) -> bool:
    return all(image_id in gone for image_id in snapshot.needed_by)
