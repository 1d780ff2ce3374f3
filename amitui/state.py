"""What the screen looked like when it was last left: small, private, and never a reason to fail."""

from __future__ import annotations

from typing import NamedTuple

from amitui.locations import write_private

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
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError):
        return ScreenState()
    import json

    try:
        stored = json.loads(text)
    except ValueError:
        return ScreenState()
    if not isinstance(stored, dict):
        return ScreenState()
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
