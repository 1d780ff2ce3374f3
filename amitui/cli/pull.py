"""`amitui pull`: what others have published becomes what is cached here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.cli.demo_session import session_settings
from amitui.cli.ending import run
from amitui.cli.guard import print_error
from amitui.cli.members import say_what_is_wrong
from amitui.cli.messages import say, warn
from amitui.cli.progress_line import ProgressLine, drawn
from amitui.cli.sync import fetch
from amitui.domain.catalogue.scope import FIRST_START, MINE, SHARED, Scope
from amitui.errors import AmituiError, CacheError
from amitui.services.composition import Services
from amitui.services.fetch_totals import PUBLISHED
from amitui.services.sharing import SharedCatalogue

if TYPE_CHECKING:
    from amitui.domain.catalogue.shard import Shard
    from amitui.settings import Settings


def pull(settings: Settings, source: str, *, chosen: bool, crawl: bool) -> int:
    """Pull what is published, then fetch from EC2 what was asked for and is not there, or too old.

    Args:
        chosen: whether Regions or scopes were typed; else all that is published is pulled, and nothing else.
        crawl: whether EC2 is asked at all.
    """
    with session_settings(settings) as active:
        left, failed, code = run(_pull(active, source, chosen=chosen))
        if not left or not crawl or not chosen or settings.offline:
            for shard in left:
                if shard in failed:
                    continue  # why has been said
                warn(f"{shard.owner_scope} in {shard.region} is not published, or too old there")
            return code
        say(f"from EC2, as it was not pulled, or is too old there: {', '.join(_names(left))}")
        # Pulled already: what is asked for now comes from EC2.
        services = Services(active._replace(catalogue=""))
        services.members.recall()
        needs_account = any(not shard.is_public for shard in left)
        return fetch(services, lambda: left, needs_account=needs_account) or code


async def _pull(settings: Settings, source: str, *, chosen: bool) -> tuple[list[Shard], set[Shard], int]:
    """Pull; what is left to EC2, what of it failed, and the exit code of the first failure."""
    services = Services(settings)
    services.members.recall()
    shared = services.catalogue.shared_at(source)
    line = ProgressLine(whose=services.members.whose)
    line.totals.source = PUBLISHED
    try:
        async with drawn(line, again="amitui pull"):
            code = await _identify(services, source)
            wanted, failed = await _wanted(services, shared, chosen=chosen)
            line.totals.begin(wanted)
            # The writer bounds how many go on at once.
            outcomes = await asyncio.gather(*(_pull_one(services, shared, shard, line) for shard in wanted))
    finally:
        await services.close()
    for account, error in failed:
        print_error(error, f"not pulled: images of account {account}")
    failures = [error for _, error in failed]
    stopped = {shard: one for shard, one in zip(wanted, outcomes, strict=True) if isinstance(one, AmituiError)}
    for shard, error in stopped.items():
        print_error(error, f"{shard.owner_scope} in {shard.region}")
    left = [shard for shard, outcome in zip(wanted, outcomes, strict=True) if outcome is not True]
    failures += stopped.values()
    return left, set(stopped), (failures[0].exit_code if failures else 0) or code


async def _pull_one(
    services: Services, shared: SharedCatalogue, shard: Shard, line: ProgressLine
) -> bool | AmituiError:
    """Pull a shard: whether it is now as new as it has to be, or what stopped it."""
    try:
        done = await shared.pull(shard, services.catalogue.writer(), line.report)
        return done is not None and await shared.is_fresh(shard)
    except AmituiError as error:
        return error
    finally:
        line.totals.end(shard)


async def _identify(services: Services, source: str) -> int:
    """Find out whose private images may be pulled. What is published for everybody needs no account.

    Returns:
        The exit code of the first of several accounts that cannot be used; 0: all can be.
    """
    members = services.members
    private = members.several or any(_is_private(Scope.parse(name)) for name in services.settings.scopes)
    if members.are_known or not (private or source.startswith("s3://")) or services.settings.offline:
        return say_what_is_wrong(members)
    try:
        await members.identify()
    except AmituiError as error:
        warn(f"only public images are pulled, as the account is not known: {error.what}")
    return say_what_is_wrong(members)


def _is_private(scope: Scope) -> bool:
    return scope in (MINE, SHARED) or scope.account_id is not None


async def _wanted(
    services: Services, shared: SharedCatalogue, *, chosen: bool
) -> tuple[list[Shard], list[tuple[str, AmituiError]]]:
    """What is to be pulled, and why what is published of some accounts cannot be read.

    Raises:
        AmituiError: what is published for everybody cannot be read, or nothing is published.
    """
    everybody, *accounts = shared.visibilities
    published = await shared.published(everybody)
    failed: list[tuple[str, AmituiError]] = []
    for account in accounts:
        try:
            published += await shared.published(account)
        except AmituiError as error:
            failed.append((account, error))
    if not published and failed:
        raise failed[0][1]
    if not published:
        raise CacheError(
            f"nothing is published at {shared.address}",
            why="it holds no manifest of amitui's, or an empty one",
            remedy="check the address; amitui publish fills it",
        )
    if not chosen:
        return published, failed
    scopes = [Scope.parse(name) for name in services.settings.scopes] or list(FIRST_START)
    regions = services.session.starting_regions() if services.settings.regions else ()
    named = list(regions) or sorted({shard.region for shard in published})
    return services.catalogue.shards(scopes, named, everything=True), failed


def _names(shards: list[Shard]) -> list[str]:
    return [f"{shard.owner_scope} in {shard.region}" for shard in shards]
