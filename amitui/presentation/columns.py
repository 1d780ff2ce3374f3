"""Columns as data: what each shows of an image, and which of them fit into a width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.query.terms import SORT_COLUMNS
from amitui.presentation import cells
from amitui.presentation.facts import day, size
from amitui.presentation.glyphs import UNICODE, Glyphs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from amitui.domain.image.row import ImageRow

GAP: Final = 1
"""Blank cells between two columns."""


def no_account(_row: ImageRow) -> str:
    """Where it is not known whose images are shown."""
    return ""


def no_progress(_row: ImageRow) -> int | None:
    """Where nobody watches images that are being made."""
    return None


class Look(NamedTuple):
    """What a cell depends on beside its image."""

    now: int
    """Seconds since the epoch."""
    glyphs: Glyphs = UNICODE
    families: FamilyMarks | None = None
    """Where rows stand for families; `None`: every row is a build."""
    account_name: Callable[[ImageRow], str] = no_account
    """What the account is called that an image belongs to, or is shared with; empty: everybody sees it."""
    progress: Callable[[ImageRow], int | None] = no_progress
    """Per cent of an image's data that are there while it is being made; `None`: not known, or it is made."""


class FamilyMarks(NamedTuple):
    """What is shown of families, by the key of a row."""

    builds: Mapping[int, int]
    """How many builds the family has whose row this is."""
    nested: Collection[int]
    """Rows of builds that are shown under the row of their family."""


class Column(NamedTuple):
    """One column: what it shows of a row, and how it shares the width with the others."""

    name: str
    """As settings, `sort:` and the column chooser call it."""
    title: str
    about: str
    """What it shows, for the column chooser."""
    render: Callable[[ImageRow, Look, int], str]
    """(row, look, width) → text that need be neither cut nor padded."""
    min_width: int
    ideal_width: int
    leaves: int = 46
    """Unasked, the column comes in only where the main column keeps so many cells; 0 = in any case."""
    right: bool = False
    """Whether it is aligned to the right."""
    weight: int = 0
    """Share of what is left when all columns have their ideal width."""
    max_width: int = 0
    """With a weight: where growing ends."""
    sortable: bool = True
    sorts_by: str = ""
    """What choosing the heading sorts by, of a column that has no order of its own."""

    @property
    def order(self) -> str:
        """The column that choosing its heading sorts by; empty: none."""
        return self.name if self.sortable else self.sorts_by


MAIN_COLUMNS: Final = ("image", "name")
"""The first of them that is shown says what an image is; it takes the room that is left."""


class Placed(NamedTuple):
    """A column of a layout."""

    column: Column
    width: int


_ALL: Final = (
    Column("mark", "", "Marked rows", lambda *_: "", 1, 1, 0, sortable=False),
    Column("id", "Image ID", "Image ID, never shortened", lambda row, *_: row.image_id, 21, 21, 0),
    Column(
        "origin",
        "",
        "Trust mark, and $ for charges beyond the instance",
        cells.origin_cell,
        2,
        2,
        12,
        sortable=False,
        sorts_by="trust",
    ),
    Column(
        "image",
        "Image",
        "Product, release and variant; else the name",
        cells.image_cell,
        8,
        34,
        0,
        weight=2,
        max_width=60,
        sortable=False,
        sorts_by="name",
    ),
    Column("state", "State", "State and cause; empty when all is well", cells.state_cell, 6, 18, 36, right=True),
    Column("arch", "Arch", "Architecture", cells.architecture_cell, 6, 10, 18),
    Column(
        "build",
        "Build",
        "Build, or day of creation",
        cells.build_cell,
        10,
        10,
        15,
        sortable=False,
        sorts_by="created",
    ),
    Column(
        "more",
        "More",
        "How many other builds the family has",
        cells.more_cell,
        4,
        5,
        18,
        right=True,
        sortable=False,
    ),
    Column("created", "Age", "Time since creation", cells.created_cell, 4, 4, 18, right=True),
    Column("name", "Name", "Name, as its owner gave it", cells.name_cell, 24, 46, 34, weight=3, max_width=128),
    Column("publisher", "Publisher", "Trust mark and publisher, or owner ID", cells.publisher_cell, 14, 19, 18),
    Column("trust", "Trust", "How sure the origin is, in a word", cells.trust_cell, 13, 13),
    Column("owner", "Owner", "Owner's account ID", lambda row, *_: row.owner_id, 12, 12),
    Column(
        "account",
        "Account",
        "Account that the image belongs to, or is shared with",
        cells.account_cell,
        12,
        16,
        14,
        sortable=False,
        sorts_by="owner",
    ),
    Column("region", "Region", "Region", cells.region_cell, 6, 14, 14),
    Column("platform", "Platform", "Platform and billing", cells.platform_cell, 9, 15, 36),
    Column("size", "GiB", "Size of all EBS volumes", lambda row, *_: size(row.size_gib), 5, 5, 36, right=True),
    Column("root", "Root", "Root device type", cells.root_cell, 5, 14),
    Column("boot", "Boot", "Boot mode", cells.boot_cell, 9, 14),
    Column("virt", "Virt", "Virtualization type", cells.virt_cell, 4, 11),
    Column("launched", "Launched", "Time since the last launch", cells.launched_cell, 8, 8, right=True),
    Column("deprecated", "Deprecates", "Deprecation date", lambda row, *_: day(row.deprecated), 10, 10),
    Column("severity", "Findings", "Worst finding of Inspector; empty: not scanned", cells.severity_cell, 8, 13),
    Column("description", "Description", "Description", cells.description_cell, 24, 40, weight=2, max_width=255),
)

if wrong := [
    column.name for column in _ALL if column.sortable and (column.sorts_by or column.name) not in SORT_COLUMNS
]:
    raise TypeError(f"the index cannot sort by {', '.join(wrong)}")

COLUMNS: Final[dict[str, Column]] = {column.name: column for column in _ALL}
"""By name; their order is that on the screen when the user asked for none."""

DEFAULT_COLUMNS: Final = (
    *("id", "image", "origin", "build", "arch", "created", "publisher", "name", "state", "platform", "size"),
    *("description", "owner", "boot", "launched", "deprecated", "root", "virt"),
)
"""The most wanted first: what the width allows is shown, in the order of `COLUMNS`."""

_OF_FAMILIES: Final = (
    *("id", "image", "origin", "build", "more", "arch", "publisher", "created"),
    *(name for name in DEFAULT_COLUMNS[7:]),
)
"""The same where rows stand for families: the build says how old one is."""

_UNCONDITIONAL: Final = ("mark", "id")

_MAIN_LEAST: Final = 8
"""Narrower, the main column says nothing and is left out."""

_ID_AND_MAIN: Final = sum(COLUMNS[name].min_width + GAP for name in _UNCONDITIONAL) + _MAIN_LEAST
"""Narrowest line of which the image ID and the main column have a part each."""

_MAIN_CHOSEN: Final = 12
"""Narrowest main column that columns asked for by name leave; the table's own choice is less greedy (`leaves`)."""


def layout(
    names: Sequence[str] | None,
    width: int,
    *,
    several_regions: bool = False,
    several_accounts: bool = False,
    marks: bool = True,
    families: bool = False,
) -> list[Placed]:
    """The columns that fit into `width` cells, with their widths, in their order on the screen.

    Args:
        names: what the user asked for, in that order and dropped from the end where they do not fit; `None`
            for the default. Unknown names are passed over: they may come from a newer version's settings.
        width: cells of the line.
        several_regions: adds the Region column to the default ones.
        several_accounts: the same with the Account column.
        marks: whether there is a column for marks.
        families: whether rows stand for families.
    """
    wanted = [name for name in dict.fromkeys(names or ()) if name in COLUMNS and name not in ("mark", "more")]
    if wanted:
        rank: Sequence[str] = [*wanted, *(["more"] if families else [])]
        in_order = list(rank)
    else:
        best = _OF_FAMILIES if families else DEFAULT_COLUMNS
        where = [*(["account"] if several_accounts else []), *(["region"] if several_regions else [])]
        rank = [*best[:3], *where, *best[3:]]
        if width < _ID_AND_MAIN:
            rank.remove("id")  # what an image is says more than a part of its ID, which can be copied unseen
        in_order = [name for name in COLUMNS if name in rank]
    admitted = _admit([COLUMNS[name] for name in (["mark", *rank] if marks else rank)], width, bool(wanted))
    widths = _grow(admitted, width)
    return [Placed(COLUMNS[name], widths[name]) for name in ("mark", *in_order) if name in widths]


def _admit(ranked: Sequence[Column], width: int, chosen: bool) -> list[Column]:
    """Those of `ranked`, best first, whose narrowest widths fit."""
    names = [column.name for column in ranked]
    main = next((name for name in MAIN_COLUMNS if name in names), "")
    admitted: list[Column] = []
    left = width + GAP
    for column in sorted(ranked, key=lambda column: column.name not in _UNCONDITIONAL):
        if column.name == main:
            admitted.append(column)
            continue
        # The main column's own width is not taken off `left`: it is what `left` becomes.
        rest = left - column.min_width - GAP
        least = 0 if not main else _MAIN_CHOSEN + GAP if chosen else column.leaves + GAP
        if column.name in _UNCONDITIONAL or rest >= least:
            admitted.append(column)
            left = rest
    if main and left < _MAIN_LEAST + GAP:
        admitted = [column for column in admitted if column.name != main]
    return admitted


def _grow(admitted: Sequence[Column], width: int) -> dict[str, int]:
    """Widths: all get their least, then their ideal from the best down, then the weighty ones share the rest."""
    main = next((name for name in MAIN_COLUMNS if any(column.name == name for column in admitted)), "")
    widths = {column.name: _MAIN_LEAST if column.name == main else column.min_width for column in admitted}
    left = width - sum(widths.values()) - GAP * max(0, len(admitted) - 1)
    for column in admitted:
        more = min(max(left, 0), column.ideal_width - widths[column.name])
        widths[column.name] += more
        left -= more
    elastic = [column for column in admitted if column.weight]
    while left > 0 and elastic:
        total = sum(column.weight for column in elastic)
        share = left
        for column in elastic:
            more = min(max(1, share * column.weight // total), column.max_width - widths[column.name], left)
            widths[column.name] += more
            left -= more
        elastic = [column for column in elastic if widths[column.name] < column.max_width]
    return widths
