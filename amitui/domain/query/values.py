"""The values that a query's fields take: enumerations, times, flags; each with words for what it is not.

Times are UTC. A date without a day or a month is the whole period; `>` counts from its first second, as comparing
ISO texts does (`created:>2026-01` has January in it), and `<=` runs to its last.
"""

from __future__ import annotations

import re
from typing import Final

from amitui.domain.query.terms import Created

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_UNITS: Final = {"h": _HOUR, "d": _DAY, "w": 7 * _DAY, "m": 30 * _DAY, "mo": 30 * _DAY, "y": 365 * _DAY}
# Compiled when a query has a time in it: `amitui find` waits for its imports.
_AGE: Final = r"([0-9]{1,6})(h|d|w|mo|m|y)"
_HALF_TIME: Final = r"(?:[Tt ][0-9:.]*[+-]?[0-9:]*)?"
_HALF_DATE: Final = (
    rf"[<>=]*(?:[0-9]{{0,4}}|[0-9]{{4}}-[0-9]{{0,2}}-?|[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{0,2}}{_HALF_TIME})\.{{0,2}}"
)
_HALF_AGE: Final = r"[<>=]*[0-9]{0,6}"

SEVERITIES: Final = ("critical", "high", "medium", "low", "informational", "none", "unknown")
"""The worst finding of Amazon Inspector, the worst first; `none` is scanned without one, `unknown` not scanned."""

ENUMERATIONS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "arch": {
        "x86_64": ("x86_64",),
        "arm64": ("arm64",),
        "i386": ("i386",),
        "x86_64_mac": ("x86_64_mac",),
        "arm64_mac": ("arm64_mac",),
        "amd64": ("x86_64",),
        "x64": ("x86_64",),
        "x86-64": ("x86_64",),
        "aarch64": ("arm64",),
        "x86": ("i386",),
        "i686": ("i386",),
        "mac": ("x86_64_mac", "arm64_mac"),
    },
    "root": {
        "ebs": ("ebs",),
        "instance-store": ("instance-store",),
        "instance": ("instance-store",),
        "s3": ("instance-store",),
    },
    "virt": {
        "hvm": ("hvm",),
        "paravirtual": ("paravirtual",),
        "pv": ("paravirtual",),
    },
    "boot": {
        "uefi": ("uefi",),
        "uefi-preferred": ("uefi-preferred",),
        "legacy-bios": ("legacy-bios",),
        "none": ("",),
        "bios": ("legacy-bios",),
        "legacy": ("legacy-bios",),
    },
    "state": {
        state: (state,)
        for state in (
            "available",
            "pending",
            "failed",
            "disabled",
            "deregistered",
            "invalid",
            "transient",
            "error",
        )
    },
    "type": {"machine": ("machine",), "kernel": ("kernel",), "ramdisk": ("ramdisk",)},
    "severity": {name: (name,) for name in SEVERITIES},
}
"""For each enumerated field, what may be typed and what EC2 calls it."""

_SHOWN: Final = {"arch": 5, "root": 2, "virt": 2, "boot": 4, "state": 8, "type": 3, "severity": 7}
"""How many values of a field are EC2's own and listed in an error; after them come other names for them."""

ARCHITECTURE_ALIASES: Final[tuple[tuple[str, str], ...]] = (
    ("amd64", "x86_64"),
    ("x64", "x86_64"),
    ("x86-64", "x86_64"),
    ("aarch64", "arm64"),
    ("i686", "i386"),
)
"""Other names for architectures, as words of names and of searches."""

FLAGS: Final = ("public", "paid", "deprecated", "encrypted", "imds", "trusted", "lookalike", "latest")

_YES: Final = ("yes", "y", "true", "1")
_NO: Final = ("no", "n", "false", "0")


class ValueProblem(Exception):
    """A value that its field does not take; the parser knows where it stands and makes the error of it."""

    def __init__(self, what: str, remedy: str, *, half_typed: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.half_typed = half_typed
        """Whether more characters could make a good value of it."""


def enumerated(field: str, value: str) -> tuple[str, ...]:
    """EC2's names for a value of an enumerated field."""
    allowed = ENUMERATIONS[field]
    if field == "severity" and value[:1] in ("<", ">"):
        return _severities(value)
    found = allowed.get(value)
    if found is None:
        raise ValueProblem(
            f"{field}: has no value {value!r}",
            f"one of {', '.join(list(allowed)[: _SHOWN[field]])}",
            half_typed=any(name.startswith(value) for name in allowed),
        )
    return found


def _severities(value: str) -> tuple[str, ...]:
    """What a comparison means: `<critical` is everything that was scanned and has nothing critical."""
    operator, operand = _split_operator(value)
    ranked = SEVERITIES[-2::-1]
    if operand not in ranked:
        raise ValueProblem(
            f"severity: has no value {value!r}",
            f"as in severity:<critical or severity:>=high; one of {', '.join(SEVERITIES[:-1])}",
            half_typed=any(name.startswith(operand) for name in ranked),
        )
    place = ranked.index(operand)
    if operator.startswith("<"):
        return ranked[: place + operator.endswith("=")]
    return ranked[place + (not operator.endswith("=")) :]


def flag(field: str, value: str) -> bool:
    """Whether a flag's value says yes."""
    if field == "imds" and value in ("v2", "v1"):
        return value == "v2"
    if value in _YES or value in _NO:
        return value in _YES
    choices = ("v2", "v1", *_YES, *_NO) if field == "imds" else (*_YES, *_NO)
    raise ValueProblem(
        f"{field}: has no value {value!r}",
        "v2 or v1" if field == "imds" else "yes or no",
        half_typed=any(choice.startswith(value) for choice in choices),
    )


def created(value: str, now: int) -> Created:
    """The span of `created:`: a period, a comparison with one, a range `from..to`, or an age (`30d`).

    Raises:
        ValueProblem: none of these.
    """
    value = _short(value)
    if re.fullmatch(_AGE, value):
        return Created(now - _seconds(value), None)
    if ".." in value:
        first, _, last = value.partition("..")
        since = _period(first)[0] if first else None
        before = _period(last)[1] if last else None
        if since is None and before is None:
            raise _date_problem(value)
        return Created(since, before)
    operator, operand = _split_operator(value)
    if operator and re.fullmatch(_AGE, operand):
        raise ValueProblem(
            f"created:{value} could mean before that day or after it",
            f"age:<{operand} for younger, age:>{operand} for older",
        )
    start, end = _period(operand, whole=value)
    if not operator:
        return Created(start, end)
    if operator[0] == ">":
        return Created(start, None)
    return Created(None, end if operator == "<=" else start)


def age(value: str, now: int) -> Created:
    """The span of `age:`: `<90d` (or `90d`) is younger than, `>1y` older than."""
    operator, operand = _split_operator(value)
    operand = _short(operand)
    if not re.fullmatch(_AGE, operand):
        raise ValueProblem(
            f"{value!r} is no age",
            "a number and h, d, w, m (30 days) or y: age:<90d, age:>1y",
            half_typed=re.fullmatch(_HALF_AGE, value) is not None,
        )
    moment = now - _seconds(operand)
    return Created(None, moment) if operator.startswith(">") else Created(moment, None)


def _short(value: str) -> str:
    """The value, or the age that it writes out: `90 days`."""
    if not any(character in value for character in " +Pp"):
        return value
    from amitui.domain.times import short_age

    return short_age(value) or value


def _split_operator(value: str) -> tuple[str, str]:
    for operator in ("<=", ">=", "<", ">", "="):
        if value.startswith(operator):
            return ("" if operator == "=" else operator), value[len(operator) :]
    return "", value


def _seconds(text: str) -> int:
    match = re.fullmatch(_AGE, text)
    assert match is not None  # noqa: S101 - callers have matched it
    return int(match[1]) * _UNITS[match[2]]


def _date_problem(value: str) -> ValueProblem:
    return ValueProblem(
        f"{value!r} is no date",
        "a year, month or day such as 2026, >2026-01, 2026-01-31 or 2025..2026-03, or an age such as 30d",
        half_typed=re.fullmatch(_HALF_DATE, value) is not None or re.fullmatch(_HALF_AGE, value) is not None,
    )


def _period(text: str, *, whole: str | None = None) -> tuple[int, int]:
    """First second of the period that a date names, and first second after it."""
    from amitui.domain.times import period_of

    # EC2's own filter writes a period as 2026-01-* and people bring that along.
    bare = text.removesuffix("*").removesuffix("-") if text.endswith("*") else text
    try:
        return period_of(bare)
    except ValueError as problem:
        if " could be " in str(problem) or " no zone " in str(problem):
            raise ValueProblem(str(problem), "2026-03-04 is the 4th of March, in UTC") from None
        raise _date_problem(whole if whole is not None else text) from None
