"""Starting a user's command: the question before it, its environment, and the terminal or the background."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from amitui.domain.commands.variables import environment
from amitui.errors import AmituiError, UsageError
from amitui.presentation.command_values import selection_text
from amitui.ui.actions.acting import refusal
from amitui.ui.actions.form_host import HostAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.domain.commands.command import UserCommand
    from amitui.services.command_runs import CommandRun
    from amitui.ui.actions.command_targets import Target
    from amitui.ui.app import AmituiApp


async def start(host: AmituiApp, command: UserCommand, target: Target, say: Callable[[str], None]) -> None:
    """Ask where that is wanted, and run it.

    Args:
        say: shows a line on how it went.
    """
    try:
        if not await _agreed(host, command, target):
            return
        selection = _write_selection(target) if command.applies.takes_several else ""
        values = {**target.values, "SELECTION": selection}
        environ = environment(os.environ, values)
        if command.background:
            await _in_background(host, command, target, environ, selection)
        else:
            await _on_terminal(host, command, environ, selection, say)
    except AmituiError as error:
        host.log_error(error, f"running {command.called}")
        say(error.what)


async def _agreed(host: AmituiApp, command: UserCommand, target: Target) -> bool:
    """Whether it is to be run: at once, or after the question."""
    if not (command.confirm or command.dangerous):
        return True
    from amitui.ui.screens.command_confirm import CommandConfirmScreen

    adapter = HostAdapter(host, acting=target.acting)
    production = command.dangerous and adapter.production
    facts = [("On", target.about), ("Profile", adapter.whose), ("Region", target.values.get("REGION", ""))]
    agreed = await host.push_screen_wait(
        CommandConfirmScreen(
            command.called,
            command.words,
            [(label, value) for label, value in facts if value],
            adapter.production_words if adapter.production else "",
            adapter.typed_name if production else "",
        )
    )
    if not agreed:
        return False
    # What an account is, and so its marks, may have become known while the question stood.
    refused = [refusal(host.services, member) for member in target.acting.members] if command.dangerous else []
    if reason := next(filter(None, refused), ""):
        raise UsageError(f"{command.called} was not run", why=reason)
    return True


def _write_selection(target: Target) -> str:
    """A file of the selected rows that only its owner may read; its path.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        descriptor, path = tempfile.mkstemp(prefix="amitui-", suffix=".jsonl")
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(selection_text(target.rows))
    except OSError as error:
        raise UsageError(
            "cannot write the file of the selection",
            why=error.strerror or str(error),
            remedy="set TMPDIR to a folder that can be written to",
        ) from error
    return path


def _delete(path: str) -> None:
    if path:
        with suppress(OSError):
            os.unlink(path)


async def _on_terminal(
    host: AmituiApp, command: UserCommand, environ: dict[str, str], selection: str, say: Callable[[str], None]
) -> None:
    from amitui.ui.lent_terminal import Pause, run_in_terminal

    pause = Pause.ALWAYS if command.pause else Pause.AFTER_FAILURE
    try:
        code = await run_in_terminal(host, command.run, environ=environ, pause=pause)
    finally:
        _delete(selection)
    if host.browse.is_leaving():
        return
    ended = f"exit code {code}" if code >= 0 else f"ended by signal {-code}"
    again = f"; {host.browse.key_of('refresh')} asks EC2 for what it changed" if command.dangerous else ""
    say(f"{command.called}: {ended}{again}")


async def _in_background(
    host: AmituiApp, command: UserCommand, target: Target, environ: dict[str, str], selection: str
) -> None:
    try:
        run = await host.user_commands.runs.begin(command, target.about, environ, lambda: _delete(selection))
    except AmituiError:
        _delete(selection)
        raise
    await show_run(host, run)


async def show_run(host: AmituiApp, run: CommandRun) -> None:
    """Show the output of a command that runs, or ran, in the background."""
    from amitui.ui.screens.command_output import CommandOutputScreen

    await host.push_screen_wait(CommandOutputScreen(run.command.called, run, HostAdapter(host).copy))
