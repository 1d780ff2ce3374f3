from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.domain.catalogue.scope import PUBLISHERS
from amitui.ui.screens.family import FamilyScreen
from tests.support.app import FakeCloud, browse_of, fill, make_app, opened, press, sample_records, screen_text

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

NEWEST, BEFORE, FIRST = "ami-000000000000c3528", "ami-000000000000c352c", "ami-000000000000c3530"


def page_of(pilot: Pilot[str]) -> FamilyScreen:
    page = pilot.app.screen
    assert isinstance(page, FamilyScreen)
    return page


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (160, 40)])
async def test_the_page_of_a_family_shows_its_builds_its_history_and_what_changed(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with opened(make_app(tmp_path, scope=PUBLISHERS, text="ubuntu 24.04 amd64"), size) as pilot:
        await press(pilot, "F")
        page = page_of(pilot)
        shown = screen_text(pilot)
        places = [shown.index(image_id) for image_id in (NEWEST, BEFORE, FIRST)]
        assert places == sorted(places)
        words = " ".join(page.details.text.split())
        for said in (
            "every 14 days",
            "3 builds since 2026-08-23",
            "until 2029-05-31",
            f"Changes since {BEFORE} of 2026-09-06 Nothing but ID, name, dates and snapshots",
            "documentation.ubuntu.com",
            "SSM parameter /aws/service/canonical/ubuntu/server/",
        ):
            assert said in words
        await press(pilot, "end")
        assert "None the first build that is cached" in " ".join(page.details.text.split())


async def test_what_a_build_changed_is_said_of_fields_and_block_devices(tmp_path: Path) -> None:
    app = make_app(tmp_path, scope=PUBLISHERS, text="ubuntu 24.04 amd64", cached=False)
    records = sample_records()
    newest = next(record for record in records["publishers"] if record["ImageId"] == NEWEST)
    newest["BootMode"] = "uefi"
    newest["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] = 10
    fill(app.services.settings, "us-east-1", records)
    async with opened(app) as pilot:
        await press(pilot, "F")
        words = " ".join(page_of(pilot).details.text.split())
        assert "~ uefi-preferred → uefi" in words
        assert "~ 8 → 10 BlockDeviceMappings" in words
        assert "10 GiB, 8 to 10 GiB over time" in words


async def test_y_copies_the_newest_build_and_enter_goes_to_the_one_under_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(make_app(tmp_path, scope=PUBLISHERS, text="ubuntu 24.04 amd64 sort:created")) as pilot:
        copied: list[str] = []

        def send(text: str) -> str:
            copied.append(text)
            return "OSC 52"

        monkeypatch.setattr(pilot.app, "send_to_clipboard", send)
        await press(pilot, "F", "down", "y")
        assert copied == [NEWEST]
        assert NEWEST in screen_text(pilot).split("\n")[0]
        await press(pilot, "enter")
        row = browse_of(pilot).table.cursor_row
        assert row is not None
        assert row.image_id == BEFORE


async def test_a_build_that_the_view_does_not_show_is_searched_for(tmp_path: Path) -> None:
    app = make_app(tmp_path, scope=PUBLISHERS, text="ubuntu 24.04 amd64 latest:yes", cloud=FakeCloud({}))
    async with opened(app) as pilot:
        await press(pilot, "F", "end", "enter")
        assert browse_of(pilot).view.text == FIRST
        row = browse_of(pilot).table.cursor_row
        assert row is not None
        assert row.image_id == FIRST
