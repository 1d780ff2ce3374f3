"""Comparing two images: the two that are marked, or the one that is marked and the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.errors import AmituiError
from amitui.ui.actions.full_image import full_image
from amitui.ui.widgets.key_names import key_of

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow
    from amitui.ui.app import AmituiApp


async def compare(host: AmituiApp) -> None:
    """Show what differs, the older image first."""
    from amitui.ui.screens.compare import CompareScreen

    table = host.browse.table
    rows = list(table.marks)
    cursor = table.cursor_row
    if len(rows) == 1 and cursor is not None and not _is_same(cursor, rows[0]):
        rows.append(cursor)
    if len(rows) != 2:
        key = key_of(host, "table.mark", table)
        have = f"{len(rows)} are marked" if len(rows) > 2 else "none is" if not rows else "one is"
        host.browse.notice(f"mark two images with {key} to compare them; {have}", seconds=6)
        return
    rows.sort(key=lambda row: (row.created or 0, row.image_id))
    try:
        before, after = [await full_image(host, row) for row in rows]
    except AmituiError as error:
        host.log_error(error, "comparing")
        return
    await host.push_screen_wait(CompareScreen(before, after))


def _is_same(one: ImageRow, other: ImageRow) -> bool:
    return (one.region, one.image_id) == (other.region, other.image_id)
