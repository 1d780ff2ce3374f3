from __future__ import annotations

import pytest
from rich.cells import cell_len

from amitui.domain.timeline.entry import TimelineEntry
from amitui.domain.timeline.timeline import Timeline
from amitui.presentation.glyphs import ASCII
from amitui.presentation.timeline import stage_diagram, stage_line, stage_rows
from amitui.ui.widgets.timeline_view import timeline_lines

NOW = 1_790_000_000
DAY = 86_400
HOSTILE = "prod[/foo] [@click=app.quit]x[/] 日本語" * 5

TIMELINE = Timeline(
    (
        TimelineEntry("created", "done", NOW - 8 * DAY, detail=("from instance i-1",)),
        TimelineEntry("registered", "done", NOW - 8 * DAY),
        TimelineEntry("available", "now", None, 200, progress=62, left=170.0),
        TimelineEntry("deprecated", "ahead", NOW + 90 * DAY),
        TimelineEntry("disabled", "ahead"),
        TimelineEntry("deregistered", "ahead", cause="protected: enabled"),
    ),
    (
        TimelineEntry(
            "copied to eu-west-1", "bad", NOW - DAY, cause="the key is not accessible", detail=("ami-2",)
        ),
        TimelineEntry("used by", "unknown", cause=HOSTILE),
    ),
)


def text(runs: tuple[tuple[str, str], ...]) -> str:
    return "".join(part for part, _ in runs)


def test_at_eighty_columns_one_line_names_every_milestone() -> None:
    line = text(stage_line(TIMELINE, 78, now=NOW))
    assert line == "✓ created─✓ registered─● available 62%─○ deprecated─○ disabled─○ deregistered"


@pytest.mark.parametrize("width", [200, 78, 60, 40, 28])
def test_the_line_keeps_its_width_and_always_names_the_present_milestone(width: int) -> None:
    line = text(stage_line(TIMELINE, width, now=NOW))
    assert cell_len(line) <= width
    assert "avail" in line
    assert line.count("✓") == 2
    assert line.count("○") == 3


def test_the_states_differ_without_colour() -> None:
    signs = {row.sign for row in stage_rows(TIMELINE, now=NOW)}
    assert signs == {"✓", "●", "○", "✗", "?"}


def test_the_diagram_branches_off_where_the_image_became_available() -> None:
    rows = list(stage_diagram(TIMELINE, now=NOW))
    assert [row.name for row in rows][2:6] == ["available", "copied to eu-west-1", "used by", "deprecated"]
    assert [row.rail for row in rows][2:6] == ["", "├─", "├─", ""]
    assert rows[-1].under.strip() == ""


def test_what_is_under_way_has_a_bar_an_estimate_and_its_time() -> None:
    row = next(row for row in stage_rows(TIMELINE, now=NOW) if row.name == "available")
    assert row.texts == (("████████████░░░░░░░░ 62%, about 3 min left", "key"), ("3m20s so far", "muted"))


def test_a_failure_says_why_before_when() -> None:
    row = next(row for row in stage_rows(TIMELINE, now=NOW) if row.name.startswith("copied"))
    assert [words for words, _ in row.texts] == ["the key is not accessible", "2026-09-20 14:13Z (24 hours ago)"]


@pytest.mark.parametrize("diagram", [True, False])
@pytest.mark.parametrize("width", [10, 20, 39, 51, 79, 118])
def test_lines_keep_their_width_and_lose_nothing(width: int, diagram: bool) -> None:
    lines = [
        "".join(run.text for run in line)
        for line in timeline_lines(TIMELINE, now=NOW, width=width, diagram=diagram)
    ]
    if width >= 20:
        assert max(cell_len(line) for line in lines) <= width
    together = "".join("".join(lines).replace("│", "").split())
    assert HOSTILE.replace(" ", "") in together


def test_an_ascii_terminal_gets_ascii_alone() -> None:
    timeline = Timeline(TIMELINE.milestones, TIMELINE.branches[:1])
    for diagram in (True, False):
        lines = timeline_lines(timeline, now=NOW, width=51, diagram=diagram, signs=ASCII)
        assert all(run.text.isascii() for line in lines for run in line)
