"""Sharing in the whole application; its effects are read from the simulated EC2 itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.demo.seed.accounts import MAIN_ACCOUNT, RESEARCH_ACCOUNT, SECOND_ACCOUNT
from amitui.domain.operations.operation import State
from tests.support.app import browse_of, opened, press, rows
from tests.support.demo_account import second
from tests.support.demo_app import (
    DemoInstallation,
    agree,
    demo_installation,
    ended,
    go_to,
    review,
    search_for,
    type_text,
    until,
    until_said,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ((RESEARCH_ACCOUNT, "research"), (SECOND_ACCOUNT, "zebra team"))


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    with demo_installation(tmp_path, monkeypatch) as made:
        yield made


async def test_an_image_is_shared_and_the_last_ones_come_first_the_next_time(demo: DemoInstallation) -> None:
    image_id = demo.image("wanted")
    async with opened(demo.app(accounts=NAMES)) as pilot:
        await until(pilot, lambda: "wanted" in rows(pilot))
        await search_for(pilot, image_id)
        await press(pilot, "s")
        await until_said(pilot, "private: only its owner can launch it")
        await type_text(pilot, SECOND_ACCOUNT)
        promised = await review(pilot)
        assert "+ 210987654321 (zebra team) can launch it." in promised
        await agree(pilot)
        (shared,) = await ended(pilot, "Share wanted with 1 account")
        assert [(one.subject, one.ok) for one in shared.results] == [(SECOND_ACCOUNT, True)]
        assert demo.me.permissions(image_id) == [{"UserId": SECOND_ACCOUNT}]
        assert second(demo.me).image(image_id)["Name"] == "wanted"

        await press(pilot, "s")
        await until_said(pilot, "shared with 1 account (1 of 1,000)", "zebra team")
        await go_to(pilot, "Known")
        await press(pilot, "enter")
        listed = await until_said(pilot, "research", "shared already")
        assert listed.index("shared already") < listed.index("research")
        await press(pilot, "escape")
        await until_said(pilot, "Share with")
        await press(pilot, "tab", "space")
        await review(pilot)
        await agree(pilot)
        (back,) = await ended(pilot, "Stop sharing wanted with 1 account")
        assert back.state is State.DONE
        assert demo.me.permissions(image_id) == []


async def test_of_somebody_elses_image_it_says_from_whom(demo: DemoInstallation) -> None:
    theirs = second(demo.me)
    own = theirs.ask("DescribeImages", Owners=["self"])["Images"]
    image_id = next(one["ImageId"] for one in own if one["State"] == "available")
    theirs.ask("ModifyImageAttribute", ImageId=image_id, LaunchPermission={"Add": [{"UserId": MAIN_ACCOUNT}]})
    async with opened(demo.app(accounts=NAMES)) as pilot:
        await press(pilot, "2")
        await until(pilot, lambda: image_id in {row.image_id for row in browse_of(pilot).loader.all_rows()})
        await search_for(pilot, image_id)
        await press(pilot, "s")
        said = await until_said(pilot, "Shared with you", "account 210987654321 (zebra team)")
        assert "only the owner can see which" in said
        await press(pilot, "escape")
        await until(pilot, lambda: pilot.app.screen is browse_of(pilot))


async def test_where_nothing_may_be_changed_it_does_not_begin(demo: DemoInstallation) -> None:
    image_id = demo.image("kept")
    async with opened(demo.app(read_only=True)) as pilot:
        await until(pilot, lambda: "kept" in rows(pilot))
        await search_for(pilot, image_id)
        await press(pilot, "s")
        assert pilot.app.screen is browse_of(pilot)
        await press(pilot, "a")
        await until_said(pilot, "type to filter")
        await type_text(pilot, "share image")
        await until_said(pilot, "Share image amitui is read-only here")
