"""Which profiles the screen begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amitui.cli.browse import with_last_profiles
from amitui.configuration.load import load_settings
from amitui.services.remembered import ScreenState, load_state, save_state

if TYPE_CHECKING:
    from pathlib import Path

    from amitui.settings import Settings

LAST = ScreenState(profiles=("dev", "gone", "prod"))
CONFIG = """
[profile dev]
[profile prod]
[profile odd]
endpoint_url = http://127.0.0.1:9
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a start that says nothing of profiles."""
    (tmp_path / "config").write_text(CONFIG)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    return load_settings({"cache_dir": str(tmp_path)}, {"HOME": str(tmp_path)})


def test_the_profiles_that_were_chosen_last_are_used_again_as_far_as_they_can_be(settings: Settings) -> None:
    found = with_last_profiles(settings, LAST)
    assert (found.profile, found.members) == ("dev", ("dev", "prod"))
    assert with_last_profiles(settings, ScreenState(profiles=("gone", "odd"))) == settings
    assert with_last_profiles(settings, ScreenState()) == settings


@pytest.mark.parametrize("changes", [{"profile": "prod"}, {"members": ("prod", "odd")}, {"demo": True}])
def test_what_was_typed_or_configured_comes_first(settings: Settings, changes: dict[str, Any]) -> None:
    typed = settings._replace(**changes)
    assert with_last_profiles(typed, LAST) == typed


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_PROFILE": "prod"},
        {"AWS_DEFAULT_PROFILE": "prod"},
        {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"},
    ],
)
def test_whom_the_environment_names_is_never_overruled(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert with_last_profiles(settings, LAST) == settings


def test_chosen_profiles_are_stored_and_read_without_control_characters(tmp_path: Path) -> None:
    path = str(tmp_path / "screen.json")
    state = ScreenState(profiles=("dev", "a\x1b[2Jb"), recent_profiles=("dev", "\u202eprod"))
    save_state(path, state)
    read = load_state(path)
    assert (read.profiles, read.recent_profiles) == (("dev",), ("dev",))


def test_the_latest_profiles_come_first_among_the_recent_ones() -> None:
    state = ScreenState(recent_profiles=tuple("abcdefghi"))
    assert state.with_recent_profiles(("z", "c")) == tuple("zcabdefgh")
