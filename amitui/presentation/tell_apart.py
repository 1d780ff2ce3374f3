"""Texts cut to one width so that what they share goes and what tells them apart stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from amitui.presentation.text import cell_width, fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORDS: Final = r"[^-_./ ()]+|[-_./ ()]"
"""Parts of a name."""

SPACED: Final = r"[^ ]+| "
"""Parts of a label, in which `1.33` is one word."""

_CHARACTERS: Final = r"(?s:.)"
"""Parts where the names' own are too long to tell apart in the width."""


def tell_apart(
    names: Sequence[str], width: int, ellipsis: str = "…", *, head: bool = True, parts: str = _WORDS
) -> list[str]:
    """Each of `names`, which all differ, in at most `width` cells, so that the results differ too.

    Where it cannot be done, because more differs than `width` takes, some are equal all the same.

    Args:
        names: two or more.
        width: of each result, in terminal cells.
        ellipsis: stands where something was left out.
        head: whether as much of the shared beginning is kept as there is room for.
        parts: what the names are taken apart into, as a regular expression.
    """
    for pattern in (parts, _CHARACTERS):
        texts = _told_apart([re.findall(pattern, name) for name in names], width, ellipsis, head)
        if _fit_and_differ(texts, width):
            break
    else:
        texts = [_end(name, width, ellipsis) for name in names]
    return texts


def _told_apart(rows: Sequence[Sequence[str]], width: int, ellipsis: str, head: bool) -> list[str]:
    """The best that can be said in whole tokens; it need neither fit nor differ."""
    start, end = _shared(rows), _shared([row[::-1] for row in rows])
    middles = [row[start : max(start, len(row) - end)] for row in rows]
    shared = "".join(rows[0][:start]) if head else ""
    texts = [_assembled(shared, middle, bool(end), width, ellipsis) for middle in middles]
    if _fit_and_differ(texts, width):
        return texts
    for kept in _columns_that_differ(middles, width):
        pieces = [[middle[index] for index in kept if index < len(middle)] for middle in middles]
        texts = [_with_head(shared, ellipsis.join(piece), width, ellipsis) for piece in pieces]
        if _fit_and_differ(texts, width):
            break
    return texts


def _end(text: str, width: int, ellipsis: str) -> str:
    """As much of the end as there is room for."""
    if cell_width(text) <= width:
        return text
    kept = text[-width:]
    while kept and cell_width(kept) > width - len(ellipsis):
        kept = kept[1:]
    return ellipsis + kept


def _shared(rows: Sequence[Sequence[str]]) -> int:
    """How many tokens all rows begin with; not all of any."""
    shared = 0
    for tokens in zip(*rows, strict=False):
        if len(set(tokens)) > 1:
            break
        shared += 1
    return min(shared, min(len(row) for row in rows) - 1) if rows else 0


def _assembled(head: str, middle: Sequence[str], more: bool, width: int, ellipsis: str) -> str:
    return _with_head(head, "".join(middle).strip("-_./ ") + (ellipsis if more else ""), width, ellipsis)


def _with_head(head: str, text: str, width: int, ellipsis: str) -> str:
    """As much of the head as there is room for, then what differs."""
    room = width - cell_width(text)
    if cell_width(head) <= room:
        return head + text
    if room > len(ellipsis) + 2:
        return fit(head, room, ellipsis="").rstrip("-_./ ") + ellipsis + text
    return text


def _fit_and_differ(texts: Sequence[str], width: int) -> bool:
    return all(cell_width(text) <= width for text in texts) and len(set(texts)) == len(texts)


def _columns_that_differ(middles: Sequence[Sequence[str]], most: int) -> Iterable[list[int]]:
    """Sets of at most so many token positions that together tell all rows apart: few at first."""
    longest = max((len(middle) for middle in middles), default=0)
    values = [[middle[index] if index < len(middle) else "" for middle in middles] for index in range(longest)]
    differing = [index for index in range(longest) if len(set(values[index])) > 1]
    chosen: list[int] = []
    while len(chosen) < min(len(differing), most):
        best = max(
            (index for index in differing if index not in chosen),
            key=lambda index: len({*zip(*(values[at] for at in sorted([*chosen, index])), strict=True)}),
        )
        chosen.append(best)
        yield sorted(chosen)
