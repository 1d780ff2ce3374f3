"""The page of one family: its builds, its history as a picture, and what a build has changed.

From the cached index alone; of two builds the full records are read to compare them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding

from amitui.domain.counts import count_of
from amitui.domain.image.difference import compare
from amitui.domain.image.row import ImageRow
from amitui.errors import AmituiError
from amitui.presentation.details.explain import DetailGroup, DetailLine
from amitui.presentation.family import (
    build_row,
    change_group,
    family_groups,
    family_title,
    history_picture,
    usable,
)
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.ui.screens.list_pane import SHEETS, ListPane, list_bindings
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.detail_pane import group_lines
from amitui.ui.widgets.live_list import LiveList
from amitui.ui.widgets.text_lines import BLANK, Run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from amitui.domain.image.image import Image
    from amitui.presentation.lines import Runs
    from amitui.ui.widgets.text_lines import TextLine


class BuildList(LiveList[ImageRow]):
    """The builds of a family, one a line."""

    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__()
        self._now = now
        self._id_cells = 0

    def key_of(self, item: ImageRow) -> str:
        return item.image_id

    def fit_columns(self, items: Sequence[ImageRow], width: int) -> None:  # noqa: ARG002
        self._id_cells = max((len(item.image_id) for item in items), default=0)

    def runs(self, item: ImageRow) -> Runs:
        return build_row(item, now=self._now(), id_cells=self._id_cells)


class FamilyScreen(ListPane[ImageRow]):
    """The builds, and below them the family and what the build under the cursor changed; ends with a build."""

    CSS_PATH = stylesheet(*SHEETS, "family")
    BINDINGS = [
        Binding("enter", "open", "Go to", id="family.open", tooltip="Close, and go to the build under the cursor"),
        Binding("y", "copy_newest", "Copy newest", id="family.copy", tooltip="Copy the ID of the newest build"),
        Binding("Y", "copy", "Copy this", id="family.copy_this", tooltip="Copy the ID of this build"),
        *list_bindings("family", "build"),
        Binding("escape,q,F", "leave", "Close", id="family.leave", tooltip="Close"),
    ]
    WIDE_FROM = 150
    LIST_SHARE = (3, 10)

    def __init__(
        self,
        builds: Sequence[ImageRow],
        image_of: Callable[[ImageRow], Awaitable[Image]],
        copy: Callable[[ImageRow], str],
        *,
        now: Callable[[], int],
        ascii_only: bool = False,
    ) -> None:
        """Args:
        builds: in one Region, the newest first; one at least.
        image_of: reads the full image behind a row.
        copy: sends the ID of a build to the clipboard; gives what there is to say of it.
        now: seconds since the epoch.
        ascii_only: whether the terminal shows nothing but ASCII.
        """
        rows = BuildList(now)
        super().__init__("Family", rows)
        self.list: BuildList = rows
        self._builds = tuple(builds)
        self._image_of, self._copy, self._now = image_of, copy, now
        self._glyphs = ASCII if ascii_only else UNICODE
        self._changes: dict[str, DetailGroup] = {}
        """By the ID of a build, as far as compared."""

    def on_mount(self) -> None:
        newest = self._builds[0]
        self.head.show(family_title(newest), f"{count_of(len(self._builds), 'build')} in {newest.region}")
        self.list.show_items(self._builds)
        self.fit()
        self._compare()

    @on(LiveList.Moved)
    def _build_moved(self) -> None:
        self._compare()

    @on(LiveList.RowClicked)
    def _build_clicked(self, event: LiveList.RowClicked) -> None:
        event.stop()
        self.action_open()

    def listed_rows(self) -> int:
        return len(self._builds)

    def detail_lines(self, width: int) -> Iterator[TextLine]:
        picture = list(history_picture(self._builds, width, now=self._now(), glyphs=self._glyphs))
        for line in picture:
            yield tuple(Run(text, role) for text, role in line)
        if picture:
            yield BLANK
        facts, origin = family_groups(self._builds, now=self._now())
        build = self.list.current
        changes = self._changes.get(build.image_id) if build is not None else None
        yield from group_lines([facts, *([changes] if changes else []), origin], width)

    def action_copy_newest(self) -> None:
        """Copy the ID of the newest build."""
        self.head.say(self._copy(usable(self._builds, self._now())))

    def action_copy(self) -> None:
        """Copy the ID of the build under the cursor."""
        if self.list.current is not None:
            self.head.say(self._copy(self.list.current))

    def _compare(self) -> None:
        """Compare the build under the cursor with the one before it, unless that has been done."""
        build = self.list.current
        if build is not None and build.image_id not in self._changes:
            self.run_worker(self._compared(build), group="details", exclusive=True)

    async def _compared(self, build: ImageRow) -> None:
        place = self._builds.index(build)
        if place + 1 == len(self._builds):
            group = DetailGroup("Changes", (DetailLine("None", "the first build that is cached"),))
        else:
            before = self._builds[place + 1]
            try:
                comparison = compare(await self._image_of(before), await self._image_of(build))
            except AmituiError as error:
                group = DetailGroup("Changes", (DetailLine("Unknown", error.what, error.remedy, "warn"),))
            else:
                group = change_group(before, comparison)
        self._changes[build.image_id] = group
        self.details.renew()
