"""What the screen "Clean up images" shows: the survey, what a rule makes of it, and which images are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.counts import count_of
from amitui.domain.retention.accounts import AccountCleanUp, Owners, Surveys, together
from amitui.domain.retention.families import FamilySummary, family_summaries
from amitui.domain.retention.plan import Decision, RetentionPlan, make_plan
from amitui.domain.retention.rule import Means, RetentionRule
from amitui.presentation.clean_plan import short_saving_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.retention.own_image import OwnImage
    from amitui.domain.retention.survey import Survey


class HousekeepingState:
    """Without widgets: the screen shows it.

    Args:
        rules: what can be chosen, the one that applies first at the beginning; one at least.
        where: the Regions in words.
    """

    def __init__(self, rules: Sequence[RetentionRule], where: str) -> None:
        self.rules, self.where = tuple(rules), where
        self.rule = self.rules[0]
        self.surveys: Surveys | None = None
        """What was read, by account; `None` = it is being read."""
        self.survey: Survey | None = None
        """The same of all accounts together."""
        self.owners = Owners()
        """Whose the images are, where there are several accounts."""
        self.plan: RetentionPlan | None = None
        self.families: list[FamilySummary] = []
        self.marked: set[str] = set()
        """The keys of marked images; always the same set."""
        self.opened = ""
        """The key of the family whose builds are shown; empty = the families are."""

    def forget(self) -> None:
        """Begin anew: everything is being read again."""
        self.surveys, self.survey, self.plan, self.families, self.opened = None, None, None, [], ""

    def judge(self, now: float) -> None:
        """Have the rule judge what was read, each account by itself."""
        if self.surveys is None:
            return
        parts = [
            AccountCleanUp(
                name, survey, make_plan(self.rule, survey.images, survey.uses, account=survey.account, now=now)
            )
            for name, survey in self.surveys.accounts
        ]
        self.survey, self.plan, self.owners = together(parts, self.surveys.failures)
        self.families = family_summaries(self.survey, self.plan, self.owners)
        if self.opened not in {one.key for one in self.families}:
            self.opened = ""

    @property
    def items(self) -> Sequence[FamilySummary | Decision]:
        """What the list shows: families, or the builds of the one that is opened."""
        if not self.opened:
            return self.families
        return next((one.decisions for one in self.families if one.key == self.opened), ())

    @property
    def chosen(self) -> tuple[OwnImage, ...]:
        """The marked images, by name: builds of a family are listed together, the oldest first."""
        images = self.survey.images if self.survey is not None else ()
        marked = (image for image in images if image.key in self.marked)
        return tuple(sorted(marked, key=lambda image: (image.name, image.region, image.image_id)))

    def mark(self, item: FamilySummary | Decision) -> str:
        """Mark an image, or what goes of a family, or take its marks away; what there is to say of it."""
        if isinstance(item, Decision):
            keys, note = {item.image.key}, "" if item.means else f"the rule keeps it: {item.reasons[0]}"
        else:
            keys = {one.image.key for one in item.going}
            note = "" if keys else "nothing of it goes by the rule: its builds can be marked one by one (→)"
        if keys and keys <= self.marked:
            self.marked.difference_update(keys)
            return ""
        self.marked.update(keys)
        return note

    def mark_all(self) -> str:
        """Mark everything that goes by the rule; what there is to say of it."""
        going = self.plan.going if self.plan is not None else ()
        self.marked.update(one.image.key for one in going)
        return "" if going else "nothing goes by the rule"

    def due(self, images: Sequence[OwnImage]) -> tuple[Means, tuple[OwnImage, ...]] | None:
        """What the rule does next to some of these images, and to which; `None` = to none of them.

        A rule that deregisters at once does so to all that are marked. One that goes step by step may have
        different things due: the mildest of them comes first.
        """
        if not self.rule.gradual:
            return (Means.DEREGISTER, tuple(images)) if images else None
        steps = self.plan.steps if self.plan is not None else {}
        for means in Means:
            found = tuple(image for image in images if steps.get(image.key) is means)
            if found:
                return means, found
        return None

    @property
    def counts(self) -> str:
        """What is marked and what that saves; with no marks, what there is."""
        survey, plan = self.survey, self.plan
        if survey is None or plan is None:
            return self.where
        if chosen := self.chosen:
            if self.rule.gradual:
                # What is deprecated or disabled costs the same as before.
                freed = survey.saving([one for one in plan.going if one.image.key in self.marked])
            else:
                freed = survey.cost(chosen)
            freed = freed if self.rule.delete_snapshots else ()
            return f"{count_of(len(chosen), 'image')} marked: saves {short_saving_words(freed)}"
        failed = len(self.surveys.failures) if self.surveys is not None else 0
        said = f"; {count_of(failed, 'account')} failed" if failed else ""
        return f"{self.where}: {count_of(len(plan.decisions), 'image')}, {len(plan.going)} to go by the rule{said}"

    @property
    def nothing(self) -> str:
        """What is said while there are no rows."""
        if self.survey is None:
            return f"Reading your images in {self.where} and what stands on them…"
        if self.plan is not None and self.plan.left_alone:
            left = count_of(self.plan.left_alone, "image")
            return f"The rule {self.rule.name} covers none of your {left}: m chooses another."
        return f"You have no images in {self.where}."
