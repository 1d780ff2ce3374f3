"""Rows of pending images that others have begun end by themselves, and nothing is asked when none is pending."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from amitui.demo.seed.accounts import SECOND_ACCOUNT
from amitui.errors import DeniedError
from amitui.services.pending_images import Ended
from amitui.ui.live_rows import ended_words
from tests.support.app import (
    NOW,
    FakeCloud,
    browse_of,
    fill,
    make_app,
    opened,
    press,
    record,
    rows,
    sample_records,
    settled,
    stable_environment,
)
from tests.support.demo_account import HOME
from tests.support.demo_app import DemoApp, DemoInstallation, demo_installation, until, words
from tests.ui.test_accounts_in_the_app import both, fetched
from tests.ui.test_accounts_in_the_app import demo as two_accounts  # noqa: F401 - a fixture
from tests.unit.test_presentation import HEALTHY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.support.demo_account import Account


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    with demo_installation(tmp_path, monkeypatch) as made:
        yield made


class Calls:
    """What an application has asked of a cloud, and as whom."""

    def __init__(self, me: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[tuple[str, str, str]] = []
        """(EC2's operation, account, parameters)."""
        call = me.cloud.call

        def counted(operation: str, caller: object, params: object, *more: object, **named: object) -> object:
            self.made.append((operation, caller.account, repr(params)))  # type: ignore[attr-defined]
            return call(operation, caller, params, *more, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(me.cloud, "call", counted)


def copied(account: Account, name: str) -> str:
    """The id of an image that a pipeline has just begun to make in an account."""
    own = account.ask("DescribeImages", Owners=["self"])["Images"]
    source = next(one["ImageId"] for one in own if one["State"] == "available" and not one["Public"])
    return str(account.ask("CopyImage", SourceImageId=source, SourceRegion=HOME, Name=name)["ImageId"])


def state_of(pilot: Pilot[str], image_id: str) -> str:
    """What the catalogue says of an image; empty: nothing."""
    found = [row for row in browse_of(pilot).loader.all_rows() if row.image_id == image_id]
    return found[0].state if found else ""


async def live(pilot: Pilot[str], fits: Callable[[], bool], *, moving: bool = True) -> None:
    """Let time pass on the screen and in the cloud until something is true."""
    app = pilot.app
    assert isinstance(app, DemoApp)

    def happened() -> bool:
        app.live_rows.tick()
        return fits()

    await until(pilot, happened, moving=moving)


async def test_images_that_another_client_makes_end_by_themselves_and_then_nothing_is_asked(
    demo: DemoInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.image("one-more")  # while it is made, what is pending in the catalogue ends
    app = demo.app(read_only=True)
    async with opened(app, size=(140, 24)) as pilot:
        await until(pilot, lambda: "one-more" in rows(pilot))
        made, broken = copied(demo.me, "from-a-pipeline"), copied(demo.me, "without-its-key")
        failing = demo.me.cloud.world.region(HOME).find(broken)
        assert failing is not None
        failing.failure = ("Client.InvalidKey", "the key is disabled")
        app.connect(force=True)
        await until(pilot, lambda: state_of(pilot, made) == state_of(pilot, broken) == "pending")
        await live(pilot, lambda: bool(re.search("pending [1-9][0-9]?%", words(pilot))))
        ends = {made: "available", broken: "failed"}
        await live(pilot, lambda: {one: state_of(pilot, one) for one in ends} == ends)
        await live(pilot, lambda: "failed: the key is" in words(pilot), moving=False)
        assert "pending" not in words(pilot)

        await settled(pilot)
        calls = Calls(demo.me, monkeypatch)
        for _ in range(20):
            demo.clock.pass_time(20)
            app.live_rows.tick()
            await settled(pilot)
        assert calls.made == []
    app.live_rows.tick()
    app.live_rows._progress_changed()
    app.live_rows._show_end([Ended(HEALTHY, "available", "")])
    assert app.operations._engine is None, "nothing is begun again once the screen has gone"


async def test_a_pending_image_of_the_second_account_is_asked_for_as_that_account(
    two_accounts: DemoInstallation,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    demo = two_accounts
    demo.clock.pass_time(3600)
    image_id = copied(demo.me.beside(SECOND_ACCOUNT), "from-a-pipeline")
    async with opened(both(demo)) as pilot:
        await fetched(pilot)
        await until(pilot, lambda: state_of(pilot, image_id) == "pending")
        calls = Calls(demo.me, monkeypatch)
        await live(pilot, lambda: state_of(pilot, image_id) == "available")
        about = {(operation, account) for operation, account, asked in calls.made if image_id in asked}
        assert about == {("DescribeImages", SECOND_ACCOUNT)}
        assert "DescribeSnapshots" in {
            operation for operation, account, _ in calls.made if account == SECOND_ACCOUNT
        }


async def test_offline_a_pending_image_stays_as_it_is_and_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stable_environment(monkeypatch)
    app = make_app(tmp_path, offline=True)
    fill(app.services.settings, "us-east-1", {"mine": [record(1, "half-made", State="pending")]})
    app.services.session.account_confirmed = True
    async with opened(app) as pilot:
        assert state_of(pilot, record(1, "half-made")["ImageId"]) == "pending"
        app.live_rows.tick()
        await settled(pilot)
        assert app.operations._engine is None


async def test_shares_come_and_go_while_they_are_in_view_and_are_not_asked_for_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stable_environment(monkeypatch)
    aws = FakeCloud({"us-east-1": sample_records()})
    app = make_app(tmp_path, cloud=aws)
    ours = aws.images["us-east-1"]["shared"]
    new = record(77, "shared-just-now", "444455556666", age=60, Public=False)

    async def minutes_later(pilot: Pilot[str], minutes: int) -> list[tuple[str, str]]:
        """What is fetched of its own accord when so many minutes have passed since the beginning."""
        app.services.now = lambda: NOW + 60 * minutes
        before = len(aws.fetched)
        app._keep_fresh()
        await settled(pilot)
        return aws.fetched[before:]

    async with opened(app) as pilot:
        assert await minutes_later(pilot, 4) == [], "Mine is in view"
        await press(pilot, "2")
        assert rows(pilot) == [ours[0]["Name"]]
        aws.images["us-east-1"]["shared"] = [*ours, new]
        assert await minutes_later(pilot, 5) == [("us-east-1", "shared")]
        assert "shared-just-now" in rows(pilot)
        assert await minutes_later(pilot, 6) == [], "they were asked for a minute ago"
        aws.images["us-east-1"]["shared"] = ours
        assert await minutes_later(pilot, 7) == [("us-east-1", "shared")]
        assert "shared-just-now" not in rows(pilot)
        aws.failures["us-east-1"] = DeniedError("not permitted")
        assert await minutes_later(pilot, 9) == [("us-east-1", "shared")]
        assert ("us-east-1", "shared") not in await minutes_later(pilot, 12), "a refusal lasts"


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["available"], "available: web-0"),
        (["failed"], "failed: web-0 (no such key)"),
        (["available", "failed", "available"], "3 images: 2 available, 1 failed"),
    ],
)
def test_what_became_of_them_is_said_in_one_sentence(states: list[str], said: str) -> None:
    ended = [Ended(HEALTHY._replace(name=f"web-{at}"), state, "no such key") for at, state in enumerate(states)]
    assert ended_words(ended) == said
