"""What keys are called on the screen: as they are printed on keyboards, the same in footer, help and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode

_NAMES: Final = {
    "⏎": "Enter",
    "esc": "Esc",
    "space": "Space",
    "tab": "Tab",
    "pgup": "PgUp",
    "pgdn": "PgDn",
    "home": "Home",
    "end": "End",
    "del": "Del",
    "insert": "Ins",
    "⌫": "Backspace",
}
"""By the name that Textual gives a key."""


def key_name(textual_name: str) -> str:
    """A key as people call it, from Textual's name: `esc` → `Esc`, `^b` → `Ctrl+B`, `f5` → `F5`."""
    head, plus, key = textual_name.rpartition("+")
    if key.startswith("^") and len(key) > 1:
        head, plus, key = f"{head}{plus}ctrl", "+", key[1:]
    if key[:1] == "f" and key[1:].isdigit():
        key = key.upper()
    named = "Space" if (head, key) == ("ctrl", "@") else _NAMES.get(key, key)
    if not plus:
        return named
    modifiers = "+".join(word.capitalize() for word in head.split("+"))
    return f"{modifiers}+{named.upper() if len(named) == 1 else named}"


def key_of(app: App[Any], binding_id: str, owner: DOMNode | None = None) -> str:
    """The first key that one of the application's bindings has now, remapped or not; empty when it has none.

    Args:
        owner: a widget whose binding it is, instead of the application's.
    """
    # No public way leads from a binding's id to the keys that the keymap gave it.
    bindings = (app if owner is None else owner)._bindings.copy()
    bindings.apply_keymap(app._keymap)
    for keyed in bindings.key_to_bindings.values():
        for binding in keyed:
            if binding.id == binding_id:
                return app.get_key_display(binding)
    return ""
