"""`amitui`: the screen. The cache is read while Textual is imported, and AWS is asked after the first rows."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from amitui.catalog.search.view import CatalogReader, QueryInterrupted, ViewRequest
from amitui.cli.demo_session import session_settings
from amitui.domain.catalogue.scope import MINE, Scope
from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import SORT_COLUMNS, Query, QuerySyntaxError, SortOrder
from amitui.errors import AmituiError, CacheError, UsageError
from amitui.services.composition import Services
from amitui.services.remembered import load_state

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow
    from amitui.services.remembered import ScreenState
    from amitui.settings import Settings

FIRST_SCREEN_ROWS = 100

PLAIN_TERMINALS = ("", "dumb", "unknown", "network", "dialup", "lpr", "printer", "emacs")
"""terminfo's names of what prints line after line; a name that is unknown here may be a modern terminal's."""


def browse(settings: Settings) -> int:
    """Run the screen until its user leaves."""
    require_terminal(os.environ)
    # They say what the terminal's size once was; Textual and Rich would believe them at every resize.
    for stale in ("COLUMNS", "LINES"):
        os.environ.pop(stale, None)
    with session_settings(settings) as active:
        services = Services(active)
        services.session.recall_account()
        state = load_state(active.locations.screen_file)
        ahead = _FirstRows(services, state)
        ahead.start()
        # Textual repaints at most so often, and what changed just after a repaint waits for the next: at its own
        # rate, a table that was found in 8 ms shows after 30.
        os.environ.setdefault("TEXTUAL_FPS", "120")
        # Textual takes 150 ms to import; the first rows are read in the meantime.
        from amitui.cli.leaving import run_screen
        from amitui.cli.threads import leave_despite_threads
        from amitui.ui.app import AmituiApp
        from amitui.ui.screens.browse import Looking

        ahead.join()
        if ahead.failure is not None:
            raise ahead.failure
        looking = Looking(
            ahead.regions, ahead.scopes, ahead.text, sort=ahead.sort, show_deprecated=state.show_deprecated
        )
        code = run_screen(AmituiApp(services, state, looking, ahead.first), mouse=active.mouse)
    return leave_despite_threads(code)


def require_terminal(environ: Mapping[str, str]) -> None:
    """Check that there is a terminal to draw on and to take keys from.

    Raises:
        UsageError: stdin or stdout is none, or it cannot place its cursor.
    """
    missing = [name for name, stream in (("stdin", sys.stdin), ("stdout", sys.stdout)) if not stream.isatty()]
    if missing:
        raise UsageError(
            "amitui needs a terminal",
            why=f"{' and '.join(missing)} {'is not a terminal' if len(missing) == 1 else 'are not terminals'}",
            remedy="run amitui find QUERY instead; it needs none",
        )
    kind = environ.get("TERM", "")
    if kind in PLAIN_TERMINALS:
        raise UsageError(
            "amitui needs a terminal with cursor control",
            why=f"TERM is {kind}" if kind else "TERM is not set",
            remedy="set TERM to your terminal type (TERM=xterm-256color amitui); amitui find QUERY works on any "
            "terminal",
        )


class _FirstRows(threading.Thread):
    """Works out what to look at first, and reads the top of it."""

    def __init__(self, services: Services, state: ScreenState) -> None:
        super().__init__(name="first rows")
        settings = services.settings
        self._services = services
        self._state = state
        self.text = settings.query or state.query
        if settings.query:
            self.text = settings.query
        named = settings.scopes or state.scopes
        self.scopes = tuple(Scope.parse(name) for name in named) or (MINE,)
        known = state.sort_column in SORT_COLUMNS  # a newer amitui may have remembered another
        self.sort = SortOrder(state.sort_column, state.sort_descending) if known else None
        self.regions: tuple[str, ...] = ()
        self.first: tuple[list[int], list[ImageRow]] | None = None
        self.failure: AmituiError | None = None
        """Why there can be no screen."""

    def run(self) -> None:
        try:
            self._read()
        except AmituiError as error:
            self.failure = error

    def _read(self) -> None:
        services = self._services
        with services.catalogue.reader() as reader:
            self.regions = _first_regions(services, self._state, reader)
            try:
                query = parse_query(self.text, now=services.now())
            except QuerySyntaxError:
                query = Query("", ())
            request = ViewRequest(
                query,
                self.regions,
                self.scopes,
                services.session.account,
                self._state.show_deprecated,
                services.now(),
                self.sort,
            )
            try:
                self.first = reader.first(request, FIRST_SCREEN_ROWS)
            except (CacheError, QueryInterrupted):
                self.first = None  # the screen asks again, and says what is wrong


def _first_regions(services: Services, state: ScreenState, reader: CatalogReader) -> tuple[str, ...]:
    """Typed regions, else the last screen's, else the profile's, else what is cached."""
    if services.settings.regions or services.settings.demo:
        return services.session.starting_regions()
    named = state.regions or services.session.starting_regions()
    try:
        return named or tuple(reader.cached_regions()[:1])
    except CacheError:
        return ()  # the screen asks for a region, and says what is wrong once one is chosen
