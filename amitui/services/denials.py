"""What IAM has denied according to DryRun: by profile, account and kind of operation, since the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.kinds import Kind
    from amitui.ec2.writes.execute import Permission
    from amitui.services.session import Session


class Denials:
    """The denials in a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._words: dict[tuple[str, str | None, Kind], str] = {}

    def of(self, kind: Kind, session: Session | None = None) -> str:
        """Why IAM denies an account a kind of operation; empty = no denial is known.

        Args:
            session: of the account; `None` = the one in use.
        """
        return self._words.get(self._key(kind, session), "")

    def note(self, kind: Kind, answers: Sequence[Permission], session: Session | None = None) -> None:
        """Store what DryRun answered to the calls of a plan, with the credentials of a session."""
        denied = next((one for one in answers if one.code == "UnauthorizedOperation"), None)
        if denied is not None:
            self._words[self._key(kind, session)] = denied.words
        elif all(one.allowed for one in answers):
            self._words.pop(self._key(kind, session), None)

    def forget(self) -> None:
        """Forget the denials: permissions may have been granted since."""
        self._words.clear()

    def _key(self, kind: Kind, session: Session | None) -> tuple[str, str | None, Kind]:
        session = session or self._session
        return session.named_profile, session.account, kind
