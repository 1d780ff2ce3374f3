"""`python -m tests.search.run [--cause WORD] [--only-failures] [--keys]`: how look-ups do, and what came first."""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from tests.search.judge import Answer, Lookup, Stage, lookups
from tests.search.summary import Result, table


def main() -> None:
    """Run the look-ups and print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cause", default="", help="only look-ups of causes that hold this word")
    parser.add_argument("--query", default="", help="only look-ups that hold these words")
    parser.add_argument("--only-failures", action="store_true")
    parser.add_argument("--keys", action="store_true", help="count keystrokes too, which takes longer")
    options = parser.parse_args()
    chosen = [one for one in lookups() if options.cause in one.cause and options.query in one.query]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        with stage.reader() as reader:
            for lookup in chosen:
                latest, screen = stage.latest(lookup), stage.screen(lookup, reader)
                keys = stage.keystrokes(lookup, reader) if options.keys else None
                results.append(Result(lookup, latest, screen, keys))
                if not options.only_failures or not (latest.right and screen.right):
                    _tell(lookup, latest, screen)
    print(table(results))
    shown = Counter(one.latest.first.split("@")[0] for one in results if one.latest and not one.latest.right)
    for label, times in shown.most_common(10):
        print(f"{times:4} times wrongly first: {label or 'nothing'}")


def _tell(lookup: Lookup, latest: Answer, screen: Answer) -> None:
    print(f"{lookup.label}  [{lookup.cause}]")
    wanted = " | ".join(sorted(lookup.expected)) or "nothing"
    print(f"    wanted {wanted}{' and words ' + ' '.join(lookup.hint) if lookup.hint else ''}")
    for way, answer in (("latest", latest), ("screen", screen)):
        mark = "ok " if answer.right else "BAD"
        print(f"    {mark} {way}: rank {answer.rank or '-'}, first {answer.first or 'nothing'}")
    if latest.said and not latest.right:
        print("    said: " + " / ".join(latest.said.splitlines()))


if __name__ == "__main__":
    main()
