"""What the main screen shows of operations as they progress: counts, how each ended, rows that were refreshed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.operation import State

if TYPE_CHECKING:
    from amitui.domain.operations.operation import Operation
    from amitui.ui.screens.browse import BrowseScreen


class OperationNews:
    """Brings the main screen in line with operations; `OperationsService` calls it."""

    def __init__(self, browse: BrowseScreen) -> None:
        self._browse = browse
        self._under_way: set[str] = set()
        """Ids of operations that were seen before they ended."""

    def changed(self, operation: Operation, under_way: int, on_hold: int) -> None:
        """An operation has come further.

        Args:
            under_way: how many operations have not ended.
            on_hold: how many of these wait for their user.
        """
        self._browse.operations_changed(under_way, on_hold)
        if not operation.state.ended:
            self._under_way.add(operation.id)
        elif operation.id in self._under_way:
            self._under_way.discard(operation.id)
            self._show_end(operation)
        self._browse.middle.operation_changed(operation)

    def rows_refreshed(self, region: str) -> None:
        """An operation changed images of this Region, and the catalogue has it."""
        self._browse.middle.forget_permissions()
        if region in self._browse.view.regions:
            self._browse.catalogue_changed()

    def _show_end(self, operation: Operation) -> None:
        """Say how an operation ended that was seen under way."""
        failed = operation.state is State.FAILED
        key = self._browse.key_of("operations")
        words = f"failed, {key} says why: " if failed else f"{operation.state}: "
        self._browse.notice(words + operation.plan.title, seconds=8, bad=failed)
