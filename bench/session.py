"""A program in a terminal, timed from outside: everything is read off what arrives at the terminal.

`echo` is the time from writing a key to the terminal until the cell where it was typed shows it. `settled` is the
time from writing a key until the last byte of the burst that it causes: the burst ends when nothing more comes for
`QUIET_MS`, and the wait for that is not counted. `table_settled` ends with the last row that changed, before what
else is still told (a count on the status line). All are the same for every program, and every read is stamped when
it happens and understood afterwards, so that the emulation of the terminal costs the program nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.terminal import Terminal
from tests.support.terminal_keys import key_sequence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.support.terminal_display import Display

COLUMNS: Final = 120
ROWS: Final = 40

QUIET_MS: Final = 100
"""Longer than any pause within the answer to a key, shorter than the blinking of a cursor."""

IMAGE_ROW: Final = re.compile(r"ami-[0-9a-f]{8,17}\b")

_PROBE: Final = "qzj"
_LONGEST_START: Final = 60.0
_LONGEST_ANSWER: Final = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What one key caused. Times in milliseconds since it was written to the terminal."""

    echo: float | None
    """`None`: not a character, or the cell showed the same before."""
    table_settled: float | None
    """Until the last change of a row that shows an image; `None`: none changed."""
    settled: float
    sent: int
    """Bytes written to the terminal."""
    rows: int
    """Rows of images on the screen afterwards."""
    changed: float
    """How much of those rows was different before, from 0 to 1."""


class Session:
    """One running program.

    Args:
        mark: What the screen shows once the program has something to show.
    """

    def __init__(
        self, command: Sequence[str | Path], environment: Mapping[str, str], mark: re.Pattern[str]
    ) -> None:
        self.terminal = Terminal(command, environment=environment, columns=COLUMNS, rows=ROWS)
        self._typed_at: tuple[int, int] | None = None
        self._typed = 0
        sought = re.compile(mark.pattern.encode())
        try:
            while not sought.search(self.terminal.raw):
                if not self.terminal.pump(_LONGEST_START):
                    self.terminal.wait_for(mark.pattern, timeout=0)
            self.terminal.wait_settled(QUIET_MS)
            shown = next(at for at, display in self.terminal.replay() if mark.search("\n".join(display.lines)))
        except BaseException:
            self.terminal.close()
            raise
        self.started_ms = (shown - self.terminal.started) * 1000
        """From right before the process was made until the mark was on the screen."""

    def close(self) -> None:
        """End the program."""
        self.terminal.close()

    def find_input(self) -> None:
        """Learn where typed text shows, by typing some and taking it back."""
        self.terminal.type(_PROBE)
        self.terminal.wait_for(_PROBE)
        row, line = next((row, line) for row, line in enumerate(self.terminal.display.lines) if _PROBE in line)
        self._typed_at = (row, line.index(_PROBE))
        self._typed = len(_PROBE)
        self.clear()

    def type(self, character: str) -> Answer:
        """Type one character in the input."""
        if self._typed_at is None:
            raise RuntimeError("find_input comes first")
        row, column = self._typed_at
        self._typed += 1
        return self._measure(character, (row, column + self._typed - 1))

    def press(self, key: str) -> Answer:
        """Press a key by name."""
        return self._measure(key_sequence(key), None)

    def clear(self) -> None:
        """Take back all that was typed, unmeasured."""
        self.terminal.press(*["backspace"] * self._typed)
        self._typed = 0
        self.terminal.pump(_LONGEST_ANSWER)
        self.terminal.wait_settled(3 * QUIET_MS)
        _ = self.terminal.display

    def peak_memory_mb(self) -> float:
        """Peak resident memory of the program and its children, in MB (1,000,000 bytes)."""
        return sum(map(_peak_bytes, _family(self.terminal.pid))) / 1e6

    def _measure(self, keys: str, cell: tuple[int, int] | None) -> Answer:
        terminal = self.terminal
        terminal.wait_settled(QUIET_MS)
        rows_before = _image_rows(terminal.display)
        cell_before = _cell(terminal.display, cell)
        terminal.take()
        written = terminal.type(keys)
        if not terminal.pump(_LONGEST_ANSWER):
            raise RuntimeError(f"no answer to {keys!r}")
        settled = terminal.wait_settled(QUIET_MS)
        echoed = table_settled = None
        rows_after = rows_before
        for at, display in terminal.replay():
            if echoed is None and (now := _cell(display, cell)) != cell_before and now[0] == keys:
                echoed = at
            if (rows_now := _image_rows(display)) != rows_after:
                table_settled, rows_after = at, rows_now
        different = sum(rows_before.get(number) != text for number, text in rows_after.items())
        return Answer(
            echo=None if echoed is None else (echoed - written) * 1000,
            table_settled=None if table_settled is None else (table_settled - written) * 1000,
            settled=(settled - written) * 1000,
            sent=len(terminal.take()),
            rows=len(rows_after),
            changed=different / len(rows_after) if rows_after else 0.0,
        )


def _cell(display: Display, at: tuple[int, int] | None) -> tuple[object, ...]:
    return () if at is None else tuple(display.screen.buffer[at[0]][at[1]])


def _image_rows(display: Display) -> dict[int, str]:
    """The rows that show an image, by their number on the screen."""
    return {number: line for number, line in enumerate(display.lines) if IMAGE_ROW.search(line)}


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
