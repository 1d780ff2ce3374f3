"""Whether an installed amitui works at all: `python smoke.py COMMAND` runs its demo until rows are on the screen.

Run by `.ci/run` against the built wheel, from a folder outside the checkout, with the Python that has pyte.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal
from tests.support.terminal_controls import assert_no_foreign_controls

IMAGE_ID = re.compile(r"\bami-[0-9a-f]{8,17}\b")
ENOUGH_ROWS = 5
LONGEST_SECONDS = 60


def main(command: str) -> None:
    """Browse the demo and leave; an exception says what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        environment = isolated_environment(Path(folder))
        started = time.monotonic()
        with Terminal([command, "--demo"], environment=environment, columns=120, rows=40) as terminal:
            terminal.wait_for(_has_rows, timeout=LONGEST_SECONDS)
            print(f"rows on the screen after {time.monotonic() - started:.1f} s:")
            terminal.wait_settled(300)
            print(terminal.screen_text())
            terminal.press("ctrl+q")
            code = terminal.wait_for_exit()
            if code:
                raise SystemExit(f"amitui ended with {code}")
            assert_no_foreign_controls(terminal.raw)


def _has_rows(terminal: Terminal) -> bool:
    return len(set(IMAGE_ID.findall(terminal.screen_text()))) >= ENOUGH_ROWS


if __name__ == "__main__":
    main(sys.argv[1])
