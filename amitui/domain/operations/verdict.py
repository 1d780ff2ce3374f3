"""Whether an image can be deregistered without harm, and why: every finding graded, the gravest first.

What could not be read never counts as unused: it makes the best verdict `careful`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from amitui.domain.fleet.usage_report import AVAILABLE
from amitui.domain.operations.usage import Usage

DAY: Final = 86_400
RECENT_DAYS: Final = 90
"""An image that was launched within them is likely to be launched again: by hand, or from what cannot be seen."""
LAUNCH_LAG_S: Final = DAY
"""EC2 reports launches a day late."""

_NAMED: Final = 3
"""Most names in one reason; the others are counted."""


class Level(StrEnum):
    """How an image stands; also the word that is shown."""

    NO = "unsafe"
    """EC2 would refuse, or something that is in use would break."""
    CAREFUL = "check"
    """Something may depend on it, or that cannot be found out."""
    SAFE = "safe"
    """Nothing was found that depends on it, and everything could be read."""


_GRAVEST_FIRST: Final = (Level.NO, Level.CAREFUL, Level.SAFE)


class Reason(NamedTuple):
    """One finding, and the best level that it allows."""

    level: Level
    words: str


class Verdict(NamedTuple):
    """Whether one image can be deregistered, and why."""

    level: Level
    graded: tuple[Reason, ...]
    """The gravest first; at least one."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The findings in words, the gravest first."""
        return tuple(reason.words for reason in self.graded)


def verdict(usage: Usage, now: float, *, unprotecting: bool = False) -> Verdict:
    """The verdict on deregistering an image.

    Args:
        usage: what was found out about it.
        now: seconds since the epoch.
        unprotecting: its deregistration protection would be ended first.
    """
    found = [*_refusals(usage, unprotecting), *_breaking(usage), *_missing(usage, now), *_unknown(usage)]
    if usage.state and not _used(usage) and not usage.unknown:
        found.append(Reason(Level.SAFE, "no use of it was found"))
    found += [*_history(usage, now), *_snapshots(usage)]
    graded = tuple(sorted(found, key=lambda reason: _GRAVEST_FIRST.index(reason.level)))
    return Verdict(graded[0].level, graded)


def unread(words: str) -> Verdict:
    """The verdict on an image of which nothing could be read.

    Args:
        words: why.
    """
    return Verdict(Level.CAREFUL, (Reason(Level.CAREFUL, f"usage is unknown: {words}"),))


def _used(usage: Usage) -> bool:
    shared = usage.is_shared
    named = usage.templates or usage.groups or usage.configurations or usage.parameters or usage.recipes
    return bool(usage.instances or named or shared or usage.needs)


def _refusals(usage: Usage, unprotecting: bool) -> Iterator[Reason]:
    """For what EC2 would refuse."""
    if not usage.state:
        yield Reason(Level.NO, "EC2 does not list it: it is already deregistered, or in another Region")
    elif not usage.owned:
        yield Reason(Level.NO, "it belongs to another account: only its owner can deregister it")
    if usage.backup:
        yield Reason(Level.NO, "AWS Backup keeps it: delete its recovery point there instead")
    if usage.protected:
        if "with-cooldown" in usage.protection or "enabled" not in usage.protection:
            yield Reason(Level.NO, "protected from deregistration, until 24 hours after protection is turned off")
        elif unprotecting:
            yield Reason(Level.CAREFUL, "protected from deregistration: check why before you turn protection off")
        else:
            yield Reason(Level.NO, "protected from deregistration")


def _breaking(usage: Usage) -> Iterator[Reason]:
    """What would fail the next time it is used."""
    yield from (Reason(Level.NO, words) for words in usage.needs)
    if usage.groups:
        group, *others = usage.groups
        if others:
            ways = [f"{group.name} through {group.via}" for group in usage.groups]
            words = f"{_counted(ways, 'Auto Scaling group')} launch from it: their next launch would fail"
        else:
            words = (
                f"Auto Scaling group {group.name} launches from it through {group.via}: its next launch would fail"
            )
        yield Reason(Level.NO, words)
    for direct in (True, False):
        current = [use for use in usage.templates if use.current and bool(use.parameter) is not direct]
        if current:
            names = [use.label if direct else f"{use.label} (through {use.parameter})" for use in current]
            yield Reason(Level.NO, f"{_counted(names, 'launch template')} would launch it")
    if usage.configurations:
        words = _counted(usage.configurations, "launch configuration")
        yield Reason(Level.NO, f"{words} would launch it; no Auto Scaling group uses it now")
    if usage.parameters:
        words = _counted(usage.parameters, "parameter")
        yield Reason(
            Level.NO, f"{words} point{_verb(usage.parameters)} to it: whatever resolves the parameter would fail"
        )


def _missing(usage: Usage, now: float) -> Iterator[Reason]:
    """What may depend on it."""
    if usage.instances:
        states = Counter(instance.state for instance in usage.instances)
        kinds = ", ".join(f"{count} {state}" for state, count in states.most_common())
        count = len(usage.instances)
        yield Reason(
            Level.CAREFUL,
            f"{count} instance{_s(count)} of it ({kinds}): they keep running, but no new ones can be launched",
        )
    for current, which in ((False, "an older version"), (None, "a version")):
        names = [use.label for use in usage.templates if use.current is current]
        if names:
            yield Reason(Level.CAREFUL, f"{which} of {_counted(names, 'launch template')} names it")
    if usage.recipes:
        yield Reason(Level.CAREFUL, f"{_counted(usage.recipes, 'Image Builder recipe')} may build on it")
    yield from _elsewhere(usage, now)
    if usage.state in ("pending", "transient"):
        yield Reason(Level.CAREFUL, f"{usage.state}: it is still being created")


def _elsewhere(usage: Usage, now: float) -> Iterator[Reason]:
    """What other accounts may do with it, and what EC2 reports of that."""
    if not usage.is_shared and usage.report is None:
        return
    report = usage.report
    if report is not None and report.state == AVAILABLE:
        yield Reason(Level.SAFE if report.clears(now) else Level.CAREFUL, report.words)
        if report.clears(now):
            return
    # What a report says that is of yesterday, or of some accounts, does not hold for all of them.
    unseen = "who does is not visible" if report is None else "who else does is not visible"
    if usage.public:
        yield Reason(Level.CAREFUL, f"public: anyone may depend on it; {unseen}")
    if usage.shared_with:
        whom = _counted(usage.shared_with, "account or organization", "accounts or organizations")
        usage_words = "their usage is not visible from here" if report is None else "see its usage report"
        yield Reason(Level.CAREFUL, f"shared with {whom}: {usage_words}")
    if report is not None and report.state != AVAILABLE:
        yield Reason(Level.CAREFUL, report.words)


def _unknown(usage: Usage) -> Iterator[Reason]:
    yield from (Reason(Level.CAREFUL, words) for words in usage.unknown)


def _history(usage: Usage, now: float) -> Iterator[Reason]:
    if not usage.state or not usage.owned:
        return
    if usage.last_launched is not None:
        recent = now - usage.last_launched < RECENT_DAYS * DAY
        yield Reason(Level.CAREFUL if recent else Level.SAFE, f"last launched {_ago(now - usage.last_launched)}")
    elif usage.created is not None and now - usage.created < LAUNCH_LAG_S:
        yield Reason(Level.CAREFUL, "created less than a day ago: EC2 reports launches with a day's delay")
    else:
        yield Reason(Level.SAFE, "EC2 reports no launch (with a day's delay)")
    if usage.state == "disabled":
        yield Reason(Level.SAFE, "disabled: nobody can launch it")
    if usage.state == "failed":
        yield Reason(Level.SAFE, "failed: it can never be launched")


def _snapshots(usage: Usage) -> Iterator[Reason]:
    for snapshot in usage.snapshots:
        if snapshot.needed_by:
            others = _counted(snapshot.needed_by, "image")
            words = f"{snapshot.snapshot_id} would be kept: {others} need{_verb(snapshot.needed_by)} it"
            yield Reason(Level.SAFE, words)


def _counted(names: Sequence[str], one: str, many: str = "") -> str:
    """As in `launch template web`, `3 launch templates: a, b, c`, `9 launch templates: a, b, c and 6 more`."""
    if len(names) == 1:
        return f"{one} {names[0]}"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} {many or one + 's'} ({', '.join(names[:_NAMED])}{more})"


def _verb(subjects: Sequence[str]) -> str:
    return "s" if len(subjects) == 1 else ""


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _ago(seconds: float) -> str:
    days = int(seconds // DAY)
    if days < 1:
        return "within a day"
    return f"{days:,} day{_s(days)} ago"
