"""Look-ups by cause: how many are right, and at which place the right image stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.search.judge import Answer, Lookup


@dataclass(frozen=True, slots=True)
class Result:
    """One look-up in both ways."""

    lookup: Lookup
    latest: Answer
    screen: Answer
    keystrokes: int | None = None
    """`None`: not counted; 0: never right."""


def by_cause(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results of each cause, in the order of the table."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.lookup.cause, []).append(result)
    return found


def table(results: Sequence[Result]) -> str:
    """The summary as text: of each cause how many are right, first, among the first three, found, and nothing."""
    lines = [
        f"{'cause':22}{'all':>5} |{'right':>6}{'1st':>5}{'≤3':>5}{'≤10':>5}{'none':>5} |{'screen':>7}{'keys':>6}"
    ]
    for cause, some in [*by_cause(results).items(), ("together", list(results))]:
        answers = [one.latest for one in some]
        ranks = [answer.rank for answer in answers]
        keys = [one.keystrokes for one in some if one.keystrokes]
        lines.append(
            f"{cause:28}{len(some):5} |{sum(answer.right for answer in answers):6}{ranks.count(1):5}"
            f"{sum(0 < rank <= 3 for rank in ranks):5}{sum(rank > 0 for rank in ranks):5}"
            f"{sum(not answer.first for answer in answers):5} |{sum(one.screen.right for one in some):7}"
            f"{median(keys) if keys else '':>6}"
        )
    return "\n".join(lines)
