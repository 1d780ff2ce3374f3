"""Whether this command was told to be quiet: progress and notes on stderr are left out, errors are not."""

from __future__ import annotations

_quiet = False


def set_quiet(quiet: bool) -> None:
    """Set it, for the command that is about to run."""
    global _quiet
    _quiet = quiet


def is_quiet() -> bool:
    """Whether progress and notes are left out."""
    return _quiet
