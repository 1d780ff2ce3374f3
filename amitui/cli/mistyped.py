"""`amitui fnd x`: a command with one slip of the keyboard in it, which would otherwise be a search in the UI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from amitui.domain.shell import quoted
from amitui.errors import UsageError

_SHORTEST = 3
"""Letters of the shortest word that is taken for a command: `os` is a search, not `ops`."""


_SURE: Final = 5
"""Letters of the shortest command of which the first letter may be missing, or swapped with the second."""

_NAMES: Final = frozenset({"clear"})
"""Words that are one letter from a command, and names of products: Clear Linux."""


def refuse_mistyped(
    words: Sequence[str], argv: Sequence[str], commands: Sequence[str], instead: Mapping[str, Sequence[str]]
) -> None:
    """Check that the first word of a search is no command misspelt, and none of another program.

    Args:
        words: the words of the search.
        argv: all that was typed behind `amitui`. What stands behind `--` is a search, however it is spelt.
        instead: what other programs call a command, and the words for it here.

    Raises:
        UsageError: it is.
    """
    if not words or "--" in argv:
        return
    typed = words[0]
    meant = _meant(typed.casefold(), commands, instead)
    if not meant:
        return
    at = list(argv).index(typed)
    corrected = " ".join(quoted(word) for word in [*argv[:at], *meant, *argv[at + 1 :]])
    raise UsageError(
        f"there is no command {typed}; did you mean {' '.join(meant)}?",
        remedy=f"run: amitui {corrected}    or, to search for it: amitui -- {' '.join(map(quoted, words))}",
    )


def _meant(typed: str, commands: Sequence[str], instead: Mapping[str, Sequence[str]]) -> Sequence[str]:
    if typed in commands:  # with capitals
        return (typed,)
    if typed in instead:
        return instead[typed]
    return next(((command,) for command in commands if typed not in _NAMES and _is_slip(typed, command)), ())


def _is_slip(typed: str, command: str) -> bool:
    """Whether one letter is missing, doubled, added or wrong, or two are swapped, but not the first one.

    Most slips leave the first letter alone, and `kind` and `bind` are words to search for. Of a long command it
    may be missing, or come second.
    """
    if len(typed) < _SHORTEST or typed == command:
        return False
    if typed[0] != command[0]:
        return len(command) >= _SURE and typed in (command[1:], command[1::-1] + command[2:])
    same = next((at for at, (a, b) in enumerate(zip(typed, command, strict=False)) if a != b), None)
    at = min(len(typed), len(command)) if same is None else same
    rest, wanted = typed[at:], command[at:]
    return (
        rest == wanted[1:]
        or rest[1:] == wanted
        or (rest[1:] == wanted[1:] and len(command) > _SHORTEST)
        or (rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:])
    )
