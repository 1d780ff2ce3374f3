"""The end of a screen's event loop: signals that keep coming end nothing before its time."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from itertools import cycle

ENDING_AGAIN_AND_AGAIN = """
import signal, threading
from amitui.cli.leaving import _ENDING, _Loop

threading.Thread(target=threading.Event().wait, daemon=True).start()  # takes signals that the main thread blocks
for number in _ENDING:
    signal.signal(number, signal.SIG_IGN)
print("begun", flush=True)
for _ in range(200):
    loop = _Loop()
    for number in _ENDING:
        loop.add_signal_handler(number, id, 1)
    loop.close()
    assert all(signal.getsignal(number) is signal.SIG_IGN for number in _ENDING)
"""


def test_no_signal_ends_a_process_while_its_loop_closes() -> None:
    with subprocess.Popen([sys.executable, "-c", ENDING_AGAIN_AND_AGAIN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        # Not without a pause: what wakes a loop holds some 270 signals, and here nobody reads them.
        for number in cycle((signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.0002)
                break
            process.send_signal(number)
    assert process.returncode == 0
