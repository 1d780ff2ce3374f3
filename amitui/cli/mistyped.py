"""`amitui fnd x`, `amitui find --regoin x`: a command or an option with a slip of the keyboard in it.

The command would otherwise be a search in the UI.
"""

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


def refuse_mistyped_option(
    command: str, words: Sequence[str], known: Sequence[str], others: Sequence[str]
) -> None:
    """Check that no word is an option of the command misspelt.

    Args:
        command: its name, empty for `amitui` without one.
        words: what was typed, without the command's name. What stands behind `--` is no option.
        known: the names of the command's options.
        others: words that begin with a dash and are no options.

    Raises:
        UsageError: one is. Where help is asked for none is looked for.
    """
    before = list(words[: words.index("--")]) if "--" in words else list(words)
    if any(word in ("-h", "--help") for word in before):
        return
    for at, word in enumerate(before):
        typed, equals, value = word.partition("=")
        if typed in known or word in others or not _is_option(typed, known):
            continue
        meant = _option_meant(typed, known)
        if not meant:
            continue
        name = f"amitui {command}".rstrip()
        corrected = [*words[:at], f"{meant}{equals}{value}", *words[at + 1 :]]
        raise UsageError(
            f"{name} has no option {typed}; did you mean {meant}?",
            remedy=f"run: {name} {' '.join(map(quoted, corrected))}",
        )


def _is_option(typed: str, known: Sequence[str]) -> bool:
    """Whether it was meant as an option of several letters: `-ojson` is `-o json`."""
    return typed.startswith("--") or (typed.startswith("-") and len(typed) > _SHORTEST and typed[:2] not in known)


def _option_meant(typed: str, known: Sequence[str]) -> str:
    """The option that is spelt nearly so, or the only one that begins so; empty where there is none."""
    from amitui.domain.query.suggest import nearest

    text = typed.lstrip("-").replace("_", "-")
    names = {name.removeprefix("--"): name for name in known if name.startswith("--")}
    begin = [name for name in names if len(text) >= _SHORTEST and name.startswith(text)]
    meant = begin[0] if len(begin) == 1 else nearest(text, names)
    return names.get(meant, "")


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
