"""What the application does of its own accord while its screen stands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from amitui.domain.operations.operation import State
from amitui.errors import AmituiError, CacheError, ReadOnlyError
from amitui.services.may_change import may_change, read_only_reason
from amitui.services.operations import REFRESH_EVERY_S, OperationsService
from amitui.settings import ProfileSettings


class Following(OperationsService):
    """Notes when the journal is looked at; answers as the test says."""

    journal: bool

    def __init__(self, *, journal: bool = True) -> None:
        services: Any = SimpleNamespace(session=SimpleNamespace())
        super().__init__(
            services,
            refreshed=lambda _region: None,
            changed=lambda _operation, _open, _on_hold: None,
            failed=lambda error, _about: self.failures.append(error),
            sleep=self._wait,
        )
        self.journal = journal
        self.failures: list[AmituiError] = []
        self.opened = 0
        self.error: AmituiError | None = None
        self.slept: list[float] = []
        self._turn = asyncio.Event()
        self.waiting = asyncio.Event()

    @property
    def has_journal(self) -> bool:
        return self.journal

    async def open(self) -> None:
        self.opened += 1
        if self.error is not None:
            raise self.error

    async def _wait(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.waiting.set()
        await self._turn.wait()
        self._turn.clear()

    async def later(self) -> None:
        """Let the time of one sleep pass."""
        await self.waiting.wait()
        self.waiting.clear()
        self._turn.set()
        await self.waiting.wait()


async def test_the_journal_is_looked_at_again_for_as_long_as_the_screen_stands() -> None:
    operating = Following()
    await operating.follow_journal()
    await operating.follow_journal()
    assert operating.opened == 2
    for _ in range(3):
        await operating.later()
    assert operating.opened == 5
    assert set(operating.slept) == {REFRESH_EVERY_S}
    assert len(operating.slept) == 4, "one of them looks, however often it is begun"
    await operating.close()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "operations of others"]


async def test_a_journal_that_another_begins_later_is_found() -> None:
    operating = Following(journal=False)
    await operating.follow_journal()
    await operating.later()
    assert operating.opened == 0
    operating.journal = True
    await operating.later()
    assert operating.opened == 1
    await operating.close()


async def test_a_journal_that_cannot_be_read_for_long_is_told_of_once_and_tried_again() -> None:
    operating = Following()
    await operating.follow_journal()
    operating.error = CacheError("the journal is in use")
    for _ in range(3):
        await operating.later()
    assert operating.failures == [operating.error]
    operating.error = None
    await operating.later()
    operating.error = CacheError("the journal is in use")
    await operating.later()
    assert len(operating.failures) == 2
    assert operating.opened == 6
    await operating.close()


# What must not be sent

HERE = "amitui is read-only here"
FREE, READ_ONLY = ProfileSettings(), ProfileSettings(read_only=True)


class Marked:
    """Connections whose profiles and accounts have marks."""

    def __init__(self, marks: dict[str, ProfileSettings], unsettled: ProfileSettings = FREE) -> None:
        self._marks, self._unsettled = marks, unsettled

    def marks(self, profile: str | None, account: str | None = None) -> ProfileSettings:
        found = self._marks.get(profile or "default", FREE)
        return found.stricter(self._marks.get(account or "", FREE))

    own_marks = marks

    def unsettled(self, _profile: str | None) -> ProfileSettings:
        return self._unsettled

    def may_be_read_only(self, profiles: Iterable[str | None]) -> bool:
        return any(self.unsettled(profile).read_only for profile in profiles)

    def caller(self, profile: str | None) -> Any:
        return SimpleNamespace(words=f"profile {profile or 'default'}")


def session(
    marks: dict[str, ProfileSettings],
    *,
    read_only: bool = False,
    offline: bool = False,
    unsettled: ProfileSettings = FREE,
) -> Any:
    connections = Marked(marks, unsettled)
    return SimpleNamespace(
        settings=SimpleNamespace(read_only=read_only, offline=offline),
        profile="looking",
        named_profile="looking",
        account="333333333333",
        marks=connections.marks("looking"),
        connections=connections,
        problem=None,
    )


def operating(marks: dict[str, ProfileSettings], *, unsettled: ProfileSettings = FREE) -> OperationsService:
    asking = session(marks, unsettled=unsettled)
    services: Any = SimpleNamespace(
        settings=asking.settings, session=asking, members=SimpleNamespace(all=[asking])
    )
    return OperationsService(
        services,
        refreshed=lambda _region: None,
        changed=lambda _operation, _open, _on_hold: None,
        failed=lambda _error, _about: None,
    )


@pytest.mark.parametrize(
    ("marks", "read_only", "words"),
    [
        ({}, False, ""),
        ({}, True, HERE),
        ({"looking": READ_ONLY}, False, f"{HERE}: profile looking, which is in use, is marked read-only"),
        ({"prod": READ_ONLY}, False, f"{HERE}: profile prod (account 111111111111) is marked read-only"),
        ({"111111111111": READ_ONLY}, False, f"{HERE}: profile prod (account 111111111111) is marked read-only"),
        ({"other": READ_ONLY, "222222222222": READ_ONLY}, False, ""),
    ],
)
def test_the_strictest_mark_says_whether_something_may_be_sent(
    marks: dict[str, ProfileSettings], read_only: bool, words: str
) -> None:
    assert read_only_reason(session(marks, read_only=read_only), "prod", "111111111111") == words


@pytest.mark.parametrize(
    ("options", "denial", "reason"),
    [
        ({}, "", ""),
        ({"offline": True}, "", "started with --offline"),
        ({}, "not allowed to copy images", "not allowed to copy images"),
        ({"offline": True}, "not allowed to copy images", "started with --offline"),
        ({"read_only": True, "offline": True}, "not allowed to copy images", HERE),
        (
            {"marks": {"333333333333": READ_ONLY}},
            "",
            f"{HERE}: profile looking (account 333333333333) is marked read-only",
        ),
    ],
)
def test_the_reason_that_nobody_here_can_change_is_named_first(
    options: dict[str, Any], denial: str, reason: str
) -> None:
    answer = may_change(session(**{"marks": {}, **options}), denial=denial)
    assert (bool(answer), answer.reason) == (not reason, reason)
    assert answer.is_denial == (denial != "" and answer.reason == denial)
    if reason:
        with pytest.raises(ReadOnlyError, match="changes are not possible"):
            answer.require()
    else:
        answer.require()


def test_an_operation_is_asked_about_with_the_profile_that_began_it() -> None:
    earlier: Any = SimpleNamespace(profile="prod", account="111111111111")
    assert not may_change(session({"prod": READ_ONLY}), earlier)
    assert may_change(session({"prod": READ_ONLY}))


@pytest.mark.parametrize(("unsettled", "adopts"), [(READ_ONLY, False), (FREE, True)])
async def test_nothing_is_taken_up_while_the_account_in_use_may_be_read_only(
    unsettled: ProfileSettings, adopts: bool
) -> None:
    done: list[str] = []

    async def note(word: str) -> None:
        done.append(word)

    found = operating({}, unsettled=unsettled)
    engine: Any = SimpleNamespace(refresh=lambda: note("refresh"), adopt=lambda: note("adopt"))
    found._engine = engine
    await found.open()
    assert done == ["adopt" if adopts else "refresh"]


async def test_what_is_told_of_one_operation_does_not_count_all_others() -> None:
    told: list[tuple[int, int]] = []
    found = operating({})
    found._changed = lambda _operation, under_way, held: told.append((under_way, held))
    found._engine = None

    def one(number: int, state: State) -> Any:
        return SimpleNamespace(id=str(number), state=state)

    for number in range(100):
        found._operation_changed(one(number, State.WAITING))
    found._operation_changed(one(5, State.ON_HOLD))
    found._operation_changed(one(6, State.DONE))
    found._operation_changed(one(6, State.DONE))
    assert told[99:] == [(100, 0), (100, 1), (99, 1), (99, 1)]
    assert found._engine is None, "nobody asked for the list"
