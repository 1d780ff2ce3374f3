"""Row keys: 64-bit handles of rows, in the order of their creation, that SQLite can hand over by the 100,000.

Fetching a column of ids costs 0.3 µs a row with the interpreter locked, which stalls the screen. Therefore each
row carries its key as a text of two characters: `group_concat` joins them inside SQLite with the lock released,
and the joined text in UTF-32 is the array of keys. Of a key, the upper 32 bits are a character that counts row ids
by 16,384; the lower ones another, with the rest of the row id and the region's slot in the reader.
"""

from __future__ import annotations

import sys
from array import array
from typing import Final

SLOTS: Final = 64
"""Regions that one reader can tell apart; EC2 has fewer than forty."""

_EPOCH: Final = 1_136_073_600
"""2006-01-01, the year EC2 began: row ids count from it."""

_IDS_PER_SECOND: Final = 16

_HIGHEST_FIRST: Final = (1 << 34) - (1 << 24)
"""What is created after 2039 gets an id as if created then, with room for others above it."""

_PLANE: Final = 0x10000
"""First character past the surrogates; below it come the characters of negative ids."""


def first_id(created: int) -> int:
    """The lowest row id of an image created then; higher ones are for its contemporaries. 0 is not used."""
    return max(1, min((created - _EPOCH) * _IDS_PER_SECOND, _HIGHEST_FIRST))


def key_text(row_id: int) -> str:
    """A row id as the two characters kept beside it."""
    return chr(_PLANE + ((row_id & 0x3FFF) << 6)) + chr(_PLANE + (row_id >> 14))


FACET_BASE: Final = _PLANE
"""The character of a facet's code 0: past the surrogates, so that characters joined are numbers in UTF-32."""


def facet_text(code: int) -> str:
    """The code of what a row is counted by as one character; a catalogue has some thousands of them."""
    return chr(FACET_BASE + (code & 0xFFFFF))


def keys_of(joined: str, slot: int) -> array[int]:
    """The keys of a region's rows, from their texts joined without a separator."""
    packed = joined.encode("utf-32-le", "surrogatepass")
    if slot and packed:
        # Sets the slot in all keys at once: the keys are one long number.
        ones = int.from_bytes(slot.to_bytes(8, "little") * (len(packed) // 8), "little")
        packed = (int.from_bytes(packed, "little") | ones).to_bytes(len(packed), "little")
    keys = array("q")
    keys.frombytes(packed)
    if sys.byteorder == "big":
        keys.byteswap()
    return keys


def key_of(row_id: int, slot: int) -> int:
    """The key of one row."""
    return (_PLANE + (row_id >> 14)) << 32 | (_PLANE + ((row_id & 0x3FFF) << 6)) | slot


def id_of(key: int) -> int:
    """The row id that a key stands for, in its region's file."""
    return ((key >> 32) - _PLANE << 14) + ((key & 0xFFFFFFFF) - _PLANE >> 6)


def slot_of(key: int) -> int:
    """The slot, in the reader that gave the key, of the row's region."""
    return key & SLOTS - 1
