"""The screen "Clean up images" in text cells: rows of families and builds, histograms, details. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.costs import StorageCost, money, source_words
from amitui.domain.counts import count_of
from amitui.domain.retention.rule import Means
from amitui.presentation.clean_plan import cost_words, saving_words
from amitui.presentation.details.explain import DetailGroup, DetailLine
from amitui.presentation.facts import age, day, region_code
from amitui.presentation.family import heights
from amitui.presentation.text import cell_width, fit, short_name

if TYPE_CHECKING:
    from amitui.domain.retention.families import FamilySummary
    from amitui.domain.retention.own_image import OwnImage
    from amitui.domain.retention.plan import Decision
    from amitui.domain.retention.survey import Survey
    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs

MARK_CELLS: Final = 2
LEAST_NAME: Final = 22
MOST_ACCOUNT: Final = 18
"""Cells of an account's name in a row."""
LEAST_ACCOUNT: Final = 6
"""Cells below which an account's name tells nothing: it then stands among the details alone."""
LEAST_WHY: Final = 48
"""Cells that a reason keeps before what a build costs gets its column."""
HISTOGRAM_CELLS: Final = 12
"""Of a histogram in a row."""
LABEL_CELLS: Final = 10
MOST_CELLS: Final = 96
NAMED: Final = 5
"""Reasons and users that are named; the others are counted."""
_DAY: Final = 86_400


class Widths(NamedTuple):
    """Widths of the columns, 0 for one that is left out."""

    name: int
    builds: int = 7
    histogram: int = 0
    launched: int = 0
    cost: int = 9
    saves: int = 9
    account: int = 0


class BuildWidths(NamedTuple):
    """Widths of the columns of builds, 0 for one that is left out."""

    image_id: int
    why: int
    region: int = 0
    created: int = 10
    cost: int = 0


# Families


def family_widths(width: int, account_cells: int = 0) -> Widths:
    """The columns that fit into `width` cells: name, builds, cost and savings in any case.

    Args:
        account_cells: of the longest name of an account; 0: there is one account alone.
    """
    fixed = MARK_CELLS + 7 + 9 + 9
    left = width - fixed
    account = min(MOST_ACCOUNT, max(account_cells, len("ACCOUNT"))) + 1 if account_cells else 0
    if left - account < LEAST_NAME:
        account = min(account, left // 2) if left // 2 > LEAST_ACCOUNT else 0
    left -= account
    launched = 8 if left - 8 >= LEAST_NAME else 0
    left -= launched
    histogram = HISTOGRAM_CELLS + 2 if left - HISTOGRAM_CELLS - 2 >= LEAST_NAME else 0
    return Widths(max(8, left - histogram), histogram=histogram, launched=launched, account=account)


def family_head(widths: Widths) -> str:
    """The titles of the columns, as wide as they are."""
    cells = [" " * MARK_CELLS + fit("FAMILY", widths.name)]
    if widths.account:
        cells.append(" " + fit("ACCOUNT", widths.account - 1))
    cells.append("BUILDS".rjust(widths.builds))
    if widths.histogram:
        cells.append("  " + fit("OVER TIME", widths.histogram - 2))
    if widths.launched:
        cells.append("LAUNCH".rjust(widths.launched))
    return "".join((*cells, "A MONTH".rjust(widths.cost), "SAVES".rjust(widths.saves)))


def family_row(
    family: FamilySummary, widths: Widths, marked: Collection[str], *, now: float, glyphs: Glyphs
) -> Runs:
    """A family in one line."""
    count = sum(image.key in marked for image in family.images)
    runs = [(mark_of(count, len(family.going) or len(family.images), glyphs), "key")]
    name = f"{family.label} {family.architecture}".strip()
    shown = short_name(name, widths.name, glyphs.ellipsis)
    runs.append((fit(shown, widths.name, ellipsis=glyphs.ellipsis, ascii_only=glyphs.ascii), ""))
    if widths.account:
        account = fit(family.account, widths.account - 1, ellipsis=glyphs.ellipsis, ascii_only=glyphs.ascii)
        runs.append((" " + account, "muted"))
    runs.append((str(len(family.images)).rjust(widths.builds), ""))
    if widths.histogram:
        dates = [image.created for image in family.images]
        runs.append(("  " + histogram(dates, widths.histogram - 2, now=now, glyphs=glyphs), "good"))
    if widths.launched:
        launched = family.last_launched
        words = age(int(now - launched)) if launched is not None else "-"
        runs.append((words.rjust(widths.launched), "muted"))
    runs.append((short_cost(family.costs).rjust(widths.cost), ""))
    runs.append((short_saving(family.saves).rjust(widths.saves), "good" if family.saved else "muted"))
    return tuple(runs)


def mark_of(count: int, of: int, glyphs: Glyphs) -> str:
    """Whether none, some or all are marked, in two cells."""
    return "  " if not count else f"{glyphs.mark} " if count >= of else "- "


def short_cost(costs: Sequence[StorageCost]) -> str:
    """What snapshots cost a month in all, in few cells; `+` where there is more than one currency."""
    if not costs:
        return "-"
    return money(costs[0].total, costs[0].currency) + ("+" if len(costs) > 1 else "")


def short_saving(costs: Sequence[StorageCost]) -> str:
    """What goes a month, in few cells."""
    own = [cost for cost in costs if cost.own_snapshots]
    return money(own[0].own, own[0].currency) + ("+" if len(own) > 1 else "") if own else "-"


def histogram(dates: Sequence[int | None], cells: int, *, now: float, glyphs: Glyphs) -> str:
    """How many builds there are over time, from the first one to now, in exactly `cells` cells."""
    counts = _buckets(dates, cells, now)
    return heights(counts, max(counts), glyphs) if any(counts) else " " * cells


def _buckets(dates: Sequence[int | None], cells: int, now: float) -> list[int]:
    known = [date for date in dates if date is not None]
    counts = [0] * cells
    first = min(known, default=0)
    span = max(int(now) - first, _DAY)
    for date in known:
        counts[max(0, min((date - first) * cells // span, cells - 1))] += 1
    return counts


def picture(
    family: FamilySummary, marked: Collection[str], width: int, *, now: float, glyphs: Glyphs
) -> Iterator[Runs]:
    """Builds over time in lines of at most `width` cells: all, those that would go, those that are marked."""
    cells = min(width - LABEL_CELLS, MOST_CELLS)
    dates = [image.created for image in family.images if image.created is not None]
    if cells < LABEL_CELLS or not dates:
        return
    counts = _buckets(dates, cells, now)
    most = max(counts)
    yield _line("builds", heights(counts, most, glyphs), "")
    for label, chosen, role in (
        ("to go", [one.image for one in family.going], "warn"),
        ("marked", [image for image in family.images if image.key in marked], "key"),
    ):
        found = [image.created for image in chosen if image.created is not None]
        if found:
            # In the same cells as the builds above.
            part = [0] * cells
            first, span = min(dates), max(int(now) - min(dates), _DAY)
            for date in found:
                part[max(0, min((date - first) * cells // span, cells - 1))] += 1
            yield _line(label, heights(part, most, glyphs), role)
    start, end = day(min(dates)), "now"
    yield _line("", f"{start}{' ' * max(1, cells - len(start) - len(end))}{end}", "muted")


def _line(label: str, text: str, role: str) -> Runs:
    return ((f"{label:<{LABEL_CELLS}}", "label"), (text.rstrip(), role))


def family_details(family: FamilySummary, survey: Survey, *, now: float) -> Iterator[DetailGroup]:
    """What is to be said of a family."""
    images = family.images
    states = [(word, sum(image.state == word for image in images)) for word in ("disabled", "failed", "pending")]
    deprecated = sum(image.deprecated is not None and image.deprecated <= now for image in images)
    words = [count_of(len(images), "build"), *(f"{count} {word}" for word, count in states if count)]
    words += [f"{deprecated} deprecated"] if deprecated else []
    regions = list(dict.fromkeys(image.region for image in images))
    launched = family.last_launched
    lines = [
        *_account_line(family.account),
        DetailLine("Builds", ", ".join(words), ", ".join(regions)),
        DetailLine("Cost a month", *_cost_lines(family.costs, survey, regions)),
        DetailLine("Saves", saving_words(family.saves), _going_words(family), "good" if family.saved else "plain"),
        DetailLine(
            "Last launch",
            f"{day(launched)} ({age(int(now - launched))} ago)" if launched is not None else "none is known",
            "EC2 reports launches a day late, and since April 2017.",
        ),
        *_use_lines(family),
    ]
    yield DetailGroup(f"{family.label} {family.architecture}".strip(), tuple(lines))


def _account_line(account: str) -> Sequence[DetailLine]:
    return [DetailLine("Account", account)] if account else ()


def _cost_lines(costs: Sequence[StorageCost], survey: Survey, regions: Sequence[str]) -> tuple[str, str]:
    sources = dict.fromkeys(source_words(one.prices) for one in survey.regions if one.region in regions)
    sizes = [
        f"{cost.own_gib:,.0f} GiB of its own" + (f", {cost.shared_gib:,.0f} GiB shared" if cost.shared_gib else "")
        for cost in costs
    ]
    return cost_words(costs) or "nothing", "; ".join((*(f"At most, {size}" for size in sizes), *sources))


def _going_words(family: FamilySummary) -> str:
    going = family.going
    if not going:
        return "Nothing of it goes by the rule."
    listed = ", ".join(
        f"{sum(one.means is means for one in going)} to {means}"
        for means in Means
        if any(one.means is means for one in going)
    )
    return f"By the rule: {listed}."


def _use_lines(family: FamilySummary) -> Iterator[DetailLine]:
    if family.uses:
        kinds = ", ".join(f"{kind} ({count})" for kind, count in family.uses.items())
        named = list(dict.fromkeys(use.words for one in family.decisions for use in one.uses))
        more = f"; and {len(named) - NAMED} more" if len(named) > NAMED else ""
        yield DetailLine("Needed by", kinds, "; ".join(named[:NAMED]) + more, "warn")
    else:
        yield DetailLine("Needed by", "nothing that was found")
    protected, public = (
        sum(values) for values in ([i.protected for i in family.images], [i.public for i in family.images])
    )
    yield DetailLine("Protected", str(protected) if protected else "none")
    yield DetailLine(
        "Public", str(public) if public else "none", "With whom others are shared stands beside each build."
    )


# Builds


def build_widths(width: int, id_cells: int, regions: int) -> BuildWidths:
    """The columns that fit into `width` cells: id, day and the reason in any case.

    What a build costs is among its details, too: it is left out where it would cut reasons short.
    """
    left = width - MARK_CELLS - id_cells - 12
    region = 7 if regions > 1 and left - 7 >= LEAST_NAME else 0
    left -= region
    cost = 9 if left - 9 - 1 >= LEAST_WHY else 0
    return BuildWidths(id_cells, max(8, left - cost - 1), region, cost=cost)


def build_head(widths: BuildWidths) -> str:
    """The titles of the columns, as wide as they are."""
    cells = [" " * MARK_CELLS + fit("IMAGE", widths.image_id), "  " + fit("CREATED", widths.created)]
    if widths.region:
        cells.append(" " + fit("REGION", widths.region - 1))
    if widths.cost:
        cells.append("A MONTH".rjust(widths.cost))
    return "".join((*cells, " " + fit("WHY", widths.why)))


def build_row(
    decision: Decision, widths: BuildWidths, survey: Survey, marked: Collection[str], glyphs: Glyphs
) -> Runs:
    """A build in one line: what becomes of it, and why."""
    image = decision.image
    cells = [
        fit(image.image_id, widths.image_id),
        "  " + fit(day(image.created) or "-", widths.created),
        *([" " + fit(region_code(image.region), widths.region - 1)] if widths.region else []),
        *([short_cost(survey.cost([image])).rjust(widths.cost)] if widths.cost else []),
    ]
    words = f"{decision.means or 'stays'}: {decision.reasons[0].removeprefix('it is ')}"
    if cell_width(words) > widths.why and words.endswith(")"):
        words = words.rpartition(" (")[0]  # what the rule says stands below the list
    why = fit(words, widths.why, ellipsis=glyphs.ellipsis, ascii_only=glyphs.ascii)
    return (
        (mark_of(image.key in marked, 1, glyphs), "key"),
        ("".join(cells), ""),
        (" " + why, "warn" if decision.means else "muted"),
    )


def build_details(
    decision: Decision, survey: Survey, shared: str, account: str = "", *, now: float
) -> Iterator[DetailGroup]:
    """What is to be said of a build.

    Args:
        account: what its account is called; empty: there is one alone.
        shared: with whom it is shared, or why that is not known; empty while it is being read.
    """
    image = decision.image
    what = f"to {decision.means}" if decision.means else "stays"
    reasons = [DetailLine("Why" if index == 0 else "", words) for index, words in enumerate(decision.reasons)]
    lines = [DetailLine("By the rule", what, severity="warn" if decision.means else "good"), *reasons]
    lines += [
        *_account_line(account),
        DetailLine("Image", image.image_id, image.region),
        DetailLine("State", image.state, _deprecation_words(image, now)),
        DetailLine("Last launch", day(image.last_launched) or "none is known"),
        DetailLine("Snapshots", *_snapshot_words(image, survey)),
        DetailLine("Protected", image.protection if image.protected else "no"),
        DetailLine("Shared", "with everyone" if image.public else shared or "reading…"),
    ]
    yield DetailGroup(image.label, tuple(lines))


def _deprecation_words(image: OwnImage, now: float) -> str:
    if image.deprecated is None:
        return "no deprecation date"
    return (
        f"deprecated since {day(image.deprecated)}"
        if image.deprecated <= now
        else f"deprecated from {day(image.deprecated)} on"
    )


def _snapshot_words(image: OwnImage, survey: Survey) -> tuple[str, str]:
    costs = survey.cost([image])
    listed = ", ".join(
        f"{one.snapshot_id} {one.gib:,.0f} GiB{' archived' if one.archived else ''}" for one in image.snapshots
    )
    return (f"{cost_words(costs) or 'nothing'} a month at most", listed)
