"""How soon a dead endpoint is named: on the screen after its first paint, and by `amitui sync` after its start.

`python -m bench.dead_endpoint` opens ports on this machine that are dead in different ways. For each it prints the
seconds from the first paint to the words on the screen, which is at most that much after the first failed attempt;
where attempts fail by a time limit, the limit is taken off.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from amitui.ec2.patience import CONNECT_SECONDS
from tests.support.dead_ends import unroutable
from tests.support.fake_ec2 import fake_ec2
from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal

GOAL_S: Final = 3.0
ELSEWHERE: Final = "https://ec2.example.invalid"
_AMITUI: Final = (sys.executable, "-m", "amitui")
_FIRST_PAINT: Final = "Search"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One that is dead."""

    url: str
    words: str
    """What is said of it."""
    limit: float = 0.0
    """Seconds after which an attempt fails."""
    variables: dict[str, str] = field(default_factory=dict)


@contextmanager
def talking(answer: bytes) -> Iterator[int]:
    """A port that sends these bytes to whoever connects, and hangs up."""

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@contextmanager
def refused() -> Iterator[Endpoint]:
    """Nothing listens."""
    yield Endpoint("http://127.0.0.1:9", "could not reach EC2")


@contextmanager
def unknown_name() -> Iterator[Endpoint]:
    """The name does not resolve."""
    yield Endpoint(ELSEWHERE, "could not reach EC2")


@contextmanager
def timing_out() -> Iterator[Endpoint]:
    """Packets get no answer."""
    with unroutable() as address:
        yield Endpoint(f"http://{address}", "timed out", CONNECT_SECONDS)


@contextmanager
def no_tls() -> Iterator[Endpoint]:
    """It speaks something else than TLS."""
    with talking(b"SSH-2.0-OpenSSH_9.9\r\n") as port:
        yield Endpoint(f"https://127.0.0.1:{port}", "not trusted")


@contextmanager
def refusing_proxy() -> Iterator[Endpoint]:
    """The proxy does not let it through."""
    with talking(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as port:
        yield Endpoint(
            ELSEWHERE, "could not reach the proxy", variables={"HTTPS_PROXY": f"http://127.0.0.1:{port}"}
        )


@contextmanager
def hanging_up() -> Iterator[Endpoint]:
    """It accepts, and closes the connection."""
    with talking(b"") as port:
        yield Endpoint(f"http://127.0.0.1:{port}", "was lost")


@contextmanager
def server_errors() -> Iterator[Endpoint]:
    """It answers everything with 503."""
    with fake_ec2() as fake:
        for action in ("DescribeImages", "GetCallerIdentity"):
            fake.fail(action, 503, "Unavailable", times=10_000)
        yield Endpoint(fake.url, "EC2 had an internal error")


DEAD: Final[dict[str, Callable[[], AbstractContextManager[Endpoint]]]] = {
    "connection refused": refused,
    "name unknown": unknown_name,
    "unroutable": timing_out,
    "no TLS": no_tls,
    "proxy refuses": refusing_proxy,
    "hangs up": hanging_up,
    "503 for ever": server_errors,
}


def on_screen(endpoint: Endpoint, environment: dict[str, str]) -> float:
    """Seconds from the first paint until the screen names the failure."""
    command = [*_AMITUI, "--region", "us-east-1", "--endpoint-url", endpoint.url]
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for(_FIRST_PAINT)
        painted = time.perf_counter()
        terminal.wait_for(endpoint.words)
        return time.perf_counter() - painted


def by_command(endpoint: Endpoint, environment: dict[str, str]) -> float:
    """Seconds from the start of `amitui sync` to its first words on stderr."""
    command = [*_AMITUI, "sync", "us-east-1", "--scope", "amazon", "--endpoint-url", endpoint.url]
    begun = time.perf_counter()
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        took = time.perf_counter() - begun
        process.terminate()
        process.stderr.read()
    if endpoint.words not in said:
        raise RuntimeError(f"unexpected words: {said}")
    return took


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print("| endpoint | attempt fails after | screen: after the first failed attempt | sync: from its start |")
    print("|---|---|---|---|")
    met = True
    for name, kind in DEAD.items():
        screens, commands = [], []
        for _ in range(rounds):
            with kind() as endpoint, tempfile.TemporaryDirectory() as home:
                environment = isolated_environment(Path(home)) | endpoint.variables
                environment |= {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
                screens.append(max(0.0, on_screen(endpoint, environment) - endpoint.limit))
                commands.append(by_command(endpoint, environment))
        met = met and max(screens) <= GOAL_S
        limit = f"{endpoint.limit:g} s" if endpoint.limit else "at once"
        print(
            f"| {name} | {limit} | {median(screens):.2f} s (most {max(screens):.2f}) | {median(commands):.2f} s |"
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
