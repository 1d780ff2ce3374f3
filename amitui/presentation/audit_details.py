"""What an audit says of one subject, in groups of labelled lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.counts import count_of
from amitui.domain.fleet.findings import Finding, Judgement, Severity, Verdict
from amitui.domain.fleet.uses import UseKind
from amitui.presentation.details.explain import DetailGroup, DetailLine
from amitui.presentation.details.explain import Severity as Shown
from amitui.presentation.details.groups import support_line
from amitui.presentation.facts import day

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final[dict[Severity, Shown]] = {
    Severity.ERROR: "bad",
    Severity.WARNING: "warn",
    Severity.NOTE: "plain",
    Severity.NONE: "good",
}

_DETAILS: Final = {
    UseKind.INSTANCE: "State",
    UseKind.TEMPLATE: "Version",
    UseKind.CONFIGURATION: "Detail",
    UseKind.GROUP: "Through",
    UseKind.PARAMETER: "Version",
}
"""What the detail of a subject is called."""


def finding_groups(finding: Finding, now: int) -> list[DetailGroup]:
    """The verdicts with their reasons, the subject, its image, and what would take its place.

    Args:
        now: seconds since the epoch.
    """
    judgement = finding.judgement
    reasons = tuple(
        DetailLine(verdict.value, reason, severity=_SHOWN[verdict.severity])
        for verdict, reason in zip(judgement.verdicts, judgement.reasons, strict=True)
    )
    groups = [DetailGroup(finding.subject.label, tuple(_subject_lines(finding)))]
    groups.append(DetailGroup("Verdict", reasons))
    if judgement.image.image_id:
        groups.append(DetailGroup("Image", tuple(_image_lines(judgement, now))))
    groups.append(DetailGroup("Successor", (_successor_line(judgement),)))
    return groups


def _subject_lines(finding: Finding) -> Iterator[DetailLine]:
    subject = finding.subject
    what = f"{subject.kind} {subject.subject_id}" if subject.subject_id != subject.label else str(subject.kind)
    yield DetailLine("Subject", what)
    if subject.detail:
        yield DetailLine(_DETAILS[subject.kind], subject.detail.removeprefix("version "))
    if subject.group:
        yield DetailLine("Auto Scaling", subject.group)
    profile = f", profile {finding.profile}" if finding.profile else ""
    profile = f" ({finding.account_name})" if finding.account_name else profile
    yield DetailLine("Where", f"{finding.region}, account {finding.account}{profile}")


def _image_lines(judgement: Judgement, now: int) -> Iterator[DetailLine]:
    image = judgement.image
    yield DetailLine("Image ID", image.image_id)
    if image.name:
        yield DetailLine("Name", image.name)
    if image.owner_id:
        yield DetailLine("Owner", f"{image.publisher} ({image.owner_id})" if image.publisher else image.owner_id)
    if image.created is not None:
        yield DetailLine("Created", f"{day(image.created)}, {count_of(judgement.age_days or 0, 'day')} ago")
    if image.system:
        yield DetailLine("System", image.system)
    if (support := support_line(image.system, now)) is not None:
        yield support


def _successor_line(judgement: Judgement) -> DetailLine:
    successor = judgement.successor
    if successor is not None:
        made = f", created {day(successor.created)}" if successor.created is not None else ""
        return DetailLine("Image ID", successor.image_id, f"{successor.name}{made}", "good")
    if judgement.worst is Verdict.NEWEST or judgement.verdicts[-1] is Verdict.NEWEST:
        return DetailLine("Image ID", "none is needed")
    return DetailLine(
        "Image ID", "none is known", "No newer build of its family by a trusted owner can be launched."
    )


ABOUT: Final[dict[Verdict, str]] = {
    Verdict.GONE: "The image is deregistered, or its owner no longer shares it. What runs goes on running; the "
    "next launch fails.",
    Verdict.DISABLED: "EC2 refuses to launch the image as it is. An image of one's own can be enabled again.",
    Verdict.LOOKALIKE: "The image has a name as a known publisher gives it, but is not the publisher's. Look-ups "
    "by name without an owner find such images.",
    Verdict.VULNERABLE: "Amazon Inspector has scanned the image, and found vulnerabilities that are critical or "
    "high. Images that it has not scanned are not among these.",
    Verdict.UNTRUSTED: "A public image of an account that is no known publisher's, or one that the account's "
    "Allowed AMIs setting excludes.",
    Verdict.UNSUPPORTED: "The operating system gets no fixes any more, not even paid ones.",
    Verdict.DEPRECATED: "The owner advises against launching it. It can still be launched by its ID.",
    Verdict.STALE: "Newer builds of the same product have been there for long; each subject says how many.",
    Verdict.UNKNOWN: "The image, or the other builds of its family, could not be read.",
    Verdict.BEHIND: "There is a newer build of the same product.",
    Verdict.PAID: "The image has a product code: its seller is paid besides EC2.",
    Verdict.NEWEST: "Nothing newer of the same product is there.",
}
"""What each verdict means."""
