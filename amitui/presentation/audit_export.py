"""An audit for programs: JSON, CSV and SARIF.

SARIF is version 2.1.0 of the Static Analysis Results Interchange Format (OASIS), as pipelines and code hosts read
it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from amitui import __version__
from amitui.domain.fleet.findings import Finding, RegionAudit, Severity, Verdict
from amitui.presentation.audit_text import place_words
from amitui.presentation.export import csv_cell, iso

SARIF_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
    Severity.NONE: "none",
}
_RULES: Final = {
    Verdict.GONE: "The image is deregistered or no longer shared: it cannot be launched again",
    Verdict.DISABLED: "The image is there, and EC2 refuses to launch it",
    Verdict.LOOKALIKE: "A stranger's image with the name pattern of a known publisher",
    Verdict.VULNERABLE: "Amazon Inspector found a critical or high vulnerability in the image",
    Verdict.UNTRUSTED: "A public image of an account that nobody vouches for, or that Allowed AMIs excludes",
    Verdict.UNSUPPORTED: "The operating system of the image gets no support any more",
    Verdict.DEPRECATED: "The image is deprecated",
    Verdict.STALE: "The image is many days behind the newest build of its family",
    Verdict.UNKNOWN: "It cannot be told which image it is, or whether it is the newest",
    Verdict.BEHIND: "There is a newer build of the family of the image",
    Verdict.PAID: "The seller of the image charges for it",
}
"""What each verdict means, of those that are results."""


class Failure(NamedTuple):
    """A Region that could not be read, or something of it."""

    profile: str
    region: str
    """Empty: all of the account."""
    words: str
    account_name: str = ""
    """What the account is called; empty = there is only one."""

    @property
    def where(self) -> str:
        """Where it is, for sentences."""
        return place_words(self.region, self.account_name or self.profile)


class Report(NamedTuple):
    """What an audit came to, of all Regions and profiles."""

    findings: Sequence[Finding]
    audits: Sequence[RegionAudit]
    failures: Sequence[Failure] = ()

    @property
    def unknown(self) -> list[Failure]:
        """What could not be read, a sentence each."""
        found = [
            Failure(one.profile, one.region, words, one.account_name)
            for one in self.audits
            for words in one.unknown
        ]
        return [*found, *self.failures]


def finding_values(finding: Finding) -> dict[str, Any]:
    """A finding as JSON has it; `null` is what is not known."""
    judgement, subject = finding.judgement, finding.subject
    image, successor = judgement.image, judgement.successor
    return {
        "Profile": finding.profile or None,
        "AccountId": finding.account,
        "AccountName": finding.account_name or None,
        "Region": finding.region,
        "Kind": subject.kind.value,
        "Id": subject.subject_id,
        "Name": subject.name,
        "Detail": subject.detail,
        "Group": subject.group or None,
        "Verdicts": [verdict.value for verdict in judgement.verdicts],
        "Reasons": list(judgement.reasons),
        "ImageId": image.image_id or None,
        "ImageName": image.name or None,
        "OwnerId": image.owner_id or None,
        "Publisher": image.publisher or None,
        "Trust": None if image.trust is None else image.trust.name.lower(),
        "WorstFinding": image.worst_finding.word,
        "Architecture": image.architecture or None,
        "CreationDate": iso(image.created) or None,
        "DeprecationTime": iso(image.deprecated) or None,
        "AgeDays": judgement.age_days,
        "BuildsBehind": judgement.builds_behind,
        "DaysBehind": judgement.days_behind,
        "System": image.system or None,
        "SupportedUntil": judgement.supported_until or None,
        "SuccessorImageId": successor.image_id if successor else None,
        "SuccessorName": successor.name if successor else None,
        "SuccessorCreationDate": (iso(successor.created) or None) if successor else None,
    }


FIELDS: Final = (
    "Verdicts", "Kind", "Id", "Name", "Detail", "Group", "ImageId", "ImageName", "OwnerId", "Publisher", "Trust",
    "WorstFinding", "Architecture", "CreationDate", "DeprecationTime", "AgeDays", "BuildsBehind", "DaysBehind",
    "System", "SupportedUntil", "SuccessorImageId", "SuccessorName", "SuccessorCreationDate", "Region",
    "AccountId", "AccountName", "Profile", "Reasons",
)  # fmt: skip
"""Columns of the CSV."""


def as_json(report: Report) -> str:
    """The whole report, with what could not be read."""
    document = {
        "Findings": [finding_values(one) for one in report.findings],
        "Unknown": [
            {
                "Profile": one.profile or None,
                "AccountName": one.account_name or None,
                "Region": one.region or None,
                "Words": one.words,
            }
            for one in report.unknown
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def as_csv(report: Report) -> str:
    """A line a finding; several verdicts and reasons are joined by semicolons."""
    lines = [",".join(FIELDS)]
    for finding in report.findings:
        values = finding_values(finding)
        lines.append(",".join(csv_cell(_cell(values[name])) for name in FIELDS))
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def as_sarif(report: Report) -> str:
    """A run with a result for each verdict of each finding that says anything; what is all right is left out."""
    rules = list(_RULES)
    results = [
        _result(finding, verdict, reason, rules.index(verdict))
        for finding in report.findings
        for verdict, reason in zip(finding.judgement.verdicts, finding.judgement.reasons, strict=True)
        if verdict in _RULES
    ]
    notifications = [
        {"level": "error", "message": {"text": f"{one.where}: {one.words}"}} for one in report.unknown
    ]
    run = {
        "tool": {
            "driver": {
                "name": "amitui",
                "version": __version__,
                "rules": [_rule(verdict) for verdict in rules],
            }
        },
        "invocations": [{"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}],
        "results": results,
        "columnKind": "utf16CodeUnits",
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.value,
        "shortDescription": {"text": _RULES[verdict]},
        "defaultConfiguration": {"level": _LEVELS[verdict.severity]},
    }


def _result(finding: Finding, verdict: Verdict, reason: str, rule: int) -> dict[str, Any]:
    subject, judgement = finding.subject, finding.judgement
    image = judgement.image.image_id or "an unknown image"
    successor = f"; successor {judgement.successor.image_id}" if judgement.successor else ""
    where = f"{finding.account}/{finding.region}/{subject.kind}/{subject.subject_id}"
    detail = f" ({subject.detail})" if subject.detail else ""
    return {
        "ruleId": verdict.value,
        "ruleIndex": rule,
        "level": _LEVELS[verdict.severity],
        "message": {"text": f"{subject.kind} {subject.label}{detail} stands on {image}: {reason}{successor}"},
        "locations": [
            {
                # Code hosts show results at a file: the path of the resource stands for one.
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(f"aws/{where.replace('//', '/')}")},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"name": subject.label, "fullyQualifiedName": where, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"subjectVerdict/v1": f"{where}/{subject.detail}/{verdict}"},
        "properties": {key: value for key, value in finding_values(finding).items() if value is not None},
    }


FORMATS: Final[Mapping[str, Any]] = {"json": as_json, "csv": as_csv, "sarif": as_sarif}
"""The formats for programs, by what `-o` calls them."""
