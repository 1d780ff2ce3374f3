"""The errors of a session, the latest first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from amitui.defects import defect_of
from amitui.errors import AmituiError, DefectError

ERRORS_KEPT = 200


@dataclass(frozen=True, slots=True)
class LoggedError:
    """An error and when it happened."""

    at: int
    """Seconds since the epoch."""
    error: AmituiError
    where: str = ""
    """What was being done: `fetching amazon in us-east-1`."""
    times: int = 1
    """How often it happened in a row."""

    def is_about(self, error: AmituiError, where: str) -> bool:
        """Whether it is the same error."""
        return (self.where, self.error.lines()) == (where, error.lines())


class ErrorLog(list[LoggedError]):
    """The latest errors, newest first."""

    def keep(self, error: AmituiError, where: str, now: int) -> None:
        """Add an error; a repeated defect is counted.

        Args:
            where: what was being done.
            now: seconds since the epoch.
        """
        latest = self[0] if self else None
        if isinstance(error, DefectError) and latest and latest.is_about(error, where):
            self[0] = replace(latest, at=now, times=latest.times + 1)
        else:
            self.insert(0, LoggedError(now, error, where))
        del self[ERRORS_KEPT:]


def error_of(context: dict[str, object]) -> AmituiError:
    """The error of a failed background task, from the context that asyncio's exception handler gets."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        return defect_of(error)
    return DefectError("amitui has an internal error", why=str(context.get("message", "")))
