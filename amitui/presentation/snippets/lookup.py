"""How code asks for an image: by owner, name pattern and architecture, which later builds match too, or by its id.

A look-up by name always names the owner: without one it takes whatever a stranger publishes under it (whoAMI).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.image.family import family_of
from amitui.domain.image.publishers import AMAZON_ALIAS, MARKETPLACE_ALIAS, publisher_of
from amitui.domain.image.trust import Trust
from amitui.domain.products.floating import floating_pattern
from amitui.domain.visible import REPLACEMENT
from amitui.presentation.quoting import in_comment

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow

LONGEST_LABEL: Final = 60
LONGEST_VALUE: Final = 255
"""Characters in the value of a filter."""

_NO_PATTERN: Final = "nothing in its name is known to differ between builds"
_IMITATES: Final = "its name is a known publisher's, its owner is not: do not look it up by name"
_UNSEEN: Final = "its name holds characters that cannot be shown"
_LONG: Final = f"its name makes a pattern of more than {LONGEST_VALUE} characters"


class Lookup(NamedTuple):
    """One image, or the builds of one family, as code asks for it."""

    label: tuple[str, ...]
    """Words for an identifier: lower-case letters and digits, the first of them a letter; unique."""
    row: ImageRow
    """The newest build that was asked for."""
    owner: str
    """For `Owners`: an account, or an alias that only AWS gives."""
    pattern: str
    """For the filter `name`; empty: the image is pinned by its id."""
    notes: tuple[str, ...]
    """What its reader has to know, for comments; safe for any language."""
    builds: tuple[ImageRow, ...]
    """The newest build of each Region, by Region."""

    @property
    def filters(self) -> tuple[tuple[str, str], ...]:
        """(EC2's filter, value) pairs."""
        if not self.pattern:
            return (("image-id", self.row.image_id),)
        architecture = (("architecture", self.row.architecture),) if self.row.architecture else ()
        # Publishers show an image once it is there; one's own is listed while it is made, and after it failed.
        private = self.row.trust in (Trust.OWN, Trust.SHARED)
        return (("name", self.pattern), *architecture, *((("state", "available"),) if private else ()))

    def comments(self, mark: str) -> str:
        """The notes as lines that begin with a mark."""
        return "".join(f"{mark} {note}\n" for note in self.notes)

    @property
    def about(self) -> tuple[str, ...]:
        """Of the notes those that say what each build is."""
        return self.notes[: len(self.builds)]

    @property
    def snake(self) -> str:
        """The label as `words_with_underscores`."""
        return "_".join(self.label)

    @property
    def camel(self) -> str:
        """The label as `wordsWithCapitals`."""
        first, *rest = self.label
        return first + "".join(word.capitalize() for word in rest)

    @property
    def pascal(self) -> str:
        """The label as `WordsWithCapitals`."""
        return "".join(word.capitalize() for word in self.label)

    @property
    def windows(self) -> bool:
        """Whether the image holds Windows."""
        return self.row.platform[:7].lower() == "windows"


def lookups(rows: Iterable[ImageRow], *, regional: bool = False) -> list[Lookup]:
    """What finds these rows, in their order; builds that one look-up finds are one of them.

    Args:
        regional: whether each Region needs a look-up of its own, because the Region stands in the code.
    """
    found: dict[tuple[str, ...], list[ImageRow]] = {}
    for row in rows:
        owner, pattern, _ = _asked(row)
        region = (row.region,) if regional or not pattern else ()
        found.setdefault((owner, pattern or row.image_id, row.architecture, *region), []).append(row)
    several = len({builds[0].region for builds in found.values()}) > 1
    return _named(found.values(), regional=regional and several)


def pinned(rows: Iterable[ImageRow]) -> list[Lookup]:
    """One entry a family, with the newest build of each Region; for maps from Region to id."""
    found: dict[tuple[str, ...], list[ImageRow]] = {}
    for row in rows:
        owner, _, _ = _asked(row)
        # The same name of the same owner is one image, copied to several Regions; without one nothing joins them.
        family = family_of(row.name) if row.name else row.image_id
        found.setdefault((owner, family, row.architecture), []).append(row)
    return _named(found.values(), regional=False)


def _asked(row: ImageRow) -> tuple[str, str, tuple[str, ...]]:
    """Owner, pattern and notes of one row."""
    if row.trust is Trust.LOOKALIKE:
        return row.owner_id, "", (f"Pinned to this build: {_IMITATES}.",)
    floating = floating_pattern(row.name)
    if floating is None:
        why = _UNSEEN if REPLACEMENT in row.name else _NO_PATTERN
        return _owner(row), "", (f"Pinned to this build: {why}.",)
    if len(floating.pattern) > LONGEST_VALUE:
        return _owner(row), "", (f"Pinned to this build: {_LONG}.",)
    guess = (
        "The product is not known: the dates of its name float. Check that the pattern matches no other images."
    )
    return _owner(row), floating.pattern, () if floating.known else (guess,)


def _owner(row: ImageRow) -> str:
    """What `Owners` takes. Amazon's own accounts differ between Regions and partitions, its alias does not."""
    if row.trust is Trust.OWN:
        return row.owner_id
    if row.owner_alias == MARKETPLACE_ALIAS:
        return MARKETPLACE_ALIAS
    publisher = publisher_of(row.owner_id)
    if row.owner_alias == AMAZON_ALIAS and (publisher is None or publisher.amazon):
        return AMAZON_ALIAS
    return row.owner_id


def _named(groups: Iterable[list[ImageRow]], *, regional: bool) -> list[Lookup]:
    taken: set[str] = set()
    found = []
    for builds in groups:
        newest = max(builds, key=_age)
        owner, pattern, notes = _asked(newest)
        words = _words(newest, regional)
        label, number = words, 2
        while "".join(label) in taken:
            label, number = (*words, f"n{number}"), number + 1
        taken.add("".join(label))
        in_region = {row.region: row for row in sorted(builds, key=_age)}
        regions = tuple(in_region[region] for region in sorted(in_region))
        about = tuple(in_comment(f"{one.region}: {one.name or '(no name)'} ({one.image_id})") for one in regions)
        found.append(Lookup(label, newest, owner, pattern, (*about, *notes), regions))
    return found


def _age(row: ImageRow) -> tuple[int, str]:
    return row.created or 0, row.image_id


def _words(row: ImageRow, regional: bool) -> tuple[str, ...]:
    """Of the family, the architecture, and the Region where that matters."""
    texts = [family_of(row.name) if row.name else "", row.architecture, row.region if regional else ""]
    words: list[str] = []
    for word in re.findall(r"[a-z0-9]+", " ".join(texts).lower()):
        # The architecture stands in most names already.
        if word not in words[-4:] and len("".join(words)) + len(word) <= LONGEST_LABEL:
            words.append(word)
    return ("ami", *words) if words else ("ami", "image")
