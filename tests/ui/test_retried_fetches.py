"""A fetch that fails for now goes on by itself while the screen is open; a refusal waits for its user."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from amitui.catalog.sync.crawl import CrawlProgress
from amitui.catalog.sync.page import ReadPage
from amitui.domain.catalogue.slices import Slice
from amitui.domain.retrying import PAUSES_S
from amitui.errors import AmituiError, DeniedError, NetworkError
from amitui.services.fetch_totals import FetchTotals
from amitui.ui.widgets.status_bar import StatusBar
from tests.support.app import (
    NOW,
    FakeCloud,
    make_app,
    opened,
    press,
    sample_records,
    settled,
    stable_environment,
)

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from amitui.domain.catalogue.shard import Shard
    from amitui.domain.catalogue.slices import Slice
    from amitui.ui.app import AmituiApp

DEAD = NetworkError("could not reach EC2", remedy="check the network")


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


class Pause:
    """The pauses of an application: they end when the test says so."""

    def __init__(self, app: AmituiApp) -> None:
        self.waits: list[float] = []
        self._ended = asyncio.Event()
        app.fetches._sleep = self._wait

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._ended.clear()
        await self._ended.wait()

    async def end(self, pilot: Pilot[str]) -> None:
        """Let the time pass until the next attempt."""
        self._ended.set()
        await pilot.pause()
        await settled(pilot)


def status(pilot: Pilot[str]) -> str:
    return pilot.app.query_one(StatusBar).text


async def test_a_fetch_that_goes_on_or_starts_over_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()})
    app = make_app(tmp_path, cloud=cloud, cached=False)
    told: list[str] = []
    monkeypatch.setattr(type(app.browse), "notice", lambda _self, text, *_, **__: told.append(text))
    async with opened(app, (80, 24)):
        shard = next(iter(app.fetches.totals._crawls))
        app._fetch_changed(CrawlProgress(shard, records=38_000, resumed=True, expected=60_400))
        app._fetch_changed(CrawlProgress(shard, records=39_000, resumed=True, pages=1))
        app._fetch_changed(CrawlProgress(shard, restarted=True))
        assert [text for text in told if "resum" in text or "again" in text] == [
            "resuming: 38,000 of about 60,000 images are here already",
            "the cache was cleared by another program; fetching again",
        ]


async def test_an_outage_ends_and_the_rows_are_fetched_without_a_key(tmp_path: Path) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()}, failures={"us-east-1": DEAD})
    app = make_app(tmp_path, cloud=cloud, cached=False)
    pause = Pause(app)
    async with opened(app, (120, 40)) as pilot:
        told = len(app.error_log)
        assert (told, len(app.fetches.failures)) == (1, 4), "one cause is one error, which names what failed"
        assert {where.split()[0] for where in app.error_log[0].where.removeprefix("fetching ").split(", ")} == {
            shard.owner_scope for shard in app.fetches.failures
        }
        assert "could not reach EC2; trying again in 5 s (F5 at once)" in status(pilot)
        for _ in range(3):
            await pause.end(pilot)
        assert pause.waits == list(PAUSES_S[:4]), "one pause for all, and ever longer ones"
        assert len(app.error_log) == told, "what fails again in the same way is not told again"
        cloud.failures.clear()
        await pause.end(pilot)
        assert app.fetches.failures == {}
        assert app.browse.loader.all_rows()
        cloud.failures["us-east-1"] = DEAD
        await press(pilot, "f5")
        assert pause.waits[4:] == [PAUSES_S[0]], "an answer begins the pauses anew"


async def test_a_failed_refresh_in_the_background_does_not_end_fetching(tmp_path: Path) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()})
    app = make_app(tmp_path, cloud=cloud)
    pause = Pause(app)
    async with opened(app) as pilot:
        cloud.failures["us-east-1"] = DEAD
        app.services.now = lambda: NOW + 3600
        app._keep_fresh()
        await settled(pilot)
        assert app.fetches.failures
        cloud.failures.clear()
        await pause.end(pilot)
        assert app.fetches.failures == {}
        cloud.fetched.clear()
        app.services.now = lambda: NOW + 7200
        app._keep_fresh()
        await settled(pilot)
        assert [scope for _, scope in cloud.fetched] == ["mine", "shared"]


async def test_f5_does_not_wait_for_the_next_attempt(tmp_path: Path) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()}, failures={"us-east-1": DEAD})
    app = make_app(tmp_path, cloud=cloud, cached=False)
    pause = Pause(app)
    async with opened(app) as pilot:
        await pause.end(pilot)
        cloud.failures.clear()
        await press(pilot, "f5")
        assert app.browse.loader.all_rows()
        cloud.fetched.clear()
        await pause.end(pilot)
        assert ("us-east-1", "mine") not in cloud.fetched, "it is not fetched twice"


async def test_what_is_refused_is_not_asked_again_by_itself(tmp_path: Path) -> None:
    refused: AmituiError = DeniedError("you are not allowed to list images")
    cloud = FakeCloud({"us-east-1": sample_records()}, failures={"us-east-1": refused})
    app = make_app(tmp_path, cloud=cloud, cached=False)
    pause = Pause(app)
    async with opened(app) as pilot:
        assert app.fetches.failures
        assert pause.waits == []
        cloud.failures.clear()
        await press(pilot, "f5")
        assert app.browse.loader.all_rows()


async def test_cancelling_stops_the_attempts_too(tmp_path: Path) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()}, failures={"us-east-1": DEAD})
    app = make_app(tmp_path, cloud=cloud, cached=False)
    pause = Pause(app)
    async with opened(app) as pilot:
        await press(pilot, "ctrl+x")
        cloud.fetched.clear()
        await pause.end(pilot)
        assert cloud.fetched == []


async def test_who_asks_is_found_out_when_sts_answers_again(tmp_path: Path) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()}, identity_error=NetworkError("STS was not reached"))
    app = make_app(tmp_path, cloud=cloud)
    async with opened(app) as pilot:
        assert not app.services.session.account_confirmed
        told = len(app.error_log)
        app._keep_fresh()
        await settled(pilot)
        assert len(app.error_log) == told
        cloud.identity_error = None
        app._keep_fresh()
        await settled(pilot)
        assert app.services.session.account_confirmed


class SilentCloud(FakeCloud):
    """A cloud that takes every request for images and answers none."""

    async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
        await asyncio.Event().wait()
        raise AssertionError


async def test_while_ec2_does_not_answer_the_time_is_shown(tmp_path: Path) -> None:
    clock = [100.0]
    app = make_app(tmp_path, cloud=SilentCloud(), cached=False)
    app.fetches.totals = FetchTotals(lambda: clock[0])
    async with app.run_test(size=(120, 40)) as pilot:
        while len(app.fetches.active) < 4:
            await pilot.pause()
        app.browse.show_status()
        assert "waiting" not in status(pilot)
        clock[0] += 12
        app.browse._tell_progress()
        assert "waiting for EC2: 12 s  (Ctrl+X cancels)" in status(pilot)
        await press(pilot, "ctrl+x")
        app.browse._tell_progress()
        assert "waiting" not in status(pilot)
