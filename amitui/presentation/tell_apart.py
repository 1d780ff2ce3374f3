"""Texts cut to one width so that what they share goes and what tells them apart stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORDS: Final = r"[^-_./ ()]+|[-_./ ()]"
"""Parts of a name."""

SPACED: Final = r"[^ ]+| "
"""Parts of a label, in which `1.33` is one word."""


def tell_apart(
    names: Sequence[str], width: int, ellipsis: str = "…", *, head: bool = True, parts: str = _WORDS
) -> list[str]:
    """Each of `names`, which all differ, in at most `width` characters, so that the results differ too.

    Where it cannot be done, because more differs than `width` takes, some are equal all the same.

    Args:
        names: two or more.
        width: of each result, in characters.
        ellipsis: stands where something was left out.
        head: whether as much of the shared beginning is kept as there is room for.
        parts: what the names are taken apart into, as a regular expression.
    """
    rows = [re.findall(parts, name) for name in names]
    start, end = _shared(rows), _shared([row[::-1] for row in rows])
    middles = [row[start : max(start, len(row) - end)] for row in rows]
    shared = "".join(rows[0][:start]) if head else ""
    texts = [_assembled(shared, middle, bool(end), width, ellipsis) for middle in middles]
    if _fit_and_differ(texts, width):
        return texts
    for kept in _columns_that_differ(middles):
        pieces = [[middle[index] for index in kept if index < len(middle)] for middle in middles]
        texts = [_with_head(shared, ellipsis.join(piece), width, ellipsis) for piece in pieces]
        if _fit_and_differ(texts, width):
            return texts
    return [text if len(text) <= width else ellipsis + text[1 - width :] for text in texts]


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
    room = width - len(text)
    if len(head) <= room:
        return head + text
    if room > len(ellipsis) + 2:
        return head[: max(room - len(ellipsis), 0)].rstrip("-_./ ") + ellipsis + text
    return text


def _fit_and_differ(texts: Sequence[str], width: int) -> bool:
    return all(len(text) <= width for text in texts) and len(set(texts)) == len(texts)


def _columns_that_differ(middles: Sequence[Sequence[str]]) -> Iterable[list[int]]:
    """Sets of token positions that together tell all rows apart: few at first, then all that differ."""
    longest = max((len(middle) for middle in middles), default=0)
    values = [[middle[index] if index < len(middle) else "" for middle in middles] for index in range(longest)]
    differing = [index for index in range(longest) if len(set(values[index])) > 1]
    chosen: list[int] = []
    while len(chosen) < len(differing):
        best = max(
            (index for index in differing if index not in chosen),
            key=lambda index: len({*zip(*(values[at] for at in sorted([*chosen, index])), strict=True)}),
        )
        chosen.append(best)
        yield sorted(chosen)
