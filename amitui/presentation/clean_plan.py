"""The plan of a clean-up as text for people and as JSON: what goes, what stays, and why. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from amitui.domain.costs import StorageCost, money, source_words
from amitui.domain.counts import count_of
from amitui.domain.retention.survey import saved
from amitui.domain.visible import show_invisible
from amitui.presentation.export import iso
from amitui.presentation.text import cell_width, short_name
from amitui.presentation.wrapping import wrapped

if TYPE_CHECKING:
    from amitui.domain.retention.accounts import Owners
    from amitui.domain.retention.plan import Decision, RetentionPlan
    from amitui.domain.retention.survey import Survey

KEEP: Final = "keep"
"""What stands for images that stay as they are."""
_WHY_LEAST: Final = 40
"""Cells below which reasons stand below their row."""
_NAME_LEAST: Final = 20
"""Cells below which a name tells too little."""
_EXPENDABLE: Final = ("SNAPSHOTS", "CREATED", "REGION")
"""Columns that are left out of a narrow terminal, in this order."""
_INDENT: Final = " " * 4
_HEAD: Final = ("DECISION", "REGION", "IMAGE", "CREATED", "SNAPSHOTS", "NAME", "WHY")


def table_lines(
    plan: RetentionPlan, survey: Survey, width: int | None = None, owners: Owners | None = None
) -> Iterator[str]:
    """The table, those that go first, an entry for each image with the reasons at its end; none without images.

    Args:
        width: of the terminal: reasons go on in further lines, in a narrow one below the row; there columns are
            left out and names shortened, too. `None`: each image has one line, and nothing is left out.
        owners: whose the images are, where there are several accounts.
    """
    if not plan.decisions:
        return
    ordered = sorted(plan.decisions, key=lambda one: one.means is None)
    *columns, why = map(list, zip(_HEAD, *(_row(one, survey) for one in ordered), strict=True))
    table = dict(zip(_HEAD, columns, strict=False))
    if owners is not None and owners.accounts:
        names = ["ACCOUNT", *(owners.name_of(one.image.key) for one in ordered)]
        table = {"DECISION": table.pop("DECISION"), "ACCOUNT": names, **table}
    below = width is not None and width - _used(table) < min(_WHY_LEAST, max(map(cell_width, why)))
    if width is not None and below:
        _narrow(table, width)
        why[0] = ""
    widths = [max(map(cell_width, cells)) for cells in table.values()]
    for *cells, reasons in zip(*table.values(), why, strict=True):
        start = "  ".join(cell + " " * (room - cell_width(cell)) for cell, room in zip(cells, widths, strict=True))
        if not below:
            yield from (line.rstrip() for line in _beside(start + "  ", reasons, width))
            continue
        yield start.rstrip()
        if reasons:
            yield from wrapped(reasons, width or 0, first=_INDENT, rest=_INDENT)


def _beside(start: str, reasons: str, width: int | None) -> list[str]:
    return wrapped(reasons, width or 0, first=start, rest=" " * cell_width(start))


def _narrow(table: dict[str, list[str]], width: int) -> None:
    """Leave out columns and shorten names until the table without its reasons fits."""
    for head in _EXPENDABLE:
        if width - _used(table) + max(map(cell_width, table["NAME"])) + 2 < _NAME_LEAST:
            del table[head]
    others = sum(max(map(cell_width, cells)) + 2 for head, cells in table.items() if head != "NAME")
    room = max(_NAME_LEAST, width - others)
    table["NAME"] = [name if cell_width(name) <= room else short_name(name, room) for name in table["NAME"]]


def _used(table: dict[str, list[str]]) -> int:
    """Cells before the reasons."""
    return sum(max(map(cell_width, cells)) + 2 for cells in table.values())


def nothing_words(plan: RetentionPlan, regions: Sequence[str]) -> str:
    """Why a plan has no image at all."""
    rule = plan.rule
    if not plan.left_alone:
        return f"you have no images in {', '.join(regions)}"
    settings = (("families", rule.families), ("exclude", rule.exclude))
    patterns = " and ".join(
        f"{key} = {json.dumps(values, ensure_ascii=False)}" for key, values in settings if values
    )
    return show_invisible(f"no image of yours matches {patterns}")


def _row(decision: Decision, survey: Survey) -> tuple[str, ...]:
    image = decision.image
    return (
        decision.means or KEEP,
        image.region,
        image.image_id,
        iso(image.created)[:10] or "not known",
        cost_words(survey.cost([image])) or "-",
        image.name or "-",
        "; ".join(decision.reasons),
    )


def cost_words(costs: Sequence[StorageCost]) -> str:
    """What snapshots cost a month: `$0.40`, `$0.40 + $1.00 shared`; empty for none."""
    parts = []
    for cost in costs:
        shared = f"{money(cost.shared, cost.currency)} shared" if cost.shared_snapshots else ""
        own = money(cost.own, cost.currency) if cost.own_snapshots else ""
        parts.append(" + ".join(part for part in (own, shared) if part))
    return ", ".join(part for part in parts if part)


def short_saving_words(costs: Iterable[StorageCost]) -> str:
    """What is saved: `up to $4.10 a month`; `nothing` for nothing."""
    return (
        " and ".join(f"up to {money(cost.own, cost.currency)} a month" for cost in costs if cost.own_snapshots)
        or "nothing"
    )


def saving_words(costs: Iterable[StorageCost]) -> str:
    """What is saved: `up to $4.10 a month (estimate; 82 GiB in 3 snapshots)`; `nothing` for nothing."""
    return (
        " and ".join(
            f"up to {money(cost.own, cost.currency)} a month (estimate; {cost.own_gib:,.0f} GiB in "
            f"{count_of(len(cost.own_snapshots), 'snapshot')})"
            for cost in costs
            if cost.own_snapshots
        )
        or "nothing"
    )


def summary_lines(plan: RetentionPlan, survey: Survey) -> Iterator[str]:
    """What the table amounts to."""
    yield f"rule {plan.rule.name}: {plan.rule.words}"
    going = plan.going
    counts = [
        (means, sum(one.means == means for one in going)) for means in dict.fromkeys(one.means for one in going)
    ]
    listed = ", ".join(f"{count} to {means}" for means, count in counts) or "nothing to do"
    alone = f"; {plan.left_alone:,} not covered by the rule" if plan.left_alone else ""
    yield f"{count_of(len(plan.decisions), 'image')}: {listed}{alone}"
    if going:
        yield f"saves {saving_words(saved(survey, plan))}"


def price_lines(survey: Survey) -> Iterator[str]:
    """Where the prices are from."""
    for source in dict.fromkeys(source_words(one.prices) for one in survey.regions):
        yield f"prices: {source}"


def plan_json(plan: RetentionPlan, survey: Survey, owners: Owners | None = None) -> dict[str, Any]:
    """The plan for programs; times are UTC, spans seconds, sums upper bounds a month.

    Args:
        owners: whose the images are, where there are several accounts.
    """
    rule = plan.rule
    several = owners if owners is not None and owners.accounts else None
    return {
        "Hash": plan.hash,
        "AccountId": None if several else plan.account,
        "Accounts": [
            {"AccountId": account, "Name": name} for account, name in (several.names if several else {}).items()
        ],
        "Regions": list(dict.fromkeys(one.region for one in survey.regions)),
        "Rule": {**rule._asdict(), "words": rule.words},
        "Images": [
            {"AccountId": several.accounts.get(one.image.key) if several else plan.account, **_image(one, survey)}
            for one in plan.decisions
        ],
        "NotCovered": plan.left_alone,
        "Saves": [_cost(cost) for cost in saved(survey, plan)],
        "Prices": [
            {"Region": region, **prices._asdict(), "Unit": "GiB-month"}
            for region, prices in {one.region: one.prices for one in survey.regions}.items()
        ],
        "Unknown": list(survey.unknown),
    }


def _image(decision: Decision, survey: Survey) -> dict[str, Any]:
    image = decision.image
    return {
        "Decision": decision.means or KEEP,
        "Region": image.region,
        "ImageId": image.image_id,
        "Name": image.name,
        "Family": image.family,
        "Architecture": image.architecture,
        "State": image.state,
        "CreationDate": iso(image.created) or None,
        "LastLaunchedTime": iso(image.last_launched) or None,
        "DeprecationTime": iso(image.deprecated) or None,
        "Why": list(decision.reasons),
        "Uses": [{"Kind": use.kind, "Name": use.name, "Words": use.words} for use in decision.uses],
        "Snapshots": [_cost(cost) for cost in survey.cost([image])],
    }


def _cost(cost: StorageCost) -> dict[str, Any]:
    return {
        "Currency": cost.currency,
        "Own": round(cost.own, 4),
        "Shared": round(cost.shared, 4),
        "OwnGiB": round(cost.own_gib, 2),
        "SharedGiB": round(cost.shared_gib, 2),
        "OwnSnapshots": list(cost.own_snapshots),
        "Estimate": True,
    }
