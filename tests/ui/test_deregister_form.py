from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from amitui.domain.operations.plans.change import ImageFacts
from amitui.domain.operations.usage import GroupUse, InstanceUse, SnapshotUse, TemplateUse, Usage
from amitui.errors import DeniedError
from amitui.ui.forms.deregister import MARK_FIRST, DeregisterForm
from tests.support.inventory import Host
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    import pytest
    from textual.pilot import Pilot

    from amitui.domain.operations.plan import Plan

NOW = 1_795_219_200
DAY = 86_400
ACCOUNT = "123456789012"


def image_id(number: int) -> str:
    return f"ami-{number:017x}"


def facts(number: int, name: str, **more: object) -> ImageFacts:
    made = ImageFacts("us-east-1", image_id(number), name, ACCOUNT, protection="disabled")
    return made._replace(**more)  # type: ignore[arg-type]


def used(number: int, **more: object) -> Usage:
    old = {"state": "available", "created": NOW - 400 * DAY, "last_launched": NOW - 300 * DAY}
    snapshot = SnapshotUse(f"snap-{number:017x}", 20, False, ())
    return Usage(image_id(number), snapshots=(snapshot,), **(old | more))  # type: ignore[arg-type]


SAFE, BUSY, GROUPED, GUARDED, UNKNOWN_USAGE = range(1, 6)
IMAGES = (
    facts(SAFE, "acme-web-20250901"),
    facts(BUSY, "acme-base-al2023-x86_64-20260810"),
    facts(GROUPED, "acme-web-20261112"),
    facts(GUARDED, "acme-db-postgres-16", protection="enabled-without-cooldown"),
    facts(UNKNOWN_USAGE, "backup before upgrade [prod] (2)"),
)
USAGES = {
    image_id(SAFE): used(SAFE),
    image_id(BUSY): used(
        BUSY, instances=(InstanceUse("i-1", "web", "running"), InstanceUse("i-2", "", "stopped"))
    ),
    image_id(GROUPED): used(
        GROUPED,
        groups=(GroupUse("acme-web", "launch template acme-web"),),
        templates=(TemplateUse("lt-1", "acme-web", current=True, parameter="/acme/web"),),
        shared_with=("210987654321",),
        last_launched=NOW - 2 * DAY,
    ),
    image_id(GUARDED): used(GUARDED, protection="enabled-without-cooldown"),
    image_id(UNKNOWN_USAGE): used(
        UNKNOWN_USAGE,
        unknown=("cannot tell whether Auto Scaling groups use it: not allowed to list the groups in us-east-1",),
    ),
}


async def told(region: str, ids: Sequence[str]) -> Mapping[str, Usage]:
    return {one: USAGES[one] for one in ids}


def form(images: Sequence[ImageFacts] = IMAGES, host: Host | None = None) -> DeregisterForm:
    return DeregisterForm(host or Host(), images, told)


class BlockedReader:
    """Returns the usage of images only once it is released."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def __call__(self, region: str, ids: Sequence[str]) -> Mapping[str, Usage]:
        await self.gate.wait()
        return await told(region, ids)


class Shown:
    """A form in a bare app, and its result."""

    def __init__(self, pilot: Pilot[None], screen: DeregisterForm) -> None:
        self._pilot = pilot
        self._screen = screen
        self.results: list[tuple[Plan, ...] | None] = []

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._pilot.press(key)
        await self.settle()

    async def settle(self) -> None:
        workers = [one for one in self._pilot.app.workers if one.group != "form" or not self.waiting]
        if workers:
            await self._pilot.app.workers.wait_for_complete(workers)
        for _ in range(3):
            await self._pilot.pause()

    waiting = False
    """Whether its loading is being held."""

    @property
    def lines(self) -> list[str]:
        return [line.strip(" │") for line in screen_lines(self._pilot.app)]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def row(self, name: str) -> str:
        return next(line for line in self.lines if name in line)


@asynccontextmanager
async def shown(
    screen: DeregisterForm, *, size: tuple[int, int] = (80, 24), blocked: bool = False
) -> AsyncIterator[Shown]:
    app = WidgetApp()
    async with app.run_test(size=size) as pilot:
        found = Shown(pilot, screen)
        found.waiting = blocked
        app.push_screen(screen, found.results.append)
        await found.settle()
        yield found


async def test_each_image_has_a_line_with_its_verdict_and_main_reason() -> None:
    async with shown(form()) as found:
        assert found.row("acme-web-20250901").startswith("[x] acme-web-20250901")
        assert "● safe    no use of it was found" in found.row("acme-web-20250901")
        assert "! check   2 instances of it" in found.row("acme-base-al2023")
        assert "✗ unsafe  Auto Scaling group acme-web" in found.row("acme-web-20261112")
        assert "! check   cannot tell whether Auto Scaling" in found.row("backup before")


async def test_all_reasons_of_the_row_under_the_cursor_are_below() -> None:
    async with shown(form()) as found:
        assert "● last launched 300 days ago" in found.lines
        await found.press("down", "down")

        assert "✗ launch template acme-web (through /acme/web) would launch it" in found.lines
        assert "! shared with account or organization 210987654321" in found.text
        await found.press("down", "down")
        assert "whether Auto Scaling groups use it: not allowed to list" in found.text


async def test_only_what_is_safe_is_marked_at_first() -> None:
    async with shown(form()) as found:
        marked = {line.split()[1] for line in found.lines if line.startswith("[x]")}

        assert marked == {"acme-web-20250901"}


async def test_one_image_alone_is_marked_unless_something_would_break() -> None:
    async with shown(form(IMAGES[1:2])) as found:
        assert found.row("! check").startswith("[x]")
    async with shown(form(IMAGES[2:3])) as found:
        assert found.row("✗ unsafe").startswith("[ ]")


async def test_the_plans_are_those_of_the_marked_images() -> None:
    async with shown(form()) as found:
        await found.press("down", "space", "ctrl+s")
        assert "Deregister acme-web-20250901" in found.lines
        assert "Same for 1 more: acme-base-al2023-x86_64-20260810" in found.text
        await found.press("pagedown")
        assert "! acme-base-al2023-x86_64-20260810: 2 instances of it" in found.text
        await found.press(*"deregister", "space", "2", "space", *"images", "ctrl+s")

        (plans,) = found.results
        assert plans is not None
        assert [plan.subject for plan in plans] == [image_id(SAFE), image_id(BUSY)]
        calls = [call for plan in plans for call in plan.calls]
        assert [call.api for call in calls] == ["deregister_image"] * 2
        assert [call.parameters["DeleteAssociatedSnapshots"] for call in calls] == [False, False]


async def test_snapshots_go_only_when_asked_for_and_the_saving_follows() -> None:
    async with shown(form()) as found:
        assert "nothing while snapshots are kept; otherwise up to $1.00" in found.text
        await found.press("tab", "space")
        assert "up to $1.00 a month (estimate; 20 GiB in 1 snapshot)" in found.text
        await found.press("ctrl+s", *"acme-web-20250901", "ctrl+s")

        (plans,) = found.results
        assert plans is not None
        (call,) = plans[0].calls
        assert call.parameters["DeleteAssociatedSnapshots"] is True


async def test_a_protected_image_can_be_marked_once_its_protection_is_to_end() -> None:
    async with shown(form(IMAGES[3:4])) as found:
        await found.press("space")
        assert found.row("acme-db").startswith("acme-db")
        await found.press("tab", "tab", "space")
        assert "check" in found.row("acme-db")
        await found.press("ctrl+s", *"acme-db-postgres-16", "ctrl+s")

        (plans,) = found.results
        assert plans is not None
        assert [call.api for call in plans[0].calls] == [
            "disable_image_deregistration_protection",
            "deregister_image",
        ]


async def test_a_cooldown_cannot_be_ended_first() -> None:
    guarded = used(GUARDED, protection="enabled-with-cooldown")

    async def read(region: str, ids: Sequence[str]) -> Mapping[str, Usage]:
        return {image_id(GUARDED): guarded}

    async with shown(DeregisterForm(Host(), IMAGES[3:4], read)) as found:
        assert "24 hours" in found.text
        assert "turn off deregistration protection first" not in found.text
        await found.press("space", "ctrl+s")
        said = "! 24-hour cooldown: turn its protection off, deregister 24 hours later"
        assert said in " ".join(found.text.split())
        assert "mark the images" not in found.text, "Space marks no image that EC2 would refuse"


async def test_a_protected_image_that_cannot_be_marked_says_what_to_do_first() -> None:
    async with shown(form(IMAGES[3:4])) as found:
        await found.press("space", "ctrl+s")
        assert "! it is protected: mark Protection to turn that off first" in found.text
        assert "mark the images" not in found.text


async def test_without_marks_the_form_asks_for_one() -> None:
    async with shown(form(IMAGES[2:4])) as found:
        await found.press("ctrl+s")
        assert MARK_FIRST in found.text
        assert found.results == []


async def test_what_breaks_is_not_marked_with_all_the_others() -> None:
    async with shown(form()) as found:
        await found.press("ctrl+a")

        assert found.row("acme-base-al2023").startswith("[x]")
        assert found.row("backup before").startswith("[x]")
        assert found.row("acme-web-20261112").startswith("[ ]")


async def test_nothing_is_planned_before_it_is_known_who_uses_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amitui.ui.input_gate.WORK_S", 0.0)  # else the key waits for what is being read
    read = BlockedReader()
    async with shown(DeregisterForm(Host(), IMAGES, read), blocked=True) as found:
        assert "○ checking" in found.row("acme-web-20250901")
        await found.press("space", "ctrl+s")
        assert "usage is still being read" in found.text

        found.waiting = False
        read.gate.set()
        await found.settle()
        assert "● safe" in found.row("acme-web-20250901")
        assert found.row("acme-web-20250901").startswith("[x]"), "the mark that its user set"


async def test_a_region_that_cannot_be_read_is_at_best_careful_and_the_others_are_shown() -> None:
    away = IMAGES[1]._replace(region="eu-west-1")

    async def read(region: str, ids: Sequence[str]) -> Mapping[str, Usage]:
        if region == "eu-west-1":
            raise DeniedError("not allowed to read the images in eu-west-1")
        return await told(region, ids)

    async with shown(DeregisterForm(Host(), (IMAGES[0], away), read), size=(120, 40)) as found:
        assert "● safe" in found.row("acme-web-20250901 (us-east-1)")
        row = found.row("(eu-west-1)")
        assert row.startswith("[ ]")
        assert "! check  usage is unknown" in row
        await found.press("down")
        assert "usage is unknown: not allowed to read the images in eu-west-1" in found.text


async def test_many_images_scroll_in_a_table_of_their_own() -> None:
    images = [facts(100 + number, f"old-{number:02}") for number in range(40)]

    async def read(region: str, ids: Sequence[str]) -> Mapping[str, Usage]:
        return {one: used(0)._replace(image_id=one) for one in ids}

    async with shown(DeregisterForm(Host(), images, read)) as found:
        await found.press(*["down"] * 30)

        assert "[x] old-30" in found.row("old-30")
        assert "old-00" not in found.text
        assert image_id(130) in found.text
        assert "Saves" in found.text


async def test_what_a_roll_out_needs_is_never_marked_by_itself_and_asks_for_a_typed_word() -> None:
    needed = used(SAFE, needs=("“Roll out acme-web-9” is in progress and needs it",))

    async def read(_region: str, _image_ids: Sequence[str]) -> dict[str, Usage]:
        return {image_id(SAFE): needed}

    async with shown(DeregisterForm(Host(), IMAGES[:1], read, cleaning=True)) as found:
        assert "unsafe: refused, or in use" in found.text
        assert "“Roll out acme-web-9” is in progress and needs it" in found.text
        await found.press("space", "ctrl+s", "ctrl+s")
        assert found.results == []
        await found.press(*"acme-web-20250901", "ctrl+s")
        assert len(found.results) == 1
