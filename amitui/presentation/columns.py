"""Columns as data: what each shows of an image, and which of them fit into a width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.image.billing import is_charged
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.worst_finding import WorstFinding, worst_finding_of
from amitui.domain.query.terms import SORT_COLUMNS
from amitui.presentation.facts import TRUST_WORDS, age, cause, day, region_code, size
from amitui.presentation.glyphs import UNICODE, Glyphs
from amitui.presentation.image_label import image_label
from amitui.presentation.text import short_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from amitui.domain.image.row import ImageRow

GAP: Final = 1
"""Blank cells between two columns."""


_PAID: Final = int(ImageFlag.PAID)


class Look(NamedTuple):
    """What a cell depends on beside its image."""

    now: int
    """Seconds since the epoch."""
    glyphs: Glyphs = UNICODE
    families: FamilyMarks | None = None
    """Where rows stand for families; `None`: every row is a build."""


class FamilyMarks(NamedTuple):
    """What is shown of families, by the key of a row."""

    builds: Mapping[int, int]
    """How many builds the family has whose row this is."""
    nested: Collection[int]
    """Rows of builds that are shown under the row of their family."""


_SHORT_ARCHITECTURES: Final = {"x86_64_mac": "macx86", "arm64_mac": "macarm"}

_SHORT_PUBLISHERS: Final = {"AWS Marketplace": "Marketplace"}

_SHORT_PLATFORMS: Final = (
    ("Linux/UNIX", "Linux"),
    ("Red Hat Enterprise Linux", "RHEL"),
    ("Red Hat BYOL Linux", "RHEL BYOL"),
    ("SUSE Linux", "SUSE"),
    ("Ubuntu Pro Linux", "UbuntuPro"),
    ("Ubuntu Pro", "UbuntuPro"),
    ("Windows with SQL Server", "WinSQL"),
    ("Windows BYOL", "WinBYOL"),
    (" with HA", " HA"),
    (" with SQL Server", " SQL"),
    (" Enterprise", " Ent"),
    (" Standard", " Std"),
)


def _name_cell(row: ImageRow, look: Look, width: int) -> str:
    return short_name(row.name, width, look.glyphs.ellipsis)


def _image_cell(row: ImageRow, look: Look, width: int) -> str:
    label = image_label(row)
    return short_name(row.name, width, look.glyphs.ellipsis) if label is None else label.text


def _build_cell(row: ImageRow, _look: Look, _width: int) -> str:
    label = image_label(row)
    return (label.build if label is not None else "") or day(row.created)


def _more_cell(row: ImageRow, look: Look, width: int) -> str:
    more = look.families.builds.get(row.key, 1) - 1 if look.families is not None else 0
    exact = f"+{more}" if more else ""
    # A number that is cut is another number.
    return exact if len(exact) <= width else f"+{more // 1000}k" if more < 100_000 else ">99k"


def _origin_cell(row: ImageRow, look: Look, _width: int) -> str:
    return look.glyphs.trust[row.trust] + (look.glyphs.charged if charged(row) else "")


def charged(row: ImageRow) -> bool:
    """Whether more than the instance is paid for."""
    return is_charged(row.platform, bool(int(row.flags) & _PAID))


def _publisher_cell(row: ImageRow, look: Look, width: int) -> str:
    who = row.publisher or row.owner_id
    return f"{look.glyphs.trust[row.trust]} {who if len(who) + 2 <= width else _SHORT_PUBLISHERS.get(who, who)}"


def _virt_cell(row: ImageRow, _look: Look, width: int) -> str:
    return "pv" if row.virtualization == "paravirtual" and width < 11 else row.virtualization


def _trust_cell(row: ImageRow, look: Look, _width: int) -> str:
    return f"{look.glyphs.trust[row.trust]} {TRUST_WORDS[row.trust]}"


def _architecture_cell(row: ImageRow, _look: Look, width: int) -> str:
    full = row.architecture
    return full if len(full) <= width else _SHORT_ARCHITECTURES.get(full, full)


def _platform_cell(row: ImageRow, _look: Look, width: int) -> str:
    text = row.platform
    if text == "Linux/UNIX":
        return "Linux"
    if len(text) > width:
        for full, short in _SHORT_PLATFORMS:
            text = text.replace(full, short)
    return text


def _created_cell(row: ImageRow, look: Look, _width: int) -> str:
    return "" if row.created is None else age(look.now - row.created)


def _state_cell(row: ImageRow, look: Look, width: int) -> str:
    found = cause(row, look.now)
    return "" if found is None else found.words(width)


def _region_cell(row: ImageRow, _look: Look, width: int) -> str:
    return row.region if width >= 14 else region_code(row.region)


def _root_cell(row: ImageRow, _look: Look, width: int) -> str:
    return "inst." if row.root_device_type == "instance-store" and width < 14 else row.root_device_type


def _boot_cell(row: ImageRow, _look: Look, width: int) -> str:
    mode = row.boot_mode
    return mode if len(mode) <= width else mode.replace("legacy-", "").replace("preferred", "pref")


def _description_cell(row: ImageRow, _look: Look, _width: int) -> str:
    return row.description


def _launched_cell(row: ImageRow, look: Look, _width: int) -> str:
    return "" if row.last_launched is None else age(look.now - row.last_launched)


def _severity_cell(row: ImageRow, _look: Look, width: int) -> str:
    found = worst_finding_of(row.flags)
    word = "" if found is WorstFinding.NOT_SCANNED else found.word
    return word if len(word) <= width else word[:4]


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
        _origin_cell,
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
        _image_cell,
        8,
        34,
        0,
        weight=2,
        max_width=60,
        sortable=False,
        sorts_by="name",
    ),
    Column("state", "State", "State and cause; empty when all is well", _state_cell, 6, 18, 36, right=True),
    Column("arch", "Arch", "Architecture", _architecture_cell, 6, 10, 18),
    Column(
        "build", "Build", "Build, or day of creation", _build_cell, 10, 10, 15, sortable=False, sorts_by="created"
    ),
    Column(
        "more", "More", "How many other builds the family has", _more_cell, 4, 5, 18, right=True, sortable=False
    ),
    Column("created", "Age", "Time since creation", _created_cell, 4, 4, 18, right=True),
    Column("name", "Name", "Name, as its owner gave it", _name_cell, 24, 46, 34, weight=3, max_width=128),
    Column("publisher", "Publisher", "Trust mark and publisher, or owner ID", _publisher_cell, 14, 19, 18),
    Column("trust", "Trust", "How sure the origin is, in a word", _trust_cell, 13, 13),
    Column("owner", "Owner", "Owner's account ID", lambda row, *_: row.owner_id, 12, 12),
    Column("region", "Region", "Region", _region_cell, 6, 14, 14),
    Column("platform", "Platform", "Platform and billing", _platform_cell, 9, 15, 36),
    Column("size", "GiB", "Size of all EBS volumes", lambda row, *_: size(row.size_gib), 5, 5, 36, right=True),
    Column("root", "Root", "Root device type", _root_cell, 5, 14),
    Column("boot", "Boot", "Boot mode", _boot_cell, 9, 14),
    Column("virt", "Virt", "Virtualization type", _virt_cell, 4, 11),
    Column("launched", "Launched", "Time since the last launch", _launched_cell, 8, 8, right=True),
    Column("deprecated", "Deprecates", "Deprecation date", lambda row, *_: day(row.deprecated), 10, 10),
    Column("severity", "Findings", "Worst finding of Amazon Inspector; empty: not scanned", _severity_cell, 8, 13),
    Column("description", "Description", "Description", _description_cell, 24, 40, weight=2, max_width=255),
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

_MAIN_CHOSEN: Final = 12
"""Narrowest main column that columns asked for by name leave; the table's own choice is less greedy (`leaves`)."""


def layout(
    names: Sequence[str] | None,
    width: int,
    *,
    several_regions: bool = False,
    marks: bool = True,
    families: bool = False,
) -> list[Placed]:
    """The columns that fit into `width` cells, with their widths, in their order on the screen.

    Args:
        names: what the user asked for, in that order and dropped from the end where they do not fit; `None`
            for the default. Unknown names are passed over: they may come from a newer version's settings.
        width: cells of the line.
        several_regions: adds the Region column to the default ones.
        marks: whether there is a column for marks.
        families: whether rows stand for families.
    """
    wanted = [name for name in dict.fromkeys(names or ()) if name in COLUMNS and name not in ("mark", "more")]
    if wanted:
        rank: Sequence[str] = [*wanted, *(["more"] if families else [])]
        in_order = list(rank)
    elif families:
        rank = [*_OF_FAMILIES[:3], *(["region"] if several_regions else []), *_OF_FAMILIES[3:]]
        in_order = [name for name in COLUMNS if name in rank]
    else:
        rank = [*DEFAULT_COLUMNS[:3], "region", *DEFAULT_COLUMNS[3:]] if several_regions else DEFAULT_COLUMNS
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
