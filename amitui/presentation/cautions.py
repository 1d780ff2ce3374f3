"""What somebody who takes an image should know, in few words: charges, deprecation, a borrowed name, its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.trust import Trust
from amitui.presentation.cells import charged
from amitui.presentation.facts import age

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.image.row import ImageRow

_PAID = int(ImageFlag.PAID)


def cautions(row: ImageRow, now: int) -> list[str]:
    """The worst first; none for a plain image. `now` is in epoch seconds."""
    found: list[str] = []
    if row.trust == Trust.LOOKALIKE:
        found.append("look-alike: not by the publisher it names")
    if row.state != "available":
        found.append(row.state or "state unknown")
    if row.deprecated is not None and row.deprecated <= now:
        found.append(f"deprecated {age(now - row.deprecated, day_limit=100)} ago")
    if charged(row):
        what = "product code" if int(row.flags) & _PAID else row.platform
        found.append(f"charged beyond the instance ({what})")
    return found


def cautions_of_all(rows: Sequence[ImageRow], now: int) -> str:
    """The cautions of one image, or how many of several have any, in one line; empty for plain images."""
    each = [cautions(row, now) for row in rows]
    if len(rows) == 1:
        return ", ".join(each[0])
    kinds: dict[str, int] = {}
    for found in each:
        for text in found:
            kind = text.split(" (")[0].split(":")[0]
            kind = "deprecated" if kind.startswith("deprecated") else kind
            kinds[kind] = kinds.get(kind, 0) + 1
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())
