"""What two images differ in: every field of EC2's records; block devices, tags and codes matched by what they are.

EC2 grows fields and guarantees no order, not even inside of lists, so nothing here goes by a table of known fields
or by positions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias

from amitui.domain.image.image import Image, RawRecord

Path: TypeAlias = tuple[str, ...]
"""Where a value is in a record: EC2's names of fields, and of a list's entry what it is matched by."""

ROOT: Final = "root volume"
"""Matches the root devices of two images that call them by different names."""

DEEPEST: Final = 20
"""Levels of a record that are looked into; EC2's have five, imported files hold what they like."""

_MATCHED_BY: Final = {
    "BlockDeviceMappings": "DeviceName",
    "Tags": "Key",
    "ProductCodes": "ProductCodeId",
    "ImageWatermarks": "WatermarkKey",
}
"""By the list: the member by which an entry is the same in both images."""

_FIRST: Final = (
    "ImageId",
    "Region",
    "Name",
    "Description",
    "OwnerId",
    "ImageOwnerAlias",
    "CreationDate",
    "DeprecationTime",
    "State",
    "Architecture",
    "PlatformDetails",
    "UsageOperation",
)
_LAST: Final = ("BlockDeviceMappings", "ProductCodes", "Tags")


class Change(Enum):
    """How a value differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Difference(NamedTuple):
    """One value that differs."""

    path: Path
    before: Any
    """JSON; `None` when the first image has none."""
    after: Any

    @property
    def change(self) -> Change:
        """How it differs."""
        if self.before is None:
            return Change.ADDED
        return Change.REMOVED if self.after is None else Change.CHANGED


class Comparison(NamedTuple):
    """Two images side by side."""

    differences: tuple[Difference, ...]
    """What images are known by first, then the fields in EC2's order, block devices, codes and tags last."""
    same: int
    """How many values are the same in both."""


def compare(before: Image, after: Image) -> Comparison:
    """What differs between two images, values of EC2's records one by one."""
    roots = _root_names(before.record, after.record)
    old = dict(_values({"Region": before.region, **before.record}, (), roots))
    new = dict(_values({"Region": after.region, **after.record}, (), roots))
    found = [Difference(path, old.get(path), new.get(path)) for path in {**old, **new}]
    different = [one for one in found if one.before != one.after or type(one.before) is not type(one.after)]
    different.sort(key=lambda one: _rank(one.path))
    return Comparison(tuple(different), len(found) - len(different))


def _rank(path: Path) -> tuple[int, Path]:
    """Sorts stably: what is not listed keeps the order of the records, entries of lists keep together."""
    name = path[0]
    if name in _FIRST:
        return _FIRST.index(name), ()
    if name in _LAST:
        return 1_000 + _LAST.index(name), path[1:2]
    return len(_FIRST), ()


def _root_names(before: RawRecord, after: RawRecord) -> frozenset[str]:
    """The names of the two root devices where they differ and each image has no device of the other's name."""
    names = [record.get("RootDeviceName") for record in (before, after)]
    devices = [_device_names(record) for record in (before, after)]
    old, new = names
    paired = (
        isinstance(old, str)
        and isinstance(new, str)
        and old != new
        and (old in devices[0], new in devices[1], new in devices[0], old in devices[1])
        == (True, True, False, False)
    )
    return frozenset((str(old), str(new))) if paired else frozenset()


def _device_names(record: RawRecord) -> list[object]:
    mappings = record.get("BlockDeviceMappings")
    return (
        [one.get("DeviceName") for one in mappings if isinstance(one, dict)] if isinstance(mappings, list) else []
    )


def _values(value: Any, path: Path, roots: frozenset[str]) -> Iterator[tuple[Path, Any]]:
    """The single values of a record with where they are; what says nothing (`None`, an empty list) is none."""
    if len(path) >= DEEPEST:
        yield path, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _values(part, (*path, str(name)), roots)
    elif isinstance(value, list):
        for name, part in _entries(value, path[-1] if path else "", roots):
            yield from _values(part, (*path, name), roots)
    elif value is not None:
        yield path, value


def _entries(values: Sequence[Any], name: str, roots: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """The entries of a list by what they are matched by; entries that are the same twice get a number."""
    member = _MATCHED_BY.get(name, "")
    seen: dict[str, int] = {}
    for value in sorted(values, key=_text):
        if isinstance(value, Mapping):
            known = value.get(member)
            matched = known if isinstance(known, str) else ""
            if name == "BlockDeviceMappings" and matched in roots:
                matched = ROOT
            part: Any = value.get("Value") if name == "Tags" and set(value) <= {"Key", "Value"} else value
        else:
            matched, part = _text(value), value
        seen[matched] = number = seen.get(matched, 0) + 1
        yield (matched if matched and number == 1 else f"{matched}[{number}]"), part


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
