"""Has the rows of touched images refreshed, beside the operations and never in their way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from amitui.defects import defect_of
from amitui.errors import AmituiError


class Rows(NamedTuple):
    """Where rows are, and by whose credentials they are seen."""

    account: str
    profile: str
    """Empty = the environment's or the default one."""
    region: str


RefreshRows = Callable[[Rows, Sequence[str]], Awaitable[None]]
"""Refreshes the rows of these images, in segment, index and table."""


class RowRefresher:
    """One refresh at a time in each place; what is touched meanwhile is refreshed together after it."""

    def __init__(self, refresh_rows: RefreshRows) -> None:
        self.error: AmituiError | None = None
        """Why the last refresh failed; `None` when it did not. The rows are then as they were."""
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
        """Wait until everything that was touched has been refreshed."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Give up what has not been refreshed."""
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
                except Exception as error:  # noqa: BLE001 - what is touched next is refreshed all the same
                    self.error = defect_of(error)
        finally:
            del self._tasks[rows]
