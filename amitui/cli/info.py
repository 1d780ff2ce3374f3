"""`amitui info` and `amitui cache clear`: what is where, how old, how large, and the poller's calls."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import stat
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from amitui import __version__
from amitui.catalog.retention import folder_bytes
from amitui.cli.messages import say
from amitui.domain.catalogue.coverage import age_of
from amitui.domain.visible import show_invisible
from amitui.errors import CacheError
from amitui.operations.journal import Journal
from amitui.presentation.cache_text import limit_words, megabytes
from amitui.presentation.export import iso
from amitui.presentation.facts import age
from amitui.services.composition import Services

if TYPE_CHECKING:
    from amitui.domain.catalogue.shard import ShardStatus
    from amitui.settings import Settings

CALLS_OF_DAYS = 30
"""Days of which the poller's calls are summed up."""

_LABELS: Final = {
    "python": "Python",
    "sqlite": "SQLite",
    "cache": "cache folder",
    "segments": "image records in",
    "index": "search indexes in",
    "cache_bytes": "cache on disk",
    "cache_limit_bytes": "cache limit",
    "config": "config file",
    "config_exists": "config file exists",
    "state": "state folder",
    "profile_chosen_by": "profile chosen by",
    "region": "Region",
    "endpoint_url": "endpoint",
    "account_last_seen": "account last seen",
    "journal": "journal of operations",
    "operations": "operations in it",
    "operations_under_way": "of them in progress",
    "journal_problem": "problem of the journal",
    "profile_problem": "problem of the profile",
}
"""What facts are called for people, where their names in JSON do not do."""

SHOWN_PACKAGES = ("textual", "aiobotocore", "botocore", "diskcache", "moto")


def info(settings: Settings, *, output: str) -> int:
    """Print what there is to know about this installation and its cache."""
    services = Services(settings)
    account = None if settings.demo else services.session.recall_account()
    with services.catalogue.reader() as reader:
        regions = reader.cached_regions()
        statuses = reader.shards(regions)
    facts: dict[str, Any] = {
        "amitui": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: _version(name) for name in SHOWN_PACKAGES},
        "cache": settings.locations.cache,
        "segments": settings.locations.segments_dir,
        "index": settings.locations.index_dir,
        "cache_bytes": folder_bytes(settings.locations.cache),
        "cache_limit_bytes": services.catalogue.room.limit_bytes or None,
        "config": settings.locations.config_file,
        "config_exists": os.path.exists(settings.locations.config_file),
        "state": settings.locations.state,
        **_caller(services),
        "account_last_seen": account,
        **_journal(settings.locations.journal_file, services.now()),
        "catalogue": [_status(status, services.now()) for status in statuses],
        "regions": _sizes(services),
    }
    if output == "json":
        print(json.dumps(facts, indent=2))
        return 0
    facts["cache_bytes"] = megabytes(facts["cache_bytes"])
    facts["cache_limit_bytes"] = limit_words(limit) if (limit := services.catalogue.room.limit_bytes) else None
    _print_for_people(facts)
    return 0


def _print_for_people(facts: dict[str, Any]) -> None:
    shards, sizes = facts.pop("catalogue"), facts.pop("regions")
    calls = facts.pop("poller_calls")
    for name, value in facts.items():
        shown = "yes" if value is True else "no" if value is False else "-" if value is None else value
        print(f"{_LABELS.get(name, name.replace('_', ' ')):22} {shown}")
    for call in calls:
        print(f"{call['region']:15} {call['calls']:>9,} {call['api']} while watching, in {CALLS_OF_DAYS} days")
    print()
    if not shards:
        print("nothing is cached; run amitui sync REGION, or try amitui --demo without an account")
    for shard in shards:
        hours = shard["age_hours"]
        fetched = f"fetched {age(hours * 3600)} ago" if hours is not None else "age unknown: the clock was ahead"
        if hours is None and not shard["complete"]:
            fetched = "never whole"
        state = "" if shard["complete"] else "  (interrupted; the next amitui sync goes on there)"
        print(
            f"{shard['region']:15} {shard['scope']:13} {shard['images']:>9,} images  "
            f"{fetched}  {_seen_by(shard['visibility'])}{state}"
        )

    if sizes:
        print()
    for size in sizes:
        used = f"  used {size['last_used']}" if size["last_used"] else ""
        print(f"{size['region']:15} {megabytes(size['bytes']):>12} on disk{used}")


def _seen_by(visibility: str) -> str:
    return f"as {visibility} sees them" if visibility.isdecimal() else visibility


def _sizes(services: Services) -> list[dict[str, str | int | None]]:
    """What each Region takes on disk; none where that cannot be read."""
    from amitui.cli.cache import region_facts, sizes_of

    try:
        return [region_facts(size) for size in sizes_of(services)[::-1]]
    except CacheError:
        return []  # damaged records are the affair of whoever wants them


def _caller(services: Services) -> dict[str, str | None]:
    """Who would act and where, as far as environment and files show."""
    if services.settings.demo:
        return {"profile": None}
    caller = services.session.connections.caller(services.session.profile)
    facts = {
        "profile": show_invisible(caller.profile) if caller.chosen_by else None,
        "profile_chosen_by": caller.chosen_by or None,
        "credentials": show_invisible(caller.source.words) if caller.problem is None else None,
        "region": None if caller.region is None else show_invisible(caller.region),
        "endpoint_url": None if caller.endpoint_url is None else show_invisible(caller.endpoint_url),
    }
    # What is wrong is to be told here of all places, together with the rest.
    return facts if caller.problem is None else {**facts, "profile_problem": "; ".join(caller.problem.lines())}


def clear(settings: Settings) -> int:
    """Empty the cache: every endpoint's segments, indexes and remembered accounts."""
    from amitui.os_faults import Place, explain
    from amitui.paths import FORMAT, belongs_to_another

    top = os.path.join(settings.locations.cache, FORMAT)
    freed = 0
    try:
        found = os.lstat(top)
        if stat.S_ISLNK(found.st_mode):
            raise CacheError(f"{top} is a symbolic link", why="amitui does not follow links in its cache")
        if found.st_uid != os.geteuid():
            raise belongs_to_another(top, found.st_uid)
        freed = folder_bytes(top)
        shutil.rmtree(top)
    except FileNotFoundError:
        pass  # nothing was ever cached, or another process was faster
    except OSError as error:
        raise explain(error, Place(f"the cache {top}", mend="check the disk")) from error
    say(f"emptied {top}: {freed / 1e6:,.1f} MB freed")
    return 0


def _status(status: ShardStatus, now: int) -> dict[str, str | int | float | bool | None]:
    age = age_of(status.fetched_at, now) if status.fetched_at else None
    return {
        "region": status.shard.region,
        "scope": status.shard.owner_scope,
        "visibility": status.shard.visibility,
        "origin": status.origin,
        "images": status.record_count,
        "age_hours": None if age is None else round(age / 3600, 2),
        "complete": status.complete,
    }


def _journal(path: str, now: int) -> dict[str, object]:
    """Where the journal is, how much is in it, and how many calls the poller made lately."""
    facts: dict[str, object] = {"journal": path, "operations": 0, "operations_under_way": 0, "poller_calls": []}
    try:
        journal = Journal.read(path)
        if journal is not None:
            with journal:
                facts["operations"], facts["operations_under_way"] = journal.tally()
                since = iso(now - (CALLS_OF_DAYS - 1) * 86_400)[:10]
                facts["poller_calls"] = [
                    {"region": region, "api": api, "calls": count}
                    for (region, api), count in journal.calls(since).items()
                ]
    except CacheError as error:
        # What is wrong is to be told here of all places, together with the rest.
        facts["journal_problem"] = f"{error.what}: {error.why}"
    return facts


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
