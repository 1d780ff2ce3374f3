"""Repeats calls to AWS after pauses while it does not answer, for at most the time that `--retry` sets."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from amitui.catalog.locks import ShardBusy
from amitui.defects import defect_of
from amitui.domain.retrying import Pauses, is_transient, later_words
from amitui.errors import AmituiError, NetworkError, ThrottledError

if TYPE_CHECKING:
    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.cli.progress_line import ProgressLine
    from amitui.domain.catalogue.shard import Shard
    from amitui.services.composition import Services

SILENCE_S: Final = 60.0
"""For how long a region may not answer in commands without `--retry` (`find`)."""

ONE_TRY_S: Final = 30.0
"""For how long a region is tried after another one was given up and none has answered since."""

ANNOUNCE_AFTER_S: Final = 10.0
"""Seconds from a call to the message that there is no answer yet."""

SILENT: Final = "Silent"
"""The code of the error of a region that was given up."""


class Silence:
    """For how long regions have not answered, shared by all calls of one command.

    Args:
        limit_s: seconds for which a region may not answer; 0 = no limit but that of a single attempt.
        now: a monotonic clock, in seconds.
    """

    def __init__(self, limit_s: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self.limit_s, self._now = limit_s, now
        self._given_up = False
        """Whether a region was silent for the whole limit and nothing has answered anywhere since."""
        self._under_way: Counter[str] = Counter()
        """By region: how many attempts are under way."""
        self._since: dict[str, float] = {}
        """By region with an attempt under way: the time of its last answer, or of its first call."""

    def begin(self, region: str) -> None:
        """An attempt begins; unless one is under way already, the region's silence begins now."""
        self._under_way[region] += 1
        if region in self._since:
            return
        begin = self._now()
        if self._given_up:
            # What keeps one region from answering is likely to affect all: the others get one try each.
            begin -= max(0.0, self.limit_s - ONE_TRY_S)
        self._since[region] = begin

    def answered(self, region: str) -> None:
        """A region has answered."""
        self._since[region] = self._now()
        self._given_up = False

    def end(self, region: str, *, failed: bool) -> None:
        """An attempt has ended. One that failed is repeated, so its silence goes on."""
        self._under_way[region] -= 1
        if not failed and not self._under_way[region]:
            self._since.pop(region, None)

    def left(self, region: str) -> float | None:
        """Seconds until a region is given up; `None` = no limit, or no attempt has begun yet."""
        if not self.limit_s or region not in self._since:
            return None
        left = self.limit_s - (self._now() - self._since[region])
        self._given_up = self._given_up or left <= 0
        return left


class Persistent:
    """Makes calls to AWS, and repeats them after growing pauses while it does not answer.

    Args:
        line: where that is reported.
        retry_s: for how many seconds without any answer.
        silence: shared by all calls of the command.
        sleep: lets so many seconds pass, of the clock `now`.
    """

    def __init__(
        self,
        line: ProgressLine,
        retry_s: float,
        silence: Silence | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line, self._sleep = line, sleep
        self._silence = silence or Silence(retry_s, now=now)
        self._retry_s = retry_s
        self._pauses = Pauses(retry_s, now=now)
        self._begun = False
        """Whether the crawl has begun, so that the next attempt resumes it."""
        self._attempting = False
        """Whether an attempt is under way and not waiting for others."""
        self._failure: AmituiError | None = None
        """Why the last attempt failed; `None` once something has come."""

    async def identify(self, services: Services) -> None:
        """Find out the accounts.

        Raises:
            AmituiError: AWS refuses, or there was no answer for too long.
        """
        self._line.totals.asking("AWS")
        try:
            while True:
                try:
                    self._begin("")
                    await self._within("", services.members.identify)
                    return
                except AmituiError as error:
                    if not await self._waited(error, ""):
                        raise
        finally:
            self._line.totals.asking("")

    async def refresh(self, services: Services, shard: Shard, *, full: bool) -> AmituiError | None:
        """Crawl a shard; gives what stopped it."""
        try:
            return await self._refresh(services, shard, full=full)
        finally:
            self._line.totals.end(shard)

    async def _refresh(self, services: Services, shard: Shard, *, full: bool) -> AmituiError | None:
        while True:
            try:
                await self._within(
                    shard.region,
                    lambda: services.catalogue.refresh(shard, self._report, full=full and not self._begun),
                )
                return None
            except ShardBusy as busy:
                self._line.say(f"amitui: {busy.what}; it goes on there")
                return None
            except AmituiError as error:
                if not await self._waited(error, shard.region):
                    return error

    async def _within(self, region: str, attempt: Callable[[], Awaitable[object]]) -> None:
        """One attempt, cancelled when its region has not answered for too long."""
        task = asyncio.ensure_future(self._run(attempt))
        announced, failed = False, True
        try:
            while True:
                left = self._silence.left(region)
                if left is not None and left <= 0:
                    break
                wait_s = ANNOUNCE_AFTER_S if left is None else min(left, ANNOUNCE_AFTER_S)
                done, _ = await asyncio.wait({task}, timeout=wait_s)
                if done:
                    failed = (error := task.exception()) is not None and is_transient(defect_of(error))
                    if not failed:
                        self._silence.answered(region)
                    task.result()
                    return
                left = self._silence.left(region)
                if (
                    self._attempting
                    and left is not None
                    and left > 0
                    and not announced
                    and left < self._silence.limit_s - ANNOUNCE_AFTER_S / 2
                ):
                    announced = True
                    self._line.later(f"amitui: no answer yet{_in(region)}; giving up in {max(1, round(left))} s")
        finally:
            task.cancel()
            await asyncio.wait({task})
            if self._attempting:
                self._attempting = False
                self._silence.end(region, failed=failed)
        raise self._given_up(region)

    def _given_up(self, region: str) -> AmituiError:
        """Why a region is given up: it was silent, or refused every call."""
        waited = f"for {round(self._silence.limit_s)} s"
        if region and self._line.totals.is_throttled():
            return ThrottledError(
                f"EC2 throttled the requests{_in(region)}",
                why=f"it refused calls, and no image came {waited}; all users of this account share the limit",
                remedy="try again when less is asked of EC2 with this account; sync --retry S waits longer",
                code=SILENT,
            )
        if (failure := self._failure) is not None:
            # It was not silent: what it answered, or what broke, is the cause.
            why = f"{failure.why}; " if failure.why else ""
            return NetworkError(
                failure.what,
                why=f"{why}no attempt succeeded {waited}",
                remedy=f"{failure.remedy}; sync --retry S tries longer".removeprefix("; "),
                code=SILENT,
            )
        return NetworkError(
            f"EC2 did not answer in time{_in(region)}"
            if region
            else "AWS did not identify the account: no answer",
            why=f"it was silent {waited}",
            remedy="check the network, a proxy (HTTPS_PROXY) and AWS_ENDPOINT_URL; sync --retry S waits longer",
            code=SILENT,
        )

    @staticmethod
    async def _run(attempt: Callable[[], Awaitable[object]]) -> None:
        await attempt()

    def _report(self, progress: CrawlProgress) -> None:
        self._begun = True
        self._begin(progress.shard.region)
        if progress.pages:
            self._pauses.reset()
            self._failure = None
            self._silence.answered(progress.shard.region)
        self._line.report(progress)

    def _begin(self, region: str) -> None:
        if not self._attempting:
            self._attempting = True
            self._silence.begin(region)

    async def _waited(self, error: AmituiError, region: str) -> bool:
        """Wait before the next attempt; false when there should be none."""
        if not is_transient(error) or getattr(error, "code", "") == SILENT:
            return False
        self._failure = error
        left = self._silence.left(region)
        pause = self._pauses.after_failure()
        if pause is None or (left is not None and left <= 0):
            return False
        pause = pause if left is None else min(pause, left)
        self._line.later(f"amitui: {later_words(error, pause)}")
        await self._sleep(pause)
        return True


def _in(region: str) -> str:
    return f" in {region}" if region else ""
