"""An audit as rows of a list: its groups, which columns fit, and what stands in them. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from amitui.domain.counts import count_of
from amitui.domain.fleet.findings import Finding, Severity, Verdict
from amitui.presentation.audit_text import SHORT_KINDS, behind_words, subject_name
from amitui.presentation.facts import region_code
from amitui.presentation.text import cell_width, fit, short_name

if TYPE_CHECKING:
    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs

KIND_CELLS: Final = 9
REGION_CELLS: Final = 6
IMAGE_ID_CELLS: Final = 21
LEAST_NAME: Final = 18
"""Cells that a subject's name keeps; what else would narrow it is left out."""
MOST_NAME: Final = 44
MOST_ACCOUNT: Final = 16
"""Cells of an account's name."""

TITLES: Final[Mapping[Verdict, str]] = {
    Verdict.GONE: "Gone: cannot be launched again",
    Verdict.DISABLED: "Disabled: EC2 refuses to launch it",
    Verdict.LOOKALIKE: "Look-alikes: a publisher's name, a stranger's account",
    Verdict.VULNERABLE: "Vulnerable: critical or high findings of Inspector",
    Verdict.UNTRUSTED: "Not trusted: nobody vouches for its owner",
    Verdict.UNSUPPORTED: "Out of support: the system gets no fixes any more",
    Verdict.DEPRECATED: "Deprecated",
    Verdict.STALE: "Stale: far behind the newest build",
    Verdict.UNKNOWN: "Cannot be told",
    Verdict.BEHIND: "Behind: there is a newer build",
    Verdict.PAID: "Paid: the seller charges for it",
    Verdict.NEWEST: "Newest: nothing to do",
}
_ROLES: Final = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTE: "key", Severity.NONE: "good"}


class GroupRow(NamedTuple):
    """The heading of a verdict."""

    verdict: Verdict
    size: int
    is_open: bool


class NoteRow(NamedTuple):
    """Something that could not be read."""

    region: str
    words: str


AuditRow: TypeAlias = GroupRow | NoteRow | Finding


class RowColumns(NamedTuple):
    """Widths of a list's columns, 0 for one that is left out."""

    name: int
    kind: int = KIND_CELLS
    behind: int = 0
    successor: int = 0
    region: int = 0
    account: int = 0
    image: int = 0
    """Name of the image."""


def grouped(
    findings: Sequence[Finding], notes: Sequence[NoteRow], closed: Collection[Verdict]
) -> Iterator[AuditRow]:
    """What could not be read, then each verdict with the subjects of which it is the worst.

    Args:
        findings: the worst first.
        closed: the verdicts whose subjects are not listed.
    """
    yield from notes
    by_verdict: dict[Verdict, list[Finding]] = {}
    for finding in findings:
        by_verdict.setdefault(finding.judgement.worst, []).append(finding)
    for verdict in Verdict:
        if found := by_verdict.get(verdict):
            is_open = verdict not in closed
            yield GroupRow(verdict, len(found), is_open)
            if is_open:
                yield from found


def row_key(row: AuditRow) -> str:
    """What identifies a row while audits come in."""
    if isinstance(row, GroupRow):
        return f"group {row.verdict}"
    if isinstance(row, NoteRow):
        return f"note {row.region} {row.words}"
    subject = row.subject
    parts = (
        row.account,
        row.region,
        subject.kind,
        subject.subject_id,
        subject.detail,
        row.judgement.image.image_id,
    )
    return "/".join(parts)


def matches(finding: Finding, words: Sequence[str]) -> bool:
    """Whether each word is in what is known of a finding; words are in lower case."""
    if not words:
        return True
    image, successor = finding.judgement.image, finding.judgement.successor
    text = " ".join(
        (
            *finding.verdicts,
            *finding.subject[:4],
            finding.subject.group,
            SHORT_KINDS[finding.subject.kind],
            finding.region,
            finding.account_name,
            image.image_id,
            image.name,
            image.owner_id,
            image.publisher,
            successor.image_id if successor else "",
        )
    ).casefold()
    return all(word in text for word in words)


def columns(rows: Sequence[AuditRow], width: int) -> RowColumns:
    """The columns that fit into `width` cells: kind and name in any case; then what tells the most."""
    findings = [row for row in rows if isinstance(row, Finding)]
    several = len({one.region for one in findings}) > 1
    names = {one.account_name for one in findings}
    accounts = min(max(map(cell_width, names)), MOST_ACCOUNT) if len(names) > 1 else 0
    behind = max((cell_width(behind_words(one.judgement)) for one in findings), default=0)
    left = width - 2 - KIND_CELLS - 1 - LEAST_NAME
    wanted = (
        ("behind", behind, bool(behind)),
        ("region", REGION_CELLS, several),
        ("account", accounts, bool(accounts)),
        ("successor", IMAGE_ID_CELLS + 2, any(one.judgement.successor for one in findings)),
        ("image", 24, True),
    )
    placed: dict[str, int] = {}
    for name, cells, worth in wanted:
        if worth and left >= cells + 1:
            placed[name] = cells
            left -= cells + 1
    name_cells = max(1, LEAST_NAME + min(left, MOST_NAME - LEAST_NAME))
    if "image" in placed:
        placed["image"] += max(0, left - (MOST_NAME - LEAST_NAME))
    return RowColumns(name_cells, **placed)


def row_runs(row: AuditRow, placed: RowColumns, glyphs: Glyphs) -> Runs:
    """A row as (text, role) pairs."""
    if isinstance(row, GroupRow):
        sign = glyphs.opened if row.is_open else glyphs.closed
        return ((f"{sign} ", "key"), (f"{TITLES[row.verdict]}", role(row.verdict)), (f" ({row.size:,})", "muted"))
    if isinstance(row, NoteRow):
        return ((f"{glyphs.held} ", "warn"), (f"{row.region}: {row.words}", "warn"))
    return _finding_runs(row, placed, glyphs)


def _finding_runs(finding: Finding, placed: RowColumns, glyphs: Glyphs) -> Runs:
    def cell(text: str, width: int) -> str:
        if cell_width(text) > width:
            text = short_name(text, width, glyphs.ellipsis)
        return fit(text, width, ellipsis=glyphs.ellipsis, ascii_only=glyphs.ascii)

    judgement = finding.judgement
    runs = [
        (f"{sign(judgement.worst, glyphs)} ", role(judgement.worst)),
        (cell(SHORT_KINDS[finding.subject.kind], placed.kind) + " ", "muted"),
        (cell(_name(finding, placed.name), placed.name), ""),
    ]
    if placed.region:
        runs.append((" " + cell(region_code(finding.region), placed.region), "muted"))
    if placed.account:
        runs.append((" " + cell(finding.account_name, placed.account), "muted"))
    if placed.behind:
        runs.append((" " + cell(behind_words(judgement), placed.behind), role(judgement.worst)))
    if placed.image:
        image = judgement.image
        runs.append((" " + cell(image.name or image.image_id or "(not known)", placed.image), ""))
    if placed.successor:
        arrow = ">" if glyphs.ascii else "→"
        successor = f"{arrow} {judgement.successor.image_id}" if judgement.successor else ""
        runs.append((" " + cell(successor, placed.successor), "key"))
    return tuple(runs)


def _name(finding: Finding, width: int) -> str:
    """With the ID of an instance or the version of a template where there is room; the details have both."""
    whole = subject_name(finding.subject)
    return whole if cell_width(whole) <= width else finding.subject.label


def sign(verdict: Verdict, glyphs: Glyphs) -> str:
    """One cell that says how much a verdict matters, without colour."""
    if verdict is Verdict.UNKNOWN:
        return glyphs.unknown
    return {
        Severity.ERROR: glyphs.failed,
        Severity.WARNING: glyphs.held,
        Severity.NOTE: glyphs.ahead,
        Severity.NONE: glyphs.done,
    }[verdict.severity]


def role(verdict: Verdict) -> str:
    """The role in which a verdict is shown."""
    return _ROLES[verdict.severity]


def headline(findings: Sequence[Finding], *, shown: int, waiting: int, words: str, only: str) -> tuple[str, str]:
    """How many subjects need attention, and which of them the list shows.

    Args:
        shown: how many are listed.
        waiting: Regions that have not answered yet.
        words: what was typed to filter.
        only: the verdict that is listed; empty = all.
    """
    bad = sum(one.judgement.worst.severity >= Severity.WARNING for one in findings)
    counts = f"{count_of(len(findings), 'subject')}, {bad:,} to look at" if findings else ""
    if waiting:
        counts = f"{counts}; " * bool(counts) + f"reading {count_of(waiting, 'Region')}…"
    if words or only:
        return counts, f"{shown:,} of them: {' '.join(filter(None, (only, words)))}"
    return counts, "all"
