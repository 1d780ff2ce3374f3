"""Profiles that are used together: the safety marks of one hold for all that are the same account.

Rows and operations of an account show no profile; which of several profiles of it acts is amitui's choice. So what
the config says of any of them counts, as if it named the account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amitui.settings import ProfileSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from amitui.errors import AmituiError
    from amitui.services.connections import Connections
    from amitui.services.known import Known
    from amitui.services.members import Member
    from amitui.services.session import Session


class Together(NamedTuple):
    """One of several profiles that are used together."""

    profile: str
    """As the journal names it; empty = what environment and default profile give."""
    account: str | None
    """As STS has named it, or as it is expected until then; `None` while nobody knows."""
    is_settled: bool
    """Whether STS has named the account, or the profile cannot be used."""


class SharedMarks:
    """The marks by name of profiles that are used together.

    Args:
        profiles: these.
        by_name: the marks of one by its name.
    """

    def __init__(self, profiles: Iterable[Together], by_name: Callable[[str], ProfileSettings]) -> None:
        self._marked = [(one, marks) for one in profiles if any(marks := by_name(one.profile))]
        self._of: dict[str, ProfileSettings] = {}
        for one, marks in self._marked:
            if one.account:
                self._of[one.account] = marks.stricter(self._of.get(one.account, ProfileSettings()))

    def of(self, account: str | None) -> ProfileSettings:
        """The strictest marks of the profiles that are an account."""
        return self._of.get(account or "", ProfileSettings())

    def unsettled(self, profile: str, *, is_known: bool) -> ProfileSettings:
        """The marks of others that may be the same account as a profile, as far as STS has not said.

        Args:
            is_known: whether STS has named the account of that profile.
        """
        others = ((one, marks) for one, marks in self._marked if one.profile != profile)
        return _strictest(marks for one, marks in others if not (is_known and one.is_settled))

    @property
    def to_settle(self) -> Iterator[str]:
        """The marked profiles whose account STS has not named, and which can be used as far as is known."""
        return (one.profile for one, _ in self._marked if not one.is_settled)

    @property
    def read_only_accounts(self) -> frozenset[str]:
        """The accounts of those that are marked read-only."""
        return frozenset(one.account for one, marks in self._marked if marks.read_only and one.account)

    def read_only_profile(self, account: str | None) -> str | None:
        """The first of those that are an account and are marked read-only; `None`: none is."""
        found = (one.profile for one, marks in self._marked if marks.read_only and one.account == account)
        return next(found, None) if account else None


def together_of(
    session: Session, first_problem: AmituiError | None, others: Sequence[Known]
) -> tuple[Together, ...]:
    """The profiles that are used together; empty: there is one alone.

    Args:
        session: the first one's.
        first_problem: why that cannot be used; `None`: nothing is known against it.
        others: all but the first.
    """
    if not others:
        return ()
    is_settled = session.identity is not None or first_problem is not None
    first = Together(session.profile or "", session.account, is_settled)
    return (first, *(Together(one.profile, one.account, one.is_settled) for one in others))


def every_mark(connections: Connections, members: Iterable[Member]) -> dict[Member, ProfileSettings]:
    """The marks of all members."""
    shared = connections.shared_marks()
    return {one: connections.marks(one.profile, one.account, shared) for one in members}


def _strictest(every: Iterable[ProfileSettings]) -> ProfileSettings:
    strictest = ProfileSettings()
    for marks in every:
        strictest = strictest.stricter(marks)
    return strictest
