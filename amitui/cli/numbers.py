"""Numbers as they are typed behind an option, for argparse."""

from __future__ import annotations


def whole(text: str) -> int:
    """A whole number above 0."""
    number = int(text)
    if number < 1:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError("a whole number above 0")
    return number


def speed(text: str) -> float:
    """A factor above 0."""
    number = float(text)
    if not 0 < number < 1e6:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError("a number above 0")
    return number


def seconds(text: str) -> float:
    """Seconds, 0 or more, with or without an `s` behind them."""
    try:
        found = float(text.strip().lower().removesuffix("s"))
    except ValueError:
        found = -1
    if not 0 <= found < 1e6:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"a number of seconds, 0 or more, not {text!r}")
    return found


def megabytes(text: str) -> float:
    """Megabytes, 0 or more, with or without `MB` behind them."""
    try:
        found = float(text.strip().lower().removesuffix("mb"))
    except ValueError:
        found = -1
    if not 0 <= found < 1e9:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"a number of megabytes, 0 or more, not {text!r}")
    return found
