"""What an attack is, and running attacks until their time is up."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple, TypeAlias

AFTER_ESCAPE_MS: Final = 250
"""Of quiet behind Escape in a terminal: sooner, it and what follows are one key."""

Attempt: TypeAlias = Callable[[random.Random], Iterable[str]]
"""One try; what it gives are findings, in words. A failed assertion is one as well."""


class Attack(NamedTuple):
    """A way to do harm, tried with other random choices each time."""

    name: str
    about: str
    sibling: str
    """The tests that try the same a bounded number of times."""
    prepared: Callable[[Path], AbstractContextManager[Attempt]]
    """Makes what the tries need, below a folder."""


@dataclass(slots=True)
class Result:
    """What came of an attack."""

    attack: Attack
    tries: int = 0
    findings: list[str] = field(default_factory=list)


def run(attack: Attack, *, seconds: float, seed: str, tries: int | None = None) -> Result:
    """Try until the time is up, or so many times, at least once.

    Every try has a seed of its own, which stands with its findings: `--only NAME --seed SEED` begins with it.
    """
    result = Result(attack)
    end = time.monotonic() + seconds
    with TemporaryDirectory(prefix=f"soak-{attack.name}-") as folder:
        try:
            with attack.prepared(Path(folder)) as attempt:
                while not result.tries or (time.monotonic() < end if tries is None else result.tries < tries):
                    of_this_try = seed if not result.tries else f"{seed}+{result.tries}"
                    result.tries += 1
                    result.findings += [f"{of_this_try}: {found}" for found in _findings(attempt, of_this_try)]
        except Exception:  # noqa: BLE001 - an attack that cannot go on is a finding too
            result.findings.append(f"{seed}: the attack ended early: {_last_lines()}")
    return result


def _findings(attempt: Attempt, seed: str) -> list[str]:
    try:
        return list(attempt(random.Random(seed)))
    except Exception:  # noqa: BLE001 - whatever went wrong is what is looked for
        return [_last_lines()]


def _last_lines() -> str:
    return traceback.format_exc(limit=-4).strip()


def table(results: Sequence[Result]) -> str:
    """A line per attack, in Markdown, and below it every finding."""
    lines = ["| Attack | What is tried | Tries | Findings |", "|---|---|--:|--:|"]
    lines += [
        f"| {one.attack.name} | {one.attack.about} | {one.tries:,} | {len(one.findings):,} |" for one in results
    ]
    for one in results:
        lines += [f"\n{one.attack.name} {found}" for found in one.findings]
    return "\n".join(lines)
