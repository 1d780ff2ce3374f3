"""The operations pane: operations in progress and ended ones, with their commands.

The screen only shows operations and passes commands on. The application runs them: the work outlives the screen.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding

from amitui.domain.operations.batches import OperationBatch, operation_rows
from amitui.domain.operations.operation import State
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.presentation.operation_details import batch_groups, operation_groups
from amitui.presentation.operation_rows import headline
from amitui.ui.screens.list_pane import SHEETS, TICK_S, ListPane, list_bindings
from amitui.ui.screens.operation_commands import Do, fits, why_no_undo, why_not_offered
from amitui.ui.stylesheets import stylesheet
from amitui.ui.timers import call_later_once
from amitui.ui.widgets.detail_pane import group_lines
from amitui.ui.widgets.operation_list import OperationList
from amitui.ui.widgets.text_lines import paragraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.timer import Timer

    from amitui.domain.operations.batches import OperationRow
    from amitui.domain.operations.operation import Event, Operation
    from amitui.ui.screens.operation_commands import OperationAction
    from amitui.ui.screens.pane_host import PaneHost
    from amitui.ui.widgets.text_lines import TextLine

RENEW_S: Final = 0.5
"""The shortest time between two renewals because operations changed: hundreds may change at once."""


class OperationsScreen(ListPane["OperationRow"]):
    """The list and the details; the result is the operation whose image is to be opened.

    Many that were submitted together are one row, which opens in place.
    """

    CSS_PATH = stylesheet(*SHEETS, "operations")
    BINDINGS = [
        Binding("enter", "open", "Open", id="operations.open", tooltip="Close, and show its image or instances"),
        Binding("right", "unfold(True)", "List", id="operations.unfold", tooltip="List the operations of a batch"),
        Binding("left", "unfold(False)", "Fold", id="operations.fold", tooltip="Show a batch as one row again"),
        Binding("T", "do('retry')", "Retry", id="operations.retry", tooltip="Retry as a new operation"),
        Binding("u", "do('undo')", "Undo", id="operations.undo", tooltip="Undo the change"),
        Binding("p", "do('pause')", "Pause", id="operations.pause", tooltip="Cancel the refreshes of a roll-out"),
        Binding(
            "greater_than_sign",
            "do('go_on')",
            "Continue",
            id="operations.go_on",
            tooltip="Continue an operation that waits for you",
        ),
        Binding(
            "x", "do('drop')", "Give up", id="operations.drop", tooltip="Give up an operation that waits for you"
        ),
        Binding(
            "h",
            "toggle_all",
            "All/active",
            id="operations.all",
            tooltip="Show all operations, or those in progress",
        ),
        Binding("e", "do('export')", "Export", id="operations.export", tooltip="Write the audit trail to a file"),
        *list_bindings("operations", "operation"),
        Binding("escape,q,o", "leave", "Close", id="operations.leave", tooltip="Close; operations continue"),
    ]
    WIDE_FROM = 120
    LIST_SHARE = (9, 20)

    def __init__(self, host: PaneHost, do: OperationAction, *, ascii_only: bool = False, cursor: str = "") -> None:
        """Args:
        host: gives what is shown.
        do: runs the commands.
        ascii_only: whether the terminal shows nothing but ASCII.
        cursor: the id of the operation on which the cursor starts; empty = the newest.
        """
        self._signs = ASCII if ascii_only else UNICODE
        rows = OperationList(self._signs)
        super().__init__("Operations", rows)
        self.list: OperationList = rows
        self._host, self._do = host, do
        self._cursor_id = cursor
        self._operations: dict[str, Operation] = {}
        """By id, all of them."""
        self._opened: set[str] = set()
        """Ids of the batches whose operations are listed."""
        self._rows: list[OperationRow] = []
        """What is listed."""
        self._batches: dict[str, OperationBatch] = {}
        """By id, those that are listed."""
        self._under_way_only = False
        self._stop: Callable[[], None] | None = None
        self._ticking: Timer | None = None
        self._renewed_at = 0.0
        """When a change was last shown, in seconds of the event loop's clock."""
        self._renewing = False
        """Whether a change is going to be shown."""
        self._offered: tuple[object, ...] = ()
        """What the offered keys depend on, as of the last time they were shown."""
        self._read: tuple[Operation | None, Sequence[Event]] = (None, ())
        """The operation whose events were read last, as it was then, and these."""

    def on_mount(self) -> None:
        self._operations = {operation.id: operation for operation in self._host.operations()}
        self._stop = self._host.subscribe(self._operation_changed)
        self._ticking = self.set_interval(TICK_S, self._tick)
        if self._cursor_id in self._operations:
            self._opened.add(self._operations[self._cursor_id].batch)
        self.renew()
        if self._cursor_id in self._operations:
            keys = [self.list.key_of(one) for one in self._rows]
            self.list.move(keys.index(self._cursor_id))

    def on_unmount(self) -> None:
        if self._stop is not None:
            self._stop()

    @on(OperationList.RowClicked)
    def _row_clicked(self, event: OperationList.RowClicked) -> None:
        event.stop()
        if self.check_action("open", ()):
            self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what makes sense for the operation under the cursor; grey what being read-only forbids."""
        batch, operation = self._batch, self._operation
        if action == "unfold":
            return batch is not None and (batch.id not in self._opened) == parameters[0]
        if action == "open":
            return batch is not None or (operation is not None and bool(operation.image_id))
        if action != "do" or parameters[0] == Do.EXPORT:
            return True
        what = Do(str(parameters[0]))
        meant = next((one for one in self._meant if fits(what, one, self._host)), None)
        if meant is None:
            # What cannot be undone of a batch is told; its row alone does not show it.
            return operation is None and what is Do.UNDO and any(one.state is State.DONE for one in self._meant)
        if what is Do.PAUSE and operation is None:
            return False
        return None if what is not Do.DROP and not self._host.may_continue(meant) else True

    def why_not_now(self, action: str, parameters: tuple[object, ...]) -> str:
        return why_not_offered(action, parameters, self.list.current, self._host)

    @property
    def _meant(self) -> Sequence[Operation]:
        """The operation under the cursor, or all of the batch under it."""
        current = self.list.current
        if isinstance(current, OperationBatch):
            return current.operations
        return () if current is None else (current,)

    @property
    def _operation(self) -> Operation | None:
        """The operation under the cursor; `None` when that is on a batch, or on nothing."""
        current = self.list.current
        return None if isinstance(current, OperationBatch) else current

    @property
    def _batch(self) -> OperationBatch | None:
        """The batch under the cursor, or the one whose operation the cursor is on."""
        current = self.list.current
        if current is None or isinstance(current, OperationBatch):
            return current
        return self._batches.get(current.batch)

    def action_open(self) -> None:
        """Close and have the operation's image opened; a batch is opened in place."""
        if isinstance(self.list.current, OperationBatch):
            self.action_unfold(self.list.current.id not in self._opened)
        else:
            super().action_open()

    def action_unfold(self, opened: bool) -> None:
        """List the operations of the batch under the cursor, or show it as one row again."""
        batch = self._batch
        if batch is None:
            return
        (self._opened.add if opened else self._opened.discard)(batch.id)
        if not opened:
            self.list.move(self._rows.index(batch) - self.list.position)
        self.renew()

    def action_do(self, what: str) -> None:
        """Pass a command on to the application, for all of a batch that it makes sense for."""
        do = Do(what)
        meant = [one for one in self._meant if do is Do.EXPORT or fits(do, one, self._host)]
        if do is Do.UNDO and not meant:
            self.say(why_no_undo(self._meant))
        else:
            self._do(do, meant, self.say)

    def action_toggle_all(self) -> None:
        """Show all, or only what has not ended."""
        self._under_way_only = not self._under_way_only
        self.renew()

    def say(self, words: str) -> None:
        """Show a line until the cursor moves or another line replaces it."""
        if self.is_running:
            self.head.say(words)

    def renew(self) -> None:
        """Show everything as it is now."""
        # Ids sort by time.
        newest_first = (self._operations[key] for key in sorted(self._operations, reverse=True))
        self._rows = list(operation_rows(newest_first, self._opened, under_way_only=self._under_way_only))
        self._batches = {one.id: one for one in self._rows if isinstance(one, OperationBatch)}
        self.list.show(self._rows, self._host.clock(), opened=self._opened, empty=self._nothing())
        everything = list(self._operations.values())
        shown = sum(not (self._under_way_only and one.state.ended) for one in everything)
        counts, which = headline(everything, shown=shown, only_under_way=self._under_way_only)
        self.head.show(counts, which)
        self.fit()
        self.details.renew()
        current, batch = self._operation, self._batch
        folded = (batch is not None and batch.id, batch is not None and batch.id in self._opened)
        offered: tuple[object, ...] = folded
        if current is not None:
            may = bool(self._host.may_continue(current))
            offered = (*folded, current.id, current.state, current.step, current.image_id, may)
        elif batch is not None:
            offered = (*folded, *(batch.count(state) for state in State))
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def detail_lines(self, width: int) -> Iterator[TextLine]:
        """The operation under the cursor, for `width` cells."""
        operation = self._operation
        if operation is None and self._batch is not None:
            batch = self._batch
            groups = batch_groups(batch, self._host.clock(), is_open=batch.id in self._opened)
            yield from group_lines(groups, width)
            return
        if operation is None:
            yield from paragraph("Operations that you start appear here and stay in the journal.", width)
            return
        groups = operation_groups(
            operation,
            self._events(operation),
            self._host.clock(),
            undoable=fits(Do.UNDO, operation, self._host),
            signs=self._signs,
        )
        yield from group_lines(groups, width)

    def _events(self, operation: Operation) -> Sequence[Event]:
        """Its events; read again only when it has changed."""
        if self._read[0] is not operation:
            self._read = operation, self._host.events(operation.id)
        return self._read[1]

    def _nothing(self) -> str:
        if self._operations:
            return "No operations in progress."
        return "No operations yet."

    def _operation_changed(self, operation: Operation) -> None:
        self._operations[operation.id] = operation
        if not self.is_running or self._renewing:
            return
        self._renewing = True
        wait = self._renewed_at + RENEW_S - asyncio.get_running_loop().time()
        if wait > 0:
            call_later_once(self, wait, self._renew_now)
        else:
            self.call_later(self._renew_now)

    def _renew_now(self) -> None:
        self._renewing = False
        self._renewed_at = asyncio.get_running_loop().time()
        self.renew()

    def _tick(self) -> None:
        if any(not operation.state.ended for operation in self._operations.values()):
            self.renew()

    def listed_rows(self) -> int:
        return len(self._rows)
