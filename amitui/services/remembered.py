"""What is remembered between starts, the last screen and last launches: small, private, never a reason to fail."""

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
    stored = _stored(path)
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
    import json

    write_private(path, json.dumps(state._asdict()))


def load_launches(path: str) -> dict[str, object]:
    """The last launches stored at `path`, as `domain/launch/presets.py` keeps them; damaged ones count as none."""
    return _stored(path)


def save_launches(path: str, launches: Mapping[str, object]) -> None:
    """Store the last launches.

    Raises:
        CacheError: the disk is full or the folder not writable.
    """
    import json

    write_private(path, json.dumps(launches))


def _stored(path: str) -> dict[str, object]:
    """What the JSON file holds; empty when it cannot be read or holds something else."""
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
