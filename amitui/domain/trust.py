"""How far an image's origin can be trusted, by what its owner cannot forge: account and alias, not the name."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from amitui.domain.image import ImageFlag
from amitui.domain.publishers import (
    AMAZON_ALIAS,
    BACKUP_ALIAS,
    MARKETPLACE_ACCOUNT,
    MARKETPLACE_ALIAS,
    PUBLISHERS,
    Publisher,
    publisher_of,
)

if TYPE_CHECKING:
    import re


class Trust(IntEnum):
    """Where an image comes from; higher is surer. The order is the sort order of the trust column."""

    LOOKALIKE = 0
    """A known publisher's name pattern under a stranger's account (whoAMI)."""
    UNVERIFIED = 1
    """A public image of an account nobody vouches for."""
    SHARED = 2
    """Private, shared with the viewer by its owner."""
    MARKETPLACE = 3
    PUBLISHER = 4
    """A publisher's account known to amitui."""
    AMAZON = 5
    """Alias `amazon`: Amazon itself or a partner it verified."""
    OWN = 6


_VOUCHED: Final = frozenset((AMAZON_ALIAS, MARKETPLACE_ALIAS, BACKUP_ALIAS))
"""Aliases that AWS gives and owners cannot set. Old records hold account ids there, which vouch for nothing."""

_LOOKALIKE: Final = int(ImageFlag.LOOKALIKE)
_PUBLIC: Final = int(ImageFlag.PUBLIC)


def trust_of(owner_id: str, owner_alias: str, flags: ImageFlag, viewer_account: str | None) -> Trust:
    """How sure the origin is, for one viewer.

    A lookalike that is shared privately stays a lookalike: sharing it with a victim is up to its owner.
    """
    if viewer_account and owner_id == viewer_account:
        return Trust.OWN
    if int(flags) & _LOOKALIKE:
        return Trust.LOOKALIKE
    if owner_alias == AMAZON_ALIAS:
        return Trust.AMAZON
    if owner_alias == MARKETPLACE_ALIAS or owner_id == MARKETPLACE_ACCOUNT:
        return Trust.MARKETPLACE
    publisher = publisher_of(owner_id)
    if publisher is not None:
        return Trust.AMAZON if publisher.amazon else Trust.PUBLISHER
    return Trust.UNVERIFIED if int(flags) & _PUBLIC else Trust.SHARED


def is_lookalike(name: str, owner_id: str, owner_alias: str) -> bool:
    """Whether a name follows a known publisher's pattern although account and alias are nobody's that is known.

    A look-up by name pattern, without an owner, that takes the newest match, would pick such an image (whoAMI).
    Copies that people made under the old name look the same, and are as unvouched for. Own images are flagged
    too, since the viewer is not known here: `trust_of` puts the viewer's account first.
    """
    if owner_alias in _VOUCHED or not owner_id or owner_id == MARKETPLACE_ACCOUNT:
        return False
    return imitated_publisher(name) is not None and publisher_of(owner_id) is None


def imitated_publisher(name: str) -> Publisher | None:
    """The publisher whose name pattern `name` follows to the eye: case and confusable letters folded."""
    if name.isascii():
        # The first three letters rule out nearly every name for the price of one dict look-up.
        patterns = _patterns().get(name.lstrip()[:_HEAD].translate(_ASCII_FOLD))
        if patterns is None:
            return None
        folded = name.strip().translate(_ASCII_FOLD)
    else:
        folded = _fold(name)
        patterns = _patterns().get(folded[:_HEAD], [])
    for pattern, publisher in patterns:
        if pattern.match(folded):
            return publisher
    return None


_HEAD: Final = 3
"""Letters by which the patterns are looked up; every pattern begins with more literal ones than that."""

_ASCII_FOLD: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ10|", "abcdefghljklmnopqrstuvwxyzlol", "") | {
    ord("i"): "l"
}
"""Lower case, and one letter for those that many fonts draw alike: I, l, i, 1 and |; O, o and 0."""

_LETTERS_LIKE: Final = {
    "a": "аАαΑɑᴀ",
    "b": "ЬьвВΒβʙ",
    "c": "сСϲᴄ",
    "d": "ԁᴅɗđ",
    "e": "еЕεΕєᴇ",
    "f": "ғ",
    "g": "ɡցɢ",
    "h": "һНнΗհʜ",
    "i": "іІιΙıɩӏⅼǀ",
    "j": "јЈ",
    "k": "кКκΚᴋ",
    "m": "мМΜᴍ",
    "n": "пηΝոɴ",
    "o": "оОοΟօσᴏøØ",
    "p": "рРρΡᴘ",
    "q": "ԛզ",
    "r": "гʀᴦ",
    "s": "ѕЅꜱ",
    "t": "тТτΤᴛŧ",
    "u": "υսᴜʋцμ",
    "v": "νѵᴠ",
    "w": "ԝωшᴡ",
    "x": "хХχΧ",
    "y": "уУΥүγ",
    "z": "ᴢΖ",
    "-": "‐‑‒–—―−﹣",
    "/": "⁄∕╱⧸",
    "_": "＿‗",
}
"""Letters of other scripts (and punctuation) by the ASCII one they pass for; EC2 refuses them in new names."""


def _fold(name: str) -> str:
    """A name as the eye reads it, without compatibility forms, accents, invisible and foreign letters."""
    import unicodedata

    confusables = {ord(like): plain for plain, likes in _LETTERS_LIKE.items() for like in likes}
    shown = [
        character
        for character in unicodedata.normalize("NFKD", name.translate(confusables))
        if unicodedata.category(character) not in ("Mn", "Cf", "Cc") and character != "␦"
    ]
    return "".join(shown).translate(confusables).strip().translate(_ASCII_FOLD)


_Patterns = dict[str, list[tuple["re.Pattern[str]", Publisher]]]
_compiled: _Patterns = {}


def _patterns() -> _Patterns:
    """The publishers' globs as folded expressions by their first letters, compiled at the first question."""
    if not _compiled:
        import re

        table: _Patterns = {}
        for publisher in PUBLISHERS:
            for glob in publisher.name_patterns:
                folded = glob.translate(_ASCII_FOLD)
                expression = re.escape(folded).replace(r"\*", ".*").replace(r"\?", ".")
                table.setdefault(folded[:_HEAD], []).append((re.compile(expression, re.DOTALL), publisher))
        _compiled.update(table)
    return _compiled
