"""What keeps people from harm in the application: denials, read-only mode, production, one failure of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.demo.seed.accounts import MAIN_ACCOUNT, READER_ACCESS_KEY
from amitui.domain.operations.operation import Event, EventKind, State, planned
from amitui.domain.operations.plans.change import describe_plan
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.operations.journal import Journal
from amitui.settings import ProfileSettings
from amitui.ui.actions.registry import ACTIONS
from tests.support.app import browse_of, opened, press, rows, screen_text
from tests.support.demo_account import HOME
from tests.support.demo_app import (
    DemoApp,
    DemoInstallation,
    agree,
    begin,
    command_line,
    demo_installation,
    ended,
    review,
    search_for,
    type_text,
    until,
    until_said,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from amitui.domain.operations.operation import Operation
    from amitui.domain.operations.plan import Plan

REFUSED = "EC2 would refuse this."


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    with demo_installation(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def readers_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    """With credentials that may read everything and change nothing."""
    with demo_installation(tmp_path, monkeypatch, key=READER_ACCESS_KEY) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "key", "fields", "denied"),
    [
        ("Protect from deregistration", "", True, "not allowed to protect the image from deregistration"),
        ("Deregister image", "D", True, "not allowed to deregister the image"),
        ("Enable image", "", False, "not allowed to enable the image"),
    ],
)
async def test_what_dry_run_denied_is_greyed_with_its_reason_in_menu_palette_and_help(
    readers_demo: DemoInstallation, name: str, key: str, fields: bool, denied: str
) -> None:
    demo = readers_demo
    image_id = demo.image("life")
    if not fields:
        demo.me.ask("DisableImage", ImageId=image_id)
    async with opened(demo.app(), size=(120, 40)) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        await search_for(pilot, image_id)
        assert denied not in await _in_menu(pilot, name)
        await _be_denied(pilot, name, fields=fields)

        assert denied[:30] in await _in_menu(pilot, name)
        await press(pilot, "colon")
        assert f"not now: {denied[:20]}" in await command_line(pilot, name)
        await press(pilot, "escape", "question_mark", "slash")
        await type_text(pilot, name)
        assert f"not now: {denied} in {HOME}" in words(pilot)
        await press(pilot, "escape", "escape", "escape")
        if key:
            await press(pilot, key)
            assert pilot.app.screen is browse_of(pilot), "there is no form to fill in for nothing"
            assert denied[:11] in screen_text(pilot)
        assert demo.me.image(image_id)["State"] in ("available", "disabled")


async def _be_denied(pilot: Pilot[str], name: str, *, fields: bool) -> None:
    await begin(pilot, name)
    if fields:
        await until_said(pilot, "Ctrl+S Review")
        await until(pilot, lambda: "loading…" not in words(pilot))
        await press(pilot, "ctrl+s")
    await until_said(pilot, "✗ refused", "is not authorized to perform", REFUSED)
    while pilot.app.screen is not browse_of(pilot):
        await press(pilot, "escape")


async def _in_menu(pilot: Pilot[str], name: str) -> str:
    """The line of a kind of operation in the menu."""
    await press(pilot, "a")
    await until_said(pilot, "type to filter")
    await type_text(pilot, name)
    _typed, found = (line for line in screen_text(pilot).splitlines() if "│" in line and name in line)
    await press(pilot, "escape", "escape")
    return found


async def test_read_only_refuses_every_change_in_words(demo: DemoInstallation) -> None:
    image_id = demo.image("life")
    before = demo.me.image(image_id)
    async with opened(demo.app(read_only=True), size=(120, 40)) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        await search_for(pilot, image_id)
        assert "READ-ONLY" in screen_text(pilot)
        changing = [action for action in ACTIONS if action.kind]
        for action in changing:
            browse_of(pilot).notice("")
            pilot.app.act(action)  # type: ignore[attr-defined]
            await until_said(pilot, "amitui is read-only here")
            assert pilot.app.screen is browse_of(pilot), action.id
        await press(pilot, "a")
        await until_said(pilot, "type to filter")
        assert words(pilot).count("amitui is read-only here") >= 14, "each line says why"
        await press(pilot, "enter")
        assert "type to filter" in words(pilot), "nothing can be chosen"
    assert demo.me.image(image_id) == before


async def test_read_only_offers_nothing_in_the_operations_pane(demo: DemoInstallation) -> None:
    image_id = demo.image("life")
    async with opened(demo.app()) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        await search_for(pilot, image_id)
        await begin(pilot, "description")
        await until_said(pilot, "Ctrl+S Review")
        await type_text(pilot, " anew")
        await review(pilot)
        await agree(pilot)
        await ended(pilot, "Edit description of life")
        await press(pilot, "o")
        await until_said(pilot, "u Undo", "✓ Edit description of life")
    described = demo.me.image(image_id)["Description"]
    assert described.endswith(" anew")

    async with opened(demo.app(read_only=True)) as pilot:
        await press(pilot, "o")
        await until_said(pilot, "✓ Edit description of life")
        assert pilot.app.screen.check_action("do", ("undo",)) is None, "greyed"
        await press(pilot, "u", "T", "greater_than_sign")
        assert "✓ Edit description of life" in words(pilot)
        assert "Ctrl+S" not in words(pilot)
    assert demo.me.image(image_id)["Description"] == described


async def test_production_is_shown_and_its_name_is_to_be_typed(demo: DemoInstallation) -> None:
    image_id = demo.image("life")
    marked = (("default", ProfileSettings(production=True)),)
    async with opened(demo.app(profiles=marked)) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        assert "PRODUCTION" in screen_text(pilot).splitlines()[-2]
        await search_for(pilot, image_id)
        await begin(pilot, "description")
        await until_said(pilot, "Ctrl+S Review")
        await type_text(pilot, " anew")
        promised = await review(pilot)
        assert "PRODUCTION" in promised
        assert "Profile default is marked as production." in promised
        assert "To confirm, type default" in promised
        await type_text(pilot, "life")
        await press(pilot, "ctrl+s")
        await until_said(pilot, "! this does not match default")
        assert " anew" not in demo.me.image(image_id)["Description"]
        await press(pilot, "ctrl+u")
        await agree(pilot, "default")
        (operation,) = await ended(pilot, "Edit description of life")
        assert operation.state is State.DONE
        assert demo.me.image(image_id)["Description"].endswith(" anew")


async def test_of_several_images_one_fails_and_the_others_are_done_and_reported(demo: DemoInstallation) -> None:
    names = ("one", "two", "three")
    ids = {name: demo.image(name) for name in names}
    async with opened(demo.app()) as pilot:
        await until(pilot, lambda: set(names) <= set(rows(pilot)))
        for _ in names:
            await press(pilot, "space")
        await until_said(pilot, "3 marked")
        await press(pilot, "D")
        await until(pilot, lambda: words(pilot).count("● safe") == 3)
        promised = await review(pilot)
        assert all(name in promised for name in names)
        assert "To confirm, type deregister 3 images" in promised
        demo.me.ask("EnableImageDeregistrationProtection", ImageId=ids["two"])
        await agree(pilot, "deregister 3 images")
        operations = await ended(pilot, *(f"Deregister {name}" for name in names))

        states = {operation.plan.title: operation.state for operation in operations}
        assert states == {
            "Deregister one": State.DONE,
            "Deregister two": State.FAILED,
            "Deregister three": State.DONE,
        }
        binned = {image["ImageId"] for image in demo.me.ask("ListImagesInRecycleBin")["Images"]}
        assert binned == {ids["one"], ids["three"]}
        assert demo.me.image(ids["two"])["State"] == "available"
        assert [name for name in rows(pilot) if name in names] == ["two"]
        await _see_the_failure(pilot)


async def _see_the_failure(pilot: Pilot[str]) -> None:
    await press(pilot, "o")
    told = await until_said(pilot, "0 in progress, 1 failed, 2 ended", "✗ Deregister two", "✓ Deregister one")
    assert "✓ Deregister three" in told
    operations: list[Operation] = pilot.app.operations.engine.operations()  # type: ignore[attr-defined]
    down = [operation.plan.title for operation in operations].index("Deregister two")
    for _ in range(down):
        await press(pilot, "down")
    await until_said(pilot, "Cause The image", "has deregistration protection", "T Retry")
    assert isinstance(pilot.app, DemoApp)


def leave_held(app: DemoApp, plan: Plan, *, profile: str = "") -> None:
    """Somebody's operation that waits for its user, in the journal of the application that is to come."""
    with Journal.open(app.services.settings.locations.journal_file) as journal:
        began = planned(
            "op1", plan, app.clock.now(), account=MAIN_ACCOUNT, profile=profile, batch="op1", driver=journal.driver
        )
        held = Event("op1", app.clock.now(), EventKind.ON_HOLD, {"why": "nobody knows", "remedy": "look"})
        journal.append_all((began, held))


async def test_going_on_in_production_wants_its_name_typed(demo: DemoInstallation) -> None:
    image_id = demo.image("life")
    app = demo.app(profiles=(("default", ProfileSettings(production=True)),))
    leave_held(app, describe_plan(ImageFacts(HOME, image_id, name="life", description="old"), "anew"))
    async with opened(app) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        await press(pilot, "o")
        await until_said(pilot, "1 waiting for you", "> Continue")
        await press(pilot, "greater_than_sign")
        promised = await until_said(pilot, "To confirm, type default", "PRODUCTION")
        assert "Continue: Edit description" in promised
        await type_text(pilot, "life")
        await press(pilot, "ctrl+s")
        await until_said(pilot, "! this does not match default")
        assert demo.me.image(image_id).get("Description") != "anew"
        await press(pilot, "ctrl+u")
        await type_text(pilot, "default")
        await press(pilot, "ctrl+s")
        engine = app.operations.engine
        await until(pilot, lambda: engine.operations()[0].state.ended)
        assert engine.operations()[0].state is State.DONE
    assert demo.me.image(image_id)["Description"] == "anew"


@pytest.mark.parametrize("marked", ["default", "theirs"])
async def test_a_mark_of_either_profile_keeps_what_was_left_from_being_sent(
    demo: DemoInstallation, marked: str
) -> None:
    image_id = demo.image("life")
    app = demo.app(profiles=((marked, ProfileSettings(read_only=True)),))
    leave_held(
        app, describe_plan(ImageFacts(HOME, image_id, name="life", description="old"), "anew"), profile="theirs"
    )
    async with opened(app) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        await press(pilot, "o")
        await until_said(pilot, "1 waiting for you")
        assert pilot.app.screen.check_action("do", ("go_on",)) is None, "greyed"
        await press(pilot, "greater_than_sign")
        assert "Ctrl+S" not in words(pilot)
    assert demo.me.image(image_id).get("Description") != "anew"
