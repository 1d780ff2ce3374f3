"""What the smoke test found, a line a check, and the same without what identifies the account."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from amitui.domain.visible import show_invisible


class Verdict(StrEnum):
    """How an answer compares with what amitui expects."""

    EXPECTED = "as expected"
    DIFFERS = "differs"
    DENIED = "denied"
    SKIPPED = "not tried"
    FAILED = "failed"


class Found(NamedTuple):
    """What a check found."""

    facts: str = ""
    """What came, in a few words; never names of the account's own things."""
    differences: tuple[str, ...] = ()


class Line(NamedTuple):
    """One check with its verdict."""

    title: str
    verdict: Verdict
    facts: str = ""
    details: tuple[str, ...] = ()
    """The differences, the denied IAM actions, or why it failed."""
    matters: str = ""
    """Where in amitui a difference would show."""

    def words(self) -> list[str]:
        """The lines that are printed: one, and one below it for each detail."""
        first = f"{self.verdict:11}  {self.title}"
        lines = [f"{first}: {self.facts}" if self.facts else first]
        lines += [f"{'':13}{detail}" for detail in self.details]
        if self.verdict is Verdict.DIFFERS and self.matters:
            lines.append(f"{'':13}this matters for: {self.matters}")
        return lines


_MASKS: Final[Sequence[tuple[re.Pattern[str], str]]] = (
    (re.compile(r"(?i)encoded[- ]\w*[- ]?\w*[- ]?message[: ]+\S+"), "encoded message <masked>"),
    (re.compile(r"\b[\w-]{200,}"), "<masked>"),
    (re.compile(r"\barn:(aws[\w-]*):([\w-]*):([\w-]*):[^:\s]*:[^\s'\"),;]+"), r"arn:\1:\2:\3:<account>:<name>"),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{8,}\b"), "<key>"),
    (re.compile(r"(?<![\w.])\d{12}(?![\w.])"), "<account>"),
    (re.compile(r"\b(ami|snap|vol|i|lt|sg|subnet|vpc|eni)-[0-9a-f]{8,17}\b"), r"\1-<id>"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<mail>"),
)
"""What identifies an account or a person whoever it is, and what stands for it in a report."""
_SHORTEST_NAME: Final = 4
"""Shorter ones are words of the sentences as well."""


class Masker:
    """Replaces what identifies an account in a text."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def hide(self, *names: str) -> None:
        """Mask these as well: names of profiles, of images, of whoever acts."""
        self._names.update(dict.fromkeys(name for name in names if len(name) >= _SHORTEST_NAME))

    def masked(self, text: str) -> str:
        """The text without them."""
        for name in sorted(self._names, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<name>", text)
        for pattern, instead in _MASKS:
            text = pattern.sub(instead, text)
        return text


class Report:
    """The lines so far; each is printed as it comes.

    Args:
        say: prints one line.
    """

    def __init__(self, say: Callable[[str], None], masker: Masker) -> None:
        self._say, self._masker = say, masker
        self.lines: list[Line] = []

    def add(self, line: Line) -> None:
        """Print a line and keep it for the summary."""
        self.lines.append(line)
        for words in line.words():
            self._say(show_invisible(words))

    def count(self, verdict: Verdict) -> int:
        """How many have that verdict."""
        return sum(line.verdict is verdict for line in self.lines)

    def summary(self, head: Sequence[str], calls: Counter[str]) -> list[str]:
        """The lines to paste into a report: masked, and without what is as expected in detail.

        Args:
            head: what was run, and where.
            calls: made so far, by operation.
        """
        totals = ", ".join(f"{self.count(verdict)} {verdict}" for verdict in Verdict if self.count(verdict))
        made = ", ".join(f"{name} {count}" for name, count in sorted(calls.items()))
        lines = [*head, f"Result: {totals or 'nothing was tried'}", f"Calls: {sum(calls.values())} ({made})", ""]
        lines += [words for line in self.lines for words in line.words()]
        return [self._masker.masked(show_invisible(line)) for line in lines]
