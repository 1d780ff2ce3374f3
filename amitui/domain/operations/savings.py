"""What deregistering images saves in a month: an estimate, and an upper bound.

Prices are AWS's list examples, and Regions differ. A snapshot is billed for the blocks that only it holds, which
EC2 does not report; its full size is the upper bound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from amitui.domain.operations.usage import SnapshotUse, Usage

STANDARD_PRICE: Final = 0.05
"""US dollars for a GiB-month of a snapshot in the standard tier."""
ARCHIVE_PRICE: Final = 0.0125
"""US dollars for a GiB-month of an archived snapshot, which is always a full one."""


class Saving(NamedTuple):
    """What goes when images and their snapshots go."""

    dollars: float
    """A month, at most."""
    gib: float
    """Of snapshots, at most."""
    going: tuple[str, ...]
    """Ids of the snapshots that nothing needs any more, each once."""

    @property
    def words(self) -> str:
        """As in `up to $4.10 a month (estimate; 82 GiB in 3 snapshots)`."""
        if not self.going:
            return "nothing"
        count = len(self.going)
        size = f"{self.gib:,.0f} GiB in {count} snapshot{'' if count == 1 else 's'}"
        return f"up to {money(self.dollars)} a month (estimate; {size})"


def saving(usages: Iterable[Usage]) -> Saving:
    """What is saved when all of these images are deregistered and their snapshots deleted.

    A snapshot that two of them share goes with the one that goes last.
    """
    usages = list(usages)
    gone = {usage.image_id for usage in usages}
    snapshots = {snapshot.snapshot_id: snapshot for usage in usages for snapshot in usage.snapshots}
    going = [snapshot for snapshot in snapshots.values() if _free(snapshot, gone)]
    return Saving(
        sum(_price(snapshot) * snapshot.gib for snapshot in going),
        sum(snapshot.gib for snapshot in going),
        tuple(snapshot.snapshot_id for snapshot in going),
    )


def money(dollars: float) -> str:
    """US dollars in few characters: `$0.40`, `$412`."""
    return f"${dollars:,.2f}" if dollars < 100 else f"${dollars:,.0f}"


def _free(snapshot: SnapshotUse, gone: Collection[str]) -> bool:
    return all(image_id in gone for image_id in snapshot.needed_by)


def _price(snapshot: SnapshotUse) -> float:
    return ARCHIVE_PRICE if snapshot.archived else STANDARD_PRICE
