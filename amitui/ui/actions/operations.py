"""The operations pane's actions: open it, try again, undo, go on, give up, write the audit trail to a file."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import TYPE_CHECKING

from amitui.domain.counts import count_of
from amitui.domain.operations.kinds import spec_of
from amitui.domain.operations.operation import State
from amitui.domain.operations.plans.way_back import leads_to_bin, newest_way_back
from amitui.errors import AmituiError, UsageError
from amitui.presentation.export import trail_line
from amitui.ui.actions.form_host import HostAdapter
from amitui.ui.actions.images import open_image
from amitui.ui.actions.launched_instances import follow, launched
from amitui.ui.actions.open_form import submit
from amitui.ui.actions.recycle_bin import recycle_bin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from amitui.domain.operations.operation import Operation
    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.way_back import WayBack
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.operation_commands import Do


async def operations(host: AmituiApp) -> None:
    """Show the operations."""
    from amitui.ui.screens.operations import OperationsScreen

    # What is loaded is shown at once: hundreds of events may wait to be written to the journal first. What another
    # amitui has written is loaded after that.
    if host.operations.engine.is_read:
        host.work(host.operations.open(), "checking for operations of other amitui processes")
    else:
        await host.operations.open()
    do = OperationActions(host).do
    screen = OperationsScreen(HostAdapter(host), do, ascii_only=host.browse.glyphs.ascii)
    chosen: Operation | None = await host.push_screen_wait(screen)
    if chosen is not None and spec_of(chosen.plan.kind).launches:
        await launched(host, (chosen.id,))
    elif chosen is not None and leads_to_bin(chosen):
        await recycle_bin(host, (chosen,))
    elif chosen is not None and chosen.image_id:
        open_image(host, chosen.plan.region, chosen.image_id)


async def undo(host: AmituiApp) -> None:
    """Take back what was done last, after its review; the recycle bin after a deregistration."""
    await host.operations.open()
    back = newest_way_back(host.operations.engine.operations(), host.operations.now())
    if back is None:
        host.browse.notice(
            f"nothing was done within a day that can be undone; {host.browse.key_of('operations')} shows the rest"
        )
    else:
        await OperationActions(host).undo(back)


class OperationActions:
    """Retry, undo, resume, give up and export, run by the application."""

    def __init__(self, host: AmituiApp) -> None:
        self._host = host

    def do(self, what: Do, operations: Sequence[Operation], notify: Callable[[str], None]) -> None:
        """Run a command in a worker of the application.

        Args:
            what: the command.
            operations: one, or several that were submitted together; none for an export.
            notify: shows a line on how it went.
        """
        from amitui.ui.screens.operation_commands import Do

        host = self._host
        engine = host.operations.engine
        if what is Do.EXPORT:
            host.work(self._export(notify), "writing the audit trail")
        elif not operations:
            notify("no operation is selected")
        elif what is Do.RETRY:
            plans = [engine.plan_again(one.id) for one in operations]
            host.work(self._agree("Again", operations[0], plans), "trying again")
        elif what is Do.UNDO:
            host.work(self._take_back(operations, notify), "undoing")
        elif what is Do.PAUSE:
            host.work(self._pause(operations[0], notify), "pausing")
        elif what is Do.GO_ON:
            host.work(self._go_on(operations, notify), "continuing")
        elif what is Do.DROP:
            words = "given up; completed steps are not undone"
            host.work(_report((engine.drop(one.id) for one in operations), notify, words), "giving up")

    async def undo(self, back: WayBack) -> None:
        """Take back what was submitted together: by its plans, or in the recycle bin."""
        if back.plans:
            await self._agree("Undo", back.operations[0], back.plans)
        else:
            await recycle_bin(self._host, back.operations)

    async def _agree(self, word: str, operation: Operation, plans: Sequence[Plan]) -> None:
        agreed = await self._agreed(word, operation, plans)
        await follow(self._host, await submit(self._host, agreed, operation))

    async def _pause(self, operation: Operation, notify: Callable[[str], None]) -> None:
        """Cancel the refreshes that a roll-out waits for once it is confirmed: it may have gone on since."""
        from amitui.domain.rollout.way_back import pause_plan

        shown = pause_plan(operation)
        if shown is None or not await self._agreed("Pause", operation, (shown,)):
            return
        engine = self._host.operations.engine
        await engine.refresh()
        current = next(one for one in engine.operations() if one.id == operation.id)
        pause = pause_plan(current)
        if pause is not None:
            await submit(self._host, (pause,), operation)
        elif current.state.ended or current.state is State.ON_HOLD:
            notify("nothing to pause: the roll-out has ended, or waits for you")
        else:
            notify("not paused: the roll-out is sending a call; press p again")

    async def _take_back(self, operations: Sequence[Operation], notify: Callable[[str], None]) -> None:
        """Undo operations after one review of all; what was only deregistered is in the recycle bin.

        A roll-out that has not ended is given up, and what was there before it comes back.
        """
        from amitui.domain.operations.plans.undo import undo_plan
        from amitui.domain.rollout.way_back import roll_back_plan

        found = [(one, undo_plan(one) or roll_back_plan(one)) for one in operations]
        plans = [plan for _, plan in found if plan is not None]
        deregistered = [one for one in operations if leads_to_bin(one)]
        if not plans:
            if deregistered:
                await recycle_bin(self._host, deregistered)
            return
        active = [one for one, plan in found if plan is not None and not one.state.ended]
        agreed = await self._agreed("Roll back" if active else "Undo", operations[0], plans)
        if not agreed:
            return
        for one in active:
            # Given up first: it would take the end of its refresh for a failure, or for a pause.
            await self._host.operations.engine.drop(one.id)
        await follow(self._host, await submit(self._host, agreed, operations[0]))
        if deregistered:
            notify(f"{count_of(len(deregistered), 'deregistered image')} left: list the batch, undo one")

    async def _go_on(self, operations: Sequence[Operation], notify: Callable[[str], None]) -> None:
        """Resume operations on hold; calls that are still to be sent are reviewed again, all together."""
        from amitui.operations.recovery import remaining_plan, unsent_calls

        plans = [remaining_plan(one) for one in operations if unsent_calls(one)]
        if plans and not await self._agreed("Continue", operations[0], plans):
            return
        engine = self._host.operations.engine
        words = "the operation continues" if len(operations) == 1 else f"{len(operations)} operations continue"
        await _report((engine.resume(one.id) for one in operations), notify, words)

    async def _agreed(self, word: str, operation: Operation, plans: Sequence[Plan]) -> Sequence[Plan] | None:
        """The plans, if the user confirms their review; `None` if not."""
        from amitui.ui.forms.confirm import AgreeForm

        host = self._host
        host.operations.may_change(operation=operation).require()
        title = spec_of(plans[0].kind).title
        title = title if title.startswith(word) else f"{word}: {title}"
        screen = AgreeForm(HostAdapter(host, operation), title, plans)
        agreed: Sequence[Plan] | None = await host.push_screen_wait(screen)
        return agreed

    async def _export(self, notify: Callable[[str], None]) -> None:
        engine = self._host.operations.engine
        name = time.strftime("amitui-operations-%Y%m%d-%H%M%S.jsonl", time.localtime(self._host.operations.now()))
        found = engine.operations()

        def write() -> tuple[str, int]:
            events = [(one, event) for one in reversed(found) for event in engine.events(one.id)]
            events.sort(key=lambda entry: entry[1].at)
            lines = [json.dumps(trail_line(one, event), separators=(",", ":")) for one, event in events]
            return _write(name, lines), len(lines)

        path, count = await asyncio.to_thread(write)
        notify(f"wrote {count_of(count, 'line')} to {path}")


async def _report(work: Iterable[Awaitable[object]], notify: Callable[[str], None], words: str) -> None:
    try:
        for one in work:
            await one
    except AmituiError as error:
        notify(error.what)
        raise
    notify(words)


def _write(name: str, lines: Sequence[str]) -> str:
    """Write a new file into the current folder; returns its path."""
    path = os.path.abspath(name)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise UsageError(f"cannot write {path}", why=error.strerror or str(error)) from error
    return path
