"""Frames of a terminal as one animated SVG: each different row is drawn once, and shown while it is there.

CSS steps through it without scripts, so it plays wherever a picture can be shown. Whoever asks for less motion,
and whatever knows no animation, shows one frame.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from bench.svg import CELL_WIDTH, Styles, row_elements, window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyte.screens import Char

T = TypeVar("T")

_KEY_CSS: Final = ".key{fill:#febc2e;font-weight:bold}"


class Frame(NamedTuple):
    """What the terminal showed, and for how long."""

    rows: tuple[tuple[Char, ...], ...]
    keys: str
    """The keys pressed last, as they are shown on the frame."""
    seconds: float


def animated(frames: Sequence[Frame], title: str, *, poster: int) -> str:
    """An endless animation.

    Args:
        poster: the number of the frame that stands where nothing moves.
    """
    ends: list[float] = []
    for frame in frames:
        ends.append((ends[-1] if ends else 0.0) + frame.seconds)
    timing = _Timing(ends, poster)
    styles = Styles()
    columns = len(frames[0].rows[0])
    body = [
        timing.shown("".join(row_elements(number, cells, styles)), spans)
        for number in range(len(frames[0].rows))
        for cells, spans in _spans([frame.rows[number] for frame in frames]).items()
    ]
    caption = [
        timing.shown(_key_caption(keys, columns), spans)
        for keys, spans in _spans([frame.keys for frame in frames]).items()
        if keys
    ]
    css = styles.css + _KEY_CSS + timing.css
    return window(columns, len(frames[0].rows), title, css, "\n".join(body), over_title="\n".join(caption) + "\n")


def _key_caption(keys: str, columns: int) -> str:
    right = columns * CELL_WIDTH
    return f'<text class="key" x="{right:g}" y="21" text-anchor="end">{escape(keys, quote=False)}</text>'


class _Timing:
    """The CSS animations: one for each set of spans in which something is shown."""

    def __init__(self, ends: Sequence[float], poster: int) -> None:
        self._ends = ends
        self._poster = poster
        self._names: dict[tuple[tuple[int, int], ...], str] = {}

    def shown(self, elements: str, spans: list[tuple[int, int]]) -> str:
        """The elements, shown during these frames only."""
        if not elements or spans == [(0, len(self._ends))]:
            return elements
        name = self._names.setdefault(tuple(spans), f"t{len(self._names)}")
        return f'<g class="{name}">{elements}</g>'

    @property
    def css(self) -> str:
        """The rules of all animations."""
        total = self._ends[-1]
        rules = []
        for spans, name in self._names.items():
            moments: dict[float, str] = {0.0: "hidden"}
            for first, after in spans:
                moments[self._ends[first - 1] if first else 0.0] = "visible"
                moments[self._ends[after - 1]] = "hidden"
            steps = "".join(f"{100 * at / total:.4g}%{{visibility:{what}}}" for at, what in moments.items())
            still = "visible" if any(first <= self._poster < after for first, after in spans) else "hidden"
            rules.append(f"@keyframes {name}{{{steps}}}.{name}{{visibility:{still};animation-name:{name}}}")
        moving = ",".join(f".{name}" for name in self._names.values())
        return (
            "".join(rules)
            + f"{moving}{{animation-duration:{total:.2f}s;animation-timing-function:step-end;"
            + "animation-iteration-count:infinite}@media (prefers-reduced-motion:reduce){"
            + f"{moving}{{animation:none}}}}"
        )


def _spans(shown: Sequence[T]) -> dict[T, list[tuple[int, int]]]:
    """Where each value stands: from which number to before which."""
    found: dict[T, list[tuple[int, int]]] = {}
    for first, after, value in _runs(shown):
        found.setdefault(value, []).append((first, after))
    return found


def _runs(values: Sequence[T]) -> Iterator[tuple[int, int, T]]:
    start = 0
    for at in range(1, len(values) + 1):
        if at == len(values) or values[at] != values[start]:
            yield start, at, values[start]
            start = at
