"""What DuckDB reports, in amitui's errors: what is wrong, where in the statement, and which name was meant."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from amitui.catalog.columnar.duck import system_error
from amitui.domain.catalogue.export_columns import COLUMNS
from amitui.domain.visible import is_visible, show_invisible
from amitui.errors import AmituiError, CacheError, UsageError
from amitui.os_faults import Place, explain

if TYPE_CHECKING:
    from types import ModuleType

INSTALL: Final = "pip install 'amitui[engines]'"

EXPLAINED: Final = "EXPLAIN\n"
"""Before a statement that is only checked: a line of its own, so that places in the others stay as they are."""

_COLUMN: Final = re.compile(r'column (?:named )?"([^"]{1,200})"')
_TABLE: Final = re.compile(r"Table with name (\S{1,200}) does not exist")
_EXTENSION: Final = re.compile(", (?:but|a function)")
_KIND: Final = re.compile(r"^[A-Za-z ]{1,40} Error: ")
_SPILL: Final = Place(
    "the temporary folder of the cache", elsewhere="use another one with --cache-dir", mend="check the disk"
)
_SPILL_LIMIT: Final = "max_temp_directory_size"
_NO_THREAD: Final = "can't start new thread"
"""Python's words where no memory is left for its stack."""
_LONGEST_WHY: Final = 600
_EXCERPT: Final = 60
"""Characters of the statement that are shown: a terminal of 80 columns does not wrap them."""
_NEAR: Final = 0.6
"""Least similarity of a name that is suggested."""


class SqlError(UsageError):
    """DuckDB refused a statement. The excerpt is the line that is wrong, and a line that marks the place."""

    def __init__(self, what: str, *, why: str = "", remedy: str = "", excerpt: tuple[str, ...] = ()) -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.excerpt = excerpt

    def lines(self) -> list[str]:
        """What, why, the excerpt and the remedy."""
        return [line for line in (self.what, self.why, *self.excerpt, self.remedy) if line]


class PlanningTimeout(UsageError):
    """DuckDB could not plan a statement in time, and may go on with it."""

    leaves_thread = True


def load_duckdb() -> ModuleType:
    """The module.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise UsageError(
            "SQL needs DuckDB, which is not installed",
            why="it is an extra of 25 MB that nothing else needs",
            remedy=INSTALL,
        ) from error
    return duckdb


@contextmanager
def explained(duckdb: ModuleType, *, line_before: bool = False) -> Iterator[None]:
    """Errors of DuckDB's become amitui's; a query that was interrupted is Ctrl-C.

    Args:
        line_before: whether a line stands before what was typed.

    Raises:
        SqlError: the statement is wrong, or needs more than it may take.
        CacheError: a file of the table cannot be read.
    """
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except MemoryError as error:
        raise _too_much("the rows that it gives are too large") from error
    except (OverflowError, ValueError) as error:
        raise SqlError(
            "a value of the answer is beyond what can be printed",
            why=show_invisible(str(error))[:_LONGEST_WHY],
            remedy="cast it to text, as in SELECT value::VARCHAR",
        ) from error
    except (duckdb.Error, RuntimeError) as error:
        raise _in_words(duckdb, error, int(line_before)) from error


def _in_words(duckdb: ModuleType, error: Exception, before: int) -> AmituiError:
    text, excerpt = _parts(str(error), before)
    what, _, more = text.partition("\n")
    what, why = what.rstrip(" !."), " ".join(more.split())
    full = system_error(text) if _SPILL_LIMIT not in text else None
    if full is not None and isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException):
        return explain(OSError(full, os.strerror(full)), _SPILL)
    if isinstance(error, duckdb.OutOfMemoryException) or text == _NO_THREAD:
        return _too_much(what)
    if isinstance(error, duckdb.PermissionException):
        return SqlError(
            what,
            why="amitui sql reads the catalogue and what --table names, and no other file or address",
            remedy="amitui sql --table NAME=FILE reads a file of CSV, JSON or Parquet too",
            excerpt=excerpt,
        )
    if isinstance(error, duckdb.IOException):
        return unreadable(error)
    if "extension" in why or "extension" in what:
        what, why = _EXTENSION.split(what)[0], "extensions are not loaded"
    return SqlError(what, why="" if why.startswith(("Candidate", "Did you mean")) else why, remedy=_meant(text),
                    excerpt=excerpt)  # fmt: skip


def unreadable(error: Exception) -> CacheError:
    """The words for files of the catalogue that are gone, damaged, or have other columns."""
    what, _ = _parts(str(error), 0)
    return CacheError(
        "the catalogue's Parquet files cannot be read",
        why=" ".join(what.split()),
        remedy="delete that file: of the cache, it is made again; of a shared catalogue, export it again",
    )


def _too_much(why: str) -> SqlError:
    return SqlError(
        "the statement needs more memory than it may take",
        why=why,
        remedy="narrow it with WHERE, or select fewer columns",
    )


def _parts(message: str, before: int) -> tuple[str, tuple[str, ...]]:
    """What is wrong, without the kind of error, and the lines that show where."""
    text, _, place = message.partition("\n\nLINE ")
    said = "\n".join(show_invisible(line) for line in _KIND.sub("", text).split("\n"))
    return said[:_LONGEST_WHY], _excerpt(place, before) if place else ()


def _excerpt(place: str, before: int) -> tuple[str, ...]:
    """The line of the statement and the one that marks the place, the part around the mark where they are long."""
    number, colon, rest = place.partition(":")
    label = f"LINE {int(number) - before if number.isdigit() else number}"
    line, mark, *_ = (*rest.split("\n"), "")
    mark = mark[len(f"LINE {number}:") :]  # it stands below the whole of the line
    line, mark = ("".join(one if is_visible(one) else " " for one in text) for text in (line, mark))
    start = max(0, min(len(mark) - len(mark.lstrip()) - _EXCERPT // 2, len(line) - _EXCERPT))
    below = " " * len(label + colon)
    return label + colon + line[start : start + _EXCERPT], below + mark[start : start + _EXCERPT]


def _meant(text: str) -> str:
    schema = "amitui sql --schema lists the columns"
    if found := _COLUMN.search(text):
        near = nearest(found[1])
        return f"did you mean {near}? {schema}" if near else schema
    if _TABLE.search(text):
        return "the table is images; --table NAME=FILE adds others"
    return ""


def nearest(name: str) -> str:
    """The column that a name that is none may mean: EC2's own name of it, or one with a slip; empty: none."""
    folded = {one.name.replace("_", ""): one.name for one in COLUMNS}
    typed = name.rpartition(".")[2].lower().replace("_", "")
    near = get_close_matches(typed, folded, 1, _NEAR)
    return folded[near[0]] if near else ""
