"""`[keys]` of the config, checked: ids and keys that exist, and a key left to leave each screen by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.query.suggest import nearest
from amitui.errors import UsageError
from amitui.ui.keys.command_keys import spelled
from amitui.ui.keys.ids import BINDING_IDS
from amitui.ui.keys.meanings import meaning_of
from amitui.ui.keys.screens import PLACES
from amitui.ui.keys.table import shown_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textual.binding import Binding, BindingsMap
    from textual.dom import DOMNode

    from amitui.ui.keys.screens import KeyPlace

_QUIT: Final = ("quit", "quit_always", "interrupt")
_LEAVES: Final = (".leave", ".back", ".close")
_LEAVE_KEYS: Final = frozenset(("q", "escape", "ctrl+q", "ctrl+c"))
"""The keys that all screens are left by; some have others, too."""


def checked_keymap(keys: Mapping[str, str], commands: Sequence[str], path: str) -> dict[str, str]:
    """The keys as Textual spells them, by the ids of bindings; those of the user's commands are left as they are.

    Args:
        keys: `[keys]` of the config.
        commands: the ids of the user's commands.
        path: of the config file, for the errors.

    Raises:
        UsageError: there is no such id or key, or no key is left that quits or that leaves a screen.
    """
    checked: dict[str, str] = {}
    for name, typed in keys.items():
        if name in commands:
            checked[name] = typed
            continue
        if name not in BINDING_IDS:
            raise _unknown(name, commands, path)
        checked[name] = ",".join(_keys(name, typed, path))
    used = {key for keys in checked.values() for key in keys.split(",")}
    if checked.keys() & set(_QUIT) or {"ctrl+q", "ctrl+c"} <= used:
        _require_quit(checked, path)
    if "escape" in used or any(name.endswith(_LEAVES) for name in checked):
        _require_ways_out(checked, path)
    return checked


def _unknown(name: str, commands: Sequence[str], path: str) -> UsageError:
    meant = nearest(name, (*BINDING_IDS, *commands))
    place, dot, _ = name.rpartition(".")
    alike = sorted(one for one in (*BINDING_IDS, *commands) if dot and one.startswith(f"{place}."))
    alike = alike or sorted(one for one in BINDING_IDS if "." not in one)
    return UsageError(
        f"unknown id {name!r} in [keys] of {path}" + (f"; did you mean {meant}?" if meant else ""),
        why="no binding and no command of yours has it",
        remedy=f"one of {', '.join(alike)}; amitui keys --ids lists all with their keys",
    )


def _keys(name: str, typed: str, path: str) -> Iterator[str]:
    if not typed.strip():
        raise UsageError(f"{name} in [keys] of {path} has no key", remedy=f'write one, as in  {name} = "f6,alt+x"')
    for key in typed.split(","):
        try:
            yield key.strip() if meaning_of(key.strip()) else spelled(key)
        except ValueError as error:
            raise UsageError(
                f"cannot use {key.strip()!r} for {name} in [keys] of {path}",
                why=str(error),
                remedy="amitui keys lists the keys that are in use",
            ) from error


def _is_way_out(name: str) -> bool:
    return name in _QUIT or name.endswith(_LEAVES)


def _require_quit(keymap: Mapping[str, str], path: str) -> None:
    """Check that the main screen has a key that quits."""
    app, *nodes = PLACES[0].node_types()
    inner = [_bindings(node, keymap) for node in nodes]
    if not any(
        binding.id in _QUIT and (binding.priority or not _takers(key, inner))
        for key, binding in _firsts(_bindings(app, keymap))
    ):
        raise _no_way_out("quit amitui", _QUIT, keymap, path)


def _require_ways_out(keymap: Mapping[str, str], path: str) -> None:
    """Check that every other screen has a key that leaves it; imports them all."""
    main, *others = PLACES
    app = _bindings(main.node_types()[0], keymap)
    for place in others:
        _require_way_out(place, app, keymap, path)


def _require_way_out(place: KeyPlace, app: BindingsMap, keymap: Mapping[str, str], path: str) -> None:
    maps = [_bindings(node, keymap) for node in place.node_types()]
    ways = [(key, one) for found in maps for key, one in _firsts(found) if (one.id or "").endswith(_LEAVES)]
    names = [name for node in place.node_types() for name in _ids(node) if name.endswith(_LEAVES)]
    if names and not any(
        not _takers(key, maps)
        and all(one.id in _QUIT for one in app.key_to_bindings.get(key, ()) if one.priority)
        and not (place.typed_into and len(shown_key(key)) == 1)
        for key, _ in ways
    ):
        raise _no_way_out(f"leave the screen {place.title!r}", names, keymap, path)


def _bindings(node: type[DOMNode], keymap: Mapping[str, str]) -> BindingsMap:
    """The bindings of a class as Textual has them with the keymap."""
    found = node._merge_bindings()
    found.apply_keymap(dict(keymap))
    return found


def _ids(node: type[DOMNode]) -> list[str]:
    return [one.id or "" for bindings in node._merge_bindings().key_to_bindings.values() for one in bindings]


def _firsts(found: BindingsMap) -> list[tuple[str, Binding]]:
    """The keys, each with the binding that gets it: of several one with priority, else the first."""
    return [
        (key, next((one for one in bindings if one.priority), bindings[0]))
        for key, bindings in found.key_to_bindings.items()
        if bindings
    ]


def _takers(key: str, maps: Sequence[BindingsMap]) -> list[str]:
    """The ids of what else than leaving has a key in these."""
    names = [one.id or "" for found in maps for own, one in _firsts(found) if own == key]
    return [name for name in names if not _is_way_out(name)]


def _no_way_out(what: str, names: Sequence[str], keymap: Mapping[str, str], path: str) -> UsageError:
    taken = [
        f'{name} = "{keys}"'
        for name, keys in keymap.items()
        if name in names or not _LEAVE_KEYS.isdisjoint(keys.split(","))
    ]
    return UsageError(
        f"[keys] of {path} leaves no key to {what}",
        why=f"they are given away by {', '.join(taken)}",
        remedy=f"give one of {', '.join(dict.fromkeys(names))} a key that nothing else has there",
    )
