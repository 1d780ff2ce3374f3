"""The append-only record of operations: every event is written before the call that it announces is sent.

The next start of a killed amitui recovers from it, and it is the audit trail. It holds events, and which process
drives each operation. Each call is one transaction: once `append` has returned, the event survives a crash, and
also the loss of power unless `durable` was false.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, Final, Self

from amitui.catalog.sqlite_file import transaction
from amitui.domain.operations.operation import Event, EventKind, Operation, fold
from amitui.errors import CacheError
from amitui.operations.drivers import DriverLock, is_driven, new_driver, sweep
from amitui.operations.journal_file import connect, connect_reader, damaged, explained

_ENDS: Final = (EventKind.DONE, EventKind.FAILED, EventKind.DROPPED)

_BASE32: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's digits: in the order of their codes, none taken for another."""


class NotDrivenHere(CacheError):
    """An event was to be added to an operation that has ended, or that another process has adopted."""


class Journal:
    """The journal of one endpoint. Usable from several threads; several processes may have it open.

    Make it with `Journal.open` to drive operations, with `Journal.read` to read them.

    Raises:
        CacheError: from every method, when the file cannot be read or written or is damaged.
    """

    def __init__(self, connection: sqlite3.Connection, path: str, driver: str, lock: DriverLock | None) -> None:
        self._connection = connection
        self._driver_lock = lock
        self._threads = threading.RLock()
        self._data_version = -1
        self.path = path
        self.driver = driver
        """This process' id among the drivers; empty when it only reads."""
        self.changed()

    @classmethod
    def open(cls, path: str, *, driver: str | None = None) -> Self:
        """Open the journal, making it when there is none, and be a driver for as long as it is open.

        Args:
            driver: this process' id among drivers, letters and digits; by default a new one.

        Raises:
            CacheError: it cannot be written, is damaged, or another version's; it is then left as it is.
        """
        connection = connect(path)
        try:
            sweep(_drivers(path))
            name = driver or new_driver()
            lock = DriverLock(_drivers(path), name)
            try:
                return cls(connection, path, name, lock)
            except BaseException:
                lock.close()
                raise
        except BaseException:
            connection.close()
            raise

    @classmethod
    def read(cls, path: str) -> Self | None:
        """Open the journal for reading; `None` when there is none. What writes fails.

        Raises:
            CacheError: it cannot be read, is damaged, or another version's.
        """
        connection = connect_reader(path)
        return None if connection is None else cls(connection, path, "", None)

    def close(self) -> None:
        """Close the file and stop being a driver; more than once does no harm."""
        with self._threads:
            self._connection.close()
            if self._driver_lock is not None:
                self._driver_lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    def append(self, event: Event, *, durable: bool = True) -> None:
        """Add an event of an operation that this process drives; see `append_all`."""
        self.append_all((event,), durable=durable)

    def append_all(self, events: Sequence[Event], *, durable: bool = True) -> None:
        """Add events, all or none of them.

        Args:
            durable: wait until they are on the disk. Observations need not be, as EC2 can be observed again.

        Raises:
            NotDrivenHere: one is of an operation that has ended or that another process drives.
            ValueError: one is of an operation that never began or began before, or names another driver.
            TypeError, ValueError: data that is no JSON.
        """
        texts = [json.dumps(dict(event.data), separators=(",", ":"), allow_nan=False) for event in events]
        with self._transaction(durable=durable):
            for event, text in zip(events, texts, strict=True):
                self._admit(event)
                self._insert(event, text)

    def adopt(self, operation: Operation, at: float) -> Operation | None:
        """Adopt an operation whose driver died; `None` when it has ended or another process was faster."""
        with self._transaction():
            if self._owner(operation.id) != (operation.driver, None) or self.is_driven(operation):
                return None
            self._connection.execute("UPDATE operation SET driver = ? WHERE id = ?", (self.driver, operation.id))
            self._insert(Event(operation.id, at, EventKind.ADOPTED, {}), json.dumps({"driver": self.driver}))
        return self.operation(operation.id)

    def count_calls(self, day: str, counts: Mapping[tuple[str, str], int]) -> None:
        """Add to the poller's calls of a day (`2026-01-31`), by (region, operation)."""
        with self._transaction(durable=False):
            self._connection.executemany(
                "INSERT INTO calls (day, region, api, count) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (day, region, api) DO UPDATE SET count = count + excluded.count",
                [(day, region, api, count) for (region, api), count in counts.items()],
            )

    # Reading

    def operations(self, *, ended_since: float | None = None, limit: int | None = None) -> list[Operation]:
        """Operations as far as they have come, newest first.

        Args:
            ended_since: leave out what ended before.
            limit: at most so many.
        """
        rows = self._select(
            "SELECT e.operation, e.at, e.what, e.data FROM (SELECT number, id FROM operation"
            " WHERE ended_at IS NULL OR ended_at >= ? ORDER BY number DESC LIMIT ?) o"
            " JOIN event e ON e.operation = o.id ORDER BY o.number DESC, e.seq",
            (-1e300 if ended_since is None else ended_since, -1 if limit is None else limit),
        )
        return [self._folded(operation_id, found) for operation_id, found in groupby(rows, key=lambda row: row[0])]

    def operation(self, operation_id: str) -> Operation | None:
        """One operation; `None` when the journal does not know it."""
        rows = self._rows_of(operation_id)
        return self._folded(operation_id, iter(rows)) if rows else None

    def events(self, operation_id: str) -> list[Event]:
        """All that happened to an operation, in order."""
        return [self._event(row) for row in self._rows_of(operation_id)]

    def trail(self, after: int = 0, *, limit: int = 1000) -> list[tuple[int, Event]]:
        """Events of all operations in the order in which they were written, from behind number `after` on.

        Returns:
            At most `limit` pairs of an event's number, which grows, and the event.
        """
        rows = self._select(
            "SELECT seq, operation, at, what, data FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        )
        return [(row[0], self._event(row[1:])) for row in rows]

    def last(self) -> int:
        """The number of the newest event; 0 when there is none."""
        ((number,),) = self._select("SELECT max(seq) FROM event", ())
        return int(number or 0)

    def changed_since(self, after: int) -> list[str]:
        """The ids of the operations of which there are events with higher numbers than `after`."""
        rows = self._select("SELECT DISTINCT operation FROM event WHERE seq > ?", (after,))
        return [row[0] for row in rows]

    def place(self, operation_id: str) -> int:
        """The number of an operation's first event; 0 when the journal does not know it."""
        ((number,),) = self._select("SELECT min(seq) FROM event WHERE operation = ?", (operation_id,))
        return int(number or 0)

    def orphans(self, *, beside: Collection[tuple[str, str]] = ()) -> list[Operation]:
        """Operations that have not ended and whose driver has, newest first.

        Args:
            beside: (operation, driver) pairs of which that is known.
        """
        open_ones = self._select(
            "SELECT id, driver FROM operation WHERE ended_at IS NULL ORDER BY number DESC", ()
        )
        rows = [row for row in open_ones if row not in beside]
        dead = {driver for driver in {row[1] for row in rows} if not is_driven(_drivers(self.path), driver)}
        found = (self.operation(operation_id) for operation_id, driver in rows if driver in dead)
        return [operation for operation in found if operation is not None]

    def is_driven(self, operation: Operation) -> bool:
        """Whether the process that drives the operation is alive."""
        return is_driven(_drivers(self.path), operation.driver)

    def changed(self) -> bool:
        """Whether another process (or another `Journal`) has written since this was last called."""
        with self._threads:
            ((version,),) = self._select("PRAGMA data_version", ())
            before, self._data_version = self._data_version, version
            return bool(version != before)

    def calls(self, since_day: str) -> dict[tuple[str, str], int]:
        """The poller's calls since the beginning of a day, by (region, operation)."""
        rows = self._select(
            "SELECT region, api, sum(count) FROM calls WHERE day >= ? GROUP BY region, api ORDER BY region, api",
            (since_day,),
        )
        return {(region, api): count for region, api, count in rows}

    def tally(self) -> tuple[int, int]:
        """How many operations there are, and how many of them have not ended."""
        ((total, under_way),) = self._select("SELECT count(*), count(*) - count(ended_at) FROM operation", ())
        return total, under_way

    def ended_before(self, at: float) -> int:
        """How many operations had ended by then."""
        ((count,),) = self._select("SELECT count(*) FROM operation WHERE ended_at < ?", (at,))
        return int(count)

    # Within a transaction

    def _admit(self, event: Event) -> None:
        """Update the table of operations with an event, and refuse events of operations driven elsewhere."""
        if event.kind in (EventKind.PLANNED, EventKind.ADOPTED) and event.data.get("driver") != self.driver:
            raise ValueError(f"an event of {event.operation_id} names another driver than the journal's")
        owner = self._owner(event.operation_id)
        if event.kind is EventKind.PLANNED:
            if owner is not None:
                raise ValueError(f"operation {event.operation_id} began before")
            self._connection.execute(
                "INSERT INTO operation (id, driver, began_at) VALUES (?, ?, ?)",
                (event.operation_id, self.driver, event.at),
            )
            return
        if owner is None:
            raise ValueError(f"operation {event.operation_id} never began")
        driver, ended_at = owner
        if ended_at is not None:
            raise NotDrivenHere("this operation has ended", why="nothing more can happen to it")
        if driver != self.driver:
            raise NotDrivenHere(
                "another amitui has taken this operation over", why="two processes must not run the same steps"
            )
        if event.kind in _ENDS:
            self._connection.execute(
                "UPDATE operation SET ended_at = ? WHERE id = ?", (event.at, event.operation_id)
            )

    def _insert(self, event: Event, text: str) -> None:
        self._connection.execute(
            "INSERT INTO event (operation, at, what, data) VALUES (?, ?, ?, ?)",
            (event.operation_id, event.at, event.kind.value, text),
        )

    def _owner(self, operation_id: str) -> tuple[str, float | None] | None:
        """An operation's driver and end."""
        rows = self._select("SELECT driver, ended_at FROM operation WHERE id = ?", (operation_id,))
        return rows[0] if rows else None

    @contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[None]:
        with self._threads, explained(self.path):
            # A later durable commit also brings the earlier ones to the disk.
            self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            with transaction(self._connection):
                yield

    # Rows

    def _select(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._threads, explained(self.path):
            return self._connection.execute(statement, values).fetchall()

    def _rows_of(self, operation_id: str) -> list[tuple[Any, ...]]:
        return self._select(
            "SELECT operation, at, what, data FROM event WHERE operation = ? ORDER BY seq", (operation_id,)
        )

    def _event(self, row: tuple[Any, ...]) -> Event:
        operation_id, at, what, data = row
        try:
            return Event(operation_id, at, EventKind(what), dict(json.loads(data)))
        except (TypeError, ValueError) as error:
            raise damaged(self.path, f"an event of operation {operation_id} makes no sense") from error

    def _folded(self, operation_id: str, rows: Iterator[tuple[Any, ...]]) -> Operation:
        try:
            return fold([self._event(row) for row in rows])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise damaged(self.path, f"the events of operation {operation_id} make no sense") from error


def new_operation_id(now: float, entropy: Callable[[int], bytes] = os.urandom) -> str:
    """An id that sorts by the time at which it is made, to the millisecond: 21 letters, digits and a dash."""
    time = _digits(int(now * 1000), 10)
    return f"{time}-{_digits(int.from_bytes(entropy(7), 'big'), 10)}"


def _digits(number: int, count: int) -> str:
    return "".join(_BASE32[number >> 5 * place & 31] for place in reversed(range(count)))


def _drivers(path: str) -> str:
    return os.path.join(os.path.dirname(path), "drivers")
