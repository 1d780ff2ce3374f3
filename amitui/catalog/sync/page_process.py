"""One worker process that reads pages, as the process that starts it sees it. Use it from one thread at a time.

The worker is in a session of its own: no signal of the terminal reaches it. It inherits no file but its end of a
socket, and of the environment only what Python and the dynamic linker need: no credentials.
"""

from __future__ import annotations

import json
import os
import pickle
import select
import socket
import subprocess
import sys
import time
from typing import Final

from amitui.catalog.dump.runs import RunRecords
from amitui.catalog.sync.import_record import unpacked_run
from amitui.catalog.sync.page import PageFor, ReadPage
from amitui.catalog.sync.page_worker import ANSWER, PAGE, READY, REQUEST, UNREADABLE, unpacked_page
from amitui.ec2.response_table import ResponseTable

START_SECONDS: Final = 30.0
READ_SECONDS: Final = 120.0
"""A page is read in a tenth of a second; a machine can be very busy."""
END_SECONDS: Final = 5.0

_START: Final = """\
import json, socket, sys
sys.path[:] = json.loads(sys.argv[1])
from amitui.catalog.sync.page_worker import serve
channel = socket.socket(fileno=0)
try:
    serve(channel.makefile("rb"), channel.makefile("wb"))
except (BrokenPipeError, KeyboardInterrupt):
    pass
"""
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

_ALLOCATOR: Final = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "262144"}
"""Has glibc give back at once what a page took, instead of keeping the most that one ever took."""


class WorkerDied(Exception):
    """The process did not start, ended, or did not answer in time; what it was reading can be read again."""


class PageProcess:
    """A worker process, ready to read."""

    def __init__(self, table: ResponseTable | None) -> None:
        """Start it, and wait until it is ready.

        Args:
            table: of the output of DescribeImages; `None`: for a worker that reads the runs of an import only.

        Raises:
            WorkerDied: it cannot be started.
        """
        path = [os.path.abspath(folder) for folder in sys.path]
        # Sockets, not pipes: what goes through them is not counted with what the program writes to files.
        self._channel, theirs = socket.socketpair()
        self._channel.setblocking(False)
        try:
            self._process = subprocess.Popen(
                [sys.executable or "", "-I", "-c", _START, json.dumps(path)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                cwd="/",
                env=_ALLOCATOR | {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._channel.close()
            raise WorkerDied(str(error)) from error
        finally:
            theirs.close()
        self._exchange(pickle.dumps(table), b"", READY, START_SECONDS)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def read(self, body: bytes, page_for: PageFor) -> ReadPage:
        """What `PageReader.read` makes of a body.

        Raises:
            ValueError: it is no answer to DescribeImages; the message says why.
            WorkerDied: the process is of no more use.
        """
        return unpacked_page(self._exchange(pickle.dumps(page_for), body, PAGE, READ_SECONDS))

    def read_run(self, head: str, text: str) -> RunRecords:
        """What `import_record.read_run` makes of a run.

        Raises:
            ValueError: it is no text that can be sent.
            WorkerDied: the process is of no more use.
        """
        return unpacked_run(self._exchange(pickle.dumps(head), text.encode(), PAGE, READ_SECONDS))

    def close(self) -> None:
        """End the process; more than once does no harm."""
        self._channel.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _exchange(self, subject: bytes, body: bytes, expected: bytes, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        try:
            self._send(REQUEST.pack(len(subject), len(body)) + subject, deadline)
            self._send(body, deadline)
            kind, length = ANSWER.unpack(self._receive(ANSWER.size, deadline))
            answer = self._receive(length, deadline)
        except (OSError, EOFError, TimeoutError) as error:
            self._process.kill()
            self.close()
            raise WorkerDied(str(error)) from error
        if kind == UNREADABLE:
            raise ValueError(answer.decode("utf-8", "replace"))
        if kind != expected:
            self._process.kill()
            self.close()
            raise WorkerDied(f"it answered {kind!r}")
        return answer

    def _send(self, data: bytes, deadline: float) -> None:
        left = memoryview(data)
        while left:
            self._wait(select.POLLOUT, deadline)
            left = left[self._channel.send(left) :]

    def _receive(self, length: int, deadline: float) -> bytes:
        parts: list[bytes] = []
        while length:
            self._wait(select.POLLIN, deadline)
            part = self._channel.recv(min(length, 1 << 20))
            if not part:
                raise EOFError("it ended")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _wait(self, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(self._channel, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError("it does not answer")
