"""Undo where people look for it: with u, under a, in the operations pane, and in the notice of an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.domain.operations.operation import State
from tests.support.app import opened, press
from tests.support.demo_account import HOME
from tests.support.demo_app import (
    DemoInstallation,
    agree,
    begin,
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

    from textual.pilot import Pilot


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    with demo_installation(tmp_path, monkeypatch) as made:
        yield made


async def done(pilot: Pilot[str], title: str) -> None:
    (newest,) = await ended(pilot, title)
    assert newest.state is State.DONE, newest.why


async def reviewed(pilot: Pilot[str]) -> str:
    """All that a review says that is open already."""
    return await until_said(pilot, "EC2 allows it. Nothing has been changed yet.")


async def _deregister(pilot: Pilot[str]) -> None:
    await press(pilot, "D")
    await until_said(pilot, "no use of it was found")
    await go_to(pilot, "Snapshots")
    await press(pilot, "space")
    await review(pilot)
    await agree(pilot, "life")
    await done(pilot, "Deregister life")


async def test_a_disabled_image_is_enabled_with_u_and_the_notice_says_so(demo: DemoInstallation) -> None:
    image_id = demo.image("life")
    async with opened(demo.app(regions=(HOME,)), (120, 30)) as pilot:
        await search_for(pilot, image_id)
        await begin(pilot, "disable")
        await reviewed(pilot)
        await agree(pilot)
        await until_said(pilot, "done: Disable life (u undoes it)")
        await done(pilot, "Disable life")
        assert demo.me.image(image_id)["State"] == "disabled"

        await press(pilot, "u")
        assert "life becomes available" in await reviewed(pilot)
        await agree(pilot)
        await done(pilot, "Enable life")
        assert demo.me.image(image_id)["State"] == "available"
        await press(pilot, "u")
        await until_said(pilot, "nothing was done within a day that can be undone")


async def test_the_list_of_changes_begins_with_the_way_back(demo: DemoInstallation) -> None:
    image_id = demo.image("life")
    async with opened(demo.app(regions=(HOME,)), (120, 30)) as pilot:
        await search_for(pilot, image_id)
        await begin(pilot, "tags")
        await type_text(pilot, "Wave=7")
        await review(pilot)
        await agree(pilot)
        await done(pilot, "Edit tags of life")

        await press(pilot, "a")
        await until_said(pilot, "Undo: Edit tags of life")
        await press(pilot, "enter")
        assert "no longer has the tag Wave = 7" in await reviewed(pilot)
        await agree(pilot)
        await done(pilot, "Edit tags of life")
        assert not demo.me.image(image_id).get("Tags")


async def test_a_deregistered_image_leads_to_the_bin_from_the_operations_and_with_u(
    demo: DemoInstallation,
) -> None:
    image_id = demo.image("life")
    async with opened(demo.app(regions=(HOME, "eu-west-1")), (120, 30)) as pilot:
        await search_for(pilot, image_id)
        await _deregister(pilot)

        await press(pilot, "o")
        await until_said(pilot, "Open or undo it: both lead to")
        await press(pilot, "enter")
        await until_said(pilot, "Recycle bin of us-east-1", "[x] life")
        await press(pilot, "escape")
        await until(pilot, lambda: pilot.app.screen_stack[-1] is pilot.app.screen_stack[0])
        await press(pilot, "u")
        await until_said(pilot, "Recycle bin of us-east-1", "[x] life")
        assert "life" in await review(pilot)
        await agree(pilot)
        await done(pilot, "Restore life from the Recycle Bin")
        assert demo.me.image(image_id)["State"] == "available"
