"""The own images by family, with what each costs, what a rule would save of it, and what keeps the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from amitui.domain.costs import StorageCost
from amitui.domain.fleet.uses import UseKind
from amitui.domain.retention.accounts import Owners
from amitui.domain.retention.own_image import OwnImage
from amitui.domain.retention.plan import Decision, RetentionPlan
from amitui.domain.retention.survey import Survey

_NO_OWNERS: Final = Owners()


class FamilySummary(NamedTuple):
    """One family of one architecture of one account, in all Regions that were read."""

    name: str
    architecture: str
    decisions: tuple[Decision, ...]
    """On each of its builds, the newest first."""
    costs: tuple[StorageCost, ...]
    """A month, by currency."""
    saves: tuple[StorageCost, ...]
    """What goes when the rule is carried out, by currency."""
    account: str = ""
    """What its account is called; empty: there is one alone."""

    @property
    def key(self) -> str:
        """Unique among families."""
        return f"{self.name}\0{self.architecture}\0{self.account}"

    @property
    def label(self) -> str:
        """What to call it."""
        return self.name or "images without a name"

    @property
    def images(self) -> tuple[OwnImage, ...]:
        """Its builds, the newest first."""
        return tuple(one.image for one in self.decisions)

    @property
    def going(self) -> tuple[Decision, ...]:
        """Those that the rule would do something to."""
        return tuple(one for one in self.decisions if one.means is not None)

    @property
    def last_launched(self) -> int | None:
        """The last launch of any of them; `None` = none is known."""
        return max((image.last_launched for image in self.images if image.last_launched is not None), default=None)

    @property
    def uses(self) -> Mapping[UseKind, int]:
        """By kind, how many of its builds are needed so."""
        return Counter(kind for one in self.decisions for kind in dict.fromkeys(use.kind for use in one.uses))

    @property
    def total(self) -> float:
        """A month, whatever the currency: to sort by."""
        return sum(cost.total for cost in self.costs)

    @property
    def saved(self) -> float:
        """What goes a month, whatever the currency: to sort by."""
        return sum(cost.own for cost in self.saves)


def family_summaries(survey: Survey, plan: RetentionPlan, owners: Owners = _NO_OWNERS) -> list[FamilySummary]:
    """The families that a plan is about: what saves most first, then what costs most.

    Args:
        owners: whose the images are, where there are several accounts: each has families of its own.
    """
    groups: dict[tuple[str, str, str], list[Decision]] = {}
    for decision in plan.decisions:
        groups.setdefault((*decision.image.product, owners.name_of(decision.image.key)), []).append(decision)
    found = []
    for (name, architecture, account), decisions in groups.items():
        decisions.sort(key=lambda one: (-(one.image.created or 0), one.image.region, one.image.image_id))
        costs = survey.cost(one.image for one in decisions)
        saves = survey.saving(decisions) if plan.rule.delete_snapshots else ()
        found.append(FamilySummary(name, architecture, tuple(decisions), costs, saves, account))
    return sorted(found, key=lambda one: (-one.saved, -one.total, one.name, one.architecture, one.account))
