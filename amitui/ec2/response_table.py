"""What a response is made of, as plain data: botocore's output shape without botocore.

A worker process reads responses by such a table without importing botocore, which takes half a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

TEXT: Final = "text"
BOOLEAN: Final = "boolean"
INTEGER: Final = "integer"
FLOAT: Final = "float"
BLOB: Final = "blob"
TIMESTAMP: Final = "timestamp"

_KINDS: Final = {
    "string": TEXT,
    "character": TEXT,
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "long": INTEGER,
    "float": FLOAT,
    "double": FLOAT,
    "blob": BLOB,
    "timestamp": TIMESTAMP,
}
_NAMED_ELSEWHERE: Final = ("location", "xmlAttribute", "eventheader", "flattened")
"""Serialization traits of other protocols; no output of EC2's has them."""


class StructureKind(NamedTuple):
    """An element that holds members."""

    name: str
    """Of `ResponseTable.structures`."""


class ListKind(NamedTuple):
    """An element that holds entries, whatever they are called."""

    entry: Kind


Kind: TypeAlias = str | StructureKind | ListKind
"""How an element's value is read: one of the names above, or what it holds."""

Members: TypeAlias = dict[str, tuple[str, Kind]]
"""By the local name of an element, the member that it is and how that is read."""


class ResponseTable(NamedTuple):
    """The structures of a response. Can be pickled."""

    root: str
    structures: dict[str, Members]
    """By name; a structure may contain itself."""


class Shape(Protocol):
    """What is needed of `botocore.model.Shape`. Structures also have `members`, lists `member`."""

    name: str
    type_name: str
    serialization: Mapping[str, Any]


class UnsupportedShapeError(Exception):
    """The shape needs something that only botocore's parser does."""


def table_of(output_shape: Shape) -> ResponseTable:
    """The table of an operation's output structure in botocore's service model.

    Raises:
        UnsupportedShapeError: leave this operation to botocore.
    """
    table = ResponseTable(output_shape.name, {})
    _add_structure(table, output_shape)
    return table


def _add_structure(table: ResponseTable, shape: Any) -> StructureKind:
    if shape.name not in table.structures:
        if shape.is_tagged_union or shape.metadata.get("exception"):
            raise UnsupportedShapeError(shape.name)
        # Registered before its members are added: a structure may contain itself.
        members = table.structures[shape.name] = {}
        for name, member in shape.members.items():
            if any(trait in member.serialization for trait in _NAMED_ELSEWHERE):
                raise UnsupportedShapeError(f"{shape.name}.{name}")
            members[member.serialization.get("name", name)] = (name, _kind(table, member))
    return StructureKind(shape.name)


def _kind(table: ResponseTable, shape: Any) -> Kind:
    if shape.type_name == "structure":
        return _add_structure(table, shape)
    if shape.type_name == "list":
        return ListKind(_kind(table, shape.member))
    if shape.type_name in _KINDS:
        return _KINDS[shape.type_name]
    raise UnsupportedShapeError(f"{shape.name}: {shape.type_name}")
