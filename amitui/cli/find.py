"""`amitui find`: the search without a screen. On a warm cache it reads nothing but the index.

Of what is not cached it asks EC2 narrowly: the owners that the words or the scopes name, else Mine, Amazon and
Publishers.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from amitui.catalog.index.opening import is_damaged
from amitui.catalog.search.view import CatalogReader
from amitui.cli.demo_session import session_settings
from amitui.cli.guard import print_error
from amitui.cli.members import say_what_is_wrong
from amitui.cli.messages import say, warn
from amitui.cli.results import print_matches
from amitui.cli.streams import reader_has_enough
from amitui.domain.accounts import is_account
from amitui.domain.catalogue.coverage import PRIVATE_SCOPES
from amitui.domain.catalogue.scope import ALL, AMAZON, ANYBODY, MINE, PUBLISHERS, SHARED, Scope
from amitui.domain.catalogue.shard import IMPORTED
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.counts import count_of
from amitui.domain.image.publishers import accounts_named, publisher_accounts, publisher_of
from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import Query
from amitui.domain.region import partition_of
from amitui.errors import AmituiError, CacheError
from amitui.services.composition import Services
from amitui.services.session import no_region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.domain.catalogue.shard import Shard, ShardStatus
    from amitui.domain.image.row import ImageRow
    from amitui.settings import Settings


class FindRequest(NamedTuple):
    """The arguments of `amitui find`."""

    text: str
    output: str
    limit: int | None
    latest: bool
    all_regions: bool
    include_deprecated: bool = False
    explain: bool = False
    fresh: bool = False
    """Whether EC2 is asked about each image that is about to be printed."""
    facets: bool = False
    """Whether the matches are counted by their facets instead."""


def find(settings: Settings, request: FindRequest) -> int:
    """Print the matches. Returns 0 when there are any, 1 when there are none."""
    with session_settings(settings) as active:
        services = Services(active)
        services.members.recall()
        scopes = tuple(Scope.parse(name) for name in active.scopes) or (ALL,)
        query = _query(services, request, scopes)
        with services.catalogue.reader() as reader:
            regions = searched_regions(services, reader, all_regions=request.all_regions)
            services.catalogue.restore(reader, regions, print_restoring)
            _print_outdated(services, reader, regions)
            failure = 0 if active.offline else fetch_missing(services, reader, query, regions)
            failure = say_what_is_wrong(services.members) or failure
            query = _query(services, request, scopes, says=False) if query.names_accounts else query
            view = ViewRequest(
                query, regions, scopes, services.members.accounts, request.include_deprecated, services.now()
            )
            view = _confirmed(services, reader, view, request)
            try:
                matched = _print(services, reader, view, request, failed=bool(failure))
            except BrokenPipeError:
                if not reader_has_enough():
                    raise
                return 0
            except CacheError as error:
                if not is_damaged(error) or not services.catalogue.restore(
                    reader, regions, print_restoring, anew=True
                ):
                    raise
                raise CacheError(
                    error.what, why="it was rebuilt from the stored records", remedy="run it again"
                ) from error
            _print_what_is_missing(reader, view, failed=bool(failure))
            if not matched:
                _print_where_ids_are(services, view)
            if matched and failure and (lacking := _lacking_publishers(services, reader, query, regions)):
                # Cached rows are the result, but not where the right image may be in what could not be fetched:
                # the best of what is left may be a stranger's.
                warn(f"{lacking} could not be fetched, so the right image may be missing")
                return failure
            return 0 if matched else failure or 1


def _print(
    services: Services, reader: CatalogReader, view: ViewRequest, request: FindRequest, *, failed: bool
) -> bool:
    """Print what is asked for; false when nothing matches.

    Args:
        failed: whether fetching was tried, and it was said what failed.
    """
    if request.facets:
        from amitui.cli.facets import print_facets

        return print_facets(reader, view, services.known_accounts(), output=request.output, limit=request.limit)
    held = any(status.fetched_at or status.record_count for status in reader.shards(view.regions))
    return print_matches(
        reader,
        view,
        output=request.output,
        limit=request.limit,
        segments_dir=services.settings.locations.segments_dir,
        explain=request.explain,
        names=services.members.names,
        explained=failed and not held,
    )


def _confirmed(services: Services, reader: CatalogReader, view: ViewRequest, request: FindRequest) -> ViewRequest:
    """The view; with `--fresh` once EC2 has confirmed what is printed of it."""
    if not request.fresh:
        return view
    import gc

    from amitui.cli.fresh import confirm
    from amitui.cli.results import matches_of

    def answer() -> Iterable[ImageRow]:
        now_seen = view._replace(accounts=services.members.accounts)
        return matches_of(reader, now_seen, output=request.output, limit=request.limit).rows

    gc.enable()  # see `arguments`
    confirmed = confirm(services, answer)
    # In a script what is printed says it all but for what is missing.
    for line in confirmed.came if sys.stderr.isatty() else ():
        say(line)
    for line in confirmed.gone:
        warn(line)
    return view._replace(accounts=services.members.accounts)


def print_restoring(region: str) -> None:
    """Say that a Region's index is made anew, before it is."""
    say(f"rebuilding the index of {region} from the stored records")


def _print_outdated(services: Services, reader: CatalogReader, regions: tuple[str, ...]) -> None:
    """Say which Regions are answered from an index that an earlier version made."""
    for region in services.catalogue.outdated(reader, regions):
        say(
            f"the index of {region} is an earlier version's and answers as it is; amitui sync {region} rebuilds it"
        )


def _print_where_ids_are(services: Services, view: ViewRequest) -> None:
    """Say where images are that were asked for by their IDs and that no cached Region holds."""
    image_ids = view.query.image_ids()
    if not image_ids:
        return
    from amitui.cli.whereabouts import remembered_of, where_ids_are

    if services.settings.offline:
        for line in [line for image_id in image_ids for line in remembered_of(services, image_id)]:
            say(line)
        words = "EC2 was not asked, because amitui is offline: it may be elsewhere, deregistered, or not shared"
        say(f"{words} with you")
        return
    for line in where_ids_are(services, image_ids, view.regions):
        say(line)


def _print_what_is_missing(reader: CatalogReader, view: ViewRequest, *, failed: bool) -> None:
    """Say of which slices in view only a part is there: of a fetch that was cut off or goes on elsewhere.

    Args:
        failed: whether fetching was tried, and it was said what failed.
    """
    names = {scope.name for scope in view.scopes}
    for status in reader.shards(view.regions):
        shard = status.shard
        if not status.is_visible_to(view.accounts) or (failed and not status.record_count):
            continue
        if not status.fetched_at and (ALL in view.scopes or shard.owner_scope in names):
            rest = f"amitui sync {shard.region} --scope {shard.owner_scope} fetches the rest"
            count = f"only {count_of(status.record_count, 'image')}" if status.record_count else "no image"
            warn(
                f"{count} of {shard.owner_scope} in {shard.region} cached so far; "
                f"{'import the rest again' if status.origin == IMPORTED else rest}"
            )


def _query(services: Services, request: FindRequest, scopes: tuple[Scope, ...], *, says: bool = True) -> Query:
    """What is asked for; which accounts are meant may be known only once something has been fetched.

    Args:
        says: whether it is said what a search for the latest adds.
    """
    query = parse_query(request.text, now=services.now(), accounts=services.known_accounts)
    if not (request.latest or query.latest):
        return query
    query = query._replace(latest=True)
    carried_out = query.latest_of_trusted(owner_chosen=ANYBODY.isdisjoint(scopes))
    if (
        says and carried_out != query and sys.stderr.isatty()
    ):  # in a script and in cron it would be said on each run
        say(
            "latest without an owner searches only trusted publishers and your own images "
            "(trusted:yes); add owner: to search others"
        )
    return carried_out


def searched_regions(services: Services, reader: CatalogReader, *, all_regions: bool) -> tuple[str, ...]:
    """The Regions that a command searches: those asked for or of the profile, else all that are cached.

    Raises:
        CacheError: all are asked for and none is cached.
        CredentialsError: none is named anywhere, and none is cached.
    """
    if all_regions:
        services.catalogue.restore(reader, services.catalogue.indexed_regions(), print_restoring)
        cached = tuple(reader.cached_regions())
        if not cached:
            raise CacheError("no Region is cached", remedy="amitui sync eu-central-1 (or another Region)")
        return cached
    found = services.session.starting_regions()
    if not found:
        # No region was named: the cached ones are the best guess, and the output names them.
        services.catalogue.restore(reader, services.catalogue.indexed_regions(), print_restoring)
        found = tuple(reader.cached_regions())
    if not found:
        raise no_region()
    services.catalogue.room.use.note(found)
    return found


def fetch_missing(services: Services, reader: CatalogReader, query: Query, regions: tuple[str, ...]) -> int:
    """Fetch what is wanted and not cached; the exit code of what went wrong, which is said on stderr, or 0."""
    statuses = reader.shards(regions)
    wanted = _uncovered(services, query, regions, statuses)
    needs_account = any(scope.name in PRIVATE_SCOPES or scope.account_id for scope in wanted)

    def missing() -> list[Shard]:
        cached = {status.shard for status in statuses if status.fetched_at}
        return [shard for shard in services.catalogue.shards(wanted, regions) if shard not in cached]

    if not missing() and (services.members.are_known or not needs_account):
        return 0
    import gc

    from amitui.cli.sync import fetch

    gc.enable()  # see `arguments`
    try:
        return fetch(services, missing, needs_account=needs_account)
    except AmituiError as error:
        if all(one.problem is not error for one in services.members.problems):
            print_error(error)  # else it is said with those of the other accounts
        return error.exit_code


def _uncovered(
    services: Services, query: Query, regions: tuple[str, ...], statuses: list[ShardStatus]
) -> list[Scope]:
    """The scopes that are wanted, but for publishers that are cached with all others."""
    wanted = wanted_scopes(services, query, partition_of(regions[0]))
    return [scope for scope in wanted if not _covered(scope, regions, statuses)]


def _lacking_publishers(services: Services, reader: CatalogReader, query: Query, regions: tuple[str, ...]) -> str:
    """Which scopes of publishers' images are wanted and were never fetched whole; empty: none."""
    statuses = reader.shards(regions)
    cached = {(status.shard.region, status.shard.owner_scope) for status in statuses if status.fetched_at}
    lacking = {
        f"{_owner_words(scope)} of {region}"
        for scope in _uncovered(services, query, regions, statuses)
        if scope in (AMAZON, PUBLISHERS) or scope.account_id in publisher_accounts(partition_of(regions[0]))
        for region in regions
        if (region, scope.name) not in cached
    }
    return ", ".join(sorted(lacking))


def _owner_words(scope: Scope) -> str:
    """A scope as people call it: an account by its publisher's name as well."""
    publisher = publisher_of(scope.account_id) if scope.account_id else None
    return f"{publisher.name} ({scope.account_id})" if publisher is not None else scope.title


def wanted_scopes(services: Services, query: Query, partition: str) -> list[Scope]:
    """The scopes asked for, else the owners that a query names, else Mine, Amazon and Publishers."""
    if services.settings.scopes:
        return [Scope.parse(name) for name in services.settings.scopes]
    if query.is_private:
        return [MINE, SHARED]
    owners: list[Scope] = []
    for name in query.owners():
        if name == "self":
            owners.append(MINE)
        elif is_account(name):
            owners.append(Scope(name))
        else:
            owners += [Scope(account) for account in accounts_named(name, partition)]
    if not owners:
        owners = [Scope(account) for word in query.words() for account in accounts_named(word, partition)]
    return list(dict.fromkeys(owners)) or [MINE, AMAZON, PUBLISHERS]


def _covered(scope: Scope, regions: tuple[str, ...], statuses: list[ShardStatus]) -> bool:
    """Whether a publisher's account needs no fetch of its own: the Publishers scope brought it."""
    if scope.account_id not in publisher_accounts():
        return False
    have = {s.shard.region for s in statuses if s.fetched_at and s.shard.owner_scope == PUBLISHERS.name}
    return set(regions) <= have
