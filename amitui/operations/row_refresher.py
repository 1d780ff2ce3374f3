"""Refreshes the rows of images that operations changed, in the background: a failure never stops an operation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from amitui.defects import defect_of
from amitui.errors import AmituiError


class Rows(NamedTuple):
    """Where rows are, and whose credentials read them."""

    account: str
    profile: str
    """Empty = the environment's or the default one."""
    region: str


RefreshRows = Callable[[Rows, Sequence[str]], Awaitable[None]]
"""Refreshes the rows of these images, in segment, index and table."""


class RowRefresher:
    """One refresh at a time in each place; images that are added meanwhile are refreshed together after it."""

    def __init__(self, refresh_rows: RefreshRows) -> None:
        self.error: AmituiError | None = None
        """Why the last refresh failed, and left the rows as they were; `None` if it did not."""
        self._refresh_rows = refresh_rows
        self._waiting: dict[Rows, dict[str, None]] = {}
        self._tasks: dict[Rows, asyncio.Task[None]] = {}

    def add(self, rows: Rows, image_ids: Sequence[str]) -> None:
        """Refresh these soon."""
        self._waiting.setdefault(rows, {}).update(dict.fromkeys(image_ids))
        if self._waiting[rows] and rows not in self._tasks:
            self._tasks[rows] = asyncio.get_running_loop().create_task(
                self._work(rows), name=f"touched in {rows.region}"
            )

    async def settled(self) -> None:
        """Wait until all images that were added have been refreshed."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop, without refreshing the images that are left."""
        self._waiting.clear()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, rows: Rows) -> None:
        try:
            while image_ids := self._waiting.pop(rows, None):
                try:
                    await self._refresh_rows(rows, list(image_ids))
                    self.error = None
                except Exception as error:  # noqa: BLE001 - the images that are added next are refreshed all the same
                    self.error = defect_of(error)
        finally:
            del self._tasks[rows]
