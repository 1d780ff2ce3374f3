"""`sync --time`: a table of what the calls for images took, by owner and by creation date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.catalogue.call_times import by_owner

if TYPE_CHECKING:
    from amitui.domain.catalogue.call_times import CallTimes, ImagesCall

_HEAD: Final = (
    "Region", "asked for", "created", "calls", "failed", "min s", "median s", "max s", "kB", "images", "throttled",
    "waited s",
)  # fmt: skip
_TEXT_COLUMNS: Final = 3
ALL_DATES: Final = "any"


def table(times: dict[ImagesCall, CallTimes]) -> list[str]:
    """The lines of the table: what is summed over all dates first, then each slice; the slowest of them first."""
    if not times:
        return ["no images were asked for"]
    sums = [_row(call, one, "all") for call, one in _slowest_first(by_owner(times))]
    slices = [_row(call, one, _created(call)) for call, one in _slowest_first(times)]
    return _aligned([_HEAD, *sums, *(slices if len(slices) > len(sums) else [])])


def _slowest_first(times: dict[ImagesCall, CallTimes]) -> list[tuple[ImagesCall, CallTimes]]:
    return sorted(times.items(), key=lambda item: (-sum(item[1].seconds), item[0]))


def _created(call: ImagesCall) -> str:
    if not call.created:
        return ALL_DATES
    first, *others = call.created
    return f"{first} (+{len(others)})" if others else first


def _row(call: ImagesCall, times: CallTimes, created: str) -> tuple[str, ...]:
    spread = times.spread
    return (
        call.region,
        call.narrowed_by,
        created,
        f"{times.sent:,}",
        f"{times.failed:,}",
        *(f"{seconds:.3f}" for seconds in spread or ()),
        *(() if spread else ("-",) * 3),
        f"{times.received_bytes / 1000:,.0f}",
        f"{times.images:,}",
        f"{times.throttled:,}",
        f"{times.waited:.1f}",
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number < _TEXT_COLUMNS else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
