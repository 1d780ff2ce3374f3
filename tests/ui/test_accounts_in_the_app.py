"""The screen of several accounts at once: whose rows they are, whose marks hold, who acts, and who failed."""

from __future__ import annotations

import asyncio
import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, MAIN_ACCOUNT, SECOND_ACCESS_KEY, SECOND_ACCOUNT
from amitui.domain.operations.may_change import READ_ONLY
from amitui.domain.organization import Organization, OrganizationAccount
from amitui.domain.retention.rule import DAY, RetentionRule
from amitui.ec2.session import CallerIdentity, Ec2Connection
from amitui.errors import ReadOnlyError
from amitui.services.organization import with_organization
from amitui.settings import ProfileSettings
from tests.support.app import STRANGER, browse_of, opened, press, rows, screen_text
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
ACCOUNTS = {MAIN_ACCOUNT, SECOND_ACCOUNT}
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


async def test_of_two_profiles_of_one_account_it_is_said_once_which_is_used(
    demo: DemoInstallation, tmp_path: Path
) -> None:
    (tmp_path / "aws-keys").write_text(demo_keys({**KEYS, "again": MAIN_ACCESS_KEY}))
    app = both(demo, "again")
    said: list[str] = []
    told = app.browse.notice

    def notice(text: str, seconds: float = 4.0, **more: Any) -> None:
        said.append(text)
        told(text, seconds, **more)

    app.browse.notice = notice  # type: ignore[method-assign]
    words = "again is the same account as work, which is used"
    async with opened(app) as pilot:
        await fetched(pilot)
        await until(pilot, lambda: words in said)
        await press(pilot, "f5")
        await fetched(pilot)
        assert said.count(words) == 1


async def test_the_marks_of_every_chosen_profile_of_an_account_hold_for_its_rows_and_operations(
    demo: DemoInstallation, tmp_path: Path
) -> None:
    (tmp_path / "aws-keys").write_text(demo_keys({**KEYS, "again": MAIN_ACCESS_KEY}))
    ours, theirs = own_of(demo, MAIN_ACCOUNT), own_of(demo, SECOND_ACCOUNT)
    app = both(demo, "again", profiles=(("again", ProfileSettings(production=True)),))
    async with opened(app) as pilot:
        await fetched(pilot)
        for image_id, marked in ((theirs, False), (ours, True)):
            await search_for(pilot, image_id)
            await until(pilot, lambda marked=marked: ("PRODUCTION" in screen_text(pilot)) == marked)  # type: ignore[misc]
        await begin(pilot, "description")
        await type_text(pilot, " anew")
        promised = await review(pilot)
        assert f"Account {MAIN_ACCOUNT} is marked as production." in promised
        assert f"To confirm, type {MAIN_ACCOUNT}" in promised
        assert "--profile work" in promised


async def test_nothing_is_sent_to_an_account_of_which_another_chosen_profile_is_read_only(
    demo: DemoInstallation, tmp_path: Path
) -> None:
    (tmp_path / "aws-keys").write_text(demo_keys({**KEYS, "again": MAIN_ACCESS_KEY}))
    ours = own_of(demo, MAIN_ACCOUNT)
    app = both(demo, "again", profiles=(("again", ProfileSettings(read_only=True)),))
    async with opened(app, size=(120, 40)) as pilot:
        await fetched(pilot)
        await search_for(pilot, ours)
        await press(pilot, "a")
        await until_said(pilot, "type to filter", f"{READ_ONLY}: profile again, of th")
        await press(pilot, "escape")
        refused = f"account {MAIN_ACCOUNT} is read-only here"
        for name, account in (("work", MAIN_ACCOUNT), ("spare", SECOND_ACCOUNT)):
            connection = await app.services.session.connections.of(name)
            image_id = own_of(demo, account)
            with nullcontext() if name == "spare" else pytest.raises(ReadOnlyError, match=refused):
                await connection.call(
                    HOME, "create_tags", "tag", Resources=[image_id], Tags=[{"Key": "a", "Value": "b"}]
                )


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


async def test_the_first_accounts_rows_do_not_wait_for_the_answer_about_the_last_one(
    demo: DemoInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = asyncio.Event()
    real = Ec2Connection.caller_identity

    async def slow(connection: Ec2Connection) -> CallerIdentity:
        found = await real(connection)
        if found.account_id == SECOND_ACCOUNT:
            await answered.wait()
        return found

    monkeypatch.setattr(Ec2Connection, "caller_identity", slow)
    async with both(demo).run_test() as pilot:
        await until(pilot, lambda: any(row.seen_by == MAIN_ACCOUNT for row in browse_of(pilot).loader.all_rows()))
        assert not any(row.seen_by == SECOND_ACCOUNT for row in browse_of(pilot).loader.all_rows())
        # What keeps the rows fresh does not cut the identification off.
        pilot.app._keep_fresh()  # type: ignore[attr-defined]
        # Nor do public images wait, which the first one reads.
        await pilot.press("3")
        await until(pilot, lambda: any(row.owner_id != MAIN_ACCOUNT for row in browse_of(pilot).loader.all_rows()))
        await pilot.press("1")
        answered.set()
        await fetched(pilot)


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


async def test_a_clean_up_is_of_all_accounts_and_production_is_confirmed_by_itself_under_its_own_name(
    demo: DemoInstallation,
) -> None:
    rule = RetentionRule("old", keep=0, older_than=100 * DAY, families=("acme-web-*", "orbit-*"))
    app = both(demo, "broken", profiles=PROD, clean=(rule,))
    async with opened(app, size=(120, 40)) as pilot:
        await fetched(pilot)
        await press(pilot, "H")
        where = f"{HOME} of 3 accounts"
        await until_said(pilot, where, "to go by the rule", "1 account failed", "acme-dev", "spare")
        await press(pilot, "ctrl+a", "B")
        allowed = "EC2 allows it. Nothing has been changed yet."
        first = await until_said(pilot, "Disable 5 images", "acme-dev (profile work)", allowed)
        assert "PRODUCTION" not in first, "production is no part of what is confirmed with a mere key"
        app.clock.pass_time(1)
        await press(pilot, "ctrl+s")
        promised = await until_said(pilot, "spare · PRODUCTION", "--profile spare", allowed)
        assert "To confirm, type spare" in promised
        await agree(pilot, "spare")
        await until(pilot, lambda: {one.account for one in app.operations.engine.operations()} == ACCOUNTS)
        operations = list(app.operations.engine.operations())
    done = {(one.profile, one.account, one.plan.title.split("-")[0]) for one in operations}
    assert done == {("work", MAIN_ACCOUNT, "Disable acme"), ("spare", SECOND_ACCOUNT, "Disable orbit")}


async def test_f5_takes_accounts_that_came_to_the_organization_and_leaves_those_that_went(
    demo: DemoInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {MAIN_ACCOUNT: ("Acme", "ACTIVE"), SECOND_ACCOUNT: ("Orbit", "PENDING_CLOSURE")}
    monkeypatch.setattr("amitui.demo.cloud.organization._NAMES", listed)
    given = demo.app(profile="work", organization="Admin").services.settings
    own = Organization(MAIN_ACCOUNT, "aws", (OrganizationAccount(MAIN_ACCOUNT, "Acme"),), int(demo.clock.now()))
    app = demo.app(**{
        name: value
        for name, value in with_organization(given, own, "work")._asdict().items()
        if name not in ("locations", "regions")
    })  # fmt: skip
    app.services.members.recall()
    async with opened(app) as pilot:
        await until(pilot, lambda: len(rows(pilot)) > 0)
        listed[SECOND_ACCOUNT] = ("Orbit", "ACTIVE")
        await press(pilot, "f5")
        await fetched(pilot)
        theirs = own_of(demo, SECOND_ACCOUNT)
        await search_for(pilot, theirs)
        await press(pilot, "space")
        assert [row.seen_by for row in browse_of(pilot).table.marks] == [SECOND_ACCOUNT]
        listed[SECOND_ACCOUNT] = ("Orbit", "SUSPENDED")
        await press(pilot, "f5")
        await until_said(pilot, "organization: Orbit gone")
        await until(pilot, lambda: not rows(pilot))
        assert not browse_of(pilot).table.marks
        monkeypatch.setattr("amitui.demo.cloud.organization.MAIN_ACCOUNT", STRANGER)
        await press(pilot, "f5")
        await until(pilot, lambda: bool(app.error_log))
        await press(pilot, "exclamation_mark")
        await until_said(pilot, "may not list the organization's accounts; the list just read is used")


async def test_account_is_completed_by_name_and_finds_the_rows_that_the_column_names_so(
    demo: DemoInstallation,
) -> None:
    async with opened(both(demo)) as pilot:
        await fetched(pilot)
        await press(pilot, "slash")
        await type_text(pilot, "account:")
        assert re.search(r"acme-dev \d+ +spare \d+", await until_said(pilot, "Tab acme-dev"))
        await type_text(pilot, "sp")
        await press(pilot, "tab")
        assert browse_of(pilot).search_bar.text == "account:spare "
        await until(pilot, lambda: {row.seen_by for row in browse_of(pilot).loader.all_rows()} == {SECOND_ACCOUNT})
        browse_of(pilot).change_view(text="")
        await press(pilot, "escape")
        await press(pilot, "b")
        await until(
            pilot,
            lambda: re.search(r"Account .*\n +acme-dev +\d+ .*\n +spare +\d+ ", screen_text(pilot)) is not None,
        )
        browse_of(pilot).change_view(text="account:nobody")
        await until_said(pilot, "no account in use is called 'nobody'")


async def test_a_first_account_that_fails_keeps_nobody_elses_rows_from_being_renewed(
    demo: DemoInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    real = Ec2Connection.caller_identity

    async def noted(connection: Ec2Connection) -> CallerIdentity:
        asked.append(connection.target.profile)
        return await real(connection)

    monkeypatch.setattr(Ec2Connection, "caller_identity", noted)
    app = demo.app(profile="broken", members=("broken", "work", "spare"), accounts=NAMES)
    app.services.members.recall()
    async with opened(app, size=(120, 30)) as pilot:
        await fetched(pilot)
        await until(pilot, lambda: not app.fetches.active)
        known = sorted(map(str, asked))
        copied = demo.image("made-meanwhile")
        app._keep_fresh()
        await until(pilot, lambda: any(row.image_id == copied for row in browse_of(pilot).loader.all_rows()))
        assert sorted(map(str, asked)) == known, "nobody is identified again"
        await press(pilot, "i")
        said = await until_said(pilot, "3, 1 of them failed")
        assert "not confirmed by AWS yet" not in said
