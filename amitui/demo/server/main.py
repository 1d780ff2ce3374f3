"""The simulated EC2 on a socket: `python -m amitui.demo.server.main`, on 127.0.0.1 only.

Being there at once matters, as the demo's first rows wait for it: the socket listens before anything else is
imported, the API model and the first region are made in the background, and moto not before it is needed.
Nothing is written to the terminal but the URL.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Final

from amitui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from amitui.demo.server.dispatch import Dispatcher
    from amitui.demo.server.http import DemoHttpServer

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 64
_LAST_PORT: Final = 65_535
_DAY: Final = 86_400
SIZE_VARIABLE: Final = "AMITUI_DEMO_SIZE"
"""Environment variable; `large` gives the main account 500 images, 40 groups and 2,000 instances."""


def listen(port: int) -> socket.socket:
    """A listening socket on the loopback interface; port 0 takes any free one.

    Raises:
        UsageError: the port is taken or not allowed.
    """
    reason = "a port is a number from 0 to 65535"
    if 0 <= port <= _LAST_PORT:
        try:
            return socket.create_server((HOST, port), backlog=_BACKLOG)
        except OSError as error:
            # create_server puts the address into the text, which the first line has already.
            reason = os.strerror(error.errno or 0)
    raise UsageError(
        f"the demo cannot listen on {HOST}:{port}",
        why=reason,
        remedy="choose another port, or 0 for any free one",
    )


def url_of(listener: socket.socket) -> str:
    """The endpoint URL of a listening socket."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


def today() -> int:
    """Midnight UTC, in epoch seconds: the day whose catalogue a demo shows."""
    import time

    return int(time.time()) // _DAY * _DAY


def build_server(
    listener: socket.socket,
    *,
    as_of: int | None = None,
    warm_region: str = "",
    page_delay: float = 0.0,
    speed: float | None = None,
    now: Callable[[], float] | None = None,
) -> DemoHttpServer:
    """A server on the socket, with what the first answers need being made in the background.

    Args:
        as_of: epoch seconds of the catalogue's day; `None` means today, by the real clock.
        warm_region: the region to make before it is asked for; empty for none.
        page_delay: seconds by which each page of images comes later.
        speed: by what the time is divided that EC2's work takes; `None` means one that is good to watch.
        now: the cloud's clock; `None` lets it begin at `as_of`.
    """
    import time

    from amitui.demo.cloud.clock import DEFAULT_SPEED
    from amitui.demo.cloud.cloud import Cloud
    from amitui.demo.cloud.large import large_cloud
    from amitui.demo.server.dispatch import Dispatcher
    from amitui.demo.server.http import DemoHttpServer

    if as_of is None:
        as_of, now = today(), now or time.time
    speed = DEFAULT_SPEED if speed is None else speed
    large = os.environ.get(SIZE_VARIABLE, "") == "large"
    cloud = (large_cloud if large else Cloud)(as_of, page_delay, now=now, speed=speed)
    dispatcher = Dispatcher(cloud)
    _warm(dispatcher, warm_region, instances=large)
    return DemoHttpServer(listener, dispatcher)


def _warm(dispatcher: Dispatcher, region: str, *, instances: bool) -> None:
    """Make in the background what will be asked for.

    Args:
        instances: those of the main account too, which load moto.
    """
    import threading

    from amitui.demo.seed.accounts import MAIN_ACCOUNT, Caller

    def work() -> None:
        dispatcher.model()
        if region:
            dispatcher.cloud.images(region)
            if instances:
                dispatcher.cloud.instances.load(Caller(MAIN_ACCOUNT, region))

    threading.Thread(target=work, name="demo-warm-up", daemon=True).start()


def _leave(*_: int | FrameType | None) -> None:
    """End the process from a signal, at once: nothing needs to be saved, and taking moto down takes 300 ms."""
    os._exit(0)


def _follow_stdin() -> None:
    """End with the parent: its end of the pipe closes however it dies."""
    import threading

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os._exit(0)

    threading.Thread(target=wait, name="demo-parent", daemon=True).start()


def serve(
    listener: socket.socket, *, warm_region: str = "", page_delay: float = 0.0, speed: float | None = None
) -> None:
    """Serve until the process is ended by SIGTERM or by its parent's end.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    signal.signal(signal.SIGTERM, _leave)
    # moto and werkzeug print what they do not know; a terminal may be showing something else by now.
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        streams = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = nowhere
        server = build_server(listener, warm_region=warm_region, page_delay=page_delay, speed=speed)
        try:
            server.serve_forever(poll_interval=60)
        finally:
            server.server_close()
            sys.stdout, sys.stderr = streams


def main(arguments: Sequence[str] | None = None) -> int:
    """The process that `launcher.py` starts; prints the URL, one line, once the socket listens."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(words)
    try:
        listener = listen(int(options["--port"]))
    except UsageError as error:
        sys.stderr.write("\n".join(error.lines()) + "\n")
        return error.exit_code
    print(url_of(listener), flush=True)  # noqa: T201 - what the launcher waits for
    if options["--pipe"]:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _follow_stdin()
    try:
        serve(
            listener,
            warm_region=options["--warm-region"],
            page_delay=float(options["--page-delay"]),
            speed=float(options["--speed"]) if options["--speed"] else None,
        )
    except KeyboardInterrupt:
        return 130
    return 0


def _options(words: list[str]) -> dict[str, str]:
    """The options by hand: argparse would cost a tenth of the time until the socket listens."""
    options = {"--port": "0", "--warm-region": "", "--page-delay": "0", "--speed": "", "--pipe": ""}
    while words:
        word = words.pop(0)
        if word == "--pipe":
            options[word] = "yes"
        elif word in options and words:
            options[word] = words.pop(0)
        else:
            raise SystemExit(
                "usage: python -m amitui.demo.server.main "
                "[--port N] [--warm-region R] [--page-delay S] [--speed X] [--pipe]"
            )
    return options


if __name__ == "__main__":
    raise SystemExit(main())
