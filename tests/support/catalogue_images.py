"""The images of one Region of the fake EC2: a few columns of each in memory, all else in one heap of bytes.

A million images must cost the fake little: each is rendered once, when it comes or changes, and what requests
filter by most is kept as one byte an image, so that a filter is a few operations on whole columns.
"""

from __future__ import annotations

import marshal
import os
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

from tests.support.ec2_xml import image_xml

Record = dict[str, Any]
"""One image in the shape of DescribeImages' Image."""

COLUMNS: Final = {
    "architecture": "Architecture",
    "hypervisor": "Hypervisor",
    "image-type": "ImageType",
    "owner-alias": "ImageOwnerAlias",
    "platform": "Platform",
    "root-device-type": "RootDeviceType",
    "state": "State",
    "virtualization-type": "VirtualizationType",
}
"""Filters on members with few values: one byte an image."""

_FLUSH_BYTES: Final = 4_000_000
_MOST_CODES: Final = 255


@dataclass(frozen=True, slots=True)
class Shares:
    """Who may launch an image beside its owner."""

    accounts: frozenset[str] = frozenset()
    """Named by their ids."""
    through_organization: frozenset[str] = frozenset()
    """Accounts of organizations and units that are named."""

    def reaches(self, account: str) -> bool:
        """Whether the account may launch it, in whatever way."""
        return account in self.accounts or account in self.through_organization


NOBODY: Final = Shares()


class Column:
    """One member of every image, as the number of its value; 0 where it is missing."""

    def __init__(self) -> None:
        self.codes = bytearray()
        self._numbers: dict[str, int] = {}

    def put(self, place: int, value: object) -> None:
        """Set the value of an image, the next new one or an earlier one."""
        code = 0 if value is None else self._numbers.setdefault(str(value), len(self._numbers) + 1)
        if code > _MOST_CODES:
            raise ValueError(f"more than {_MOST_CODES} values")
        if place == len(self.codes):
            self.codes.append(code)
        else:
            self.codes[place] = code

    def where(self, matches: Callable[[str], bool]) -> bytes:
        """A mask (one byte an image, 1 or 0) of the images whose value matches."""
        accepted = bytearray(256)
        for value, code in self._numbers.items():
            accepted[code] = matches(value)
        return bytes(self.codes.translate(accepted))


class Heap:
    """Pieces of bytes by number: in memory, or in a file of a folder."""

    def __init__(self, folder: str | None = None) -> None:
        self._kept: list[bytes] | None = None if folder else []
        self._file = -1
        if folder:
            self._file, name = tempfile.mkstemp(dir=folder)
            os.unlink(name)
        self._ends = array("Q", [0])
        self._waiting: list[bytes] = []
        self._written = 0

    def put(self, piece: bytes) -> int:
        """Keep a piece; its number."""
        if self._kept is not None:
            self._kept.append(piece)
            return len(self._kept) - 1
        self._waiting.append(piece)
        self._ends.append(self._ends[-1] + len(piece))
        if self._ends[-1] - self._written > _FLUSH_BYTES:
            self._flush()
        return len(self._ends) - 2

    def get(self, number: int) -> bytes:
        """A piece by its number."""
        if self._kept is not None:
            return self._kept[number]
        if self._ends[number + 1] > self._written:
            self._flush()
        start = self._ends[number]
        return os.pread(self._file, self._ends[number + 1] - start, start)

    def close(self) -> None:
        """Give the file back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _flush(self) -> None:
        left = memoryview(b"".join(self._waiting))
        while left:
            written = os.write(self._file, left)
            self._written += written
            left = left[written:]
        self._waiting.clear()


class Catalogue:
    """The images of one Region. Not safe for several threads: the server holds a lock around it.

    Args:
        folder: where most of it is kept in a file; `None` keeps all in memory.
    """

    def __init__(self, records: Iterable[Record] = (), *, folder: str | None = None) -> None:
        self.version = 0
        """Grows with each change: what was computed before is out of date."""
        self.ids: list[str] = []
        self.owners: list[str] = []
        self.created: list[str] = []
        """CreationDate; empty where it is empty or missing."""
        self.deprecated = array("Q")
        """DeprecationTime in minutes as the digits YYYYMMDDhhmm; 0 = never."""
        self.public = bytearray()
        self.listed = bytearray()
        """0 for what is gone."""
        self.columns = {name: Column() for name in COLUMNS}
        self.shares: dict[int, Shares] = {}
        """By place, of those that are shared."""
        self.lingering: set[str] = set()
        """Ids that are gone, but for which EC2 answers with nothing rather than with an error for a while."""
        self._places: dict[str, int] = {}
        self._pieces = array("Q")
        self._heap = Heap(folder)
        self._by_date: tuple[int, list[int], list[str]] = (-1, [], [])
        for record in records:
            self.add(record)

    def __len__(self) -> int:
        return sum(self.listed)

    def __iter__(self) -> Iterator[Record]:
        return (self.record(place) for place, listed in enumerate(self.listed) if listed)

    @property
    def places(self) -> int:
        """Images that there are or were: each has a place for ever."""
        return len(self.ids)

    def add(self, record: Record, shares: Shares = NOBODY) -> None:
        """Let an image appear.

        Raises:
            ValueError: there is one of that id, or was.
        """
        place = len(self.ids)
        if self._places.setdefault(record["ImageId"], place) != place:
            raise ValueError(f"{record['ImageId']} exists")
        self.ids.append(record["ImageId"])
        self.owners.append(intern(record.get("OwnerId", "")))
        self.created.append(record.get("CreationDate", ""))
        self.deprecated.append(0)
        self.public.append(0)
        self.listed.append(1)
        self._pieces.append(0)
        self._write(place, record)
        if shares is not NOBODY:
            self.shares[place] = shares

    def change(self, image_id: str, **members: Any) -> None:
        """Give members of an image other values; `None` takes one away. Id, owner and creation never change."""
        place = self._places[image_id]
        record = self.record(place) | members
        self._write(place, {name: value for name, value in record.items() if value is not None})

    def share(self, image_id: str, shares: Shares) -> None:
        """Set who may launch an image beside its owner."""
        self.shares[self._places[image_id]] = shares
        self.version += 1

    def remove(self, image_id: str, *, lingering: bool = False) -> None:
        """Let an image vanish, as by DeregisterImage.

        Args:
            lingering: requests for its id find nothing for now, rather than fail.
        """
        self.listed[self._places[image_id]] = 0
        if lingering:
            self.lingering.add(image_id)
        self.version += 1

    def place(self, image_id: str) -> int | None:
        """Where an image is, or was before it vanished."""
        return self._places.get(image_id)

    def record(self, place: int) -> Record:
        """All of an image."""
        record: Record = marshal.loads(self._heap.get(self._pieces[place]))
        return record

    def xml(self, places: Sequence[int]) -> list[bytes]:
        """Images as they stand in an answer."""
        return [self._heap.get(self._pieces[place] + 1) for place in places]

    def dates(self) -> tuple[list[int], list[str]]:
        """Places in the order of creation, and their dates; what has none is left out."""
        known, places, dates = self._by_date
        if known != len(self.ids):
            created = self.created
            # What was added since stands at the end of a list in order, which is quick to sort.
            places += [place for place in range(max(known, 0), len(created)) if created[place]]
            places.sort(key=created.__getitem__)
            dates = [created[place] for place in places]
            self._by_date = len(created), places, dates
        return places, dates

    def close(self) -> None:
        """Give up its file."""
        self._heap.close()

    def _write(self, place: int, record: Record) -> None:
        self.deprecated[place] = minute_number(record.get("DeprecationTime", ""))
        self.public[place] = bool(record.get("Public"))
        for name, member in COLUMNS.items():
            self.columns[name].put(place, record.get(member))
        self._pieces[place] = self._heap.put(marshal.dumps(record))
        self._heap.put(image_xml(record).encode())
        self.version += 1


def minute_number(text: str) -> int:
    """The digits of a time up to its minute, which compare like it; 0 for an empty text."""
    return int(text[:4] + text[5:7] + text[8:10] + text[11:13] + text[14:16]) if text else 0
