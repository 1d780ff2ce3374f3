"""The operations in memory, kept equal to the journal, and the listeners that are notified of changes.

The journal has a thread of its own, as each durable record waits for the disk.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final, TypeVar

from amitui.domain.operations.operation import Event, Operation, State, apply
from amitui.operations.journal import Journal

KEPT_S: Final = 7 * 86_400.0
"""For how many seconds operations that have ended are shown."""
KEPT_MOST: Final = 500
"""Most operations that are shown."""

_T = TypeVar("_T")


class Ledger:
    """What is known of all operations. Await its methods on one event loop.

    Args:
        path: of the journal, which is opened when it is first needed.
        now: seconds since the epoch.

    Raises:
        CacheError: from what reads or writes, when the journal cannot be read or written.
    """

    def __init__(self, path: str, now: Callable[[], float]) -> None:
        self._path = path
        self._now = now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._journal: Journal | None = None
        self._reader: Journal | None = None
        """What the screen reads with, so that it never waits until something is on the disk."""
        self._operations: dict[str, Operation] = {}
        self._ids: list[str] = []
        """Theirs, in order: the oldest first."""
        self._listeners: list[Callable[[Operation], None]] = []
        self._read = False
        """Whether everything that the journal had when it last changed has been read."""
        self._last = 0
        """The number of the newest event when the journal was last read."""
        self._left_to_others: frozenset[tuple[str, str]] = frozenset()
        """(operation, driver) pairs of operations that are not adopted here, though their drivers died."""
        self._counted: dict[tuple[str, str], int] = {}
        self._batch: list[tuple[Event, asyncio.Future[None]]] = []
        """Events that are to be written next, together, and the futures that wait for it."""
        self._appending: set[asyncio.Task[None]] = set()

    # Reading

    def operations(self) -> list[Operation]:
        """Newest first."""
        return [self._operations[operation_id] for operation_id in reversed(self._ids)]

    @property
    def is_read(self) -> bool:
        """Whether the journal has been read once; `refresh` then only adds what is new."""
        return self._read

    def operation(self, operation_id: str) -> Operation | None:
        """One of them, if it is known here."""
        return self._operations.get(operation_id)

    def events(self, operation_id: str) -> list[Event]:
        """All that happened to an operation, in order; read from the disk."""
        if self._journal is None:
            return []
        if self._reader is None:
            self._reader = Journal.read(self._path)
        return [] if self._reader is None else self._reader.events(operation_id)

    def subscribe(self, notify: Callable[[Operation], None]) -> Callable[[], None]:
        """Have `notify` called with each operation that is new or has changed; returns what ends it."""
        self._listeners.append(notify)

        def stop() -> None:
            if notify in self._listeners:
                self._listeners.remove(notify)

        return stop

    async def refresh(self, running: Callable[[str], bool]) -> None:
        """Read what other processes have written; reads only the journal's header when they have not.

        Args:
            running: whether the operation with an id is driven here; what is in memory is newer then.
        """
        since = self._now() - KEPT_S

        def changes(journal: Journal) -> list[Operation]:
            if not journal.changed() and self._read:
                return []
            anew, self._read = not self._read, False  # and stays so if it cannot be read now
            last = journal.last()
            if anew:
                found = journal.operations(ended_since=since, limit=KEPT_MOST)
            else:
                # Only operations with new events, without those driven here: what is in memory is newer.
                ids = [one for one in journal.changed_since(self._last) if not running(one)]
                found = [one for one in map(journal.operation, sorted(ids, reverse=True)) if one is not None]
            self._read, self._last = True, last
            return found

        listed = await self.run(changes)
        for operation in reversed(listed):
            before = self._operations.get(operation.id)
            # An operation that is on hold here for a reason that is not in the journal stays on hold.
            waits = (
                before is not None
                and before.state is State.ON_HOLD
                and (before.changed_at, before.driver) == (operation.changed_at, operation.driver)
                and not operation.state.ended
            )
            if not running(operation.id) and not waits:
                self.show(operation)

    async def orphans(self) -> list[Operation]:
        """Operations that have not ended and whose driver has, newest first; without those left to others."""
        left = self._left_to_others
        return await self.run(lambda journal: journal.orphans(beside=left))

    def leave_to_others(self, operation: Operation) -> None:
        """Show an orphan that is not adopted here, and leave it out of `orphans` until another process adopts
        it."""
        self._left_to_others |= {(operation.id, operation.driver)}
        self.show(operation)

    # Writing

    async def record(self, event: Event, durable: bool = True) -> Operation:
        """Write an event to the journal; returns the operation after it."""
        if durable:
            await self.run(lambda journal: journal.append(event))
        else:
            await self._append_batched(event)
        operation = apply(self._operations[event.operation_id], event)
        self.show(operation)
        return operation

    async def _append_batched(self, event: Event) -> None:
        """Write an event together with all that come at the same moment: one observation may change hundreds."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._batch.append((event, written))
        if len(self._batch) == 1:
            task = asyncio.get_running_loop().create_task(self._append_batch(), name="journal")
            self._appending.add(task)
            task.add_done_callback(self._appending.discard)
        await written

    async def _append_batch(self) -> None:
        await asyncio.sleep(0)  # by then every watcher of the same round has recorded its event
        batch, self._batch = self._batch, []
        try:
            await self.run(lambda journal: journal.append_all([event for event, _ in batch], durable=False))
        except Exception:  # noqa: BLE001 - each is written again by itself, and gets its own error
            for event, written in batch:
                await self._append_one(event, written)
        else:
            for _, written in batch:
                if not written.done():
                    written.set_result(None)

    async def _append_one(self, event: Event, written: asyncio.Future[None]) -> None:
        try:
            await self.run(lambda journal: journal.append(event, durable=False))
        except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
            if not written.done():
                written.set_exception(error)
        else:
            if not written.done():
                written.set_result(None)

    def show(self, operation: Operation) -> None:
        """Store an operation as it is now, and notify the listeners if it has changed."""
        if self._operations.get(operation.id) == operation:
            return
        if operation.id not in self._operations:
            insort(self._ids, operation.id)
        self._operations[operation.id] = operation
        for notify in list(self._listeners):
            try:
                notify(operation)
            except Exception as error:  # noqa: BLE001 - a defect in one pane must not stop an operation
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "who follows the operations failed", "exception": error}
                )

    async def count(self, calls: dict[tuple[str, str], int]) -> None:
        """Write down the poller's calls.

        Args:
            calls: all that it has made so far, by (region, operation).
        """
        day = datetime.fromtimestamp(self._now(), UTC).date().isoformat()
        so_far = dict(calls)

        def work(journal: Journal) -> None:
            changes = {key: count - self._counted.get(key, 0) for key, count in so_far.items()}
            journal.count_calls(day, {key: count for key, count in changes.items() if count})
            self._counted = so_far

        if so_far != self._counted:
            await self.run(work)

    async def run(self, work: Callable[[Journal], _T]) -> _T:
        """The result of `work`, called on the journal's thread."""

        def on_thread() -> _T:
            if self._journal is None:
                self._journal = Journal.open(self._path)
            return work(self._journal)

        return await asyncio.get_running_loop().run_in_executor(self._thread, on_thread)

    async def close(self) -> None:
        """Close the journal, if it was opened."""
        await asyncio.gather(*self._appending, return_exceptions=True)
        if self._reader is not None:
            self._reader.close()
        if self._journal is not None:
            await self.run(lambda journal: journal.close())
        self._thread.shutdown(wait=False)
