from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from amitui.domain.catalogue.export_columns import (
    BLOCK_DEVICES,
    COLUMNS,
    FLAG_COLUMNS,
    Column,
    duckdb_type,
    hive_type,
    trino_type,
)
from amitui.domain.image.image import BlockDevice, ImageFlag


def test_every_flag_but_that_of_tags_is_a_column() -> None:
    assert set(FLAG_COLUMNS) == set(ImageFlag) - {ImageFlag.TAGGED}
    assert set(FLAG_COLUMNS.values()) <= set(COLUMNS)


def test_names_are_unique_in_lower_case() -> None:
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and name.isidentifier() for name in names)


def test_block_devices_have_every_field_of_ec2() -> None:
    assert {field.name for field in BLOCK_DEVICES.fields} == {*BlockDevice._fields, "root"}


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_duckdb_knows_the_type(column: Column) -> None:
    with duckdb.connect() as connection:
        # No quotes: whoever asks needs none either.
        connection.execute(f"CREATE TABLE images ({column.name} {duckdb_type(column.type)})")
        ((name, kind),) = connection.execute("SELECT column_name, column_type FROM (DESCRIBE images)").fetchall()
    assert (name, kind.replace('"', "")) == (column.name, duckdb_type(column.type))


def test_types_with_parts_are_worded_for_each_engine() -> None:
    by_name = {column.name: column.type for column in COLUMNS}
    assert duckdb_type(by_name["product_codes"]) == "STRUCT(code VARCHAR, type VARCHAR)[]"
    assert hive_type(by_name["product_codes"]) == "array<struct<code:string,type:string>>"
    assert trino_type(by_name["product_codes"]) == "array(row(code varchar, type varchar))"
    assert hive_type(by_name["tags"]) == "map<string,string>"
    assert trino_type(by_name["creation_date"]) == "timestamp(6)"


def test_the_documentation_has_every_column() -> None:
    text = (Path(__file__).parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{column.name}` | `{hive_type(column.type)}` | {column.about} |" for column in COLUMNS]
