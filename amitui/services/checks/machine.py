"""Checks of what is on this machine: versions, config file, cache, locks and journal."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import sys
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from typing import TYPE_CHECKING, Final

from amitui.catalog.index.schema import require_trigrams
from amitui.catalog.locks import held_locks
from amitui.catalog.sqlite_file import tried_journal_mode
from amitui.domain.counts import count_of
from amitui.errors import AmituiError
from amitui.operations.journal import Journal
from amitui.paths import private_dir
from amitui.services.checks.finding import Finding, fail, failed, ok, skip, warn

if TYPE_CHECKING:
    from amitui.settings import Settings

_LEAST_FREE: Final = 20_000_000
"""Bytes of a disk below which a fetch cannot end."""

_LITTLE_FREE: Final = 500_000_000
"""Bytes that the public images of one Region may take, index included."""

_NETWORK_DISKS: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "lustre"})
"""Types of file systems on which SQLite's locks are known to fail (sqlite.org/wal.html, "Overview", point 2)."""

_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*\(?([<>=!~0-9.,\s]*)\)?\s*(?:;\s*(.*))?")
_BOUND: Final = re.compile(r"(>=|<)\s*([0-9.]+)")


def check_python() -> Finding:
    """Whether this Python is one that amitui is made for."""
    running = ".".join(map(str, sys.version_info[:3]))
    wanted = str(metadata("amitui").json.get("requires_python", ""))
    if _is_within(running, wanted):
        return ok("Python", f"{running} ({sys.executable})")
    remedy = "install amitui with another: uvx --python 3.13 amitui"
    return warn("Python", f"{running} is not among {wanted}", remedy)


def check_dependencies() -> Finding:
    """Whether the packages that amitui needs are there, in versions that it was tested with."""
    missing, other, there = [], [], []
    for name, wanted in _requirements():
        try:
            found = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        there.append(f"{name} {found}")
        if not _is_within(found, wanted):
            other.append(f"{name} {found} is not {wanted}")
    remedy = "install amitui apart from other programs: uv tool install amitui, or pipx install amitui"
    if missing:
        return fail("dependencies", f"not installed: {', '.join(missing)}", remedy)
    return warn("dependencies", "; ".join(other), remedy) if other else ok("dependencies", ", ".join(there))


def _requirements() -> list[tuple[str, str]]:
    """The packages that are needed here without any extra, each with its bounds."""
    found = []
    for line in requires("amitui") or ():
        read = _REQUIREMENT.fullmatch(line)
        if read is None or "extra" in (marker := read[3] or ""):
            continue
        bound = re.search(r"python_version\s*<\s*['\"]([0-9.]+)", marker)
        if bound is None or sys.version_info[:2] < _numbers(bound[1]):
            found.append((read[1], read[2].strip()))
    return found


def _is_within(found: str, wanted: str) -> bool:
    """Whether a version is within bounds such as `>=8.2,<9`."""
    have, bounds = _numbers(found), _BOUND.findall(wanted)
    return all(have >= _numbers(one) if sign == ">=" else have < _numbers(one) for sign, one in bounds)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:4])


def check_config(settings: Settings, problem: AmituiError | None) -> Finding:
    """Whether the config file can be used.

    Args:
        problem: why the settings could not be read.
    """
    if problem is not None:
        return failed("config", problem)
    path = settings.locations.config_file
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return ok("config", f"{path or 'no home folder'} does not exist; the defaults hold")
    if stat.S_IMODE(mode) & 0o022:
        # Its marks protect production accounts.
        return warn("config", f"{path} can be changed by other users", f"chmod go-w {path}")
    return ok("config", path)


def check_cache(settings: Settings) -> Finding:
    """Whether the catalogue can be stored: the folder, the disk, and SQLite on it."""
    folder = private_dir(settings.locations.realm)
    require_trigrams()
    free = shutil.disk_usage(folder).free
    words = f"{folder}, {free / 1e9:,.1f} GB free, SQLite {sqlite3.sqlite_version}"
    elsewhere = "use a folder on a local disk: --cache-dir DIR"
    if free < _LEAST_FREE:
        return fail("cache", words, f"free some space, or {elsewhere}")
    mode = tried_journal_mode(folder)
    words += f", journal mode {mode}"
    kind = file_system_of(folder)
    if kind in _NETWORK_DISKS:
        return warn("cache", f"{words}; it is on {kind}, where SQLite's locks cannot be relied on", elsewhere)
    if mode != "wal":
        return warn("cache", f"{words}: this file system does not support WAL", elsewhere)
    if free < _LITTLE_FREE:
        return warn("cache", words, "amitui cache trim --to MB")
    return ok("cache", words)


def file_system_of(path: str, mounts: str = "/proc/mounts") -> str:
    """The type of the file system that holds a path, as Linux calls it; empty where that is not known."""
    try:
        with open(mounts, encoding="utf-8", errors="replace") as file:
            lines = [line.split() for line in file]
    except OSError:
        return ""
    real, best, kind = os.path.realpath(path), "", ""
    for _, point, found, *_ in (line for line in lines if len(line) > 2):
        inside = point == "/" or real == point or real.startswith(f"{point}/")
        if inside and len(point) >= len(best):
            best, kind = point, found
    return kind


def check_locks(settings: Settings) -> Finding:
    """Who is fetching right now."""
    held = held_locks(settings.locations.locks_dir)
    if not held:
        return ok("locks", "none is held: nothing is being fetched")
    holders = dict.fromkeys(f"process {pid}" for one in held for pid in one.pids)
    by = f" by {', '.join(holders)}" if holders else ""
    return ok("locks", f"{count_of(len(held), 'fetch', 'fetches')} in progress{by}")


def check_journal(settings: Settings) -> Finding:
    """Whether the journal can be read, and what in it is unfinished."""
    if settings.demo:
        return skip("journal", "the demo's own is deleted with it")
    path = settings.locations.journal_file
    journal = Journal.read(path)
    if journal is None:
        return ok("journal", f"{path} does not exist: nothing was ever changed from here")
    with journal:
        count, under_way = journal.tally()
        orphans = [one for one in journal.operations(ended_since=float("inf")) if not journal.is_driven(one)]
    words = f"{path}: {count_of(count, 'operation')}, {under_way:,} in progress"
    if orphans:
        return warn(
            "journal",
            f"{words}, {len(orphans):,} of them without a running amitui",
            "start amitui to continue them; amitui ops lists them",
        )
    return ok("journal", words)
