"""Reads EC2's XML with walkers compiled once from botocore's own output shape.

botocore looks up each shape, name and type again for each element of each record; a page of 1,000 images costs it
four times what this costs, with equal output. The walkers know what EC2's query protocol uses: structures, lists,
text, numbers, booleans, timestamps and blobs by element name. What EC2 sends is read by `plain_xml.py`; other XML
by ElementTree and the walker of this module.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree

from amitui.ec2.plain_xml import Convert, PlainReader, UnusualXml
from amitui.ec2.response_table import (
    BLOB,
    BOOLEAN,
    FLOAT,
    INTEGER,
    TEXT,
    TIMESTAMP,
    Kind,
    ListKind,
    ResponseTable,
    StructureKind,
)

RECEIVED_BYTES: Final = "ReceivedBytes"
"""Key of ResponseMetadata under which a connection's answers carry the size of their body."""

_FEED_BYTES: Final = 65_536
"""The XML parser keeps the interpreter to itself while it is fed: small bites let the screen's thread in."""

_Walk: TypeAlias = Callable[[ElementTree.Element], Any]
_Table: TypeAlias = dict[str, tuple[str, _Walk | None]]
"""Element name to the member it is and what turns it into a value; `None` means its text as it is."""

TimestampReader: TypeAlias = Callable[[str], Any]


class ResponseReader:
    """Parses successful responses of one operation; safe to use from several threads."""

    def __init__(self, table: ResponseTable, timestamp: TimestampReader) -> None:
        """Compile the walkers.

        Args:
            table: what the operation's responses are made of.
            timestamp: makes a value of a timestamp's text.
        """
        converters: dict[str, Convert] = {
            BOOLEAN: _boolean,
            INTEGER: int,
            FLOAT: float,
            BLOB: binascii.a2b_base64,
            TIMESTAMP: timestamp,
        }
        self._plain = PlainReader(table, converters)
        self._walk = _Compiler(table, converters).structure(table.root)

    def read(self, body: bytes, operation: str = "") -> dict[str, Any]:
        """The response as botocore's parser gives it.

        Args:
            operation: EC2's name of the operation that the body must answer; empty = any.

        Raises:
            xml.etree.ElementTree.ParseError: the body is not XML.
            ValueError: it is not the structure of an answer, or another document.
        """
        try:
            root, parsed = self._plain.read(body)
        except UnusualXml:
            return self._read_tree(body, operation)
        _check_name(root, operation)
        return parsed

    def _read_tree(self, body: bytes, operation: str) -> dict[str, Any]:
        # The same parser, with the same limits, that botocore feeds.
        parser = ElementTree.XMLParser(encoding="utf-8")  # noqa: S314
        for start in range(0, len(body), _FEED_BYTES):
            parser.feed(body[start : start + _FEED_BYTES])
        root = parser.close()
        check_root(root, operation)
        parsed: dict[str, Any] = self._walk(root)
        for child in root:
            if _local_name(child.tag) == "requestId":
                parsed["ResponseMetadata"] = {"RequestId": child.text}
        return parsed


def check_root(root: ElementTree.Element, operation: str) -> None:
    """Let the answer to an operation pass: a page of a proxy is XML too, and would be read as an empty answer.

    Raises:
        ValueError: it is another document.
    """
    _check_name(_local_name(root.tag), operation)


def _check_name(name: str, operation: str) -> None:
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
    """Turns a table into closures; structures that occur in several places are compiled once."""

    def __init__(self, table: ResponseTable, converters: dict[str, Convert]) -> None:
        self._table = table
        self._converters = converters
        self._structures: dict[str, _Walk] = {}

    def structure(self, name: str) -> _Walk:
        if name in self._structures:
            return self._structures[name]
        table: _Table = {}
        # Registered before its members are compiled: a structure may contain itself.
        walk = self._structures[name] = _structure_walker(table)
        for tag, (member, kind) in self._table.structures[name].items():
            table[tag] = (member, self._converter(kind))
        return walk

    def _converter(self, kind: Kind) -> _Walk | None:
        if isinstance(kind, StructureKind):
            return self.structure(kind.name)
        if isinstance(kind, ListKind):
            return _list_walker(self._converter(kind.entry))
        if kind == TEXT:
            return None
        convert = self._converters[kind]
        return lambda node: convert(node.text or "")


def _structure_walker(table: _Table) -> _Walk:
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


def _entry_of(table: _Table, tag: str) -> tuple[str, _Walk | None] | None:
    """Find a namespaced tag by its local name, and remember it: all of EC2's elements are in one namespace."""
    found = table.get(_local_name(tag))
    if found is not None:
        table[tag] = found
    return found


def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _list_walker(convert: _Walk | None) -> _Walk:
    if convert is None:
        return lambda node: [child.text or "" for child in node]

    def walk(node: ElementTree.Element) -> list[Any]:
        try:
            return [convert(child) for child in node]
        except ValueError:
            return list(_readable(convert, node))

    return walk


def _readable(convert: _Walk, node: ElementTree.Element) -> Iterator[Any]:
    for child in node:
        with suppress(ValueError):
            yield convert(child)


def _boolean(text: str) -> bool:
    return text == "true"
