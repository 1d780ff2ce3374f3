"""What makes an audit fail, and what of it is listed: the words of `--fail-on` and `--only`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from amitui.domain.fleet.findings import STALE_DAYS, Finding, Severity, Verdict
from amitui.domain.fleet.uses import UseKind
from amitui.errors import UsageError

EXAMPLE: Final = "stale:90d,deprecated,disabled,gone,untrusted,unsupported,paid"
ONLY_EXAMPLE: Final = "gone,stale,instance"

_STALE: Final = re.compile(r"stale:(\d{1,5})(d|w|m|y)?")
_DAYS: Final = {"d": 1, "w": 7, "m": 30, "y": 365}
_WORDS: Final = {
    **{verdict.value: frozenset((verdict,)) for verdict in Verdict if verdict is not Verdict.NEWEST},
    "untrusted": frozenset((Verdict.UNTRUSTED, Verdict.LOOKALIKE)),
    "behind": frozenset((Verdict.BEHIND, Verdict.STALE)),
    "any": frozenset(verdict for verdict in Verdict if verdict.severity >= Severity.WARNING),
}

_ALIASES: Final = {"lookalike": Verdict.LOOKALIKE.value}
"""Other spellings that are taken, too, but not listed."""

_KINDS: Final = {
    "instance": UseKind.INSTANCE,
    "template": UseKind.TEMPLATE,
    "configuration": UseKind.CONFIGURATION,
    "group": UseKind.GROUP,
    "parameter": UseKind.PARAMETER,
}


def _words(option: str, text: str, example: str) -> list[str]:
    """The words of a list, in lower case, as they are listed.

    Raises:
        UsageError: there is none: an empty variable of a pipeline must not let everything pass.
    """
    words = [_ALIASES.get(word, word) for one in text.split(",") if (word := one.strip().lower())]
    if not words:
        raise UsageError(f"{option} names nothing", why="it is empty", remedy=f"for example {option} {example}")
    return words


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
    for word in _words("--fail-on", text, EXAMPLE):
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


class Selection(NamedTuple):
    """Which findings are listed; an empty set leaves all of its kind."""

    verdicts: frozenset[Verdict] = frozenset()
    kinds: frozenset[UseKind] = frozenset()

    def holds(self, finding: Finding) -> bool:
        """Whether a finding is listed."""
        if self.kinds and finding.subject.kind not in self.kinds:
            return False
        return not self.verdicts or not self.verdicts.isdisjoint(finding.verdicts)


def selection(text: str) -> Selection:
    """The verdicts and kinds of subjects that a list of words names, separated by commas.

    Raises:
        UsageError: a word is none of these.
    """
    verdicts: frozenset[Verdict] = frozenset()
    kinds: set[UseKind] = set()
    known = {**_WORDS, Verdict.NEWEST.value: frozenset((Verdict.NEWEST,))}
    for word in _words("--only", text, ONLY_EXAMPLE):
        if word.removesuffix("s") in _KINDS:
            kinds.add(_KINDS[word.removesuffix("s")])
        elif word in known:
            verdicts |= known[word]
        else:
            raise UsageError(
                f"--only does not know {word!r}",
                why=f"it takes {', '.join(sorted((*known, *_KINDS)))}, separated by commas",
                remedy=f"for example --only {ONLY_EXAMPLE}",
            )
    return Selection(verdicts, frozenset(kinds))
