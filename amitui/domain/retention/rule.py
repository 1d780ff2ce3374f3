"""A retention rule: which images of which families may go, how far it goes with them, and after how long.

Rules are read from `[clean.NAME]` of the config; what is not understood is refused in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from amitui.domain.region import is_region
from amitui.domain.retention.own_image import OwnImage
from amitui.domain.times import short_age

DAY: Final = 86_400
_SECONDS: Final = {"h": 3600, "d": DAY, "w": 7 * DAY, "m": 30 * DAY, "y": 365 * DAY}
_AGES: Final = "so much time, such as 90d, 12w, 6m or 1y"
_MOST_KEPT: Final = 10_000
_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


class Means(StrEnum):
    """What is done to an image, from the mildest on. The values stand in plans and are printed."""

    DEPRECATE = "deprecate"
    DISABLE = "disable"
    DEREGISTER = "deregister"


class RetentionRule(NamedTuple):
    """One rule. Spans are seconds."""

    name: str
    keep: int = 3
    """How many of the newest available builds stay, of each family, Region and architecture."""
    older_than: int | None = None
    """The least age; `None` = any."""
    not_launched_for: int | None = None
    """`None` = launches do not matter. An image of which no launch is known is never taken for an unused one."""
    families: tuple[str, ...] = ()
    """Patterns with `*` and `?` over names and families; empty = all."""
    exclude: tuple[str, ...] = ()
    """Patterns of what the rule leaves alone."""
    regions: tuple[str, ...] = ()
    """Empty = those that are asked for."""
    deprecate: bool = False
    """Whether it begins with deprecating; without any of these three it deregisters at once."""
    disable_after: int | None = None
    """After the deprecation date; `None` = it does not disable."""
    deregister_after: int | None = None
    """After the deprecation date; `None` = it does not deregister."""
    delete_snapshots: bool = True
    """Whether snapshots that no other image needs are deleted with the image."""

    @property
    def gradual(self) -> bool:
        """Whether it begins with deprecating."""
        return self.deprecate or self.disable_after is not None or self.deregister_after is not None

    @property
    def farthest(self) -> Means:
        """How far it goes."""
        if not self.gradual or self.deregister_after is not None:
            return Means.DEREGISTER
        return Means.DISABLE if self.disable_after is not None else Means.DEPRECATE

    def covers(self, image: OwnImage) -> bool:
        """Whether the rule is about an image at all."""
        texts = (image.name.casefold(), image.family.casefold())
        if any(_matches(pattern, texts) for pattern in self.exclude):
            return False
        return not self.families or any(_matches(pattern, texts) for pattern in self.families)

    @property
    def words(self) -> str:
        """The whole rule in one line."""
        which = f"of {', '.join(self.families)}" if self.families else "of all families"
        parts = [f"keep the {count_words(self.keep)} {which}"]
        if self.older_than is not None:
            parts.append(f"older than {span(self.older_than)}")
        if self.not_launched_for is not None:
            parts.append(f"not launched for {span(self.not_launched_for)}")
        if not self.gradual:
            parts.append("then deregister")
        else:
            steps = ["deprecate"]
            if self.disable_after is not None:
                steps.append(f"disable after {span(self.disable_after)}")
            if self.deregister_after is not None:
                steps.append(f"deregister after {span(self.deregister_after)}")
            parts.append("then " + ", ".join(steps))
        return "; ".join(parts)


BUILT_IN: Final = RetentionRule("default", keep=3, older_than=90 * DAY)
"""What is meant where the config has no rule."""


def read_rule(name: str, values: Mapping[str, Any]) -> RetentionRule:
    """The rule that a table of the config describes.

    Raises:
        ValueError: what is wrong, in words.
    """
    if not name or set(name) - _NAME:
        raise ValueError("its name has to be letters, digits, hyphens, dots or underscores: it is typed")
    unknown = next((key for key in values if key not in _READERS), None)
    if unknown is not None:
        raise ValueError(f"unknown setting {unknown!r}; one of {', '.join(_READERS)}")
    rule = RetentionRule(name, **{key: _READERS[key](key, value) for key, value in values.items()})
    if rule.keep == 0 and rule.older_than is None:
        raise ValueError("keep = 0 needs older_than: without it every image that nothing uses would go")
    first, second = rule.disable_after, rule.deregister_after
    if first is not None and second is not None and second < first:
        raise ValueError("deregister_after comes before disable_after: both count from the deprecation date")
    if rule.gradual and values.get("deprecate") is False:
        raise ValueError(
            "disable_after and deregister_after count from the deprecation date: deprecate is true then"
        )
    return rule


def span(seconds: int) -> str:
    """So much time in words: `90 days`, `1 day`, `6 hours`."""
    if seconds and seconds % DAY:
        count, unit = seconds // 3600, "hour"
    else:
        count, unit = seconds // DAY, "day"
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def count_words(keep: int) -> str:
    """`newest build`, `3 newest builds`, `0 newest builds`."""
    return "newest build" if keep == 1 else f"{keep} newest builds"


def _matches(pattern: str, texts: tuple[str, ...]) -> bool:
    # Brackets are letters of a name here, and no set of letters.
    plain = pattern.casefold().replace("[", "[[]")
    return any(fnmatchcase(text, plain) for text in texts)


def _count(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_KEPT:
        raise ValueError(f"{key} has to be a whole number from 0 to {_MOST_KEPT:,}")
    return value


def _age(key: str, value: object) -> int:
    text = short_age(value) if isinstance(value, str) else ""
    if not text:
        raise ValueError(f"{key} has to be {_AGES}")
    return int(text[:-1]) * _SECONDS[text[-1]]


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{key} has to be true or false")
    return value


def _texts(key: str, value: object) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(one, str) and one.strip() for one in listed):
        raise ValueError(f"{key} has to be a list of texts, none of them empty")
    return tuple(one.strip() for one in listed)


def _regions(key: str, value: object) -> tuple[str, ...]:
    names = _texts(key, value)
    for name in names:
        if not is_region(name):
            raise ValueError(f"{key}: unknown Region {name[:40]!r}; a name such as eu-central-1")
    return names


_READERS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "keep": _count,
    "older_than": _age,
    "not_launched_for": _age,
    "families": _texts,
    "exclude": _texts,
    "regions": _regions,
    "deprecate": _flag,
    "disable_after": _age,
    "deregister_after": _age,
    "delete_snapshots": _flag,
}
