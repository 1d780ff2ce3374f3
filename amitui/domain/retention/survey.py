"""What was read of the own images, Region by Region, and what they cost; made by `services/housekeeping.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from amitui.domain.costs import SnapshotLedger, SnapshotPrices, StorageCost
from amitui.domain.fleet.uses import Uses
from amitui.domain.retention.own_image import OwnImage
from amitui.domain.retention.plan import Decision, RetentionPlan
from amitui.domain.retention.rule import Means


class RegionSurvey(NamedTuple):
    """One Region."""

    region: str
    images: tuple[OwnImage, ...]
    uses: Uses
    prices: SnapshotPrices
    unknown: tuple[str, ...] = ()
    """What could not be read, a sentence each."""
    account_name: str = ""
    """What its account is called; empty: there is one alone."""

    @property
    def where(self) -> str:
        """The Region, with its account where there are several."""
        return f"{self.region} ({self.account_name})" if self.account_name else self.region


@dataclass(frozen=True, slots=True)
class Survey:
    """All Regions that were read; of several accounts in the sum of their surveys (`accounts.py`)."""

    account: str
    regions: tuple[RegionSurvey, ...]
    failures: Mapping[str, str] = field(default_factory=dict)
    """By Region of which not even the images could be listed, why."""
    _ledgers: dict[int, SnapshotLedger] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def images(self) -> tuple[OwnImage, ...]:
        """All own images."""
        return tuple(image for one in self.regions for image in one.images)

    @property
    def uses(self) -> dict[str, Uses]:
        """By Region, of one account."""
        return {one.region: one.uses for one in self.regions}

    @property
    def unknown(self) -> tuple[str, ...]:
        """What could not be read, each sentence once, with its Region."""
        found = [f"{one.where}: {words}" for one in self.regions for words in one.unknown]
        return (*found, *(f"{region}: {words}" for region, words in self.failures.items()))

    def cost(self, images: Iterable[OwnImage]) -> tuple[StorageCost, ...]:
        """What these images cost a month, by currency: snapshots of different Regions are never the same one."""
        found: dict[str, StorageCost] = {}
        chosen = list(images)
        for at, one in enumerate(self.regions):
            here = [image.key for image in chosen if image.region == one.region]
            ledger = self._ledger(at) if here else None
            keys = [key for key in here if ledger is not None and ledger.holds(key)]
            if ledger is not None and keys:
                cost = ledger.cost(keys, one.prices)
                found[cost.currency] = added(found[cost.currency], cost) if cost.currency in found else cost
        return tuple(found.values())

    def saving(self, decisions: Collection[Decision]) -> tuple[StorageCost, ...]:
        """What the decisions save a month: only deregistering frees snapshots, and only where they are deleted."""
        return self.cost(one.image for one in decisions if one.means is Means.DEREGISTER)

    def _ledger(self, at: int) -> SnapshotLedger:
        known = self._ledgers.get(at)
        if known is None:
            known = SnapshotLedger({image.key: image.snapshots for image in self.regions[at].images})
            self._ledgers[at] = known
        return known


def added(first: StorageCost, second: StorageCost) -> StorageCost:
    """Both together, of one currency and different Regions."""
    return StorageCost(
        first.own_gib + second.own_gib,
        first.shared_gib + second.shared_gib,
        first.own + second.own,
        first.shared + second.shared,
        first.own_snapshots + second.own_snapshots,
        first.shared_snapshots + second.shared_snapshots,
        first.currency,
    )


def saved(survey: Survey, plan: RetentionPlan) -> tuple[StorageCost, ...]:
    """What carrying out a plan saves a month."""
    return survey.saving(plan.going) if plan.rule.delete_snapshots else ()
