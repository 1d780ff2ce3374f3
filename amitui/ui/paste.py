"""Pasted text out of what a terminal sends: all of it is text, whatever it holds.

Textual's parser looks for escape sequences inside a paste too: an ESC in it that begins none, or the pause of a
slow link after one, turns what follows into keys, and a paste whose end is torn in two never ends. Here what
stands between the marks of a bracketed paste goes past that parser.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers import linux_driver

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from textual.message import Message

START: Final = BRACKETED_PASTE_START
END: Final = BRACKETED_PASTE_END

UNFINISHED_S: Final = 10.0
"""Silence after which a paste counts as ended though its end mark has not come: keys must not be dead for ever."""

SURELY_A_MARK: Final = 3
"""Characters of the start mark (`ESC [ 2`) from which on no pause makes keys of them: nobody types that."""


def beginning_of(mark: str, text: str) -> str:
    """The longest end of a text that the mark may begin with."""
    return next((text[-size:] for size in range(len(mark) - 1, 0, -1) if text.endswith(mark[:size])), "")


class PasteParser(XTermParser):
    """Textual's parser, which pasted text bypasses."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasted: list[str] | None = None
        """The part of a paste that has been received; `None` outside of one."""
        self._tail = ""
        """The end of what came last, where a mark may have begun."""
        self._known = True
        """Whether Textual's parser still waits for the rest of the tail, and has made no keys of it."""
        self._came = 0.0

    def feed(self, data: str) -> Iterator[Message]:
        self._came = monotonic()
        if not data:
            yield from self._end_unfinished()
            yield from super().feed(data)
        while data:
            pasted = self._pasted
            data = yield from self._take_keys(data) if pasted is None else self._take_text(pasted, data)

    def tick(self) -> Iterator[Message]:
        if self._pasted is not None:
            if monotonic() - self._came >= UNFINISHED_S:
                yield from self._end_unfinished()
        elif len(self._tail) < SURELY_A_MARK or monotonic() - self._came >= UNFINISHED_S:
            for event in super().tick():
                self._known = False
                yield event

    def _take_keys(self, data: str) -> Generator[Message, None, str]:
        """Hand on what is not pasted; the rest, from behind a start mark, is left."""
        both = self._tail + data
        begins = both.find(START)
        if begins < 0:
            self._tail = beginning_of(START, both)
            # A beginning of which keys were made does not become one again by what follows it.
            self._known = self._known or len(self._tail) <= len(data)
            yield from super().feed(data)
            return ""
        yield from _without_pastes(super().feed(self._before_text(data, begins - len(self._tail))))
        rest = both[begins + len(START) :]
        self._tail, self._known, self._pasted = "", True, []
        return rest

    def _before_text(self, data: str, begins: int) -> str:
        """What Textual's parser is given of data in which a start mark begins, possibly in what came before.

        Both marks with nothing between: whatever it had begun to read is complete then.
        """
        if begins < 0 and not self._known:
            return START + END
        return data[: begins + len(START)] + END

    def _take_text(self, pasted: list[str], data: str) -> Generator[Message, None, str]:
        """Keep pasted text up to its end mark; the rest is left."""
        both = self._tail + data
        ends = both.find(END)
        if ends < 0:
            self._tail = beginning_of(END, both)
            pasted.append(both[: len(both) - len(self._tail)])
            return ""
        pasted.append(both[:ends])
        yield events.Paste("".join(pasted).replace("\x00", ""))
        self._pasted, self._tail = None, ""
        return both[ends + len(END) :]

    def _end_unfinished(self) -> Iterator[Message]:
        if self._pasted is not None:
            yield events.Paste("".join([*self._pasted, self._tail]).replace("\x00", ""))
            self._pasted, self._tail = None, ""


def _without_pastes(found: Iterable[Message]) -> Iterator[Message]:
    return (message for message in found if not isinstance(message, events.Paste))


def use_paste_parser() -> None:
    """Have Textual's driver read with this parser: it names its class itself and offers no other way."""
    linux_driver.XTermParser = PasteParser  # type: ignore[attr-defined]
