"""Rows that have stood on the screen for a moment are confirmed by EC2: changed in place, or marked as gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.domain.catalogue.scope import AMAZON, PUBLISHERS
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.operations.kinds import OperationKind
from amitui.errors import NetworkError
from amitui.ui.actions.open_form import unavailable
from amitui.ui.app import AmituiApp
from amitui.ui.confirming import CONFIRM_AFTER_S
from tests.support.app import (
    NOW,
    FakeCloud,
    browse_of,
    make_app,
    opened,
    press,
    rows,
    sample_records,
    screen_text,
    settled,
    stable_environment,
)

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from amitui.domain.image.image import RawRecord

WEB, OLDER = sample_records()["mine"][:2]
AMAZONS = sample_records()["amazon"]


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)
    # What is cached is hours old, and nothing of it is due.
    monkeypatch.setattr("amitui.services.catalogue.time_to_live", lambda *_args, **_more: 10**9)


def cloud(**more: object) -> FakeCloud:
    return FakeCloud({"us-east-1": sample_records()}, **more)  # type: ignore[arg-type]


def an_hour_later(app: AmituiApp) -> AmituiApp:
    app.services.now = lambda: NOW + 3600
    return app


async def rest(pilot: Pilot[str]) -> None:
    """Let the rows stand still for as long as it takes to confirm them."""
    assert isinstance(pilot.app, AmituiApp)
    for _ in range(2):
        pilot.app._confirm_rows()
        await settled(pilot)


def ids(*records: RawRecord) -> set[str]:
    return {record["ImageId"] for record in records}


async def test_rows_at_rest_are_confirmed_once_and_no_others(tmp_path: Path) -> None:
    aws = cloud()
    async with opened(an_hour_later(make_app(tmp_path, cloud=aws, scope=AMAZON))) as pilot:
        await rest(pilot)
        await rest(pilot)
        (asked,) = aws.confirmed
        assert set(asked) == ids(*AMAZONS)
        assert len(rows(pilot)) == len(AMAZONS)


async def test_nothing_is_asked_while_the_rows_change(tmp_path: Path) -> None:
    aws = cloud()
    async with opened(an_hour_later(make_app(tmp_path, cloud=aws, scope=AMAZON))) as pilot:
        app = pilot.app
        assert isinstance(app, AmituiApp)
        await press(pilot, "slash", "a")
        app._confirm_rows()
        for letter in "rm64":
            asked = len(aws.confirmed)
            await press(pilot, letter)
            assert len(aws.confirmed) == asked


async def test_what_was_fetched_a_moment_ago_is_not_asked_for(tmp_path: Path) -> None:
    aws = cloud()
    async with opened(make_app(tmp_path, cloud=aws)) as pilot:
        await rest(pilot)
        assert aws.confirmed == []
        pilot.app.services.now = lambda: NOW + CONFIRM_AFTER_S  # type: ignore[attr-defined]
        await rest(pilot)
        assert len(aws.confirmed) == 1


async def test_offline_nothing_is_asked_for(tmp_path: Path) -> None:
    aws = cloud()
    async with opened(an_hour_later(make_app(tmp_path, cloud=aws, offline=True))) as pilot:
        await rest(pilot)
        assert aws.confirmed == []


async def test_a_changed_image_changes_in_place(tmp_path: Path) -> None:
    aws = cloud(changed={WEB["ImageId"]: {**WEB, "State": "disabled"}})
    async with opened(an_hour_later(make_app(tmp_path, cloud=aws))) as pilot:
        assert "disabled" not in screen_text(pilot)
        await press(pilot, "down")
        before = browse_of(pilot).table.cursor_row
        await rest(pilot)
        await wait_for(pilot, "disabled")
        assert before is not None
        assert browse_of(pilot).table.cursor_row == before


async def test_a_gone_image_stays_in_its_place_as_gone_and_nothing_can_be_done_with_it(tmp_path: Path) -> None:
    aws = cloud(gone={OLDER["ImageId"]: Fate.DEREGISTERED})
    async with opened(an_hour_later(make_app(tmp_path, cloud=aws)), size=(120, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, AmituiApp)
        names = [row.name for _, row in browse_of(pilot).table.rows_in_view]
        await rest(pilot)
        await wait_for(pilot, "gone: deregistered")
        assert [row.name for _, row in browse_of(pilot).table.rows_in_view] == names
        await press(pilot, "down")
        row = browse_of(pilot).table.cursor_row
        assert row is not None
        assert row.image_id == OLDER["ImageId"]
        await press(pilot, "enter")
        assert f"{row.image_id} was deregistered." in screen_text(pilot)
        await press(pilot, "escape")
        for kind in (OperationKind.LAUNCH, OperationKind.DEREGISTER, OperationKind.SHARE, OperationKind.TAG):
            assert unavailable(app, kind) == "EC2 no longer shows the image"
        # Not among what is exported or counted, and no longer there in another view.
        assert OLDER["Name"] not in rows(pilot)
        await press(pilot, "4", "1")
        assert "gone" not in screen_text(pilot)


async def test_a_search_for_the_id_of_a_gone_image_says_what_became_of_it(tmp_path: Path) -> None:
    aws = cloud(gone={OLDER["ImageId"]: Fate.DEREGISTERED})
    async with opened(an_hour_later(make_app(tmp_path, cloud=aws)), size=(120, 24)) as pilot:
        await rest(pilot)
        await press(pilot, "slash", *OLDER["ImageId"])
        await wait_for(pilot, f"{OLDER['ImageId']} ({OLDER['Name']}, owner {OLDER['OwnerId']}) was deregistered")
        assert aws.asked_ids


async def test_a_marked_image_that_went_is_known_to_be_gone(tmp_path: Path) -> None:
    aws = cloud(gone={WEB["ImageId"]: Fate.NOT_THERE})
    async with opened(an_hour_later(make_app(tmp_path, cloud=aws))) as pilot:
        await press(pilot, "space", "4")
        await rest(pilot)
        await wait_for(pilot, "1 marked")
        (marked,) = browse_of(pilot).table.marks
        assert (marked.state, marked.state_reason) == ("gone", "deregistered or made private")


async def test_an_error_is_kept_once_for_the_log_and_the_next_call_comes_after_a_pause(tmp_path: Path) -> None:
    aws = cloud(failures={"us-east-1": NetworkError("EC2 was not reached")})
    app = an_hour_later(make_app(tmp_path, cloud=aws, scope=PUBLISHERS))
    async with opened(app) as pilot:
        await rest(pilot)
        await rest(pilot)
        assert len(aws.confirmed) == 1
        app.services.now = lambda: NOW + 7200
        await rest(pilot)
        assert len(aws.confirmed) == 2
        assert [entry.where for entry in app.error_log] == ["confirming the rows on the screen"]
        assert "EC2 was not reached" not in screen_text(pilot)
        assert len(rows(pilot)) == 12


async def wait_for(pilot: Pilot[str], text: str) -> None:
    for _ in range(200):
        if text in screen_text(pilot):
            return
        browse_of(pilot).load_view(keep_cursor=True)
        await settled(pilot)
    raise AssertionError(f"{text!r} is not in\n{screen_text(pilot)}")
