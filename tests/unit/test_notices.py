"""What a notice keeps where it has little room: a file's name rather than its folders, and what comes next."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len

from amitui.domain.operations.operation import State
from amitui.ui.operation_notices import OperationNotices
from amitui.ui.widgets.status_bar import shorter_notice, with_short_paths
from tests.support.roll_outs import ended, plan_of


@pytest.mark.parametrize(
    ("notice", "cells", "expected"),
    [
        ("wrote 12 lines to /home/ops/exports/trail.jsonl", 40, "wrote 12 lines to …/exports/trail.jsonl"),
        ("wrote 12 lines to /home/ops/exports/trail.jsonl", 34, "wrote 12 lines to …/trail.jsonl"),
        ("wrote 12 lines to /home/ops/exports/trail.jsonl", 60, "wrote 12 lines to /home/ops/exports/trail.jsonl"),
        ("no folder /a/b/c; choose another (e)", 30, "no folder …/c; choose another"),
        ("pulled s3://team/images/amitui", 20, "pulled s3://team/im…"),
        ("sent ami-0123456789abcdef0 to the clipboard (OSC 52)", 28, "sent ami-0123456789abcdef0…"),
    ],
)
def test_a_notice_keeps_what_matters(notice: str, cells: int, expected: str) -> None:
    found = shorter_notice(notice, cells)
    assert cell_len(found) <= cells
    assert found == expected


def test_paths_that_fit_stay_as_they_are_and_the_file_s_name_is_never_cut() -> None:
    assert with_short_paths("wrote /tmp/日本語/画像.csv", 80) == "wrote /tmp/日本語/画像.csv"
    assert with_short_paths("wrote /tmp/日本語/画像.csv", 5) == "wrote …/画像.csv"


@pytest.fixture
def said() -> list[str]:
    """What was shown."""
    return []


@pytest.fixture
def notices(said: list[str]) -> OperationNotices:
    browse: Any = SimpleNamespace(
        is_leaving=lambda: False,
        operations_changed=lambda *_: None,
        middle=SimpleNamespace(operation_changed=lambda _: None),
        key_of=lambda name: {"operations": "o", "undo": "u"}[name],
        notice=lambda text, **_: said.append(text),
    )
    return OperationNotices(browse)


def test_operations_of_a_journal_without_batches_are_not_counted_together(
    notices: OperationNotices, said: list[str]
) -> None:
    for number in range(2):
        operation = ended(plan_of())._replace(id=f"op-{number}", batch="")
        notices.changed(operation._replace(state=State.PLANNED), 1, 0)
        notices.changed(operation, 0, 0)
    assert [one.partition(":")[0] for one in said] == ["done", "done"]


def test_the_notice_of_many_operations_says_how_many_are_done(notices: OperationNotices, said: list[str]) -> None:
    states = (State.DONE, State.FAILED, State.DONE)
    for number, state in enumerate(states):
        operation = ended(plan_of())._replace(id=f"op-{number}", batch="b")
        notices.changed(operation._replace(state=State.PLANNED), 1, 0)
        notices.changed(operation._replace(state=state), 0, 0)
    notices.changed(operation._replace(id="op-9", batch="c", state=State.PLANNED), 1, 0)
    notices.changed(operation._replace(id="op-9", batch="c"), 0, 0)
    title = plan_of().title
    assert [one.removesuffix(" (u undoes it)") for one in said] == [
        f"done: {title}",
        f"failed, o says why: {title}",
        f"2 done: {title}",
        f"done: {title}",
    ]
