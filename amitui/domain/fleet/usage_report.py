"""What EC2 reports of other accounts' use of an image; read by `ec2/reads/usage_reports.py`."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

DAY: Final = 86_400
FRESH_S: Final = 7 * DAY
"""An older report is no proof that nobody uses the image now."""
LAG: Final = "EC2 counts instances a day late, and launch templates days"
AVAILABLE: Final = "available"
_KINDS: Final = {"ec2:Instance": "instance", "ec2:LaunchTemplate": "launch template"}


class AccountUse(NamedTuple):
    """How often another account uses the image in one way."""

    account: str
    kind: str
    """EC2's word: `ec2:Instance`, `ec2:LaunchTemplate`."""
    number: int

    @property
    def words(self) -> str:
        """As in `account 210987654321: 3 instances`."""
        noun = _KINDS.get(self.kind, self.kind)
        return f"account {self.account}: {self.number:,} {noun}{'' if self.number == 1 else 's'}"


class UsageReport(NamedTuple):
    """The newest report on one image."""

    image_id: str
    report_id: str
    state: str
    """EC2's word: `pending`, `available`, `error`."""
    created: int | None = None
    """Seconds since the epoch."""
    reason: str = ""
    """Why there is none, in EC2's words."""
    uses: tuple[AccountUse, ...] = ()
    complete: bool = True
    """Whether it covers every account and both kinds of use."""

    @property
    def day(self) -> str:
        """When it was made."""
        return "an unknown day" if self.created is None else time.strftime("%Y-%m-%d", time.gmtime(self.created))

    def clears(self, now: float) -> bool:
        """Whether it says that no other account uses the image, lately enough to be believed."""
        fresh = self.created is not None and now - self.created < FRESH_S
        return self.state == AVAILABLE and not self.uses and self.complete and fresh

    @property
    def words(self) -> str:
        """What it says, in one line."""
        if self.state != AVAILABLE:
            why = f": {self.reason}" if self.reason else ""
            return f"the usage report of {self.day} is {self.state or 'in an unknown state'}{why}"
        if not self.uses:
            return f"no other account uses it (report of {self.day}; {LAG})"
        return f"{'; '.join(use.words for use in self.uses)} (report of {self.day}; {LAG})"
