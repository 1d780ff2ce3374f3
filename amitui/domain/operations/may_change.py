"""Whether something may be changed in AWS from here, and the one wording for why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from amitui.errors import ReadOnlyError

READ_ONLY: Final = "amitui is read-only here"
OFFLINE: Final = "started with --offline"


@dataclass(frozen=True, slots=True)
class MayChange:
    """An answer; true when nothing is known against a change."""

    reason: str = ""
    """Why nothing may be changed; empty = it may."""
    is_denial: bool = False
    """Whether IAM denied it: permissions may have been granted since, so it can be tried again."""

    def __bool__(self) -> bool:
        return not self.reason

    def require(self) -> None:
        """Make sure that it may.

        Raises:
            ReadOnlyError: it may not.
        """
        if self.reason:
            raise ReadOnlyError("changes are not possible", why=self.reason)


def read_only_by(whose: str) -> str:
    """The reason that a mark gives.

    Args:
        whose: the profile or account that carries it, in words.
    """
    return f"{READ_ONLY}: {whose} is marked read-only"
