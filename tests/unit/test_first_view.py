"""What the screen begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.cli.browse import _FirstRows
from amitui.configuration.load import load_settings
from amitui.domain.query.terms import SortOrder
from amitui.services.composition import Services
from amitui.services.remembered import ScreenState

if TYPE_CHECKING:
    from pathlib import Path

LAST = ScreenState(query="debian", sort_column="state", sort_descending=False)


@pytest.mark.parametrize(("typed", "order"), [("ubuntu 24.04", None), ("", SortOrder("state", descending=False))])
def test_the_last_screens_order_is_not_that_of_another_search(
    tmp_path: Path, typed: str, order: SortOrder | None
) -> None:
    environment = {"HOME": str(tmp_path), "AMITUI_STATE_DIR": str(tmp_path)}
    settings = load_settings({"cache_dir": str(tmp_path)}, environment)._replace(query=typed)
    view = _FirstRows(Services(settings), LAST).view
    assert view.text == (typed or "debian")
    assert view.sort == order
