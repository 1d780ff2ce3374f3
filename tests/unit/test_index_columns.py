"""What the index keeps of an image is declared once, and everything that is derived from it agrees."""

from __future__ import annotations

import sqlite3

import pytest

from amitui.catalog.index.schema import ensure_schema
from amitui.catalog.search.plan import COMPILED, order_value
from amitui.domain.image.row import INDEX_COLUMNS, ImageRow, ImageSummary, IndexColumn, Kept
from amitui.domain.query.terms import BEST, SORT_COLUMNS
from amitui.presentation.columns import COLUMNS
from amitui.ui.screens.sort import next_order


@pytest.fixture
def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    ensure_schema(connection)
    return connection


@pytest.mark.parametrize("column", INDEX_COLUMNS, ids=[column.name for column in INDEX_COLUMNS])
def test_a_kept_value_comes_from_the_summary_and_goes_into_the_row(column: IndexColumn) -> None:
    assert column.field in ImageSummary._fields
    assert column.field in ImageRow._fields


def test_the_table_has_a_column_for_every_kept_value_and_only_times_may_be_missing(
    database: sqlite3.Connection,
) -> None:
    found = {name: not required for _, name, _, required, *_ in database.execute("PRAGMA table_info(image)")}
    for column in INDEX_COLUMNS:
        assert found[column.name] is (column.kept is Kept.TIME), column.name
    own = {"id", "key", "facet", "slots", "owner", "flags", "family", "kind", "audience"}
    assert found.keys() == own | {column.name for column in INDEX_COLUMNS}


@pytest.mark.parametrize("name", SORT_COLUMNS)
def test_sqlite_sorts_by_every_column_that_the_screen_and_queries_offer(
    database: sqlite3.Connection, name: str
) -> None:
    value = None if name in COMPILED else order_value(name)
    database.execute(f"SELECT i.id FROM image i ORDER BY {value or 'i.id'}").fetchall()


def test_the_screen_and_queries_sort_by_the_same_columns() -> None:
    assert {column.name for column in COLUMNS.values() if column.sortable} == set(SORT_COLUMNS) - {BEST}


@pytest.mark.parametrize("name", ["mark", "type", "alias", "nothing", ""])
def test_an_order_that_sql_does_not_have_is_an_error_and_not_another_order(name: str) -> None:
    with pytest.raises(KeyError):
        order_value(name)


@pytest.mark.parametrize(
    ("name", "descending"), [("size", True), ("created", True), ("trust", True), ("arch", False), ("name", False)]
)
def test_numbers_and_times_begin_with_the_highest(name: str, descending: bool) -> None:
    assert next_order(name, None).descending is descending
