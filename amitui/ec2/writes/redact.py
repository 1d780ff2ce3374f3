"""Redacts private values, such as user data, from error texts: EC2 and botocore often quote what they refuse."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from amitui.ec2.convert import sanitize
from amitui.errors import AmituiError

_HIDDEN = "details are hidden because they quote private values"

_LINE_CHARACTERS = 6
"""Shorter lines, such as `done`, are in many sentences that quote nothing."""
_WHOLE_CHARACTERS = 3
_HEAD_CHARACTERS = 12
"""So much of a line's beginning gives it away: quotations are cut."""


def without(error: AmituiError, private: Mapping[str, str]) -> AmituiError:
    """The error with each text that quotes a private value replaced, and without its cause and context.

    Args:
        private: values by the name of their parameter.
    """
    pieces = tuple(piece for value in private.values() for piece in _pieces(value))
    error.what, error.why, error.remedy = (
        _HIDDEN if any(piece in words for piece in pieces) else words
        for words in (error.what, error.why, error.remedy)
    )
    error.args = (error.what,)
    error.__cause__ = error.__context__ = None
    return error


def _pieces(value: str) -> Iterator[str]:
    """Pieces of the value, one of which is in every text that quotes it, whole or cut, in one line or several."""
    for line in value.splitlines():
        words = " ".join(sanitize(line).split())
        if len(words) >= _LINE_CHARACTERS:
            yield words[:_HEAD_CHARACTERS]
    whole = " ".join(sanitize(" ".join(value.split())).split())
    if len(whole) >= _WHOLE_CHARACTERS:
        yield whole
        # As it is sent, without the last digits, which depend on what follows.
        yield base64.b64encode(value.encode("utf-8", "surrogateescape"))[:16].decode()
