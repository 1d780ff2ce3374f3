"""The export: rows of the view in a chosen format, to a file or to the clipboard."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from amitui.domain.counts import count_of
from amitui.errors import AmituiError, UsageError
from amitui.ui.actions.full_image import full_image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.domain.image.image import RawRecord
    from amitui.domain.image.row import ImageRow
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.export import ExportRequest


async def export(host: AmituiApp) -> None:
    """Choose format and target, and write."""
    from amitui.presentation.exporters import installed_formats
    from amitui.ui.screens.export import ExportScreen

    # Looking for packages reads folders.
    others = await asyncio.to_thread(installed_formats)
    table, answer = host.browse.table, host.browse.loader.answer
    under_cursor = table.cursor_row
    marked = list(table.marks)
    request: ExportRequest | None = await host.push_screen_wait(
        ExportScreen(
            matches=len(answer.keys),
            families=answer.families is not None,
            builds=(answer.matches or 0) if answer.families is not None else 0,
            marked=len(marked),
            cursor=under_cursor.image_id if under_cursor else "",
            others=others,
        )
    )
    if request is None:
        return
    # The rows of that moment: rows may have come and gone since.
    rows = {"marked": marked, "cursor": [under_cursor] if under_cursor else []}.get(request.rows)
    try:
        if request.rows == "builds":
            rows = await host.browse.loader.all_builds()
        said = await _export(host, request, list(host.browse.loader.all_rows()) if rows is None else rows)
    except AmituiError as error:
        host.log_error(error, "exporting")
    else:
        host.browse.notice(said)


async def _export(host: AmituiApp, request: ExportRequest, rows: list[ImageRow]) -> str:
    """Write the rows; gives what there is to say of it."""
    from amitui.presentation.export import FORMATS
    from amitui.presentation.exporters import format_of

    chosen = format_of(request.format)
    records: dict[int, RawRecord] = {}
    for row in rows if chosen.needs_records else ():
        records[row.key] = (await full_image(host, row)).record
    pieces = chosen.write(rows, lambda row: records[row.key])
    if request.format not in FORMATS:
        # Whatever a package does is done before a file is touched, and not where the screen is drawn.
        pieces = iter([await asyncio.to_thread("".join, pieces)])
    images = count_of(len(rows), "image")
    if request.path:
        await asyncio.to_thread(write_file, request.path, pieces, overwrite=request.overwrite)
        return f"wrote {images} to {request.path}"
    # CSV ends lines as spreadsheets do; a clipboard holds text of the terminal.
    how = host.send_to_clipboard("".join(pieces).replace("\r\n", "\n"))
    return f"sent {images} as {request.format} to the clipboard ({how})"


def write_file(path: str, pieces: Iterable[str], *, overwrite: bool) -> None:
    """Write text to a file that only its owner may read.

    Args:
        overwrite: whether a file that is there is replaced, which its user has to have agreed to.

    Raises:
        UsageError: it cannot be written, or is there and must stay.
    """
    # Without the consent the kernel decides: the file may have been made since the screen checked.
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if overwrite else os.O_EXCL)
    try:
        with open(os.open(path, flags, 0o600), "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
    except FileExistsError as error:
        raise UsageError(
            f"not overwritten: {path} exists",
            remedy="export again: amitui asks before it overwrites a file",
        ) from error
    except OSError as error:
        raise UsageError(f"cannot write {path}", why=error.strerror or str(error)) from error
