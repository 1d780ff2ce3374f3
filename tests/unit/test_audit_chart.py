"""The fleet by the age of its images: a histogram that reads without colour and without more than ASCII."""

from __future__ import annotations

import pytest

from amitui.domain.fleet.findings import Verdict
from amitui.presentation.audit_chart import AgeCounts, age_chart, age_counts
from amitui.presentation.glyphs import ASCII, UNICODE, Glyphs
from tests.ui.test_audit_screen import finding


def lines(counts: AgeCounts, width: int = 80, rows: int = 1, glyphs: Glyphs = UNICODE) -> list[str]:
    return ["".join(text for text, _ in runs) for runs in age_chart(counts, width, rows, glyphs)]


def test_each_age_is_counted_once_and_an_unknown_one_apart() -> None:
    ages = [0, 6, 7, 29, 30, 90, 91, 181, 182, 364, 365, 729, 730, 9999]
    findings = [finding(at, Verdict.NEWEST, age=age) for at, age in enumerate(ages)]
    unknown = finding(99, Verdict.GONE)
    findings.append(unknown._replace(judgement=unknown.judgement._replace(age_days=None)))
    counts = age_counts(findings)
    assert counts.all == (2, 2, 2, 2, 2, 2, 2, 1)
    assert counts.bad == (0, 0, 0, 0, 0, 0, 0, 1)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("width", [58, 60, 80, 200])
def test_the_picture_fits_and_says_its_counts_in_digits(glyphs: Glyphs, rows: int, width: int) -> None:
    counts = AgeCounts((1, 20, 300, 1999, 0, 123_456, 7, 2), (1, 0, 300, 5, 0, 0, 7, 2))
    shown = lines(counts, width, rows, glyphs)
    assert len(shown) == rows + 3
    assert all(len(line) <= width for line in shown)
    assert shown[rows].split() == ["image", "age", "<1w", "<1m", "<3m", "<6m", "<1y", "<2y", "2y+", "?"]
    assert shown[rows + 1].split() == ["subjects", "1", "20", "300", "1,999", ".", "123k", "7", "2"]
    assert shown[rows + 2].split()[:5] == ["to", "look", "at", "1", "."]
    if glyphs.ascii:
        assert "".join(shown).isascii()


def test_the_highest_bar_fills_its_rows_and_what_is_there_is_seen() -> None:
    counts = AgeCounts((1, 0, 0, 0, 0, 0, 0, 1000), (0,) * 8)
    top, middle, bottom = lines(counts, 91, 3)[:3]
    assert "█" in top
    assert "█" in middle
    assert bottom.count("▁") == 8
    assert "▁" not in top


def test_there_is_no_picture_where_there_is_no_room() -> None:
    assert lines(AgeCounts((1,) * 8, (0,) * 8), 57) == []
    assert len(lines(AgeCounts((0,) * 8, (0,) * 8), 80)) == 4
