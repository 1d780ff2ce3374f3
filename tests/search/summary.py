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
    latest: Answer | None
    """`None`: not tried."""
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
    """The summary as text.

    Of each cause how many look-ups were tried with `find --latest` and are right; of how many the right image is
    first, among the first three, seen at all, and how many find nothing; how many are right on the screen, and the
    median of keystrokes.
    """
    head = f"{'cause':28}{'tried':>6}{'right':>6}{'1st':>5}{'≤3':>5}{'seen':>5}{'none':>5}"
    lines = [f"{head} |{'screen':>7}{'right':>6} |{'keys':>5}"]
    for cause, some in [*by_cause(results).items(), ("together", list(results))]:
        answers = [one.latest for one in some if one.latest is not None]
        ranks = [answer.rank for answer in answers]
        keys = [one.keystrokes for one in some if one.keystrokes]
        lines.append(
            f"{cause:28}{len(answers):6}{sum(answer.right for answer in answers):6}{ranks.count(1):5}"
            f"{sum(0 < rank <= 3 for rank in ranks):5}{sum(rank > 0 for rank in ranks):5}"
            f"{sum(not answer.first for answer in answers):5}"
            f" |{len(some):7}{sum(one.screen.right for one in some):6} |{f'{median(keys):g}' if keys else '':>5}"
        )
    return "\n".join(lines)
