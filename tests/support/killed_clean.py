"""`amitui` as a process that dies by SIGKILL after so many checkpoints of its operations.

Run as `python -m tests.support.killed_clean NUMBER clean …`.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import partialmethod

from amitui.domain.operations.operation import Operation
from amitui.operations.engine import OperationEngine


class Checkpoints:
    """Counts the checkpoints of all operations, and dies after the last one."""

    def __init__(self, last: int) -> None:
        self._left = last

    def reached(self, _point: str, _operation: Operation) -> None:
        self._left -= 1
        if self._left == 0:
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Run the command with an engine whose checkpoints are counted."""
    from amitui.cli import main as amitui

    counted = partialmethod(OperationEngine.__init__, checkpoint=Checkpoints(int(sys.argv[1])).reached)
    setattr(OperationEngine, "__init__", counted)  # noqa: B010 - mypy knows no other way
    return amitui(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
