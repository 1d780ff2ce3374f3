"""Answers of EC2's query protocol, written by botocore's output shape: what a record has is on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final
from xml.sax.saxutils import escape

_INDENT: Final = "    "

_Write = Callable[[Any], str]
"""Makes of a value what stands between the tags of its element."""


def error_xml(code: str, message: str) -> str:
    """An error as EC2 writes it."""
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return f"<Response><Errors>{error}</Errors><RequestID>r-error</RequestID></Response>"


def response_xml(action: str, answer: dict[str, Any]) -> str:
    """An operation's answer as EC2 writes it, each element on a line of its own."""
    return answer_head(action) + _answer_writer(action)(answer) + answer_tail(action)


def answer_head(action: str) -> str:
    """What stands before the members of an operation's answer."""
    namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{action}Response xmlns="{namespace}">\n{_INDENT}<requestId>r-1</requestId>\n'


def answer_tail(action: str) -> str:
    """What stands behind the members of an operation's answer."""
    return f"</{action}Response>"


def image_xml(record: dict[str, Any]) -> str:
    """One image as it stands in the answer of DescribeImages, 50 µs each."""
    return _images_writer()([record])


@lru_cache(maxsize=1)
def _ec2_model() -> Any:
    import botocore.session

    return botocore.session.Session().get_service_model("ec2")


@lru_cache
def _answer_writer(action: str) -> _Write:
    return _writer(_ec2_model().operation_model(action).output_shape, _INDENT)


@lru_cache(maxsize=1)
def _images_writer() -> _Write:
    return _writer(_ec2_model().operation_model("DescribeImages").output_shape.members["Images"], 2 * _INDENT)


def _writer(shape: Any, margin: str) -> _Write:
    """Compiled once: botocore looks its shapes up again for each element."""
    if shape.type_name == "structure":
        return _structure_writer(shape, margin)
    if shape.type_name == "list":
        write = _element_writer("item", shape.member, margin)
        return lambda entries: "".join(map(write, entries))
    return _text


def _structure_writer(shape: Any, margin: str) -> _Write:
    known: dict[str, _Write] = {}

    def parts(value: dict[str, Any]) -> Iterator[str]:
        for name in names:
            if name in value:
                if name not in known:
                    member = shape.members[name]
                    known[name] = _element_writer(member.serialization.get("name", name), member, margin)
                yield known[name](value[name])

    names = tuple(shape.members)
    return lambda value: "".join(parts(value))


def _element_writer(tag: str, shape: Any, margin: str) -> _Write:
    write = _writer(shape, margin + _INDENT)
    empty = f"{margin}<{tag}/>\n"
    begin, end = f"{margin}<{tag}>", f"</{tag}>\n"
    if shape.type_name in ("structure", "list"):
        begin, end = begin + "\n", margin + end

    def element(value: Any) -> str:
        inner = write(value)
        return begin + inner + end if inner else empty

    return element


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return escape(text) if "&" in text or "<" in text or ">" in text else text
