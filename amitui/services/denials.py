"""What IAM has denied, as far as DryRun has said: by profile, account and kind of operation, in this start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.kinds import Kind
    from amitui.ec2.writes.execute import Permission
    from amitui.services.session import Session


class Denials:
    """Denials of whoever asks in a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._words: dict[tuple[str, str | None, Kind], str] = {}

    def of(self, kind: Kind) -> str:
        """Why IAM does not let this account do a kind of operation; empty = it has not said so."""
        return self._words.get(self._key(kind), "")

    def note(self, kind: Kind, answers: Sequence[Permission]) -> None:
        """Take note of what DryRun answered to the calls of a plan of some kind."""
        denied = next((one for one in answers if one.code == "UnauthorizedOperation"), None)
        if denied is not None:
            self._words[self._key(kind)] = denied.words
        elif all(one.allowed for one in answers):
            self._words.pop(self._key(kind), None)

    def forget(self) -> None:
        """Offer again what was denied: rights may have been given since."""
        self._words.clear()

    def _key(self, kind: Kind) -> tuple[str, str | None, Kind]:
        session = self._session
        return session.named_profile, session.account, kind
