"""The screen of several accounts at once: whose rows they are, whose marks hold, who acts, and who failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, MAIN_ACCOUNT, SECOND_ACCESS_KEY, SECOND_ACCOUNT
from amitui.domain.operations.may_change import READ_ONLY
from amitui.settings import ProfileSettings
from tests.support.app import browse_of, opened, press, rows, screen_text
from tests.support.demo_account import HOME
from tests.support.demo_app import (
    DemoInstallation,
    agree,
    begin,
    demo_installation,
    ended,
    review,
    search_for,
    type_text,
    until,
    until_said,
    words,
)
from tests.support.isolation import demo_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.support.demo_app import DemoApp

KEYS = {"work": MAIN_ACCESS_KEY, "spare": SECOND_ACCESS_KEY}
NAMES: Any = ((MAIN_ACCOUNT, "acme-dev"),)
PROD: Any = (("spare", ProfileSettings(production=True)),)
CLOSED: Any = (("spare", ProfileSettings(read_only=True)),)


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    """A cloud with two accounts, and a machine with a profile for each, and one without credentials."""
    with demo_installation(tmp_path, monkeypatch) as made:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        config = "".join(f"[profile {name}]\nregion = {HOME}\n" for name in (*KEYS, "broken"))
        (tmp_path / "aws-config").write_text(config + "role_arn = arn:aws:iam::333333333333:role/x\n")
        (tmp_path / "aws-keys").write_text(demo_keys(KEYS))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-keys"))
        yield made


def both(demo: DemoInstallation, *more: str, **settings: Any) -> DemoApp:
    """The application with both accounts."""
    app = demo.app(profile="work", members=("work", "spare", *more), accounts=NAMES, **settings)
    app.services.members.recall()
    return app


def own_of(demo: DemoInstallation, account: str) -> str:
    """The id of an image that only this account sees."""
    asked = demo.me.beside(account).ask("DescribeImages", Owners=["self"])["Images"]
    return next(
        str(one["ImageId"]) for one in asked if not one["Public"] and one["State"] == "available" and "Tags" in one
    )


async def fetched(pilot: Pilot[str]) -> None:
    """Wait until both accounts' own images are in the table."""

    def accounts() -> set[str]:
        return {row.seen_by for row in browse_of(pilot).loader.all_rows()}

    await until(pilot, lambda: {MAIN_ACCOUNT, SECOND_ACCOUNT} <= accounts())


async def test_rows_name_their_accounts_and_marks_follow_the_row_under_the_cursor(demo: DemoInstallation) -> None:
    ours, theirs = own_of(demo, MAIN_ACCOUNT), own_of(demo, SECOND_ACCOUNT)
    async with opened(both(demo, profiles=PROD)) as pilot:
        await fetched(pilot)
        assert "Account" in screen_text(pilot)
        await until_said(pilot, "acme-dev, spare")
        for image_id, name, marked in ((ours, "acme-dev", False), (theirs, "spare", True)):
            await search_for(pilot, image_id)
            (_, row, *_) = (line for line in screen_text(pilot).splitlines() if image_id in line)
            assert name in row
            await until(pilot, lambda marked=marked: ("PRODUCTION" in screen_text(pilot)) == marked)  # type: ignore[misc]
        await press(pilot, "i")
        said = await until_said(pilot, "Accounts")
        for part in ("acme-dev", MAIN_ACCOUNT, "spare · PRODUCTION", SECOND_ACCOUNT, "arn:aws:iam::"):
            assert part in said


async def test_an_operation_is_of_the_account_that_owns_the_row(demo: DemoInstallation) -> None:
    theirs = own_of(demo, SECOND_ACCOUNT)
    app = both(demo, profiles=PROD)
    async with opened(app) as pilot:
        await fetched(pilot)
        await search_for(pilot, theirs)
        await begin(pilot, "description")
        assert "spare · PRODUCTION" in await until_said(pilot, "Ctrl+S Review")
        await type_text(pilot, " anew")
        promised = await review(pilot)
        assert "Profile spare is marked as production." in promised
        assert "To confirm, type spare" in promised
        assert "--profile spare" in promised
        await agree(pilot, "spare")
        await until(pilot, lambda: bool(app.operations.engine.operations()))
        (title,) = {one.plan.title for one in app.operations.engine.operations()}
        (done,) = await ended(pilot, title)
        assert (done.profile, done.account) == ("spare", SECOND_ACCOUNT)
    assert demo.me.beside(SECOND_ACCOUNT).image(theirs)["Description"].endswith(" anew")


async def test_a_read_only_account_refuses_its_own_rows_and_no_others_and_a_batch_with_one_of_them(
    demo: DemoInstallation,
) -> None:
    ours, theirs = own_of(demo, MAIN_ACCOUNT), own_of(demo, SECOND_ACCOUNT)
    async with opened(both(demo, profiles=CLOSED), size=(120, 40)) as pilot:
        await fetched(pilot)
        for image_id, refused in ((ours, False), (theirs, True)):
            await search_for(pilot, image_id)
            await press(pilot, "a")
            said = await until_said(pilot, "type to filter")
            assert (READ_ONLY in said) == refused
            await press(pilot, "escape")
        await press(pilot, "space")
        await search_for(pilot, ours)
        await press(pilot, "space", "a")
        assert READ_ONLY in await until_said(pilot, "2 images", "type to filter")


async def test_an_account_that_fails_is_named_beside_the_rows_of_the_others(demo: DemoInstallation) -> None:
    async with opened(both(demo, "broken")) as pilot:
        await fetched(pilot)
        await until_said(pilot, "! broken: the AWS credentials", "2 of 3")
        await press(pilot, "exclamation_mark")
        await until_said(pilot, "Errors", "verifying the AWS identity of broken")
        await press(pilot, "escape", "i")
        assert "3, 1 of them failed" in await until_said(pilot, "Accounts")
        await press(pilot, "escape")
        browse_of(pilot).change_view(text="no-such-image")
        await until_said(pilot, "broken could not be read:")


async def test_details_say_from_whom_and_to_which_accounts_an_image_is_shared(demo: DemoInstallation) -> None:
    shared = [
        demo.me.beside(one).ask("DescribeImages", ExecutableUsers=["self"])
        for one in (MAIN_ACCOUNT, SECOND_ACCOUNT)
    ]
    (ours, theirs) = ({str(one["ImageId"]): str(one["OwnerId"]) for one in found["Images"]} for found in shared)
    between = next(image_id for image_id, owner in theirs.items() if owner == MAIN_ACCOUNT)
    foreign = next(image_id for image_id, owner in ours.items() if owner not in (MAIN_ACCOUNT, SECOND_ACCOUNT))
    async with opened(both(demo, profiles=PROD), size=(160, 50)) as pilot:
        await fetched(pilot)
        await press(pilot, "7")
        await search_for(pilot, between)
        await press(pilot, "enter")
        said = await until_said(pilot, "Also seen by")
        assert f"acme-dev ({MAIN_ACCOUNT})" in said
        assert f"spare ({SECOND_ACCOUNT})" in said
        await press(pilot, "enter")
        await search_for(pilot, foreign)
        await press(pilot, "enter")
        assert f"acme-dev ({MAIN_ACCOUNT})" in await until_said(pilot, "Shared by", ours[foreign], "Received by")


async def test_who_launches_somebody_elses_image_is_asked(demo: DemoInstallation) -> None:
    app = both(demo, profiles=CLOSED)
    async with opened(app, size=(100, 30)) as pilot:
        await fetched(pilot)
        await press(pilot, "3")
        await until(pilot, lambda: len(rows(pilot)) > 0 and not app.fetches.active)
        await press(pilot, "l")
        said = await until_said(pilot, "with which account?")
        assert f"{READ_ONLY}: profile spare" in said
        await press(pilot, "enter")
        assert "acme-dev (profile work)" in await until_said(pilot, "Ctrl+S Review")


async def test_a_switch_of_profiles_leaves_nothing_of_the_old_ones_standing(demo: DemoInstallation) -> None:
    app = demo.app(profile="broken", members=("broken",))
    async with opened(app, size=(120, 30)) as pilot:
        await until(pilot, lambda: bool(app.error_log))
        browse = browse_of(pilot)
        browse.notice("said of the old profile", seconds=600, bad=True)
        what = app.error_log[0].error.what
        assert what in words(pilot)
        await press(pilot, "P")
        await until_said(pilot, "type to filter")
        await type_text(pilot, "spare")
        await press(pilot, "enter")
        await until(pilot, lambda: len(rows(pilot)) > 0)
        said = words(pilot)
        for gone in ("said of the old profile", what, "error", "broken"):
            assert gone not in said
        assert (browse.identity_error, app.fetches.failures, app.error_log) == (None, {}, [])
        assert (app.memory.state.profiles, app.services.session.profile) == (("spare",), "spare")
        await press(pilot, "space", "P")
        await until_said(pilot, "1 spare")
        await type_text(pilot, "work")
        await press(pilot, "insert", "escape", "enter")
        await fetched(pilot)
        assert not browse.table.marks, "a mark of the old profile"
        assert app.memory.state.profiles == ("spare", "work")
