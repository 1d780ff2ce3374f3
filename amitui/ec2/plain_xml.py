"""Reads the plain XML that EC2 sends without a tree of elements, in two thirds of the time that one takes.

The text is cut at each `<`, and a walker made of the response's table goes through the pieces. It accepts elements
without attributes whose tags match, text, and references to characters and to the five entities that XML has.
Whatever it accepts is well-formed, and is read as from a tree. All else (comments, CDATA, attributes, prefixes, a
doctype, other encodings, damage) is `UnusualXml`, for a real XML parser to read or to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn, TypeAlias

from amitui.ec2.response_table import TEXT, Kind, ListKind, ResponseTable, StructureKind

Convert: TypeAlias = Callable[[str], Any]
"""Makes a value of an element's text; a ValueError means that it holds none."""
_Pieces: TypeAlias = Iterator[str]
"""What follows each `<`: `imageId>ami-1`, `/imageId>`, …"""
_Read: TypeAlias = Callable[[str, _Pieces], Any]
"""Reads an element, given its tag and the pieces after it, up to its end."""
_Entry: TypeAlias = tuple[str, Convert | None, _Read | None]
"""The member; how its text is converted (`None`: as it is); how it is read when it is not just text."""

_DECLARATION: Final = re.compile(r"""\?xml version=(["'])1\.0\1(?: encoding=(["'])UTF-8\2)?\?>[ \t\n]*""")
_ROOT: Final = re.compile(r'([A-Za-z][A-Za-z0-9]*)(?: xmlns="http://ec2\.amazonaws\.com/doc/[0-9-]+/")?')
_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_REFERENCE: Final = re.compile(r"&(?:#x([0-9A-Fa-f]{1,8});|#([0-9]{1,10});|(amp|lt|gt|quot|apos);)?")
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ILLEGAL: Final = bytes(code for code in range(0x20) if code not in b"\t\n")
"""Control characters that XML does not allow, and the carriage return, which it changes."""
_REQUEST_ID: Final = "requestId"
_MOST_CLOSINGS: Final = 10_000


class UnusualXml(Exception):
    """The document is not plain, or not well-formed: it is for a real XML parser."""


class PlainReader:
    """Reads plain documents of one kind; safe to use from several threads."""

    def __init__(self, table: ResponseTable, converters: Mapping[str, Convert]) -> None:
        """Compile the walker.

        Args:
            table: what the response is made of.
            converters: by kind, how its text becomes a value.
        """
        compiler = _Compiler(table, converters)
        members = compiler.entries(table.root)
        self._is_usual = _REQUEST_ID not in members
        members[_REQUEST_ID] = (_REQUEST_ID, lambda text: text or None, None)
        members[f"{_REQUEST_ID}/"] = (_REQUEST_ID, None, lambda _tag, _pieces: None)
        self._read = compiler.structure_reader(members)

    def read(self, body: bytes) -> tuple[str, dict[str, Any]]:
        """The name of the root element, and its members together with `ResponseMetadata`.

        Raises:
            UnusualXml: use another parser.
        """
        if not self._is_usual or _has_illegal_characters(body):
            raise UnusualXml
        try:
            pieces = iter(body.decode().split("<"))
            before, first = next(pieces), next(pieces)
            if _DECLARATION.fullmatch(first):
                first = next(pieces)
            tag, closed, text = first.partition(">")
            root = _ROOT.fullmatch(tag)
            if before or not closed or root is None or "&" in text:
                raise UnusualXml
            members = self._read(root[1], pieces)
        except (UnicodeDecodeError, StopIteration) as error:
            raise UnusualXml from error
        if next(pieces, None) is not None or not body.rstrip(b" \t\n").endswith(b">"):
            raise UnusualXml
        if _REQUEST_ID in members:
            members["ResponseMetadata"] = {"RequestId": members.pop(_REQUEST_ID)}
        return root[1], members


def _has_illegal_characters(body: bytes) -> bool:
    if len(body.translate(None, _ILLEGAL)) < len(body):
        return True
    # One byte is found at once, several are not. U+FFFE and U+FFFF are no characters of XML.
    if b"\xef" in body and (b"\xef\xbf\xbe" in body or b"\xef\xbf\xbf" in body):
        return True
    return b"]" in body and b"]]>" in body


def unescaped(text: str) -> str:
    """Text with references replaced.

    Raises:
        UnusualXml: one is none, or is to a character that XML does not have.
    """
    return _REFERENCE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    hexadecimal, decimal, name = found.groups()
    if name:
        return _ENTITIES[name]
    if not hexadecimal and not decimal:
        raise UnusualXml
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if code in (0x9, 0xA, 0xD) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
        return chr(code)
    raise UnusualXml


class _Compiler:
    """Turns a table into closures; structures that occur in several places are compiled once."""

    def __init__(self, table: ResponseTable, converters: Mapping[str, Convert]) -> None:
        self._table = table
        self._converters = converters
        self._readers: dict[str, _Read] = {}
        self._closings: dict[str, str] = {}
        """By piece, the tag that it closes: `/imageId>` and the blanks behind it."""

    def entries(self, name: str) -> dict[str, _Entry]:
        """By what stands between `<` and `>`, the entries of a structure."""
        entries: dict[str, _Entry] = {}
        self._fill(entries, name)
        return entries

    def _fill(self, entries: dict[str, _Entry], name: str) -> None:
        for tag, (member, kind) in self._table.structures[name].items():
            entries[tag] = (member, self._convert(kind), self._reader(kind))
            entries[f"{tag}/"] = (member, None, self._empty(kind))

    def _convert(self, kind: Kind) -> Convert | None:
        return None if kind == TEXT or not isinstance(kind, str) else self._converters[kind]

    def _reader(self, kind: Kind) -> _Read | None:
        if isinstance(kind, StructureKind):
            return self._structure(kind.name)
        if isinstance(kind, ListKind):
            return self._list_reader(kind.entry)
        return None

    def _structure(self, name: str) -> _Read:
        if name not in self._readers:
            entries: dict[str, _Entry] = {}
            # Registered before its members are compiled: a structure may contain itself.
            self._readers[name] = self.structure_reader(entries)
            self._fill(entries, name)
        return self._readers[name]

    def _empty(self, kind: Kind) -> _Read:
        """Of an element that is closed where it is opened."""
        if isinstance(kind, StructureKind):
            return lambda _tag, _pieces: {}
        if isinstance(kind, ListKind):
            return lambda _tag, _pieces: []
        convert = self._convert(kind)
        return lambda _tag, _pieces: "" if convert is None else convert("")

    def structure_reader(self, entries: dict[str, _Entry]) -> _Read:
        """Reads an element whose members stand under their names."""
        find, closes, check = entries.get, self._closings.get, self._check_closing

        def read(own: str, pieces: _Pieces) -> dict[str, Any]:
            members: dict[str, Any] = {}
            for piece in pieces:
                tag, closed, text = piece.partition(">")
                entry = find(tag)
                if entry is None:
                    if tag[:1] != "/":
                        _skip(piece, pieces)
                        continue
                    if closes(piece) != own:
                        check(piece, own)
                    return members
                name, convert, reader = entry
                try:
                    if not closed:
                        _unusual()
                    if reader is not None:
                        if "&" in text:
                            _unusual()
                        members[name] = reader(tag, pieces)
                    else:
                        closing = next(pieces)
                        if closes(closing) != tag:
                            check(closing, tag)
                        if "&" in text:
                            text = unescaped(text)
                        members[name] = text if convert is None else convert(text)
                except ValueError:
                    # One number that is none must not cost a page of a thousand records: the field is missing.
                    continue
            raise UnusualXml

        return read

    def _list_reader(self, kind: Kind) -> _Read:
        convert, reader, empty = self._convert(kind), self._reader(kind), self._empty(kind)
        closes, check = self._closings.get, self._check_closing

        def read(own: str, pieces: _Pieces) -> list[Any]:
            entries: list[Any] = []
            for piece in pieces:
                tag, closed, text = piece.partition(">")
                if tag[:1] == "/":
                    if closes(piece) != own:
                        check(piece, own)
                    return entries
                if not closed:
                    _unusual()
                try:
                    if tag[-1:] == "/":
                        _check_open(tag[:-1], text)
                        entries.append(empty(tag, pieces))
                    elif reader is not None:
                        _check_open(tag, text)
                        entries.append(reader(tag, pieces))
                    else:
                        closing = next(pieces)
                        if closes(closing) != tag:
                            _check_open(tag, "")
                            check(closing, tag)
                        if "&" in text:
                            text = unescaped(text)
                        entries.append(text if convert is None else convert(text))
                except ValueError:
                    continue
            raise UnusualXml

        return read

    def _check_closing(self, piece: str, tag: str) -> None:
        """Check that a piece closes an element, and remember that it does."""
        closed, end, text = piece.partition(">")
        if closed != f"/{tag}" or not end or text.strip(" \t\n"):
            _unusual()
        if len(self._closings) < _MOST_CLOSINGS:
            self._closings[piece] = tag


def _check_open(tag: str, text: str) -> None:
    """Check a tag that no table has, and the text behind it, which is not read."""
    if not _TAG.fullmatch(tag) or "&" in text:
        _unusual()


def _skip(piece: str, pieces: _Pieces) -> None:
    """Pass over an element that the table does not have."""
    opened: list[str] = []
    while True:
        tag, closed, text = piece.partition(">")
        if not closed or "&" in text:
            _unusual()
        if tag[:1] == "/":
            if not opened or opened.pop() != tag[1:]:
                _unusual()
        elif tag[-1:] == "/":
            _check_open(tag[:-1], "")
        else:
            _check_open(tag, "")
            opened.append(tag)
        if not opened:
            return
        piece = next(pieces)


def _unusual() -> NoReturn:
    raise UnusualXml
