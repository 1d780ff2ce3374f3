"""Everything known of one image: grouped details, its timeline, and the record itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from textual.binding import Binding
from textual.message import Message

from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.ui.widgets.line import clip
from amitui.ui.widgets.text_lines import BLANK, Run, TextLine, TextView, json_lines, labelled, paragraph
from amitui.ui.widgets.timeline_view import DIAGRAM_FROM, timeline_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from textual.events import Click

    from amitui.domain.timeline.timeline import Timeline
    from amitui.errors import AmituiError
    from amitui.presentation.details.explain import DetailGroup

TABS: Final = ("Details", "Timeline", "Raw")

TIMELINE_TAB: Final = TABS.index("Timeline")

TICK_S: Final = 1.0
"""How often elapsed times are renewed while the timeline has something in progress."""

SEVERITY_MARKS: Final = {"warn": f"{UNICODE.held} ", "bad": f"{UNICODE.failed} "}
"""Before a value, so that its severity shows without colour."""

WIDEST_LABEL: Final = 16
"""Cells of the label column at most; the few longer labels get a line of their own."""


def group_lines(groups: Sequence[DetailGroup], width: int) -> Iterator[TextLine]:
    """The groups under their titles, labels in one aligned column, notes under what they are about."""
    longest = max((cell_len(line.label) for group in groups for line in group.lines), default=0)
    label_width = min(longest, WIDEST_LABEL) + 2
    for index, group in enumerate(groups):
        if index:
            yield BLANK
        yield from paragraph(group.title, width, "title")
        for line in group.lines:
            severity = "" if line.severity == "plain" else line.severity
            value = Run(SEVERITY_MARKS.get(severity, "") + line.value, severity)
            note = (Run(line.note, "muted"),) if line.note else ()
            yield from labelled(line.label, (value, *note), width, label_width)


class DetailPane(TextView):
    """Details, timeline and record of the image given by `show`, or why there is none."""

    BINDING_GROUP_TITLE = "Details"
    BINDINGS = [
        Binding(
            "right",
            "switch_tab(1)",
            "Details/Timeline/Raw",
            key_display="←→",
            id="detail.tab",
            tooltip="Switch tab: details, timeline, raw record",
        ),
        Binding(
            "left", "switch_tab(-1)", "Tab before", show=False, id="detail.tab_before", tooltip="Previous tab"
        ),
        Binding("escape,enter,q", "close", "Close", id="detail.close", tooltip="Close the details"),
        Binding(
            "J,shift+down",
            "scroll(3)",
            "Scroll",
            show=False,
            id="detail.details_down",
            tooltip="Three lines down",
        ),
        Binding(
            "K,shift+up",
            "scroll(-3)",
            "Scroll up",
            show=False,
            id="detail.details_up",
            tooltip="Three lines up",
        ),
        Binding(
            "right_square_bracket,alt+down",
            "step(1)",
            "Next image",
            show=False,
            id="detail.next",
            tooltip="Details of the next image",
        ),
        Binding(
            "left_square_bracket,alt+up",
            "step(-1)",
            "Prev image",
            show=False,
            id="detail.last",
            tooltip="Details of the previous image",
        ),
    ]

    HEADER = 1

    @dataclass
    class Stepped(Message):
        """The next image (1) or the one before (-1) was chosen."""

        rows: int

    class Closed(Message):
        """The pane was closed."""

    class TimelineShown(Message):
        """The Timeline tab is shown now: its lineage has to be read from EC2."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._title = ""
        self._groups: Sequence[DetailGroup] = ()
        self._record: Mapping[str, Any] = {}
        self._json: str | None = None
        self._timeline: Callable[[], Timeline] | None = None
        self._now: Callable[[], int] = int
        self._words: tuple[tuple[str, str], ...] = (("No image selected.", "muted"),)
        self._tab = 0

    def on_mount(self) -> None:
        self.set_interval(TICK_S, self._tick)

    def show(self, title: str, groups: Sequence[DetailGroup], record: Mapping[str, Any]) -> None:
        """Show an image.

        Args:
            title: its id or name, for the pane's first line.
            groups: what `presentation/details/explain.py` says of it.
            record: its sanitized record, for the Raw tab.
        """
        self._title, self._groups, self._record = title, groups, record
        self._json, self._words, self._timeline = None, (), None
        self.renew(from_top=True)

    def show_timeline(self, timeline: Callable[[], Timeline], now: Callable[[], int]) -> None:
        """Show the image's timeline, without scrolling.

        Args:
            timeline: returns the present timeline; called whenever the tab is laid out.
            now: seconds since the epoch.
        """
        self._timeline, self._now = timeline, now
        self.renew_timeline()

    def renew_timeline(self) -> None:
        """The timeline has changed."""
        if self._tab == TIMELINE_TAB:
            self.renew()

    def renew_groups(self, groups: Sequence[DetailGroup]) -> None:
        """Show more of the same image without scrolling."""
        self._groups = groups
        self.renew()

    def show_error(self, title: str, error: AmituiError) -> None:
        """Show an error in place of the image."""
        roles = ("bad", "", "muted")
        self._show_words(title, tuple(zip((error.what, error.why, error.remedy), roles, strict=True)))

    def show_nothing(self, words: str = "No image selected.") -> None:
        """Empty the pane."""
        self._show_words("", ((words, "muted"),))

    @property
    def tab(self) -> str:
        """One of `TABS`."""
        return TABS[self._tab]

    @property
    def timeline_shown(self) -> bool:
        """Whether the Timeline tab is shown."""
        return self._tab == TIMELINE_TAB

    def lay_out(self, width: int) -> Iterator[TextLine]:
        width = max(1, width - 1)  # a blank before the scroll bar
        if self._words:
            for words, role in self._words:
                yield from paragraph(words, width, role) if words else ()
        elif self._tab == 0:
            yield from group_lines(self._groups, width)
        elif self._tab == TIMELINE_TAB:
            if self._timeline is not None:
                ascii_only = self.app.has_class("-ascii")
                yield from timeline_lines(
                    self._timeline(),
                    now=self._now(),
                    width=width,
                    diagram=self.app.size.width >= DIAGRAM_FROM,
                    signs=ASCII if ascii_only else UNICODE,
                )
        else:
            if self._json is None:
                self._json = json.dumps(self._record, ensure_ascii=False, indent=2)
            yield from json_lines(self._json, width)

    def header(self, width: int) -> TextLine:
        tabs = [Run(f" {name} ", "active-tab" if index == self._tab else "tab") for index, name in enumerate(TABS)]
        room = width - sum(cell_len(run.text) for run in tabs)
        title = clip(self._title, room - 2)
        return (*tabs, Run(" " * (room - cell_len(title) - 1), "head"), Run(title + " ", "head"))

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y != 0:
            return
        left = 0
        for index, name in enumerate(TABS):
            left += len(name) + 2
            if offset.x < left:
                self._show_tab(index)
                return

    def action_step(self, rows: int) -> None:
        """Request another image."""
        self.post_message(self.Stepped(rows))

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_lines(lines)

    def action_close(self) -> None:
        """Request to be closed."""
        self.post_message(self.Closed())

    def action_switch_tab(self, step: int) -> None:
        """Show the tab `step` further on from its top, around the ends."""
        self._show_tab((self._tab + step) % len(TABS))

    def _show_tab(self, index: int) -> None:
        if index != self._tab:
            self._tab = index
            self.renew(from_top=True)
            if self.timeline_shown:
                self.post_message(self.TimelineShown())

    def _tick(self) -> None:
        if self.timeline_shown and self._timeline is not None:
            timeline = self._timeline()
            if any(stage.state == "now" for stage in (*timeline.milestones, *timeline.branches)):
                self.renew()

    def _show_words(self, title: str, words: tuple[tuple[str, str], ...]) -> None:
        self._title, self._words = title, words
        self._groups, self._record, self._json, self._timeline = (), {}, None, None
        self.renew(from_top=True)
