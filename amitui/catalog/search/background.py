"""Searching off the event loop: one reading thread, whose running query the next one interrupts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from amitui.catalog.search.view import CatalogReader, QueryInterrupted, ViewKeys
from amitui.defects import only_amitui_errors
from amitui.domain.catalogue.families import FamilyView
from amitui.domain.catalogue.shard import Located, ShardStatus
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.image.row import ImageRow
from amitui.errors import CacheError

if TYPE_CHECKING:
    from amitui.catalog.search.facets import FacetReader
    from amitui.catalog.search.values import ValueReader
    from amitui.domain.query.facets import FacetView
    from amitui.domain.query.offers import FieldValue

_T = TypeVar("_T")


class WholeView(NamedTuple):
    """All that is to be known of a view beyond its first rows."""

    keys: Sequence[int]
    deprecated_hidden: int
    """Matches that are left out because they are deprecated."""
    total: int
    """Rows in scope regardless of the query."""
    shards: list[ShardStatus]
    """What is cached of its regions."""


@only_amitui_errors(QueryInterrupted)
class CatalogSearch:
    """Answers views for a screen. A view that a later one overtakes raises `QueryInterrupted`.

    Rows of a window are read on the calling thread: by primary key, a fraction of a millisecond, on a connection
    that no long query holds.
    """

    def __init__(self, index_dir: str) -> None:
        self._searching = CatalogReader(index_dir)
        self._window = self._searching.sibling()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")

    @cached_property
    def _values(self) -> ValueReader:
        """Counts values for completion; made when something is completed."""
        from amitui.catalog.search.values import ValueReader

        return ValueReader(self._searching)

    @cached_property
    def _facets(self) -> FacetReader:
        """Counts facets; made when they are first shown."""
        from amitui.catalog.search.facets import FacetReader

        return FacetReader(self._searching)

    async def first(self, request: ViewRequest, limit: int) -> tuple[list[int], list[ImageRow]]:
        """Keys and rows of the top of the view; interrupts whatever was being answered.

        An image that is named by its whole id and is not in the view is shown from whatever cached region it is
        in: "not found" mostly means the wrong region.
        """
        self._searching.interrupt()

        def read() -> tuple[list[int], list[ImageRow]]:
            keys, rows = self._searching.first(request, limit)
            if not keys:
                rows = self._named(request)
                keys = [row.key for row in rows]
            return keys, rows

        return await self._run(read)

    async def top(self, request: ViewRequest, limit: int) -> list[ImageRow]:
        """The first rows of a view that is shown nowhere; interrupts nothing, and nothing interrupts it."""
        _, rows = await self._run_through(lambda: self._searching.first(request, limit))
        return rows

    async def whole(self, request: ViewRequest) -> WholeView:
        """The complete view, and what the status line says of it."""

        def read() -> WholeView:
            keys: Sequence[int]
            keys, hidden = self._searching.keys(request)
            if not keys:
                keys = [row.key for row in self._named(request)]
            total = self._searching.total(request)
            return WholeView(keys, hidden, total, self._searching.shards(request.regions))

        return await self._run(read)

    async def keys(self, request: ViewRequest) -> ViewKeys:
        """The complete key vector of the view."""
        return await self._run(lambda: self._searching.keys(request))

    async def count(self, request: ViewRequest) -> int:
        """How many rows a view has; interrupts nothing, and nothing interrupts it."""
        return len(await self.all_keys(request))

    async def all_keys(self, request: ViewRequest) -> Sequence[int]:
        """The complete key vector of the view; interrupts nothing, and nothing interrupts it."""
        return (await self._run_through(lambda: self._searching.keys(request))).keys

    async def first_families(self, request: ViewRequest, limit: int) -> tuple[list[int], list[ImageRow | None]]:
        """Keys and rows of the best families of a view, whose builds are not counted yet: see `families`.

        Interrupts whatever was being answered.
        """
        self._searching.interrupt()

        def read() -> tuple[list[int], list[ImageRow | None]]:
            keys = self._searching.first_families(request, limit)
            return keys, self._searching.rows(keys, request.accounts)

        return await self._run(read)

    async def families(self, request: ViewRequest) -> FamilyView:
        """All families of a view, the best first, and how many builds each has.

        One family for each product, release, variant, architecture, owner and Region. For a view whose words are
        looked for: without words every family of the catalogue is one. Interrupts whatever was being answered.
        """
        self._searching.interrupt()
        return await self._run(lambda: self._searching.families(request))

    async def builds(self, request: ViewRequest, key: int) -> list[int]:
        """Keys of the builds that a view shows of one row's family, the newest first."""
        return await self._run_through(lambda: self._searching.builds(request, key))

    async def around(self, request: ViewRequest) -> tuple[int, list[ShardStatus]]:
        """Rows in scope regardless of the query, and what is cached of the view's Regions."""
        return await self._run(lambda: (self._searching.total(request), self._searching.shards(request.regions)))

    async def values(self, request: ViewRequest, field: str, key: str = "") -> tuple[FieldValue, ...]:
        """The values of a query's field in a request's Regions and scopes, as `ValueReader.values`.

        Gives way to a view that is searched for meanwhile, and counts once that is answered.
        """
        while True:
            with suppress(QueryInterrupted):
                return await self._run(lambda: self._values.values(request, field, key))

    async def facets(self, request: ViewRequest) -> FacetView:
        """The facets of a view, counted as `FacetReader.facets`; a view that is searched for meanwhile ends it."""
        return await self._run(lambda: self._facets.facets(request))

    async def explain(self, request: ViewRequest, keys: Sequence[int]) -> list[tuple[str, ...]]:
        """Why rows stand where they do in a view, for "Why this one": see `CatalogReader.explain`."""
        return await self._run_through(lambda: self._searching.explain(request, keys))

    async def relatives(
        self, image: ImageRow, regions: Sequence[str], accounts: tuple[str, ...]
    ) -> dict[str, list[ImageRow]]:
        """Every build of an image's family, by Region: see `CatalogReader.relatives`."""
        return await self._run_through(lambda: self._searching.relatives(image, regions, accounts))

    async def shards(self, regions: Sequence[str]) -> list[ShardStatus]:
        """What is cached of these regions."""
        return await self._run_through(lambda: self._searching.shards(regions))

    async def cached_regions(self) -> list[str]:
        """Regions of which anything is cached."""
        return await self._run_through(self._searching.cached_regions)

    async def unfilled(self, regions: Sequence[str]) -> list[str]:
        """Those of the regions whose index holds nothing, is damaged or of an older schema."""
        reader = self._searching
        return await self._run_through(
            lambda: [each for each in regions if not (reader.is_filled(each) and reader.is_current(each))]
        )

    async def changed(self) -> bool:
        """Whether anybody, another process included, has written since the last time this was asked."""
        try:
            return await self._run_through(self._searching.changed)
        except CacheError:
            return False  # the next look says what is wrong

    def rows(self, keys: Sequence[int], accounts: tuple[str, ...]) -> list[ImageRow | None]:
        """Rows of a window, in order; `None` for those that vanished."""
        return self._window.rows(keys, accounts)

    def seen_by(self, key: int, accounts: Sequence[str]) -> tuple[str, ...]:
        """Those of some accounts whose credentials saw the private image of a row; none when it has vanished."""
        try:
            return self._window.seen_by(key, accounts)
        except CacheError:
            return ()  # the next look says what is wrong

    def locate(self, key: int) -> Located | None:
        """Where the full record behind a row is kept; `None` when the row has vanished."""
        return self._window.locate(key)

    async def close(self) -> None:
        """Stop and close every connection."""
        self._searching.interrupt()
        try:
            await self._run(self._searching.close)
        finally:
            self._window.close()
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _named(self, request: ViewRequest) -> list[ImageRow]:
        """Images that the query names by their whole ids, in every cached region."""
        return [
            row
            for image_id in request.query.image_ids()
            for row in self._searching.find_image(image_id, request.accounts)
        ]

    async def _run_through(self, work: Callable[[], _T]) -> _T:
        """Run what nobody means to overtake: an interruption was meant for a view, and it is done again."""

        def again() -> _T:
            while True:
                with suppress(QueryInterrupted):
                    return work()

        return await self._run(again)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
