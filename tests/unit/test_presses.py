"""A key that is held down does not confirm what it opened."""

from __future__ import annotations

import pytest

from amitui.ui.forms.presses import HELD_SECONDS, Presses


@pytest.fixture(autouse=True)
def typed_as_people_do(monkeypatch: pytest.MonkeyPatch, fast_typing: None) -> None:
    monkeypatch.setattr(Presses, "held_seconds", HELD_SECONDS)


def repeated(*moments: float) -> list[bool]:
    times = iter(moments)
    presses = Presses(lambda: next(times))
    return [presses.is_repeated() for _ in moments]


def test_a_press_of_its_own_counts_and_those_of_a_key_that_is_held_down_never_do() -> None:
    assert repeated(0.0, 2.0, 4.0) == [False, False, False]
    held = [5.0, 5.66, *(5.7 + 0.03 * n for n in range(200))]
    assert repeated(0.0, *held) == [False, False, *[True] * 201]


def test_after_it_was_let_go_the_next_press_counts() -> None:
    assert repeated(0.0, 0.03, 0.06, 0.9) == [False, True, True, False]
