"""The operations pane's actions: open it, try again, undo, go on, give up, write the audit trail to a file."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import TYPE_CHECKING

from amitui.domain.counts import count_of
from amitui.domain.operations.kinds import spec_of
from amitui.errors import AmituiError, UsageError
from amitui.presentation.export import trail_line
from amitui.ui.actions.form_host import HostAdapter
from amitui.ui.actions.launched_instances import follow, launched
from amitui.ui.actions.open_form import submit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from amitui.domain.operations.operation import Operation
    from amitui.domain.operations.plan import Plan
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.operations import Do


async def operations(host: AmituiApp) -> None:
    """Show what is being done to images, and what was."""
    from amitui.ui.screens.operations import OperationsScreen

    # What is known is shown at once: the journal may have hundreds of things to write down first. What another
    # amitui has written since comes in when that is through.
    if host.operations.engine.is_read:
        host.work(host.operations.open(), "checking for operations of other amitui processes")
    else:
        await host.operations.open()
    do = OperationActions(host).do
    screen = OperationsScreen(HostAdapter(host), do, ascii_only=host.browse.glyphs.ascii)
    chosen: Operation | None = await host.push_screen_wait(screen)
    if chosen is not None and spec_of(chosen.plan.kind).launches:
        await launched(host, (chosen.id,))
    elif chosen is not None and chosen.image_id:
        host.browse.change_view(text=chosen.image_id)


class OperationActions:
    """What can be done about an operation, as the application's own work."""

    def __init__(self, host: AmituiApp) -> None:
        self._host = host

    def do(self, what: Do, operation: Operation | None, say: Callable[[str], None]) -> None:
        """Begin it as the application's own work."""
        from amitui.domain.operations.plans.undo import undo_plan
        from amitui.ui.screens.operations import Do

        host = self._host
        engine = host.operations.engine
        if what is Do.EXPORT:
            host.work(self._export(say), "writing the audit trail")
        elif operation is None:
            say("no operation is selected")
        elif what is Do.RETRY:
            host.work(self._agree("Again", operation, engine.plan_again(operation.id)), "trying again")
        elif what is Do.UNDO:
            plan = undo_plan(operation)
            if plan is not None:
                host.work(self._agree("Undo", operation, plan), "undoing")
        elif what is Do.GO_ON:
            host.work(self._go_on(operation, say), "continuing")
        elif what is Do.DROP:
            host.work(
                _told(engine.drop(operation.id), say, "given up; completed steps are not undone"), "giving up"
            )

    async def _agree(self, word: str, operation: Operation, plan: Plan) -> None:
        agreed = await self._agreed(word, operation, plan)
        await follow(self._host, await submit(self._host, agreed, operation))

    async def _go_on(self, operation: Operation, say: Callable[[str], None]) -> None:
        """Go on with what waits for its user: what sends something is agreed to as it was when it began."""
        from amitui.operations.recovery import remaining_plan, unsent_calls

        if unsent_calls(operation) and not await self._agreed("Continue", operation, remaining_plan(operation)):
            return
        await _told(self._host.operations.engine.resume(operation.id), say, "the operation continues")

    async def _agreed(self, word: str, operation: Operation, plan: Plan) -> Sequence[Plan] | None:
        """The plan, if its user agrees to it after they have seen what it does and as whom."""
        from amitui.ui.forms.confirm import AgreeForm

        host = self._host
        host.operations.may_change(operation=operation).require()
        screen = AgreeForm(HostAdapter(host, operation), f"{word}: {spec_of(plan.kind).title}", (plan,))
        plans: Sequence[Plan] | None = await host.push_screen_wait(screen)
        return plans

    async def _export(self, say: Callable[[str], None]) -> None:
        engine = self._host.operations.engine
        name = time.strftime("amitui-operations-%Y%m%d-%H%M%S.jsonl", time.localtime(self._host.operations.now()))
        found = engine.operations()

        def write() -> tuple[str, int]:
            events = [(one, event) for one in reversed(found) for event in engine.events(one.id)]
            events.sort(key=lambda entry: entry[1].at)
            lines = [json.dumps(trail_line(one, event), separators=(",", ":")) for one, event in events]
            return _write(name, lines), len(lines)

        path, count = await asyncio.to_thread(write)
        say(f"wrote {count_of(count, 'line')} to {path}")


async def _told(work: Awaitable[object], say: Callable[[str], None], words: str) -> None:
    try:
        await work
    except AmituiError as error:
        say(error.what)
        raise
    say(words)


def _write(name: str, lines: Sequence[str]) -> str:
    """Write a new file into the current folder; gives its path."""
    path = os.path.abspath(name)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise UsageError(f"cannot write {path}", why=error.strerror or str(error)) from error
    return path
