"""The screen of somebody whose profile, keys and endpoint come from the environment: marks, words, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from amitui.paths import locate
from amitui.settings import ProfileSettings
from tests.support.app import browse_of, opened, press, rows, screen_text
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
)
from tests.support.isolation import demo_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

ACCOUNT = "123456789012"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    """A cloud, and a machine with keys in the environment and the profiles prod and other in the config."""
    with demo_installation(tmp_path, monkeypatch) as made:
        (tmp_path / "aws-config").write_text(
            "[profile prod]\nregion = us-east-1\n[profile other]\nendpoint_url = http://127.0.0.1:9\n"
        )
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
        yield made


async def _begin(pilot: Pilot[str], image_id: str) -> None:
    await until(pilot, lambda: "life" in rows(pilot))
    await search_for(pilot, image_id)
    await begin(pilot, "description")
    await until_said(pilot, "Ctrl+S Review")
    await type_text(pilot, " anew")


async def test_a_read_only_profile_that_a_variable_names_is_shown_and_refuses(
    demo: DemoInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_id = demo.image("life")
    before = demo.me.image(image_id)
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "prod")
    marked: Any = (("Prod", ProfileSettings(read_only=True)),)
    async with opened(demo.app(profiles=marked), size=(120, 40)) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        await search_for(pilot, image_id)
        assert "READ-ONLY" in screen_text(pilot)
        await press(pilot, "a")
        await until_said(pilot, "type to filter", "amitui is read-only here")
        await press(pilot, "escape", "i")
        said = await until_said(
            pilot, "prod (AWS_DEFAULT_PROFILE), overridden by the keys in the environment", "Credentials"
        )
        assert "keys in the environment (AWS_ACCESS_KEY_ID)" in said
    assert demo.me.image(image_id) == before


async def test_an_account_that_is_marked_as_production_is_named_and_has_its_id_typed(
    demo: DemoInstallation,
) -> None:
    image_id = demo.image("life")
    marked: Any = ((ACCOUNT, ProfileSettings(production=True)),)
    async with opened(demo.app(profiles=marked)) as pilot:
        await _begin(pilot, image_id)
        promised = await review(pilot)
        assert f"Account {ACCOUNT} is marked as production." in promised
        assert f"To confirm, type {ACCOUNT}" in promised
        await agree(pilot, ACCOUNT)
        await ended(pilot, "Edit description of life")
        assert "PRODUCTION" in screen_text(pilot).splitlines()[-2]
    assert demo.me.image(image_id)["Description"].endswith(" anew")


async def test_a_read_only_account_refuses_once_sts_has_named_it(demo: DemoInstallation) -> None:
    demo.image("life")
    marked: Any = ((ACCOUNT, ProfileSettings(read_only=True)),)
    async with opened(demo.app(profiles=marked), size=(120, 40)) as pilot:
        await until(pilot, lambda: "READ-ONLY" in screen_text(pilot))
        await press(pilot, "a")
        await until_said(pilot, "type to filter", "amitui is read-only here")


async def test_a_profile_of_another_endpoint_is_greyed_in_the_picker_with_the_reason(
    demo: DemoInstallation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "aws-config"
    config.write_text(config.read_text().replace("[profile prod]", f"[profile prod]\nendpoint_url = {demo.url}/"))
    keys = demo_keys({"prod": MAIN_ACCESS_KEY})
    (tmp_path / "no-credentials").write_text(keys)
    # No option names the endpoint of this start: its profile does.
    places = locate({"HOME": str(tmp_path)}, endpoint_url=demo.url)
    app = demo.app(profile="prod", endpoint_url=None, locations=places)
    demo.image("life")
    async with opened(app, size=(120, 40)) as pilot:
        await until(pilot, lambda: "life" in rows(pilot))
        await press(pilot, "P")
        await until_said(pilot, "profile other uses another endpoint: http://127.0.0.1:9")
        await type_text(pilot, "other")
        await press(pilot, "enter")
        assert pilot.app.screen is not browse_of(pilot), "it cannot be chosen"
        await press(pilot, "escape")
    assert app.services.session.profile == "prod"
