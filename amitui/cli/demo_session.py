"""What a command that may talk to AWS begins with: in the demo, a little world of its own that goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from amitui.cli.guard import print_error
from amitui.paths import Locations

if TYPE_CHECKING:
    from amitui.settings import Settings


def print_problem(settings: Settings) -> None:
    """Print on stderr why no call to AWS could be made with these settings, for commands that only read the
    cache."""
    if settings.problem is not None:
        print_error(settings.problem)


@contextmanager
def session_settings(settings: Settings, *, renew: bool = False) -> Iterator[Settings]:
    """The settings to run with: for `--demo`, with an embedded EC2 started and folders that go afterwards; with
    the organization's accounts where they are asked for.

    Args:
        renew: list the accounts again if the list is older than a day.

    Raises:
        CredentialsError: it is not known which endpoint is meant, and so whose catalogue.
    """
    if settings.problem is not None:
        raise settings.problem
    if not settings.demo:
        yield _organized(settings, renew=renew)
        return
    from amitui.demo.folders import demo_folder
    from amitui.demo.launcher import DemoProcess

    with _signals_unwind(), DemoProcess() as demo, demo_folder() as folder:
        url = demo.url
        where = Locations(
            cache=f"{folder}/cache",
            state=f"{folder}/state",
            config_file=settings.locations.config_file,
            endpoint_url=url,
        )
        yield _organized(settings._replace(endpoint_url=url, locations=where), renew=renew)


def _organized(settings: Settings, *, renew: bool) -> Settings:
    if not settings.organization:
        return settings
    from amitui.cli.organization import organized

    return organized(settings, renew=renew)


@contextmanager
def _signals_unwind() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the command as an exception does, so that what it made goes with it."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ending = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _frame: object) -> None:
        for one in ending:
            signal.signal(one, signal.SIG_IGN)  # once is enough: the way out is not to be cut off
        raise SystemExit(128 + number)

    for number in ending:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ending:
            if signal.getsignal(number) is end:  # else one has come, and the process is about to end
                signal.signal(number, signal.SIG_DFL)
