"""Textual's workers, none of which leaves a coroutine behind that nobody has awaited."""

from __future__ import annotations

from asyncio import iscoroutine
from typing import TYPE_CHECKING, Any

from textual.worker_manager import WorkerManager

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.worker import Worker


def closed_when_done(worker: Worker[Any], work: object) -> None:
    """Close what a worker was to await, should it be cancelled before it begins.

    Python would complain of each coroutine that nobody has awaited.
    """
    if iscoroutine(work) and worker._task is not None:
        worker._task.add_done_callback(lambda _: work.close())


class ClosingWorkers(WorkerManager):
    """Workers whose coroutines are closed, also those of a worker that was cancelled before it began."""

    def _new_worker(self, work: Any, node: DOMNode, **named: Any) -> Worker[Any]:
        worker: Worker[Any] = super()._new_worker(work, node, **named)
        closed_when_done(worker, work)
        return worker
