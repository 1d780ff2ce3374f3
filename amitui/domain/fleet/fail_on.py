"""What makes an audit fail: the words of `--fail-on`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from amitui.domain.fleet.findings import STALE_DAYS, Finding, Severity, Verdict
from amitui.errors import UsageError

EXAMPLE: Final = "stale:90d,deprecated,disabled,gone,untrusted,unsupported,paid"

_STALE: Final = re.compile(r"stale:(\d{1,5})(d|w|m|y)?")
_DAYS: Final = {"d": 1, "w": 7, "m": 30, "y": 365}
_WORDS: Final = {
    **{verdict.value: frozenset((verdict,)) for verdict in Verdict if verdict is not Verdict.NEWEST},
    "lookalike": frozenset((Verdict.LOOKALIKE,)),
    "untrusted": frozenset((Verdict.UNTRUSTED, Verdict.LOOKALIKE)),
    "behind": frozenset((Verdict.BEHIND, Verdict.STALE)),
    "any": frozenset(verdict for verdict in Verdict if verdict.severity >= Severity.WARNING),
}


class FailOn(NamedTuple):
    """Which verdicts make an audit fail."""

    verdicts: frozenset[Verdict] = frozenset()
    stale_days: int = STALE_DAYS
    """So many days behind the newest build count as stale."""

    def hits(self, finding: Finding) -> bool:
        """Whether a finding makes the audit fail."""
        return not self.verdicts.isdisjoint(finding.verdicts)


def fail_on(text: str) -> FailOn:
    """The verdicts that a list of words names, separated by commas; `stale` may have a time behind a colon.

    Raises:
        UsageError: a word is none of these.
    """
    verdicts: frozenset[Verdict] = frozenset()
    stale_days = STALE_DAYS
    for word in filter(None, (one.strip().lower() for one in text.split(","))):
        if stale := _STALE.fullmatch(word):
            stale_days = int(stale[1]) * _DAYS[stale[2] or "d"]
            word = "stale"
        if word not in _WORDS:
            raise UsageError(
                f"--fail-on does not know {word!r}",
                why=f"it takes {', '.join(sorted(_WORDS))}, separated by commas",
                remedy=f"for example --fail-on {EXAMPLE}",
            )
        verdicts |= _WORDS[word]
    return FailOn(verdicts, stale_days)
