"""Reads the plain XML that EC2 sends without a tree of elements, in a third of the time that one takes.

The text is cut at each `</`. A part then closes one element and opens those up to the next text: `imageId>`,
blanks, `<name>my-image`. What a part does depends on the element that is open, and on the text no more than by its
value; so each part is worked out once for each element, and then looked up: as a whole where its text is a usual
one (`x86_64`), else up to its text.

The reader accepts elements without attributes whose tags match, text, and references to characters and to the five
entities that XML has. Whatever it accepts is well-formed, and is read as from a tree. All else (comments, CDATA,
attributes, prefixes, a doctype, text beside elements, other encodings, damage) is `UnusualXml`, for a real XML
parser to read or to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

from amitui.ec2.response_table import TEXT, Kind, ListKind, ResponseTable, StructureKind

Convert: TypeAlias = Callable[[str], Any]
"""Makes a value of an element's text; a ValueError means that it holds none."""

_START: Final = re.compile(
    r"""(?:<\?xml version=(["'])1\.0\1(?: encoding=(["'])UTF-8\2)?\?>[ \t\n]*)?"""
    r'<([A-Za-z][A-Za-z0-9]*)(?: xmlns="http://ec2\.amazonaws\.com/doc/[0-9-]+/")?(?=>)'
)
_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_REFERENCE: Final = re.compile(r"&(?:#x([0-9A-Fa-f]{1,8});|#([0-9]{1,10});|(amp|lt|gt|quot|apos);)?")
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_NOT_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff<]|]]>")
"""What XML does not allow in a text, and the carriage return, which it changes."""
_BLANKS: Final = " \t\n"
_REQUEST_ID: Final = "requestId"

_ENTRY: Final = ""
"""Stands for the name of a member where an element is the entry of a list."""
_MOST_VALUES: Final = 100
"""Parts that are remembered as a whole for each element."""
_LONGEST_PART: Final = 200
"""Characters of such a part: longer texts are hardly ever the same, and may be a user's own data."""
_MOST_STEPS: Final = 5_000
"""Parts that are remembered up to their text, in all; a response has some hundreds."""


class UnusualXml(Exception):
    """The document is not plain, or not well-formed: it is for a real XML parser."""


class _Change(NamedTuple):
    """A structure or list that a part opens, or any element that it opens and closes at once."""

    member: str
    """Of the structure that holds it; or `_ENTRY`."""
    make: Callable[[], Any]
    opens: bool


_Changes: TypeAlias = "tuple[_Change | None, ...]"
"""In their order; `None`: the structure or list ends that was opened last."""
_Done: TypeAlias = "tuple[_Changes, str | None, Any, _Element]"
"""What a part does: the changes; the member that its text is (`None`: of none); its value; what is open then."""


class _Step(NamedTuple):
    """What a part does, but for its text."""

    changes: _Changes
    member: str | None
    """The member that the text is; `None`: of none."""
    convert: Convert | None
    """How the text is converted; `None`: it stays as it is."""
    open: _Element
    """The element that is open afterwards."""
    has_text: bool
    """Whether that may have a text; else nothing but blanks may follow."""


class _Element(dict[str, "_Done"]):
    """An element at its place in the document. By part, what that does when it closes the element."""

    __slots__ = ("children", "convert", "kind", "member", "parent", "steps", "tag", "texts")

    def __init__(
        self, tag: str, kind: Kind | None, parent: _Element | None, member: str | None, convert: Convert | None
    ) -> None:
        super().__init__()
        self.tag = tag
        self.kind = kind
        """`None`: it is not read, and nothing in it."""
        self.parent = parent
        self.member = member
        self.convert = convert
        self.steps: dict[str, _Step] = {}
        """By part without its text, what that does."""
        self.texts: dict[str, tuple[_Changes, str | None, _Element]] = {}
        """The same of parts whose text is a member as it stands."""
        self.children: dict[str, _Element] = {}

    @property
    def is_container(self) -> bool:
        return isinstance(self.kind, StructureKind | ListKind)

    def make(self) -> Any:
        """What it is when it is empty.

        Raises:
            ValueError: it cannot be.
        """
        if isinstance(self.kind, StructureKind):
            return {}
        if isinstance(self.kind, ListKind):
            return []
        return self.convert("") if self.convert is not None else ""


class PlainReader:
    """Reads plain documents of one kind; safe to use from several threads."""

    def __init__(self, table: ResponseTable, converters: Mapping[str, Convert]) -> None:
        """Prepare to read.

        Args:
            table: what the response is made of.
            converters: by kind, how its text becomes a value.
        """
        self._table = table
        self._converters = converters
        self._is_usual = _REQUEST_ID not in table.structures[table.root]
        self._before: dict[str, _Element] = {}
        """By the name of a root element, what stands for the place before its first child."""
        self._steps = 0

    def read(self, body: bytes) -> tuple[str, dict[str, Any]]:
        """The name of the root element, and its members together with `ResponseMetadata`.

        Raises:
            UnusualXml: use another parser.
        """
        if not self._is_usual:
            raise UnusualXml
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise UnusualXml from error
        start = _START.match(text)
        if start is None:
            raise UnusualXml
        parts = text.split("</")
        parts[0] = parts[0][start.end() :]
        del text, body  # a page of 2 MB, twice: the records take as much again
        members = self._members(parts, self._before_first(start[3]))
        if _REQUEST_ID in members:
            members["ResponseMetadata"] = {"RequestId": members.pop(_REQUEST_ID)}
        return start[3], members

    def _before_first(self, root_tag: str) -> _Element:
        if self._steps > _MOST_STEPS:
            self._before, self._steps = {}, 0
        before = self._before.get(root_tag)
        if before is None:
            self._steps += 1
            end = _Element("/", None, None, None, None)
            root = _Element(root_tag, StructureKind(self._table.root), end, None, None)
            root.children[_REQUEST_ID] = _Element(_REQUEST_ID, TEXT, root, _REQUEST_ID, lambda text: text or None)
            before = self._before[root_tag] = _Element("", None, root, None, None)
        return before

    def _members(self, parts: list[str], element: _Element) -> dict[str, Any]:
        """The members of the root.

        Args:
            parts: the first one begins with the end of the root's tag.
            element: what is open before it.
        """
        members: dict[str, Any] = {}
        current: Any = members
        holders: list[Any] = []
        for part in parts:
            done = element.get(part)
            if done is None:
                head, _, text = part.rpartition(">")
                known = element.texts.get(head)
                if known is None or "&" in text or "<" in text or not text.isprintable():
                    changes, member, value, element = self._done(element, part)
                else:
                    changes, member, element = known
                    value = text
            else:
                changes, member, value, element = done
            for change in changes:
                if change is None:
                    current = holders.pop()
                    continue
                name, make, opens = change
                made = make()
                if name:
                    current[name] = made
                else:
                    current.append(made)
                if opens:
                    holders.append(current)
                    current = made
            if member:
                current[member] = value
            elif member is not None:
                current.append(value)
        if element.parent is not None:
            raise UnusualXml
        return members

    def _done(self, element: _Element, part: str) -> _Done:
        """What a part does that is not known as a whole."""
        head, _, text = part.rpartition(">")
        step = element.steps.get(head)
        if step is None:
            head, text = _cut(part)
            step = element.steps.get(head)
            if step is None:
                step = self._learn(element, head)
        changes, member, convert, after, has_text = step
        value: Any = text
        if not has_text:
            if text.strip(_BLANKS):
                _unusual()
        elif "&" in text or ">" in text or "<" in text or not text.isprintable():
            value = _checked(text)
        if convert is not None:
            try:
                value = convert(value)
            except ValueError:
                # One number that is none must not cost a page of a thousand records: the field is missing then.
                member = None
        done = (changes, member, value, after)
        if len(element) < _MOST_VALUES:
            if len(part) <= _LONGEST_PART:
                element[part] = done
        elif has_text and convert is None:
            # From now on only the text is looked at: it is hardly ever the same.
            element.texts[head] = (changes, member, after)
        return done

    def _learn(self, element: _Element, head: str) -> _Step:
        """Work out what a part does, but for its text: which tags it has."""
        self._steps += 1
        closing, *opening = f"{head}>".split("<")
        changes: list[_Change | None] = []
        tag, closed, blanks = closing.partition(">")
        if tag != element.tag or not closed or element.parent is None or blanks.strip(_BLANKS):
            _unusual()
        if element.is_container and element.parent.parent is not None:
            changes.append(None)
        inner, has_text = element.parent, False
        for piece in opening:
            tag, closed, blanks = piece.partition(">")
            name = tag.removesuffix("/")
            if not closed or blanks.strip(_BLANKS) or not _TAG.fullmatch(name) or not self._may_hold(inner):
                _unusual()
            child = self._child(inner, name)
            if tag != name:
                changes += _emptied(child)
                has_text = False
                continue
            if child.is_container:
                changes.append(_Change(child.member or _ENTRY, child.make, True))
            inner, has_text = child, not child.is_container
        member, convert = (inner.member, inner.convert) if has_text else (None, None)
        step = element.steps[head] = _Step(tuple(changes), member, convert, inner, has_text)
        return step

    def _may_hold(self, element: _Element) -> bool:
        """Whether elements may stand in an element."""
        return element.parent is not None and (element.kind is None or element.is_container)

    def _child(self, element: _Element, tag: str) -> _Element:
        child = element.children.get(tag)
        if child is None:
            member, kind = self._member(element.kind, tag)
            convert = self._converters[kind] if isinstance(kind, str) and kind != TEXT else None
            child = element.children[tag] = _Element(tag, kind, element, member, convert)
        return child

    def _member(self, kind: Kind | None, tag: str) -> tuple[str | None, Kind | None]:
        if isinstance(kind, ListKind):
            return _ENTRY, kind.entry
        if isinstance(kind, StructureKind):
            return self._table.structures[kind.name].get(tag, (None, None))
        return None, None


def _emptied(element: _Element) -> list[_Change | None]:
    """What an element changes that is closed where it is opened."""
    if element.member is None:
        return []
    if element.is_container:
        return [_Change(element.member, element.make, False)]
    try:
        value = element.make()
    except ValueError:
        return []
    return [_Change(element.member, lambda: value, False)]


def _cut(part: str) -> tuple[str, str]:
    """A part up to its text, without the `>`, and its text, which may have a `>` of its own."""
    end = part.find(">", part.rfind("<") + 1)
    if end < 0:
        _unusual()
    return part[:end], part[end + 1 :]


def _checked(text: str) -> str:
    """A text as it is meant.

    Raises:
        UnusualXml: XML does not allow it.
    """
    if _NOT_TEXT.search(text):
        _unusual()
    return unescaped(text) if "&" in text else text


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


def _unusual() -> NoReturn:
    raise UnusualXml
