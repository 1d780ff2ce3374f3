"""An audit's findings as people read them: cells, sentences, and a table fitted to the terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from amitui.domain.counts import count_of
from amitui.domain.fleet.findings import Finding, Judgement, RegionAudit, Subject, Verdict
from amitui.domain.fleet.uses import UseKind
from amitui.presentation.text import cell_width, short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHORT_KINDS: Final = {
    UseKind.INSTANCE: "instance",
    UseKind.TEMPLATE: "template",
    UseKind.CONFIGURATION: "config",
    UseKind.GROUP: "group",
    UseKind.PARAMETER: "parameter",
}
"""What kinds of subjects are called where there is little room."""

_NO_LONGER: Final = (Verdict.GONE, Verdict.DISABLED)
"""Verdicts of images that may have been the newest, which says nothing any more."""
_NONE: Final = "-"
_SUBJECT_LEAST: Final = 16
_EXPENDABLE: Final = ("SUCCESSOR", "BEHIND", "ACCOUNT", "IMAGE")
"""Columns that are left out of a narrow terminal, in this order."""


def subject_name(subject: Subject) -> str:
    """A subject's name, and what tells it from others of that name."""
    if subject.kind is UseKind.INSTANCE:
        return f"{subject.name} {subject.subject_id}".strip()
    if subject.kind is UseKind.TEMPLATE:
        return f"{subject.label} {subject.detail.partition(',')[0]}"
    return subject.label


def verdict_words(judgement: Judgement) -> str:
    """The verdicts, the worst first."""
    return ", ".join(judgement.verdicts)


def behind_words(judgement: Judgement) -> str:
    """How far an image is behind the newest build: `12 builds, 95 d`."""
    if judgement.builds_behind is None:
        return ""
    if not judgement.builds_behind:
        return "" if judgement.worst in _NO_LONGER else "newest"
    builds = "1 build" if judgement.builds_behind == 1 else f"{judgement.builds_behind:,} builds"
    return f"{builds}, {judgement.days_behind or 0:,} d"


def summary_words(findings: Iterable[Finding]) -> str:
    """How many subjects have which worst verdict: `3 subjects by their worst verdict: 1 gone, 2 newest`."""
    counts = Counter(finding.judgement.worst for finding in findings)
    parts = [f"{counts[verdict]:,} {verdict}" for verdict in Verdict if counts[verdict]]
    if not parts:
        return "nothing stands on images"
    by = "its" if sum(counts.values()) == 1 else "their"
    return f"{count_of(sum(counts.values()), 'subject')} by {by} worst verdict: {', '.join(parts)}"


def place_words(region: str, account: str) -> str:
    """A Region, with its account where there are several; an account without a Region is all of it."""
    return f"{region} ({account})" if region and account else region or account


def region_words(audit: RegionAudit) -> str:
    """What one Region came to."""
    where = place_words(audit.region, audit.account_name or audit.profile)
    return f"{where}: {summary_words(audit.findings)}"


def table_lines(findings: Sequence[Finding], width: int | None = None) -> list[str]:
    """The lines of the table, its head first; none without findings.

    Args:
        width: of the terminal: columns are left out and names shortened so that no line is longer. `None`: nothing
            is.
    """
    if not findings:
        return []
    columns = _columns(findings)
    if width is not None:
        for head in _EXPENDABLE:
            if head in columns and width - _used(columns, "SUBJECT") < _SUBJECT_LEAST:
                del columns[head]
        room = max(_SUBJECT_LEAST, width - _used(columns, "SUBJECT"))
        columns["SUBJECT"] = [
            cell if cell_width(cell) <= room else short_name(cell, room) for cell in columns["SUBJECT"]
        ]
    widths = {head: max(map(cell_width, cells)) for head, cells in columns.items()}
    return [
        "  ".join(
            cell + " " * (widths[head] - cell_width(cell)) for head, cell in zip(columns, line, strict=True)
        ).rstrip()
        for line in zip(*columns.values(), strict=True)
    ]


def _columns(findings: Sequence[Finding]) -> dict[str, list[str]]:
    """The cells by heading, each list with its heading in front."""
    cells: dict[str, list[str]] = {
        "VERDICT": [verdict_words(one.judgement) for one in findings],
        "SUBJECT": [f"{SHORT_KINDS[one.subject.kind]} {subject_name(one.subject)}" for one in findings],
        "IMAGE": [one.judgement.image.image_id or _NONE for one in findings],
        "BEHIND": [behind_words(one.judgement) or _NONE for one in findings],
        "SUCCESSOR": [one.judgement.successor.image_id if one.judgement.successor else _NONE for one in findings],
    }
    if len({one.region for one in findings}) > 1:
        cells["REGION"] = [one.region for one in findings]
    if len({(one.profile, one.account) for one in findings}) > 1:
        cells["ACCOUNT"] = [one.account_name or one.profile or one.account for one in findings]
    return {head: [head, *column] for head, column in cells.items()}


def _used(columns: dict[str, list[str]], but: str) -> int:
    """Cells that all columns but one take, with the gaps."""
    return sum(max(map(cell_width, cells)) + 2 for head, cells in columns.items() if head != but)
