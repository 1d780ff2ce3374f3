"""Usage reports: which counts, what it says, how far it has come, and what became of asking for one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from amitui.domain.fleet.usage_report import FRESH_S, AccountUse, UsageReport
from amitui.domain.operations.plans.usage_report import usage_report_plan
from amitui.ec2.reads.observations import observe
from amitui.ec2.reads.usage_reports import usage_reports
from amitui.ec2.writes.reconcile import reconcile
from amitui.ec2.writes.reconcile_search import Found
from amitui.errors import DeniedError
from tests.support.plan_samples import FACTS, NOW

ONE, TWO = "ami-00000000000000001", "ami-00000000000000002"
OTHERS = "444455556666"
KINDS = [{"ResourceType": "ec2:Instance"}, {"ResourceType": "ec2:LaunchTemplate"}]


def report(image_id: str, report_id: str, day: int, state: str = "available", **more: Any) -> dict[str, Any]:
    made = {"ImageId": image_id, "ReportId": report_id, "State": state, "ResourceTypes": KINDS}
    return made | {"CreationTime": f"2026-11-{day:02}T10:00:00.000Z"} | more


def entry(report_id: str, count: int, kind: str = "ec2:Instance") -> dict[str, Any]:
    return {"ReportId": report_id, "ResourceType": kind, "UsageCount": count, "AccountId": OTHERS}


class Scripted:
    """Answers by operation, and notes what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        self.asked.append((operation, parameters))
        answer = self.answers[operation]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    async def service_call(self, *_: Any, **__: Any) -> dict[str, Any]:
        raise AssertionError("EC2 alone is asked")


def cloud(reports: list[dict[str, Any]], entries: list[dict[str, Any]] = []) -> Scripted:  # noqa: B006 - never changed
    return Scripted(
        describe_image_usage_reports={"ImageUsageReports": reports},
        describe_image_usage_report_entries={"ImageUsageReportEntries": entries},
    )


def test_the_newest_report_on_each_image_counts_with_its_entries() -> None:
    aws = cloud(
        [report(ONE, "r-old", 1), report(ONE, "r-new", 20), report(TWO, "r-two", 21)],
        [entry("r-new", 3), entry("r-new", 1, "ec2:LaunchTemplate"), entry("r-old", 99), entry("r-two", 0)],
    )

    found = asyncio.run(usage_reports(aws, "us-east-1", [ONE, TWO, "ami-00000000000000003"]))

    assert found.keys() == {ONE, TWO}
    assert found[ONE].report_id == "r-new"
    assert found[ONE].uses == (
        AccountUse(OTHERS, "ec2:Instance", 3),
        AccountUse(OTHERS, "ec2:LaunchTemplate", 1),
    )
    assert found[TWO].uses == ()
    assert ("account 444455556666: 3 instances; account 444455556666: 1 launch template "
            "(report of 2026-11-20; EC2 counts instances a day late") in found[ONE].words  # fmt: skip


def test_entries_of_a_report_that_is_not_there_yet_are_not_asked_for() -> None:
    aws = cloud([report(ONE, "r-1", 20, "pending")])

    found = asyncio.run(usage_reports(aws, "us-east-1", [ONE]))

    assert found[ONE].words == "the usage report of 2026-11-20 is pending"
    assert [operation for operation, _ in aws.asked] == ["describe_image_usage_reports"]


@pytest.mark.parametrize(
    ("more", "complete"),
    [({}, True), ({"AccountIds": [OTHERS]}, False), ({"ResourceTypes": KINDS[:1]}, False)],
)
def test_a_report_on_some_accounts_or_some_uses_clears_nothing(more: dict[str, Any], complete: bool) -> None:
    found = asyncio.run(usage_reports(cloud([report(ONE, "r-1", 20, **more)]), "us-east-1", [ONE]))

    made = found[ONE].created
    assert made is not None
    assert found[ONE].clears(made + 60) is complete
    assert not found[ONE].clears(made + FRESH_S)


def test_a_denial_is_an_error_in_words() -> None:
    aws = Scripted(describe_image_usage_reports=DeniedError("not allowed", code="UnauthorizedOperation"))

    with pytest.raises(DeniedError):
        asyncio.run(usage_reports(aws, "us-east-1", [ONE]))


def test_what_is_waited_for_is_observed_by_its_id() -> None:
    aws = cloud([report(ONE, "r-1", 20, "error", StateReason="too many")])

    one, missing = asyncio.run(observe(aws, "us-east-1", "usage-report", ["r-1", "r-2"], "", NOW))

    assert (one.state, one.reason) == ("error", "too many")
    assert missing.state == ""


@pytest.mark.parametrize(
    ("reports", "found", "made"),
    [
        ([], Found.REPEATABLE, ""),
        ([report(FACTS.image_id, "r-old", 1)], Found.REPEATABLE, ""),
        ([report(FACTS.image_id, "r-new", 22)], Found.HAPPENED, "r-new"),
    ],
)
def test_a_call_without_an_answer_is_found_by_its_report_or_repeated_with_its_token(
    reports: list[dict[str, Any]], found: Found, made: str
) -> None:
    (call,) = usage_report_plan(FACTS).calls

    outcome = asyncio.run(reconcile(cloud(reports), call, NOW))

    assert (outcome.found, outcome.note) == (found, made)


def test_a_report_without_uses_says_so() -> None:
    assert UsageReport(ONE, "r-1", "available", NOW).words.startswith(
        "no other account uses it (report of 2026-11-21"
    )
