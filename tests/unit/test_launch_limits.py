"""From what size on a launch is confirmed by typing its number."""

from __future__ import annotations

import pytest

from amitui.domain.launch.limits import HOURLY, LaunchLimits
from amitui.domain.launch.request import LaunchRequest
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.change import enable_plan
from amitui.domain.operations.plans.launch import launch_plan
from tests.support.form_host import WEB

LIMITS = LaunchLimits(10, 5.0)


def plan(most: int, hourly: float | None = None) -> Plan:
    made = launch_plan(LaunchRequest("us-east-1", "ami-1", "web", "t3.micro", min_count=1, max_count=most))
    return made._replace(before={} if hourly is None else {HOURLY: hourly})


@pytest.mark.parametrize(
    ("plans", "typed"),
    [
        ([plan(10, 5.0)], ""),
        ([plan(11, 0.1)], "11"),
        ([plan(11)], "11"),
        ([plan(1, 5.01)], "1"),
        ([plan(10)], ""),
        ([plan(6, 1.0), plan(5, 1.0)], "11"),
        ([plan(1, 3.0), plan(2, 3.0)], "3"),
        ([plan(1, 9.0), plan(2)], ""),
        ([enable_plan(WEB)], ""),
        ([], ""),
    ],
)
def test_the_number_is_typed_above_either_limit(plans: list[Plan], typed: str) -> None:
    assert LIMITS.number_to_type(plans) == typed


def test_a_limit_of_nothing_wants_every_launch_confirmed() -> None:
    assert LaunchLimits(0, 5.0).number_to_type([plan(1)]) == "1"


def test_each_reason_is_a_sentence_and_a_price_that_is_not_known_is_said() -> None:
    assert LIMITS.reasons([plan(3, 1.0)]) == ()
    assert LIMITS.reasons([plan(1200, 50.0)]) == (
        "1,200 instances are more than 10 (setting launch_confirm_count).",
        "50.00 an hour is more than 5 (setting launch_confirm_price).",
    )
    (unknown,) = LIMITS.reasons([plan(3)])
    assert unknown.startswith("The price is not known")
    assert LIMITS.reasons([enable_plan(WEB)]) == ()
