"""Has the rows of touched images refreshed, beside the operations and never in their way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from amitui.errors import AmituiError

Touch = Callable[[str, Sequence[str]], Awaitable[None]]
"""Refreshes the rows of these images of a region, in segment, index and table."""


class Touches:
    """One refresh at a time in each region; what is touched meanwhile is refreshed together after it."""

    def __init__(self, touch: Touch) -> None:
        self.error: AmituiError | None = None
        """Why the last refresh failed; `None` when it did not. The rows are then as they were."""
        self._touch = touch
        self._waiting: dict[str, dict[str, None]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def add(self, region: str, image_ids: Sequence[str]) -> None:
        """Refresh these soon."""
        self._waiting.setdefault(region, {}).update(dict.fromkeys(image_ids))
        if self._waiting[region] and region not in self._tasks:
            self._tasks[region] = asyncio.get_running_loop().create_task(
                self._work(region), name=f"touched in {region}"
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

    async def _work(self, region: str) -> None:
        try:
            while image_ids := self._waiting.pop(region, None):
                try:
                    await self._touch(region, list(image_ids))
                    self.error = None
                except AmituiError as error:
                    self.error = error
        finally:
            del self._tasks[region]
