"""Starting the simulated EC2: as a child that dies with this process, or in the foreground for others to use.

Imports nothing heavy: the child is started before the screen's libraries are even imported.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from amitui.errors import AmituiError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import IO, Self

DEFAULT_REGION: Final = "us-east-1"

DEMO_ACCOUNT: Final = "123456789012"
"""`accounts.MAIN_ACCOUNT`, without importing it: whose images are Mine in the demo."""

_BOOTSTRAP: Final = (
    "import sys; sys.path.append(sys.argv.pop(1));"
    " from amitui.demo.server.main import main; raise SystemExit(main())"
)
"""Run instead of `-m`, which would put the user's current folder in front of the standard library."""

_WITHOUT: Final = ("AWS_", "MOTO_")
"""Environment variables that the child must not see: the demo uses no credentials even where there are some."""


class DemoProcess:
    """The simulated EC2 as a child process on a port of its own.

    It ends with `stop`, with the block, and when this process ends in whatever way.

    Args:
        warm_region: the region that will be asked for first.
        page_delay: seconds by which each page of images comes later, to look at slow links.
        port: 0 takes any free one.
        speed: by what the time is divided that EC2's work takes; `None` means one that is good to watch.
    """

    def __init__(
        self,
        *,
        warm_region: str = DEFAULT_REGION,
        page_delay: float = 0.0,
        port: int = 0,
        speed: float | None = None,
    ) -> None:
        self._options = ["--pipe", "--port", str(port), "--page-delay", str(page_delay)]
        if speed is not None:
            self._options += ["--speed", str(speed)]
        if warm_region:
            self._options += ["--warm-region", warm_region]
        self._child: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._output = b""
        self._url = ""

    def start(self) -> Self:
        """Start the child and return at once."""
        import tempfile

        home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_WITHOUT)}
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed in stop()
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOTSTRAP, home, *self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=environment,
            start_new_session=True,
        )
        return self

    @property
    def url(self) -> str:
        """The endpoint URL; waits for it."""
        return self.wait_ready()

    def wait_ready(self, timeout: float = 15.0) -> str:
        """Wait until the child listens, and return its URL.

        Raises:
            AmituiError: it ended, or said nothing for `timeout` seconds.
        """
        if self._url:
            return self._url
        if self._child is None or self._child.stdout is None:
            raise RuntimeError("DemoProcess.wait_ready before start")
        pipe = self._child.stdout.fileno()
        end = time.monotonic() + timeout
        while not self._output.endswith(b"\n"):
            readable, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
            if not readable:
                raise AmituiError("the demo did not start", why=f"no answer within {timeout:g} s")
            piece = os.read(pipe, 4096)
            if not piece:
                raise AmituiError("the demo did not start", why=self._last_words())
            self._output += piece
        self._url = self._output.decode().strip()
        return self._url

    def stop(self) -> None:
        """End the child and wait until it is gone; harmless when it is already."""
        child, self._child = self._child, None
        if child is not None:
            child.terminate()
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None

    def __enter__(self) -> Self:
        return self if self._child is not None else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _last_words(self) -> str:
        if self._complaints is None:
            return ""
        self._complaints.seek(0)
        return " ".join(self._complaints.read().decode(errors="replace").strip().splitlines()[-3:])


def run_foreground(port: int = 0, *, speed: float | None = None, quiet: bool = False) -> int:
    """`amitui demo`: print where the cloud is and how to use it, and serve until Ctrl-C or SIGTERM.

    stdout gets the URL and nothing else; what to do with it goes to stderr, unless it is to be quiet. Ctrl-C's
    exit code is 130.

    Raises:
        UsageError: the port is taken.
    """
    from amitui.demo.server.main import listen, serve, url_of

    listener = listen(port)
    url = url_of(listener)
    sys.stdout.write(url + "\n")
    sys.stdout.flush()
    if not quiet:
        sys.stderr.write(_INSTRUCTIONS.format(url=url))
        sys.stderr.flush()
    try:
        serve(listener, warm_region=DEFAULT_REGION, speed=speed)
    except KeyboardInterrupt:
        return 130
    return 0


_INSTRUCTIONS: Final = """
A simulated EC2 with made-up images, on this machine only. Ctrl-C ends it. In
another terminal:

  export AWS_ACCESS_KEY_ID=AKIADEMOMAIN00000000 AWS_SECRET_ACCESS_KEY=demo
  export AWS_DEFAULT_REGION=us-east-1
  amitui --endpoint-url {url}
  aws ec2 describe-images --owners self --endpoint-url {url}

Any credentials work. With the access key ID AKIADEMOREADER000000 you can read
but not change anything; AKIADEMOSECOND000000 is a second account.
"""
