"""The ways on without credentials: offered where nothing is cached, and never in front of what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.domain.visible import REPLACEMENT
from amitui.errors import CredentialsError
from amitui.identity.source import ASSUME_ROLE, ENVIRONMENT, SSO, Source
from amitui.services.login import SsoProfile, sso_profile_of
from amitui.ui.screens.login import LoginScreen, ways_in
from tests.support.app import FakeCloud, make_app, opened, press, rows, sample_records, screen_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def _ways(profiles: Sequence[SsoProfile] = (), **changed: object) -> list[tuple[str, str, str]]:
    asked: dict[str, object] = {"demo_obstacle": "", "configure_obstacle": "", "offers_machine": False, **changed}
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
        assert not isinstance(app.screen, LoginScreen)


async def test_the_demo_needs_no_login(tmp_path: Path) -> None:
    app = make_app(tmp_path, demo=True)
    async with opened(app) as pilot:
        await press(pilot, "f9")
        assert app.screen is app.browse
        assert "the demo needs no login" in screen_text(pilot)
