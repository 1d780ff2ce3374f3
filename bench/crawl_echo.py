"""How soon a typed character shows while a Region is being crawled, against the same when nothing is fetched.

Characters are typed into the search bar of a real terminal, one every `PAUSE_S`, and each is awaited in its cell;
what else changes on the screen meanwhile (rows that arrive, a bar of progress) is part of the load.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Final

from bench.figures import Figure
from bench.session import IMAGE_ROW, Session
from tests.support.isolation import isolated_environment
from tests.support.terminal_steps import access_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.catalogue_process import CatalogueProcess

REGION: Final = "us-east-1"
PAUSE_S: Final = 0.05
QUIET_S: Final = 5.0
"""Without a request for so long, a crawl is over."""
FEWEST: Final = 40
"""Characters that a 95th percentile is taken of."""

_WORDS: Final = ["ubuntu", "debian", "windows", "amzn2", "centos", "arm64", "rocky", "suse", "bitnami", "fedora"]
_LONGEST_S: Final = 10.0
_NOT_FETCHED: Final = "F5 fetches it"


def echo_figure() -> Figure:
    """What is measured."""
    return Figure("typed character echoed during a crawl, p95", "ms", "idle", most_times=2)


def measure_echo(folder: Path, fake: CatalogueProcess, figure: Figure) -> None:
    """Type while Community is crawled into an empty cache, and again when that is over."""
    shutil.rmtree(folder / "typing", ignore_errors=True)
    environment = isolated_environment(folder / "typing") | access_keys()
    environment["PYTHONPATH"] = str(Path(__file__).parent.parent)
    command = [sys.executable, "-m", "amitui", "--region", REGION, "--scope", "community"]
    command += ["--endpoint-url", fake.url, "--cache-dir", str(folder / "typing/cache")]
    asked = _Asked(fake)
    session = Session(command, environment, re.compile(re.escape(_NOT_FETCHED)))
    try:
        while not asked.is_quiet(QUIET_S):  # what is fetched at each start
            _wait(session, 1)
        session.terminal.press("f5")
        session.terminal.wait_for(lambda terminal: IMAGE_ROW.search(terminal.screen_text()) is not None)
        session.terminal.type("/")
        cell = _find_input(session)
        asked = _Asked(fake)
        during = _typed(session, cell, lambda _: not asked.is_quiet(QUIET_S))
        idle = _typed(session, cell, lambda count: count < len(during))
    finally:
        session.close()
    if len(during) < FEWEST:
        raise RuntimeError(f"the crawl was over after {len(during)} characters: take more images")
    figure.add(_p95(during), _p95(idle))


class _Asked:
    """Whether the fake is still being asked."""

    def __init__(self, fake: CatalogueProcess) -> None:
        self._fake = fake
        self._last = time.monotonic()
        self._seen = self._last

    def is_quiet(self, seconds: float) -> bool:
        now = time.monotonic()
        if now - self._seen > 1:
            self._seen = now
            if self._fake.asked():
                self._last = now
        return now - self._last > seconds


def _find_input(session: Session) -> tuple[int, int]:
    """The cell of the first character; what is typed to find it is taken back."""
    terminal, probe = session.terminal, "qzj"
    terminal.type(probe)
    terminal.wait_for(probe)
    row, line = next((row, line) for row, line in enumerate(terminal.display.lines) if probe in line)
    column = line.index(probe)
    terminal.press(*["backspace"] * len(probe))
    terminal.wait_for(lambda terminal: probe not in terminal.screen_text())
    return row, column


def _typed(session: Session, cell: tuple[int, int], goes_on: Callable[[int], bool]) -> list[float]:
    """Milliseconds until each character showed."""
    row, column = cell
    samples: list[float] = []
    while goes_on(len(samples)):
        word = _WORDS[len(samples) % len(_WORDS)]
        for at, character in enumerate(word):
            samples.append(_echo(session, character, row, column + at))
            _wait(session, PAUSE_S)
        _clear(session, word, row, column)
        _wait(session, PAUSE_S)
    return samples


def _clear(session: Session, word: str, row: int, column: int) -> None:
    terminal = session.terminal
    terminal.press(*["backspace"] * len(word))
    terminal.wait_for(lambda terminal: terminal.display.lines[row][column] != word[0])


def _echo(session: Session, character: str, row: int, column: int) -> float:
    terminal = session.terminal
    _ = terminal.display
    written = terminal.type(character)
    while time.perf_counter() - written < _LONGEST_S:
        terminal.pump(_LONGEST_S)
        for at, display in terminal.replay():
            if display.lines[row][column] == character:
                return (at - written) * 1000
    raise RuntimeError(f"{character!r} did not show within {_LONGEST_S:g} s:\n{terminal.screen_text()}")


def _wait(session: Session, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        session.terminal.pump(left)


def _p95(samples: list[float]) -> float:
    return quantiles(samples, n=20)[-1]
