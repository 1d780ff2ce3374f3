from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amitui.domain.catalogue.scope import ALL
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, apply, fold, planned
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.domain.timeline.lineage import Descendant, InstanceOf, Lineage, SnapshotOf
from amitui.domain.timeline.observation import Observation, Subject
from amitui.errors import CredentialsError
from amitui.ui.screens.detail_loader import TimelineSources
from amitui.ui.screens.table_and_details import TableAndDetails
from tests.support.app import (
    DAY,
    NOW,
    FakeCloud,
    browse_of,
    make_app,
    opened,
    press,
    sample_records,
    screen_text,
    settled,
    stable_environment,
)
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from amitui.ui.app import AmituiApp

WEB = sum(map(ord, "us-east-1")) * 1000 + 1
WEB_ID = f"ami-{WEB:017x}"
EXPECTED = Lineage(
    "available",
    "",
    (SnapshotOf("snap-1", "completed", 100, 8, NOW - DAY),),
    (),
    ("account 444455556666",),
    (InstanceOf("i-1", "web-1", "pending", NOW - 60),),
    None,
    (Descendant("eu-west-1", "ami-7", "acme-web-20260920", "pending", NOW - 60),),
    unknown={"uses": "ec2:DescribeImageReferences is not allowed"},
    read_at=NOW,
)


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


class World:
    """The sources of the timeline, and the reads of them."""

    def __init__(self, lineage: Lineage = EXPECTED) -> None:
        self.lineage = lineage
        self.requests: list[tuple[str, str]] = []
        self.operations: list[Operation] = []
        self.watched: dict[Subject, Callable[[Observation], None]] = {}

    async def tell(self, region: str, image_id: str) -> Lineage:
        self.requests.append((region, image_id))
        return self.lineage

    def watch(self, subject: Subject, seen: Callable[[Observation], None]) -> Callable[[], None]:
        self.watched[subject] = seen
        return lambda: self.watched.pop(subject, None) and None

    def about(self, image_id: str) -> Sequence[Operation]:
        return self.operations

    @property
    def sources(self) -> TimelineSources:
        return TimelineSources(self.about, self.watch)


def middle(pilot: Pilot[str]) -> TableAndDetails:
    return browse_of(pilot).query_one(TableAndDetails)


def app_in(folder: Path, **options: Any) -> AmituiApp:
    return make_app(folder, **options)


def use(pilot: Pilot[str], world: World) -> None:
    """Make timelines from this world."""
    services = pilot.app.services  # type: ignore[attr-defined]
    services.aws.lineage = world.tell
    middle(pilot).timeline_sources = world.sources


async def show_timeline(pilot: Pilot[str], world: World) -> None:
    use(pilot, world)
    await press(pilot, "enter")
    await press(pilot, "shift+right" if middle(pilot).has_class("-split") else "right")


async def test_ec2_is_asked_only_once_the_tab_is_shown(tmp_path: Path) -> None:
    world = World()
    async with opened(app_in(tmp_path)) as pilot:
        use(pilot, world)
        await press(pilot, "enter")
        assert world.requests == []
        await press(pilot, "right")
        assert world.requests == [("us-east-1", WEB_ID)]
        assert "✓ created─✓ registered─✓ available─○ deprecated" in screen_text(pilot)
        assert "account 444455556666" in screen_text(pilot)
        assert "ec2:DescribeImageReferences is not allowed" in screen_text(pilot)
        await press(pilot, "left", "right")
        assert world.requests == [("us-east-1", WEB_ID)], "once is enough until something changes"


async def test_the_next_image_is_read_while_the_tab_stays(tmp_path: Path) -> None:
    world = World()
    async with opened(app_in(tmp_path), size=(120, 40)) as pilot:
        await show_timeline(pilot, world)
        await press(pilot, "down")
        assert [image_id for _, image_id in world.requests] == [WEB_ID, f"ami-{WEB + 1:017x}"]


async def test_an_image_that_is_scrolled_past_is_not_read_from_ec2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    async with opened(app_in(tmp_path), size=(120, 40)) as pilot:
        await show_timeline(pilot, world)
        monkeypatch.setattr("amitui.ui.screens.detail_loader.CURSOR_REST_S", 3600.0)
        await pilot.press("down")
        await pilot.pause()
        pane = middle(pilot).details
        assert pane is not None
        assert "reading…" in pane.text, "what the record tells is there at once"
        assert len(world.requests) == 1
        monkeypatch.setattr("amitui.ui.screens.detail_loader.CURSOR_REST_S", 0.0)
        await press(pilot, "down")
        assert [image_id for _, image_id in world.requests] == [WEB_ID, f"ami-{WEB + 2:017x}"]


async def test_offline_the_record_alone_is_shown(tmp_path: Path) -> None:
    world = World()
    async with opened(app_in(tmp_path, offline=True)) as pilot:
        await show_timeline(pilot, world)
        assert world.requests == []
        assert "✓ created" in screen_text(pilot)
        assert "not read: amitui is offline" in screen_text(pilot)


async def test_what_moves_is_watched_and_shown_until_the_pane_is_closed(tmp_path: Path) -> None:
    world = World()
    async with opened(app_in(tmp_path), size=(120, 40)) as pilot:
        await show_timeline(pilot, world)
        assert {(subject.kind, subject.id) for subject in world.watched} == {
            ("image", WEB_ID),
            ("image", "ami-7"),
            ("instance", "i-1"),
        }
        assert "1 pending" in screen_text(pilot)
        for subject, seen in list(world.watched.items()):
            if subject.id == "ami-7":
                seen(Observation(subject, NOW + 1, "pending", 40))
            if subject.id == "i-1":
                seen(Observation(subject, NOW + 1, "running", facts=(("checks", "ok"),)))
        await settled(pilot)
        assert "████████░░░░░░░░░░░░ 40%" in screen_text(pilot)
        assert "1 running" in screen_text(pilot)
        await press(pilot, "escape")
        assert world.watched == {}


async def test_another_image_ends_the_watching_of_the_one_before(tmp_path: Path) -> None:
    world = World()
    async with opened(app_in(tmp_path), size=(120, 40)) as pilot:
        await show_timeline(pilot, world)
        world.lineage = Lineage("available", "", (), (), (), (), (), (), read_at=NOW)
        await press(pilot, "down")
        assert {subject.id for subject in world.watched} == {f"ami-{WEB + 1:017x}"}


async def test_an_operation_shows_while_it_happens_and_its_end_has_ec2_asked_again(tmp_path: Path) -> None:
    call = Call("copy_image", "eu-central-1", {}, "copy the image")
    wait = Watch("image", "eu-central-1", "", ("available",), ("failed",))
    plan = Plan(OperationKind.COPY, "Copy acme-web to eu-central-1", "eu-central-1", WEB_ID, (call, wait))
    moving = fold(
        [
            planned("1", plan, NOW - 100, account="1", profile="", batch="", driver=""),
            Event("1", NOW - 99, EventKind.SENDING, {"step": 0}),
            Event("1", NOW - 98, EventKind.ACCEPTED, {"step": 0, "made": "ami-8"}),
            Event("1", NOW - 90, EventKind.OBSERVED, {"step": 1, "state": "pending", "progress": 10}),
            Event("1", NOW, EventKind.OBSERVED, {"step": 1, "state": "pending", "progress": 55}),
        ]
    )
    world = World(EXPECTED._replace(copies=(), instances=()))
    async with opened(app_in(tmp_path), size=(120, 40)) as pilot:
        await show_timeline(pilot, world)
        assert "copied to eu-central-1" not in screen_text(pilot)
        world.operations = [moving]
        middle(pilot).operation_changed(moving)
        await settled(pilot)
        assert "● copied to eu-central-1" in screen_text(pilot)
        assert "███████████░░░░░░░░░ 55%, about 2 min left" in screen_text(pilot)
        done = apply(moving, Event("1", NOW, EventKind.DONE, {}))
        world.operations = [done]
        world.lineage = world.lineage._replace(
            copies=(Descendant("eu-central-1", "ami-8", "acme-web", "available", NOW - 98),)
        )
        middle(pilot).operation_changed(done)
        await settled(pilot)
        assert len(world.requests) == 2
        assert "✓ copied to eu-central-1" in screen_text(pilot)


async def test_operations_about_other_images_change_nothing(tmp_path: Path) -> None:
    plan = Plan(
        OperationKind.TAG,
        "Edit tags",
        "us-east-1",
        "ami-1",
        (Call("create_tags", "us-east-1", {}, "set the tags"),),
    )
    other = fold([planned("1", plan, NOW, account="1", profile="", batch="", driver="")])
    world = World()
    async with opened(app_in(tmp_path)) as pilot:
        await show_timeline(pilot, world)
        world.operations = [other]
        middle(pilot).operation_changed(apply(other, Event("1", NOW, EventKind.DONE, {})))
        await settled(pilot)
        assert len(world.requests) == 1
        assert "Edit tags" not in screen_text(pilot)


async def test_wide_screens_get_the_diagram_and_ascii_terminals_ascii(tmp_path: Path) -> None:
    async with opened(app_in(tmp_path), size=(120, 40)) as pilot:
        await show_timeline(pilot, World())
        assert "├─● copied to eu-west-1" in screen_text(pilot)
    async with opened(app_in(tmp_path / "ascii", glyphs="ascii"), size=(120, 40)) as pilot:
        await show_timeline(pilot, World())
        assert "|-* copied to eu-west-1" in screen_text(pilot)


async def test_why_ec2_could_not_be_asked_is_said_and_it_is_asked_again_later(tmp_path: Path) -> None:
    world = World()

    async def refuse(region: str, image_id: str) -> Lineage:
        raise CredentialsError("the session has expired", why="tokens last 8 hours")

    async with opened(app_in(tmp_path)) as pilot:
        use(pilot, world)
        pilot.app.services.aws.lineage = refuse  # type: ignore[attr-defined]
        await press(pilot, "enter", "right")
        assert "the session has expired (tokens last 8 hours)" in screen_text(pilot)
        use(pilot, world)
        await press(pilot, "left", "right")
        assert "account 444455556666" in screen_text(pilot)


async def test_nobody_logged_in_the_record_alone_is_shown(tmp_path: Path) -> None:
    world = World()
    cloud = FakeCloud({"us-east-1": sample_records()}, identity_error=CredentialsError("not signed in to AWS"))
    async with opened(app_in(tmp_path, cloud=cloud, scope=ALL)) as pilot:
        await show_timeline(pilot, world)
        assert world.requests == []
        assert "✓ created" in screen_text(pilot)
        assert "not read: not signed in to AWS" in screen_text(pilot)


async def test_the_milestone_is_a_plain_one() -> None:
    from amitui.ui.widgets.detail_pane import DetailPane

    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(60, 10)) as pilot:
        pane.show("ami-1", (), {})
        pane.focus()
        await pilot.press("right")
        assert pane.timeline_shown
        assert pane.text == ""
        assert len(pilot.app.posted(DetailPane.TimelineShown)) == 1  # type: ignore[attr-defined]
