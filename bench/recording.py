"""Writes `screenshots/demo.svg`: a session with the demo in a real terminal, as an animation.

`python -m bench.recording` types at the pace of a person into a shell, and draws what came when it came. Waits
are shortened: the simulated EC2 takes seconds for what takes minutes in a Region.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.animation import Frame, animated
from bench.screenshots import SCREENSHOTS
from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal
from tests.support.terminal_display import Display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyte.screens import Char

    from tests.support.terminal import Chunk

    Rows = tuple[tuple[Char, ...], ...]

COLUMNS: Final = 100
ROWS: Final = 28
MOST_BYTES: Final = 1_000_000

POSTER: Final = "Ubuntu EKS"
"""Stands in the frame that is shown where nothing moves."""

_KEY_S: Final = 0.11
"""Between two letters that are typed."""
_LONGEST_S: Final = 2.2
_LONGEST_AWAITED_S: Final = 0.3
"""Of what changes while the next step waits for it: progress is watched, but nobody reads each of its lines."""
_MERGED_S: Final = 0.06
"""What comes within so short a time is one frame: a terminal shows no half of a repaint either."""
_KEYS_SHOWN_S: Final = 1.2

STEPS: Final = (
    *("type:amitui --demo", "key:enter", "see:acme", "rest:1.5"),
    *("key:4", "see:Ubuntu", "rest:1.2", "key:/", "type:ubuntu 24.04", "see:Ubuntu 24.04", "rest:1.5"),
    *("key:enter", "key:enter", "see:Identity", "rest:2.2", "key:escape", "gone:Identity"),
    *("key:1", "see:acme", "key:/", "type:acme-web", "key:enter", "rest:1", "key:c", "see:Copy to", "rest:0.8"),
    *("key:enter", "see:eu-central-1", "type:frank", "rest:0.6", "key:insert", "key:enter", "rest:0.8"),
    *("key:ctrl+s", "see:EC2 allows it", "rest:2.2", "key:ctrl+s", "see:in progress", "rest:0.8"),
    *("key:o", "see:Steps", "rest:2.5", "see:done", "rest:2.2"),
)
"""`key:NAME` presses, `type:TEXT` types, `see:TEXT` and `gone:TEXT` wait for the screen, `rest:S` reads on."""

_SHOWN: Final = {"enter": "⏎", "escape": "Esc", "space": "Space", "insert": "Ins", "ctrl+s": "Ctrl+S"}


class Recording:
    """A terminal that is typed into, with every key and when it was pressed."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.keys: list[tuple[float, str]] = []
        """Each key that was pressed, after the moment at which it was."""
        self.waits: list[tuple[float, float]] = []
        """From when to when a step waited for the screen."""

    def play(self, step: str) -> None:
        """Carry out one of `STEPS`."""
        verb, _, what = step.partition(":")
        if verb == "type":
            for letter in what:
                self._press(letter, letter)
                self._read(_KEY_S)
        elif verb == "key":
            self._press(what, _SHOWN.get(what, what))
            self._read(4 * _KEY_S)
        elif verb in ("see", "gone"):
            began = time.perf_counter()
            self.terminal.wait_for(lambda terminal: (what in terminal.screen_text()) == (verb == "see"))
            self.waits.append((began, time.perf_counter()))
        else:
            self._read(float(what))

    def _press(self, key: str, shown: str) -> None:
        self.keys.append((time.perf_counter(), shown))
        if len(key) == 1:
            self.terminal.type(key)
        else:
            self.terminal.press(key)

    def _read(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.terminal.pump(left)

    def longest(self, at: float) -> float:
        """How many seconds what came at a moment is shown at most."""
        awaited = any(began <= at < ended for began, ended in self.waits)
        return _LONGEST_AWAITED_S if awaited else _LONGEST_S

    def shown_keys(self, at: float) -> str:
        """The keys pressed in the last moment, as they are shown."""
        recent: list[str] = []
        after = at
        for moment, key in reversed([one for one in self.keys if one[0] <= at]):
            if after - moment > _KEYS_SHOWN_S:
                break
            recent.append(key)
            after = moment
        return "".join(f" {key} " if len(key) > 1 else key for key in reversed(recent)).strip()


def frames_of(chunks: Sequence[Chunk], recording: Recording, end: float) -> list[Frame]:
    """What a terminal showed while these chunks came, with waits shortened."""
    display = Display(COLUMNS, ROWS)
    shots: list[tuple[float, Rows]] = []
    for chunk in chunks:
        display.feed(chunk.data)
        buffer = display.screen.buffer
        rows = tuple(tuple(buffer[row][column] for column in range(COLUMNS)) for row in range(ROWS))
        if shots and chunk.at - shots[-1][0] < _MERGED_S:
            shots[-1] = (shots[-1][0], rows)
        elif not shots or rows != shots[-1][1]:
            shots.append((chunk.at, rows))
    moments = [*(at for at, _ in shots), end]
    return [
        Frame(rows, recording.shown_keys(at), min(after - at, recording.longest(at)))
        for (at, rows), after in zip(shots, moments[1:], strict=True)
    ]


def record(folder: Path) -> list[Frame]:
    """Play the steps in an environment below `folder`."""
    environment = isolated_environment(folder)
    environment["PS1"] = "$ "
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    shell = ["bash", "--norc", "--noprofile"]
    with Terminal(shell, environment=environment, columns=COLUMNS, rows=ROWS) as terminal:
        terminal.wait_for("$")
        recording = Recording(terminal)
        for step in STEPS:
            recording.play(step)
        return frames_of(terminal.chunks, recording, time.perf_counter())


def main() -> None:
    """Record, and write the animation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=SCREENSHOTS, help="folder of the animation (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        frames = record(Path(folder))
    poster = next(number for number, frame in enumerate(frames) if POSTER in text_of(frame))
    drawn = animated(frames, "amitui --demo", poster=poster)
    if len(drawn.encode()) > MOST_BYTES:
        sys.exit(f"the animation has {len(drawn.encode()):,} bytes, more than {MOST_BYTES:,}")
    path = options.into / "demo.svg"
    path.write_text(drawn)
    seconds = sum(frame.seconds for frame in frames)
    print(f"{path}: {len(frames)} frames, {seconds:.0f} s, {path.stat().st_size:,} bytes")


def text_of(frame: Frame) -> str:
    """The text of a frame."""
    return "\n".join("".join(cell.data for cell in row) for row in frame.rows)


if __name__ == "__main__":
    main()
