"""What the main screen shows of operations as they progress: counts, results, refreshed rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from amitui.domain.operations.operation import State
from amitui.domain.operations.plans.way_back import is_undoable

if TYPE_CHECKING:
    from amitui.domain.operations.operation import Operation
    from amitui.ui.screens.browse import BrowseScreen


class OperationNotices:
    """Updates the main screen when operations change; called by `OperationsService`.

    Operations outlive the screen: what they report once amitui is exiting changes nothing here.
    """

    def __init__(self, browse: BrowseScreen) -> None:
        self._browse = browse
        self._under_way: set[str] = set()
        """Ids of operations that have not ended."""
        self._done: Counter[str] = Counter()
        """How many operations are done of those that were submitted together, by their batch."""

    def changed(self, operation: Operation, under_way: int, on_hold: int) -> None:
        """An operation has changed.

        Args:
            under_way: how many operations have not ended.
            on_hold: how many of these wait for their user.
        """
        if self._browse.is_leaving():
            return
        self._browse.operations_changed(under_way, on_hold)
        if not operation.state.ended:
            self._under_way.add(operation.id)
        elif operation.id in self._under_way:
            self._under_way.discard(operation.id)
            self._show_end(operation)
        self._browse.middle.operation_changed(operation)

    def rows_refreshed(self, region: str) -> None:
        """The rows of images that an operation changed in this Region are refreshed in the catalogue."""
        if self._browse.is_leaving():
            return
        self._browse.middle.forget_permissions()
        if region in self._browse.view.regions:
            self._browse.catalogue_changed()

    def _show_end(self, operation: Operation) -> None:
        """Show the result of an operation."""
        failed = operation.state is State.FAILED
        key = self._browse.key_of("operations")
        count = 1
        if operation.state is State.DONE:
            # Of many the notice of the last one stands: it says that it is not the only one.
            batch = operation.batch or operation.id  # journals of earlier versions have no batches
            self._done[batch] += 1
            count = self._done[batch]
        words = f"failed, {key} says why: " if failed else f"{operation.state}: "
        words = f"{count:,} {words}" if count > 1 else words
        back = f" ({self._browse.key_of('undo')} undoes it)" if not failed and is_undoable(operation) else ""
        self._browse.notice(words + operation.plan.title + back, seconds=8, bad=failed)
