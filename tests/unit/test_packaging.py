"""The package as it is installed: what must be found is found, wherever the tests run from."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.metadata import entry_points, version
from importlib.util import module_from_spec, spec_from_file_location, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
import yaml  # type: ignore[import-untyped]

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


# What is built


def script(path: str) -> ModuleType:
    """A script of the checkout that is no part of a package."""
    spec = spec_from_file_location("script", CHECKOUT / path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def folder_of(top: Path, when: int) -> Path:
    """A folder such as the archive is made of, whose files are from a moment."""
    (top / "lib" / "package").mkdir(parents=True)
    for name in ("amitui", "start.py", "lib/package/__init__.py"):
        (top / name).write_text(f"of {name}\n")
        os.utime(top / name, (when, when))
    (top / "amitui").chmod(0o700)
    (top / "start.py").chmod(0o600)
    return top


def test_the_same_files_make_the_same_archive_whenever_and_however_they_were_made(tmp_path: Path) -> None:
    archive = script("deploy/archive.py")
    made = []
    for number in (1, 2):
        folder = folder_of(tmp_path / str(number) / "amitui-1", number * 100_000)
        archive.pack(folder, tmp_path / f"{number}.tar.gz")
        made.append((tmp_path / f"{number}.tar.gz").read_bytes())
    assert made[0] == made[1]
    with tarfile.open(tmp_path / "1.tar.gz") as packed:
        modes = {member.name: (member.mode, member.uid, member.mtime) for member in packed}
    assert modes["amitui-1/amitui"] == (0o755, 0, 0)
    assert modes["amitui-1/start.py"] == (0o644, 0, 0)
    assert modes["amitui-1/lib"] == (0o755, 0, 0)


@pytest.mark.parametrize("through", ["path", "link", "folder"])
def test_the_launcher_finds_its_folder_and_shows_it_to_nobody_else(tmp_path: Path, through: str) -> None:
    archive = script("deploy/archive.py")
    top = tmp_path / "a b"
    (top / "lib/amitui").mkdir(parents=True)
    (top / "lib/amitui/__init__.py").touch()
    (top / "lib/amitui/cli.py").write_text(
        "import os, sys\ndef main(): print(sys.argv[1:], 'PYTHONPATH' in os.environ, __file__); return 5\n"
    )
    launcher = top / "amitui"
    launcher.write_text(archive.of_this_python(archive.LAUNCHER))
    launcher.chmod(0o755)
    (top / "start.py").write_text(archive.of_this_python(archive.START))
    (tmp_path / "link").symlink_to(launcher)
    command = {"path": [str(launcher)], "link": [str(tmp_path / "link")], "folder": ["sh", "amitui"]}[through]
    environ = {"PATH": os.environ["PATH"], "AMITUI_PYTHON": sys.executable}
    done = subprocess.run(
        [*command, "find", "a b"], cwd=top, env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == f"['find', 'a b'] False {top}/lib/amitui/cli.py\n", done.stderr
    assert done.returncode == 5


def test_the_archive_of_another_python_says_which_one_it_is_for(tmp_path: Path) -> None:
    archive = script("deploy/archive.py")
    (tmp_path / "start.py").write_text(archive.of_this_python(archive.START, "3.7"))
    command = [sys.executable, str(tmp_path / "start.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "this archive is for Python 3.7" in done.stderr
    assert "AMITUI_PYTHON" in done.stderr


def test_a_wheel_that_lacks_something_is_found_out() -> None:
    built = script("tests/e2e/built.py")
    names = {"amitui/py.typed", "amitui/domain/data.json", "styles/browse.tcss", "README.md"}
    whole = {"amitui/py.typed", "amitui/domain/data.json", "amitui/styles/browse.tcss"}
    whole |= {f"amitui-1.data/data/{name}" for name in built.SHARED} | {"amitui-1.dist-info/licenses/LICENSE"}
    assert built.missing_in_wheel(names, whole) == set()
    for one in whole:
        assert len(built.missing_in_wheel(names, whole - {one})) == 1
    assert {"amitui/py.typed", "styles/browse.tcss", "hatch_build.py", ".ci/run"} <= built.sources()


# What is needed, and by which Python


def test_every_dependency_has_a_lower_and_an_upper_bound(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    loader = SourceFileLoader("lowest", str(CHECKOUT / ".ci/lowest"))
    spec = spec_from_loader("lowest", loader)
    assert spec is not None
    lowest = module_from_spec(spec)
    loader.exec_module(lowest)
    lowest.main(list(project["optional-dependencies"]))
    pinned = capsys.readouterr().out.split()
    assert "diskcache==5.6.3" in pinned
    assert len(pinned) >= len(project["dependencies"]) + 10


def test_every_python_that_is_allowed_is_in_the_matrix_and_none_else() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    named = [one.rpartition(" ")[2] for one in project["classifiers"] if "Python :: 3." in one]
    workflow = yaml.safe_load((CHECKOUT / ".github/workflows/ci.yml").read_text())
    assert workflow["jobs"]["gates"]["strategy"]["matrix"]["python"] == named
    first, last = named[0], int(named[-1].partition(".")[2])
    assert project["requires-python"] == f">={first},<3.{last + 1}"
    assert f"for version in {' '.join(named)}; do" in (CHECKOUT / ".ci/run").read_text()


def test_the_gates_are_a_script_that_bash_understands() -> None:
    subprocess.run(["bash", "-n", str(CHECKOUT / ".ci/run")], check=True)
