"""Finds the images in a text of JSON values, whatever is around them, and goes on after what cannot be read.

One value after another is read (documents, JSON Lines, joined files). An object with an image's id is a record;
any other object or list is walked into without being held, so a document may have any length. Of damaged text only
the smallest object around the damage is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from amitui.catalog.dump.limits import LIMITS, Limits
from amitui.catalog.dump.records import (
    ID_KEYS,
    account_of,
    as_ec2,
    depth_exceeds,
    is_image,
    lacks_id,
    looks_like_region,
    other_thing,
    region_around,
)
from amitui.catalog.dump.runs import ReadRun, RunRecord, RunRecords, Runs, done, run_records
from amitui.catalog.dump.skipping import (
    json_kind,
    skip_ansible_heading,
    skip_line,
    skip_rest,
    skip_scalar,
    skip_to_json,
    what_it_looks_like,
)
from amitui.catalog.dump.window import Decoded, TextWindow, Undecoded
from amitui.domain.image.image import RawRecord
from amitui.errors import UsageError

_LISTED_UNDER: Final = frozenset({"Images", "images", "rows", "Items", "items"})
"""Keys whose lists are meant as images, so that what is none there is worth a word."""

_ABOUT_THE_CALL: Final = frozenset({"invocation", "ResponseMetadata"})
"""Keys under which no answer stands; Ansible's arguments may name an image."""

_FIRST_KEY: Final = re.compile(r'\{[ \t\r\n]*+"([A-Za-z0-9_-]{1,40})"[ \t\r\n]*+:[ \t\r\n]*+[\[{]')
_FIRST_KEY_WITHIN: Final = 256
_LOOK_AHEAD: Final = 1 << 16


_SMALL: Final = 1 << 15
"""Characters up to which a record's values are not counted."""
_VALUE_BYTES: Final = 64


class Found(NamedTuple):
    """An image's record."""

    record: Any
    """With EC2's field names, or what the reader of runs made of it."""
    region: str | None
    """What is said around the record; its own `Region` field wins."""
    account: str | None
    """Whose credentials saw it, where that is said."""
    weight: int
    """About how many bytes it takes in memory, for the few of which that matters."""


class Unreadable(NamedTuple):
    """Something that should be an image and is not, or cannot be read."""

    line: int
    column: int
    why: str
    cut_off: bool = False
    """The text ends before it should: nobody knows what is missing."""


Item: TypeAlias = Found | Unreadable


@dataclass(slots=True)
class _Frame:
    """A list or an object that is being walked through."""

    closing: str
    region: str | None
    listed: bool
    """Whether the entries of a list are meant as images."""
    indent: str | None
    place: tuple[int, int]
    suspect: Undecoded | None
    """Why it could not be read in one piece; it may still be only what is around images."""
    reported: bool = False
    """Whether what is wrong in it has been said."""


class DumpReader:
    """The images of one text. `items` may be run through once."""

    def __init__(self, pieces: Iterator[str], limits: Limits = LIMITS, *, read_run: ReadRun | None = None) -> None:
        """Prepare to read.

        Args:
            pieces: of the text.
            limits: bounds of what is read.
            read_run: reads what looks like records that follow each other, and may make something of them.
        """
        self._limits = limits
        self._window = TextWindow(pieces, limits)
        self._runs = Runs(self._window, read_run or self._read_run)
        self._frames: list[_Frame] = []
        self._found = 0
        self._values = 0
        """JSON values since the last image."""
        self._bad = 0
        """What could not be read since the last image."""
        self._end_reported = False

    def _read_run(self, head: str, text: str) -> Future[RunRecords]:
        return done(run_records(head, text, self._limits))

    @property
    def place(self) -> tuple[int, int]:
        """Line and column, from 1, of the record that was given last."""
        return self._window.place()

    def items(self) -> Iterator[Item]:
        """Each record and each thing that is none, in the order of the text.

        Raises:
            UsageError: reading on is of no use; the message says why.
        """
        window = self._window
        while char := window.skip_space():
            self._values += 1
            if self._values > self._limits.barren_values:
                raise self._barren(f"{self._limits.barren_values:,} values")
            frame = self._frames[-1] if self._frames else None
            if char == ",":
                window.at += 1
            elif char in "]}":
                yield from self._close(char)
            elif char == "#" or (char == "/" and frame is None):
                skip_line(window)
            elif frame is not None and frame.closing == "}":
                yield from self._member(frame)
            else:
                yield from self._value(char, frame.region if frame else None, frame is None or frame.listed)
        if self._frames and not self._end_reported:
            yield self._unreadable("the file ends in the middle of it", cut_off=True)

    def _value(self, char: str, region: str | None, listed: bool) -> Iterator[Item]:
        if char == "{":
            yield from self._object(region, listed)
        elif char == "[":
            yield from self._enter("]", region, listed)
        else:
            yield from self._scalar(char, listed)

    def _object(self, region: str | None, listed: bool) -> Iterator[Item]:
        window = self._window
        window.have(_FIRST_KEY_WITHIN)
        first = _FIRST_KEY.match(window.text, window.at)
        if first and looks_like_region(first[1]):
            yield from self._enter("}", region, listed)
            return
        if first and first[1] == "Images":
            # An answer; the region may stand after its images, so it is searched for as far as that costs little.
            outcome = window.decode(_LOOK_AHEAD)
            around = outcome.value if isinstance(outcome, Decoded) and isinstance(outcome.value, dict) else {}
            yield from self._enter("}", region_around(around) or region, listed)
            return
        if listed and (run := self._runs.take()) is not None and self._may_find(len(run[0])):
            yield from self._records(*run, region)
            return
        outcome = window.decode()
        if isinstance(outcome, Undecoded):
            yield from self._enter("}", region, listed, outcome)
            return
        value = outcome.value
        assert isinstance(value, dict)  # noqa: S101 - it began with a brace
        if is_image(value, listed):
            item = self._record(value, region, outcome.end)
            yield item
            window.at = outcome.end
            if isinstance(item, Found):
                window.mark_fruitful()
                self._values = self._bad = 0
        elif listed and lacks_id(value):
            yield self._unreadable("it has no ImageId", shown=True)
            window.at = outcome.end
        else:
            # Walked through again, so that the text decides and not what one object can hold (equal keys).
            yield from self._enter("}", region_around(value) or region, listed)

    def _may_find(self, count: int) -> bool:
        return self._found + count <= self._limits.records

    def _records(self, records: Sequence[RunRecord], end: int, region: str | None) -> Iterator[Item]:
        window = self._window
        self._found += len(records)
        for record, account, length in records:
            yield Found(record, region, account, length)
            window.at += length
        window.at = end
        window.mark_fruitful()
        self._values = self._bad = 0

    def _record(self, value: RawRecord, region: str | None, end: int) -> Item:
        if (kind := other_thing(value)) is not None:
            return self._unreadable(f"it is {kind}, not an image")
        text, start = self._window.text, self._window.at
        openings = text.count("{", start, end) + text.count("[", start, end)
        if openings > self._limits.record_parts:
            return self._unreadable(f"it has more than {self._limits.record_parts:,} lists and objects in it")
        if openings > self._limits.record_depth and depth_exceeds(value, self._limits.record_depth):
            return self._unreadable(f"it is nested more than {self._limits.record_depth} deep")
        self._found += 1
        if self._found > self._limits.records:
            raise UsageError(f"more than {self._limits.records:,} images", why="the rest was skipped")
        weight = end - start
        if weight > _SMALL:
            weight += _VALUE_BYTES * text.count(",", start, end)
        return Found(as_ec2(value), region, account_of(value), weight)

    def _scalar(self, char: str, listed: bool) -> Iterator[Item]:
        window = self._window
        frame = self._frames[-1] if self._frames else None
        outcome = window.decode()
        if isinstance(outcome, Decoded):
            if listed and not (frame and frame.reported):
                kind = json_kind(outcome.value)
                yield self._unreadable(f"an image is a JSON object, this is {kind}", shown=True)
                if frame is not None:
                    frame.reported = True  # of a list that is none of images this is said once
            window.at = outcome.end
        elif frame is None:
            if not skip_ansible_heading(window):
                yield self._unreadable(outcome.why if char == '"' else what_it_looks_like(window), shown=True)
                skip_to_json(window)
        elif frame.closing == "}" and not outcome.too_long:
            yield from self._break_off(frame, outcome)
        else:
            if listed or not outcome.too_long:
                yield self._unreadable(outcome.why, shown=True)
            skip_scalar(window)

    def _member(self, frame: _Frame) -> Iterator[Item]:
        window = self._window
        key = window.decode()
        if isinstance(key, Undecoded) or not isinstance(key.value, str):
            yield from self._break_off(frame, key if isinstance(key, Undecoded) else None)
            return
        window.at = key.end
        if window.skip_space() != ":":
            yield from self._break_off(frame, None)
            return
        window.at += 1
        char = window.skip_space()
        if frame.suspect is not None and key.value in ID_KEYS:
            yield from self._break_off(frame, frame.suspect)
        elif char in ("", ",", "}", "]", ":"):
            if char:
                yield from self._break_off(frame, None)
        elif key.value in _ABOUT_THE_CALL and isinstance(outcome := window.decode(), Decoded):
            window.at = outcome.end
        elif looks_like_region(key.value):
            yield from self._value(char, key.value, listed=True)
        elif key.value in ("Region", "region") and char == '"':
            outcome = window.decode()
            if isinstance(outcome, Decoded) and looks_like_region(outcome.value):
                frame.region = str(outcome.value)
            yield from self._scalar(char, listed=False)
        else:
            yield from self._value(char, frame.region, listed=key.value in _LISTED_UNDER)

    def _enter(
        self, closing: str, region: str | None, listed: bool, suspect: Undecoded | None = None
    ) -> Iterator[Item]:
        window = self._window
        frame = _Frame(closing, region, listed, window.indent(), window.place(), suspect)
        if len(self._frames) >= self._limits.wrapper_depth:
            yield self._unreadable(f"it is nested more than {self._limits.wrapper_depth} deep")
            window.at += 1
            skip_rest(window, frame.indent, self._limits.record_chars)
            return
        window.at += 1
        self._frames.append(frame)

    def _close(self, char: str) -> Iterator[Item]:
        closes = [frame.closing for frame in self._frames]
        if char not in closes:
            yield self._unreadable(f"one {char} too many")
            self._window.at += 1
            return
        while self._frames.pop().closing != char:
            pass  # what was not closed was said when it broke off, or is an empty pair of other brackets
        self._window.at += 1

    def _break_off(self, frame: _Frame, problem: Undecoded | None) -> Iterator[Item]:
        """Say what is wrong with the innermost object and go to its end."""
        problem = frame.suspect or problem or Undecoded(self._window.not_json("unexpected text"))
        if not frame.reported:
            self._end_reported = self._end_reported or problem.cut_off
            yield self._report(frame.place, problem.why, problem.cut_off)
        self._frames.pop()
        for outer in self._frames:
            outer.reported = outer.reported or outer.suspect is not None
        skip_rest(self._window, frame.indent, self._limits.record_chars)

    def _unreadable(self, why: str, *, shown: bool = False, cut_off: bool = False) -> Unreadable:
        excerpt = f": {self._window.excerpt()}" if shown else ""
        return self._report(self._window.place(), why + excerpt, cut_off)

    def _report(self, place: tuple[int, int], why: str, cut_off: bool) -> Unreadable:
        self._bad += 1
        if self._bad > self._limits.unreadable:
            raise self._barren(f"{self._limits.unreadable:,} that could not be read")
        return Unreadable(*place, why, cut_off)

    def _barren(self, after: str) -> UsageError:
        line, _ = self._window.place()
        return UsageError(f"no image after {after} (line {line:,})", why="the rest was skipped")
