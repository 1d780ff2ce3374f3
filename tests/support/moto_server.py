"""Plain moto's server in a process of its own: AWS services that share no code with amitui or its demo.

In a process, as tests fork: a copy of one with other threads may not go on. Run as `python -m
tests.support.moto_server [BUCKET]`: prints its address, and ends with its standard input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUCKET = "team-images"


@contextmanager
def moto_server(*buckets: str) -> Iterator[str]:
    """The address of a server with moto's own images, and with these buckets."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MOTO_")},
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.moto_server", *buckets],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), url
            yield url
        finally:
            server.stdin.close()
            server.wait()


def main(buckets: list[str]) -> None:
    """Serve until standard input ends."""
    import urllib.request

    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    for bucket in buckets:
        urllib.request.urlopen(urllib.request.Request(f"{url}/{bucket}", method="PUT")).close()
    print(url, flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
