"""What is to be uploaded, merged, fetched and deleted: pure decisions of publishing and pulling."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from amitui.catalog.sharing.manifest import ChunkEntry, Former, Manifest, PublishedSegment, ShardEntry
from amitui.domain.catalogue.coverage import age_of

GRACE_S: Final = 24 * 3600
"""For how long what nothing names any more is kept for those who are reading it."""
PRUNES_IN_A_GRACE: Final = 4
"""Publishers look for objects to delete so many times in a grace time, together."""


class Listed(NamedTuple):
    """An object that is there."""

    path: str
    size: int
    modified_at: int
    """Seconds since the epoch, by the clock of the store."""


def merged(
    before: Manifest, mine: Iterable[ShardEntry], *, now: int, grace_s: int, latest: int | None = None
) -> Manifest:
    """A manifest with one publisher's shards in it. Shards that it did not publish stay, as do newer ones.

    What seems to have been fetched in the future is of a publisher whose clock is ahead. It is not newer: readers
    do not take it, and nobody could replace it until that time has come.

    Args:
        before: as it is published now.
        mine: what this publisher has.
        now: seconds since the epoch.
        grace_s: seconds for which segments that are replaced are kept.
        latest: the latest time that the clock of the store has shown, as this publisher's own may be behind;
            `None`: it is not known.
    """
    clock = max(now, latest or 0)
    entries = {one.shard: one for one in before.shards}
    replaced = []
    for entry in mine:
        known = entries.get(entry.shard)
        known_to_be_newer = (
            known is not None
            and known.fetched_at > entry.fetched_at
            and age_of(known.fetched_at, clock) is not None
        )
        if known_to_be_newer:
            continue  # another publisher was faster
        if known is not None and known.segment != entry.segment:
            replaced.append(known.segment)
        entries[entry.shard] = entry
    current = {one.segment for one in entries.values()}
    since = {one.segment: min(one.since, clock) for one in before.former}
    since.update(dict.fromkeys(replaced, now))
    former = tuple(
        Former(segment, replaced_at)
        for segment, replaced_at in sorted(since.items())
        if segment not in current and now - replaced_at < grace_s
    )
    return before._replace(shards=tuple(sorted(entries.values())), former=former)


def to_upload(wanted: Mapping[str, int], there: Mapping[str, Listed]) -> list[str]:
    """The objects to send, by hash, in their order: those that are not there whole.

    Args:
        wanted: size by hash.
        there: what is there, by hash.
    """

    def is_there(digest: str) -> bool:
        found = there.get(digest)
        return found is not None and found.size == wanted[digest]

    return [digest for digest in wanted if not is_there(digest)]


def is_prune_due(manifest: Manifest, *, now: int, grace_s: int) -> bool:
    """Whether somebody should look for objects to delete."""
    return manifest.pruned_at > now or now - manifest.pruned_at >= grace_s // PRUNES_IN_A_GRACE


def to_prune(there: Mapping[str, Listed], named: Collection[str], *, now: int, grace_s: int) -> list[Listed]:
    """The objects to delete: those that nothing names, and which no publisher can have sent just now.

    Args:
        there: what is there, by hash.
        named: all hashes that the manifest names, directly or through its segments, earlier ones included.
    """
    return [one for digest, one in there.items() if digest not in named and now - one.modified_at >= grace_s]


def to_fetch(published: PublishedSegment, held: Mapping[str, Sequence[str]]) -> list[ChunkEntry]:
    """The chunks to fetch, each once, in their order.

    Args:
        held: ids of the chunks that are stored, by the hash of what they were fetched from.
    """
    return [chunk for chunk in published.chunks if not held.get(chunk.digest)]
