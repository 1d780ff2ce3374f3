"""Names as the eye reads them: letters that many fonts draw alike become one, accents and invisible ones go."""

from __future__ import annotations

from typing import Final

_ASCII_FOLD: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ10|", "abcdefghljklmnopqrstuvwxyzlol", "") | {
    ord("i"): "l",
    ord("_"): "-",
    ord("/"): "-",
}
"""Lower case, one letter for those that fonts draw alike (I, l, i, 1 and |; O, o and 0), and one separator."""

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


def fold_ascii(text: str) -> str:
    """ASCII text as the eye reads it."""
    return text.translate(_ASCII_FOLD)


def fold(text: str) -> str:
    """Any text as the eye reads it, without compatibility forms, accents, invisible and foreign letters."""
    if text.isascii():
        return fold_ascii(text.strip())
    import unicodedata

    confusables = {ord(like): plain for plain, likes in _LETTERS_LIKE.items() for like in likes}
    shown = [
        character
        for character in unicodedata.normalize("NFKD", text.translate(confusables))
        if unicodedata.category(character) not in ("Mn", "Cf", "Cc") and character != "␦"
    ]
    return fold_ascii("".join(shown).translate(confusables).strip())
