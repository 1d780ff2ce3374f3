"""Which statements are run: one, that reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.domain.visible import show_invisible
from amitui.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType

MOST_CHARACTERS: Final = 1 << 20
"""Of a statement."""


def check_statement(duckdb: ModuleType, connection: Any, statement: str) -> None:
    """Check that a text is one statement, and that it only reads.

    Raises:
        UsageError: it is not.
        duckdb.Error: it is no SQL.
    """
    if len(statement) > MOST_CHARACTERS:
        raise UsageError(f"the statement is longer than {MOST_CHARACTERS:,} characters")
    try:
        statement.encode()
    except UnicodeEncodeError as error:  # bytes of an argument that are none of the locale's characters
        raise UsageError("the statement is not UTF-8", remedy="--file FILE reads it from a file") from error
    if "\0" in statement:
        raise UsageError("the statement contains a NUL character")
    found = connection.extract_statements(statement)
    if not found:
        raise UsageError("the statement is empty", remedy='amitui sql "SELECT count(*) FROM images"')
    if len(found) > 1:
        raise UsageError(
            f"only one statement is run, and these are {len(found)}",
            remedy="one SELECT; put several together with WITH or UNION ALL",
        )
    kind = _kind_of(found[0])
    if kind == duckdb.StatementType.SELECT:
        return
    if kind == getattr(duckdb.StatementType, "MULTI", None):
        raise UsageError(
            "this PIVOT needs more than one statement", remedy="name its values: PIVOT … ON column IN ('a', 'b')"
        )
    name = show_invisible(str(kind).rpartition(".")[2].replace("_", " "))
    raise UsageError(
        f"{name} is not run: amitui sql only reads",
        why="the catalogue, files and settings stay as they are, whatever the statement",
        remedy="SELECT, WITH … SELECT, FROM, VALUES, DESCRIBE or SUMMARIZE",
    )


def _kind_of(statement: Any) -> object:
    """Its kind; a text where duckdb's Python has no name for it, as for UPDATE EXTENSIONS."""
    try:
        return statement.type
    except ValueError:
        return " ".join(str(statement.query).split()[:2])[:40]
