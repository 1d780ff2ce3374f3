"""What images and launches cost a month: prices with their source and date, and the sums over shared snapshots.

Every sum is an upper bound and is called an estimate: EC2 bills a snapshot for the blocks that only it holds, and
does not report them; its full size, or else that of its volume, is the most that it can be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

HOURS_A_MONTH: Final = 730
"""As AWS's own calculator has it."""


class SnapshotPrices(NamedTuple):
    """What a GiB of a snapshot costs a month."""

    standard: float
    archive: float
    """Of an archived snapshot, which is always a full one and is billed for 90 days at least."""
    currency: str = "USD"
    """`USD`; in China `CNY`."""
    source: str = ""
    """Where it is from and of when, in words."""


TABLE_DATE: Final = "April 2026"
TABLE_SOURCE: Final = f"AWS's EBS User Guide, {TABLE_DATE}; prices of Regions differ"

SNAPSHOT_TABLE: Final[Mapping[str, SnapshotPrices]] = {
    "eu-west-2": SnapshotPrices(0.053, 0.01325, source=f"an extract of AWS's price list, {TABLE_DATE}"),
}
"""The Regions of which another price than that of the User Guide is known."""

DEFAULT_PRICES: Final = SnapshotPrices(0.05, 0.0125, source=TABLE_SOURCE)
"""The User Guide's example ("Pricing and billing for archiving Amazon EBS snapshots")."""

VOLUME_TABLE: Final[Mapping[str, float]] = {
    "gp3": 0.08, "gp2": 0.10, "io1": 0.125, "io2": 0.125, "st1": 0.045, "sc1": 0.015, "standard": 0.05,
}  # fmt: skip
"""US dollars for a GiB of a volume a month in us-east-1, without provisioned IOPS and throughput."""
VOLUME_SOURCE: Final = "us-east-1 list prices without provisioned IOPS and throughput; Regions differ"


class StoredSnapshot(NamedTuple):
    """A snapshot as it is billed."""

    snapshot_id: str
    gib: float
    """What it holds at most."""
    archived: bool = False


class StorageCost(NamedTuple):
    """What the snapshots of some images cost a month, each counted once."""

    own_gib: float = 0.0
    """Of snapshots that no other image needs: what goes when the images go."""
    shared_gib: float = 0.0
    """Of snapshots that images outside need as well, disabled ones among them: they stay."""
    own: float = 0.0
    """Money a month, at most."""
    shared: float = 0.0
    own_snapshots: tuple[str, ...] = ()
    shared_snapshots: tuple[str, ...] = ()
    currency: str = "USD"

    @property
    def total(self) -> float:
        """Money a month, at most, for both."""
        return self.own + self.shared


class SnapshotLedger:
    """Which images need which snapshots.

    Args:
        snapshots_of: by image, in whatever form images are named, its snapshots. All images of the account and
            Region, disabled ones too: one that is missing may be what a snapshot is needed by.
    """

    def __init__(self, snapshots_of: Mapping[str, Sequence[StoredSnapshot]]) -> None:
        self._snapshots_of = snapshots_of
        self._needed_by: dict[str, set[str]] = {}
        for image, snapshots in snapshots_of.items():
            for snapshot in snapshots:
                self._needed_by.setdefault(snapshot.snapshot_id, set()).add(image)

    def holds(self, image: str) -> bool:
        """Whether an image is one of the account and Region."""
        return image in self._snapshots_of

    def cost(self, images: Collection[str], prices: SnapshotPrices = DEFAULT_PRICES) -> StorageCost:
        """What the snapshots of these images cost together."""
        wanted = set(images)
        found = {one.snapshot_id: one for image in wanted for one in self._snapshots_of.get(image, ())}
        own: list[StoredSnapshot] = []
        shared: list[StoredSnapshot] = []
        for snapshot_id in sorted(found):
            (own if self._needed_by[snapshot_id] <= wanted else shared).append(found[snapshot_id])
        return StorageCost(
            size_of(own),
            size_of(shared),
            monthly(own, prices),
            monthly(shared, prices),
            tuple(one.snapshot_id for one in own),
            tuple(one.snapshot_id for one in shared),
            prices.currency,
        )

    def needed_by(self, snapshot_id: str) -> frozenset[str]:
        """The images that need a snapshot."""
        return frozenset(self._needed_by.get(snapshot_id, ()))


def table_prices(region: str) -> SnapshotPrices:
    """The table's prices, for where the price list cannot be read."""
    return SNAPSHOT_TABLE.get(region, DEFAULT_PRICES)


def monthly(snapshots: Iterable[StoredSnapshot], prices: SnapshotPrices = DEFAULT_PRICES) -> float:
    """What distinct snapshots cost a month, at most."""
    return sum((prices.archive if one.archived else prices.standard) * one.gib for one in snapshots)


def size_of(snapshots: Iterable[StoredSnapshot]) -> float:
    """GiB, at most."""
    return sum(one.gib for one in snapshots)


def volumes_monthly(volumes: Iterable[tuple[str, float]]) -> float | None:
    """What volumes cost a month in US dollars; `None` = one of them is of a type without a price here.

    Args:
        volumes: type and GiB of each.
    """
    total = 0.0
    for kind, gib in volumes:
        if kind not in VOLUME_TABLE:
            return None
        total += VOLUME_TABLE[kind] * gib
    return total


def money(amount: float, currency: str = "USD") -> str:
    """An amount in few characters: `$0.40`, `$412`, `3.10 CNY`."""
    number = f"{amount:,.2f}" if amount < 100 else f"{amount:,.0f}"
    return f"${number}" if currency == "USD" else f"{number} {currency}"


def snapshots_line(gib: float, region: str, *, copies: int = 1, first: bool = True) -> str:
    """What the snapshots of an image that is to be made will cost, for its review; empty = not known.

    Args:
        gib: of its volumes; 0 = not known.
        region: where the image will be.
        copies: how many images of that size.
        first: whether all blocks are stored anew, as a copy to another Region does.
    """
    if gib <= 0:
        return ""
    prices = table_prices(region)
    amount = money(prices.standard * gib * copies, prices.currency)
    size = f"{gib * copies:,.0f} GiB"
    less = "" if first else "; less where earlier snapshots hold the same blocks"
    return f"Its snapshots cost up to {amount} a month (estimate: {size} at {source_words(prices)}{less})."


def volumes_line(volumes: Sequence[tuple[str, float]], count: int) -> str:
    """What the volumes of a launch cost, for its review; empty = none, or a size or price is not known.

    Args:
        volumes: type and GiB of each volume of one instance.
        count: of the instances.
    """
    if not volumes or any(gib <= 0 for _, gib in volumes):
        return ""
    amount = volumes_monthly(volumes)
    if amount is None:
        return ""
    gib = sum(gib for _, gib in volumes) * count
    return f"Volumes cost about {money(amount * count)} a month (estimate: {gib:,.0f} GiB at {VOLUME_SOURCE})."


def source_words(prices: SnapshotPrices) -> str:
    """As in `$0.05 per GiB-month, AWS's EBS User Guide, April 2026; prices of Regions differ`."""
    symbol = "$" if prices.currency == "USD" else ""
    unit = "" if symbol else f" {prices.currency}"
    return f"{symbol}{prices.standard:g}{unit} per GiB-month, {prices.source}"
