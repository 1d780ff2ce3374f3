"""What the application does of its own accord while its screen stands."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from amitui.errors import AmituiError, CacheError
from amitui.operating import LOOK_EVERY_S, Operating


class Looking(Operating):
    """Notes when the journal is looked at; answers as the test says."""

    journal: bool

    def __init__(self, *, journal: bool = True) -> None:
        services: Any = SimpleNamespace(has_journal=lambda: self.journal)
        super().__init__(
            services,
            refreshed=lambda _region: None,
            changed=lambda _operation, _open, _held: None,
            failed=lambda error, _about: self.failures.append(error),
            sleep=self._wait,
        )
        self.journal = journal
        self.failures: list[AmituiError] = []
        self.looks = 0
        self.error: AmituiError | None = None
        self.slept: list[float] = []
        self._turn = asyncio.Event()
        self.waiting = asyncio.Event()

    async def open(self) -> None:
        self.looks += 1
        if self.error is not None:
            raise self.error

    async def _wait(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.waiting.set()
        await self._turn.wait()
        self._turn.clear()

    async def later(self) -> None:
        """Let the time of one sleep pass."""
        await self.waiting.wait()
        self.waiting.clear()
        self._turn.set()
        await self.waiting.wait()


async def test_the_journal_is_looked_at_again_for_as_long_as_the_screen_stands() -> None:
    operating = Looking()
    await operating.open_again()
    await operating.open_again()
    assert operating.looks == 2
    for _ in range(3):
        await operating.later()
    assert operating.looks == 5
    assert set(operating.slept) == {LOOK_EVERY_S}
    assert len(operating.slept) == 4, "one of them looks, however often it is begun"
    await operating.close()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "operations of others"]


async def test_a_journal_that_another_begins_later_is_found() -> None:
    operating = Looking(journal=False)
    await operating.open_again()
    await operating.later()
    assert operating.looks == 0
    operating.journal = True
    await operating.later()
    assert operating.looks == 1
    await operating.close()


async def test_a_journal_that_cannot_be_read_for_long_is_told_of_once_and_tried_again() -> None:
    operating = Looking()
    await operating.open_again()
    operating.error = CacheError("the journal is in use")
    for _ in range(3):
        await operating.later()
    assert operating.failures == [operating.error]
    operating.error = None
    await operating.later()
    operating.error = CacheError("the journal is in use")
    await operating.later()
    assert len(operating.failures) == 2
    assert operating.looks == 6
    await operating.close()
