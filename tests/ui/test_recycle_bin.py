from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from amitui.domain.operations.plan import Watch
from amitui.domain.operations.recycle_bin import Bin, BinImage, BinSnapshot
from amitui.errors import DeniedError
from amitui.ui.screens.recycle_bin import RecycleBinScreen
from tests.support.inventory import Host
from tests.support.widget_app import WidgetApp, screen_lines
from tests.ui.test_deregister_form import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from textual.pilot import Pilot

    from amitui.domain.operations.plan import Plan

DAY, HOUR = 86_400, 3600
REGION = "us-east-1"


def image(number: int, name: str, leaves: int, region: str = REGION) -> BinImage:
    return BinImage(region, f"ami-{number:017x}", name, "the old one", NOW - DAY, NOW + leaves)


def snapshot(number: int, of: int | None) -> BinSnapshot:
    description = f"Created by CreateImage(i-1) for ami-{of:017x}" if of is not None else "before the upgrade"
    return BinSnapshot(REGION, f"snap-{number:017x}", description, "vol-1", NOW - 9 * DAY, NOW + 5 * DAY)


FULL = Bin(
    (image(1, "acme-web-20260901", 5 * HOUR), image(2, "acme-db-postgres-16", 6 * DAY + 60)),
    (snapshot(11, 1), snapshot(21, 2), snapshot(22, 2), snapshot(31, None)),
)


async def full(region: str) -> Bin:
    return FULL


class Shown:
    """The screen in a bare app, and its result."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self._pilot = pilot
        self.results: list[tuple[Plan, ...] | None] = []

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._pilot.press(key)
        await self.settle()

    async def settle(self) -> None:
        await self._pilot.app.workers.wait_for_complete()
        for _ in range(3):
            await self._pilot.pause()

    @property
    def lines(self) -> list[str]:
        return [line.strip(" │") for line in screen_lines(self._pilot.app)]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def row(self, name: str) -> str:
        return next((line for line in self.lines if name in line), "")


@asynccontextmanager
async def shown(screen: RecycleBinScreen, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Shown]:
    app = WidgetApp()
    async with app.run_test(size=size) as pilot:
        found = Shown(pilot)
        app.push_screen(screen, found.results.append)
        await found.settle()
        yield found


def bin_screen(noted: Mapping[tuple[str, str], Sequence[str]] | None = None) -> RecycleBinScreen:
    return RecycleBinScreen(Host(), (REGION,), full, noted)


async def test_each_image_shows_how_long_it_stays_and_what_goes_first() -> None:
    async with shown(bin_screen()) as found:
        assert found.row("acme-web-20260901").split("  ")[-1] == "1 snapshot first"
        assert "! 5 hours" in found.row("acme-web-20260901")
        assert "6 days" in found.row("acme-db-postgres-16")
        assert "2 snapshots first" in found.row("acme-db-postgres-16")
        assert "5 days" in found.row("snap-0000000000000001f")


async def test_the_row_under_the_cursor_is_shown_in_full() -> None:
    async with shown(bin_screen()) as found:
        await found.press("down")

        assert f"ami-{2:017x}  us-east-1" in found.lines
        text = " ".join(line.strip() for line in found.lines)
        assert f"● snap-{21:017x} is restored first: its description names the image; 5 days" in text


async def test_the_image_under_the_cursor_is_restored_after_its_snapshots() -> None:
    async with shown(bin_screen()) as found:
        await found.press("down", "ctrl+s", "ctrl+s")

        (plans,) = found.results
        assert plans is not None
        (plan,) = plans
        assert [(call.api, *call.parameters.values()) for call in plan.calls] == [
            ("restore_snapshot_from_recycle_bin", f"snap-{21:017x}"),
            ("restore_snapshot_from_recycle_bin", f"snap-{22:017x}"),
            ("restore_image_from_recycle_bin", f"ami-{2:017x}"),
        ]


async def test_marked_rows_give_a_plan_each() -> None:
    async with shown(bin_screen()) as found:
        await found.press("space", "down", "down", "space", "ctrl+s", "ctrl+s")

        (plans,) = found.results
        assert plans is not None
        assert [plan.subject for plan in plans] == [f"ami-{1:017x}", f"snap-{31:017x}"]


async def test_a_snapshot_that_two_images_need_is_restored_once_and_waited_for() -> None:
    both = {(REGION, f"ami-{number:017x}"): [f"snap-{11:017x}"] for number in (1, 2)}
    async with shown(bin_screen(both)) as found:
        await found.press("space", "down", "space", "ctrl+s", "ctrl+s")

        (plans,) = found.results
        assert plans is not None
        first, second = plans
        assert first.calls[0].api == "restore_snapshot_from_recycle_bin"
        assert [call.api for call in second.calls] == ["restore_image_from_recycle_bin"]
        wait = second.steps[0]
        assert isinstance(wait, Watch)
        assert (wait.kind, wait.target) == ("snapshot", f"snap-{11:017x}")


async def test_an_empty_bin_says_why_it_may_be_empty() -> None:
    async def read(region: str) -> Bin:
        return Bin()

    async with shown(RecycleBinScreen(Host(), (REGION,), read)) as found:
        assert "The Recycle Bin is empty. It keeps only what a retention rule" in found.text
        await found.press("ctrl+s")
        assert found.results == []
        assert "There is nothing to change." in found.text


async def test_a_region_that_is_denied_is_shown_beside_the_others() -> None:
    async def read(region: str) -> Bin:
        if region == "eu-west-1":
            raise DeniedError("not allowed to list the images in the Recycle Bin in eu-west-1")
        return FULL

    async with shown(RecycleBinScreen(Host(), (REGION, "eu-west-1"), read)) as found:
        assert "acme-web-20260901 (us-east-1)" in found.text
        assert "not allowed to list the images in the Recycle Bin in eu-west-1" in found.text
    async with shown(RecycleBinScreen(Host(), ("eu-west-1",), read)) as found:
        assert "not allowed to list the images in the Recycle Bin in eu-west-1" in found.text
        assert "The Recycle Bin is empty" not in found.text


async def test_nothing_is_restored_when_it_is_left() -> None:
    async with shown(bin_screen()) as found:
        await found.press("escape")

        assert found.results == [None]


async def test_what_is_meant_is_marked_and_what_is_missing_is_said() -> None:
    meant = {(REGION, f"ami-{2:017x}"): "acme-db-postgres-16", (REGION, f"ami-{9:017x}"): "acme-gone"}
    async with shown(RecycleBinScreen(Host(), [REGION], full, meant=meant)) as screen:
        rows = [line for line in screen.lines if "days" in line or "hours" in line]
        assert "[x] acme-db-postgres-16" in rows[0]
        assert "[ ] acme-web-20260901" in "\n".join(rows)
        assert "acme-gone is not in the Recycle Bin" in screen.text
