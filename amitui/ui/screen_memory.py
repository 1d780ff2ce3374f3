"""The state of the screen that the next start comes back to, written whenever it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amitui.errors import AmituiError
from amitui.services.remembered import save_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.services.remembered import ScreenState


class ScreenMemory:
    """The state as it is now.

    Args:
        path: of its file; empty = nothing outlives the process.
        log: logs an error, with what was being done.
    """

    def __init__(self, path: str, state: ScreenState, log: Callable[[AmituiError, str], None]) -> None:
        self.state = state
        self._path, self._log = path, log
        self._is_failing = False
        """Whether the state cannot be written at the moment, which has been logged."""

    def remember(self, **changes: Any) -> None:
        """Change fields of the state, and write it if they differ."""
        state = self.state._replace(**changes)
        if state == self.state:
            return
        self.state = state
        if not self._path:
            return
        try:
            save_state(self._path, state)
        except AmituiError as error:
            # Logged once: that a state cannot be written is no reason to interrupt every search.
            if not self._is_failing:
                self._log(error, "remembering this screen")
            self._is_failing = True
        else:
            self._is_failing = False
