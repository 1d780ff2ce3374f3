"""`amitui sync`, and the fetching that `amitui find` does: crawls with a line of progress on stderr."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from amitui.charset import for_people
from amitui.cli.demo_session import session_settings
from amitui.cli.ending import run
from amitui.cli.fetch_words import (
    failure_words,
    first_fetch_words,
)
from amitui.cli.guard import print_error
from amitui.cli.leaving import ForgetfulExecutor
from amitui.cli.members import say_what_is_wrong
from amitui.cli.messages import say
from amitui.cli.persistent import SILENCE_S, Persistent, Silence
from amitui.cli.progress_line import ProgressLine, drawn
from amitui.domain.catalogue.scope import ALL, FIRST_START, ON_DEMAND, Scope
from amitui.errors import AmituiError, CacheError
from amitui.presentation.cache_text import trimmed_words
from amitui.presentation.call_times import comparison_lines, table
from amitui.services.composition import Services
from amitui.services.session import no_region

if TYPE_CHECKING:
    from amitui.domain.catalogue.shard import Shard
    from amitui.ec2.call_timer import CallTimer
    from amitui.settings import Settings

RETRY_S = 300.0
"""Default of `--retry`: for how long a crawl is repeated while AWS does not answer."""


def sync(
    settings: Settings,
    *,
    full: bool,
    retry_s: float = RETRY_S,
    time_calls: bool = False,
    publish_to: str | None = None,
    include_mine: bool = False,
) -> int:
    """Fetch the scopes in the regions; what fails is named and the rest goes on.

    Args:
        full: start over even where a crawl could go on.
        retry_s: for how many seconds to go on asking when AWS does not answer.
        time_calls: print what the calls took, also when some of them failed.
        publish_to: where to publish what is cached then.
        include_mine: also publish what this account alone sees.
    """
    with session_settings(_publishing(settings) if publish_to else settings, renew=True) as active:
        services = Services(active)
        services.members.recall()
        services.catalogue.starts_from = "" if full else publish_to or ""
        regions = services.session.starting_regions()
        if not regions:
            raise no_region()
        scopes: Sequence[Scope] = [Scope.parse(name) for name in active.scopes] or FIRST_START
        _announce(services, scopes, regions, full=full)
        timer = services.session.connections.time_calls() if time_calls else None
        times: list[str] = []

        try:
            code = fetch(
                services,
                lambda: services.catalogue.shards(scopes, regions, everything=True),
                needs_account=True,
                full=full,
                retry_s=retry_s,
                mend=True,
                afterwards=None if timer is None else partial(_compare, services, timer, times, regions[0]),
                finally_publish=partial(_share, services, publish_to, include_mine) if publish_to else None,
            )
            return say_what_is_wrong(services.members) or code
        except AmituiError as error:
            say_what_is_wrong(services.members, but=error)
            raise
        finally:
            if timer is not None:
                print(for_people("\n".join(times or table(timer.times))))


def _publishing(settings: Settings) -> Settings:
    """The settings of whoever publishes: EC2 is asked, whatever others have published elsewhere."""
    from amitui.services.sharing import check_publishable

    check_publishable(settings)  # before an hour of fetching
    return settings._replace(catalogue="")


async def _compare(services: Services, timer: CallTimer, times: list[str], region: str) -> None:
    """Print what the calls took, and what asking for owners in two ways does."""
    times.extend(table(timer.times))
    times.extend(("", *comparison_lines(await services.catalogue.compare_owner_requests(region))))


async def _share(services: Services, address: str, include_mine: bool) -> int:
    """Publish what is cached now; the exit code."""
    from amitui.cli.publish import publish_all

    return await publish_all(services, address, include_mine=include_mine)


def fetch(
    services: Services,
    shards: Callable[[], list[Shard]],
    *,
    needs_account: bool,
    full: bool = False,
    retry_s: float = 0.0,
    mend: bool = False,
    afterwards: Callable[[], Awaitable[None]] | None = None,
    finally_publish: Callable[[], Awaitable[int]] | None = None,
) -> int:
    """Crawl shards side by side from a synchronous command.

    Args:
        shards: called after the account is known, because private shards carry it.
        retry_s: for how many seconds to go on asking when AWS does not answer.
        mend: also bring the whole indexes of their regions in line with what is stored, and sweep the store.
        afterwards: awaited when the crawls have ended and the connection is still open; what it raises is said.
        finally_publish: awaited after that, when what failed is said; gives its exit code.

    Raises:
        AmituiError: everything failed; the first failure.
    """
    return run(
        _fetch(
            services,
            shards,
            needs_account=needs_account,
            full=full,
            retry_s=retry_s,
            mend=mend,
            afterwards=afterwards,
            finally_publish=finally_publish,
        )
    )


async def _fetch(
    services: Services,
    shards: Callable[[], list[Shard]],
    *,
    needs_account: bool,
    full: bool,
    retry_s: float,
    mend: bool,
    afterwards: Callable[[], Awaitable[None]] | None,
    finally_publish: Callable[[], Awaitable[int]] | None,
) -> int:
    asyncio.get_running_loop().set_default_executor(ForgetfulExecutor())
    services.catalogue.beside_screen = False
    services.catalogue.source_failed = _say_once()
    silence, line = Silence(retry_s or SILENCE_S), ProgressLine(whose=services.members.whose)
    try:
        line.totals.is_throttled = lambda: services.catalogue.is_throttled
        async with drawn(line, kept=not services.settings.demo):
            if needs_account:
                await _identify(services, Persistent(line, retry_s, silence))
            wanted = shards()
            if mend:
                await services.catalogue.mend(dict.fromkeys(shard.region for shard in wanted), line.say)
            line.totals.begin(wanted)
            outcomes = await asyncio.gather(
                *(Persistent(line, retry_s, silence).refresh(services, shard, full=full) for shard in wanted),
            )
        if mend:
            await _tidy(services, wanted, any_failed=any(outcomes))
        if afterwards is not None:
            await _said(afterwards)
        code = _failed(services, line, zip(wanted, outcomes, strict=True))
        if finally_publish is not None:
            code = await _published(finally_publish, code)
    finally:
        await services.close()
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError  # Ctrl-C: even if something swallowed the cancellation, this is no success
    return code


async def _published(publish: Callable[[], Awaitable[int]], code: int) -> int:
    """Publish; the exit code, which is that of the fetches before it if one of them failed."""
    try:
        done = await publish()
        return code or done
    except AmituiError as error:
        if not code:
            raise
        print_error(error)
        return code


async def _tidy(services: Services, wanted: Sequence[Shard], *, any_failed: bool) -> None:
    """Delete what crashes have left, and bring the cache within its limit."""
    try:
        await services.catalogue.sweep()
    except CacheError:
        if not any_failed:
            raise  # else what kept the crawls from ending, most likely for the same reason, is said
    await _trim(services, wanted)


def _failed(services: Services, line: ProgressLine, outcomes: Iterable[tuple[Shard, AmituiError | None]]) -> int:
    """Say what failed, each cause once; the exit code."""
    kept = line.totals.arrived > 0 and not services.settings.demo
    failures = [(shard, error) for shard, error in outcomes if error is not None]
    for error, words in failure_words(failures, kept=kept, whose=services.members.whose):
        print_error(error, words)
    return failures[0][1].exit_code if failures else 0


async def _identify(services: Services, persistent: Persistent) -> None:
    """Find out the accounts. What is published for everybody needs none."""
    try:
        await persistent.identify(services)
    except AmituiError as error:
        if not services.settings.catalogue:
            raise
        print_error(error)


def _say_once() -> Callable[[AmituiError], None]:
    """Says each failure of the published catalogue once, however many shards it concerns."""
    said: set[tuple[str, ...]] = set()

    def say_once(error: AmituiError) -> None:
        if (words := tuple(error.lines())) not in said:
            said.add(words)
            print_error(error)
            say("amitui: EC2 is asked instead")

    return say_once


def _announce(services: Services, scopes: Sequence[Scope], regions: Sequence[str], *, full: bool) -> None:
    """Say which of the scopes are large and about to be fetched from the first image to the last."""
    large = [scope for scope in ON_DEMAND if scope in scopes or ALL in scopes]
    if not large or services.settings.demo:
        return
    with services.catalogue.reader() as reader:
        statuses = reader.shards(regions)
    begun = {(one.shard.owner_scope, one.shard.region) for one in statuses if one.fetched_at or one.record_count}
    anew = [scope for scope in large if full or any((scope.name, region) not in begun for region in regions)]
    if anew:
        say(first_fetch_words([scope.title for scope in anew]))


async def _said(work: Callable[[], Awaitable[None]]) -> None:
    """Do what the command does not depend on, and say what has kept it from being done."""
    try:
        await work()
    except AmituiError as error:
        print_error(error)


async def _trim(services: Services, wanted: Sequence[Shard]) -> None:
    """Keep the cache within its limit, but for what has just been asked for."""
    services.catalogue.room.use.note(dict.fromkeys(shard.region for shard in wanted))
    try:
        trimmed = await services.catalogue.room.trim(keep={shard.region for shard in wanted})
    except CacheError as error:
        print_error(error)  # what was fetched is there
        return
    if trimmed is not None:
        for words in trimmed_words(
            trimmed.dropped,
            trimmed.busy,
            trimmed.total_bytes,
            services.catalogue.room.limit_bytes,
            trimmed.copies_bytes,
        ):
            say(words)
