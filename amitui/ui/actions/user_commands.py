"""The user's own commands on the screen: where they are offered, why not, and those that run in the background."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from amitui.ui.actions.registry import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.commands.command import AppliesTo, UserCommand
    from amitui.domain.image.row import ImageRow
    from amitui.services.command_runs import CommandRun, CommandRuns
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.pane_commands import PaneCommand
    from amitui.ui.widgets.pick_list import PickerItem

MOST_ROWS: Final = 1_000
"""Rows that a command gets at once: their ids have to fit into one variable (128 KiB on Linux)."""

OUTPUT_ID: Final = "command_output"


class UserCommands:
    """What the config's `[commands.NAME]` come to in one application.

    Raises:
        UsageError: a command's key is amitui's own, another command's, or none.
    """

    def __init__(self, host: AmituiApp) -> None:
        self._host = host
        settings = host.services.settings
        self.all: tuple[UserCommand, ...] = settings.commands
        self.by_id: Mapping[str, UserCommand] = {one.id: one for one in self.all}
        self.stopped: tuple[str, ...] = ()
        """What `close` has stopped, in words."""
        self._runs: CommandRuns | None = None
        self._warned: tuple[CommandRun, ...] = ()
        self._keys: Mapping[str, str] = {}
        if self.all:
            from amitui.ui.keys.command_keys import command_keys

            self._keys = command_keys(self.all, dict(settings.keys), settings.locations.config_file)
        self.actions: tuple[Action, ...] = tuple(self._actions())
        """For the main screen, its palette and its help."""

    def has(self, binding_id: str) -> bool:
        """Whether this is the id of one of them."""
        return binding_id in self.by_id

    def action_of(self, action_id: str) -> Action:
        """The action of that id."""
        return next(action for action in self.actions if action.id == action_id)

    def key_of(self, action: Action) -> str:
        """The key that does it on the main screen, or in its pane; empty = it has none."""
        if action.id not in self.by_id or not self._keys[self.by_id[action.id].name]:
            return ""
        from amitui.ui.keys.command_keys import shown_keys

        return shown_keys(self._keys[self.by_id[action.id].name])

    def _actions(self) -> list[Action]:
        found = [
            Action(
                one.id,
                # In a pane, the pane binds it.
                "" if one.applies.is_of_instances else self._keys[one.name],
                one.called,
                one.called,
                one.about,
                partial(_run, command=one),
                obstacle=partial(_obstacle, command=one),
            )
            for one in self.all
        ]
        if any(one.background for one in self.all):
            words = ("Output", "Show output of your commands", "of those that ran in the background")
            found.append(Action(OUTPUT_ID, "", *words, _show_output, obstacle=_no_output))
        return found

    # On the main screen

    def menu_items(self) -> list[PickerItem]:
        """The commands for images, for the menu of what can be done with one."""
        from amitui.ui.widgets.pick_list import PickerItem

        return [
            PickerItem(one.id, one.called, one.about, self.obstacle(one), key=self._host.browse.key_of(one.id))
            for one in self.all
            if not one.applies.is_of_instances
        ]

    def obstacle(self, command: UserCommand) -> str:
        """Why a command cannot be run on the main screen now; empty = it can."""
        from amitui.ui.actions.command_targets import obstacle_of_rows

        if command.applies.is_of_instances:
            return f"for launched instances: {self._host.browse.key_of('launched')} lists them"
        return obstacle_of_rows(self._host, command, self._rows(command))

    async def run(self, command: UserCommand) -> None:
        """Run a command on the selected rows."""
        from amitui.ui.actions.command_targets import rows_target

        browse = self._host.browse
        if obstacle := self.obstacle(command):
            browse.notice(f"{obstacle} ({command.called})", seconds=6, bad=True)
            return
        from amitui.ui.actions.command_start import start

        await start(self._host, command, rows_target(self._host, command, self._rows(command)), browse.notice)

    def _rows(self, command: UserCommand) -> Sequence[ImageRow]:
        from amitui.ui.actions.images import selected

        return selected(self._host) if command.applies.needs_rows else ()

    # In panes

    def for_pane(self, *kinds: AppliesTo) -> list[PaneCommand]:
        """The commands that a pane of such rows offers."""
        if not any(one.applies in kinds for one in self.all):
            return []
        from amitui.ui.actions.command_targets import pane_command

        return [pane_command(self._host, one, self._keys[one.name]) for one in self.all if one.applies in kinds]

    # In the background

    @property
    def runs(self) -> CommandRuns:
        """What runs, or ran, in the background."""
        if self._runs is None:
            from amitui.services.command_runs import CommandRuns

            self._runs = CommandRuns(self._ended)
        return self._runs

    @property
    def has_run(self) -> bool:
        """Whether anything was started in the background."""
        return self._runs is not None and bool(self._runs.all)

    def may_leave(self) -> bool:
        """Whether amitui may end: nothing runs, or it was said that this stops it."""
        running = () if self._runs is None else tuple(self._runs.running)
        if not running or running == self._warned:
            return True
        self._warned = running
        names = ", ".join(dict.fromkeys(run.command.called for run in running))
        key = self._host.browse.key_of("quit")
        self._host.browse.notice(f"still running: {names}; {key} again stops it and quits", seconds=10, bad=True)
        return False

    async def close(self) -> None:
        """Stop what runs."""
        if self._runs is not None:
            await self._runs.close()
            self.stopped = self._runs.cut_off

    def _ended(self, run: CommandRun) -> None:
        from amitui.ui.screens.command_output import CommandOutputScreen

        host = self._host
        if host.browse.is_leaving():
            return
        screen = host.screen
        if not (isinstance(screen, CommandOutputScreen) and screen.command_run is run):
            host.tell(f"{run.command.called}: {run.how}", bad=run.code != 0)


async def _run(host: AmituiApp, *, command: UserCommand) -> None:
    await host.user_commands.run(command)


def _obstacle(host: AmituiApp, *, command: UserCommand) -> str:
    return host.user_commands.obstacle(command)


def _no_output(host: AmituiApp) -> str:
    return "" if host.user_commands.has_run else "none has run in the background yet"


async def _show_output(host: AmituiApp) -> None:
    """Show the output of a run: of the only one, else of the chosen one."""
    from amitui.ui.actions.command_start import show_run
    from amitui.ui.screens.picker import PickerItem, PickerScreen

    if obstacle := _no_output(host):
        host.browse.notice(obstacle)
        return
    runs = list(reversed(host.user_commands.runs.all))
    chosen: str | None = "0"
    if len(runs) > 1:
        items = [
            PickerItem(str(at), " ".join(filter(None, (run.command.called, run.about))), run.how)
            for at, run in enumerate(runs)
        ]
        chosen = await host.push_screen_wait(PickerScreen("Output of which?", items))
    if chosen is not None:
        await show_run(host, runs[int(chosen)])
