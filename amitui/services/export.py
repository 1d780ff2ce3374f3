"""Exporting the cached catalogue to Parquet files, in a folder or a bucket."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from amitui.errors import CacheError, ReadOnlyError, UsageError
from amitui.os_faults import Place
from amitui.services.sharing import open_storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.catalog.columnar.export import Exported
    from amitui.catalog.columnar.plan import Selection
    from amitui.services.session import Session


async def export_parquet(
    session: Session,
    address: str,
    selection: Selection,
    *,
    now: Callable[[], int],
    report: Callable[[int, int], None],
) -> Exported:
    """Export what is stored.

    Args:
        address: `s3://BUCKET/PREFIX` or a folder.
        now: seconds since the epoch.
        report: called, on any thread, with how much is done and how much there is to do.

    Raises:
        AmituiError: what stopped it; what was done stays, and the next export goes on.
    """
    from amitui.catalog.columnar.duck import require_duckdb
    from amitui.catalog.columnar.export import Exporter
    from amitui.catalog.columnar.work_folder import work_folder
    from amitui.catalog.store import SegmentStore

    require_duckdb()
    _check_address(session, address)
    locations = session.settings.locations
    if not await asyncio.to_thread(os.path.isdir, locations.segments_dir):
        raise CacheError(
            "there is nothing to export", why="no images are cached", remedy="fetch some: amitui sync"
        )
    storage = await open_storage(session, address)
    remote = address.startswith("s3://")
    parent = os.path.dirname(locations.segments_dir) if remote else storage.title
    place = Place(storage.title, elsewhere="export to another folder", mend="check the disk")
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="export") as thread, work_folder(parent, place) as folder:
        store = await loop.run_in_executor(thread, lambda: SegmentStore(locations.segments_dir, repair=False))
        try:
            exporter = Exporter(
                store, storage, locations.realm_name, lambda work: loop.run_in_executor(thread, work), now, report
            )
            return await exporter.export(selection, folder, place)
        finally:
            await loop.run_in_executor(thread, store.close)
            await storage.close()


def _check_address(session: Session, address: str) -> None:
    if not address.startswith("s3://"):
        return
    if session.settings.read_only:
        raise ReadOnlyError(
            "exporting to a bucket is refused: amitui is read-only",
            why="set by AMITUI_READ_ONLY or read_only in the config",
            remedy="export to a folder, or with another config file: --config F",
        )
    if session.settings.demo:
        raise UsageError(
            "the demo's catalogue is not exported to a bucket",
            why="its images exist nowhere else",
            remedy="export it to a folder",
        )
