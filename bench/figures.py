"""Samples of two sides taken in turns, and the table that compares them."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median


@dataclass(slots=True)
class Figure:
    """One thing that is measured, on amitui and on what it is compared with."""

    name: str
    unit: str
    against: str = ""
    """What the other side is; empty when there is none."""
    most_times: float | None = None
    """Goal: amitui's median is at most so many times the other's."""
    most_more: float | None = None
    """Goal: amitui's median is at most so much more than the other's, in `unit`."""
    most: float | None = None
    """Goal: amitui's median is at most this, in `unit`."""
    digits: int = 1
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    def add(self, ours: float, theirs: float | None = None) -> None:
        """Note what was measured in one turn."""
        self.ours.append(ours)
        if theirs is not None:
            self.theirs.append(theirs)

    @property
    def ratio(self) -> float | None:
        """Of the medians."""
        return median(self.ours) / median(self.theirs) if self.ours and self.theirs else None

    @property
    def ratio_of_pairs(self) -> float | None:
        """Median of the ratios of what was measured right after one another: immune to a machine that drifts."""
        pairs = [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=False) if theirs]
        return median(pairs) if pairs else None

    @property
    def goal(self) -> str:
        """The goal in words; empty when there is none."""
        if self.most_times is not None:
            return f"≤ {self.most_times:.3g} times"
        if self.most_more is not None:
            return f"≤ {self.most_more:g} {self.unit} more"
        return f"≤ {self.most:g} {self.unit}" if self.most is not None else ""

    @property
    def met(self) -> bool | None:
        """Whether the medians reach the goal; `None`: there is none, or nothing was measured."""
        if not self.ours:
            return None
        if self.most_times is not None:
            return self.ratio is not None and self.ratio <= self.most_times
        if self.most_more is not None:
            return bool(self.theirs) and median(self.ours) - median(self.theirs) <= self.most_more
        return median(self.ours) <= self.most if self.most is not None else None

    def row(self) -> tuple[str, ...]:
        """The cells of its line."""
        ratio, pairs = self.ratio, self.ratio_of_pairs
        return (
            f"{self.name}, {self.unit}" if self.unit else self.name,
            self._spread(self.ours),
            f"{self.against}: {self._spread(self.theirs)}" if self.against else "",
            "" if ratio is None or pairs is None else f"{ratio:.2f} ({pairs:.2f})",
            self.goal,
            {True: "met", False: "**missed**", None: ""}[self.met],
        )

    def _spread(self, samples: list[float]) -> str:
        if not samples:
            return "not measured"
        low, middle, high = (f"{value:.{self.digits}f}" for value in (min(samples), median(samples), max(samples)))
        return f"{middle} [{low}–{high}] n={len(samples)}"


HEADINGS = (
    "Figure",
    "amitui, median [min–max]",
    "Against",
    "Ratio of medians (median of pairs)",
    "Goal",
    "",
)


def markdown_table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = [HEADINGS, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]

    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join((line(rows[0]), rule, *map(line, rows[1:])))
