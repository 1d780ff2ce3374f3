"""What several tests of the catalogue begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.paths import locate

if TYPE_CHECKING:
    from pathlib import Path

    from amitui.paths import Locations


@pytest.fixture
def where(tmp_path: Path) -> Locations:
    """A home and a cache of the test's own."""
    return locate({"HOME": str(tmp_path)}, cache_dir=str(tmp_path / "cache"))
