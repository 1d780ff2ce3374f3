"""The plan of a clean-up as a table, fitted to terminals of any width."""

from __future__ import annotations

import io
import os
import sys

import pytest

from amitui.cli.clean_table import print_table
from amitui.domain.costs import table_prices
from amitui.domain.fleet.inventory import FleetInventory
from amitui.domain.fleet.uses import uses_in
from amitui.domain.retention.own_image import OwnImage
from amitui.domain.retention.plan import RetentionPlan, make_plan
from amitui.domain.retention.rule import DAY, RetentionRule
from amitui.domain.retention.survey import RegionSurvey, Survey
from amitui.presentation.clean_plan import nothing_words, table_lines
from amitui.presentation.text import cell_width

NOW = 1_795_219_200
HOME = "eu-central-1"
NAMES = ("acme-base-ubuntu-24.04-x86_64-20260{}01-a-long-name-that-goes-on", "基礎映像-{}", "web-{}")
IMAGES = tuple(
    OwnImage(HOME, f"ami-{number:017x}", NAMES[number % 3].format(number), "", "x86_64", NOW - number * 100 * DAY)
    for number in range(6)
)


def planned(rule: RetentionRule) -> tuple[RetentionPlan, Survey]:
    region = RegionSurvey(HOME, IMAGES, uses_in(FleetInventory(HOME, "1")), table_prices(HOME))
    survey = Survey("1", (region,))
    return make_plan(rule, IMAGES, survey.uses, account="1", now=NOW), survey


@pytest.mark.parametrize("width", [60, 79, 80, 100, 120, 150, 200, 300])
def test_no_line_is_wider_than_the_terminal_and_every_reason_is_whole(width: int) -> None:
    plan, survey = planned(RetentionRule("r", keep=2))

    lines = list(table_lines(plan, survey, width))

    assert max(map(cell_width, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for decision in plan.decisions:
        assert decision.image.image_id in text
        for word in "; ".join(decision.reasons).split():
            assert word in text


def test_in_a_pipe_each_image_has_one_whole_line() -> None:
    plan, survey = planned(RetentionRule("r", keep=2))

    head, *lines = table_lines(plan, survey)

    assert head.split() == ["DECISION", "REGION", "IMAGE", "CREATED", "SNAPSHOTS", "NAME", "WHY"]
    assert len(lines) == len(IMAGES)
    for decision, line in zip(sorted(plan.decisions, key=lambda one: one.means is None), lines, strict=True):
        assert f" {decision.image.name} " in line
        assert line.endswith("; ".join(decision.reasons))


def test_a_rule_that_covers_nothing_has_no_table_and_says_which_patterns_match_nothing() -> None:
    plan, survey = planned(RetentionRule("r", families=("zz*", "é*")))

    assert list(table_lines(plan, survey, 80)) == []
    assert nothing_words(plan, [HOME]) == 'no image of yours matches families = ["zz*", "é*"]'
    everything, _ = planned(RetentionRule("r", exclude=("*",)))
    assert nothing_words(everything, [HOME]) == 'no image of yours matches exclude = ["*"]'
    assert (
        nothing_words(make_plan(plan.rule, (), {}, account="1", now=NOW), [HOME])
        == f"you have no images in {HOME}"
    )


class Terminal(io.StringIO):
    """Both streams of a terminal, in the order in which they are written to."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


@pytest.mark.parametrize(("height", "still_seen"), [(4, False), (400, True)])
def test_on_a_terminal_the_sums_come_before_the_table(
    height: int, still_seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, survey = planned(RetentionRule("r", keep=1))
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((120, height)))

    assert print_table(plan, survey, None) is still_seen

    sums, head, table = terminal.getvalue().partition("DECISION ")
    assert head
    assert f"{len(plan.decisions)} images: {len(plan.going)} to deregister" in sums
    assert "amitui: saves " in sums
    assert "amitui: " not in table


def test_in_a_pipe_the_table_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_table(*planned(RetentionRule("r", keep=1)), None) is False
    out, err = capsys.readouterr()
    assert out.startswith("DECISION ")
    assert err == ""
