"""Named views: a query with its scopes, Regions and order, kept in a small private file between starts.

Two processes may write it. Each reads it anew before it writes, and the later of two changes of one view wins.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from amitui.domain.catalogue.view import ViewRequest
from amitui.errors import CacheError, UsageError
from amitui.services.remembered import ScreenState, fields_of, read_note, state_from, write_note

MARK: Final = "@"
"""Before a view's name on the command line."""

_LONGEST: Final = 40

_LATEST: Final = 2**40
"""No moment is later, and the index can hold it: a greater number is damage."""

_DAMAGED: Final = ".damaged"
"""Behind the name of a file that could not be read, when another takes its place."""


class SavedView(NamedTuple):
    """A view under a name."""

    name: str
    state: ScreenState
    """Its query, scopes, Regions and order; the other fields are unused."""
    visited: int
    """When it was last opened, epoch seconds."""


class SavedViews:
    """The saved views of a user, in a file."""

    def __init__(self, path: str) -> None:
        self._path = path

    def all(self) -> list[SavedView]:
        """By name; what is damaged in the file counts as never stored."""
        found = []
        for name, stored in sorted(read_note(self._path).items()):
            if isinstance(stored, dict) and not _problem(name):
                visited = stored.get("visited")
                if type(visited) is not int or not 0 <= visited <= _LATEST:
                    visited = 0
                found.append(SavedView(name, state_from(stored), visited))
        return found

    def get(self, name: str) -> SavedView:
        """The view of that name.

        Raises:
            UsageError: there is none.
        """
        views = {view.name: view for view in self.all()}
        if name not in views:
            known = ", ".join(MARK + each for each in views) or "none yet; w on the screen saves one"
            raise UsageError(f"there is no saved view {MARK}{name}", why=f"saved views: {known}")
        return views[name]

    def save(self, name: str, view: ViewRequest, *, now: int) -> None:
        """Keep a view, in place of one of that name.

        Raises:
            UsageError: the name is not to be used.
            CacheError: the disk is full or the folder not writable.
        """
        if problem := _problem(name):
            raise UsageError(problem)
        self._write({name: {**fields_of(view), "visited": now}})

    def visit(self, name: str, *, now: int) -> None:
        """Note that a view was opened: what comes later is new.

        Raises:
            CacheError: the disk is full or the folder not writable.
        """
        stored = read_note(self._path).get(name)
        if isinstance(stored, dict):
            self._write({name: {**stored, "visited": now}})

    def remove(self, name: str) -> None:
        """Forget a view.

        Raises:
            CacheError: the disk is full or the folder not writable.
        """
        self._write({name: None})

    def _write(self, changes: dict[str, object]) -> None:
        kept = read_note(self._path)
        if not kept:
            self._keep_damaged()
        views = {**kept, **changes}
        write_note(self._path, {name: view for name, view in views.items() if view is not None})

    def _keep_damaged(self) -> None:
        """Put a file aside that says nothing readable: its views may be mended by hand."""
        try:
            with open(self._path, "rb") as file:
                damaged = file.read(3).strip() not in (b"", b"{}")
            if damaged:
                os.replace(self._path, self._path + _DAMAGED)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise CacheError(f"the saved views in {self._path} cannot be read", why=str(error)) from error


def _problem(name: str) -> str:
    """Why a name is not to be used; empty: it is."""
    if not name or len(name) > _LONGEST:
        return f"a view's name has 1 to {_LONGEST} characters"
    if not all(character.isalnum() or character in "-_." for character in name):
        return "a view's name consists of letters, digits and - _ ."
    return ""


def name_in(words: str) -> tuple[str, str]:
    """The view that typed words name at their beginning, and the words behind it; no name: all are a query."""
    first, _, rest = words.strip().partition(" ")
    return (first[1:], rest.strip()) if first.startswith(MARK) and len(first) > 1 else ("", words)
