"""Tails of Marketplace names: what the Marketplace puts behind the seller's own name of an image."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

_SHORTEST: Final = 24
_CUT_AT: Final = 128
"""Characters after which a name is cut, often within its tail."""

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TAIL: Final = rf"[- ]+(?:(?P<listing>{_UUID})(?:-ami-[0-9a-f.]*)?|prod-[a-z0-9]{{10,16}})$"
_CUT_TAIL: Final = r"[- ]+(?:[0-9a-f]{8}(?:-[0-9a-f]{0,12}){0,4}(?:-a?m?i?-?[0-9a-f.]*)?|[0-9a-f]{1,8})$"
_TAILED: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyz.")


class Listed(NamedTuple):
    """A name without its tail."""

    name: str
    listing: str
    """The listing's uuid: it tells products of one name apart and outlives renames. `*`: the tail does not say."""


def without_tail(name: str) -> Listed | None:
    """The seller's own name and the listing; `None` when the name has no tail."""
    if len(name) < _SHORTEST or "-" not in name or name[-1] not in _TAILED:
        return None
    match = _compiled(_TAIL).search(name)
    if match is None and len(name) >= _CUT_AT:
        match = _compiled(_CUT_TAIL).search(name)
    if match is None:
        return None
    return Listed(name[: match.start()].rstrip("- "), match.groupdict().get("listing") or "*")


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)
