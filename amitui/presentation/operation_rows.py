"""Operations as rows of a list: which columns fit into a width, and what stands in them. Pure functions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.operations.batches import OperationBatch
from amitui.domain.operations.operation import State
from amitui.presentation.facts import age, region_code
from amitui.presentation.glyphs import UNICODE, Glyphs
from amitui.presentation.operation_words import BAR_CELLS, duration, estimate, role, short_state, sign
from amitui.presentation.text import cell_width, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.batches import OperationRow
    from amitui.domain.operations.operation import Operation
    from amitui.presentation.lines import Runs

MARK_CELLS: Final = 2
ELAPSED_CELLS: Final = 6
ESTIMATE_CELLS: Final = 12
LEAST_TITLE: Final = 24
"""Cells that the title keeps; what else would narrow it is left out."""
TITLE_BESIDE_PROFILE: Final = 32
"""The same for the profile, which the details tell too."""


class RowColumns(NamedTuple):
    """Widths of a list's columns, 0 for one that is left out."""

    title: int
    region: int
    state: int
    elapsed: int
    estimate: int
    profile: int


def columns(operations: Sequence[OperationRow], width: int) -> RowColumns:
    """The columns that fit into `width` cells: the title, the state and the elapsed time in any case."""
    state = BAR_CELLS + 5
    left = width - MARK_CELLS - state - 1 - ELAPSED_CELLS - 1
    profiles = {name for one in operations for name in _profiles(one)}
    wanted_profile = min(14, max((cell_width(name) for name in profiles), default=0)) if len(profiles) > 1 else 0
    region = 14 if left >= 14 + 1 + LEAST_TITLE + 20 else 6
    region = region if left >= region + 1 + LEAST_TITLE else 0
    left -= region + 1 if region else 0
    late = ESTIMATE_CELLS if left >= ESTIMATE_CELLS + 1 + LEAST_TITLE else 0
    left -= late + 1 if late else 0
    profile = wanted_profile if wanted_profile and left >= wanted_profile + 1 + TITLE_BESIDE_PROFILE else 0
    left -= profile + 1 if profile else 0
    return RowColumns(max(1, left), region, state, ELAPSED_CELLS, late, profile)


def _profiles(row: OperationRow) -> tuple[str, ...]:
    return row.profiles if isinstance(row, OperationBatch) else (row.profile,)


def row(operation: Operation, placed: RowColumns, now: float, signs: Glyphs = UNICODE, *, indent: int = 0) -> Runs:
    """One operation as a line of (text, role) runs; the title begins `indent` cells further right."""

    cell = partial(fit, ellipsis=signs.ellipsis, ascii_only=signs.ascii)
    found = role(operation)
    region = operation.plan.region
    runs = [(f"{sign(operation, signs)} ", found)]
    runs.append((" " * indent + cell(operation.plan.title, max(1, placed.title - indent)), ""))
    if placed.region:
        runs.append((" " + cell(region if placed.region >= 14 else region_code(region), placed.region), "muted"))
    if placed.profile:
        runs.append((" " + cell(operation.profile or "default", placed.profile), "muted"))
    runs.append((" " + cell(short_state(operation, placed.state, signs), placed.state), found))
    runs.append((" " + cell(duration(operation.elapsed(now)), placed.elapsed, right=True), ""))
    if placed.estimate:
        runs.append((" " + cell(late_words(operation, now), placed.estimate), "muted"))
    return tuple(runs)


def batch_row(
    batch: OperationBatch, placed: RowColumns, now: float, signs: Glyphs = UNICODE, *, is_open: bool = False
) -> Runs:
    """Operations that were submitted together, as a line of (text, role) runs."""

    cell = partial(fit, ellipsis=signs.ellipsis, ascii_only=signs.ascii)
    found = batch_role(batch)
    title = f"{signs.opened if is_open else signs.closed} {batch.title}".replace("×", signs.times)
    runs = [(f"{_batch_sign(batch, signs)} ", found), (cell(title, placed.title), "")]
    if placed.region:
        regions = batch.regions
        one = regions[0] if placed.region >= 14 else region_code(regions[0])
        runs.append((" " + cell(one if len(regions) == 1 else f"{len(regions)} Reg.", placed.region), "muted"))
    if placed.profile:
        profiles = batch.profiles
        name = (profiles[0] or "default") if len(profiles) == 1 else f"{len(profiles)} profiles"
        runs.append((" " + cell(name, placed.profile), "muted"))
    runs.append((" " + cell(batch_state(batch), placed.state), found))
    runs.append((" " + cell(duration(batch.elapsed(now)), placed.elapsed, right=True), ""))
    if placed.estimate:
        failed = batch.count(State.FAILED)
        runs.append((" " + cell(f"{failed} failed" if failed else "", placed.estimate), "bad"))
    return tuple(runs)


def batch_state(batch: OperationBatch) -> str:
    """How far they have come, in few cells: `137 of 200`, `2 wait`, `198 of 200 ok`."""
    count, failed, held = len(batch.operations), batch.count(State.FAILED), batch.count(State.ON_HOLD)
    if held and held + batch.ended == count:
        return f"{held} of {count} wait"
    if batch.ended < count:
        return f"{batch.ended} of {count}"
    done = batch.count(State.DONE)
    if done == count:
        return f"all {count} done"
    return f"{failed} failed" if failed and done + failed == count and not done else f"{done} of {count} done"


def batch_role(batch: OperationBatch) -> str:
    """The role in which the sign and state of a batch are shown: the worst of its operations'."""
    roles = {role(one) for one in batch.operations}
    return next((one for one in ("bad", "warn", "key", "good") if one in roles), "muted")


def _batch_sign(batch: OperationBatch, signs: Glyphs) -> str:
    if batch.count(State.FAILED):
        return signs.failed
    if batch.count(State.ON_HOLD):
        return signs.held
    return signs.now if batch.ended < len(batch.operations) else signs.done


def late_words(operation: Operation, now: float) -> str:
    """How long it will take, or how long ago it ended."""
    if operation.ended_at is None:
        return estimate(operation.estimate(now))
    since = age(int(now - operation.ended_at))
    return "just now" if since == "now" else f"{since} ago"


def headline(operations: Sequence[Operation], *, shown: int, only_under_way: bool) -> tuple[str, str]:
    """How many are under way, wait for their user, failed and ended; and which of them the list shows."""
    under_way = sum(not operation.state.ended and operation.state is not State.ON_HOLD for operation in operations)
    held = sum(operation.state is State.ON_HOLD for operation in operations)
    failed = sum(operation.state is State.FAILED for operation in operations)
    ended = sum(operation.state.ended for operation in operations) - failed
    parts = [f"{under_way} in progress"]
    parts += [f"{count} {words}" for count, words in ((held, "waiting for you"), (failed, "failed")) if count]
    parts.append(f"{ended} ended")
    return ", ".join(parts), f"{'in progress' if only_under_way else 'all'}: {shown}"
