"""A process that reads pages for another one: it takes bodies from one file and answers to another.

It is started by `page_process.py` and imports neither botocore, asyncio, SQLite nor Textual. It ends when its
input ends, so it never outlives the process that started it, whatever becomes of that.

Both sides are one program. Requests are pickled; answers, made of what strangers wrote, are plain values.
"""

from __future__ import annotations

import gc
import marshal
import os
import pickle
import struct
from contextlib import suppress
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError

from amitui.catalog.sync.import_record import packed_run, read_run
from amitui.catalog.sync.page import PageFor, PageReader, ReadChunk, ReadPage

NICENESS: Final = 10
"""Of a crawl's: the screen goes first where cores are scarce."""

AUTOGROUP: Final = "/proc/self/autogroup"
"""Where Linux takes the nice value of a session."""

REQUEST: Final = struct.Struct("!II")
"""Lengths of the pickled `PageFor` (or table or `None`, or of a run its head) and of the body."""
ANSWER: Final = struct.Struct("!cI")
"""`READY`, `PAGE` or `UNREADABLE`, and the length of what follows."""

READY: Final = b"R"
PAGE: Final = b"P"
UNREADABLE: Final = b"U"
"""The body is no answer to DescribeImages; why, in words, follows."""


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more.

    The first one brings the table of the response, or `None` when there will be the runs of an import only.
    """
    # Nothing here makes cycles, and looking for some among a page's elements takes as long as all of the parsing.
    gc.disable()
    reader: PageReader | None = None
    ready = False
    while header := requests.read(REQUEST.size):
        told, size = REQUEST.unpack(header)
        subject = pickle.loads(requests.read(told))  # noqa: S301 - from the process that started this one
        body = requests.read(size)
        if not ready:
            if subject is not None:
                _yield_cores()
                reader = PageReader(subject)
            kind, answer, ready = READY, b"", True
        else:
            kind, answer = _answer(reader, body, subject)
        answers.write(ANSWER.pack(kind, len(answer)) + answer)
        answers.flush()


def _yield_cores() -> None:
    """Let what the user sees go first where cores are scarce.

    Linux shares cores out between sessions before it looks at the processes of one (sched(7), "The autogroup
    feature"): a process in a session of its own, as this one is, gives way to nobody by its own nice value.
    """
    with suppress(OSError):
        os.nice(NICENESS)
    with suppress(OSError), open(AUTOGROUP, "w") as autogroup:
        autogroup.write(str(NICENESS))


def _answer(reader: PageReader | None, body: bytes, subject: PageFor | str) -> tuple[bytes, bytes]:
    try:
        if reader is None or isinstance(subject, str):
            return PAGE, packed_run(read_run(str(subject), body.decode()))
        page = reader.read(body, subject)
    except (ParseError, ValueError) as error:
        return UNREADABLE, str(error).encode("utf-8", "replace")
    return PAGE, packed_page(page)


def packed_page(page: ReadPage) -> bytes:
    """A page for the way between two processes of one program."""
    return marshal.dumps(([_plain(chunk) for chunk in page.chunks], *page[1:]))


def _plain(chunk: ReadChunk) -> tuple[Any, ...]:
    return tuple(chunk)  # `marshal` takes no named ones


def unpacked_page(packed: bytes) -> ReadPage:
    """The page that was packed."""
    chunks, *rest = marshal.loads(packed)  # noqa: S302 - from a process that this one started
    return ReadPage([ReadChunk(*chunk) for chunk in chunks], *rest)
