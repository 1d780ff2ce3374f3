"""Text cut and padded to an exact number of terminal cells.

No terminal library is imported until a text that is not ASCII has to be measured: `amitui find` runs through here.
"""

from __future__ import annotations

import re
from typing import Final

_SEPARATOR: Final = "[-_./ ]"

_UUID_TAIL: Final = r"-?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(-ami-[0-9a-f.]*)?$"
"""Patterns as text: compiled when the first name has to be cut, not at start."""


def short_name(name: str, width: int, ellipsis: str = "…") -> str:
    """`name` in `width` cells, cut where an engineer misses it least.

    Both ends speak: the start names the product (`al2023-ami-minimal-…`, `RHEL-9.4…`), the end the build
    (a date, a version, `arm64`). So directories go first (`ubuntu/images/hvm-ssd-gp3/` repeats on hundreds of rows
    and its last part says the same), then a Marketplace product's uuid, and what is still too long is cut in the
    middle, with room at the end for `-20260101` at least.
    """
    if not name.isascii() or width < 12:
        return fit(name, width, ellipsis=ellipsis).rstrip()
    if len(name) <= width:
        return name
    last_part = name[name.rfind("/") + 1 :]
    if 8 <= len(last_part) < len(name) and last_part[0].isalpha():
        if len(last_part) < width:
            return ellipsis + last_part
        name = last_part
    elif uuid := re.search(_UUID_TAIL, name):
        product = uuid.start()
        # A short word before a uuid (`BOSH-…`) names nothing by itself.
        return name[: min(product if product >= 8 else width, width - 1)] + ellipsis
    if len(name) <= width:
        return name
    tail = name[-max(9, width * 2 // 5) :]
    if separator := re.search(_SEPARATOR, tail[:5]):
        tail = tail[separator.start() :]
    return name[: width - 1 - len(tail)] + ellipsis + tail


def cell_width(text: str) -> int:
    """Terminal cells that `text` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, width: int, *, right: bool = False, ellipsis: str = "…", ascii_only: bool = False) -> str:
    """`text` in exactly `width` cells: padded, or cut with an ellipsis."""
    if not text.isascii():
        # Four code points a cell are more than any script needs, and bound the work on a 10 kB tag.
        text = text[: width * 4].replace("\ufe0f", "").replace("\ufe0e", "")
        if not ascii_only:
            return _fit_cells(text, width, right, ellipsis)
        text = text.encode("ascii", "replace").decode("ascii")
    if len(text) <= width:
        return text.rjust(width) if right else text.ljust(width)
    return text[: width - 1] + ellipsis if width else ""


def _fit_cells(text: str, width: int, right: bool, ellipsis: str) -> str:
    from rich.cells import cell_len, set_cell_size

    cells = cell_len(text)
    if cells <= width:
        blank = " " * (width - cells)
        return blank + text if right else text + blank
    return set_cell_size(text, width - 1) + ellipsis if width else ""
