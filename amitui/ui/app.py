"""The Textual application: it owns the workers, the error log and the remembered state, and runs the actions.

State flows down to the screen by its constructor, messages come up from it; everything that a key does is a
function in `ui/actions/images.py`, found through `ui/actions/registry.py`.
"""

from __future__ import annotations

import asyncio
import gc
import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual import on
from textual.binding import Binding, BindingsMap
from textual.filter import NoColor

from amitui.catalog.search.background import CatalogSearch
from amitui.defects import defect_of
from amitui.domain.operations.may_change import OFFLINE
from amitui.domain.retrying import later_words
from amitui.errors import AmituiError, CredentialsError
from amitui.presentation.fetching import resuming_words
from amitui.services.crawls import Fetches
from amitui.services.operations import OperationsService
from amitui.services.remembered import fields_of
from amitui.ui.actions.registry import ACTIONS, BY_ID, Action
from amitui.ui.actions.user_commands import UserCommands
from amitui.ui.cache_limit import CacheLimit
from amitui.ui.confirming import REST_S, RowConfirmation
from amitui.ui.error_log import ErrorLog, error_of
from amitui.ui.guard import GuardedApp
from amitui.ui.input_gate import OPENING, GatedApp
from amitui.ui.leave_keys import LEAVE_KEYS, interrupt, suspend
from amitui.ui.live_rows import LiveRows
from amitui.ui.mfa_prompt import MfaPrompt
from amitui.ui.operation_notices import OperationNotices
from amitui.ui.paste import use_paste_parser
from amitui.ui.refresh import CatalogueRefresh
from amitui.ui.screen_memory import ScreenMemory
from amitui.ui.screens.browse import BrowseScreen
from amitui.ui.screens.modal import Modal
from amitui.ui.screens.renewal import with_key
from amitui.ui.stylesheets import MAIN_SCREEN, read_stylesheets, stylesheet
from amitui.ui.terminal import TerminalDriver
from amitui.ui.themes import THEMES, require_theme, set_initial_theme
from amitui.ui.widgets.ascii_filter import AsciiFilter
from amitui.ui.widgets.clipboard import to_clipboard
from amitui.ui.widgets.image_table.table import ImageTable
from amitui.ui.widgets.key_names import key_name, key_of
from amitui.ui.workers import closed_when_done

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from textual.command import Provider
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen

    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.domain.catalogue.shard import Shard
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.image.row import ImageRow
    from amitui.services.composition import Services
    from amitui.services.remembered import ScreenState

FRESH_CHECK_SECONDS = 60.0
"""How often an open screen checks whether what it shows is older than its time to live."""

CLOSE_WITHIN_S = 0.5
"""How long each part may take to end. What is cut off then is repaired by the next start, as after a crash."""


def _commands() -> type[Provider]:
    """What the command palette finds; read when it is first opened."""
    from amitui.ui.palette import AmituiCommands

    return AmituiCommands


class AmituiApp(GatedApp[str], GuardedApp):
    """amitui on a terminal."""

    TITLE = "amitui"
    CSS_PATH = stylesheet(*MAIN_SCREEN)
    COMMANDS = {_commands}
    BINDINGS = [
        *(action.binding for action in ACTIONS if action.keys),
        *LEAVE_KEYS,
    ]

    wants_demo = False
    """Whether the demo is to be started when this screen has ended."""
    lends_terminal = False
    """Whether another program has the terminal now: Ctrl+C is meant for it."""

    def __init__(
        self,
        services: Services,
        state: ScreenState,
        view: ViewRequest,
        first: tuple[list[int], list[ImageRow]] | None = None,
        *,
        choosing: bool = False,
    ) -> None:
        """Args:
        first: the top of the first view, when it was read already.
        choosing: whether images are to be chosen (`amitui pick`): the screen then ends with `chosen`, and what it
            showed is not what the next one begins with.
        """
        super().__init__()
        use_paste_parser()
        self.services = services
        self.choosing = choosing
        self.chosen: tuple[ImageRow, ...] = ()
        """What was chosen."""
        state_file = "" if choosing else services.settings.locations.screen_file
        self.memory = ScreenMemory(state_file, state, self.log_error)
        self.error_log = ErrorLog()
        self.animation_level = "none"
        self._cache_limit = CacheLimit(self)
        self.fetches = self._new_fetches()
        self._search = CatalogSearch(services.settings.locations.index_dir)
        self._browse = BrowseScreen(services, self._search, self.fetches, state, view, first, choosing=choosing)
        self._catalogue_refresh = CatalogueRefresh(
            services, self._search, self.fetches, self._browse, log=self.log_error
        )
        self._confirmation = RowConfirmation(services, self._browse, log=self._keep_error)
        self.live_rows = LiveRows(self)
        self.operation_notices = OperationNotices(self._browse)
        self.operations = OperationsService(
            services,
            changed=self.operation_notices.changed,
            refreshed=self.operation_notices.rows_refreshed,
            failed=self.log_error,
        )
        services.session.connections.codes.prompt = MfaPrompt(self)
        self._dress(services.settings.theme, state.theme)
        self.user_commands = UserCommands(self)
        self._apply_keymap(dict(services.settings.keys))

    def get_default_screen(self) -> Screen[Any]:
        """Begin on the main screen: no other is ever drawn before it."""
        return self._browse

    def get_driver_class(self) -> type[Driver]:
        """The one that knows terminals better than Textual's own."""
        return TerminalDriver

    def action_suspend_process(self) -> None:
        """Ctrl+Z."""
        suspend(self)

    async def action_interrupt(self) -> None:
        """Ctrl+C."""
        await interrupt(self)

    @property
    def can_suspend_process(self) -> bool:
        """Whether the terminal can be given back and taken again."""
        return self._driver is not None and self._driver.can_suspend

    def tell(self, words: str, *, bad: bool = False) -> None:
        """Say something where it is seen: on the dialog in front, else on the status line."""
        screen = self.screen
        if isinstance(screen, Modal):
            screen.tell(words)
        else:
            self._browse.notice(words, bad=bad)

    def notify(self, message: str, *, severity: str = "information", **_: Any) -> None:
        """Textual's own messages, which it would show as a toast over the screen."""
        if not self.browse.is_leaving():
            self.tell(message, bad=severity != "information")

    def on_ready(self) -> None:
        """The first rows are on the screen; calls to AWS may start."""
        # `cli.arguments` switched it off. Objects made until now stay for good: they need not be scanned.
        gc.freeze()
        gc.enable()
        self.guard()
        self.set_interval(FRESH_CHECK_SECONDS, self._keep_fresh)
        self.set_interval(REST_S, self._confirm_rows)
        self.set_interval(REST_S, self.live_rows.tick)
        asyncio.get_running_loop().set_exception_handler(self._task_failed)
        self.work(self._follow_journal(), "reading the journal", group="background")
        if self._browse.view.regions:
            self.connect()
        else:
            # No Region is configured: the first step is to choose one, or to get credentials.
            self.act(BY_ID["login" if self._knows_no_account() else "regions"])

    def _knows_no_account(self) -> bool:
        """Whether nothing says who acts: the first start on a machine without an AWS config."""
        from amitui.services.login import has_no_credentials

        settings = self.services.settings
        if settings.demo or settings.offline or self.services.members.accounts:
            return False
        return has_no_credentials(self.services.session)

    @property
    def browse(self) -> BrowseScreen:
        """The main screen."""
        return self._browse

    def _new_fetches(self) -> Fetches:
        self._last_source_failure: list[str] = []
        self.services.catalogue.source_failed = self._source_failed
        return Fetches(
            self.services,
            spawn=lambda work: self.run_worker(work, group="fetch"),
            changed=self._fetch_changed,
            failed=self._fetch_failed,
            later=self._fetch_later,
            wait=lambda work: self.run_worker(work, group="later"),
        )

    def _fetch_changed(self, progress: CrawlProgress) -> None:
        if progress.resumed and not progress.pages and not progress.done:
            self._browse.notice(resuming_words(progress.records, progress.expected))
        elif progress.restarted:
            self._browse.notice("the cache was cleared by another program; fetching again", seconds=8, bad=True)
        self._browse.fetch_changed(progress)
        self._cache_limit.fetch_changed(progress)

    def _dress(self, chosen: str, remembered: str) -> None:
        """Take colours and signs that the terminal can show.

        Raises:
            UsageError: the chosen theme is none.
        """
        self._no_colours = [NoColor()] if self.no_color else []
        self._no_unicode = [AsciiFilter()] if self._browse.glyphs.ascii else []
        self.set_class(self._browse.glyphs.ascii, "-ascii", update=False)
        for one in THEMES.values():
            self.register_theme(one)
        require_theme(self, chosen)
        set_initial_theme(self, chosen or remembered)

    def _apply_keymap(self, keymap: dict[str, str]) -> None:
        if keymap:
            from amitui.ui.keys.keymap import checked_keymap  # most have none

            config = self.services.settings.locations.config_file
            keymap = checked_keymap(keymap, [*self.user_commands.by_id], config)
            self.set_keymap({name: keys for name, keys in keymap.items() if not self.user_commands.has(name)})
        # A keymap moves the keys of bindings; actions that have none are bound now.
        bound = [
            replace(action, keys=keymap[action.id]).binding
            for action in ACTIONS
            if not action.keys and keymap.get(action.id)
        ]
        bound += [action.binding for action in self.user_commands.actions if action.keys]
        if bound:
            self._bindings = BindingsMap.merge([self._bindings, BindingsMap(bound)])

    # Actions

    def action_act(self, action_id: str) -> None:
        """Do the action of that id."""
        self.act(BY_ID.get(action_id) or self.user_commands.action_of(action_id))

    def act(self, action: Action) -> None:
        """Do an action, in a worker of the application when it waits for something."""
        result = action.run(self)
        if result is not None:
            self.work(result, action.label, group=OPENING)

    def work(self, work: Awaitable[None], about: str, group: str = "work") -> None:
        """Run work in a worker of the application; errors are logged.

        Args:
            group: decides how long input waits for it; see `input_gate`.
        """
        closed_when_done(self.run_worker(self._guarded(work, about), group=group), work)

    def on_paste(self) -> None:
        """No field takes the pasted text, and it is not read as keys either."""
        self.bell()

    def input_dropped(self, count: int) -> None:
        """Report that keys were dropped."""
        what = "1 key or click was" if count == 1 else f"{count} keys and clicks were"
        self._browse.notice(f"{what} ignored: the screen they were for did not open in time", seconds=8, bad=True)

    async def _guarded(self, work: Awaitable[None], about: str) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, it is kept with what was being done
            self.log_error(defect_of(error), about)

    def key_of(self, action: Action) -> str:
        """The key of an action, as help shows it."""
        return key_of(self, action.id)

    def get_key_display(self, binding: Binding) -> str:
        """Keys by the names that are printed on them."""
        return key_name(super().get_key_display(binding))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """With NO_COLOR none but the terminal's own two colours; without UTF-8 none but ASCII.

        Textual chooses its filter before there is a theme, and that one turns the terminal's colours into black.
        """
        return [*(self._no_colours or super().get_line_filters()), *self._no_unicode]

    def action_command_palette(self) -> None:
        """Open the palette, styled like the dialogs."""
        from amitui.ui.palette import Palette

        read_stylesheets(self, "dialogs", "palette")
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    @on(ImageTable.Chosen)
    def _images_chosen(self, event: ImageTable.Chosen) -> None:
        self.chosen = event.rows
        self.exit()

    # Fetching

    def connect(self, *, force: bool = False, again: bool = True) -> None:
        """Identify the caller, and fetch what is missing or old.

        Args:
            force: fetch the scopes in view whatever their age.
            again: retry what failed before; false for a refresh in the background.
        """
        if not self._browse.view.regions:
            self.act(BY_ID["regions"])
            return
        if self.services.settings.offline and force:
            self._browse.notice(f"offline: {OFFLINE}")
        self.run_worker(
            self._guarded(self._catalogue_refresh.connect(force=force, again=again), "checking what to fetch"),
            group="connect",
            exclusive=True,
        )

    def leave_caller(self) -> None:
        """Other profiles are used from now on: what the old ones ask ends, and what was said of them goes."""
        for group in ("connect", "confirm"):
            self.workers.cancel_group(self, group)
        self.fetches.leave_caller()
        self._catalogue_refresh.leave_caller()
        self._confirmation.leave_caller()
        self.live_rows.leave_caller()
        self.error_log.clear()
        self._browse.leave_caller()

    def _keep_fresh(self) -> None:
        """Fetch in the background what became old while the screen was open."""
        known = self._catalogue_refresh.is_identified or self._catalogue_refresh.unidentified is not None
        # Of several accounts the first may be known long before the last one is.
        is_connecting = any(worker.group == "connect" and worker.is_running for worker in self.workers)
        if known and not is_connecting and not self.fetches.active:
            self.connect(again=False)

    def _confirm_rows(self) -> None:
        """Have EC2 confirm what has stood on the screen for a moment, one call at a time."""
        if self.screen is self._browse and not any(worker.group == "confirm" for worker in self.workers):
            wanted = self._confirmation.tick()
            if wanted:
                self.run_worker(self._confirmation.confirm(wanted), group="confirm")

    @on(BrowseScreen.Unreadable)
    def _unreadable(self, event: BrowseScreen.Unreadable) -> None:
        if self._catalogue_refresh.can_be_rebuilt(event.error, event.regions):
            self.run_worker(self._catalogue_refresh.rebuild_indexes(event.regions, anew=True), group="restore")

    async def _follow_journal(self) -> None:
        from amitui.ui.screens.detail_loader import TimelineSources

        self._browse.middle.timeline_sources = TimelineSources(
            operations=self.operations.about,
            watch=lambda subject, observed: self.operations.poller.watch(subject, observed),
        )
        await self.operations.follow_journal()

    def _fetch_later(self, error: AmituiError, pause: float) -> None:
        key = self._browse.key_of("refresh")
        self._browse.notice(f"{later_words(error, pause)} ({key} at once)", seconds=max(pause, 8), bad=True)

    def _fetch_failed(self, shard: Shard, error: AmituiError) -> None:
        members = self.services.members
        whose = f" ({members.name_of(shard.visibility)})" if members.several and not shard.is_public else ""
        self.log_error(error, f"fetching {shard.owner_scope} of {shard.region}{whose}")

    def _source_failed(self, error: AmituiError) -> None:
        if error.lines() != self._last_source_failure:
            self._last_source_failure = error.lines()
            self.log_error(error, "pulling the published catalogue; EC2 is asked instead")

    # What is remembered

    @on(BrowseScreen.ViewChanged)
    def _view_changed(self, event: BrowseScreen.ViewChanged) -> None:
        self.memory.remember(**fields_of(event.view), history=self._browse.search_bar.history)

    def watch_theme(self, theme: str) -> None:
        """Remember the theme that was chosen in the palette."""
        if self.is_running:
            self.memory.remember(theme=theme)

    # Errors and the terminal

    def log_error(self, error: AmituiError, about: str) -> None:
        """Log an error for `!`, and show it on the status line."""
        self._keep_error(error, about)
        self._browse.notice(with_key(error, self._browse.key_of), seconds=8, bad=True)

    def _keep_error(self, error: AmituiError, about: str) -> None:
        """Log an error for `!` alone."""
        self.error_log.keep(error, about, self.services.now())
        self._count_errors()

    def _count_errors(self) -> None:
        self._browse.activity = replace(self._browse.activity, errors=len(self.error_log))

    def _task_failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log a failed background task: asyncio would write it over the screen."""
        self.log_error(error_of(context), "in the background")

    def clear_errors(self) -> None:
        """Empty the error log."""
        self.error_log.clear()
        self._count_errors()
        self._browse.notice("error log cleared")

    def clear_credential_errors(self) -> None:
        """Take what was said of credentials out of the log: they have been renewed."""
        self.error_log[:] = [one for one in self.error_log if not isinstance(one.error, CredentialsError)]
        self._browse.identity_error = None
        self._count_errors()

    def send_to_clipboard(self, text: str) -> str:
        """Send text to the terminal's clipboard, and return the way it took.

        Raises:
            UsageError: the text is too long for terminals, or not safe.
        """
        sequence, copying = to_clipboard(text, os.environ)
        if self._driver is not None:
            self._driver.write(sequence)
            self._driver.flush()
        if copying is not None:
            self.run_worker(copying, group="clipboard")
        return "OSC 52" if copying is None else "OSC 52 and tmux"

    async def on_unmount(self) -> None:
        """Finish the page that is being written, then close everything; what hangs is abandoned."""
        self.fetches.cancel()
        self.workers.cancel_all()
        ending = [asyncio.ensure_future(worker.wait()) for worker in self.workers]
        if ending:
            await asyncio.wait(ending, timeout=CLOSE_WITHIN_S)
        for end in ending:
            end.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        for close in (
            self.user_commands.close,
            self.live_rows.close,
            self.operations.close,
            self._search.close,
            self.services.close,
        ):
            with suppress(TimeoutError):
                await asyncio.wait_for(close(), CLOSE_WITHIN_S)
