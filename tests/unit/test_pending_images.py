"""Images that are being made, as somebody watches them who did not begin it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from amitui.catalog.locks import ShardBusy
from amitui.domain.operations.awaited import GONE, IMAGE, RESOURCES
from amitui.domain.query.values import ENUMERATIONS
from amitui.errors import AwsError, CacheError, CredentialsError, DeniedError, NetworkError, ThrottledError
from amitui.operations.poll_schedule import LONGEST_BACK_OFF_S, RELAXED_S, SLOW_S
from amitui.services.members import Member
from amitui.services.pending_images import MOST_WATCHED, RECHECK_S, UNSETTLED, Ended, PendingImages
from tests.unit.test_poller import AWAY, HOME, MINUTE, Harness, gaps_of, opened
from tests.unit.test_presentation import HEALTHY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from amitui.domain.image.row import ImageRow
    from amitui.errors import AmituiError

STEP_S = 2.5
ME, OTHER = "111111111111", "222222222222"


class Members:
    """Two profiles, each of an account of its own."""

    def __init__(self) -> None:
        self.problem: AmituiError | None = None
        """Of the second one."""

    def owner_of(self, row: ImageRow) -> Member:
        if row.owner_id == OTHER:
            return Member("other", OTHER, "other", self.problem)
        return Member("mine", ME, "mine")

    def session_of(self, member: Member) -> SimpleNamespace:
        return SimpleNamespace(named_profile=member.profile)


class Lab:
    """Images that are watched by a poller, and a catalogue that notes what is written to it."""

    def __init__(self, harness: Harness) -> None:
        self.harness, self.clock, self.ec2 = harness, harness.clock, harness.ec2
        self.members = Members()
        self.written: list[tuple[str, tuple[str, ...]]] = []
        self.cannot_write: Exception | None = None
        self.changes = 0
        self.ended: list[Ended] = []
        self.errors: list[AmituiError] = []
        services: Any = SimpleNamespace(members=self.members, catalogue=SimpleNamespace(confirm=self.confirm))
        self.images = PendingImages(
            services,
            harness.poller.watch,
            trouble=harness.poller.error_about,
            changed=self.changed,
            ended=self.ended.extend,
            failed=lambda error, _about: self.errors.append(error),
        )

    async def confirm(self, region: str, image_ids: Sequence[str], *, tries: int) -> dict[str, Any]:
        assert tries > 0
        self.written.append((region, tuple(image_ids)))
        if self.cannot_write is not None:
            raise self.cannot_write
        return {}

    def changed(self) -> None:
        self.changes += 1

    async def follow(self, rows: Sequence[ImageRow], seconds: float) -> None:
        """As the screen does: tell it again and again what is pending."""
        for _ in range(int(seconds / STEP_S)):
            self.images.follow(rows)
            await self.clock.go_on(STEP_S)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with opened() as harness:
        made = Lab(harness)
        yield made
        await made.images.close()
        assert not len(made.images)


def row(number: int = 1, region: str = HOME, owner: str = ME, state: str = "pending") -> ImageRow:
    return HEALTHY._replace(
        region=region, image_id=f"ami-{number}", name=f"web-{number}", owner_id=owner, state=state
    )


async def test_a_pending_image_is_watched_until_it_is_there_and_the_catalogue_has_it(lab: Lab) -> None:
    lab.ec2.states = {"ami-1": "pending"}
    await lab.follow([row()], MINUTE)
    assert not lab.written
    lab.ec2.states["ami-1"] = "available"
    await lab.follow([row()], SLOW_S)
    assert lab.written == [(HOME, ("ami-1",))]
    assert lab.ended == [Ended(row(), "available", "")]

    before = len(lab.ec2.requests)
    await lab.follow([row(state="available")], 60 * MINUTE)
    assert len(lab.ec2.requests) == before
    assert not lab.clock.sleepers


async def test_without_a_pending_image_nothing_is_asked(lab: Lab) -> None:
    settled = [row(n, state=state) for n, state in enumerate((*RESOURCES[IMAGE].settled, GONE))]
    await lab.follow(settled, 5 * MINUTE)
    await lab.follow([], 5 * MINUTE)
    assert not lab.ec2.requests
    assert not lab.clock.sleepers


def test_every_state_of_an_image_is_one_that_lasts_or_one_that_is_watched() -> None:
    assert set(ENUMERATIONS["state"]) == RESOURCES[IMAGE].settled | set(UNSETTLED)


async def test_calls_are_few_however_many_images_are_pending_and_seldom(lab: Lab) -> None:
    rows = [row(n) for n in range(3 * MOST_WATCHED)]
    lab.ec2.states = dict.fromkeys((one.image_id for one in rows), "pending")
    await lab.follow(rows, 10 * MINUTE)
    assert {len(ids) for *_, ids in lab.ec2.requests} == {MOST_WATCHED}
    gaps = gaps_of(lab.ec2.times())
    assert gaps[0] == RELAXED_S
    assert gaps[-1] == SLOW_S


async def test_each_image_is_asked_for_with_the_profile_of_its_own_account(lab: Lab) -> None:
    lab.ec2.states = {"ami-1": "pending", "ami-2": "pending", "ami-3": "pending"}
    rows = [row(1), row(2, owner=OTHER), row(3, AWAY, OTHER)]
    lab.images.follow(rows)
    await lab.clock.settle()
    assert set(lab.harness.connected) == {"mine", "other"}
    assert sorted((region, ids) for _, region, _, ids in lab.ec2.requests) == [
        (AWAY, ("ami-3",)),
        (HOME, ("ami-1",)),
        (HOME, ("ami-2",)),
    ]
    lab.images.follow(rows[1:])
    lab.ec2.states["ami-2"] = "available"
    await lab.follow(rows[1:], MINUTE)
    assert lab.harness.connected["mine"] == 1
    assert lab.written[0] == (HOME, ("ami-2",))


async def test_a_member_that_cannot_sign_in_is_not_asked(lab: Lab) -> None:
    lab.members.problem = CredentialsError("the token has expired")
    await lab.follow([row(owner=OTHER)], MINUTE)
    assert not lab.ec2.requests
    assert not lab.errors, "whoever identified it has said so"
    lab.members.problem = None
    await lab.follow([row(owner=OTHER)], MINUTE)
    assert lab.harness.connected["other"]


async def test_progress_is_that_of_the_snapshots_and_is_shown_when_it_changes(lab: Lab) -> None:
    lab.ec2.states = {"ami-1": "pending"}
    lab.ec2.snapshots = {"snap-1": (8, 40)}
    assert lab.images.progress(row()) is None
    await lab.follow([row()], MINUTE)
    assert lab.images.progress(row()) == 40
    assert lab.images.progress(row(2)) is None
    assert lab.changes == 1
    lab.ec2.snapshots = {"snap-1": (8, 90)}
    await lab.follow([row()], MINUTE)
    assert (lab.images.progress(row()), lab.changes) == (90, 2)


async def test_an_image_without_a_permission_for_its_snapshots_is_followed_all_the_same(lab: Lab) -> None:
    lab.ec2.states = {"ami-1": "pending"}
    lab.ec2.snapshots = {"snap-1": (8, 40)}
    lab.ec2.faults["describe_snapshots"] = DeniedError("not permitted")
    await lab.follow([row()], MINUTE)
    assert lab.images.progress(row()) is None
    lab.ec2.states["ami-1"] = "failed"
    await lab.follow([row()], MINUTE)
    assert [one.state for one in lab.ended] == ["failed"]
    assert not lab.errors


async def test_one_that_fails_says_why(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    why = {"Code": "Client.VolumeError", "Message": "the snapshot is damaged"}
    made = lab.ec2.image
    monkeypatch.setattr(lab.ec2, "image", lambda image_id: {**made(image_id), "StateReason": why})
    lab.ec2.states = {"ami-1": "failed"}
    await lab.follow([row()], 5)
    assert lab.ended == [Ended(row(), "failed", "the snapshot is damaged")]


async def test_one_that_is_not_listed_for_a_while_is_asked_for_by_its_id(lab: Lab) -> None:
    await lab.follow([row()], RECHECK_S - 5)
    assert not lab.written, "one answer may be outdated"
    await lab.follow([row()], 2 * MINUTE)
    assert (HOME, ("ami-1",)) in lab.written
    assert {one.state for one in lab.ended} <= {"", GONE}


async def test_one_that_is_deregistered_while_it_is_made_is_noticed(lab: Lab) -> None:
    lab.ec2.states = {"ami-1": "pending"}
    await lab.follow([row()], 5)
    del lab.ec2.states["ami-1"]
    await lab.follow([row()], 2 * RECHECK_S)
    assert lab.ended[0].state == GONE


@pytest.mark.parametrize("error", [DeniedError("not permitted"), ThrottledError("too many calls")])
async def test_what_ec2_refuses_is_said_once_and_asked_less_and_less(lab: Lab, error: AwsError) -> None:
    lab.ec2.states = {"ami-1": "pending"}
    lab.ec2.faults[HOME] = error
    await lab.follow([row()], 30 * MINUTE)
    assert lab.errors == [error]
    assert gaps_of(lab.ec2.times())[-1] == LONGEST_BACK_OFF_S

    # It comes and goes: neither its end nor its return is news.
    for _ in range(3):
        lab.ec2.faults.clear()
        await lab.follow([row()], 5 * MINUTE)
        lab.ec2.faults[HOME] = error
        await lab.follow([row()], 5 * MINUTE)
    assert lab.errors == [error]
    lab.ec2.faults[HOME] = other = NetworkError("no route")
    await lab.follow([row()], 5 * MINUTE)
    assert lab.errors == [error, other]
    lab.ec2.faults.clear()
    lab.ec2.states["ami-1"] = "available"
    await lab.follow([row()], 5 * MINUTE)
    assert [one.state for one in lab.ended[:1]] == ["available"]


async def test_a_row_that_could_not_be_written_is_written_later_and_the_error_said_once(lab: Lab) -> None:
    lab.ec2.states = {"ami-1": "available"}
    lab.cannot_write = CacheError("the disk is full")
    await lab.follow([row()], 5 * MINUTE)
    assert 2 <= len(lab.written) <= 5 * MINUTE / RECHECK_S
    assert [error.what for error in lab.errors] == ["the disk is full"]
    lab.cannot_write = ShardBusy("being fetched")
    await lab.follow([row()], 2 * MINUTE)
    assert not lab.ended
    lab.cannot_write = None
    await lab.follow([row()], 2 * MINUTE)
    assert lab.ended
    assert len(lab.errors) == 1


async def test_what_ends_together_is_written_together(lab: Lab) -> None:
    rows = [row(n) for n in range(50)]
    lab.ec2.states = dict.fromkeys((one.image_id for one in rows), "pending")
    await lab.follow(rows, 5)
    lab.ec2.states = dict.fromkeys(lab.ec2.states, "available")
    await lab.follow(rows, SLOW_S)
    assert len(lab.written) <= 2
    assert len(lab.ended) == 50


async def test_nothing_is_asked_or_said_after_the_profile_was_left(lab: Lab) -> None:
    lab.ec2.states = {"ami-1": "pending"}
    await lab.follow([row()], 5)
    lab.images.stop()
    lab.ec2.states["ami-1"] = "available"
    before = len(lab.ec2.requests)
    await lab.clock.go_on(10 * MINUTE)
    assert len(lab.ec2.requests) == before
    assert not lab.ended
    assert not lab.written
