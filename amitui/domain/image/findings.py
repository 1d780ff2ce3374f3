"""What Amazon Inspector found in one image; read by `ec2/reads/findings.py`. All text is sanitized."""

from __future__ import annotations

from typing import NamedTuple

from amitui.domain.image.worst_finding import WorstFinding


class Finding(NamedTuple):
    """One vulnerability."""

    title: str
    severity: WorstFinding
    """`NOT_SCANNED`: EC2 gave a label that is not known here."""
    score: float | None
    fix_available: bool
    first_observed: int | None
    """Seconds since the epoch."""
    paths: tuple[str, ...] = ()
    """Affected files, ten at most."""


class ImageFindings(NamedTuple):
    """The findings of one image, the worst first."""

    findings: tuple[Finding, ...] = ()
    unknown: str = ""
    """Why they could not be read; empty = they were."""

    def count(self, severity: WorstFinding) -> int:
        """How many there are of a severity."""
        return sum(one.severity is severity for one in self.findings)
