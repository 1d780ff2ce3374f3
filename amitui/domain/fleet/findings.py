"""What an audit finds: a verdict on the image that each subject stands on, with what would take its place."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from amitui.domain.catalogue.region_grid import RegionBuild
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.fleet.uses import UseKind
from amitui.domain.image.trust import Trust
from amitui.domain.image.worst_finding import WorstFinding

STALE_DAYS: Final = 90
"""So many days behind the newest build an image counts as stale, unless another number is asked for."""

SUBJECTS: Final = (
    UseKind.INSTANCE,
    UseKind.TEMPLATE,
    UseKind.CONFIGURATION,
    UseKind.GROUP,
    UseKind.PARAMETER,
)
"""The kinds of subjects, in the order in which they are listed."""


class Severity(IntEnum):
    """How much a verdict matters."""

    NONE = 0
    NOTE = 1
    WARNING = 2
    ERROR = 3


class Verdict(StrEnum):
    """What is to be said of an image at work, the worst first. The values are typed, shown and printed."""

    GONE = "gone"
    """Deregistered, or no longer shared with the account: it cannot be launched again."""
    DISABLED = "disabled"
    """It is there, and EC2 refuses to launch it."""
    LOOKALIKE = "look-alike"
    """A stranger's image with the name pattern of a known publisher."""
    VULNERABLE = "vulnerable"
    """Amazon Inspector found a critical or high vulnerability in it."""
    UNTRUSTED = "untrusted"
    """A public image of an account that nobody vouches for, or one that Allowed AMIs excludes."""
    UNSUPPORTED = "unsupported"
    """Its operating system gets no support of any kind any more."""
    DEPRECATED = "deprecated"
    STALE = "stale"
    """As many days behind the newest build as were asked for, or more."""
    UNKNOWN = "unknown"
    """It cannot be told which image it is, or whether it is the newest."""
    BEHIND = "behind"
    """There is a newer build, by fewer days than count as stale."""
    PAID = "paid"
    """Has a product code: somebody is paid beyond EC2."""
    NEWEST = "newest"
    """None of the above, but that it may be paid: the newest build of its family."""

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return _SEVERITIES[self]

    @property
    def rank(self) -> int:
        """Its place in the order, the worst first."""
        return _RANKS[self]


_SEVERITIES: Final = {
    Verdict.GONE: Severity.ERROR,
    Verdict.DISABLED: Severity.ERROR,
    Verdict.LOOKALIKE: Severity.ERROR,
    Verdict.VULNERABLE: Severity.WARNING,
    Verdict.UNTRUSTED: Severity.WARNING,
    Verdict.UNSUPPORTED: Severity.WARNING,
    Verdict.DEPRECATED: Severity.WARNING,
    Verdict.STALE: Severity.WARNING,
    Verdict.UNKNOWN: Severity.WARNING,
    Verdict.BEHIND: Severity.NOTE,
    Verdict.PAID: Severity.NOTE,
    Verdict.NEWEST: Severity.NONE,
}
_RANKS: Final = {verdict: place for place, verdict in enumerate(Verdict)}


class AuditImage(NamedTuple):
    """An image that something stands on, as far as it is known. Text is sanitized; absent text is empty."""

    image_id: str
    fate: Fate = Fate.FOUND
    """What EC2 says of its id."""
    name: str = ""
    owner_id: str = ""
    publisher: str = ""
    """The known publisher's name, `Self` for the account's own; empty = nobody that is known."""
    trust: Trust | None = None
    """`None` = not known."""
    architecture: str = ""
    system: str = ""
    """The operating system's label, as `support_of` takes it."""
    created: int | None = None
    """Seconds since the epoch."""
    deprecated: int | None = None
    state: str = ""
    paid: bool = False
    allowed: bool = True
    """False where the account's Allowed AMIs setting excludes it."""
    worst_finding: WorstFinding = WorstFinding.NOT_SCANNED
    """Of Amazon Inspector."""
    why_unknown: str = ""
    """Why EC2 could not be asked for it."""


class Judgement(NamedTuple):
    """What is to be said of one image; the same for everything that stands on it."""

    image: AuditImage
    verdicts: tuple[Verdict, ...]
    """The worst first; one at least."""
    reasons: tuple[str, ...]
    """A sentence for each verdict, without a full stop."""
    builds_behind: int | None = None
    """Builds of its family that are newer; `None` = not known."""
    days_behind: int | None = None
    """Days between it and the newest of them; `None` = not known."""
    age_days: int | None = None
    """Days since it was made; `None` = not known."""
    successor: RegionBuild | None = None
    """The newest build of the same family and architecture by an owner as trusted; `None` = none is known."""
    supported_until: str = ""
    """Last day of any support of its system, `2030-04-30`; empty = not known."""

    @property
    def worst(self) -> Verdict:
        """The verdict by which it is sorted."""
        return self.verdicts[0]


class Subject(NamedTuple):
    """Something that stands on an image."""

    kind: UseKind
    """One of `SUBJECTS`."""
    subject_id: str
    """What AWS's commands name it by: an instance's or a template's id, else a name."""
    name: str
    """Its name; of an instance its Name tag, which may be empty."""
    detail: str
    """Of an instance its state, of a template `$Default` or `$Latest`, of a group through what it launches."""
    group: str = ""
    """The Auto Scaling group that an instance belongs to."""

    @property
    def label(self) -> str:
        """Its name, or else its id."""
        return self.name or self.subject_id


class Finding(NamedTuple):
    """A subject, and what is to be said of the image that it stands on."""

    profile: str
    """Through which it was read; empty = the start's own."""
    account: str
    region: str
    subject: Subject
    judgement: Judgement
    account_name: str = ""
    """What the account is called; empty = there is only one."""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What is to be said, the worst first."""
        return self.judgement.verdicts


class RegionAudit(NamedTuple):
    """The audit of one Region of an account."""

    profile: str
    account: str
    region: str
    findings: tuple[Finding, ...] = ()
    """The worst first."""
    unknown: tuple[str, ...] = ()
    """What could not be read, a sentence each."""
    account_name: str = ""
    """What the account is called; empty = there is only one."""
