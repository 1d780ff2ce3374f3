"""DuckDB, which is an extra: opened within bounds of memory, without a network, and its errors as words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from amitui.errors import CacheError, UsageError
from amitui.os_faults import Place, explain

if TYPE_CHECKING:
    import duckdb

MEMORY: Final = "256MB"
"""What DuckDB takes before it writes to its temporary folder."""
THREADS: Final = 1
"""Each holds a row group while it writes; with two, a million images take more than `MEMORY`, and no less time."""

_SYSTEM_ERRORS: Final = {
    "no space left": errno.ENOSPC,
    "disk quota": errno.EDQUOT,
    "file too large": errno.EFBIG,
    "max_temp_directory_size": errno.ENOSPC,
    "permission denied": errno.EACCES,
    "read-only file system": errno.EROFS,
}
"""What DuckDB says of the system's errors, whose numbers it does not tell."""


def require_duckdb() -> None:
    """Import DuckDB.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import duckdb  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "DuckDB is not installed, and this command needs it",
            why=str(error),
            remedy="pip install 'amitui[engines]'",
        ) from error


def open_duckdb(temporary: str) -> duckdb.DuckDBPyConnection:
    """A database in memory, which writes to a folder what is too much for that.

    Args:
        temporary: absolute; made and deleted by DuckDB as it needs it.

    Raises:
        UsageError: DuckDB is not installed.
    """
    require_duckdb()
    import duckdb

    settings: dict[str, Any] = {
        "memory_limit": MEMORY,
        "threads": THREADS,
        "temp_directory": temporary,
        # Rows are sorted by what they hold, so the order in which they come is nothing to remember.
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
    }
    return duckdb.connect(":memory:", config=settings)


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """DuckDB's errors, and the system's, in words."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        if (number := system_error(str(error))) is not None:
            raise explain(OSError(number, os.strerror(number)), place) from error
        raise CacheError(
            f"{place.name} needs more memory than {MEMORY}", why=_first_line(error), remedy="export fewer Regions"
        ) from error
    except duckdb.Error as error:
        if (number := system_error(str(error))) is not None:
            raise explain(OSError(number, os.strerror(number)), place) from error
        raise CacheError(
            f"{place.name} cannot be written", why=_first_line(error), remedy=place.elsewhere
        ) from error
    except OSError as error:
        raise explain(error, place) from error


def system_error(words: str) -> int | None:
    """The number of the system's error that DuckDB's words speak of; `None`: of none."""
    return next((number for said, number in _SYSTEM_ERRORS.items() if said in words.lower()), None)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]
