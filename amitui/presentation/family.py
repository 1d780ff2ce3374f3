"""A family of images over time: a picture in text cells, and its facts in words. Pure functions of its builds."""

from __future__ import annotations

from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, Final

from amitui.domain.counts import count_of
from amitui.domain.image.family import family_of
from amitui.domain.products.identify import identify
from amitui.domain.products.known import release_notes
from amitui.domain.products.order import release_rank
from amitui.domain.products.parameters import public_parameter
from amitui.presentation.comparison import compared_groups
from amitui.presentation.details.explain import DetailGroup, DetailLine
from amitui.presentation.details.groups import distance, support_lines
from amitui.presentation.facts import day
from amitui.presentation.image_label import image_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amitui.domain.image.difference import Comparison
    from amitui.domain.image.row import ImageRow
    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs

_DAY: Final = 86_400
_MONTH: Final = 2_629_746

LABEL_CELLS: Final = 12
"""Of what a line of the picture shows."""

_MOST_CELLS: Final = 96
_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_DIGITS: Final = "123456789#"

_ALWAYS_DIFFERENT: Final = ("ImageId", "Name", "CreationDate", "DeprecationTime", "ImageLocation")
"""Fields that differ between any two builds, and say nothing of what has changed."""


def family_title(image: ImageRow) -> str:
    """What a family is called: product, variant and architecture."""
    label = image_label(image)
    name = (label.text if label else family_of(image.name)) or image.name or image.image_id
    return f"{name} {image.architecture}" if image.architecture else name


# The picture


def history_picture(builds: Sequence[ImageRow], width: int, *, now: int, glyphs: Glyphs) -> Iterator[Runs]:
    """Builds, sizes and deprecation over time, from the first build to now, in lines of at most `width` cells.

    Args:
        builds: of one family.
        width: cells; below about 30 there is no room for a picture.
        now: seconds since the epoch.
        glyphs: by what the terminal shows.
    """
    dated = [build for build in builds if build.created is not None]
    cells = min(width - LABEL_CELLS, _MOST_CELLS)
    if not dated or cells < LABEL_CELLS:
        return
    first = min(build.created or 0 for build in dated)
    span = max(now - first, _DAY)
    buckets: list[list[ImageRow]] = [[] for _ in range(cells)]
    for build in dated:
        place = ((build.created or 0) - first) * cells // span
        buckets[max(0, min(place, cells - 1))].append(build)
    counts = [len(bucket) for bucket in buckets]
    sizes = [max((build.size_gib for build in bucket), default=0) for bucket in buckets]
    yield _line("builds", heights(counts, max(counts), glyphs), "good")
    if any(sizes):
        yield _line("size", heights(sizes, max(sizes), glyphs), "")
    yield _line("deprecated", "".join(_deprecation(bucket, now, glyphs) for bucket in buckets), "warn")
    start, end = day(first), "now"
    yield _line("", f"{start}{' ' * (cells - len(start) - len(end))}{end}", "muted")
    yield _line("", f"one cell is {_span(span // cells)}; {glyphs.failed} deprecated, {glyphs.done} not", "muted")


def _line(label: str, text: str, role: str) -> Runs:
    return ((f"{label:<{LABEL_CELLS}}", "label"), (text.rstrip(), role))


def heights(values: Sequence[int], most: int, glyphs: Glyphs) -> str:
    """A cell for each value: blank for none; else its share of the greatest as a block, or in ASCII as a digit."""
    steps = _DIGITS if glyphs.ascii else _BLOCKS
    if glyphs.ascii and most < len(steps):
        return "".join(steps[value - 1] if value else " " for value in values)
    return "".join(steps[max(0, value * len(steps) // most - 1)] if value else " " for value in values)


def _deprecation(bucket: Sequence[ImageRow], now: int, glyphs: Glyphs) -> str:
    """Whether builds of a time are deprecated: all, some or none of them."""
    gone = sum(build.deprecated is not None and build.deprecated <= now for build in bucket)
    if not bucket:
        return " "
    return glyphs.done if not gone else glyphs.failed if gone == len(bucket) else "/"


def _span(seconds: int) -> str:
    days = max(1, round(seconds / _DAY))
    return count_of(days, "day") if days < 60 else count_of(round(seconds / _MONTH), "month")


# The facts


def family_groups(builds: Sequence[ImageRow], *, now: int) -> Iterator[DetailGroup]:
    """What is to be said of a family.

    Args:
        builds: in one Region, the newest first; one at least.
        now: seconds since the epoch.
    """
    newest = usable(builds, now)
    lines = [
        DetailLine("Newest build", newest.image_id, newest.name, severity="good"),
        *_dated("Created", newest.created, now),
        DetailLine("Publisher", newest.publisher or newest.owner_id, "" if newest.publisher else "owner"),
        DetailLine("Builds", _build_words(builds, now)),
    ]
    if cadence := _cadence(builds):
        lines.append(DetailLine("Cadence", cadence))
    if sizes := _sizes(builds):
        lines.append(DetailLine("Size", sizes))
    lines += support_lines(newest.name, newest.description, newest.platform, now)
    yield DetailGroup(family_title(newest), tuple(lines))
    yield DetailGroup("Where it comes from", tuple(_sources(newest)))


def usable(builds: Sequence[ImageRow], now: int) -> ImageRow:
    """The newest build that can be launched and is not deprecated, else the newest of all."""

    def rank(build: ImageRow) -> tuple[bool, tuple[int, ...], int]:
        live = build.state == "available" and (build.deprecated is None or build.deprecated > now)
        return live, release_rank(build.name), build.created or 0

    return max(builds, key=rank)


def _dated(label: str, seconds: int | None, now: int) -> Iterator[DetailLine]:
    if seconds is not None:
        yield DetailLine(label, f"{day(seconds)} ({distance(seconds - now)})")


def _build_words(builds: Sequence[ImageRow], now: int) -> str:
    dates = [build.created for build in builds if build.created is not None]
    gone = sum(build.deprecated is not None and build.deprecated <= now for build in builds)
    words = [count_of(len(builds), "build") + (f" since {day(min(dates))}" if dates else "")]
    words += [f"{gone:,} deprecated"] if gone else []
    return ", ".join(words)


def _cadence(builds: Sequence[ImageRow]) -> str:
    """How far builds are apart, mostly; empty with fewer than three."""
    dates = sorted({build.created // _DAY for build in builds if build.created is not None})
    if len(dates) < 3:
        return ""
    gaps = [after - before for before, after in pairwise(dates)]
    shortest, longest = min(gaps), max(gaps)
    range_ = f", {shortest} to {longest} between two" if shortest != longest else ""
    return f"every {count_of(median_low(gaps), 'day')}{range_}"


def _sizes(builds: Sequence[ImageRow]) -> str:
    known = [build.size_gib for build in builds if build.size_gib]
    if not known:
        return ""
    least, most = min(known), max(known)
    return f"{known[0]} GiB" + (f", {least} to {most} GiB over time" if least != most else "")


def _sources(image: ImageRow) -> Iterator[DetailLine]:
    identity = identify(image.name) if image_label(image) is not None else None
    notes = release_notes().get(identity.product, "") if identity else ""
    yield DetailLine("Release notes", notes or "no address is known to amitui")
    parameter = public_parameter(image)
    note = "Names the newest build in every Region." if parameter else ""
    yield DetailLine("SSM parameter", parameter or "none is known for this family", note)


# What has changed


def change_group(before: ImageRow, comparison: Comparison) -> DetailGroup:
    """What a build differs in from the one before it, without what differs between any two builds."""
    telling = comparison._replace(
        differences=tuple(one for one in comparison.differences if not _differs_always(one.path))
    )
    lines = [
        DetailLine(line.label, f"{line.sign} {line.values}", group.title)
        for group in compared_groups(telling)
        for line in group.lines
    ]
    title = f"Changes since {before.image_id} of {day(before.created) or 'an unknown day'}"
    nothing = DetailLine("Nothing", "but ID, name, dates and snapshots")
    return DetailGroup(title, tuple(lines) or (nothing,))


def _differs_always(path: Sequence[str]) -> bool:
    return path[0] in _ALWAYS_DIFFERENT or path[-1] == "SnapshotId"


# The list of builds


def build_row(build: ImageRow, *, now: int, id_cells: int) -> Runs:
    """A build in one line: creation, image ID, size, what is wrong with it, and its number, else its name."""
    label = image_label(build)
    what = build.state if build.state != "available" else ""
    if build.deprecated is not None and build.deprecated <= now:
        what = what or "deprecated"
    size = f"{build.size_gib} GiB" if build.size_gib else ""
    head = f"{day(build.created) or '-':<10}  {build.image_id:<{id_cells}}  {size:>8}  "
    called = (label.build if label else "") or build.name
    return ((head, ""), *(((f"{what}  ", "warn"),) if what else ()), (called, "muted"))
