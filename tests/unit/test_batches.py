from __future__ import annotations

import pytest

from amitui.domain.operations.batches import LEAST, OperationBatch, operation_rows
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, State, fold, planned
from amitui.domain.operations.plan import Call, Plan
from amitui.presentation.operation_rows import batch_state

NOW = 1_790_000_000.0
DONE, FAILED, HELD = EventKind.DONE, EventKind.FAILED, EventKind.ON_HOLD


def operation(number: int, batch: str, what: EventKind | None = None, kind: str = "deregister") -> Operation:
    region = "eu-west-1" if number % 2 else "us-east-1"
    plan = Plan(OperationKind(kind), "Do it", region, "ami-1", (Call("deregister_image", region, {}, "do it"),))
    events = [planned(f"{number:04}", plan, NOW + number, account="1", profile="", batch=batch, driver="d")]
    if what is not None:
        events.append(Event(f"{number:04}", NOW + 100 + number, what, {"what": "no", "why": "protected"}))
    return fold(events)


def test_few_stay_single_and_many_are_one_row() -> None:
    few = [operation(n, "few") for n in range(LEAST - 1)]
    many = [operation(10 + n, "many") for n in range(LEAST)]
    rows = list(operation_rows([*reversed(many), *reversed(few)], ()))
    assert isinstance(rows[0], OperationBatch)
    assert rows[1:] == list(reversed(few))
    opened = list(operation_rows([*reversed(many), *reversed(few)], {"many"}))
    assert opened[1 : LEAST + 1] == list(reversed(many))


def test_operations_of_a_journal_without_batches_stay_apart() -> None:
    rows = list(operation_rows([operation(n, "") for n in reversed(range(9))], ()))
    assert len(rows) == 9


def test_a_batch_says_what_where_and_why_not() -> None:
    members = (operation(3, "b", FAILED), operation(2, "b", DONE, "enable"), operation(1, "b", HELD))
    batch = OperationBatch("b", members)
    assert batch.title == "Deregister image × 2, Enable image × 1"
    assert batch.regions == ("eu-west-1", "us-east-1")
    assert batch.causes == (("protected", 2),)
    assert batch.ended_at is None
    assert batch.elapsed(NOW + 50) == 49
    assert OperationBatch("b", members[:2]).ended_at == NOW + 103


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((None, None, None), "0 of 3"),
        ((DONE, None, None), "1 of 3"),
        ((DONE, HELD, None), "1 of 3"),
        ((DONE, HELD, FAILED), "1 of 3 wait"),
        ((DONE, DONE, DONE), "all 3 done"),
        ((DONE, FAILED, DONE), "2 of 3 done"),
        ((FAILED, FAILED, FAILED), "3 failed"),
        ((DONE, EventKind.DROPPED, DONE), "2 of 3 done"),
    ],
)
def test_a_batch_counts_how_far_it_has_come(events: tuple[EventKind | None, ...], words: str) -> None:
    batch = OperationBatch("b", tuple(operation(number, "b", what) for number, what in enumerate(events)))
    assert batch_state(batch) == words
    assert len(words) <= 15
    assert batch.count(State.DONE) == events.count(DONE)
