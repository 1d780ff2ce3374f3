from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.domain.catalogue.scope import PUBLISHERS
from amitui.ec2.convert import summary_of
from amitui.errors import DeniedError
from amitui.ui.screens.region_grid import RegionGridScreen
from tests.support.app import (
    DAY,
    FakeServices,
    browse_of,
    fill,
    make_app,
    opened,
    press,
    sample_records,
    screen_text,
    ubuntu,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.pilot import Pilot

    from amitui.domain.image.row import ImageRow, ImageSummary
    from amitui.ui.app import AmituiApp

NEWEST = "ami-000000000000c3528"
IRISH = "ami-000000000000abcde"
QUERY = "ubuntu 24.04 amd64"


def app_with_ireland(folder: Path, *, offline: bool = False) -> AmituiApp:
    """Ireland has one older build."""
    app = make_app(folder, scope=PUBLISHERS, text=QUERY, offline=offline)
    fill(app.services.settings, "eu-west-1", {"publishers": [ubuntu(0xABCDE, "24.04", "amd64", 15 * DAY)]})
    return app


def regions(pilot: Pilot[str]) -> dict[str, str]:
    page = pilot.app.screen
    assert isinstance(page, RegionGridScreen)
    return {region: page.list.cells[region][0].presence.value for region in page.list.cells}


async def answered(pilot: Pilot[str]) -> None:
    """Wait until nothing is being asked any more."""
    asking = [worker for worker in pilot.app.workers if worker.group == "asking"]
    if asking:  # of none, Textual waits for all, and an action waits for its screen
        await pilot.app.workers.wait_for_complete(asking)
    await pilot.pause()


def answer(app: AmituiApp, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Frankfurt has the newest, Ireland is not asked; gives the Regions that are."""
    asked: list[str] = []

    async def family_elsewhere(image: ImageRow, region: str) -> list[ImageSummary]:
        asked.append(f"{region} {image.image_id}")
        return [summary_of(ubuntu(0xFFFF, "24.04", "amd64", DAY))]

    assert isinstance(app.services, FakeServices)
    monkeypatch.setattr(app.services.aws, "family_elsewhere", family_elsewhere)
    return asked


async def test_regions_show_what_the_cache_says_and_ask_only_when_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_with_ireland(tmp_path)
    asked = answer(app, monkeypatch)
    async with opened(app) as pilot:
        await press(pilot, "G")
        assert regions(pilot) == {"us-east-1": "newest", "eu-central-1": "not known", "eu-west-1": "older"}
        assert asked == []
        await press(pilot, "f5")
        await answered(pilot)
        assert regions(pilot)["eu-central-1"] == "newest"
        assert asked == [f"eu-central-1 {NEWEST}"]
        assert "newest in 2, older in 1" in screen_text(pilot)


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_enter_goes_to_the_build_in_another_region(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(app_with_ireland(tmp_path), size) as pilot:
        await press(pilot, "G", "end")
        assert IRISH in screen_text(pilot)
        await press(pilot, "enter")
        assert browse_of(pilot).view.regions == ("eu-west-1",)
        row = browse_of(pilot).table.cursor_row
        assert row is not None
        assert row.image_id == IRISH


async def test_offline_nothing_is_asked_and_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_with_ireland(tmp_path, offline=True)
    asked = answer(app, monkeypatch)
    async with opened(app) as pilot:
        await press(pilot, "G", "f5")
        assert "offline" in screen_text(pilot).split("\n")[0]
        assert asked == []


async def test_a_region_that_refuses_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(tmp_path, scope=PUBLISHERS, text=QUERY)

    async def refuse(image: ImageRow, region: str) -> list[ImageSummary]:
        raise DeniedError(f"ec2:DescribeImages is not allowed in {region}")

    monkeypatch.setattr(app.services.aws, "family_elsewhere", refuse)
    async with opened(app) as pilot:
        await press(pilot, "G", "f5", "end")
        await answered(pilot)
        assert "not allowed in eu-west-1" in screen_text(pilot)
        assert regions(pilot)["eu-west-1"] == "not known"


async def test_marked_images_are_columns(tmp_path: Path) -> None:
    app = make_app(tmp_path, scope=PUBLISHERS)
    fill(app.services.settings, "eu-west-1", {"publishers": sample_records("us-east-1")["publishers"]})
    copied: list[str] = []

    def send(text: str) -> str:
        copied.append(text)
        return "OSC 52"

    app.send_to_clipboard = send  # type: ignore[method-assign]
    async with opened(app) as pilot:
        await press(pilot, "space", "down", "space", "G", "Y")
        page = pilot.app.screen
        assert isinstance(page, RegionGridScreen)
        assert [len(cells) for cells in page.list.cells.values()] == [2, 2, 2]
        lines: Sequence[str] = copied[0].split("\n")
        assert len(lines) == 4
        assert all(line.split()[0] in ("us-east-1", "eu-west-1") for line in lines)
