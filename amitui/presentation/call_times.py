"""`sync --time`: what the calls for images took, by Region, by owner and by creation date, in 80 columns."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from amitui.domain.catalogue.call_times import ALL_PUBLIC, ImagesCall, summed
from amitui.domain.counts import count_of
from amitui.presentation.periods import ANY, period_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from amitui.domain.catalogue.call_times import CallTimes, OwnerComparison

_HEAD: Final = ("calls", "images", "MB", "median s", "max s", "refused")
_DATELESS: Final = "root-device-type=instance-store"
"""How images without a date are asked for."""


def table(times: dict[ImagesCall, CallTimes]) -> list[str]:
    """A table for each Region: what each list took in all, the slowest first, and below it each of its periods."""
    if not times:
        return ["no images were asked for"]
    lines: list[str] = []
    for region in dict.fromkeys(sorted(call.region for call in times)):
        here = {call: one for call, one in times.items() if call.region == region}
        rows: list[tuple[str, ...]] = [(region, *_HEAD)]
        parts: dict[str, dict[ImagesCall, CallTimes]] = {}
        for call, one in here.items():
            parts.setdefault(_owner(call), {})[call] = one
        sums = {ImagesCall(region, owner): summed(of_it.values()) for owner, of_it in parts.items()}
        for owner, one in _slowest_first(sums):
            rows.append((owner.narrowed_by, *_cells(one)))
            periods = parts[owner.narrowed_by]
            if len(periods) > 1 or any(_period(call) != ANY for call in periods):
                rows += [(f"  {_period(call)}", *_cells(part)) for call, part in _slowest_first(periods)]
        lines += _aligned(rows)
        lines += _remarks(here.values())
    return lines


def comparison_lines(found: OwnerComparison) -> list[str]:
    """What the same page took when it was asked for by the parameter `Owners` and by the filter `owner-id`."""
    parameter, by_filter = median(found.by_parameter), median(found.by_filter)
    asked = count_of(len(found.by_parameter), "call")
    return [
        f"{found.region}: the first page of the publishers' images, {asked} each, median",
        f"  Owners parameter, which amitui uses  {parameter:.3f} s",
        f"  owner-id filter                      {by_filter:.3f} s",
    ]


def _slowest_first(times: dict[ImagesCall, CallTimes]) -> list[tuple[ImagesCall, CallTimes]]:
    return sorted(times.items(), key=lambda item: (-sum(item[1].seconds), item[0]))


def _owner(call: ImagesCall) -> str:
    return call.narrowed_by.replace(_DATELESS, "").strip() or ALL_PUBLIC


def _period(call: ImagesCall) -> str:
    return "without a date" if _DATELESS in call.narrowed_by else period_words(call.created)


def _cells(times: CallTimes) -> tuple[str, ...]:
    spread = times.spread
    return (
        f"{times.sent:,}",
        f"{times.images:,}",
        f"{times.received_bytes / 1e6:,.1f}",
        *((f"{spread[1]:.3f}", f"{spread[2]:.3f}") if spread else ("-", "-")),
        f"{times.throttled:,}",
    )


def _remarks(times: Iterable[CallTimes]) -> Iterator[str]:
    """What went wrong in a Region."""
    listed = list(times)
    if refused := sum(one.throttled for one in listed):
        waited = sum(one.waited for one in listed)
        yield f"  {count_of(refused, 'call')} refused by EC2's throttling, {waited:.1f} s waited because of it"
    if failed := sum(one.failed for one in listed):
        yield f"  {count_of(failed, 'call')} without an answer"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
