"""Ending a process without waiting for its threads. Imports nothing that a command may not have imported yet."""

from __future__ import annotations

import os
import sys
from time import monotonic

THREADS_END_WITHIN_S = 0.3


def leave_despite_threads(code: int) -> int:
    """Return `code`, or end the process with it when threads would hold it up. Everything must be written."""
    threading = sys.modules.get("threading")
    if threading is None:
        return code  # nobody has started any
    end = monotonic() + THREADS_END_WITHIN_S
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(max(0.0, end - monotonic()))
            if thread.is_alive():
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
    return code
