"""An image's life as one line of stages, and as the rows of a diagram: data for the screen, no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.presentation.details.groups import distance, moment
from amitui.presentation.glyphs import UNICODE, Glyphs
from amitui.presentation.operation_words import bar, duration, estimate
from amitui.presentation.text import cell_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amitui.domain.timeline.entry import EntryState, TimelineEntry
    from amitui.domain.timeline.timeline import Timeline
    from amitui.presentation.lines import Runs

BAR_CELLS: Final = 20

ROLES: Final[dict[EntryState, str]] = {
    "done": "good",
    "now": "key",
    "ahead": "muted",
    "bad": "bad",
    "unknown": "muted",
}
"""The role of a stage's sign and name."""

_SHORT: Final = {
    "created": "made",
    "registered": "reg.",
    "available": "avail.",
    "deprecated": "depr.",
    "disabled": "dis.",
    "deregistered": "dereg.",
    "in Recycle Bin": "bin",
}


class StageRow(NamedTuple):
    """One stage of the diagram, its text still to be wrapped."""

    rail: str
    """In front of its first line."""
    under: str
    """In front of its other lines, and of the blank one behind it."""
    sign: str
    name: str
    role: str
    """Of the sign and the name."""
    texts: tuple[tuple[str, str], ...]
    """(text, role) pairs, a line each unless they fit beside one another."""
    details: tuple[str, ...]
    """A line each."""


def sign(stage: TimelineEntry, signs: Glyphs = UNICODE) -> str:
    """One cell for a stage's state."""
    return {
        "done": signs.done,
        "now": signs.now,
        "ahead": signs.ahead,
        "bad": signs.failed,
        "unknown": signs.unknown,
    }[stage.state]


def stage_line(timeline: Timeline, width: int, *, now: int, signs: Glyphs = UNICODE) -> Runs:
    """The stages side by side in at most `width` cells, the present one told most of."""
    present = timeline.milestones[timeline.present]
    told = _present_words(present, now)
    named = [stage.name for stage in timeline.milestones]
    short = [_SHORT.get(name, name) for name in named]
    alone = [name if index == timeline.present else "" for index, name in enumerate(named)]
    for names, words, joint in (
        (named, told, f" {signs.dash} "),
        (named, told, signs.dash),
        (named, "", signs.dash),
        (short, told, signs.dash),
        (short, "", signs.dash),
        (alone, told, signs.dash),
        (alone, "", ""),
    ):
        runs = _line(timeline, names, words, joint, signs)
        if sum(cell_width(text) for text, _ in runs) <= width:
            break
    return runs


def _line(timeline: Timeline, names: Sequence[str], words: str, joint: str, signs: Glyphs) -> Runs:
    runs: list[tuple[str, str]] = []
    for index, (stage, name) in enumerate(zip(timeline.milestones, names, strict=True)):
        if index and joint:
            runs.append((joint, "muted"))
        text = f"{sign(stage, signs)} {name}".rstrip()
        if index == timeline.present and words:
            text += f" {words}"
        role = "title" if index == timeline.present and stage.state == "done" else ROLES[stage.state]
        runs.append((text, role))
    return tuple(runs)


def _present_words(stage: TimelineEntry, now: int) -> str:
    """What the line has room for: the progress, or since when."""
    if stage.state == "now":
        return f"{stage.progress}%" if stage.progress is not None else ""
    return distance(stage.at - now) if stage.at is not None and stage.state == "done" else ""


def stage_rows(timeline: Timeline, *, now: int, signs: Glyphs = UNICODE) -> Iterator[StageRow]:
    """The stages and, behind the present one, what hangs on the image: rows below one another without rails."""
    for stage in (*timeline.milestones, *timeline.branches):
        yield _row(stage, "", "", now, signs)


def stage_diagram(timeline: Timeline, *, now: int, signs: Glyphs = UNICODE) -> Iterator[StageRow]:
    """The stages along a rail; what hangs on the image branches off it where it became available."""
    rail = f"{signs.rail} "
    at = next((index for index, stage in enumerate(timeline.milestones) if stage.name == "available"), 0)
    last = len(timeline.milestones) - 1
    for index, stage in enumerate(timeline.milestones):
        yield _row(stage, "", rail if index < last else "  ", now, signs)
        if index == at:
            for branch in timeline.branches:
                yield _row(branch, f"{signs.branch}{signs.dash}", f"{rail}", now, signs)


def _row(stage: TimelineEntry, rail: str, under: str, now: int, signs: Glyphs) -> StageRow:
    return StageRow(
        rail,
        under,
        sign(stage, signs),
        stage.name,
        ROLES[stage.state],
        tuple(_texts(stage, now, signs)),
        stage.detail,
    )


def _texts(stage: TimelineEntry, now: int, signs: Glyphs) -> Iterator[tuple[str, str]]:
    if stage.state == "now" and stage.progress is not None:
        left = estimate(stage.left)
        words = f"{bar(stage.progress, BAR_CELLS, signs)} {stage.progress}%"
        yield (f"{words}, {left} left" if left else words), "key"
    if stage.state == "bad" and stage.cause:
        yield stage.cause, "bad"
    if stage.at is not None:
        yield moment(stage.at, now).replace(" UTC", "Z", 1), ""
    if stage.elapsed is not None:
        span = duration(stage.elapsed)
        yield (f"{span} so far" if stage.state == "now" else f"took {span}"), "muted"
    if stage.cause and stage.state != "bad":
        yield stage.cause, "" if stage.state == "done" else "muted"
