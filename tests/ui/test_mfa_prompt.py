"""The dialog for MFA codes, as whatever needs a code brings it up: from the background, and taken away again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from textual.events import Paste

from amitui.ec2.mfa import CodeRequest
from amitui.errors import CredentialsError
from amitui.ui.screens.help import HelpScreen
from amitui.ui.screens.login import CODES, ways_in
from amitui.ui.screens.mfa import MfaScreen
from tests.support.app import make_app, opened, screen_text
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.pilot import Pilot

    from amitui.ui.app import AmituiApp

DEV = CodeRequest("dev", "arn:aws:iam::111122223333:mfa/me")


def _asking(app: AmituiApp, request: CodeRequest = DEV) -> asyncio.Task[str]:
    """A question from a task that belongs to no widget, such as an operation's."""
    return asyncio.get_running_loop().create_task(app.services.session.connections.codes.ask(request))


async def _until(pilot: Pilot[Any], fits: Callable[[], bool]) -> None:
    async with asyncio.timeout(180):
        while not fits():
            await pilot.pause(0.01)


async def test_a_question_from_the_background_is_a_dialog_that_takes_six_digits(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        asked = _asking(app, DEV._replace(problem="STS said no"))
        await _until(pilot, lambda: isinstance(app.screen, MfaScreen) and "STS said no" in screen_text(pilot))
        assert DEV.device in screen_text(pilot)
        await pilot.press("q", "1", "a", "2", "enter")
        await _until(pilot, lambda: "a code has 6 digits" in screen_text(pilot))
        await pilot.press(*"34567890", "enter")
        assert await asked == "123456"
        await _until(pilot, lambda: not isinstance(app.screen, MfaScreen))


async def test_a_question_that_nobody_waits_for_any_more_is_taken_away_also_from_behind_help(
    tmp_path: Path,
) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        asked = _asking(app)
        await _until(pilot, lambda: isinstance(app.screen, MfaScreen))
        await pilot.press("f1")
        await _until(pilot, lambda: isinstance(app.screen, HelpScreen))
        asked.cancel()
        await asyncio.wait((asked,))
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await _until(pilot, lambda: len(app.screen_stack) == 1)
        again = _asking(app)
        await _until(pilot, lambda: isinstance(app.screen, MfaScreen))
        again.cancel()
        await _until(pilot, lambda: len(app.screen_stack) == 1)


async def test_a_question_without_an_answer_is_an_error_and_so_is_one_while_amitui_leaves(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        asked = _asking(app)
        await _until(pilot, lambda: isinstance(app.screen, MfaScreen))
        await pilot.press("escape")
        with pytest.raises(CredentialsError, match="requires an MFA code"):
            await asked
        app.services.session.connections.codes.allow()
        asked = _asking(app)
        await _until(pilot, lambda: isinstance(app.screen, MfaScreen))
        await pilot.press("ctrl+q")
        await pilot.pause()
    asked.cancel()
    await asyncio.wait((asked,))
    with pytest.raises(CredentialsError):
        await _asking(app, DEV._replace(profile="prod"))


def test_the_ways_in_offer_a_code_where_a_profile_in_use_wants_one() -> None:
    nothing = {"demo_obstacle": "", "configure_obstacle": "", "offers_machine": False, "offers_device": False}
    rows = ways_in([], **nothing, mfa_profiles=["dev", "prod\x1b[2J"])  # type: ignore[arg-type]
    (row,) = (one for one in rows if one.value == CODES)
    assert "of dev, prod" in row.detail
    assert "\x1b" not in row.detail
    assert CODES not in [one.value for one in ways_in([], **nothing)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "pasted", "after"),
    [("", "123 456", "123456"), ("12", "1 2 3\n4 5 6\n", "123456"), ("12", "345", "12345"), ("12", "x", "12")],
)
async def test_a_pasted_code_takes_the_place_of_what_was_typed(
    tmp_path: Path, before: str, pasted: str, after: str
) -> None:
    screen = MfaScreen(*DEV[:2])
    app = WidgetApp()
    async with app.run_test() as pilot:
        await app.push_screen(screen)
        screen.input.value = before
        app.post_message(Paste(pasted))
        await _until(pilot, lambda: screen.input.value == after)


async def test_on_a_very_low_screen_the_code_its_profile_and_what_was_wrong_are_in_sight(tmp_path: Path) -> None:
    app = WidgetApp()
    async with app.run_test(size=(20, 5)) as pilot:
        await app.push_screen(MfaScreen(*DEV[:2], problem="MultiFactorAuthentication failed with invalid code"))
        await pilot.press("1", "2", "3")
        text = screen_text(pilot)
        assert all(words in text for words in ("MFA code: dev", "MultiFactorAuth", "arn:aws:iam", "123")), text
        app.post_message(Paste("1234567"))
        await _until(pilot, lambda: "a code has 6 digits" in screen_text(pilot))
        assert "123" in screen_text(pilot)
        await pilot.resize_terminal(80, 24)
        await pilot.resize_terminal(20, 5)
        await pilot.press("4")
        assert "1234" in screen_text(pilot)
