"""Loads a view into the table: its first rows at once, then all its keys, or why there are none."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from amitui.catalog.search.view import QueryInterrupted
from amitui.domain.catalogue.scope import ALL
from amitui.errors import AmituiError
from amitui.ui.screens.empty_state import EmptyView, why_empty
from amitui.ui.screens.gone_rows import GoneRows, as_gone
from amitui.ui.screens.whereabouts import Whereabouts
from amitui.ui.timers import call_later_once

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amitui.domain.catalogue.shard import ShardStatus
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.image.row import ImageRow
    from amitui.ui.screens.browse import BrowseScreen

FIRST_ROWS = 200
"""Rows of the first answer: more than the tallest terminal shows."""

LEAST_FAMILIES = 20
"""Rows of the first answer where rows are families, on low screens: what is in view costs the least to find."""

STREAM_REDRAW_S = 0.4
"""Least time between two redraws while rows stream in: a slow link is spared, progress is still seen."""


class Answer(NamedTuple):
    """The result of a view, as far as it is known."""

    keys: Sequence[int] = ()
    matches: int | None = None
    """`None`: not counted yet."""
    total: int | None = None
    """Rows in scope whatever the query; `None`: not counted yet."""
    deprecated_hidden: int = 0
    elsewhere: int = 0
    """Matches in all scopes, when there is none in those of the view."""
    statuses: Sequence[ShardStatus] = ()
    """The cached shards of the view's Regions."""
    families: int | None = None
    """Rows that stand for families; `None`: each row is an image."""


class ViewLoader:
    """Searches for the rows of a screen's view; a later search of the user cancels the one in progress."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self.answer = Answer()
        self.redraw_pending = False
        """Whether rows that came or went are still to be shown."""
        self.groups_families = True
        """Whether a search for words shows a row for each family."""
        self._awaited = False
        """Whether rows of a changed view are still to be shown."""
        self._searched_at = 0.0
        """When a search began, by the monotonic clock."""
        self._whereabouts = Whereabouts(screen)
        self.renewals = 0
        """How often newer data of the same view were searched."""
        self.gone = GoneRows()
        self._gone_seen = 0
        """How many departures had been noted when rows were taken for gone the last time."""

    def load(self, *, keep_cursor: bool = False) -> None:
        """Search again and show the result.

        Args:
            keep_cursor: whether it is the same view with newer data.
        """
        screen = self._screen
        self._searched_at = monotonic()
        self.renewals += keep_cursor
        # While the rows of a changed view have not been shown yet, they still begin at the top.
        keep_cursor = keep_cursor and not self._awaited
        self._awaited = not keep_cursor
        request = screen.request
        screen.services.catalogue.room.use.note(request.regions)
        screen.table.show_region = len(request.regions) > 1
        screen.table.sorted_by = request.order
        group, other = ("redraw", "search") if keep_cursor else ("search", "redraw")
        screen.workers.cancel_group(screen, other)
        screen.run_worker(self._load(request, keep_cursor), group=group, exclusive=True)

    def all_rows(self) -> Iterator[ImageRow]:
        """Every match, read in windows."""
        return self._rows_of(self.answer.keys)

    async def all_builds(self) -> list[ImageRow]:
        """Every image that matches, also where a row stands for a family.

        Raises:
            AmituiError: the index could not be read.
        """
        return list(self._rows_of(await self._screen.search.all_keys(self._screen.request)))

    def _rows_of(self, keys: Sequence[int]) -> Iterator[ImageRow]:
        for start in range(0, len(keys), FIRST_ROWS):
            yield from filter(None, self._screen.rows(keys[start : start + FIRST_ROWS]))

    def load_soon(self) -> None:
        """Search the same view again, at most every `STREAM_REDRAW_S`."""
        if not self.redraw_pending:
            self.redraw_pending = True
            call_later_once(self._screen, STREAM_REDRAW_S, self._redraw)

    def _redraw(self) -> None:
        left = self._searched_at + STREAM_REDRAW_S - monotonic()
        if left > 0:
            # What the user typed was looked for in what was there: another search would only delay the next key.
            call_later_once(self._screen, left, self._redraw)
            return
        self.redraw_pending = False
        self._screen.load_view(keep_cursor=True)

    async def _load(self, request: ViewRequest, keep_cursor: bool) -> None:
        screen = self._screen
        try:
            shown = await self._show(request, keep_cursor)
        except QueryInterrupted:
            return
        except AmituiError as error:
            if not screen.is_leaving():
                self._show_error(error, request)
            return
        if shown and not screen.is_leaving():
            screen.show_status()
            screen.facets.count()
            if not self.answer.matches:
                self._explain_emptiness()
                await self._whereabouts.say(request)

    async def _show(self, request: ViewRequest, keep_cursor: bool) -> bool:
        """Show the first rows, then all; false when the screen was closed meanwhile."""
        if self.groups_families and request.is_grouped and await self._show_families(request, keep_cursor):
            return not self._screen.is_leaving()
        return await self._show_builds(request, keep_cursor)

    async def _show_families(self, request: ViewRequest, keep_cursor: bool) -> bool:
        """Show a row for each family; false when there is none."""
        screen, search = self._screen, self._screen.search
        if not keep_cursor:  # else the rows stand there already, with their numbers of builds
            keys, rows = await search.first_families(request, max(LEAST_FAMILIES, screen.table.size.height))
            if not keys:
                return False
            if screen.is_leaving():
                return True
            screen.table.show(keys, rows, builds=[0] * len(keys))
            self._awaited = False
        view = await search.families(request)
        if not view.keys:
            return False
        total, shards = await search.around(request)
        if screen.is_leaving():
            return True
        if keep_cursor:
            screen.table.show(view.keys, keep_cursor=True, builds=view.builds)
            self._awaited = False
        screen.table.extend(view.keys, view.builds)
        self.answer = Answer(
            view.keys, view.total, total, view.deprecated_hidden, 0, shards, families=len(view.keys)
        )
        if keep_cursor:
            await self._renew_opened(request)
        return True

    async def _renew_opened(self, request: ViewRequest) -> None:
        """Read the builds again that are shown in place."""
        table = self._screen.table
        for family in table.opened_families:
            builds = await self._screen.search.builds(request, family)
            if not self._screen.is_leaving():
                table.open_family(family, builds)

    def toggle_families(self) -> bool:
        """Show a row for each family where words are searched for, or one for each build; which it is now."""
        self.groups_families = not self.groups_families
        self._screen.load_view()
        return self.groups_families

    async def open_family(self, family: int) -> None:
        """Show the builds of a family in place.

        Args:
            family: key of its row.
        """
        screen = self._screen
        view = screen.view
        try:
            builds = await screen.search.builds(screen.request, family)
        except AmituiError as error:
            screen.post_message(screen.Unreadable(error, screen.request.regions))
            return
        # The same family may be in another answer by now, with other builds in view.
        if not screen.is_leaving() and screen.view == view:
            screen.table.open_family(family, builds)

    async def _show_builds(self, request: ViewRequest, keep_cursor: bool) -> bool:
        """Show a row for each image; false when the screen was closed meanwhile."""
        screen, search = self._screen, self._screen.search
        keys, rows = await search.first(request, FIRST_ROWS)
        if not keys:
            self.answer = self.answer._replace(statuses=await search.shards(request.regions))
            self._explain_emptiness()
        if screen.is_leaving():
            return False
        self._notice_other_regions({row.region for row in rows} - {*request.regions})
        self._take_gone(keep_cursor)
        shown = self.gone.woven(keys)
        screen.table.show(shown, rows if shown is keys else (), keep_cursor=keep_cursor)
        self._awaited = False
        found = await search.whole(request)
        if screen.is_leaving():
            return False
        screen.table.extend(self.gone.woven(found.keys))
        self.answer = Answer(found.keys, len(found.keys), found.total, found.deprecated_hidden, 0, found.shards)
        if not found.keys and request.query.clauses and ALL not in request.scopes:
            everywhere = await search.keys(request._replace(scopes=(ALL,)))
            self.answer = self.answer._replace(elsewhere=len(everywhere.keys))
        return True

    def _take_gone(self, same_view: bool) -> None:
        """Keep rows of the same view in their places whose images went; marked ones are known to be gone."""
        if not same_view:
            self.gone.forget()
        catalogue, table = self._screen.services.catalogue, self._screen.table
        if catalogue.gone.noted == self._gone_seen:
            return
        self._gone_seen = catalogue.gone.noted
        gone = {(one.region, one.image_id): one for one in catalogue.gone.all(self._screen.request.accounts)}
        if same_view:
            self.gone.take(table.rows_in_view, gone)
        table.renew_marks(
            [
                as_gone(row, gone[row.region, row.image_id])
                for row in table.marks
                if (row.region, row.image_id) in gone
            ]
        )

    def show_no_rows(self, error: AmituiError) -> None:
        """Show why the query cannot be run, and no row of an earlier view."""
        for group in ("search", "redraw"):
            self._screen.workers.cancel_group(self._screen, group)
        self._show_words(error)

    def _show_error(self, error: AmituiError, request: ViewRequest) -> None:
        self._screen.post_message(self._screen.Unreadable(error, request.regions))
        self._show_words(error)

    def _show_words(self, error: AmituiError) -> None:
        screen = self._screen
        screen.table.empty_text = Content("\n".join(error.lines()))
        screen.table.show([], [])
        screen.table.extend([])
        self.answer = self.answer._replace(keys=(), matches=None)
        self._awaited = False
        screen.show_status()
        screen.facets.show_error(error)

    def _notice_other_regions(self, elsewhere: set[str]) -> None:
        """Notify that an image named by its id is in another Region."""
        if elsewhere:
            screen = self._screen
            screen.table.show_region = True
            screen.notice(f"not in {', '.join(screen.view.regions)}: found in {', '.join(sorted(elsewhere))}")

    def _explain_emptiness(self) -> None:
        screen = self._screen
        if not screen.is_leaving():
            empty = EmptyView(screen.request, self.answer, screen.identity_error)
            screen.table.empty_text = why_empty(screen.services, screen.fetches, empty, screen.key_of)
