"""What runs on which image: subjects under the verdicts that they share, and the fleet by the age of its images.

Regions answer one by one, and their subjects are shown as they come.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from textual import on
from textual.binding import Binding
from textual.containers import Container

from amitui.domain.fleet.findings import Finding, RegionAudit
from amitui.errors import AmituiError
from amitui.presentation.audit_chart import age_chart, age_counts
from amitui.presentation.audit_details import ABOUT, finding_groups
from amitui.presentation.audit_rows import AuditRow, GroupRow, NoteRow
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.ui.screens.audit_state import AuditState
from amitui.ui.screens.list_pane import SHEETS, ListPane, PaneDetails, list_bindings
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.audit_list import AuditList
from amitui.ui.widgets.detail_pane import group_lines
from amitui.ui.widgets.filter_input import FilterInput
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.live_list import LiveList
from amitui.ui.widgets.text_lines import BLANK, Run, paragraph

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.widgets import Input

    from amitui.presentation.audit_export import Report
    from amitui.ui.widgets.text_lines import TextLine

CHART_FROM: Final = 18
"""Screens with fewer rows go without the histogram."""
TALL_FROM: Final = 32
"""From this many rows on its bars are three rows high."""


class AuditLeft(NamedTuple):
    """An audit as it was when an image was opened out of it."""

    state: AuditState
    text: str
    """Of the filter."""
    position: int
    """Of the cursor."""


class AuditScreen(ListPane[AuditRow]):
    """The list, the histogram and the details; ends with the finding whose image is to be opened.

    Where `rolls_out` is set, its successor is to be rolled out instead.
    """

    AUTO_FOCUS = ""
    CSS_PATH = stylesheet(*SHEETS, "picker", "audit")
    BINDINGS: ClassVar = [
        Binding("enter", "open", "Image", id="audit.open", tooltip="Open the image, or the group of a heading"),
        Binding("R", "roll_out", "Roll out", id="audit.roll_out", tooltip="Roll out the successor of the image"),
        Binding("slash", "filter", "Filter", id="audit.filter", tooltip="Type to filter the subjects"),
        Binding("b", "verdict", "Verdict", id="audit.verdict", tooltip="Only one verdict, the next, or all again"),
        Binding("y", "copy", "Copy ID", id="audit.copy", tooltip="Copy the ID of the image"),
        Binding("Y", "copy_successor", "Copy new", id="audit.copy_successor", tooltip="Copy the successor's ID"),
        Binding("e", "export", "Export", id="audit.export", tooltip="Write what is listed as JSON, CSV or SARIF"),
        Binding("f5", "again", "Read again", id="audit.again", tooltip="Read everything again"),
        Binding("right", "fold(False)", "Open group", show=False, id="audit.unfold", tooltip="Open the group"),
        Binding("left", "fold(True)", "Close group", show=False, id="audit.fold", tooltip="Close the group"),
        *list_bindings("audit", "subject"),
        Binding("escape,q,A", "leave", "Close", id="audit.leave", tooltip="Close; first clears the filter"),
    ]
    WIDE_FROM = 140
    LIST_SHARE = (3, 5)

    def __init__(
        self,
        regions: Sequence[str],
        read: Callable[[str], Awaitable[RegionAudit]] | str,
        copy: Callable[[Sequence[str]], str],
        export: Callable[[Report], None],
        *,
        now: Callable[[], int],
        can_roll_out: bool = False,
        ascii_only: bool = False,
        left: AuditLeft | None = None,
    ) -> None:
        """Args:
        regions: that are audited.
        read: the audit of one of them; a text says why that cannot be done.
        copy: sends lines to the clipboard; gives what there is to say of it.
        export: has findings written to a file.
        now: seconds since the epoch.
        can_roll_out: whether successors can be rolled out from here.
        ascii_only: whether the terminal shows nothing but ASCII.
        left: the same audit at an earlier time, which is gone on with.
        """
        self._glyphs = ASCII if ascii_only else UNICODE
        rows = AuditList(self._glyphs)
        super().__init__("Audit", rows)
        self.list: AuditList = rows
        self.chart = PaneDetails(self._chart_lines)
        self.filter = FilterInput("type to filter: a name, an ID, a verdict, a kind, a Region")
        self.rolls_out = False
        self._read, self._copy, self._export, self._can_roll_out = read, copy, export, can_roll_out
        self._now = now
        self._left = left
        self._state = left.state if left else AuditState(regions, read if isinstance(read, str) else "")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.filter
        self.chart.add_class("chart")
        yield self.chart
        with Container(classes="both"):
            yield self.list
            yield self.details
        yield KeyBar()

    def on_mount(self) -> None:
        left = self._left or self.left
        self.filter.display, self.filter.value = bool(left.text), left.text
        if self._left is None or left.state.is_waiting:
            self.action_again()
        self._show()
        self.list.move(left.position)

    @property
    def left(self) -> AuditLeft:
        """The audit as it is now."""
        return AuditLeft(self._state, self.filter.value, self.list.position)

    def on_resize(self) -> None:
        self.chart.display = self.chart_rows > 0
        self.chart.styles.height = self.chart_rows
        super().on_resize()

    @on(LiveList.RowClicked)
    def _row_clicked(self, event: LiveList.RowClicked) -> None:
        event.stop()
        self.action_open()

    @on(FilterInput.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self._show()
        if self.filter.value and isinstance(self.list.current, GroupRow):
            self.list.move(1)  # what was looked for is below its heading

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer what makes sense for the row under the cursor."""
        here = self.finding
        match action:
            case "open":
                return isinstance(self.list.current, GroupRow) or (here is not None and bool(_image_id(here)))
            case "copy":
                return here is not None and bool(_image_id(here))
            case "copy_successor":
                return here is not None and here.judgement.successor is not None
            case "roll_out":
                return self._can_roll_out and here is not None and here.judgement.successor is not None
            case "export":
                return bool(self._state.listed)
            case _:
                return True

    @property
    def finding(self) -> Finding | None:
        """The finding under the cursor."""
        here = self.list.current
        return here if isinstance(here, Finding) else None

    def listed_rows(self) -> int:
        return self.list.virtual_size.height

    def fit(self) -> None:
        """The histogram takes its rows first."""
        if self.has_class("-wide"):
            self.list.styles.height = "100%"
            return
        part, whole = self.LIST_SHARE
        above = 1 + self.chart_rows + int(self.filter.display)
        most = (self.app.size.height - above - 1) * part // whole
        self.list.styles.height = min(max(1, self.listed_rows()), max(1, most))

    @property
    def chart_rows(self) -> int:
        """Rows of the histogram; 0 = there is no room for it."""
        height = self.app.size.height
        return 0 if height < CHART_FROM else (3 if height >= TALL_FROM else 1) + 3

    # Reading

    def action_again(self) -> None:
        """Read every Region again; what was read stays until its Region answers."""
        read = self._read
        if not isinstance(read, str):
            self._state.begin()
            self.run_worker(self._read_all(read), group="auditing", exclusive=True)
        self._show()

    async def _read_all(self, read: Callable[[str], Awaitable[RegionAudit]]) -> None:
        async def one(region: str) -> None:
            try:
                answer: RegionAudit | AmituiError = await read(region)
            except AmituiError as error:
                answer = error
            self._state.take(region, answer)
            self._show()

        await asyncio.gather(*map(one, self._state.regions))

    # What is listed

    def action_filter(self) -> None:
        """Type to filter."""
        self.filter.display = True
        self.filter.focus()

    def action_choose(self) -> None:
        """Enter in the filter: back to the list."""
        self.filter.display = bool(self.filter.value)
        self.set_focus(None)

    def action_leave(self) -> None:
        """Close; first leave and clear the filter."""
        if self.filter.display:
            self.filter.value = ""
            self.action_choose()
        elif self._state.only is not None:
            self._state.only = None
            self._show()
        else:
            super().action_leave()

    def action_verdict(self) -> None:
        """List only the subjects of the next verdict that there is; after the last one, all."""
        self._state.next_verdict()
        self._show()

    def action_fold(self, close: bool) -> None:
        """Close or open the group under the cursor, or that of the finding under it."""
        here = self.list.current
        if here is None or isinstance(here, NoteRow):
            return
        verdict = here.verdict if isinstance(here, GroupRow) else here.judgement.worst
        self._state.fold(verdict, close=close)
        self._show()
        if close:
            self.list.move(self._state.heading_of(verdict) - self.list.position)

    def action_open(self) -> None:
        """Open or close a group; of a subject close the screen, and open its image."""
        here = self.list.current
        if isinstance(here, GroupRow):
            self.action_fold(here.is_open)
        elif self.finding is not None and _image_id(self.finding):
            self.dismiss(here)

    def action_roll_out(self) -> None:
        """Close, and roll out the successor."""
        self.rolls_out = True
        self.dismiss(self.finding)

    def action_copy(self) -> None:
        """Copy the ID of the image."""
        if self.finding is not None:
            self.head.say(self._copy([_image_id(self.finding)]))

    def action_copy_successor(self) -> None:
        """Copy the ID of the successor."""
        if self.finding is not None and self.finding.judgement.successor is not None:
            self.head.say(self._copy([self.finding.judgement.successor.image_id]))

    def action_export(self) -> None:
        """Have what is listed written."""
        self._export(self._state.report())

    def say(self, words: str) -> None:
        """Show a line in the place of the counts."""
        if self.is_running:
            self.head.say(words)

    def _show(self) -> None:
        """Show everything as it is now."""
        self._state.list_matching(self.filter.value)
        self.list.show_items(self._state.rows, empty=self._state.nothing)
        self.head.show(*self._state.headline)
        self.fit()
        self.chart.renew()
        self.details.renew()
        self.refresh_bindings()

    def detail_lines(self, width: int) -> Iterator[TextLine]:
        return _lines_about(self.list.current, self._state.failures, self._now(), width)

    def _chart_lines(self, width: int) -> Iterator[TextLine]:
        rows = max(1, self.chart_rows - 3)
        for runs in age_chart(age_counts(self._state.listed), width, rows, self._glyphs):
            yield tuple(Run(text, role) for text, role in runs)


def _lines_about(
    here: AuditRow | None, failures: Mapping[str, AmituiError], now: int, width: int
) -> Iterator[TextLine]:
    """What is said of a row in the details."""
    if isinstance(here, NoteRow):
        yield from paragraph(f"{here.region}: {here.words}", width, "warn")
        error = failures.get(here.region)
        for line in error.lines()[1:] if error is not None and error.what == here.words else ():
            yield from paragraph(line, width)
        yield BLANK
        yield from paragraph("What could not be read is not judged: it is never taken for all right.", width)
    elif isinstance(here, GroupRow):
        yield from paragraph(ABOUT[here.verdict], width)
    elif here is not None:
        yield from group_lines(finding_groups(here, now), width)


def _image_id(finding: Finding) -> str:
    return finding.judgement.image.image_id
