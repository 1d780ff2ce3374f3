"""A fleet by the age of its images: a histogram of text cells that needs neither colour nor more than ASCII."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.fleet.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs

LABEL_CELLS: Final = 10
LEAST_CELLS: Final = 6
"""Of a column: `1,234` and a blank."""
MOST_CELLS: Final = 10

_BOUNDS: Final = ((7, "<1w"), (30, "<1m"), (91, "<3m"), (182, "<6m"), (365, "<1y"), (730, "<2y"))
"""Ages in days, each below a bound, with what the column is called."""
_TITLES: Final = (*(title for _, title in _BOUNDS), "2y+", "?")
_EIGHTHS: Final = "▁▂▃▄▅▆▇█"


class AgeCounts(NamedTuple):
    """How many subjects stand on images of each age."""

    all: tuple[int, ...]
    bad: tuple[int, ...]
    """Of these, the ones that need attention."""


def age_counts(findings: Sequence[Finding]) -> AgeCounts:
    """The subjects by age of their images, the youngest first; the last count is of ages that are not known."""
    all_, bad = [0] * len(_TITLES), [0] * len(_TITLES)
    for finding in findings:
        place = _place(finding.judgement.age_days)
        all_[place] += 1
        bad[place] += finding.judgement.worst.severity >= Severity.WARNING
    return AgeCounts(tuple(all_), tuple(bad))


def age_chart(counts: AgeCounts, width: int, rows: int, glyphs: Glyphs) -> Iterator[Runs]:
    """The histogram: bars of so many rows, a line of ages, two lines of counts. Nothing where there is no room.

    Args:
        width: cells.
        rows: of the bars; one at least.
        glyphs: by what the terminal shows.
    """
    cells = min(MOST_CELLS, (width - LABEL_CELLS) // len(_TITLES))
    if cells < LEAST_CELLS:
        return
    bars = [_bar(value, max(counts.all), rows, glyphs) for value in counts.all]
    for level in reversed(range(rows)):
        texts = [(bar[level] * (cells - 2)).rjust(cells) for bar in bars]
        yield _line("", "".join(texts), "key")
    yield _line("image age", "".join(title.rjust(cells) for title in _TITLES), "muted")
    yield _line("subjects", "".join(_count(value, cells) for value in counts.all), "")
    yield _line("to look at", "".join(_count(value, cells) for value in counts.bad), "warn")


def _place(age_days: int | None) -> int:
    if age_days is None:
        return len(_TITLES) - 1
    return next((at for at, (days, _) in enumerate(_BOUNDS) if age_days < days), len(_BOUNDS))


def _count(value: int, cells: int) -> str:
    text = f"{value:,}" if value < 10_000 else f"{value // 1000}k"
    return (text if value else ".").rjust(cells)


def _bar(value: int, most: int, rows: int, glyphs: Glyphs) -> list[str]:
    """A character for each row of a bar, the lowest first; what is there at all is seen."""
    steps = len(_EIGHTHS)
    filled = max(1, value * rows * steps // most) if value and most else 0
    found = []
    for level in range(rows):
        here = min(steps, max(0, filled - level * steps))
        sign = _EIGHTHS[here - 1] if here else " "
        if glyphs.ascii and here:
            sign = "#" if here > steps // 2 else ":" if here > 2 else "."
        found.append(sign)
    return found


def _line(label: str, text: str, role: str) -> Runs:
    return ((f"{label:<{LABEL_CELLS}}", "label"), (text.rstrip(), role))
