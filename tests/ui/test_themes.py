"""The theme that was asked for, and the one that is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.errors import UsageError
from amitui.services.remembered import ScreenState
from tests.support.app import make_app

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["mono", "Amitui-Mono", "[red]"])
def test_a_theme_of_the_settings_that_does_not_exist_is_refused_with_the_names_of_those_that_do(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError) as raised:
        make_app(tmp_path, theme=name)
    assert raised.value.what == f"there is no theme {name!r}"
    assert "amitui-dark, amitui-light, amitui-mono; Textual's ansi-dark, " in str(raised.value.why)


def test_a_remembered_theme_that_does_not_exist_any_more_is_replaced(tmp_path: Path) -> None:
    app = make_app(tmp_path, state=ScreenState(theme="of-another-version"))
    assert app.theme in app.available_themes
