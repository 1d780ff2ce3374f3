"""Values of an SQL answer as text and as JSON: times in UTC, nested values as JSON, no control characters."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from amitui.domain.visible import REPLACEMENT, show_invisible, without_invisible


def json_value(value: Any) -> Any:
    """A value for `json.dumps`. What JSON has no number for (NaN, infinity) becomes a text."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return without_invisible(value, keep="\n\t", instead=REPLACEMENT)
        case float():
            return value if isfinite(value) else str(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {text_value(key): json_value(one) for key, one in value.items()}
        case list() | tuple():
            return [json_value(one) for one in value]
    return text_value(value)


def text_value(value: Any) -> str:
    """A value as text; NULL is empty."""
    match value:
        case None:
            return ""
        case str():
            return without_invisible(value, keep="\n\t", instead=REPLACEMENT)
        case bool():
            return "true" if value else "false"
        case datetime():
            return _moment(value)
        case date() | time() | timedelta():
            return str(value)
        case bytes():
            return b64encode(value).decode()
        case dict() | list() | tuple():
            return json.dumps(json_value(value), ensure_ascii=False)
    return show_invisible(str(value))


def line_value(value: Any) -> str:
    """A value as one line of text, for people."""
    return show_invisible(text_value(value))


def distinct(names: Sequence[str]) -> list[str]:
    """Names of columns, each once: a second `count` is `count_1`."""
    found: list[str] = []
    for name in map(show_invisible, names):
        number, free = 0, name
        while free in found:
            number += 1
            free = f"{name}_{number}"
        found.append(free)
    return found


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    text = value.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"
