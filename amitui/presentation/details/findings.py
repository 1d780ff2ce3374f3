"""What Amazon Inspector found in an image, as a group of details; none where the image was not scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.domain.epoch import epoch_seconds
from amitui.domain.image.worst_finding import WorstFinding, worst_finding_of
from amitui.presentation.details.explain import DetailGroup, DetailLine, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amitui.domain.image.findings import Finding, ImageFindings
    from amitui.domain.image.image import Image

TITLE: Final = "Vulnerabilities (Amazon Inspector)"
MOST_LISTED: Final = 20
"""Findings that are listed one by one; of the rest there is a count."""

_SEVERITIES: Final[dict[WorstFinding, Severity]] = {
    WorstFinding.CRITICAL: "bad",
    WorstFinding.HIGH: "bad",
    WorstFinding.MEDIUM: "warn",
    WorstFinding.NONE: "good",
}


def findings_group(image: Image, found: ImageFindings | None, moment: Callable[[int], str]) -> DetailGroup | None:
    """The findings; `None` where EC2 gives no scan results.

    Args:
        image: whose record may hold scan results.
        found: the findings one by one; `None` while they have not been asked for.
        moment: says when something was.
    """
    scanned = image.record.get("ScanResults")
    if not isinstance(scanned, dict) or not scanned:
        return None
    return DetailGroup(TITLE, (*_summary(image, scanned, moment), *(_listed(found) if found is not None else ())))


def _summary(image: Image, scanned: dict[str, Any], moment: Callable[[int], str]) -> Iterator[DetailLine]:
    worst = worst_finding_of(image.summary.flags)
    words = "no findings" if worst is WorstFinding.NONE else worst.word
    label = scanned.get("HighestFindingSeverityLabel")
    if worst is WorstFinding.NOT_SCANNED and isinstance(label, str):
        words = label  # one that is not known here
    note = f"find others: severity:<{worst.word}" if worst > WorstFinding.LOW else ""
    yield DetailLine("Worst finding", words, note, _SEVERITIES.get(worst, "plain"))
    at = epoch_seconds(scanned.get("FindingScanDate"))
    if at is not None:
        yield DetailLine("Scanned", moment(at))
    for finding in sorted(WorstFinding, reverse=True)[:-2]:
        since = epoch_seconds(scanned.get(f"{finding.word.capitalize()}FixAvailableSince"))
        if since is not None:
            yield DetailLine(f"Fix, {finding.word}", f"available since {moment(since)}")


def _listed(found: ImageFindings) -> Iterator[DetailLine]:
    if found.unknown:
        yield DetailLine("Findings", "not known", found.unknown)
        return
    counts = [(found.count(one), one.word) for one in sorted(WorstFinding, reverse=True) if found.count(one)]
    words = ", ".join(f"{count} {word}" for count, word in counts)
    yield DetailLine("Findings", words or "none")
    for one in found.findings[:MOST_LISTED]:
        fix = "fix available" if one.fix_available else "no fix yet"
        yield DetailLine(_label(one), one.title or "(no title)", "; ".join([fix, *one.paths[:1]]))
    left = len(found.findings) - MOST_LISTED
    if left > 0:
        yield DetailLine("", f"and {left:,} more")


def _label(finding: Finding) -> str:
    score = "" if finding.score is None else f" {finding.score:.1f}"
    return f"{finding.severity.word}{score}"
