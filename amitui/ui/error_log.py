"""The errors of a session, the latest first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from amitui.defects import defect_of
from amitui.errors import AmituiError, DefectError

ERRORS_KEPT = 200

AT_ONCE_S = 30
"""Failures of one kind that lie no further apart have one cause."""


@dataclass(frozen=True, slots=True)
class LoggedError:
    """An error and when it happened."""

    at: int
    """Seconds since the epoch."""
    error: AmituiError
    where: str = ""
    """What was being done: `fetching amazon of us-east-1`, or several things that failed alike at once."""
    times: int = 1
    """How often it happened in a row."""

    def is_about(self, error: AmituiError, where: str) -> bool:
        """Whether it is the same error."""
        return (self.where, self.error.lines()) == (where, error.lines())


class ErrorLog(list[LoggedError]):
    """The latest errors, newest first."""

    def keep(self, error: AmituiError, where: str, now: int) -> None:
        """Add an error; a repeated defect is counted, and what fails in the same way at once is one error.

        Args:
            where: what was being done.
            now: seconds since the epoch.
        """
        latest = self[0] if self else None
        alike = next((at for at, one in enumerate(self) if _is_alike(one, error, where, now)), None)
        if isinstance(error, DefectError) and latest and latest.is_about(error, where):
            self[0] = replace(latest, at=now, times=latest.times + 1)
        elif alike is not None:
            self[alike] = replace(self[alike], where=_together(self[alike].where, where))
        else:
            self.insert(0, LoggedError(now, error, where))
        del self[ERRORS_KEPT:]


def _is_alike(entry: LoggedError, error: AmituiError, where: str, now: int) -> bool:
    """Whether an error has just been logged of something else, which was done in the same way."""
    if isinstance(error, DefectError) or not 0 <= now - entry.at <= AT_ONCE_S:
        return False
    verb, _, what = where.partition(" ")
    is_new = bool(what) and what not in entry.where.partition(" ")[2].split(", ")
    return is_new and entry.where.startswith(f"{verb} ") and entry.error.lines() == error.lines()


def _together(before: str, where: str) -> str:
    """`fetching amazon of us-east-1, mine of us-east-1`."""
    return f"{before}, {where.partition(' ')[2]}"


def error_of(context: dict[str, object]) -> AmituiError:
    """The error of a failed background task, from the context that asyncio's exception handler gets."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        return defect_of(error)
    return DefectError("amitui has an internal error", why=str(context.get("message", "")))
