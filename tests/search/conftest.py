"""The catalogue of look-ups, indexed once."""

from __future__ import annotations

import pytest

from tests.search.judge import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The catalogue of `catalogue.py`, ready to be searched."""
    return Stage(tmp_path_factory.mktemp("lookups"))
