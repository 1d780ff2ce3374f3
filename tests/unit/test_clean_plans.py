"""The plans of clean-ups that were printed, kept in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from amitui.domain.retention.plan import RetentionPlan
from amitui.domain.retention.rule import BUILT_IN
from amitui.services.clean_plans import CleanPlans, PrintedPlan

NOW = 1_790_000_000
MINE, OTHER = "123456789012", "210987654321"


@pytest.mark.parametrize(("account", "begun"), [(MINE, True), (OTHER, False)])
def test_a_printed_plan_is_only_gone_on_with_in_its_own_account(tmp_path: Path, account: str, begun: bool) -> None:
    plans = CleanPlans(str(tmp_path / "plans.json"))
    printed = RetentionPlan(BUILT_IN, MINE, (), 0)
    plans.remember(printed, NOW)

    known = plans.of(printed.hash)

    assert known is not None
    assert known.account == MINE
    assert known.is_begun_by(RetentionPlan(BUILT_IN, account, (), 0), []) is begun


def test_a_plan_that_an_older_amitui_printed_is_gone_on_with() -> None:
    assert PrintedPlan({}, {}, NOW).is_begun_by(RetentionPlan(BUILT_IN, MINE, (), 0), [])
