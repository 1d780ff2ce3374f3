"""What is known of a member's credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amitui.errors import AmituiError


class Known:
    """What is known of the credentials of one of several members."""

    __slots__ = ("account", "partition", "problem", "profile")

    def __init__(self, profile: str, account: str | None = None, problem: AmituiError | None = None) -> None:
        self.profile, self.account, self.problem = profile, account, problem
        self.partition = ""
