"""Which profiles are used together: names, comma-separated names and patterns, as the AWS config has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from amitui.errors import CredentialsError
from amitui.identity.caller import find_caller
from amitui.identity.files import read_files

_WILDCARDS: Final = frozenset("*?")


def chosen_members(words: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The profiles that words choose, each once, in their order.

    A word that is a profile's whole name is that profile; else commas separate names, and `*` and `?` stand for
    any letters. What matches nothing stays as it is: using it says that there is no such profile. Those that
    cannot be used at all come last, so that the first can be the session's.

    Args:
        words: names and patterns.
    """
    if len(words) == 1 and _is_plain(words[0]):
        return tuple(words)
    known = _profiles(environ)
    found: dict[str, None] = {}
    for word in words:
        for part in (word,) if word in known else [part.strip() for part in word.split(",")]:
            if part:
                found.update(dict.fromkeys(_matching(part, known)))
    usable = {name: find_caller(name, environ).problem is None for name in found}
    return tuple(sorted(found, key=lambda name: not usable[name]))


def _is_plain(word: str) -> bool:
    return "," not in word and _WILDCARDS.isdisjoint(word)


def _matching(part: str, known: Collection[str]) -> list[str]:
    if part in known or _WILDCARDS.isdisjoint(part):
        return [part]
    from fnmatch import fnmatchcase

    # Brackets are letters of a name here, and no set of letters.
    pattern = part.replace("[", "[[]")
    return sorted(name for name in known if fnmatchcase(name, pattern)) or [part]


def _profiles(environ: Mapping[str, str]) -> Collection[str]:
    try:
        return read_files(environ).profiles
    except CredentialsError:
        return ()  # whoever uses one of them says what is wrong with the files
