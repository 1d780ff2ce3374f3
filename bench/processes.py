"""What a command costs with all the processes that it starts: time, CPU, memory, bytes written."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAMPLE_S: Final = 0.1
"""Between two looks at the memory of the processes."""

_TICK: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command took."""

    wall: float
    """Seconds from its start to its end."""
    cpu: float
    """Seconds of user and system time of all its processes."""
    peak_all: int
    """Most bytes of resident memory of all processes together; pages that they share count for each."""
    peak_shared: int
    """The same with pages that several processes share counted once (PSS)."""
    peak_largest: int
    """Most resident memory of one process."""
    processes: int
    written: int
    """Bytes that they gave to the kernel's files (`wchar`)."""
    stderr: str


def run(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    folder: Path,
    *,
    stdin: Path | None = None,
) -> Cost:
    """Run a command to its end, its standard output thrown away.

    Args:
        folder: where it runs; what it says is kept in a file there for a moment.
        stdin: what it reads; `None`: nothing.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    said = folder / "stderr"
    with open(stdin or os.devnull, "rb") as given, said.open("wb") as complaints:
        before = _written()
        started = time.perf_counter()
        process = subprocess.Popen(
            [*map(str, command)], env=dict(environment), cwd=folder,
            stdin=given, stdout=subprocess.DEVNULL, stderr=complaints,
        )  # fmt: skip
        watch = _Watch(process.pid)
        try:
            while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
                watch.look()
                time.sleep(SAMPLE_S)
        except BaseException:
            process.kill()
            raise
        wall = time.perf_counter() - started
    # The interpreter must not wait again for what has been waited for here.
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    text = said.read_text(errors="replace")
    said.unlink()
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {text[-2000:]}")
    usage = ended[2]
    return Cost(
        wall=wall,
        # Of processes that nobody waited for, only what was seen of them is known.
        cpu=max(usage.ru_utime + usage.ru_stime, watch.cpu),
        peak_all=max(watch.peak_all, usage.ru_maxrss * 1024),
        peak_shared=watch.peak_shared,
        peak_largest=max(watch.peak_largest, usage.ru_maxrss * 1024),
        processes=len(watch.seconds),
        written=_written() - before,
        stderr=text,
    )


class _Watch:
    """Looks at a process and its descendants from time to time."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak_all = 0
        self.peak_largest = 0
        self.peak_shared = 0
        self.seconds: dict[int, float] = {}
        """CPU of each process when it was seen last."""

    @property
    def cpu(self) -> float:
        return sum(self.seconds.values())

    def look(self) -> None:
        sizes, shares = [], []
        for pid in family(self._pid):
            with suppress(OSError, ValueError, IndexError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                self.seconds[pid] = (int(fields[11]) + int(fields[12])) / _TICK
                sizes.append(int(fields[21]) * _PAGE)
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                shares.append(int(rollup.partition("\nPss:")[2].split()[0]) * 1024)
        self.peak_all = max(self.peak_all, sum(sizes))
        self.peak_shared = max(self.peak_shared, sum(shares))
        self.peak_largest = max(self.peak_largest, *sizes, 0)


def family(pid: int) -> list[int]:
    """A process and its descendants, those that its threads started too."""
    found = [pid]
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                children = Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
                found += [member for child in children for member in family(int(child))]
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a running process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def folder_bytes(folder: Path) -> int:
    """Sizes of the files in a folder."""
    return sum(os.lstat(os.path.join(at, name)).st_size for at, _, names in os.walk(folder) for name in names)


def _written() -> int:
    """By this process and by those that it has waited for: the kernel adds them up."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))
