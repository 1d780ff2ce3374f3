"""Who else uses an image, on the reviews of what takes it from other accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.domain.fleet.usage_report import AccountUse, UsageReport
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.change import deprecate_plan, disable_plan
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.share import share_plan
from amitui.domain.sharing.permissions import Sharing
from amitui.errors import AmituiError, DeniedError
from amitui.ui.forms.confirm import AgreeForm
from amitui.ui.forms.elsewhere import Elsewhere, ElsewhereReads, ImageKey, takes_from_others
from tests.support.form_host import NOW, WEB, FakeHost, filling
from tests.support.plan_samples import SHARING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OTHERS = "444455556666"
SHARED = WEB._replace(shared_with=(OTHERS,))
KEY: ImageKey = (SHARED.region, SHARED.image_id)
USED = UsageReport(SHARED.image_id, "r-1", "available", NOW - 60, uses=(AccountUse(OTHERS, "ec2:Instance", 2),))


class Ec2:
    """Reports that appear once they were asked for."""

    def __init__(self, *, there: bool = False, problem: str = "", error: AmituiError | None = None) -> None:
        self.there, self.problem, self.error = there, problem, error
        self.asked: list[dict[ImageKey, str]] = []

    async def read(self, images: Sequence[ImageKey]) -> Mapping[ImageKey, UsageReport]:
        if self.error is not None:
            raise self.error
        return {KEY: USED} if self.there and KEY in images else {}

    async def ask(self, images: Mapping[ImageKey, str]) -> str:
        self.asked.append(dict(images))
        self.there = not self.problem
        return self.problem


def form_of(plan: Plan, ec2: Ec2) -> AgreeForm:
    form = AgreeForm(FakeHost(), "Do it", [plan])
    form.elsewhere = Elsewhere(ElsewhereReads(ec2.read, ec2.ask, lambda: NOW))
    return form


def words(text: str) -> str:
    return " ".join("".join(" " if char in "│╭╮╰╯─▁▂▃▄▅▆▇█▐" else char for char in text).split())


async def test_a_report_that_is_there_is_shown_and_blocks_nothing() -> None:
    async with filling(form_of(disable_plan(SHARED), Ec2(there=True)), size=(80, 40)) as page:
        assert f"acme-web: account {OTHERS}: 2 instances" in words(page.screen)
        await page.press("ctrl+s")
        assert page.result == (disable_plan(SHARED),)


async def test_without_a_report_f3_asks_for_one_and_shows_it() -> None:
    ec2 = Ec2()
    async with filling(form_of(disable_plan(SHARED), ec2), size=(80, 40)) as page:
        assert "nobody has asked who else uses acme-web: F3 asks EC2" in words(page.screen)
        await page.press("f3")
        assert ec2.asked == [{KEY: "acme-web"}]
        assert f"account {OTHERS}: 2 instances" in words(page.screen)
        await page.press("ctrl+s")
        assert page.result == (disable_plan(SHARED),)


async def test_what_goes_wrong_is_said() -> None:
    async with filling(form_of(disable_plan(SHARED), Ec2(problem="EC2 is busy")), size=(80, 40)) as page:
        await page.press("f3")
        assert "not every report could be had: EC2 is busy" in words(page.screen)
    denied = DeniedError("not allowed to read usage reports")
    async with filling(form_of(disable_plan(SHARED), Ec2(error=denied)), size=(80, 40)) as page:
        assert "could not read usage reports: not allowed" in words(page.screen)


async def test_an_image_that_is_shared_with_nobody_is_not_asked_about() -> None:
    ec2 = Ec2()
    async with filling(form_of(disable_plan(WEB), ec2), size=(80, 40)) as page:
        await page.press("f3")
        assert "Other accounts" not in page.screen
        assert ec2.asked == []


def _unshared(sharing: Sharing, *grantees: str) -> Plan:
    return share_plan(SHARED, sharing, (), grantees, share_snapshots=False)


@pytest.mark.parametrize(
    ("plan", "takes"),
    [
        (disable_plan(SHARED), True),
        (disable_plan(WEB._replace(public=True)), True),
        (disable_plan(WEB), False),
        (deregister_plan(SHARED, delete_snapshots=False, snapshot_ids=()), True),
        (deregister_plan(WEB, delete_snapshots=False, snapshot_ids=()), False),
        (_unshared(SHARING, "055566677788"), True),
        (share_plan(SHARED, SHARING, ["210987654321"], (), share_snapshots=False), False),
        (deprecate_plan(SHARED, NOW + 86_400), False),
    ],
)
def test_only_what_others_lose_is_asked_about(plan: Plan, takes: bool) -> None:
    assert takes_from_others(plan) is takes
