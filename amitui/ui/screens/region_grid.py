"""The same image in other Regions: which have the newest build of its family, an older one, or none.

From the cache; what it does not say is asked of EC2 when the user wants it, narrowly, and forgotten afterwards.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding

from amitui.domain.catalogue.region_grid import FamilyAnswer, RegionBuild, RegionCell, build_in, grid_row
from amitui.domain.counts import count_of
from amitui.errors import AmituiError
from amitui.presentation.family import family_title
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.presentation.region_grid import legend, region_group, region_row, summary
from amitui.ui.screens.list_pane import SHEETS, ListPane, list_bindings
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.detail_pane import group_lines
from amitui.ui.widgets.live_list import LiveList
from amitui.ui.widgets.text_lines import BLANK, paragraph

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from amitui.domain.image.row import ImageRow, ImageSummary
    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs
    from amitui.ui.widgets.text_lines import TextLine

AT_ONCE: Final = 6
"""Regions that are asked at the same time."""


class RegionList(LiveList[str]):
    """The Regions, one a line."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self.cells: dict[str, list[RegionCell]] = {}
        """By Region, one for each family."""

    def key_of(self, item: str) -> str:
        return item

    def fit_columns(self, items: Sequence[str], width: int) -> None:
        """Nothing: the columns have fixed widths."""

    def runs(self, item: str) -> Runs:
        return region_row(item, self.cells[item], self._glyphs)


class RegionGridScreen(ListPane[str]):
    """A Region a line; ends with the one whose build, `build`, is to be gone to."""

    CSS_PATH = stylesheet(*SHEETS, "family")
    BINDINGS = [
        Binding("enter", "open", "Go to", id="grid.open", tooltip="Close, and go to the build in this Region"),
        Binding("f5", "ask", "Ask EC2", id="grid.ask", tooltip="Ask EC2 in the Regions of which nothing is known"),
        Binding("y", "copy", "Copy ID", id="grid.copy", tooltip="Copy the ID of the build in this Region"),
        Binding("Y", "copy_all", "Copy all", id="grid.copy_all", tooltip="Copy Regions and IDs, a line each"),
        *list_bindings("grid", "Region"),
        Binding("escape,q,G", "leave", "Close", id="grid.leave", tooltip="Close; what is being asked is dropped"),
    ]
    WIDE_FROM = 150
    LIST_SHARE = (3, 5)

    def __init__(
        self,
        images: Sequence[ImageRow],
        answers: Sequence[dict[str, FamilyAnswer]],
        ask: Callable[[ImageRow, str], Awaitable[list[ImageSummary]]] | str,
        copy: Callable[[Sequence[str]], str],
        *,
        now: Callable[[], int],
        ascii_only: bool = False,
    ) -> None:
        """Args:
        images: one for each family.
        answers: for each of them what the cache says, by Region.
        ask: reads a family's builds in a Region from EC2; a text says why that cannot be done.
        copy: sends lines to the clipboard; gives what there is to say of it.
        now: seconds since the epoch.
        ascii_only: whether the terminal shows nothing but ASCII.
        """
        self._glyphs = ASCII if ascii_only else UNICODE
        rows = RegionList(self._glyphs)
        super().__init__("Regions", rows)
        self.list: RegionList = rows
        self._images, self._answers = tuple(images), list(answers)
        self._titles = [family_title(image) for image in images]
        self._ask, self._copy, self._now = ask, copy, now
        self._limit = asyncio.Semaphore(AT_ONCE)

    def on_mount(self) -> None:
        self._show()
        self.fit()

    @on(LiveList.RowClicked)
    def _region_clicked(self, event: LiveList.RowClicked) -> None:
        event.stop()
        self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer what there is a build for."""
        return self.build is not None if action in ("open", "copy") else True

    def listed_rows(self) -> int:
        return len(self.list.cells)

    def detail_lines(self, width: int) -> Iterator[TextLine]:
        region = self.list.current
        if region is not None:
            yield from group_lines([region_group(region, self._titles, self.list.cells[region])], width)
            yield BLANK
        yield from paragraph(legend(self._glyphs), width, "muted")

    def action_open(self) -> None:
        """Close, and go to the build in the Region under the cursor."""
        if self.build is not None:
            super().action_open()

    def action_copy(self) -> None:
        """Copy the ID of the build in the Region under the cursor."""
        if self.build is not None:
            self.head.say(self._copy([self.build.image_id]))

    def action_copy_all(self) -> None:
        """Copy every Region with its image ID, a line each."""
        lines = [
            f"{region} {cell.build.image_id}"
            for region, cells in self.list.cells.items()
            for cell in cells
            if cell.build is not None
        ]
        self.head.say(self._copy(lines) if lines else "no Region is known to have it")

    def action_ask(self) -> None:
        """Ask EC2 in the Regions of which not everything is known."""
        if isinstance(self._ask, str):
            self.head.say(self._ask)
            return
        wanted = [
            (number, region)
            for number, answers in enumerate(self._answers)
            for region, answer in answers.items()
            if not answer.is_complete
        ]
        if not wanted:
            self.head.say("every Region is known already")
            return
        self.head.say(f"asking EC2 in {count_of(len({region for _, region in wanted}), 'Region')}")
        self.run_worker(self._ask_all(wanted), group="asking", exclusive=True)

    async def _ask_all(self, wanted: Sequence[tuple[int, str]]) -> None:
        await asyncio.gather(*(self._ask_one(number, region) for number, region in wanted))
        self.head.say("")

    async def _ask_one(self, number: int, region: str) -> None:
        if isinstance(self._ask, str):
            return
        async with self._limit:
            try:
                found = await self._ask(self._images[number], region)
            except AmituiError as error:
                known = self._answers[number][region]
                answer = known._replace(note=error.what)
            else:
                answer = FamilyAnswer(tuple(build_in(region, one) for one in found), is_complete=True)
        self._answers[number][region] = answer
        self._show()

    @property
    def build(self) -> RegionBuild | None:
        """The build in the Region under the cursor, of the first family that has one there."""
        cells = self.list.cells.get(self.list.current or "", ())
        return next((cell.build for cell in cells if cell.build is not None), None)

    def _show(self) -> None:
        now = self._now()
        rows = [grid_row(answers, now) for answers in self._answers]
        self.list.cells = {region: [row[region] for row in rows] for region in rows[0]}
        self.head.show(
            self._titles[0] if len(self._titles) == 1 else count_of(len(self._titles), "family", "families"),
            summary(list(self.list.cells.values())),
        )
        self.list.show_items(tuple(self.list.cells))
        self.details.renew()
        self.refresh_bindings()
