"""How much memory a statement may take, and a bound that holds where DuckDB's own does not.

DuckDB's `memory_limit` counts what its buffer manager allocates: hash tables, sorts, pages. The texts that a
function makes, and the rows that Python is given, are not in it: `repeat('x', 4000000000)` takes 4 GB with any
limit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_LEAST: Final = 192 << 20
_MOST: Final = 2 << 30
_SHARE: Final = 5 / 8
"""Of what DuckDB would take by itself: 80% of the machine's memory, or of the container's."""
_BESIDE: Final = 512 << 20
"""The least for rows in Python, and for what DuckDB allocates beside its buffers."""
_CHECKED: Final = 256 << 20
_CHECKED_OF_EACH: Final = 512
"""Bytes for a character of a statement: 70,000 rows of VALUES, 900 kB, take 520 MB to be planned."""
_SIZE: Final = re.compile(r"([0-9.]+) ([KMGT]iB|bytes)")
_UNITS: Final = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


def memory_of(default: str) -> int:
    """Bytes that DuckDB may take before it writes to its temporary folder: half of the machine, up to 2 GiB.

    Args:
        default: the `memory_limit` that DuckDB has set itself (`18.8 GiB`), which knows the limits of containers.
    """
    found = _SIZE.fullmatch(default)
    whole = float(found[1]) * _UNITS[found[2]] if found is not None else 0.0
    return int(min(max(whole * _SHARE, _LEAST), _MOST))


def with_rows(buffers: int) -> int:
    """What a statement may take in all.

    Args:
        buffers: bytes that DuckDB may take before it writes to its temporary folder.
    """
    return buffers + max(buffers // 2, _BESIDE)


def while_checked(statement: str) -> int:
    """What a statement may take while it is only checked.

    Nothing is read for it, but what is constant in it is worked out. Where that needs more, DuckDB leaves it for
    the run, and finds nothing wrong.
    """
    return _CHECKED + _CHECKED_OF_EACH * len(statement)


@contextmanager
def bounded_process(more: int) -> Iterator[None]:
    """Within it this process gets no more than so many bytes beyond what it has by now.

    What exceeds that fails to allocate, which DuckDB and Python report as an error. Linux only: elsewhere the
    system does not count what is allocated by `mmap`.
    """
    held = _data_bytes()
    if held is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    known = [one for one in (soft, hard) if one != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([held + more, *known]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int | None:
    """What RLIMIT_DATA counts of this process; `None`: this system does not say.

    Source: https://man7.org/linux/man-pages/man2/getrlimit.2.html, https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    """
    if sys.platform != "linux":
        return None
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            sizes = [line.split()[1] for line in file if line.startswith("VmData:")]
    except OSError:
        return None
    return int(sizes[0]) << 10 if sizes else None
