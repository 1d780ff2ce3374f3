"""Look-alikes in the catalogue: all that are planted carry the warning, and no publisher's own image does."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any, Final

from amitui.domain.image.trust import is_lookalike
from amitui.domain.products.identify import identify
from tests.search.catalogue import catalogue
from tests.search.records import COLLEAGUE, ME, Build

STRANGER: Final = "703333333333"
EDITS: Final = 4
"""One-letter edits of each word of a name."""


def _flagged(record: dict[str, Any]) -> bool:
    return is_lookalike(record.get("Name", ""), record["OwnerId"], record.get("ImageOwnerAlias", ""))


def test_every_planted_look_alike_carries_the_warning() -> None:
    planted = [build for build in catalogue().builds if build.label.startswith("lookalike")]
    assert len(planted) > 50
    assert [build.name for build in planted if not _flagged(build.record)] == []


def test_no_image_of_a_publisher_or_a_seller_carries_it() -> None:
    genuine = list(_of_publishers())
    assert len(genuine) > 3000
    assert [build.name for build in genuine if _flagged(build.record)] == []


def test_a_strangers_image_that_is_named_after_a_product_in_passing_carries_none() -> None:
    others = [build for build in catalogue().builds if build.label.startswith(("community", "numbers", "golden"))]
    assert [build.name for build in others if _flagged(build.record)] == []


def test_one_wrong_letter_anywhere_in_a_name_is_seen_through() -> None:
    chance = random.Random(1)
    names = {build.label.split()[0]: build.name for build in _of_publishers() if build.age == 0}
    names |= {build.label: build.name for build in _of_publishers() if build.age == 0 and chance.random() < 0.1}
    edited = [one for name in names.values() if identify(name) for one in _edits(name, chance)]
    missed = [one for one in edited if not is_lookalike(one, STRANGER, "")]
    assert len(edited) > 1000
    # What the letter makes another word of that is known (`sles`, `sle`) is another name.
    assert len(missed) < len(edited) / 100, missed


def test_one_wrong_separator_is_seen_through() -> None:
    for name in ("Windows-Server-2022-English-Full-Base-2026.11.20", "debian_12-amd64-20261120-2211"):
        assert is_lookalike(name, STRANGER, "")


def _of_publishers() -> Iterator[Build]:
    for build in catalogue().builds:
        strange = build.label.startswith(("lookalike", "community", "numbers", "failed", "pending"))
        if not strange and ":" not in build.label and build.record["OwnerId"] not in (ME, COLLEAGUE):
            yield build


def _edits(name: str, chance: random.Random) -> Iterator[str]:
    for word in re.finditer("[A-Za-z]{3,}", name):
        for _ in range(EDITS):
            edited = _edit(word.group(), chance)
            if edited != word.group():
                yield name[: word.start()] + edited + name[word.end() :]


def _edit(word: str, chance: random.Random) -> str:
    """The word with one letter replaced, added, left out, or swapped with the next."""
    at = chance.randrange(len(word))
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    match chance.choice(("replaced", "added", "left out", "swapped")):
        case "replaced":
            return word[:at] + letter + word[at + 1 :]
        case "added":
            return word[:at] + letter + word[at:]
        case "left out":
            return word[:at] + word[at + 1 :]
    return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
