"""Everything known of one image: in words, grouped, and as the record itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from textual.binding import Binding
from textual.message import Message

from amitui.widgets.line import clip
from amitui.widgets.text_lines import BLANK, Run, TextLine, TextView, json_lines, labelled, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textual.events import Click

    from amitui.domain.explain import DetailGroup
    from amitui.errors import AmituiError

TABS: Final = ("Details", "Raw")

SEVERITY_MARKS: Final = {"warn": "! ", "bad": "✗ "}
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
    """Details and Raw of the image given by `show`; scrolls, wraps, and says so when there is nothing to show."""

    BINDING_GROUP_TITLE = "Details"
    BINDINGS = [
        Binding(
            "left,right",
            "switch_tab",
            "Details/Raw",
            key_display="←→",
            id="detail.tab",
            tooltip="Switch between the words and the record",
        ),
        Binding("escape,enter", "close", "Close", id="detail.close", tooltip="Close the details"),
        Binding("J", "step(1)", "Next image", show=False, id="detail.next", tooltip="Details of the next image"),
        Binding(
            "K", "step(-1)", "Last image", show=False, id="detail.last", tooltip="Details of the image before"
        ),
    ]

    HEADER = 1

    @dataclass
    class Stepped(Message):
        """The next image (1) or the one before (-1) is wanted."""

        rows: int

    class Closed(Message):
        """The pane is done with."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._title = ""
        self._groups: Sequence[DetailGroup] = ()
        self._record: Mapping[str, Any] = {}
        self._json: str | None = None
        self._words: tuple[tuple[str, str], ...] = (("No image chosen.", "muted"),)
        self._tab = 0

    def show(self, title: str, groups: Sequence[DetailGroup], record: Mapping[str, Any]) -> None:
        """Show an image.

        Args:
            title: its id or name, for the pane's first line.
            groups: what `domain/explain.py` says of it.
            record: its sanitized record, for the Raw tab.
        """
        self._title, self._groups, self._record = title, groups, record
        self._json, self._words = None, ()
        self.renew(from_top=True)

    def renew_groups(self, groups: Sequence[DetailGroup]) -> None:
        """Show more of the same image without scrolling."""
        self._groups = groups
        self.renew()

    def show_loading(self, title: str) -> None:
        """Say that the image is being read."""
        self._say(title, (("Reading…", "muted"),))

    def show_error(self, title: str, error: AmituiError) -> None:
        """Say why there is nothing to show."""
        roles = ("bad", "", "muted")
        self._say(title, tuple(zip((error.what, error.why, error.remedy), roles, strict=True)))

    def show_nothing(self, words: str = "No image chosen.") -> None:
        """Empty the pane."""
        self._say("", ((words, "muted"),))

    @property
    def tab(self) -> str:
        """`Details` or `Raw`."""
        return TABS[self._tab]

    def lay_out(self, width: int) -> Iterator[TextLine]:
        width = max(1, width - 1)  # a blank before the scroll bar
        if self._words:
            for words, role in self._words:
                yield from paragraph(words, width, role) if words else ()
        elif self._tab == 0:
            yield from group_lines(self._groups, width)
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
                if index != self._tab:
                    self.action_switch_tab()
                return

    def action_step(self, rows: int) -> None:
        """Ask for another image."""
        self.post_message(self.Stepped(rows))

    def action_close(self) -> None:
        """Ask to be closed."""
        self.post_message(self.Closed())

    def action_switch_tab(self) -> None:
        """Show the other tab from its top."""
        self._tab = 1 - self._tab
        self.renew(from_top=True)

    def _say(self, title: str, words: tuple[tuple[str, str], ...]) -> None:
        self._title, self._words = title, words
        self._groups, self._record, self._json = (), {}, None
        self.renew(from_top=True)
