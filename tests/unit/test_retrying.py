"""What fails only for now is asked again, after pauses that grow, and not for ever where nobody watches."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest

from amitui.catalog.locks import ShardBusy
from amitui.catalog.sync.crawl import CrawlProgress
from amitui.cli.persistent import SILENT, Persistent, Silence
from amitui.cli.progress_line import ProgressLine
from amitui.cli.sync import fetch
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.retrying import PAUSES_S, Pauses, is_transient, later_words
from amitui.errors import (
    AmituiError,
    AwsError,
    CacheError,
    CredentialsError,
    DefectError,
    DeniedError,
    NetworkError,
    RegionError,
    RejectedError,
    ThrottledError,
)
from amitui.services.composition import Services
from tests.support.app import settings_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from amitui.settings import Settings

SHARD = Shard("aws", PUBLIC, "eu-west-1", "amazon")
DEAD = NetworkError("could not reach EC2 in eu-west-1", code="EndpointConnectionError")


class Time:
    """A clock that goes on while somebody waits."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Aws(Services):
    """Services whose crawls and identity fail as scripted; `None` = they do not."""

    script: list[AmituiError | None]

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.session.identify = self._identify  # type: ignore[method-assign,assignment]
        self.catalogue.refresh = self._refresh  # type: ignore[method-assign]

    def play(self, *script: AmituiError | None) -> None:
        self.script = list(script)
        self.fulls: list[bool] = []
        self.reports: list[int] = []
        """How many pages the next attempts bring before they fail."""

    def _next(self) -> None:
        error = self.script.pop(0) if self.script else None
        if error is not None:
            raise error

    async def _identify(self) -> None:
        self._next()

    async def _refresh(
        self, shard: Shard, report: Callable[[CrawlProgress], None], *, full: bool = False
    ) -> CrawlProgress:
        self.fulls.append(full)
        pages = self.reports.pop(0) if self.reports else 0
        if pages:
            report(CrawlProgress(shard, records=pages, pages=pages))
        self._next()
        return CrawlProgress(shard, done=True)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def aws(tmp_path: Path) -> Aws:
    return Aws(settings_in(tmp_path))


def persistent(time: Time, retry_s: float) -> Persistent:
    return Persistent(ProgressLine(), retry_s, sleep=time.sleep, now=lambda: time.now)


@pytest.mark.parametrize("error", [NetworkError("no"), ThrottledError("no"), DEAD])
def test_what_may_be_answered_later_is_transient(error: AmituiError) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        DeniedError("no"),
        CredentialsError("no"),
        RegionError("no"),
        RejectedError("no"),
        AwsError("no"),
        CacheError("no"),
        DefectError("no"),
        NetworkError("the certificate is none", code="SSLError"),
        NetworkError("a proxy that is none", code="InvalidProxiesConfigError"),
    ],
)
def test_refusals_and_wrong_settings_are_not(error: AmituiError) -> None:
    assert not is_transient(error)


def test_pauses_grow_to_a_bound_and_never_end_without_a_limit() -> None:
    pauses = Pauses(now=lambda: 0.0)
    assert [pauses.after_failure() for _ in range(10)] == [*PAUSES_S, *[PAUSES_S[-1]] * 3]
    assert list(PAUSES_S) == sorted(PAUSES_S)
    pauses.reset()
    assert pauses.after_failure() == PAUSES_S[0]


async def test_an_outage_of_a_minute_does_not_end_a_sync(
    aws: Aws, time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.now
    aws.play(*[DEAD] * 4)
    assert await persistent(time, 300).refresh(aws, SHARD, full=False) is None
    assert time.now - began >= 60
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "amitui: could not reach EC2 in eu-west-1; trying again in 5 s"
    assert told[-1].endswith("trying again in 40 s")


async def test_an_outage_that_does_not_end_is_given_up_in_time(aws: Aws, time: Time) -> None:
    began = time.now
    aws.play(*[DEAD] * 100)
    assert await persistent(time, 300).refresh(aws, SHARD, full=False) is DEAD
    assert time.now - began == 300


@pytest.mark.parametrize("error", [DeniedError("no"), CredentialsError("no"), CacheError("no")])
async def test_a_refusal_is_given_up_at_once(aws: Aws, time: Time, error: AmituiError) -> None:
    aws.play(error)
    assert await persistent(time, 300).refresh(aws, SHARD, full=False) is error
    assert time.waits == []


async def test_whoever_does_not_want_to_wait_need_not(aws: Aws, time: Time) -> None:
    aws.play(DEAD)
    assert await persistent(time, 0).refresh(aws, SHARD, full=False) is DEAD
    assert time.waits == []


async def test_pages_that_arrive_begin_the_pauses_anew(aws: Aws, time: Time) -> None:
    """An outage now and then in a long crawl is not one long outage."""
    aws.play(*[DEAD] * 30)
    aws.reports = [1] * 30
    assert await persistent(time, 60).refresh(aws, SHARD, full=False) is None
    assert time.waits == [PAUSES_S[0]] * 30


@pytest.mark.parametrize(("pages", "fulls"), [([0, 2, 0], [True, True, False]), ([1, 0, 0], [True, False, False])])
async def test_a_full_crawl_goes_on_where_it_broke_off(
    aws: Aws, time: Time, pages: list[int], fulls: Sequence[bool]
) -> None:
    aws.play(DEAD, DEAD)
    aws.reports = pages
    assert await persistent(time, 300).refresh(aws, SHARD, full=True) is None
    assert aws.fulls == fulls


async def test_the_identity_is_asked_for_again_too(aws: Aws, time: Time) -> None:
    aws.play(DEAD, DEAD)
    await persistent(time, 300).identify(aws)
    assert time.waits == list(PAUSES_S[:2])
    aws.play(CredentialsError("no login"))
    with pytest.raises(CredentialsError):
        await persistent(time, 300).identify(aws)


async def test_a_shard_that_another_process_fetches_is_left_to_it(aws: Aws, time: Time) -> None:
    aws.play(ShardBusy("another amitui is fetching it"))
    assert await persistent(time, 300).refresh(aws, SHARD, full=False) is None
    assert time.waits == []


async def test_many_shards_that_fail_alike_say_so_once(
    aws: Aws, time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ProgressLine()
    aws.play(*[DEAD] * 3)
    for _ in range(3):
        await Persistent(line, 300, sleep=time.sleep, now=lambda: time.now).refresh(aws, SHARD, full=False)
    assert capsys.readouterr().err.count("trying again in 5 s") == 1


def test_the_words_round_to_seconds() -> None:
    assert later_words(DEAD, 0.2).endswith("in 1 s")
    assert later_words(DEAD, 19.6).endswith("in 20 s")


class Deaf(Aws):
    """AWS as it accepts connections and answers nothing; a shard's first attempts get so many pages before."""

    pages = 0

    async def _identify(self) -> None:
        await asyncio.Event().wait()

    async def _refresh(
        self, shard: Shard, report: Callable[[CrawlProgress], None], *, full: bool = False
    ) -> CrawlProgress:
        report(CrawlProgress(shard))
        for page in range(self.pages):
            report(CrawlProgress(shard, records=page, pages=page + 1))
        await asyncio.Event().wait()
        return CrawlProgress(shard, done=True)

    async def close(self) -> None:
        pass


async def test_an_attempt_that_is_never_answered_is_broken_off_at_the_limit(tmp_path: Path) -> None:
    aws = Deaf(settings_in(tmp_path))
    error = await Persistent(ProgressLine(), 0.02).refresh(aws, SHARD, full=False)
    assert isinstance(error, NetworkError)
    assert error.code == SILENT
    assert error.exit_code == DEAD.exit_code
    assert "in eu-west-1" in error.what
    with pytest.raises(NetworkError, match="did not identify the account"):
        await Persistent(ProgressLine(), 0.02).identify(aws)


async def test_a_region_that_answered_with_failures_is_given_up_for_their_cause_and_not_called_silent(
    tmp_path: Path,
) -> None:
    class Broken(Deaf):
        async def _refresh(
            self, shard: Shard, report: Callable[[CrawlProgress], None], *, full: bool = False
        ) -> CrawlProgress:
            report(CrawlProgress(shard))
            self._next()
            return await super()._refresh(shard, report, full=full)

    aws = Broken(settings_in(tmp_path))
    aws.script = [NetworkError("a web page answered in eu-west-1", why="it is called Wi-Fi", remedy="log in")]
    error = await Persistent(ProgressLine(), 0.02).refresh(aws, SHARD, full=False)
    assert isinstance(error, NetworkError)
    assert error.what == "a web page answered in eu-west-1"
    assert error.why.startswith("it is called Wi-Fi; no attempt succeeded for")
    assert error.remedy == "log in; sync --retry S tries longer"


async def test_a_region_that_is_given_up_while_ec2_throttles_is_not_called_silent(tmp_path: Path) -> None:
    aws, line = Deaf(settings_in(tmp_path)), ProgressLine()
    line.totals.is_throttled = lambda: True
    error = await Persistent(line, 0.02).refresh(aws, SHARD, full=False)
    assert isinstance(error, ThrottledError)
    assert error.code == SILENT
    assert error.exit_code == DEAD.exit_code
    assert "in eu-west-1" in error.what
    words = " ".join(error.lines())
    assert "silent" not in words
    assert "network" not in words
    with pytest.raises(NetworkError, match="did not identify the account"):
        await Persistent(line, 0.02).identify(aws)


async def test_a_region_is_given_up_as_a_whole_and_pages_before_count_as_answers(tmp_path: Path) -> None:
    aws, silence = Deaf(settings_in(tmp_path)), Silence(0.02)
    aws.pages = 2
    line = ProgressLine()
    shards = [SHARD._replace(owner_scope=scope) for scope in ("amazon", "publishers", "community", "all")]
    errors = await asyncio.gather(
        *(Persistent(line, 0.02, silence).refresh(aws, shard, full=False) for shard in shards)
    )
    assert {error.code for error in errors if isinstance(error, NetworkError)} == {SILENT}
    assert all(errors)


def test_silence_counts_only_while_a_region_is_asked_and_answers_begin_it_anew() -> None:
    time = Time()
    silence = Silence(100, now=lambda: time.now)
    assert silence.left("a") is None
    silence.begin("a")
    time.now += 90
    assert silence.left("a") == 10
    silence.answered("a")
    assert silence.left("a") == 100
    time.now += 50
    silence.begin("a")
    silence.end("a", failed=False)
    assert silence.left("a") == 50
    silence.end("a", failed=False)
    time.now += 90
    silence.begin("a")
    assert silence.left("a") == 100
    silence.end("a", failed=True)
    time.now += 60
    silence.begin("a")
    assert silence.left("a") == 40
    assert Silence(0).left("a") is None


def test_where_nothing_at_all_answers_the_other_regions_get_one_try_each() -> None:
    time = Time()
    silence = Silence(300, now=lambda: time.now)
    silence.begin("a")
    time.now += 299
    silence.begin("b")
    assert silence.left("b") == 300
    time.now += 1
    assert silence.left("a") == 0
    silence.begin("c")
    assert silence.left("c") == 30
    silence.answered("b")
    silence.begin("d")
    assert silence.left("d") == 300


def test_ctrl_c_is_no_success_even_if_whoever_is_told_makes_nothing_of_it(tmp_path: Path) -> None:
    class Stubborn(Deaf):
        async def _refresh(
            self, shard: Shard, report: Callable[[CrawlProgress], None], *, full: bool = False
        ) -> CrawlProgress:
            return CrawlProgress(shard, done=True)

        async def close(self) -> None:
            signal.raise_signal(signal.SIGINT)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                return

    with pytest.raises(KeyboardInterrupt):
        fetch(Stubborn(settings_in(tmp_path)), lambda: [SHARD], needs_account=False)
