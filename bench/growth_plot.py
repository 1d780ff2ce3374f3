"""Draws how time, memory and disk grow with the number of images: three small charts in one SVG."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, log10
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.crawl import CrawlFigures
    from bench.figures import Figure
    from bench.imports import ImportFigures

_WIDTH: Final = 250
_HEIGHT: Final = 170
_LEFT: Final = 58
_TOP: Final = 46
_BOTTOM: Final = 46
_GAP: Final = 24
_FONTS: Final = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
_COLOURS: Final = ("#2e86c1", "#e67e22", "#27ae60", "#9b59b6")
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart."""

    name: str
    points: tuple[tuple[float, float], ...]
    """(images, value), ascending."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart."""

    title: str
    unit: str
    lines: tuple[Line, ...]


def render(crawls: Sequence[CrawlFigures], imports: Sequence[ImportFigures]) -> str:
    """The charts of what was measured with several numbers of images."""
    crawled = sorted(crawls, key=lambda one: one.images)
    imported = sorted(imports, key=lambda one: one.images)

    def line(name: str, samples: Sequence[tuple[int, list[float]]]) -> Line:
        return Line(name, tuple((images, median(values)) for images, values in samples if values))

    def both(of_crawl: str, of_import: str) -> tuple[Line, ...]:
        first: list[tuple[int, Figure]] = [(one.images, getattr(one, of_crawl)) for one in crawled]
        second: list[tuple[int, Figure]] = [(one.images, getattr(one, of_import)) for one in imported]
        lines = (
            line("amitui sync", [(images, figure.ours) for images, figure in first]),
            line("aws ec2 describe-images", [(images, figure.theirs) for images, figure in first]),
            line("amitui import", [(images, figure.ours) for images, figure in second]),
        )
        return tuple(one for one in lines if one.points)

    return draw(
        (
            Chart("Wall time", "s", both("wall", "wall")),
            Chart("Peak memory, all processes", "MB", both("memory", "memory")),
            Chart("Cache on disk", "MB", both("kept", "kept")),
        )
    )


def draw(charts: Sequence[Chart]) -> str:
    """Charts side by side with one legend."""
    names = list(dict.fromkeys(line.name for chart in charts for line in chart.lines))
    colours = dict(zip(names, _COLOURS, strict=False))
    each = _LEFT + _WIDTH + _GAP
    width, height = each * len(charts), _TOP + _HEIGHT + _BOTTOM + 24
    body = "\n".join(
        f'<g transform="translate({each * number + _LEFT} {_TOP})">{_chart(chart, colours)}</g>'
        for number, chart in enumerate(charts)
    )
    legend = "".join(
        f'<g transform="translate({_LEFT + 190 * number} {height - 14})">'
        f'<rect y="-9" width="18" height="4" fill="{colour}"/>'
        f'<text x="24" y="-3">{escape(name)}</text></g>'
        for number, (name, colour) in enumerate(colours.items())
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<title>Time, memory and disk by number of images</title>
<style>text{{font-family:{_FONTS};font-size:12px;fill:#3b4048}}.t{{font-weight:600;font-size:13px}}</style>
<rect width="{width}" height="{height}" fill="#ffffff"/>
{body}
{legend}
</svg>
"""


def _chart(chart: Chart, colours: dict[str, str]) -> str:
    points = [point for line in chart.lines for point in line.points]
    if not points:
        return ""
    most_x = max(x for x, _ in points)
    step = _step(max(y for _, y in points))
    most_y = step * _TICKS
    parts = [f'<text class="t" y="-20">{escape(chart.title)}, {escape(chart.unit)}</text>']
    for tick in range(_TICKS + 1):
        y = _HEIGHT * (1 - tick / _TICKS)
        parts.append(f'<path d="M0 {y:g}H{_WIDTH}" stroke="#dfe3e8"/>')
        parts.append(f'<text x="-8" y="{y + 4:g}" text-anchor="end">{step * tick:,g}</text>')
    for x in sorted({x for x, _ in points}):
        at = _WIDTH * x / most_x
        parts.append(f'<text x="{at:g}" y="{_HEIGHT + 18}" text-anchor="middle">{_short(x)}</text>')
        parts.append(f'<path d="M{at:g} {_HEIGHT}v4" stroke="#3b4048"/>')
    for line in chart.lines:
        spots = [(_WIDTH * x / most_x, _HEIGHT * (1 - y / most_y)) for x, y in line.points]
        colour = colours[line.name]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
    return "".join(parts)


def _step(most: float) -> float:
    """A round distance between the lines of a grid of `_TICKS` that holds the value."""
    if most <= 0:
        return 1
    wanted = most / _TICKS
    power = 10.0 ** ceil(log10(wanted) - 1)
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= wanted)


def _short(images: float) -> str:
    return f"{images / 1e6:g}M" if images >= 1e6 else f"{images / 1e3:g}k"
