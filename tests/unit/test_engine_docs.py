"""docs/engines.md: its statements name the columns that are exported, with their types, and its questions run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amitui.catalog.engine.sandbox import Sandbox
from amitui.domain.catalogue.export_columns import COLUMNS, FILE_COLUMNS, PARTITIONS, hive_type, trino_type
from amitui.domain.catalogue.scope import ALL, SCOPE_TITLES

TEXT = (Path(__file__).parents[2] / "docs/engines.md").read_text()


def _statements(heading: str) -> list[str]:
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```sql\n(.*?)\n```", section, re.DOTALL)


def _columns(statement: str) -> list[tuple[str, str]]:
    """The columns of a CREATE TABLE, one a line."""
    body = statement.split("(\n", 1)[1].split("\n)")[0]
    lines = [line.strip().removesuffix(",").replace("`", "").split(" ", 1) for line in body.split("\n")]
    return [(name, kind) for name, kind in lines]


def test_athena_is_told_the_columns_of_the_files_and_the_partitions_apart() -> None:
    (statement,) = _statements("Athena")
    assert _columns(statement) == [(one.name, hive_type(one.type)) for one in FILE_COLUMNS]
    assert "PARTITIONED BY (`region` string, `scope` string)" in statement
    assert "region=${region}/scope=${scope}/" in statement
    scopes = re.search(r"'projection\.scope\.values' = '([^']*)'", statement)
    assert scopes is not None
    assert {*scopes[1].split(",")} == {*SCOPE_TITLES} - {ALL.name}


def test_each_engine_is_told_that_folders_are_texts() -> None:
    # An account that is a scope begins with zeros, or is a number for whoever guesses.
    assert "partitionColumnTypeInference.enabled = false" in "".join(_statements("Spark"))
    assert "hive_types_autocast = false" in TEXT


def test_trino_is_told_the_columns_with_the_partitions_last() -> None:
    (statement,) = _statements("Trino")
    assert _columns(statement) == [(one.name, trino_type(one.type)) for one in (*FILE_COLUMNS, *PARTITIONS)]
    assert {one.name for one in COLUMNS} == {name for name, _ in _columns(statement)}


@pytest.mark.parametrize("statement", _statements("Five questions"))
def test_each_question_is_sql_that_is_run(statement: str, tmp_path: Path) -> None:
    with Sandbox(None, (), temporary=str(tmp_path)) as sandbox:
        sandbox.check(statement)


def test_there_are_five_questions() -> None:
    assert len(_statements("Five questions")) == 5
