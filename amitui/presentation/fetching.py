"""A fetch under way in words and as a bar, for status line and command line: each in several lengths."""

from __future__ import annotations

import math
from typing import Final

from amitui.domain.catalogue.fetch_state import FetchState
from amitui.domain.counts import count_of

FULL, EMPTY = "█", "░"
ASCII_FULL, ASCII_EMPTY = "#", "-"

_WIDE, _NARROW = 20, 10
"""Cells of a bar."""
_FEW_S: Final = 8


def bar(fraction: float | None, cells: int, *, ascii_only: bool = False) -> str:
    """A bar of so many cells; it is full only at 1, and empty where nobody knows."""
    full, empty = (ASCII_FULL, ASCII_EMPTY) if ascii_only else (FULL, EMPTY)
    filled = int(cells * min(1.0, max(0.0, fraction or 0.0)))
    return full * filled + empty * (cells - filled)


def left_words(seconds: float | None) -> str:
    """`about 2 min left`, rounded so that it does not flicker; empty when nobody knows."""
    if seconds is None:
        return ""
    if seconds < _FEW_S:
        return "a few seconds left"
    return f"about {_rounded(seconds)} left"


def brief_left(seconds: float | None) -> str:
    """`~2 min`."""
    if seconds is None:
        return ""
    return f"~{_rounded(max(_FEW_S, seconds))}"


def _rounded(seconds: float) -> str:
    if seconds <= 55:
        return f"{max(10, 10 * round(seconds / 10))} s"
    if seconds < 90 * 60:
        return f"{math.ceil(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"


def _spent(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.0f} h"


def waiting_words(state: FetchState) -> str:
    """`waiting for EC2: 12 s`, or for the end of its throttling, once no answer has come for a while."""
    if not state.is_waiting:
        return ""
    subject = "throttled by EC2" if state.is_throttled else f"waiting for {state.waits_for}"
    return f"{subject}: {_spent(state.silent_seconds)}"


def throttled_words(state: FetchState) -> str:
    """`throttled 12 s`, once it is worth a word."""
    return f"throttled {_spent(state.throttled_seconds)}" if state.throttled_seconds >= 1 else ""


def images_words(state: FetchState) -> str:
    """`45,310 of about 120,000 images`, with as much as is known."""
    if state.expected is None or (about := _about(state.expected)) <= state.images:
        return count_of(state.images, "image")
    return f"{state.images:,} of about {about:,} images"


def resuming_words(images: int, expected: int | None) -> str:
    """`resuming: 38,000 of about 60,000 images are here already`."""
    here = images_words(FetchState(images=images, expected=expected))
    return f"resuming: {here} {'is' if images == 1 else 'are'} here already"


def _about(number: int) -> int:
    """The number to two digits: nobody knows more of what is yet to come."""
    return round(number, 2 - len(str(number)))


def _about_parts(state: FetchState, about: str = "about ") -> str:
    return f"{about if state.parts_may_grow else ''}{state.parts}"


def command_line(state: FetchState, width: int) -> str:
    """The line of a command, in at most `width` cells of ASCII: the wording that says most of those that fit."""
    # Where all is one part, nothing is said by it.
    parts = f"{state.parts_done} of {_about_parts(state)} parts" if state.parts > 1 else ""
    brief_parts = f"{state.parts_done}/{_about_parts(state, '~')} parts" if state.parts > 1 else ""
    waiting = waiting_words(state)
    rate = f"{state.rate:,.0f}/s" if state.rate and not waiting else ""
    left, throttled = left_words(state.seconds_left), throttled_words(state)
    flow = [waiting] if waiting else [rate, left]
    brief_flow = [waiting] if waiting else [brief_left(state.seconds_left)]
    # Before the first part is known, the caller is being identified: no image can have come.
    images, count = (images_words(state), f"{state.images:,}") if state.parts or state.images else ("", "")
    # Where nobody knows how far it is, an empty bar would say that nothing has come.
    known = state.shown_fraction is not None
    wide, narrow = (
        f"[{bar(state.shown_fraction, cells, ascii_only=True)}]" if known else "" for cells in (_WIDE, _NARROW)
    )
    forms = (
        [wide, parts, images, *flow, throttled],
        [narrow, parts, images, *flow, throttled],
        [narrow, parts, images, *flow],
        [narrow, brief_parts, images, rate, *brief_flow, throttled],
        [narrow, brief_parts, images, rate, *brief_flow],
        [narrow, brief_parts, images, *brief_flow],
        [narrow, images, *flow],
        [narrow, images, *brief_flow],
        [narrow, count, *brief_flow],
        [count, *brief_flow],
    )
    lines = ["  ".join(word for word in form if word) for form in forms]
    return next((line for line in lines if len(line) <= width), lines[-1][: max(0, width)])


def status_forms(state: FetchState, cancel_key: str) -> tuple[str, ...]:
    """What a status line says of the fetches, from the longest wording to the shortest."""
    others = f" +{state.others}" if state.others else ""
    waiting, throttled = waiting_words(state), throttled_words(state)
    cancels = f"  ({cancel_key} cancels)"
    if waiting:
        label = f"↓ {state.label}{others} · " if state.label else ""
        return (
            f"{label}{waiting}{cancels}",
            f"{label}{waiting}",
            f"{waiting}",
            f"↓ waiting {_spent(state.silent_seconds)}",
        )
    name = f"↓ {state.label}{others}"
    rate = f"{state.rate:,.0f}/s" if state.rate else ""
    left, brief = left_words(state.seconds_left), brief_left(state.seconds_left)
    fraction = state.shown_fraction
    share = "" if fraction is None else f"{int(100 * fraction)}%"
    gauge = bar(fraction, _NARROW) if share else ""
    count = f"{state.images:,}"

    def form(*words: str) -> str:
        return " ".join((words[0], " · ".join(word for word in words[1:] if word))).strip()

    drawn = f"{gauge} {share}".strip() or "↓"
    full = form(f"{name} {gauge}".strip(), count, rate, left, throttled)
    forms = (
        full + cancels,
        full,
        form(drawn, count, rate, left),
        form(drawn, count, brief or rate),
        form(drawn, brief or count),
        share or f"↓{count}",
    )
    shorter = [forms[0]]
    for wording in forms:
        if len(wording) < len(shorter[-1]):
            shorter.append(wording)
    return tuple(shorter)
