"""`python -m bench.shifted HOURS WORDS …`: `amitui` so many hours later, as its own clock has it."""

from __future__ import annotations

import sys
import time


def main() -> int:
    """Move the clock, and start."""
    hours = float(sys.argv[1])
    real = time.time
    time.time = lambda: real() + hours * 3600
    from amitui.cli import main as amitui

    sys.argv = ["amitui", *sys.argv[2:]]
    return amitui()


if __name__ == "__main__":
    raise SystemExit(main())
