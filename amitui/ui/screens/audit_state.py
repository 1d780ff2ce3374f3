"""The state of the audit's screen: what Regions have answered, and which of it is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.fleet.audit import finding_order
from amitui.domain.fleet.findings import Finding, RegionAudit, Verdict
from amitui.presentation.audit_export import Failure, Report
from amitui.presentation.audit_rows import AuditRow, GroupRow, NoteRow, grouped, headline, matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.errors import AmituiError


class AuditState:
    """What was found, and the rows that are listed of it.

    Args:
        regions: that are audited.
        why_not: why nothing can be read; empty = it can.
    """

    def __init__(self, regions: Sequence[str], why_not: str = "") -> None:
        self.regions = tuple(dict.fromkeys(regions))
        self.failures: dict[str, AmituiError] = {}
        """By Region."""
        self.listed: list[Finding] = []
        self.rows: tuple[AuditRow, ...] = ()
        self.only: Verdict | None = None
        """The one verdict that is listed; `None` = all."""
        self._why_not = why_not
        self._text = ""
        self._folded = {Verdict.NEWEST}
        self._waiting: set[str] = set()
        self._audits: dict[str, RegionAudit] = {}
        self._findings: list[Finding] = []

    def begin(self) -> None:
        """Every Region is read now; what was read stays until its Region answers."""
        self.failures.clear()
        self._waiting = set(self.regions)

    @property
    def is_waiting(self) -> bool:
        """Whether a Region has not answered yet."""
        return bool(self._waiting)

    def take(self, region: str, answer: RegionAudit | AmituiError) -> None:
        """A Region has answered."""
        self._waiting.discard(region)
        if isinstance(answer, RegionAudit):
            self._audits[region] = answer
            found = (one for audit in self._audits.values() for one in audit.findings)
            self._findings = sorted(found, key=finding_order)
        else:
            self.failures[region] = answer

    def list_matching(self, text: str) -> None:
        """List what matches a text and the verdict that was chosen; unless all is listed, no group is folded."""
        self._text = text.strip()
        words = text.casefold().split()
        self.listed = [
            one
            for one in self._findings
            if (self.only is None or self.only in one.verdicts) and matches(one, words)
        ]
        folded = frozenset() if words or self.only is not None else frozenset(self._folded)
        self.rows = tuple(grouped(self.listed, self._notes(), folded))

    def next_verdict(self) -> None:
        """Choose the next verdict that there is; after the last one, all."""
        there = {one.judgement.worst for one in self._findings}
        verdicts = [None, *(verdict for verdict in Verdict if verdict in there)]
        at = verdicts.index(self.only) if self.only in verdicts else 0
        self.only = verdicts[(at + 1) % len(verdicts)]

    def fold(self, verdict: Verdict, *, close: bool) -> None:
        """Close or open a group."""
        (self._folded.add if close else self._folded.discard)(verdict)

    def heading_of(self, verdict: Verdict) -> int:
        """The place of a group's heading among the rows."""
        headings = (at for at, row in enumerate(self.rows) if isinstance(row, GroupRow) and row.verdict is verdict)
        return next(headings, 0)

    def report(self) -> Report:
        """What is listed, with what could not be read."""
        failures = [Failure("", region, error.what) for region, error in self.failures.items()]
        return Report(self.listed, list(self._audits.values()), failures)

    @property
    def headline(self) -> tuple[str, str]:
        """How many there are, and which of them are listed."""
        return headline(
            self._findings,
            shown=len(self.listed),
            waiting=len(self._waiting),
            words=self._text,
            only=self.only.value if self.only is not None else "",
        )

    @property
    def nothing(self) -> str:
        """What is said where no row is listed."""
        if self._why_not:
            return self._why_not
        if self._findings:
            return "Nothing matches."
        if self._waiting:
            return "Reading instances, launch templates, Auto Scaling groups and parameters…"
        return f"Nothing stands on images in {', '.join(self.regions)}."

    def _notes(self) -> list[NoteRow]:
        notes = [NoteRow(region, error.what) for region, error in self.failures.items()]
        return notes + [NoteRow(one.region, words) for one in self._audits.values() for words in one.unknown]
