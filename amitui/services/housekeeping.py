"""Housekeeping of the own images: reads what there is and what uses it, and has rules judge it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Final

from amitui.defects import only_amitui_errors
from amitui.domain.costs import SnapshotPrices, table_prices
from amitui.domain.fleet.uses import Use, UseKind, usage_uses, uses_in
from amitui.domain.retention.plan import RetentionPlan, make_plan
from amitui.domain.retention.rule import BUILT_IN, RetentionRule
from amitui.domain.retention.survey import RegionSurvey, Survey
from amitui.errors import AmituiError, UsageError

if TYPE_CHECKING:
    from amitui.domain.fleet.uses import ImageNeed
    from amitui.domain.retention.own_image import OwnImage
    from amitui.services.composition import Services
    from amitui.services.members import Member

CHECKED_AT_ONCE: Final = 100
"""Images of a Region whose use is read in one go, so that progress shows."""


def rule_named(rules: Sequence[RetentionRule], name: str) -> RetentionRule:
    """The rule that is meant.

    Args:
        rules: those of the config.
        name: empty = the only one there is, or the built-in one where there is none.

    Raises:
        UsageError: there is no such rule, or it has to be said which one is meant.
    """
    known = {rule.name: rule for rule in rules}
    listed = ", ".join(known) or "none"
    if name:
        from amitui.domain.query.suggest import nearest

        if name in known:
            return known[name]
        if name == BUILT_IN.name:
            return BUILT_IN
        meant = nearest(name, (*known, BUILT_IN.name))
        raise UsageError(
            f"there is no rule {name!r}" + (f"; did you mean {meant}?" if meant else ""),
            why=f"rules of the config: {listed}",
            remedy=f"add [clean.{name}] to the config, or use {BUILT_IN.name!r}: {BUILT_IN.words}",
        )
    if len(known) > 1:
        raise UsageError("which rule?", why=f"the config has {listed}", remedy="amitui clean RULE --plan")
    return next(iter(known.values()), BUILT_IN)


@only_amitui_errors()
class Housekeeping:
    """Surveys of the own images, and the plans that rules make of them.

    Args:
        needs: what the operations of the journal need.
        member: whose images, where several accounts are used together; `None` = those of the session's account.
    """

    def __init__(
        self, services: Services, needs: Callable[[], Sequence[ImageNeed]], member: Member | None = None
    ) -> None:
        self._services = services
        self._needs = needs
        self._member = services.members.first if member is None else member
        self._aws = services.aws if member is None else services.aws_of(member)

    async def survey(
        self, regions: Collection[str], report: Callable[[str], None] = lambda _words: None
    ) -> Survey:
        """Read the own images of these Regions, what stands on them and what snapshots cost.

        A Region that cannot be read does not stop the others: it is named in `failures`.

        Args:
            report: takes a line on how far it is.

        Raises:
            AmituiError: no Region could be read; the first failure.
        """
        needs = list(self._needs())
        done = 0

        async def read(region: str) -> RegionSurvey | AmituiError:
            nonlocal done
            try:
                found: RegionSurvey | AmituiError = await self._region(region, needs)
            except AmituiError as error:
                found = error
            done += 1
            report(f"read {done} of {len(wanted)} Regions")
            return found

        wanted = list(dict.fromkeys(regions))
        answers = dict(zip(wanted, await asyncio.gather(*map(read, wanted)), strict=True))
        failures = {region: one for region, one in answers.items() if isinstance(one, AmituiError)}
        if len(failures) == len(wanted) and failures:
            raise next(iter(failures.values()))
        return Survey(
            self._account,
            tuple(one for one in answers.values() if isinstance(one, RegionSurvey)),
            {region: " – ".join(error.lines()) for region, error in failures.items()},
        )

    @property
    def _account(self) -> str:
        return self._member.account or self._services.session.account or ""

    async def _region(self, region: str, needs: Sequence[ImageNeed]) -> RegionSurvey:
        from amitui.ec2.reads.own_images import own_images

        connection = await self._services.members.connection(self._member)
        images, inventory, prices = await asyncio.gather(
            own_images(connection, region), self._aws.fleet(region), self.prices(region)
        )
        unknown = (*inventory.unknown, *images.unknown)
        return RegionSurvey(region, images.images, uses_in(inventory, needs), prices, unknown)

    async def prices(self, region: str) -> SnapshotPrices:
        """What snapshots cost: by AWS's price list, else by the dated table, which says so."""
        from amitui.ec2.reads.prices import Unknown, snapshot_prices

        found = await snapshot_prices(await self._services.members.connection(self._member), region)
        if not isinstance(found, Unknown):
            return found
        prices = table_prices(region)
        return prices._replace(source=f"{prices.source} ({found.words})")

    async def plan(
        self, rule: RetentionRule, survey: Survey, report: Callable[[str], None] = lambda _words: None
    ) -> RetentionPlan:
        """What a rule makes of a survey.

        Of every image that would go EC2 is asked once more what uses it: launch permissions and Image Builder
        recipes take calls for each image.
        """
        now = self._services.now()
        images, uses = survey.images, survey.uses
        first = make_plan(rule, images, uses, account=survey.account, now=now)
        checked = await self._checked([one.image for one in first.going], report)
        return make_plan(rule, images, uses, account=survey.account, now=now, checked=checked)

    async def _checked(
        self, images: Sequence[OwnImage], report: Callable[[str], None]
    ) -> dict[str, tuple[Use, ...]]:
        """What was found out about each image by itself."""
        found: dict[str, tuple[Use, ...]] = {}
        for region in dict.fromkeys(image.region for image in images):
            here = [image for image in images if image.region == region]
            for at in range(0, len(here), CHECKED_AT_ONCE):
                found |= await self._uses_of(region, here[at : at + CHECKED_AT_ONCE])
                report(f"checked {len(found)} of {len(images)} images")
        return found

    async def _uses_of(self, region: str, images: Sequence[OwnImage]) -> dict[str, tuple[Use, ...]]:
        try:
            usages = await self._aws.usage(region, [image.image_id for image in images])
        except AmituiError as error:
            unread = Use(UseKind.UNKNOWN, "", f"cannot tell what uses it: {error.what}")
            return {image.key: (unread,) for image in images}
        nothing_said = (Use(UseKind.UNKNOWN, "", "cannot tell what uses it: EC2 did not say"),)
        return {
            image.key: usage_uses(usages[image.image_id], self._services.now())
            if image.image_id in usages
            else nothing_said
            for image in images
        }
