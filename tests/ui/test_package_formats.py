"""Formats of other packages in the export screen, beside those that are built in; a broken one is a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.presentation.exporters import installed
from amitui.ui.widgets.status_bar import StatusBar
from tests.support.app import make_app, opened, press, screen_text
from tests.support.packages import install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = """
def names(images):
    for image in images:
        yield image["Name"] + "\\n"
def broken(images):
    yield "half"
    raise ValueError("no [/foo] today")
"""


@pytest.fixture
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = install(
        tmp_path / "site",
        "acme-formats",
        {"zz-names": "acme_formats:names", "zz-broken": "acme_formats:broken"},
        acme_formats=CODE,
    )
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(tmp_path)
    installed.cache_clear()
    yield
    installed.cache_clear()


@pytest.mark.usefixtures("_package")
async def test_the_export_screen_writes_in_the_format_of_a_package(tmp_path: Path) -> None:
    app = make_app(tmp_path / "home")
    async with opened(app, (100, 40)) as pilot:
        await press(pilot, "e", "end")
        text = screen_text(pilot)
        assert "by acme-formats 1.0" in text
        assert "amis.zz-names" in text
        await press(pilot, "ctrl+s")
        assert "wrote 3 images" in app.query_one(StatusBar).text
    written = (tmp_path / "amis.zz-names").read_text().splitlines()
    assert written[:2] == ["acme-web-20260920", "acme-web-20260913"]


@pytest.mark.usefixtures("_package")
async def test_a_broken_one_is_a_sentence_and_leaves_no_file(tmp_path: Path) -> None:
    app = make_app(tmp_path / "home")
    async with opened(app, (120, 40)) as pilot:
        await press(pilot, "e", "z", "ctrl+s")
        assert "the exporter zz-broken of acme-formats 1.0 failed" in app.query_one(StatusBar).text
        await press(pilot, "exclamation_mark")
        assert "ValueError: no [/foo] today" in screen_text(pilot)
    assert not list(tmp_path.glob("amis.*"))
