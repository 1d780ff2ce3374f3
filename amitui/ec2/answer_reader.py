"""Has the answers of a call read by somebody else than the connection: a crawl's pages, by another process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol, TypeVar

from amitui.ec2.response_table import ResponseTable

T_co = TypeVar("T_co", covariant=True)

READ: Final = "Read"
"""Key of an answer under which is what the reader has made of it; ResponseMetadata stands beside it."""


class AnswerReader(Protocol[T_co]):
    """Reads successful answers; errors are read by botocore."""

    async def read_body(self, body: bytes, table: ResponseTable) -> T_co:
        """What it makes of a body.

        Raises:
            SyntaxError, ValueError: the body is no such answer; the call fails as it does in the connection.
        """
        ...

    async def read_answer(self, answer: dict[str, Any], received_bytes: int) -> T_co:
        """The same of an answer that botocore has parsed, because its shape is one that only botocore knows."""
        ...


_reader: ContextVar[AnswerReader[Any] | None] = ContextVar("answer_reader", default=None)


@contextmanager
def answers_read_by(reader: AnswerReader[Any]) -> Iterator[None]:
    """Let calls that are made meanwhile, by this task, have their answers read by a reader."""
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def answer_reader() -> AnswerReader[Any] | None:
    """The reader of the call that is being made; `None`: the connection reads itself."""
    return _reader.get()
