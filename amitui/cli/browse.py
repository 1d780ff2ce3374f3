"""`amitui`: the screen. The cache is read while Textual is imported, AWS is called after the first rows."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from amitui.catalog.search.view import CatalogReader, QueryInterrupted
from amitui.cli.demo_session import session_settings
from amitui.domain.catalogue.scope import Scope
from amitui.domain.catalogue.view import BEST_FIRST, ViewRequest
from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import Query, QuerySyntaxError
from amitui.errors import AmituiError, CacheError, UsageError
from amitui.services.composition import Services
from amitui.services.connections import Connections
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
    with session_settings(settings) as active:
        ended = show_screen(active)
    code = _show_demo(settings) if ended.wants_demo else ended.code
    from amitui.cli.threads import leave_despite_threads

    return leave_despite_threads(code)


class ScreenEnd(NamedTuple):
    """How the screen ended."""

    code: int
    """The exit code."""
    chosen: tuple[ImageRow, ...] = ()
    """What was chosen."""
    wants_demo: bool = False
    """Whether the demo is to be started now."""


def _show_demo(settings: Settings) -> int:
    """Run the demo's screen, as `amitui --demo` with the same looks would."""
    import signal

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)  # the screen that ended has them ignored
    nobody = settings._replace(
        demo=True, profile=None, members=(), organization="", catalogue="", regions=(), endpoint_url=None
    )
    with session_settings(nobody._replace(problem=None)) as active:
        return show_screen(active).code


def show_screen(settings: Settings, *, choosing: bool = False) -> ScreenEnd:
    """Show the screen on the terminal of stdin and stdout.

    Args:
        choosing: whether images are to be chosen.
    """
    # They say what the terminal's size once was; Textual and Rich would believe them at every resize.
    for stale in ("COLUMNS", "LINES"):
        os.environ.pop(stale, None)
    state = load_state(settings.locations.screen_file)
    settings = with_last_profiles(settings, state)
    services = Services(settings)
    services.members.recall()
    ahead = _FirstRows(services, state._replace(query="") if choosing else state)
    ahead.start()
    # Textual repaints at most so often, and what changed just after a repaint waits for the next: at its own rate,
    # a table that was found in 8 ms shows after 30.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    # Textual takes 150 ms to import; the first rows are read in the meantime.
    from amitui.cli.leaving import run_screen
    from amitui.cli.messages import say
    from amitui.ui.app import AmituiApp
    from amitui.ui.leave_keys import parting_words

    ahead.join()
    if ahead.failure is not None:
        raise ahead.failure
    app = AmituiApp(services, state, ahead.view, ahead.first, choosing=choosing)
    code = run_screen(app, mouse=settings.mouse)
    if words := parting_words(app.browse.activity.under_way, app.browse.activity.on_hold):
        say(words)
    for stopped in app.user_commands.stopped:
        say(f"stopped, as it was still running: {stopped}")
    return ScreenEnd(code, app.chosen, app.wants_demo)


def with_last_profiles(settings: Settings, state: ScreenState) -> Settings:
    """The settings with the profiles that were last chosen on the screen, where nothing else says who acts.

    An option, the config, and whatever AWS itself takes from the environment come first. Profiles that cannot be
    used any more are left out.
    """
    if settings.demo or settings.profile or settings.members or not state.profiles:
        return settings
    connections = Connections(settings)
    caller = connections.caller(None)
    if caller.chosen_by or caller.source.of_environment:
        return settings
    usable = tuple(name for name in state.profiles if not connections.obstacle(name))
    return settings._replace(profile=usable[0], members=usable) if usable else settings


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
    require_cursor(environ)


def require_cursor(environ: Mapping[str, str]) -> None:
    """Check that the terminal can place its cursor.

    Raises:
        UsageError: it cannot, or it is not known which one it is.
    """
    kind = environ.get("TERM", "")
    if kind in PLAIN_TERMINALS:
        raise UsageError(
            "amitui needs a terminal with cursor control",
            why=f"TERM is {kind}" if kind else "TERM is not set",
            remedy="set TERM to your terminal type (TERM=xterm-256color amitui); amitui find QUERY works on any "
            "terminal",
        )


class _FirstRows(threading.Thread):
    """Works out the first view, and reads its first rows."""

    def __init__(self, services: Services, state: ScreenState) -> None:
        super().__init__(name="first rows")
        settings = services.settings
        self._services = services
        view = state.view(accounts=services.members.accounts, now=services.now())
        if settings.query:
            # The last screen's order was chosen for what was in view there.
            view = view._replace(query=Query(settings.query, ()), sort=None)
        if settings.scopes:
            view = view._replace(scopes=tuple(Scope.parse(name) for name in settings.scopes))
        self.view = view
        """Typed, else the last screen's."""
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
            self.view = self.view._replace(regions=_first_regions(services, self.view, reader))
            with suppress(QuerySyntaxError):  # the screen says what is wrong with it
                known = services.known_accounts
                query = parse_query(self.view.text, now=services.now(), accounts=known)
                self.view = self.view._replace(query=query)
            if self.view.order == BEST_FIRST:
                return  # the screen shows families then
            try:
                self.first = reader.first(self.view, FIRST_SCREEN_ROWS)
            except (CacheError, QueryInterrupted):
                self.first = None  # the screen asks again, and says what is wrong


def _first_regions(services: Services, last: ViewRequest, reader: CatalogReader) -> tuple[str, ...]:
    """Typed regions, else the last screen's, else the profile's, else what is cached."""
    if services.settings.regions or services.settings.demo:
        return services.session.starting_regions()
    named = last.regions or services.session.starting_regions()
    try:
        return named or tuple(reader.cached_regions()[:1])
    except CacheError:
        return ()  # the screen asks for a region, and says what is wrong once one is chosen
