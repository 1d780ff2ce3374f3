"""How an image is rolled out: whether default versions are set, and how instances are replaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

DAY_S: Final = 86_400
MOST_BAKE_S: Final = 2 * DAY_S
"""Longest bake time, and longest pause at a checkpoint. Source: RefreshPreferences of Auto Scaling's model."""
MOST_ALARMS: Final = 10
"""Source: AlarmSpecification of Auto Scaling's model."""


class RollOutOptions(NamedTuple):
    """The choices that hold for everything that is moved."""

    set_default: bool = True
    """Whether new versions of launch templates become their default."""
    roll_back: bool = True
    """Whether what was done is taken back by itself when a step fails."""
    at_once: bool = False
    """Whether all groups are refreshed at the same time; else one after the other."""
    min_healthy: int = 90
    """Per cent of a group's desired capacity that stays in service."""
    max_healthy: int | None = None
    """Per cent of it that may be in service or pending; `None` = as the group has it."""
    warmup_s: int | None = None
    """Seconds until a new instance counts as updated; `None` = as the group has it."""
    checkpoints: tuple[int, ...] = ()
    """Per cent at which a refresh waits, ascending."""
    checkpoint_delay_s: int = 3600
    bake_s: int = 0
    """Seconds for which it is watched after the last instance was replaced."""
    alarms: tuple[str, ...] = ()
    """Names of CloudWatch alarms that fail the refresh."""


def problem(options: RollOutOptions) -> str:
    """What Auto Scaling would refuse of the options, in words; empty = nothing."""
    if not 0 <= options.min_healthy <= 100:
        return "minimum healthy: 0 to 100 per cent"
    if options.max_healthy is not None:
        if not 100 <= options.max_healthy <= 200:
            return "maximum healthy: 100 to 200 per cent"
        if options.max_healthy - options.min_healthy > 100:
            return "maximum and minimum healthy may be 100 apart at most"
    points = options.checkpoints
    if any(not 1 <= point <= 100 for point in points) or list(points) != sorted(set(points)):
        return "checkpoints: ascending, 1 to 100 per cent"
    if not 0 <= options.bake_s <= MOST_BAKE_S or not 0 <= options.checkpoint_delay_s <= MOST_BAKE_S:
        return "times: 48 hours at most"
    if options.warmup_s is not None and options.warmup_s < 0:
        return "warmup: 0 seconds or more"
    if len(options.alarms) > MOST_ALARMS:
        return f"alarms: {MOST_ALARMS} at most"
    return ""


def preferences(options: RollOutOptions, *, skip_matching: bool, auto_rollback: bool) -> dict[str, Any]:
    """The options as StartInstanceRefresh takes them.

    Args:
        skip_matching: whether instances that have the same template, version and type already are kept.
        auto_rollback: whether Auto Scaling rolls back by itself.
    """
    found: dict[str, Any] = {"MinHealthyPercentage": options.min_healthy, "SkipMatching": skip_matching}
    if options.max_healthy is not None:
        found["MaxHealthyPercentage"] = options.max_healthy
    if options.warmup_s is not None:
        found["InstanceWarmup"] = options.warmup_s
    if options.checkpoints:
        found["CheckpointPercentages"] = list(_to_the_end(options.checkpoints))
        found["CheckpointDelay"] = options.checkpoint_delay_s
    if options.bake_s:
        found["BakeTime"] = options.bake_s
    if options.alarms:
        found["AlarmSpecification"] = {"Alarms": list(options.alarms)}
    if auto_rollback:
        found["AutoRollback"] = True
    return found


def back(options: RollOutOptions) -> RollOutOptions:
    """The options of the way back: without pauses, and without the alarms that may be its cause."""
    return options._replace(checkpoints=(), bake_s=0, alarms=())


def _to_the_end(points: Sequence[int]) -> tuple[int, ...]:
    # A refresh whose last checkpoint is below 100 ends there, and leaves the others as they are.
    return (*points, *(() if points[-1] == 100 else (100,)))


def seconds_of(text: str) -> int | None:
    """The seconds of `90s`, `30m`, `4h` or a plain number of seconds; `None` = it is no such time."""
    number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "s")
    number = number.strip()
    if not (number.isascii() and number.isdigit() and len(number) <= 6):
        return None
    return int(number) * _UNITS[unit]


def percents_of(text: str) -> tuple[int, ...] | None:
    """The numbers of `20, 50`; `None` = something else stands there."""
    parts = [part.strip().removesuffix("%") for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) <= 3 for part in parts):
        return None
    return tuple(map(int, parts))


_UNITS: Final = {"s": 1, "m": 60, "h": 3600}
