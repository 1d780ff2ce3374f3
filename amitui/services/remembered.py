"""What is remembered between starts, in small private JSON files; a damaged one never stops a start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from amitui.domain.catalogue.scope import MINE, Scope
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.terms import SORT_COLUMNS, Query, SortOrder
from amitui.domain.region import is_region
from amitui.domain.visible import show_invisible
from amitui.errors import UsageError
from amitui.paths import write_private

RECENT_REGIONS = 9
"""As many as there are digits to pick them with; of profiles as well."""


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
    profiles: tuple[str, ...] = ()
    """Those that were chosen on the screen, in order; empty: none were."""
    recent_profiles: tuple[str, ...] = ()

    @property
    def sort_term(self) -> str:
        """The order as a term of a query; empty: that which the query has."""
        return f"sort:{'-' * self.sort_descending}{self.sort_column}" if self.sort_column else ""

    @property
    def text(self) -> str:
        """The query with the order as one of its terms: what would be typed for the same view."""
        return " ".join(filter(None, (self.query, self.sort_term)))

    def view(self, *, accounts: tuple[str, ...], now: int) -> ViewRequest:
        """What the last screen showed; its query is not parsed yet.

        What this amitui does not know, because a newer one wrote it, counts as never stored.

        Args:
            now: seconds since the epoch.
        """
        known = self.sort_column in SORT_COLUMNS
        return ViewRequest(
            Query(self.query, ()),
            self.regions,
            tuple(filter(None, map(_scope, self.scopes))) or (MINE,),
            accounts,
            self.show_deprecated,
            now,
            SortOrder(self.sort_column, self.sort_descending) if known else None,
        )

    def with_recent(self, regions: tuple[str, ...]) -> tuple[str, ...]:
        """The recent regions after these have been shown."""
        return tuple(dict.fromkeys((*regions, *self.recent_regions)))[:RECENT_REGIONS]

    def with_recent_profiles(self, profiles: Sequence[str]) -> tuple[str, ...]:
        """The recent profiles after these have been used."""
        return tuple(dict.fromkeys((*profiles, *self.recent_profiles)))[:RECENT_REGIONS]


def fields_of(view: ViewRequest) -> dict[str, Any]:
    """The fields of a `ScreenState` by which a view is found again."""
    return {
        "regions": view.regions,
        "scopes": tuple(scope.name for scope in view.scopes),
        "query": view.text,
        "sort_column": view.sort.column if view.sort else "",
        "sort_descending": view.sort.descending if view.sort else True,
        "show_deprecated": view.show_deprecated,
    }


def _scope(name: str) -> Scope | None:
    try:
        return Scope.parse(name)
    except UsageError:
        return None


def _is_visible(name: str) -> bool:
    return bool(name) and show_invisible(name) == name


def load_state(path: str) -> ScreenState:
    """The state stored at `path`; what is missing, damaged or of the wrong kind counts as never stored."""
    return state_from(read_note(path))


def state_from(stored: Mapping[str, object]) -> ScreenState:
    """The state of a stored object; what is missing or of the wrong kind counts as never stored.

    A file can be edited by hand, or be damaged: no control character of it reaches the screen.
    """
    default = ScreenState()
    values: dict[str, object] = {}
    for name in ScreenState._fields:
        value, kind = stored.get(name), type(getattr(default, name))
        if kind is tuple and isinstance(value, list) and all(isinstance(part, str) for part in value):
            values[name] = tuple(value)
        elif kind is not tuple and type(value) is kind:
            values[name] = value
    state = ScreenState(**values)  # type: ignore[arg-type]
    return state._replace(
        regions=tuple(filter(is_region, state.regions)),
        scopes=tuple(filter(_scope, state.scopes)),
        query=show_invisible(state.query),
        history=tuple(map(show_invisible, state.history)),
        recent_regions=tuple(filter(is_region, state.recent_regions)),
        profiles=tuple(filter(_is_visible, state.profiles)),
        recent_profiles=tuple(filter(_is_visible, state.recent_profiles)),
    )


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
