"""Reading the catalogue: the ordered keys of a view, and the rows of any window of it, over several regions.

Everything here is synchronous and belongs to one thread, but for `interrupt`. A file that is missing, or of
another schema, holds nothing; one deleted or replaced under the reader is left for what stands at its path.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from amitui.catalog.index.opening import is_damaged
from amitui.catalog.index.row_key import id_of, key_of, slot_of
from amitui.catalog.search.doubles import best_seen
from amitui.catalog.search.region_file import (
    Interruption,
    QueryInterrupted,
    RegionFile,
    holds_anything,
    visible_slots,
)
from amitui.catalog.search.region_names import RegionNames
from amitui.catalog.search.region_search import RegionSearch, Value, best_search
from amitui.catalog.search.row_reader import image_rows
from amitui.domain.catalogue.shard import Located, Shard, ShardStatus
from amitui.domain.catalogue.view import BEST_FIRST, ViewRequest
from amitui.domain.image.row import ImageRow
from amitui.domain.query.terms import BEST, Query
from amitui.errors import CacheError
from amitui.paths import names_in

if TYPE_CHECKING:
    from amitui.catalog.search.best import BestSearch
    from amitui.domain.catalogue.families import FamilyView
    from amitui.domain.query.intent import Intent
    from amitui.domain.query.ranking import Ranking

__all__ = ["CatalogReader", "QueryInterrupted", "ViewKeys"]

_SEARCH_CACHE_KIB: Final = 6000
_WINDOW_CACHE_KIB: Final = 2000

_ANY: Final = Query("", ())


class ViewKeys(NamedTuple):
    """A whole view."""

    keys: array[int]
    """Keys of its rows, in order."""
    deprecated_hidden: int
    """Matches that are left out because they are deprecated."""


class CatalogReader:
    """Reads the regions' files in a folder, each opened when it is first asked for."""

    def __init__(
        self, index_dir: str, *, _names: RegionNames | None = None, _cache_kib: int = _SEARCH_CACHE_KIB
    ) -> None:
        self._index_dir = index_dir
        self._names = _names or RegionNames()
        self._cache_kib = _cache_kib
        self._files: dict[str, RegionFile] = {}
        self._interruption = Interruption()
        self._seen: dict[str, object] | None = None
        self._counted: tuple[object, int] | None = None

    def sibling(self) -> CatalogReader:
        """A reader with connections of its own, for another thread, for which the same keys mean the same rows."""
        return CatalogReader(self._index_dir, _names=self._names, _cache_kib=_WINDOW_CACHE_KIB)

    def close(self) -> None:
        """Close every file; more than once does no harm."""
        for file in self._files.values():
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def interrupt(self) -> None:
        """Make what another thread is asking of this reader raise `QueryInterrupted`; nothing when it is idle."""
        self._interruption.asked = True
        for file in list(self._files.values()):
            file.interrupt()

    # Views

    def first(self, request: ViewRequest, limit: int = 200) -> tuple[list[int], list[ImageRow]]:
        """Keys and rows of the top of a view: what is needed to paint, long before all keys are known."""
        keys = self._first_keys(request, limit)
        rows = self._rows(keys, request.accounts)
        shown = [(key, row) for key, row in zip(keys, rows, strict=True) if row is not None]
        return [key for key, _ in shown], [row for _, row in shown]

    def _first_keys(self, request: ViewRequest, limit: int) -> list[int]:
        if self._is_merged_best(request):
            from amitui.catalog.search.merging import best_of

            return best_of(list(self._best_searches(request, latest=request.query.latest)), limit)
        found: list[tuple[Value, int, RegionFile]] = []
        for search, file in self.searches(request):
            found += [(value, row_id, file) for value, row_id in search.first(limit)]
        return self._merged(found, request)[:limit]

    def keys(self, request: ViewRequest) -> ViewKeys:
        """The keys of a whole view."""
        if self._is_merged_best(request) and not request.query.latest:
            from amitui.catalog.search.merging import all_keys

            return ViewKeys(*all_keys(list(self._best_searches(request))))
        searches = list(self.searches(request))
        if len(searches) > 1 and request.order.column != "created":
            return self._valued_keys(searches, request)
        parts = [search.keys() for search, _ in searches]
        keys = parts[0].keys if parts else array("q")
        for part in parts[1:]:
            keys += part.keys
        if len(parts) > 1:
            keys = array("q", sorted(keys, reverse=request.order.descending))
        return ViewKeys(keys, sum(part.deprecated_hidden for part in parts))

    @staticmethod
    def _is_merged_best(request: ViewRequest) -> bool:
        return request.order.column == BEST and len(request.regions) > 1

    def deprecated_hidden(self, request: ViewRequest) -> int:
        """Matches that are left out because they are deprecated."""
        return sum(search.count_hidden() for search, _ in self.searches(request))

    def _valued_keys(self, searches: Sequence[tuple[RegionSearch, RegionFile]], request: ViewRequest) -> ViewKeys:
        found: list[tuple[Value, int, RegionFile]] = []
        hidden = 0
        for search, file in searches:
            valued, hidden_here = search.valued()
            hidden += hidden_here
            found += [(value, row_id, file) for value, row_id in valued]
        return ViewKeys(array("q", self._merged(found, request)), hidden)

    def total(self, request: ViewRequest) -> int:
        """Rows in the request's scopes that are visible and not hidden as deprecated, whatever the query.

        The last count is kept while nothing is written: it is the same for every letter of a query that is typed.
        """
        asked = self.state_of(request)
        if self._counted is None or self._counted[0] != asked:
            self._counted = asked, sum(search.total() for search, _ in self.searches(request))
        return self._counted[1]

    def resume(self) -> None:
        """Answer again: an interruption so far was meant for what was being answered."""
        self._interruption.asked = False

    def state_of(self, request: ViewRequest) -> object:
        """Something that differs whenever the rows in a request's scopes may differ, whatever its query."""
        states = [self._file(region).state() for region in request.regions]
        hides = request.hides_deprecated
        asked = request._replace(
            query=_ANY, sort=None, show_deprecated=not hides, now=request.now // 60 if hides else 0
        )
        return states, asked

    def searches(self, request: ViewRequest) -> Iterator[tuple[RegionSearch, RegionFile]]:
        """The searches of a request's regions in which the viewer may see anything, each with its file."""
        request = request.carried_out()
        is_best = request.order.column == BEST
        rankings: dict[Intent, Ranking] = {}
        for file in self._look(dict.fromkeys(request.regions)):
            search = best_search(file, request, rankings) if is_best else RegionSearch(file, request, rankings)
            if not search.nothing:
                yield search, file

    def _merged(self, found: list[tuple[Value, int, RegionFile]], request: ViewRequest) -> list[int]:
        """Keys of several regions' rows in the request's order; equals are newest first."""
        order = request.order
        if order.column == "created":
            return sorted((key_of(row_id, file.slot) for _, row_id, file in found), reverse=order.descending)
        if order.column == "region":
            found = [(file.region, row_id, file) for _, row_id, file in found]
        known = [(value, key_of(row_id, file.slot)) for value, row_id, file in found if value is not None]
        unknown = [key_of(row_id, file.slot) for value, row_id, file in found if value is None]
        known.sort(key=lambda one: one[1], reverse=True)
        known.sort(key=lambda one: one[0], reverse=order.descending)
        return [key for _, key in known] + sorted(unknown, reverse=True)

    def first_families(self, request: ViewRequest, limit: int) -> list[int]:
        """Keys of the best families of a view, as far as they are found soon: the beginning of `families`."""
        from amitui.catalog.search.merging import best_families_of

        return best_families_of(list(self._best_searches(request)), limit)

    def families(self, request: ViewRequest, limit: int | None = None) -> FamilyView:
        """One entry for each family, architecture and Region of a view, the best first, whatever its order.

        Args:
            limit: how many are wanted at most; `None`: all.
        """
        from amitui.catalog.search.grouping import families_in

        return families_in(self._best_searches(request), limit)

    def builds(self, request: ViewRequest, key: int) -> list[int]:
        """Keys of the builds that a view shows of one row's family, the newest first."""
        from amitui.catalog.search.grouping import builds_of

        regions = self._regions_of([slot_of(key)])
        return [
            key_of(row_id, file.slot)
            for search, file in self._best_searches(request._replace(regions=regions))
            for row_id in builds_of(search, id_of(key))
        ]

    def explain(self, request: ViewRequest, keys: Sequence[int]) -> list[tuple[str, ...]]:
        """For each key, why its row stands where it does in a view, in a few words each (`+daily`,
        `Marketplace copy`, `newer release exists`); empty for rows that vanished.
        """
        from amitui.catalog.search.explaining import explained as explained_rows

        slots: dict[int, list[int]] = {}
        for key in keys:
            slots.setdefault(slot_of(key), []).append(id_of(key))
        found: dict[int, tuple[str, ...]] = {}
        for search, file in self._best_searches(request._replace(regions=self._regions_of(slots))):
            for row_id, reasons in explained_rows(search, slots[file.slot]).items():
                found[key_of(row_id, file.slot)] = reasons
        return [found.get(key, ()) for key in keys]

    def _best_searches(
        self, request: ViewRequest, *, latest: bool = False
    ) -> Iterator[tuple[BestSearch, RegionFile]]:
        request = request.carried_out()
        request = request._replace(sort=BEST_FIRST, query=request.query._replace(sort=None, latest=latest))
        rankings: dict[Intent, Ranking] = {}
        for file in self._look(dict.fromkeys(request.regions)):
            search = best_search(file, request, rankings)
            if not search.nothing:
                yield search, file

    def _regions_of(self, slots: Iterable[int]) -> tuple[str, ...]:
        return tuple(name for slot in slots if (name := self._names.name(slot)) is not None)

    # Rows

    def rows(self, keys: Sequence[int], accounts: tuple[str, ...]) -> list[ImageRow | None]:
        """The rows of these keys, in their order; `None` for those that vanished."""
        self._interruption.asked = False
        return self._rows(keys, accounts)

    def _rows(self, keys: Sequence[int], accounts: tuple[str, ...]) -> list[ImageRow | None]:
        ids: dict[int, list[int]] = {}
        for key in keys:
            ids.setdefault(slot_of(key), []).append(id_of(key))
        found: dict[int, ImageRow] = {}
        for slot, row_ids in ids.items():
            file = self._file_in(slot)
            if file is not None:
                for row in image_rows(file, row_ids, accounts):
                    found[row.key] = row
        return [found.get(key) for key in keys]

    def tags(self, key: int) -> tuple[tuple[str, str], ...]:
        """A row's tags, by key."""
        file = self._file_of(key)
        if file is None:
            return ()
        return tuple(file.fetch("SELECT key, value FROM tag WHERE id = ? ORDER BY key", (id_of(key),)))

    def locate(self, key: int) -> Located | None:
        """Where a row's record is kept, by key; `None` when the row has vanished."""
        file = self._file_of(key)
        if file is None:
            return None
        places = file.fetch(
            "SELECT s.key, c.chunk_id, m.line FROM shard s JOIN membership m ON m.slot = s.slot"
            " JOIN chunk c ON c.code = m.chunk WHERE m.id = ? ORDER BY c.code DESC LIMIT 1",
            (id_of(key),),
        )
        if not places:
            return None
        ((shard_key, chunk_id, line),) = places
        return Located(Shard.from_key(shard_key), chunk_id, line)

    def seen_by(self, key: int, accounts: Sequence[str]) -> tuple[str, ...]:
        """Those of some accounts whose credentials saw the private image of a row, in their order."""
        file = self._file_of(key)
        if file is None:
            return ()
        codes = file.fetch(
            "SELECT DISTINCT i.audience FROM image_text this JOIN image_text t ON t.image_id = this.image_id"
            " JOIN image i ON i.id = t.id WHERE this.id = ? AND i.audience <> 0",
            (id_of(key),),
        )
        found = {file.account(code) for (code,) in codes}
        return tuple(account for account in accounts if account in found)

    def find_image(
        self, image_id: str, accounts: tuple[str, ...], regions: Sequence[str] | None = None
    ) -> list[ImageRow]:
        """The image of this id that the accounts see, in whatever cached region it is.

        Args:
            regions: where it is looked for; `None`: in all that are cached.
        """
        rows: list[ImageRow] = []
        for file in self._look(self.cached_regions() if regions is None else regions):
            best = best_seen("i", tuple(file.owners(accounts)))
            ids = file.fetch(
                "SELECT i.id FROM image_text t JOIN image i ON i.id = t.id WHERE t.image_id = ?"  # noqa: S608 - codes
                f" AND {visible_slots(file, accounts).test()} ORDER BY {best} LIMIT 1",
                (image_id.lower(),),
            )
            rows += image_rows(file, [row_id for (row_id,) in ids], accounts)
        return rows

    def relatives(
        self, image: ImageRow, regions: Sequence[str], accounts: tuple[str, ...]
    ) -> dict[str, list[ImageRow]]:
        """By cached Region every build of an image's family, newest first; empty when the image has vanished."""
        from amitui.catalog.search.relatives import relatives_in

        home = self._file_of(image.key)
        return {} if home is None else relatives_in(self._look(dict.fromkeys(regions)), home, image, accounts)

    # What is cached

    def shards(self, regions: Sequence[str]) -> list[ShardStatus]:
        """What is cached of these regions; a shard that is being fetched anew is incomplete, yet has its date."""
        return [status for file in self._look(regions) for _, status in file.shards()]

    def cached_regions(self) -> list[str]:
        """Regions of which anything is cached that this version can read, by name."""
        self._interruption.asked = False
        return [region for region in self._regions_on_disk() if holds_anything(self._file(region))]

    def is_filled(self, region: str) -> bool:
        """Whether a region's index holds anything; yes as well when it cannot be read though it is whole."""
        try:
            return bool(self.shards((region,)))
        except CacheError as error:
            return not is_damaged(error)

    def is_current(self, region: str) -> bool:
        """Whether a region's index is of this version's schema, or is none that can be made anew."""
        try:
            file = self._file(region)
            return not file.look() or file.is_current
        except CacheError:
            return True

    def is_whole(self, region: str) -> bool:
        """Whether of no slice of a region only a part is there."""
        return all(status.fetched_at for status in self.shards((region,)))

    def changed(self) -> bool:
        """Whether anybody, another process included, has written since the last time this was asked."""
        self._interruption.asked = False
        names = dict.fromkeys([*self._files, *self._regions_on_disk()])
        states: dict[str, object] = {name: self._file(name).state() for name in names}
        seen, self._seen = self._seen, states
        return seen is not None and seen != states

    def _regions_on_disk(self) -> list[str]:
        names = names_in(self._index_dir)
        return sorted(name.removesuffix(".sqlite") for name in names if name.endswith(".sqlite"))

    # Files

    def _look(self, regions: Iterable[str]) -> Iterator[RegionFile]:
        """The files of these regions that can be read now."""
        self._interruption.asked = False
        for region in regions:
            file = self._file(region)
            if file.look():
                yield file

    def _file(self, region: str) -> RegionFile:
        if region not in self._files:
            self._files[region] = RegionFile(
                os.path.join(self._index_dir, f"{region}.sqlite"),
                region,
                self._names.slot(region),
                cache_kib=self._cache_kib,
                interruption=self._interruption,
            )
        return self._files[region]

    def _file_of(self, key: int) -> RegionFile | None:
        self._interruption.asked = False
        return self._file_in(slot_of(key))

    def _file_in(self, slot: int) -> RegionFile | None:
        name = self._names.name(slot)
        if name is None:
            return None
        file = self._file(name)
        return file if file.look() else None
