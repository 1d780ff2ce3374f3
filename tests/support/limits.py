"""Time limits that end when a test says so, in place of `asyncio.timeout` in one module."""

from __future__ import annotations

import asyncio
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


class Limits:
    """The limits that a module sets, in their order; its clock stands still at 0.

    Args:
        module: by its full name; it uses `asyncio.timeout`.
    """

    def __init__(self, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[Limit] = []
        loop = SimpleNamespace(time=lambda: 0.0, call_later=_call_later)
        changed = {"timeout": self._timeout, "get_running_loop": lambda: loop}
        monkeypatch.setattr(import_module(module), "asyncio", SimpleNamespace(**vars(asyncio) | changed))

    def _timeout(self, seconds: float | None) -> Limit:
        self.made.append(Limit(seconds))
        return self.made[-1]


def _call_later(*arguments: Any) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(*arguments)


class Limit:
    """One limit: an `asyncio.Timeout` that no time ends."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        """When it would end, as it was last set; `None` = never."""
        self._real = asyncio.timeout(None)
        self.expired = self._real.expired

    async def __aenter__(self) -> Limit:
        await self._real.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._real.__aexit__(*error)

    def reschedule(self, when: float | None) -> None:
        self.seconds = when

    def end(self) -> None:
        """The time is up."""
        self._real.reschedule(0)
