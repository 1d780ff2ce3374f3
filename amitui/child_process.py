"""Programs that amitui starts beside itself: none is left running by whoever gives up on it."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Final

ENDS_WITHIN_S: Final = 1.0
"""What has been asked to end, and has not ended by then, is killed."""
KILLED_WITHIN_S: Final = 30.0
"""What is killed ends at once, but for one that waits for a disk or a network folder that does not answer."""


async def end(process: asyncio.subprocess.Process) -> None:
    """End a program, with all that it started, and wait for it; nothing is done when it has ended.

    Args:
        process: started with `start_new_session`, so that its process group is its own.
    """
    for number, within_s in ((signal.SIGTERM, ENDS_WITHIN_S), (signal.SIGKILL, KILLED_WITHIN_S)):
        if process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), within_s)
