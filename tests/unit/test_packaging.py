"""The package as it is installed: what must be found is found, wherever the tests run from."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import amitui
import amitui.cli
from amitui.ui.stylesheets import stylesheet

CHECKOUT = Path(__file__).parents[2]


def test_every_style_sheet_of_the_checkout_is_found() -> None:
    assert sorted(Path(path).name for path in stylesheet()) == sorted(
        path.name for path in (CHECKOUT / "styles").iterdir()
    )


def test_style_sheets_are_found_from_another_folder(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", "from amitui.ui.stylesheets import stylesheet; print(*stylesheet(), sep='\\n')"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [Path(line) for line in found.stdout.splitlines()]
    assert paths
    assert all(path.is_absolute() and path.read_text() for path in paths)


def test_the_command_is_installed_and_is_the_one_of_the_package() -> None:
    (command,) = (entry for entry in entry_points(group="console_scripts") if entry.name == "amitui")
    assert command.load() is amitui.cli.main


def test_the_wheel_takes_the_style_sheets_along() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"styles": "amitui/styles"}


def test_the_version_is_said_in_one_place_and_the_installed_package_has_it() -> None:
    text = (CHECKOUT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    assert project["project"]["dynamic"] == ["version"]
    assert CHECKOUT / project["tool"]["hatch"]["version"]["path"] == Path(amitui.__file__)
    assert f'"{amitui.__version__}"' not in text
    assert version("amitui") == amitui.__version__
