"""What is remembered between starts, in small private JSON files; a damaged one never stops a start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from amitui.paths import write_private

RECENT_REGIONS = 9
"""As many as there are digits to pick them with."""


class ScreenState(NamedTuple):
    """The last screen."""

    regions: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    query: str = ""
    sort_column: str = ""
    """Empty: newest first."""
    sort_descending: bool = True
    columns: tuple[str, ...] = ()
    """Chosen columns in order; empty: what fits."""
    show_deprecated: bool = False
    theme: str = ""
    history: tuple[str, ...] = ()
    """Earlier queries, newest first."""
    recent_regions: tuple[str, ...] = ()

    def with_recent(self, regions: tuple[str, ...]) -> tuple[str, ...]:
        """The recent regions once these have been looked at."""
        return tuple(dict.fromkeys((*regions, *self.recent_regions)))[:RECENT_REGIONS]


def load_state(path: str) -> ScreenState:
    """The state stored at `path`; what is missing, damaged or of the wrong kind counts as never stored."""
    stored = read_note(path)
    default = ScreenState()
    values: dict[str, object] = {}
    for name in ScreenState._fields:
        value, kind = stored.get(name), type(getattr(default, name))
        if kind is tuple and isinstance(value, list) and all(isinstance(part, str) for part in value):
            values[name] = tuple(value)
        elif kind is not tuple and type(value) is kind:
            values[name] = value
    return ScreenState(**values)  # type: ignore[arg-type]


def save_state(path: str, state: ScreenState) -> None:
    """Store the state.

    Raises:
        CacheError: the disk is full or the folder not writable.
    """
    write_note(path, state._asdict())


def read_note(path: str) -> dict[str, object]:
    """The JSON object that a file holds; empty when it is missing, damaged, or holds something else."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError):
        return {}
    import json

    try:
        stored = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return stored if isinstance(stored, dict) else {}


def write_note(path: str, note: Mapping[str, object]) -> None:
    """Store a JSON object, readable by the user alone.

    Raises:
        CacheError: the disk is full or the folder not writable.
    """
    import json

    write_private(path, json.dumps(note))
