"""Where things are kept: never in a folder called `~`, never in one that a library finds elsewhere."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from amitui.configuration.load import load_settings
from amitui.errors import UsageError
from amitui.paths import home_of, literal_path, locate

HOME = {"HOME": "/home/me"}


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without an entry in the list of users, as in many containers."""

    def unknown(*_: object) -> None:
        raise KeyError("no such user")

    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("~/cache", "/home/me/cache"),
        ("~", "/home/me"),
        ("~/", "/home/me"),
        ("/var/a~b", "/var/a~b"),
        ("./~", f"{os.getcwd()}/~"),
        ("/a/../b", "/b"),
        ("~root/x", f"{pwd.getpwnam('root').pw_dir.rstrip('/')}/x"),
    ],
)
def test_a_tilde_is_a_home_folder_and_the_rest_is_taken_as_it_is(text: str, path: str) -> None:
    assert literal_path(text, HOME, "--cache-dir") == path


@pytest.mark.parametrize("text", ["$HOME/x", "/data/$USER", "/data/${USER}", "~/$x", "/a$b"])
def test_a_dollar_is_refused_with_the_name_of_what_holds_it(text: str) -> None:
    with pytest.raises(UsageError, match=r"--cache-dir has a \$ in it") as refused:
        literal_path(text, HOME, "--cache-dir")
    assert "write the full path" in refused.value.remedy


def test_the_home_of_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="begins with ~nosuchuser, which has no home folder"):
        literal_path("~nosuchuser/x", HOME, "--cache-dir")


@pytest.mark.parametrize("variable", ["AMITUI_CACHE_DIR", "AMITUI_STATE_DIR", "AMITUI_CONFIG", "XDG_CACHE_HOME"])
def test_every_way_to_name_a_folder_follows_the_same_rules(variable: str) -> None:
    if not variable.startswith("XDG"):
        assert "/home/me/x" in locate({**HOME, variable: "~/x"})
    with pytest.raises(UsageError, match=rf"{variable} in the environment has a \$ in it"):
        locate({**HOME, variable: "/tmp/$USER"})


def test_options_follow_them_too() -> None:
    where = locate(HOME, cache_dir="~/c", config_file="~/f.toml", state_dir="~/s")
    assert where[:3] == ("/home/me/c", "/home/me/s", "/home/me/f.toml")
    for option in ("cache_dir", "config_file", "state_dir"):
        with pytest.raises(UsageError, match=r"has a \$ in it"):
            locate(HOME, **{option: "/x/$y"})


def test_a_home_with_a_dollar_is_refused_rather_than_read_in_two_ways() -> None:
    with pytest.raises(UsageError, match="home folder has a"):
        locate({"HOME": "/home/a$b"})


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "."}, {"HOME": "relative/home"}])
def test_without_home_the_list_of_users_names_it(environ: dict[str, str]) -> None:
    assert home_of(environ) == pwd.getpwuid(os.getuid()).pw_dir
    assert locate(environ).cache.startswith(pwd.getpwuid(os.getuid()).pw_dir)


@pytest.mark.usefixtures("nobody")
def test_with_neither_it_is_refused_and_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for environ in ({}, {"HOME": "~"}, {"XDG_CACHE_HOME": "/c"}, {"AMITUI_CACHE_DIR": "/c"}):
        with pytest.raises(UsageError, match="no home folder") as refused:
            load_settings({}, environ)
        assert "AMITUI_STATE_DIR" in refused.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("nobody")
def test_with_neither_everything_can_be_named() -> None:
    where = locate({"AMITUI_CACHE_DIR": "/c", "XDG_STATE_HOME": "/s"})
    assert where[:3] == ("/c", "/s/amitui", "")
    assert load_settings({}, {"AMITUI_CACHE_DIR": "/c", "AMITUI_STATE_DIR": "/s"}).regions == ()
    assert load_settings({"demo": True}, {}).demo


def test_a_config_file_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    """It may mark a production account."""
    (tmp_path / ".config" / "amitui" / "config.toml").mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot read the config file"):
        load_settings({}, {"HOME": str(tmp_path)})
