"""The keys of the user's own commands: how they are written in the config, and which are free for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.keys import Keys, _character_to_key

from amitui.errors import UsageError
from amitui.ui.keys.meanings import MEANINGS
from amitui.ui.keys.table import aligned, shown_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.commands.command import UserCommand

MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "hyper", "meta")
"""Those that terminals report, in the order in which Textual writes them; the last ones by the kitty protocol."""

_NAMES: Final = frozenset(key.value for key in Keys if key.value.replace("_", "").isalnum()) | frozenset(
    _character_to_key(chr(code)) for code in range(0x20, 0x7F)
)
_OTHER_NAMES: Final = {
    "esc": "escape",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "return": "enter",
}
_SENT_AS: Final = {
    "ctrl+i": "Tab",
    "ctrl+m": "Enter",
    "ctrl+h": "Backspace",
    "ctrl+left_square_bracket": "Esc",
}
"""What terminals send the same bytes for."""

_TEXTUALS: Final = {
    "ctrl+pageup": "scroll",
    "ctrl+pagedown": "scroll",
    "super+c": "copy what is selected",
    **dict.fromkeys(
        ["backspace", "delete", "ctrl+left", "ctrl+right", "ctrl+w", "ctrl+u", "ctrl+k", "ctrl+d", "ctrl+v"],
        "move and delete in a text field",
    ),
}
"""What Textual's own widgets use these for."""

PROPOSED: Final = ("Q", "V", "Z", "M", "z", "f6", "f7", "f10", "ctrl+e", "ctrl+n", "alt+c", "8", "9")


def spelled(key: str) -> str:
    """A key as Textual spells it, of one as people do: `Ctrl+E`, `f6`, `?`, `alt+x`.

    Raises:
        ValueError: it is none, or terminals cannot tell it from another.
    """
    text = key.strip()
    *modifiers, last = [*text[:-1].split("+"), "+"] if text == "+" or text[-2:] == "++" else text.split("+")
    given = [one.strip().lower() for one in modifiers if one]
    last = last.strip()
    if len(last) == 1:
        name = _character_to_key(last.lower() if given else last)
        if given == ["shift"] and last.isalpha():
            given, name = [], last.upper()
    else:
        name = _OTHER_NAMES.get(last.lower(), last.lower())
    if set(given) - set(MODIFIERS) or (len(last) != 1 and name not in _NAMES) or not last:
        raise ValueError(f"{key!r} is no key: write it as ctrl+e, f6, alt+x, Q or ?")
    found = "+".join([*(one for one in MODIFIERS if one in given), name])
    if found in _SENT_AS:
        raise ValueError(f"terminals send {shown_key(found)} as {_SENT_AS[found]}")
    return found


def taken_keys(keymap: Mapping[str, str]) -> dict[str, str]:
    """What amitui's own keys mean, as `[keys]` of the config has them.

    Args:
        keymap: binding ids and the keys that replace their own.
    """
    taken = {
        key: one.words for one in MEANINGS if not set(one.bindings) <= keymap.keys() for key in one.keys
    } | _TEXTUALS
    for binding, keys in keymap.items():
        if not binding.startswith("command."):
            taken |= {_as_spelled(key): f"{binding}, by [keys]" for key in keys.split(",")}
    return taken


def _as_spelled(key: str) -> str:
    """A key of `[keys]`, which may be written in several ways; what is none is refused with `[keys]`."""
    try:
        return spelled(key)
    except ValueError:
        return key.strip()


def command_keys(commands: Sequence[UserCommand], keymap: Mapping[str, str], path: str) -> dict[str, str]:
    """The keys of commands as Textual spells them, comma-separated, by the name of the command.

    Args:
        path: of the config file, for the errors.

    Raises:
        UsageError: a key is none, is amitui's own, or two commands have it.
    """
    taken = taken_keys(keymap)
    of_commands: dict[str, str] = {}
    found: dict[str, str] = {}
    for command in commands:
        remapped = keymap.get(command.id)
        keys = [command.key] if remapped is None else remapped.split(",")
        spelled_keys = [_free(key, command.name, taken, of_commands, path) for key in keys if key.strip()]
        of_commands |= dict.fromkeys(spelled_keys, command.name)
        found[command.name] = ",".join(spelled_keys)
    return found


def shown_keys(keys: str) -> str:
    """Comma-separated keys as people call them."""
    return " ".join(shown_key(key) for key in keys.split(",") if key)


def as_text(commands: Sequence[UserCommand], keymap: Mapping[str, str], path: str, *, ids: bool = False) -> str:
    """The user's commands with their keys, for a terminal; empty where there are none.

    Args:
        ids: name each as `[keys]` of the config does.

    Raises:
        UsageError: as `command_keys`.
    """
    if not commands:
        return ""
    keys = command_keys(commands, keymap, path)
    shown = [
        (shown_keys(keys[one.name]) or f":{one.id}", *([one.id] if ids else []), f"{one.called}: {one.about}")
        for one in commands
    ]
    return "\n".join(["\nYour commands", *aligned(shown)]) + "\n"


def _free(key: str, name: str, taken: Mapping[str, str], of_commands: Mapping[str, str], path: str) -> str:
    table = f"[commands.{name}] of {path}"
    free = [shown_key(one) for one in PROPOSED if one not in taken and one not in of_commands]
    remedy = f"choose a free one, such as {', '.join(free[:4])}; amitui keys lists those in use"
    try:
        found = spelled(key)
    except ValueError as error:
        raise UsageError(f"cannot use key = {key!r} in {table}", why=str(error), remedy=remedy) from error
    if found in taken:
        raise UsageError(
            f"cannot use key = {key!r} in {table}",
            why=f"it is amitui's own: {taken[found]}",
            remedy=remedy,
        )
    if found in of_commands:
        raise UsageError(
            f"cannot use key = {key!r} in {table}",
            why=f"[commands.{of_commands[found]}] has it already",
            remedy=remedy,
        )
    return found
