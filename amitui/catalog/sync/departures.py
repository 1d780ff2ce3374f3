"""Which images leave the catalogue, and what was known of them: remembered when somebody misses them.

Missed are the viewer's own images, those that were shared with it, and those that are marked or on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from amitui.catalog.gone import GoneImages
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.domain.catalogue.coverage import PRIVATE_SCOPES
from amitui.domain.catalogue.gone import GoneImage
from amitui.domain.catalogue.shard import Located, Shard, ShardStatus
from amitui.domain.catalogue.whereabouts import Fate
from amitui.ec2.convert import summary_of
from amitui.errors import CacheError

MOST_MISSED: Final = 200
"""Images of one change that are remembered: of an account that was emptied, the first ones say enough."""

_NO_FATES: Final[Mapping[str, Fate]] = {}


Departing: TypeAlias = Callable[[SegmentStore, CatalogIndex, Shard, Sequence[str]], Callable[[], object]]
"""Told of the images that are about to leave a shard; what it returns is called once they have."""


def nobody_misses(
    _store: SegmentStore, _index: CatalogIndex, _shard: Shard, _ids: Sequence[str]
) -> Callable[[], object]:
    """Takes no note of images that leave."""
    return lambda: None


class Leaving(NamedTuple):
    """An image before a change after which it may not be there any more."""

    place: Located
    image: GoneImage


def before_leaving(
    store: SegmentStore, index: CatalogIndex, image_ids: Iterable[str], *, account: str | None, now: int
) -> dict[str, Leaving]:
    """What is known of images that are about to leave, by id; of those that the account sees."""
    statuses = {
        status.shard: status for status in index.shards() if status.is_visible_to((account,) if account else ())
    }
    found: dict[str, Leaving] = {}
    for image_id in image_ids:
        if len(found) == MOST_MISSED:
            break
        places = [place for place in index.locate(image_id) if place.shard in statuses]
        # What the account itself saw comes first: it is shown to no other.
        for place in sorted(places, key=lambda one: one.shard.is_public)[:1]:
            if (image := _gone_image(store, place, statuses[place.shard], now)) is not None:
                found[image_id] = Leaving(place, image)
    return found


def note_departures(
    gone: GoneImages, index: CatalogIndex, leaving: Mapping[str, Leaving], fates: Mapping[str, Fate] = _NO_FATES
) -> list[GoneImage]:
    """Remember those that no shard holds any more; returns them.

    Args:
        fates: by id, what EC2 said of it, where it was asked for by its id.

    Raises:
        CacheError: they cannot be written down.
    """
    left = [
        one.image._replace(fate=fates.get(image_id, Fate.NOT_THERE).value)
        for image_id, one in leaving.items()
        if not index.locate(image_id)
    ]
    gone.note(left)
    return left


class Missed(NamedTuple):
    """Which images are remembered when they leave, besides those that one account alone sees."""

    gone: GoneImages
    """Where."""
    watched: Callable[[], Collection[tuple[str, str]]] = tuple
    """Images that are marked or on the screen, as (Region, id)."""


def noting(missed_ones: Missed, now: Callable[[], int]) -> Departing:
    """Has images that somebody misses be remembered when a fetch finds that they left.

    Args:
        missed_ones: which.
        now: seconds since the epoch.
    """

    def departing(
        store: SegmentStore, index: CatalogIndex, shard: Shard, image_ids: Sequence[str]
    ) -> Callable[[], object]:
        account = None if shard.is_public else shard.visibility
        ids = missed(shard, image_ids, missed_ones.watched())
        leaving = before_leaving(store, index, ids, account=account, now=now())
        return lambda: note_departures(missed_ones.gone, index, leaving)

    return departing


def missed(shard: Shard, image_ids: Sequence[str], watched: Collection[tuple[str, str]]) -> list[str]:
    """Those of a shard's images that somebody misses when they leave.

    Args:
        shard: which they leave.
        image_ids: their ids.
        watched: images that are marked or on the screen, as (Region, id).
    """
    if shard.owner_scope in PRIVATE_SCOPES:
        return list(image_ids)
    return [image_id for image_id in image_ids if (shard.region, image_id) in watched]


def _gone_image(store: SegmentStore, place: Located, status: ShardStatus, now: int) -> GoneImage | None:
    try:
        summary = summary_of(store.record(place.chunk_id, place.line))
    except (CacheError, ValueError):
        return None  # its record is lost: nothing is known of it
    return GoneImage(
        summary.image_id,
        place.shard,
        summary.name or summary.description,
        summary.owner_id,
        summary.architecture,
        summary.platform,
        summary.created,
        last_seen=min(status.fetched_at, now),
        noticed=now,
    )
