"""What browsing 250,000 images costs, measured against a bare Textual app through a pseudo-terminal.

`python -m bench.browse` builds a catalogue once, then measures both sides in turns in one run and prints a table.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.bare_app import READY
from bench.cache_folder import add_cache_dir
from bench.catalogue import REGION, build_catalogue
from bench.figures import Figure, markdown_table
from bench.session import COLUMNS, IMAGE_ROW, ROWS, Session
from tests.support.isolation import isolated_environment

if TYPE_CHECKING:
    from bench.session import Answer

WORDS: Final = ("ubuntu", "debian", "windows", "amzn2", "centos", "arm64", "rocky", "suse", "bitnami", "fedora")
"""Typed one after the other, each from an empty search bar."""

EVERY_ROW: Final = 0.9
"""A keystroke counts as changing every row when so much of the table differs (one row may stay)."""

_BARE: Final = [sys.executable, str(Path(__file__).with_name("bare_app.py"))]
_BARE_MARK: Final = re.compile(READY)


@dataclass(slots=True)
class Figures:
    """Everything that one run measures, in the order of the table."""

    start: Figure = field(
        default_factory=lambda: Figure(
            "process start to first rows", "ms", "bare app's first paint", most_times=1.3
        )
    )
    echo: Figure = field(
        default_factory=lambda: Figure("typed character echoed in the search bar", "ms", "bare app", most_times=2)
    )
    table_settled: Figure = field(
        default_factory=lambda: Figure(
            "keystroke to the table repainted, settled", "ms", "bare app replacing a Static", most_times=1.3
        )
    )
    settled: Figure = field(
        default_factory=lambda: Figure(
            "the same, to the count of matches on the status line", "ms", "bare app replacing a Static"
        )
    )
    any_settled: Figure = field(
        default_factory=lambda: Figure("any keystroke of a search, settled", "ms", "bare app replacing a Static")
    )
    page_settled: Figure = field(default_factory=lambda: Figure("page down, settled", "ms"))
    far_settled: Figure = field(default_factory=lambda: Figure("jump to the last row and back, settled", "ms"))
    every_row: Figure = field(
        default_factory=lambda: Figure(
            "terminal output, keystroke that changes every row", "kB", "bare app replacing a Static", most=9
        )
    )
    cursor: Figure = field(
        default_factory=lambda: Figure("terminal output, cursor move", "kB", most=1, digits=2),
    )
    page: Figure = field(default_factory=lambda: Figure("terminal output, page down", "kB", most=12))
    memory: Figure = field(default_factory=lambda: Figure("peak RSS", "MB", "bare app", most_more=60))
    find: Figure = field(
        default_factory=lambda: Figure(
            "`amitui find ubuntu 24.04 arm64 --offline`", "ms", "`python -c pass`", most_times=5
        )
    )

    def all(self) -> list[Figure]:
        """In the order of the table."""
        return [getattr(self, name) for name in self.__slots__]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the sides run and what they are called with."""

    environment: dict[str, str]
    amitui: list[str]
    """The TUI on the catalogue, without its query."""
    find: list[str]
    runs: int

    def open_amitui(self) -> Session:
        """The TUI with its rows on the screen."""
        return Session(self.amitui, self.environment, IMAGE_ROW)

    def open_bare(self, *options: str) -> Session:
        """The bare app after its first paint."""
        return Session([*_BARE, *options], self.environment, _BARE_MARK)

    def measure_starts(self, figures: Figures) -> None:
        """Start both, one after the other."""
        for run in range(self.runs + 1):
            times = []
            for open_one in (self.open_amitui, self.open_bare):
                session = open_one()
                times.append(session.started_ms)
                session.close()
            # The first pair fills caches: compiled modules, the disk.
            if run:
                figures.start.add(*times)

    def measure_keys(self, figures: Figures) -> None:
        """Type the same words into all three programs, a character at a time in turns; then move in the table."""
        with ExitStack() as stack:
            sessions = [self.open_amitui(), self.open_bare(), self.open_bare("--replace")]
            for session in sessions:
                stack.callback(session.close)
            amitui, bare, _ = sessions
            amitui.press("/")
            for session in sessions:
                session.find_input()
            for run in range(self.runs + 1):
                for character in WORDS[run % len(WORDS)]:
                    answers = [session.type(character) for session in sessions]
                    if run:
                        _note_keystroke(figures, *answers)
                for session in sessions:
                    session.clear()
            amitui.press("enter")
            for _ in range(self.runs):
                _note_moves(figures, amitui)
            figures.memory.add(amitui.peak_memory_mb(), bare.peak_memory_mb())

    def measure_find(self, figures: Figures) -> None:
        """Run the command and the empty interpreter in turns."""
        if not subprocess.run(self.find, env=self.environment, check=True, capture_output=True).stdout:
            raise RuntimeError("find printed nothing")
        for _ in range(self.runs):
            figures.find.add(self._run_ms(self.find), self._run_ms([sys.executable, "-c", "pass"]))

    def _run_ms(self, command: list[str]) -> float:
        before = time.perf_counter()
        subprocess.run(command, env=self.environment, check=True, capture_output=True)
        return (time.perf_counter() - before) * 1000


def _note_keystroke(figures: Figures, amitui: Answer, bare: Answer, replacing: Answer) -> None:
    if amitui.echo is not None and bare.echo is not None:
        figures.echo.add(amitui.echo, bare.echo)
    figures.any_settled.add(amitui.settled, replacing.settled)
    if amitui.changed >= EVERY_ROW and amitui.rows >= ROWS // 2:
        figures.settled.add(amitui.settled, replacing.settled)
        if amitui.table_settled is not None and replacing.table_settled is not None:
            figures.table_settled.add(amitui.table_settled, replacing.table_settled)
        figures.every_row.add(amitui.sent / 1000, replacing.sent / 1000)


def _note_moves(figures: Figures, amitui: Session) -> None:
    for key in ("down", "up"):
        figures.cursor.add(amitui.press(key).sent / 1000)
    page = amitui.press("pagedown")
    # The first page down may only move the cursor within the page that shows.
    if page.changed >= EVERY_ROW:
        figures.page.add(page.sent / 1000)
        figures.page_settled.add(page.settled)
    for key in ("end", "home"):
        figures.far_settled.add(amitui.press(key).settled)
    amitui.press("pagedown")


def _installed(name: str) -> str:
    """The command as installed beside the running interpreter."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise SystemExit(f"{path} is missing: install amitui in this environment first")
    return str(path)


def machine() -> str:
    models = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return (
        f"{os.cpu_count()} × {models[0] if models else platform.machine()}, "
        f"Python {platform.python_version()}, Textual {version('textual')}, {COLUMNS}x{ROWS}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=250_000, help="images in the catalogue (%(default)s)")
    parser.add_argument("--runs", type=int, default=15, help="turns per figure (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="3 turns")
    add_cache_dir(parser)
    options = parser.parse_args()
    runs = 3 if options.quick else options.runs
    print(f"building or reusing a catalogue of {options.images:,} images in {options.cache_dir}", file=sys.stderr)
    where = [
        "--offline",
        "--region",
        REGION,
        "--cache-dir",
        str(build_catalogue(options.cache_dir, options.images)),
    ]
    amitui = _installed("amitui")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(
            environment=isolated_environment(Path(folder)),
            amitui=[amitui, *where, "--scope", "all"],
            find=[amitui, "find", "ubuntu", "24.04", "arm64", *where],
            runs=runs,
        )
        figures = Figures()
        for part in (bench.measure_starts, bench.measure_keys, bench.measure_find):
            print(f"{part.__name__.replace('_', ' ')}, {runs} turns", file=sys.stderr)
            part(figures)
    print(f"{options.images:,} images; {machine()}\n")
    print(markdown_table(figures.all()))


if __name__ == "__main__":
    main()
