"""Operations in memory: what many of them cost in reads and writes of the journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from amitui.domain.operations.operation import Event, EventKind, Operation, planned
from amitui.domain.operations.plans.change import describe_plan
from amitui.errors import CacheError
from amitui.operations.journal import Journal, NotDrivenHere
from amitui.operations.ledger import Ledger
from tests.support.plan_samples import FACTS, NOW

MANY = 300


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "journal.sqlite")


@pytest.fixture
async def ledger(path: str) -> AsyncIterator[Ledger]:
    made = Ledger(path, lambda: float(NOW))
    yield made
    await made.close()


def nobody(_operation_id: str) -> bool:
    return False


def begun(operation_id: str, driver: str) -> Event:
    plan = describe_plan(FACTS, "anew")
    return planned(operation_id, plan, NOW, account="1", profile="", batch="b", driver=driver)


async def begin(ledger: Ledger, count: int) -> list[str]:
    """So many operations of this process."""
    driver = await ledger.run(lambda journal: journal.driver)
    ids = [f"{number:04}" for number in range(count)]
    await ledger.run(lambda journal: journal.append_all([begun(one, driver) for one in ids]))
    await ledger.refresh(nobody)
    return ids


def count_calls(journal: Journal, monkeypatch: pytest.MonkeyPatch, name: str) -> list[Any]:
    """The arguments of each call of a method from here on."""
    calls: list[Any] = []
    method = getattr(journal, name)

    def counted(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        return method(*arguments, **named)

    monkeypatch.setattr(journal, name, counted)
    return calls


def seen(operation_id: str, progress: int) -> Event:
    return Event(operation_id, NOW + 1, EventKind.OBSERVED, {"step": 0, "state": "pending", "progress": progress})


async def test_what_is_seen_of_many_at_once_is_written_down_together(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await begin(ledger, MANY)
    journal = ledger._journal
    assert journal is not None
    writes = count_calls(journal, monkeypatch, "append_all")

    operations: Sequence[Operation] = await asyncio.gather(
        *(ledger.record(seen(one, 5), durable=False) for one in ids)
    )

    assert [operation.progress for operation in operations] == [5] * MANY
    assert len(writes) == 1
    assert all(operation.progress == 5 for operation in await ledger.run(lambda one: one.operations()))


async def test_of_what_is_written_together_only_what_may_not_be_fails(ledger: Ledger, path: str) -> None:
    first, second, third = await begin(ledger, 3)
    await ledger.record(Event(second, NOW, EventKind.DONE, {}))
    found = await asyncio.gather(
        *(ledger.record(seen(one, 7), durable=False) for one in (first, second, third)), return_exceptions=True
    )
    assert isinstance(found[1], NotDrivenHere)
    assert isinstance(found[1], CacheError)
    reader = Journal.read(path)
    assert reader is not None
    with reader:
        assert [one.progress for one in reader.operations()] == [7, None, 7]


async def test_what_another_process_writes_is_read_without_reading_all_anew(
    ledger: Ledger, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(ledger, MANY)
    journal = ledger._journal
    assert journal is not None
    whole, single = (count_calls(journal, monkeypatch, name) for name in ("operations", "operation"))
    with Journal.open(path) as other:
        other.append(begun("9000", other.driver))
        await ledger.refresh(nobody)
        other.append(Event("9000", NOW + 2, EventKind.DONE, {}))
        await ledger.refresh(nobody)
        await ledger.refresh(nobody)
    assert whole == []
    assert single == [("9000",), ("9000",)]
    assert [one.id for one in ledger.operations()][:2] == ["9000", f"{MANY - 1:04}"]
    assert ledger.operations()[0].state.ended


async def test_what_is_driven_here_is_not_read_back(
    ledger: Ledger, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await begin(ledger, 5)
    await asyncio.gather(*(ledger.record(seen(one, 9), durable=False) for one in ids))
    journal = ledger._journal
    assert journal is not None
    single = count_calls(journal, monkeypatch, "operation")
    with Journal.open(path) as other:
        other.append(begun("9000", other.driver))
        await ledger.refresh(ids.__contains__)
    assert single == [("9000",)]


async def test_events_are_read_while_the_journal_is_being_written(ledger: Ledger) -> None:
    (operation_id,) = await begin(ledger, 1)
    journal = ledger._journal
    assert journal is not None
    entered, leave = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(held: Journal) -> None:
        with held._transaction():
            loop.call_soon_threadsafe(entered.set)
            asyncio.run_coroutine_threadsafe(leave.wait(), loop).result()

    writing = asyncio.ensure_future(ledger.run(hold))
    await entered.wait()
    assert [event.kind for event in ledger.events(operation_id)] == [EventKind.PLANNED]
    leave.set()
    await writing
