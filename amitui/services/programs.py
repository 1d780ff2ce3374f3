"""Other programs that amitui starts for its user."""

from __future__ import annotations

import errno

from amitui.domain.visible import show_invisible
from amitui.errors import UsageError


def not_started(program: str, error: OSError | ValueError) -> UsageError:
    """Why a program cannot be started, in words."""
    why = getattr(error, "strerror", None) or str(error)
    if getattr(error, "errno", None) == errno.E2BIG:
        return UsageError(
            f"cannot start {show_invisible(program)}",
            why="its arguments and environment are longer than the system allows",
            remedy="mark fewer rows, or start amitui with a smaller environment",
        )
    return UsageError(
        f"cannot start {show_invisible(program)}", why=show_invisible(why), remedy="check its name and PATH"
    )
