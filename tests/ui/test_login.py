"""The ways on without credentials: offered where nothing is cached, and never in front of what is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from amitui.domain.visible import REPLACEMENT
from amitui.errors import CredentialsError
from amitui.identity.source import ASSUME_ROLE, ENVIRONMENT, SSO, Source
from amitui.services.login import SsoProfile, sso_profile_of
from amitui.ui.screens.device_login import DeviceLoginScreen
from amitui.ui.screens.help import HelpScreen
from amitui.ui.screens.login import LoginScreen, ways_in
from amitui.ui.screens.profiles import ProfilesScreen
from tests.support.app import FakeCloud, make_app, opened, press, rows, sample_records, screen_text
from tests.support.fake_sso import PENDING, SSO_CONFIG, USER_CODE, FakeSso, fake_sso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from textual.pilot import Pilot


def _ways(profiles: Sequence[SsoProfile] = (), **changed: object) -> list[tuple[str, str, str]]:
    asked: dict[str, object] = {
        "demo_obstacle": "",
        "configure_obstacle": "",
        "offers_machine": False,
        "offers_device": False,
        **changed,
    }
    return [(one.label, one.digit, one.disabled_reason) for one in ways_in(profiles, **asked)]  # type: ignore[arg-type]


def test_the_demo_comes_first_and_each_sso_profile_has_a_digit() -> None:
    assert _ways([SsoProfile("dev", "corp", ""), SsoProfile("prod\x1b[2J", "corp", "")])[:3] == [
        ("Start the demo", "1", ""),
        ("Log in: dev", "2", ""),
        (f"Log in: prod{REPLACEMENT}[2J", "3", ""),
    ]


def test_what_cannot_be_done_says_why_and_has_no_digit() -> None:
    found = _ways(demo_obstacle="needs x", configure_obstacle="needs y", offers_machine=True)
    assert found == [
        ("Start the demo", "", "needs x"),
        ("Choose a profile", "2", ""),
        ("Set up SSO", "", "needs y"),
        ("Use this machine's role", "4", ""),
    ]


@pytest.mark.parametrize(
    ("source", "profile"),
    [
        (Source(SSO, "dev"), "dev"),
        (Source(ASSUME_ROLE, "admin", base=Source(ASSUME_ROLE, "hop", base=Source(SSO, "dev"))), "dev"),
        (Source(ASSUME_ROLE, "admin", base=Source(ENVIRONMENT)), ""),
        (Source(), ""),
        (None, ""),
    ],
)
def test_a_login_renews_the_profile_at_the_end_of_a_chain_of_roles(source: Source | None, profile: str) -> None:
    assert sso_profile_of(source) == profile


def _refused() -> FakeCloud:
    return FakeCloud({"us-east-1": sample_records()}, identity_error=CredentialsError("no AWS credentials"))


async def test_an_empty_table_without_credentials_names_the_key_that_leads_on(tmp_path: Path) -> None:
    app = make_app(tmp_path, cloud=_refused(), cached=False)
    async with opened(app, size=(80, 24)) as pilot:
        assert "F9 logs in or starts the demo" in screen_text(pilot)
        await press(pilot, "f9")
        assert isinstance(app.screen, LoginScreen)
        assert "No AWS credentials" in screen_text(pilot)
        await press(pilot, "1")
    assert app.wants_demo


async def test_what_is_cached_is_shown_without_credentials_and_no_dialog_covers_it(tmp_path: Path) -> None:
    app = make_app(tmp_path, cloud=_refused())
    async with opened(app) as pilot:
        assert app.screen is app.browse
        app.services.session.account = "123456789012"
        app.browse.load_view()
        await press(pilot, "down")
        assert rows(pilot)
    assert not app.wants_demo


async def test_a_start_without_region_and_credentials_begins_with_the_ways_in(tmp_path: Path) -> None:
    app = make_app(tmp_path, cloud=_refused(), regions=(), cached=False)
    async with opened(app) as pilot:
        await press(pilot)
        assert isinstance(app.screen, LoginScreen)
        assert "Start the demo" in screen_text(pilot)
        assert "Use this machine's role" in screen_text(pilot)
        await press(pilot, "escape")
        text = screen_text(pilot)
        assert "No AWS credentials were found." in text
        assert "shows errors" not in text, "there is none: nobody was asked without a Region"
        assert not isinstance(app.screen, LoginScreen)


async def test_the_picker_of_profiles_says_that_none_are_configured_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none-either"))
    async with opened(make_app(tmp_path, cloud=_refused(), cached=False)) as pilot:
        await press(pilot, "P")
        assert isinstance(pilot.app.screen, ProfilesScreen)
        text = screen_text(pilot)
        for words in (
            "No profiles are configured.",
            "aws configure sso",
            "(AWS_ACCESS_KEY_ID, …) need none.",
            "amitui --demo",
        ):
            assert words in text
        assert "there is no profile" not in text
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ProfilesScreen), "there is nothing to choose"


async def test_an_old_aws_cli_is_not_asked_to_set_sso_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "aws"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho aws-cli/1.44.2 Python/3.11.7 Linux/6\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    async with opened(make_app(tmp_path, cloud=_refused(), cached=False)) as pilot:
        await press(pilot, "f9", *"sso", "enter")
        await _until(pilot, lambda: "aws configure sso needs AWS CLI version 2" in screen_text(pilot))


async def test_the_demo_needs_no_login(tmp_path: Path) -> None:
    app = make_app(tmp_path, demo=True)
    async with opened(app) as pilot:
        await press(pilot, "f9")
        assert app.screen is app.browse
        assert "the demo needs no login" in screen_text(pilot)


@pytest.fixture
def sso(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSso]:
    """SSO, and an AWS config with its profiles `dev` and `old`."""
    (tmp_path / "config").write_text(SSO_CONFIG)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setattr("amitui.services.login.aws_cli", str)
    with fake_sso() as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


def _tokens(home: Path) -> list[Path]:
    return list(home.glob(".aws/sso/cache/*"))


async def _until(pilot: Pilot[str], fits: Callable[[], bool]) -> None:
    async with asyncio.timeout(180):
        while not fits():
            await pilot.pause(0.01)


async def test_a_login_by_link_goes_on_by_itself_once_the_page_was_confirmed(sso: FakeSso, tmp_path: Path) -> None:
    cloud = _refused()
    app = make_app(tmp_path, cloud=cloud, cached=False, profile="dev")
    sso.answers.append(PENDING)
    async with opened(app) as pilot:
        assert "no AWS credentials" in screen_text(pilot)
        await pilot.press("f9")
        await _until(pilot, lambda: isinstance(app.screen, LoginScreen))
        await pilot.press("2")
        await _until(pilot, lambda: isinstance(app.screen, DeviceLoginScreen))
        await _until(pilot, lambda: USER_CODE in screen_text(pilot) and sso.link[:40] in screen_text(pilot))
        await pilot.press("question_mark")
        await _until(pilot, lambda: isinstance(app.screen, HelpScreen))
        cloud.identity_error = None
        sso.answers.clear()
        await _until(pilot, lambda: bool(_tokens(tmp_path)))
        assert isinstance(app.screen, HelpScreen), "what is read is not taken away"
        await pilot.press("escape")
        await _until(pilot, lambda: "acme-web-20260920" in screen_text(pilot))
        await _until(pilot, lambda: "no AWS credentials" not in screen_text(pilot))


async def test_a_login_that_is_denied_is_said_and_can_be_begun_again(sso: FakeSso, tmp_path: Path) -> None:
    app = make_app(tmp_path, cloud=_refused(), cached=False, profile="dev")
    sso.answers.append("AccessDeniedException")
    async with opened(app, size=(120, 30)) as pilot:
        await pilot.press("f9")
        await _until(pilot, lambda: isinstance(app.screen, LoginScreen))
        await pilot.press("2")
        await _until(pilot, lambda: "the login to corp was denied" in screen_text(pilot))
        assert app.error_log[0].where == "logging in to dev"
        assert not _tokens(tmp_path)
        await pilot.press("f9")
        await _until(pilot, lambda: isinstance(app.screen, LoginScreen))
        await pilot.press("escape")
