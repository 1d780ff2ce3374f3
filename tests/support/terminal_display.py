"""What a terminal shows: pyte's screens behind a filter, since pyte chokes on what modern programs send."""

from __future__ import annotations

import base64
import codecs
from typing import TYPE_CHECKING, Final

import pyte
from wcwidth import wcswidth

from tests.support.terminal_controls import SEQUENCE, UNFINISHED

if TYPE_CHECKING:
    import re

_KNOWN_FINALS: Final = frozenset("@ABCDEFGHJKLMPXade`fghlmr")
"""Final bytes of the CSI sequences that pyte can act on."""

_ALTERNATE_SCREEN: Final = {"?1049h": True, "?1049l": False}


class Display:
    """The main and the alternate screen of a terminal, fed with its output."""

    def __init__(self, columns: int, rows: int) -> None:
        self._columns = columns
        self._rows = rows
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held_back = ""
        self._main = self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self.clipboard: list[str] = []
        """Texts that were sent to the clipboard (OSC 52), oldest first."""

    @property
    def on_alternate_screen(self) -> bool:
        """Whether a full-screen program is drawing."""
        return self.screen is not self._main

    @property
    def lines(self) -> list[str]:
        """The rows as text, padded to the full width."""
        buffer, columns = self.screen.buffer, range(self.screen.columns)
        rows = []
        for y in range(self.screen.lines):
            cells = [buffer[y][x].data for x in columns]
            # Behind a wide character stands an empty cell; a terminal shows a blank there once the former is gone.
            befores = [" ", *cells]
            rows.append(
                "".join(cell or ("" if wcswidth(befores[x]) == 2 else " ") for x, cell in enumerate(cells))
            )
        return rows

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor, from 0."""
        return self.screen.cursor.x, self.screen.cursor.y

    def resize(self, columns: int, rows: int) -> None:
        """Take a new size; what fits stays."""
        self._columns, self._rows = columns, rows
        self._main.resize(rows, columns)
        if self.on_alternate_screen:
            self.screen.resize(rows, columns)

    def feed(self, data: bytes) -> None:
        """Act on output; a sequence cut off at the end is kept for the next call."""
        text = self._held_back + self._decoder.decode(data)
        self._held_back = ""
        position = 0
        while (start := text.find("\x1b", position)) >= 0:
            self._stream.feed(text[position:start])
            sequence = SEQUENCE.match(text, start)
            if sequence is not None:
                self._obey(sequence)
                position = sequence.end()
            elif UNFINISHED.match(text, start):
                self._held_back = text[start:]
                return
            else:
                position = start + 1
        self._stream.feed(text[position:])

    def _obey(self, sequence: re.Match[str]) -> None:
        if (osc := sequence["osc"]) is not None:
            self._remember_clipboard(osc)
        elif (dcs := sequence["dcs"]) is not None:
            # tmux hands on what stands behind its name, with every ESC doubled.
            self._remember_clipboard(dcs.removeprefix("tmux;\x1b\x1b]").removesuffix("\x07"))
        elif (csi := sequence["csi"]) is not None:
            if csi in _ALTERNATE_SCREEN:
                self._switch(alternate=_ALTERNATE_SCREEN[csi])
            elif csi[-1] in _KNOWN_FINALS and not any(mark in csi for mark in "<=>:$ "):
                self._stream.feed(sequence[0])

    def _remember_clipboard(self, command: str) -> None:
        code, _, rest = command.partition(";")
        if code == "52":
            self.clipboard.append(base64.b64decode(rest.partition(";")[2]).decode())

    def _switch(self, *, alternate: bool) -> None:
        self.screen = pyte.Screen(self._columns, self._rows) if alternate else self._main
        self._stream = pyte.Stream(self.screen)
