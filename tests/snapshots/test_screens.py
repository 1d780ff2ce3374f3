"""What the screens look like, kept as SVG: a change of looks shows in the diff and is accepted knowingly.

`pytest tests/snapshots --snapshot-update` accepts what is drawn now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from amitui.domain.catalogue.scope import ALL, MARKETPLACE, PUBLISHERS
from amitui.errors import CredentialsError, DeniedError
from amitui.settings import ProfileSettings
from tests.support.app import (
    ACCOUNT,
    DAY,
    FakeCloud,
    fill,
    make_app,
    press,
    record,
    sample_records,
    settled,
    stable_environment,
)

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from amitui.ui.app import AmituiApp

SIZES = [(80, 24), (120, 40), (200, 60)]
sized = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


class SnapCompare(Protocol):
    def __call__(self, app: AmituiApp, *, terminal_size: tuple[int, int], run_before: object = None) -> bool: ...


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


def keys(*names: str) -> object:
    """Presses keys once everything has settled."""

    async def run(pilot: Pilot[str]) -> None:
        await settled(pilot)
        await press(pilot, *names)

    return run


@sized
def test_main_screen(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(tmp_path, scope=ALL), terminal_size=size, run_before=keys("d", "down", "space"))


@sized
def test_search(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, scope=PUBLISHERS)
    assert snap_compare(app, terminal_size=size, run_before=keys("slash", *"ubuntu 24.04 arm64"))


@sized
def test_details(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(tmp_path, scope=PUBLISHERS), terminal_size=size, run_before=keys("enter"))


@sized
def test_help(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(tmp_path), terminal_size=size, run_before=keys("question_mark"))


@sized
def test_regions(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(tmp_path), terminal_size=size, run_before=keys("r"))


@sized
def test_a_region_that_fails(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    error = DeniedError("ec2:DescribeImages is not allowed", remedy="ask for a policy that allows it")
    cloud = FakeCloud({"us-east-1": sample_records()}, failures={"eu-west-1": error})
    app = make_app(tmp_path, cloud=cloud, regions=("us-east-1", "eu-west-1"))
    assert snap_compare(app, terminal_size=size, run_before=keys())


@sized
def test_nobody_logged_in(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    identity_error = CredentialsError(
        "no SSO login for profile work",
        why="this machine has no SSO token",
        remedy="aws sso login --profile work",
    )
    app = make_app(tmp_path, cloud=FakeCloud(identity_error=identity_error), cached=False)
    assert snap_compare(app, terminal_size=size, run_before=keys())


@sized
def test_not_fetched(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(tmp_path, scope=MARKETPLACE), terminal_size=size, run_before=keys())


def test_nothing_matches(snap_compare: SnapCompare, tmp_path: Path) -> None:
    assert snap_compare(make_app(tmp_path), terminal_size=(80, 24), run_before=keys("slash", *"noble"))


def test_a_query_that_cannot_be_understood(snap_compare: SnapCompare, tmp_path: Path) -> None:
    assert snap_compare(make_app(tmp_path), terminal_size=(80, 24), run_before=keys("slash", *"colour:red"))


@pytest.mark.parametrize("theme", ["amitui-light", "amitui-mono"])
def test_themes(snap_compare: SnapCompare, tmp_path: Path, theme: str) -> None:
    app = make_app(tmp_path, scope=ALL, theme=theme)
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys("space", "down"))


@pytest.mark.parametrize("size", [(20, 5), (60, 15)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_small_screens(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(tmp_path), terminal_size=size, run_before=keys())


def test_names_of_strangers(snap_compare: SnapCompare, tmp_path: Path) -> None:
    names = (
        "prod[/foo]",
        "] S1_Worker_east_V3",
        "日本語のイメージ-2026-09",
        "[@click=app.quit]x[/]",
        "zero\u200bwidth \u202eand bidi",
    )
    images = [record(900 + number, name, "999988887777") for number, name in enumerate(names)]
    cloud = FakeCloud({"us-east-1": {"mine": images}})
    app = make_app(tmp_path, cloud=cloud, cached=False, scope=ALL)
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys("d"))


def test_an_ascii_terminal(snap_compare: SnapCompare, tmp_path: Path) -> None:
    app = make_app(tmp_path, scope=ALL, glyphs="ascii")
    assert snap_compare(app, terminal_size=(80, 24), run_before=keys("space", "r"))


def test_the_palette(snap_compare: SnapCompare, tmp_path: Path) -> None:
    assert snap_compare(make_app(tmp_path), terminal_size=(80, 24), run_before=keys("colon"))


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_family(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, scope=PUBLISHERS, text="ubuntu 24.04 amd64")
    assert snap_compare(app, terminal_size=size, run_before=keys("F"))


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_facets(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, scope=ALL)
    assert snap_compare(app, terminal_size=size, run_before=keys("b", "right", "right", "down", "enter"))


@pytest.mark.parametrize("size", SIZES[:2], ids=["80x24", "120x40"])
def test_several_accounts(
    snap_compare: SnapCompare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    profiles = {"acme-dev": ACCOUNT, "acme-production": "210987654321", "old": ""}
    sso = "sso_start_url = https://x.example\nsso_region = us-east-1\nsso_role_name = ops\n"
    (tmp_path / "config").write_text(
        "".join(f"[profile {name}]\n{sso}sso_account_id = {of}\n" for name, of in profiles.items() if of)
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    marks = (("acme-production", ProfileSettings(production=True)),)
    app = make_app(tmp_path, profile="acme-dev", members=tuple(profiles), profiles=marks, offline=True)
    theirs = [record(70 + n, f"billing-api-2026090{n}", "210987654321", age=n * 2 * DAY) for n in range(1, 4)]
    fill(app.services.settings, "us-east-1", {"mine": theirs}, "210987654321")
    app.services.members.recall()
    assert snap_compare(app, terminal_size=size, run_before=keys("down"))
