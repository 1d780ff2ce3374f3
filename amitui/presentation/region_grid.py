"""The grid of Regions: a Region a line, a sign for each family. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.catalogue.region_grid import Presence, RegionCell
from amitui.domain.region import PLACES
from amitui.presentation.details.explain import DetailGroup, DetailLine
from amitui.presentation.facts import day
from amitui.presentation.text import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.presentation.details.explain import Severity
    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs

REGION_CELLS: Final = 15
PLACE_CELLS: Final = 15

_ROLES: Final = {
    Presence.NEWEST: "good",
    Presence.OLDER: "warn",
    Presence.MISSING: "bad",
    Presence.UNKNOWN: "muted",
}
_SEVERITIES: Final[dict[Presence, Severity]] = {
    Presence.NEWEST: "good",
    Presence.OLDER: "warn",
    Presence.MISSING: "bad",
    Presence.UNKNOWN: "plain",
}


def sign(presence: Presence, glyphs: Glyphs) -> str:
    """One cell for what a Region has."""
    return {
        Presence.NEWEST: glyphs.done,
        Presence.OLDER: glyphs.ahead,
        Presence.MISSING: glyphs.failed,
        Presence.UNKNOWN: glyphs.unknown,
    }[presence]


def legend(glyphs: Glyphs) -> str:
    """What the signs mean."""
    words = {
        Presence.NEWEST: "the newest",
        Presence.OLDER: "an older one",
        Presence.MISSING: "none",
        Presence.UNKNOWN: "not known",
    }
    return ", ".join(f"{sign(presence, glyphs)} {words[presence]}" for presence in Presence)


def region_row(region: str, cells: Sequence[RegionCell], glyphs: Glyphs) -> Runs:
    """A Region in one line: with one family its newest build there, with several a sign for each."""
    place = fit(PLACES.get(region, ""), PLACE_CELLS, ellipsis=glyphs.ellipsis, ascii_only=glyphs.ascii)
    head = (f"{region:<{REGION_CELLS}} {place} ", "")
    if len(cells) > 1:
        return (head, *((f" {sign(cell.presence, glyphs)}", _ROLES[cell.presence]) for cell in cells))
    cell = cells[0]
    said = (f"{sign(cell.presence, glyphs)} {cell.presence.value:<9} ", _ROLES[cell.presence])
    build = cell.build
    rest = f"{build.image_id}  {day(build.created)}" if build else cell.note
    return (head, said, (rest, "muted"))


def region_group(region: str, titles: Sequence[str], cells: Sequence[RegionCell]) -> DetailGroup:
    """What one Region has of each family, in words."""
    place = PLACES.get(region, "")
    lines = []
    for title, cell in zip(titles, cells, strict=True):
        build, severity = cell.build, _SEVERITIES[cell.presence]
        if build is None:
            lines.append(DetailLine(title, cell.presence.value, cell.note, severity))
        else:
            value = f"{cell.presence.value}: {build.image_id} of {day(build.created) or 'an unknown day'}"
            lines.append(DetailLine(title, value, build.name, severity))
    return DetailGroup(f"{region} · {place}" if place else region, tuple(lines))


def summary(rows: Sequence[Sequence[RegionCell]]) -> str:
    """How many Regions have what, of the first family."""
    counts = {presence: sum(row[0].presence is presence for row in rows) for presence in Presence}
    return ", ".join(f"{presence.value} in {count}" for presence, count in counts.items() if count)
