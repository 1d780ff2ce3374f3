"""The result of a check, and how one is run: bounded in time, and unable to keep the others from running."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final, NamedTuple

from amitui.defects import defect_of

LIMIT_S: Final = 10.0
"""Seconds that one check may take."""


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    """It works, or may; what may be wrong is said."""
    FAIL = "fail"
    SKIP = "skip"
    """Not checked, as something that it depends on failed or was not wanted."""


class Finding(NamedTuple):
    """What a check found."""

    name: str
    """What was checked: `clock`."""
    verdict: Verdict
    words: str
    """May hold text from outside (paths, ARNs): it is made visible where it is printed. Never a secret."""
    remedy: str = ""
    """What helps; empty when nothing is wrong."""
    is_remote: bool = False
    """Whether it is about AWS or the way there."""


def ok(name: str, words: str) -> Finding:
    """A check that found nothing wrong."""
    return Finding(name, Verdict.OK, words)


def warn(name: str, words: str, remedy: str) -> Finding:
    """A check that found what may be wrong."""
    return Finding(name, Verdict.WARN, words, remedy)


def fail(name: str, words: str, remedy: str) -> Finding:
    """A check that found what is wrong."""
    return Finding(name, Verdict.FAIL, words, remedy)


def skip(name: str, why: str) -> Finding:
    """A check that was not made."""
    return Finding(name, Verdict.SKIP, why)


def failed(name: str, error: BaseException) -> Finding:
    """A check that an exception ended; of one that nobody foresaw, its kind and place only."""
    said = defect_of(error)
    return fail(name, f"{said.what}: {said.why}" if said.why else said.what, said.remedy)


async def bounded(name: str, check: Awaitable[Finding], limit_s: float = LIMIT_S) -> Finding:
    """The finding of a check, which whatever ends it early is too."""
    try:
        return await asyncio.wait_for(check, limit_s)
    except TimeoutError:
        return fail(name, f"no result within {limit_s:g} s", "check the network or the disk that it waits for")
    except Exception as error:  # noqa: BLE001 - the other checks are still to run
        return failed(name, error)


async def in_thread(name: str, check: Callable[[], Finding], limit_s: float = LIMIT_S) -> Finding:
    """The finding of a check that blocks: on a dead NFS server, its thread is left behind."""
    return await bounded(name, asyncio.to_thread(check), limit_s)
