"""The identity that AWS sees, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding

from amitui.ui.screens.dialog import TextDialog
from amitui.ui.widgets.error_lines import error_lines
from amitui.ui.widgets.text_lines import BLANK, Run, labelled, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.errors import AmituiError
    from amitui.ui.widgets.text_lines import TextLine


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """One of several accounts; empty = unknown, or not set."""

    name: str
    """What the account is called."""
    account: str = ""
    arn: str = ""
    profile: str = ""
    credentials: str = ""
    """Where they come from, in words."""
    production: bool = False
    read_only: bool = False
    problem: AmituiError | None = None
    """Why its images are not read."""
    note: str = ""
    """What else matters of it."""

    def lines(self, width: int) -> Iterator[TextLine]:
        """Its name and marks, then what else is known of it."""
        marks = [
            word for is_set, word in ((self.production, "PRODUCTION"), (self.read_only, "READ-ONLY")) if is_set
        ]
        name = self.name or self.account or self.profile
        yield from paragraph(" · ".join((name, *marks)), width, "title")
        rows = (
            ("Account", self.account or "not known yet"),
            ("Identity", self.arn),
            ("Profile", self.profile if self.profile != name else ""),
            ("Credentials", self.credentials),
            ("Note", self.note),
        )
        for label, value in rows:
            if value:
                yield from labelled(f"  {label}", (Run(value),), width, 15)
        if self.problem is not None:
            yield from error_lines(self.problem, width, indent=2)


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """The caller; empty = unknown, or not set."""

    account: str = ""
    arn: str = ""
    profile: str = ""
    regions: tuple[str, ...] = ()
    credentials: str = ""
    """Where they come from, in words: `SSO session corp, until 17:40`."""
    endpoint: str = ""
    """Another endpoint than AWS's own."""
    note: str = ""
    """What else matters: that this is the demo, that writes are off."""
    error: AmituiError | None = None
    """Why STS did not answer."""
    members: tuple[MemberFacts, ...] = ()
    """Where several accounts are shown: each of them, in place of one account and its error."""

    def rows(self) -> list[tuple[str, str]]:
        """(label, value) of what is worth a line."""
        caller = [
            ("Account", self.account or "not known yet"),
            ("Identity", self.arn),
            ("Profile", self.profile or "default credential chain, no profile set"),
            ("Credentials", self.credentials),
        ]
        rows = [
            *([("Accounts", self.members_words)] if self.members else caller),
            ("Regions" if len(self.regions) > 1 else "Region", ", ".join(self.regions)),
            ("Endpoint", self.endpoint or "AWS"),
            ("Note", self.note),
        ]
        return [(label, value) for label, value in rows if value]

    @property
    def members_words(self) -> str:
        """How many accounts there are, and how many of them cannot be used."""
        failed = sum(member.problem is not None for member in self.members)
        return f"{len(self.members)}, {failed} of them failed" if failed else str(len(self.members))


class IdentityScreen(TextDialog):
    """Shows the identity; the result is True when STS is to be called again."""

    BINDINGS = [
        Binding("i", "leave", "Close", show=False, id="identity.leave", tooltip="Close"),
        Binding("f5", "ask", "Refresh", id="identity.ask", tooltip="Verify the identity with AWS"),
    ]

    def __init__(self, facts: IdentityFacts) -> None:
        super().__init__("Identity")
        self._facts = facts

    def show(self, facts: IdentityFacts) -> None:
        """Show newer facts."""
        self._facts = facts
        if self.is_mounted:
            self.renew()

    def lines(self, width: int) -> Iterator[TextLine]:
        for label, value in self._facts.rows():
            yield from labelled(label, (Run(value),), width, 13)
        for member in self._facts.members:
            yield BLANK
            yield from member.lines(width)
        if self._facts.error is not None and not self._facts.members:
            yield BLANK
            yield from error_lines(self._facts.error, width)

    def action_ask(self) -> None:
        """Close, and call STS again."""
        self.dismiss(True)
