"""Run the attacks and print what was tried and what was found; exit 1 when something was."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence
from typing import Final

from bench.soak.attack import Attack, run, table
from bench.soak.caches import BESIDE, KILLS, LOCKS
from bench.soak.operations import FAULTS
from bench.soak.screens import BENT, KEYS
from bench.soak.texts import HOSTILE, IMPORTS

ATTACKS: Final[Sequence[Attack]] = (BESIDE, LOCKS, KILLS, KEYS, BENT, FAULTS, HOSTILE, IMPORTS)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    names = [attack.name for attack in ATTACKS]
    parser.add_argument("--minutes", type=float, default=7, help="for all attacks together (%(default)g)")
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--tries", type=int, help="so many of each instead of a time")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="for the same choices again")
    options = parser.parse_args(argv)
    chosen = [attack for attack in ATTACKS if attack.name in (options.only or names)]
    results = []
    for attack in chosen:
        print(f"{attack.name}: {attack.about} (seed {options.seed})", file=sys.stderr)
        seconds = 60 * options.minutes / len(chosen)
        results.append(run(attack, seconds=seconds, seed=options.seed, tries=options.tries))
    print(table(results))
    return int(any(result.findings for result in results))


if __name__ == "__main__":
    sys.exit(main())
