"""Ids of EC2's resources as people copy them: with quotes and commas, in capitals, in ARNs, links and lists.

The one reader of ids for forms and searches. An id is never completed or mended: what does not have 8 or 17 digits
is none, and of two glued together both are read or neither.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from amitui.domain.accounts import plain_digits, unquoted

_DIGITS: Final = r"(?:[0-9a-f]{17}|[0-9a-f]{8})"
_AROUND: Final = "\"'`“”‘’«»[](){}<>.,;:=!?"
_LINKS: Final = ("https://", "http://")
_BETWEEN: Final = re.compile(r"[\s,;|\"'“”‘’«»]+")


@cache
def _glued(prefix: str) -> re.Pattern[str]:
    """One id or several, with nothing between."""
    return re.compile(rf"(?:{prefix}-{_DIGITS}(?={prefix}-|$))+")


@cache
def _single(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"{prefix}-{_DIGITS}(?={prefix}-|(?![0-9a-z]))")


def read_ids(prefix: str, text: str) -> tuple[str, ...]:
    """The ids in a text that holds nothing else, each once; none when any of it is something else.

    Args:
        prefix: of the kind of resource: `ami`, `snap`, `i`, `sg`, …
    """
    found: dict[str, None] = {}
    words = plain_digits(unquoted(text)).lower().split()
    for piece in (one for word in words for one in _pieces(word)):
        if not piece.strip(_AROUND):
            continue
        ids = _of_piece(prefix, piece.strip(_AROUND))
        if not ids:
            return ()
        found.update(dict.fromkeys(ids))
    return tuple(found)


def copied_ids(prefix: str, field: str, text: str) -> tuple[str, ...]:
    """The ids in a piece of JSON, YAML or Terraform that was copied: a list, or the values of one field.

    Args:
        prefix: as for `read_ids`.
        field: the field's name in any of these, as a regular expression.

    Returns:
        None when the text is no such piece, or holds anything else.
    """
    without, fields = re.subn(rf"[\"']?\b(?:{field})\b[\"']?\s*[:=]+", " ", text, flags=re.IGNORECASE)
    return read_ids(prefix, without) if fields or text.lstrip().startswith("[") else ()


def read_id(prefix: str, text: str) -> str:
    """The one id in a text; the text without blanks around it where there is none, or more than one."""
    ids = read_ids(prefix, text)
    return ids[0] if len(ids) == 1 else text.strip()


def _pieces(word: str) -> list[str]:
    # Links have commas and semicolons of their own.
    return [word] if word.lstrip(_AROUND).startswith(_LINKS) else _BETWEEN.split(word)


def _of_piece(prefix: str, piece: str) -> list[str]:
    if piece.startswith(("arn:", "image/")) and "/" in piece:
        piece = piece.rpartition("/")[2]
    elif piece.startswith(_LINKS):
        # Links of the console name the id once, or once for each of several.
        linked = _single(prefix).findall(re.sub(r"%[0-9a-f]{2}", " ", piece.replace("_", " ")))
        return linked if len(set(linked)) == 1 else []
    if not _glued(prefix).fullmatch(piece):
        return []
    return _single(prefix).findall(piece)
