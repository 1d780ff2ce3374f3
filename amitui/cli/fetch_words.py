"""What `amitui sync` says of fetches: how they begin, what they came to, and why some did not end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.catalogue.scope import FIRST_START
from amitui.domain.counts import count_of
from amitui.errors import AmituiError, AwsError, RegionError
from amitui.presentation.fetching import resuming_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.domain.catalogue.shard import Shard


def first_fetch_words(titles: Sequence[str]) -> str:
    """That scopes are large, whose images are all about to be fetched."""
    verb = "has" if len(titles) == 1 else "have"
    return f"{series(titles)} {verb} tens of thousands of images in a Region; Ctrl-C keeps what has come"


def stopped_words(arrived: int, *, kept: bool, again: str = "amitui sync") -> str:
    """What came of a command that its user has stopped."""
    came = f"stopped; {count_of(arrived, 'image')} arrived"
    if not kept:
        return f"{came}; the demo keeps nothing"
    return f"{came} and {'is' if arrived == 1 else 'are'} kept: the next {again} goes on there"


def failure_words(
    failures: Sequence[tuple[Shard, AmituiError]], *, kept: bool, whose: Callable[[Shard], str] = lambda _: ""
) -> Iterator[tuple[AmituiError, str]]:
    """Each failure once, and what was not fetched because of it; empty: that goes without saying.

    Args:
        failures: what stopped the crawl of each shard.
        kept: whether something came before, and stays when the command has ended.
        whose: ` of dev` for a shard of one of several accounts.
    """
    alike: dict[tuple[str, ...], list[tuple[Shard, AmituiError]]] = {}
    for shard, error in failures:
        alike.setdefault(tuple(error.lines()), []).append((shard, error))
    for group in alike.values():
        regions: dict[str, list[str]] = {}
        for shard, _ in group:
            regions.setdefault(shard.region, []).append(f"{shard.owner_scope}{whose(shard)}")
        missing = "; ".join(f"{series(scopes)} of {region}" for region, scopes in regions.items())
        error = group[0][1]
        if isinstance(error, RegionError) and all(region in error.what for region in regions):
            yield error, ""  # there is nothing to be fetched, and the error names the Region
            continue
        # Where the cache itself failed, nobody knows what of it stays.
        stays = f"; what has come is kept: {_command([shard for shard, _ in group])} goes on there"
        yield error, f"not fetched to the end: {missing}{stays if kept and isinstance(error, AwsError) else ''}"


def _command(shards: Sequence[Shard]) -> str:
    """The command that fetches the rest of some shards."""
    regions = dict.fromkeys(shard.region for shard in shards)
    scopes = dict.fromkeys(shard.owner_scope for shard in shards)
    is_default = set(scopes) <= {scope.name for scope in FIRST_START}
    return " ".join(["amitui sync", *regions, *(() if is_default else (f"--scope {scope}" for scope in scopes))])


def series(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def done_words(progress: CrawlProgress, whose: str = "") -> str:
    """What a crawl came to."""
    where = f"{progress.shard.region} {progress.shard.owner_scope}{whose}"
    found, took = count_of(progress.records, "image"), f"in {progress.seconds:.1f} s"
    if (came := progress.refreshed) is None:
        found = f"{found} pulled" if progress.published else found
        return f"{where}: {found} {took}" + (f", {progress.removed:,} gone" if progress.removed else "")
    changes = ((came.added, "new"), (came.changed, "changed"), (came.removed, "gone"))
    words = ", ".join(f"{count:,} {what}" for count, what in changes if count) or "nothing new"
    return f"{where}: {found} compared {took}: {words}"


def resumed_words(progress: CrawlProgress, whose: str = "") -> str:
    """What a crawl that goes on where an earlier one stopped begins with."""
    where = f"{progress.shard.region} {progress.shard.owner_scope}{whose}"
    return f"{where}: {resuming_words(progress.records, progress.expected)}; amitui sync --full starts over"


def restarted_words(progress: CrawlProgress, whose: str = "") -> str:
    """Why a crawl begins anew."""
    where = f"{progress.shard.region} {progress.shard.owner_scope}{whose}"
    return f"{where}: the cache was cleared or rebuilt by another program meanwhile; starting over"
