"""The tables of keys, as text for `amitui keys` and the documentation: made from the bindings themselves."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from textual.binding import Binding
from textual.keys import format_key

from amitui.ui.keys.meanings import GROUPS, MEANINGS
from amitui.ui.keys.screens import PLACES
from amitui.ui.widgets.key_names import key_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textual.dom import DOMNode

    from amitui.ui.keys.screens import KeyPlace


class BoundKey(NamedTuple):
    """One key of one binding."""

    key: str
    """As Textual spells it."""
    binding: Binding


def bound_keys(kind: type[DOMNode], keymap: Mapping[str, str] | None = None) -> Iterator[BoundKey]:
    """The keys that a class binds, with those of amitui's classes that it comes from; Textual's own are left out.

    Args:
        keymap: binding ids and the keys that replace their own.
    """
    taken: set[str] = set()
    for base in kind.__mro__:
        if not base.__module__.startswith("amitui."):
            continue
        own = [
            BoundKey(key.strip(), binding)
            for found in base.__dict__.get("BINDINGS", ())
            for binding in (found if isinstance(found, Binding) else Binding(*found),)
            for key in (keymap or {}).get(binding.id or "", binding.key).split(",")
        ]
        yield from (one for one in own if one.key not in taken)
        taken |= {one.key for one in own}
        if not getattr(base, "_inherit_bindings", True):
            return


def shown_key(key: str) -> str:
    """A key as people call it."""
    (binding,) = Binding.make_bindings([Binding(key, "")])
    modifiers, plain = binding.parse_key()
    return key_name("+".join([*modifiers, format_key(plain)]))


def place_rows(place: KeyPlace, keymap: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """Keys and what they do on one screen, a binding a row."""
    return [(keys, words) for keys, _, words in _rows_with_ids(place, keymap)]


def _rows_with_ids(place: KeyPlace, keymap: Mapping[str, str] | None) -> list[tuple[str, str, str]]:
    """The same with the id of each binding behind its keys; empty: it has none."""
    rows: dict[str, tuple[list[str], str, str]] = {}
    for kind in place.node_types():
        for key, binding in bound_keys(kind, keymap):
            words = binding.tooltip or binding.description
            if words:
                keys, _, _ = rows.setdefault(binding.id or binding.action, ([], binding.id or "", words))
                keys.append(shown_key(key))
    return [(" ".join(dict.fromkeys(keys)), name, words) for keys, name, words in rows.values()]


def meaning_rows() -> dict[str, list[tuple[str, str]]]:
    """By group, the keys and their one meaning."""
    groups: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS}
    for one in MEANINGS:
        groups[one.group].append((" ".join(map(shown_key, one.keys)), one.words))
    return groups


def keys_of_screens() -> dict[str, list[str]]:
    """By key, the titles of the screens that bind it."""
    found: dict[str, list[str]] = defaultdict(list)
    for place in PLACES:
        for kind in place.node_types():
            for key, _ in bound_keys(kind):
                if place.title not in found[key]:
                    found[key].append(place.title)
    return found


def as_text(keymap: Mapping[str, str] | None = None, *, ids: bool = False) -> str:
    """Every screen with its keys, for a terminal.

    Args:
        ids: name each binding as `[keys]` of the config does, and list those without a key as well.
    """
    parts = []
    for place in PLACES:
        rows = _rows_with_ids(place, keymap)
        parts.append(
            "\n".join([place.title, *aligned(rows if ids else [(keys, words) for keys, _, words in rows])])
        )
    if ids and (keyless := _keyless(keymap or {})):
        parts.append("\n".join(["Without a key, on the main screen", *aligned(keyless)]))
    return "\n\n".join(parts) + "\n"


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a table, indented; the last column is as wide as it likes."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        yield "  " + "  ".join([*cells, row[-1]])


def _keyless(keymap: Mapping[str, str]) -> list[tuple[str, str]]:
    """The ids of actions that have no key, and what they do."""
    from amitui.ui.actions.registry import ACTIONS

    return [(one.id, one.about) for one in ACTIONS if not keymap.get(one.id, one.keys)]


def as_markdown() -> str:
    """The meanings, then every screen with its keys, as the documentation has them."""
    lines: list[str] = []
    for group, rows in meaning_rows().items():
        lines += [f"### {group}", "", *_table(rows, "Key", "Means, on every screen that has it"), ""]
    lines += ["## By screen", ""]
    for place in PLACES:
        lines += [f"### {place.title}", "", *_table(place_rows(place), "Key", "Does"), ""]
    return "\n".join(lines)


def as_short_markdown() -> str:
    """The meanings alone, two columns side by side, for the README."""
    rows = [row for group in meaning_rows().values() for row in group]
    half = (len(rows) + 1) // 2
    lines = ["| Key | Means | Key | Means |", "|---|---|---|---|"]
    for left, right in zip(rows, [*rows[half:], ("", "")], strict=False):
        if len(lines) - 2 == half:
            break
        lines.append(f"| {_code(left[0])} | {_cell(left[1])} | {_code(right[0])} | {_cell(right[1])} |")
    return "\n".join(lines)


def _table(rows: list[tuple[str, str]], *titles: str) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield "|---|---|"
    yield from (f"| {_code(keys)} | {_cell(words)} |" for keys, words in rows)


def _code(keys: str) -> str:
    return " ".join(f"`{key}`" for key in keys.split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
