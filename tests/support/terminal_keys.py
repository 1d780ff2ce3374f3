"""What a terminal sends for a key: xterm's sequences, by the names that Textual gives to keys."""

from __future__ import annotations

from typing import Final

_PLAIN: Final = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    "ctrl+backspace": "\x08",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
}
_LETTER_FINAL: Final = {"up": "A", "down": "B", "right": "C", "left": "D", "end": "F", "home": "H"}
_NUMBERED: Final = {
    "insert": 2,
    "delete": 3,
    "pageup": 5,
    "pagedown": 6,
    "f5": 15,
    "f6": 17,
    "f7": 18,
    "f8": 19,
    "f9": 20,
    "f10": 21,
    "f11": 23,
    "f12": 24,
}
_MODIFIER_BITS: Final = {"shift": 1, "alt": 2, "ctrl": 4}


def key_sequence(name: str) -> str:
    """What the terminal sends when the key `name` (`a`, `enter`, `ctrl+x`, `shift+up`) is pressed.

    Raises:
        ValueError: no such key.
    """
    if name in _PLAIN:
        return _PLAIN[name]
    if len(name) == 1:
        return name
    *modifiers, key = name.split("+")
    bits = sum(_MODIFIER_BITS[modifier] for modifier in modifiers if modifier in _MODIFIER_BITS)
    parameter = f";{bits + 1}" if bits else ""
    if key in _LETTER_FINAL:
        return f"\x1b[{'1' if bits else ''}{parameter}{_LETTER_FINAL[key]}"
    if key in _NUMBERED:
        return f"\x1b[{_NUMBERED[key]}{parameter}~"
    if modifiers == ["ctrl"] and len(key) == 1 and "@" <= key.upper() <= "_":
        return chr(ord(key.upper()) & 0x1F)
    if modifiers == ["alt"] and len(key) == 1:
        return f"\x1b{key}"
    raise ValueError(f"no such key: {name!r}")
