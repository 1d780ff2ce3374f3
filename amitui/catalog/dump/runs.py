"""Runs: stretches of a text that hold one record after the other, cut without being read, and read elsewhere.

Where one program wrote the records they begin alike, so a text is cut where the last of them begins. Whether a run
is what it looks like shows when it is read: what cannot be read as a whole is gone through value by value.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from amitui.catalog.dump.limits import Limits
from amitui.catalog.dump.records import account_of, as_ec2, other_thing
from amitui.catalog.dump.window import TextWindow

RUN_CHARS: Final = 1 << 17
"""Longest run: about 130 records, which take some 5 ms."""

_FIRST_CHARS: Final = 1 << 16
"""Of the first run, and of the first behind one that was none."""

_AHEAD: Final = 4
"""Runs that are cut before the first of them has been read, once one has been read."""

_HEAD: Final = re.compile(r'\{[ \t\r\n]*+"[^"\\\n]{1,40}"[ \t\r\n]*+:')
"""How an object begins: as the next one does, where one program wrote both."""
_EXACT_DIGITS: Final = "0" * 19
"""So many digits may be a number that the fast parser takes for a float."""
_ONLY_DIGITS: Final = {code: "0" if chr(code).isdigit() else " " for code in range(128)}
_LINES, _LISTED = "}\n{", "},{"
"""How objects follow each other, an object a line, and in a list."""
_BETWEEN: Final = " \t\r\n,\x1e\ufeff"
_VAIN: Final = 8
"""Runs that were none, one after the other, after which none is looked for any more."""
_SMALL: Final = 1 << 15
"""Characters up to which a record's values are not counted."""


class RunRecord(NamedTuple):
    """A record of a run."""

    record: Any
    """With EC2's field names, or what the reader of the run made of that."""
    account: str | None
    """Whose credentials saw it, where that is said."""
    length: int
    """Characters to the next record's beginning."""


RunRecords: TypeAlias = "Sequence[RunRecord] | None"
"""`None`: it is no run."""

ReadRun: TypeAlias = "Callable[[str, str], Future[RunRecords]]"
"""Given how its records begin, and its text."""


def run_records(head: str, text: str, limits: Limits) -> list[RunRecord] | None:
    """The records of a run; `None` when not all of it are images, or one asks for a closer look."""
    if _EXACT_DIGITS in text.translate(_ONLY_DIGITS):
        return None
    texts = text.split(head)[1:]
    try:
        # No text has a line break in it, so these are between two objects.
        values = orjson.loads(f"[{text.rstrip(_BETWEEN).replace(_LINES, _LISTED)}]")
    except ValueError:
        return None
    if len(values) != len(texts) or not all(
        isinstance(value, dict)
        and isinstance(value.get("ImageId"), str)
        and other_thing(value) is None
        and len(text) <= _SMALL
        and text.count("{") + text.count("[") < limits.record_depth
        for value, text in zip(values, texts, strict=True)
    ):
        return None
    shared = len(head)
    return [
        RunRecord(as_ec2(value), account_of(value), shared + len(text))
        for value, text in zip(values, texts, strict=True)
    ]


def done(records: RunRecords) -> Future[RunRecords]:
    """The records of a run that has been read."""
    future: Future[RunRecords] = Future()
    future.set_result(records)
    return future


class _Cut(NamedTuple):
    """A run that is being read."""

    start: int
    end: int
    """Both in characters from the beginning of the text."""
    reading: Future[RunRecords]


class Runs:
    """The runs ahead of a window.

    The window's text stays until they have been read, so that none is lost which turns out to be none.
    """

    def __init__(self, window: TextWindow, read: ReadRun) -> None:
        self._window = window
        self._read = read
        self._cut: deque[_Cut] = deque()
        self._not_before = 0
        """Where the last run ends that was none."""
        self._vain = 0
        self._proved = False
        """Whether the last run was one."""

    def take(self) -> tuple[Sequence[RunRecord], int] | None:
        """The records of the run that begins at the window's place, and where it ends in the window's text.

        `None`: there is none; go one by one.
        """
        window = self._window
        if self._vain >= _VAIN or window.passed + window.at < self._not_before:
            return None
        if self._cut and self._cut[0].start != window.passed + window.at:
            self._forget()
        while len(self._cut) < (_AHEAD if self._proved else 1) and self._cut_next():
            pass
        if not self._cut:
            return None
        run = self._cut.popleft()
        records = run.reading.result()
        self._proved = records is not None
        if records is None:
            self._forget()
            self._not_before = run.end
            self._vain += 1
            return None
        self._vain = 0
        return records, run.end - window.passed

    def _forget(self) -> None:
        for run in self._cut:
            run.reading.cancel()
        self._cut.clear()

    def _cut_next(self) -> bool:
        """Cut the run behind those that have been; whether there is one."""
        window = self._window
        longest = RUN_CHARS if self._proved else _FIRST_CHARS
        ahead = self._cut[-1].end - window.passed - window.at if self._cut else 0
        window.have(ahead + longest, ahead=ahead > 0)
        start = window.at + ahead
        head = _HEAD.match(window.text, start)
        last = window.text.rfind(head[0], head.end(), start + longest) if head is not None else -1
        if head is None or last < 0:
            return False
        text = window.text[start:last]
        self._cut.append(_Cut(window.passed + start, window.passed + last, self._read(head[0], text)))
        return True
