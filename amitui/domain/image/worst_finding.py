"""How severe the worst vulnerability is that Amazon Inspector found in an image.

EC2 tells it in `Image.ScanResults` (of its model since 1.44) of the images that Inspector has scanned: one's own,
those shared with the account, and public ones. Of the others nothing is known, which is not the same as "none".
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

SHIFT: Final = 16
"""Where the severity stands in an image's flags, above the yes/no facts."""
MASK: Final = 7


class WorstFinding(IntEnum):
    """The worst finding, by EC2's own labels; each is worse than the one before."""

    NOT_SCANNED = 0
    NONE = 1
    """Scanned, without a finding."""
    INFORMATIONAL = 2
    LOW = 3
    MEDIUM = 4
    HIGH = 5
    CRITICAL = 6

    @property
    def word(self) -> str:
        """As a query names it: `critical`, `none`; `unknown` of what was not scanned."""
        return "unknown" if self is WorstFinding.NOT_SCANNED else self.name.lower()


BY_WORD: Final = {severity.word: severity for severity in WorstFinding}
LABELS: Final = {one.name.lower(): one for one in WorstFinding if one > WorstFinding.NONE}
"""By EC2's label."""


def worst_finding_of(flags: int) -> WorstFinding:
    """The severity that an image's flags hold."""
    return _BY_VALUE[int(flags) >> SHIFT & MASK]


# The value above the highest is never written; a damaged index must not raise.
_BY_VALUE: Final[tuple[WorstFinding, ...]] = (*WorstFinding, WorstFinding.NOT_SCANNED)
