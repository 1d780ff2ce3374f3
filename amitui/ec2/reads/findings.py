"""Reads what Amazon Inspector found in an image (GetImageFindings, of EC2's model since 1.44)."""

from __future__ import annotations

from typing import Any, Final

from amitui.domain.epoch import epoch_seconds
from amitui.domain.image.findings import Finding, ImageFindings
from amitui.domain.image.worst_finding import LABELS, WorstFinding
from amitui.ec2.convert import sanitize
from amitui.ec2.query import dicts, pages, text_of
from amitui.ec2.session import Ec2Connection

_PAGE: Final = 1000
MOST: Final = 5000
"""More findings of one image than are read: nobody reads on."""


async def image_findings(connection: Ec2Connection, region: str, image_id: str) -> ImageFindings:
    """The findings of one image; none of an image that was not scanned.

    Raises:
        AwsError: EC2 or the account does not answer this.
    """
    found: list[Finding] = []
    answers = pages(
        connection.call,
        region,
        "get_image_findings",
        "read the findings of Amazon Inspector",
        ImageId=image_id,
        MaxResults=_PAGE,
    )
    async for answer in answers:
        found += map(_finding, dicts(answer.get("ImageFindings")))
        if len(found) >= MOST:
            break
    worst_first = sorted(found, key=lambda one: (-one.severity, -(one.score or 0), one.title))
    return ImageFindings(tuple(worst_first))


def _finding(entry: dict[str, Any]) -> Finding:
    score = entry.get("Score")
    paths = entry.get("Paths")
    return Finding(
        title=text_of(entry, "Title"),
        severity=LABELS.get(text_of(entry, "SeverityLabel").lower(), WorstFinding.NOT_SCANNED),
        score=float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None,
        fix_available=entry.get("FixAvailable") is True,
        first_observed=epoch_seconds(_time(entry.get("FirstObservedAt"))),
        paths=tuple(sanitize(path) for path in paths if isinstance(path, str)) if isinstance(paths, list) else (),
    )


def _time(value: object) -> object:
    """botocore gives a time as a datetime, the compiled reader as its text."""
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if callable(isoformat) else value
