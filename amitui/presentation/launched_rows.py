"""Launched instances as rows of a list: which columns fit, and what stands in them. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.launch.instances import Instance, Phase, summary
from amitui.presentation.facts import region_code
from amitui.presentation.glyphs import UNICODE, Glyphs
from amitui.presentation.operation_words import duration
from amitui.presentation.text import cell_width, fit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from amitui.presentation.lines import Runs

MARK_CELLS: Final = 2
SIGN_CELLS: Final = 2
ID_CELLS: Final = 19
STATE_CELLS: Final = 18
ADDRESS_CELLS: Final = 15
ELAPSED_CELLS: Final = 6
TYPE_CELLS: Final = 13
LEAST_NAME: Final = 8
"""Cells that the name keeps; what else would narrow it is left out."""
MOST_NAME: Final = 40

_STATES: Final = {
    Phase.REFUSED: "not launched",
    Phase.ENDED_BY_EC2: "ended by EC2",
    Phase.IMPAIRED: "running, impaired",
    Phase.ON_HOLD: "waits for you",
    Phase.REQUESTED: "requesting",
    Phase.NOT_OBSERVED: "looking",
    Phase.CHECKING: "running, checking",
    Phase.READY: "running, checks ok",
}
"""Phases of one instance where their own words would not do."""

_ROLES: Final = {
    Phase.READY: "good",
    Phase.ON_HOLD: "warn",
    Phase.STOPPED: "muted",
    Phase.TERMINATED: "muted",
    Phase.GONE: "muted",
}


class RowColumns(NamedTuple):
    """Widths of a list's columns, 0 for one that is left out."""

    name: int
    instance_id: int = ID_CELLS
    type: int = 0
    region: int = 0
    state: int = STATE_CELLS
    address: int = 0
    private: int = 0
    """Beside the address that it is reached at."""
    elapsed: int = ELAPSED_CELLS


def columns(instances: Sequence[Instance], width: int) -> RowColumns:
    """The columns that fit into `width` cells: id, state and time in any case; then what tells the most."""
    left = width - MARK_CELLS - SIGN_CELLS - ID_CELLS - 1 - STATE_CELLS - 1 - ELAPSED_CELLS - LEAST_NAME - 1
    longest = max((cell_width(one.address) for one in instances), default=0)
    several = len({one.region for one in instances}) > 1
    # An address that is cut is no address, but a long one must not take the column from the others.
    address = longest if ADDRESS_CELLS < longest < left else ADDRESS_CELLS
    wanted = (
        ("address", address, True),
        ("region", 6, several and width < 100),
        ("region", 14, several and width >= 100),
        ("type", TYPE_CELLS, True),
        ("private", ADDRESS_CELLS, any(one.fact("public_ip") or one.fact("ipv6") for one in instances)),
    )
    placed: dict[str, int] = {}
    for name, cells, worth in wanted:
        if worth and left >= cells + 1:
            placed[name] = cells
            left -= cells + 1
    return RowColumns(max(0, LEAST_NAME + min(left, MOST_NAME)), **placed)


def row(
    instance: Instance, placed: RowColumns, now: float, *, marked: bool = False, signs: Glyphs = UNICODE
) -> Runs:
    """One instance, or one launch without any, as a line of (text, role) runs."""

    def cell(text: str, width: int, *, right: bool = False) -> str:
        return fit(text, width, right=right, ellipsis=signs.ellipsis, ascii_only=signs.ascii)

    found = role(instance.phase)
    mark = (">" if signs.ascii else "▸") if marked else " "
    runs = [(f"{mark} ", "key"), (f"{sign(instance.phase, signs)} ", found)]
    state = (cell(_STATES.get(instance.phase, instance.phase), placed.state), found)
    elapsed = (" " + cell(duration(now - instance.launched_at), placed.elapsed, right=True), "muted")
    if not instance.instance_id:
        before_state = placed.instance_id + 1 + placed.name
        before_state += sum(cells + 1 for cells in (placed.type, placed.region) if cells)
        after_state = " " * sum(cells + 1 for cells in (placed.address, placed.private) if cells)
        return (*runs, (cell(instance.words, before_state) + " ", ""), state, (after_state, ""), elapsed)
    runs.append((cell(instance.instance_id, placed.instance_id) + " ", ""))
    runs.append((cell(instance.name or instance.image_name or instance.image_id, placed.name) + " ", ""))
    if placed.type:
        runs.append((cell(instance.instance_type, placed.type) + " ", "muted"))
    if placed.region:
        region = instance.region if placed.region >= 14 else region_code(instance.region)
        runs.append((cell(region, placed.region) + " ", "muted"))
    runs.append(state)
    if placed.address:
        runs.append((" " + cell(instance.address, placed.address), ""))
    if placed.private:
        private = instance.fact("private_ip")
        runs.append((" " + cell(private if private != instance.address else "", placed.private), "muted"))
    return (*runs, elapsed)


def sign(phase: Phase, signs: Glyphs = UNICODE) -> str:
    """One cell that says how an instance stands."""
    if phase.is_problem:
        return signs.failed
    return {
        Phase.ON_HOLD: signs.held,
        Phase.NOT_OBSERVED: signs.unknown,
        Phase.NOT_LISTED: signs.unknown,
        Phase.READY: signs.done,
        Phase.STOPPED: signs.ahead,
        Phase.TERMINATED: signs.dropped,
        Phase.GONE: signs.dropped,
    }.get(phase, signs.now)


def role(phase: Phase) -> str:
    """The role in which its sign and state are shown."""
    return "bad" if phase.is_problem else _ROLES.get(phase, "key")


def headline(
    instances: Sequence[Instance], *, shown: int, marked: Collection[str], only: Phase | None, all_launches: bool
) -> tuple[str, str]:
    """How many stand how; and which of them the list shows."""
    counts = summary(instances)
    which = f"{only}: {shown}" if only is not None else "all launches" if all_launches else "this launch"
    return counts, f"{len(marked)} marked" if marked else which
