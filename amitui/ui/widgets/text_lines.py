"""Text laid out into lines of styled runs, and the scrolling view that paints them.

Strings become cells here without ever passing a markup parser, so whatever a stranger wrote is shown as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.style import Style
    from textual.selection import Selection


class Run(NamedTuple):
    """Characters in one style."""

    text: str
    role: str = ""
    """Names a component class `text-lines--<role>`; empty = the view's own style."""


TextLine: TypeAlias = tuple[Run, ...]

BLANK: TextLine = ()

_JOINTS = "/-_.:,;"
"""Where a path, an ARN or an image's name may be broken."""

_JSON_MEMBER = re.compile(r'( *)("(?:[^"\\]|\\.)*")(: )?(.*)')


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, broken at spaces, and inside words only if those are too long.

    A line of the text ends where it ends: a newline that reached the terminal would overwrite what is left of it.
    """
    width = max(1, width)
    if "\n" in text:
        return [part for line in text.split("\n") for part in wrap(line, width)]
    if cell_len(text) <= width:
        return [text]
    lines: list[str] = []
    line, used = "", 0
    for word in text.split(" "):
        cells = cell_len(word)
        gap = 1 if used else 0
        if used + gap + cells <= width:
            line, used = line + " " * gap + word, used + gap + cells
            continue
        if cells > width and width - used - gap >= 8:
            head = _head(word, width - used - gap)
            line, word = line + " " * gap + head, word[len(head) :]
        if line:
            lines.append(line)
        while cell_len(word) > width:
            head = _head(word, width)
            lines.append(head)
            word = word[len(head) :]
        line, used = word, cell_len(word)
    return [*lines, line]


def _head(word: str, width: int) -> str:
    """As much of a word as fits, up to the end of one of its parts where that is not much less."""
    head = chop_cells(word, width)[0] or word[0]
    cut = max(head.rfind(sign) for sign in _JOINTS) + 1
    return head[:cut] if cut > len(head) // 2 else head


def paragraph(text: str, width: int, role: str = "", *, indent: int = 0) -> list[TextLine]:
    """`text` wrapped into lines of one role."""
    lead = Run(" " * indent)
    return [(lead, Run(part, role)) if indent else (Run(part, role),) for part in wrap(text, width - indent)]


def labelled(
    label: str, value: Sequence[Run], width: int, label_width: int, *, role: str = "label"
) -> list[TextLine]:
    """A label in its column and the value's runs beside it, or below it where either has no room.

    The runs share a line when they fit into it; else each begins its own.
    """
    beside = width - label_width >= max(16, width // 3)
    indent = label_width if beside else 2
    lines: list[TextLine] = []
    if not beside or cell_len(label) > label_width - 2:
        lines = paragraph(label, width, role)
        label = ""
    if beside and sum(cell_len(run.text) + 2 for run in value) - 2 <= width - indent:
        start = Run(label + " " * (indent - cell_len(label)), role)
        return [*lines, (start, *[part for run in value for part in (Run("  "), run)][1:])]
    for run in value:
        for part in wrap(run.text, width - indent):
            lines.append((Run(label + " " * (indent - cell_len(label)), role), Run(part, run.role)))
            label = ""
    return lines


def json_lines(text: str, width: int) -> list[TextLine]:
    """Indented JSON, one line per member where it fits, longer ones folded under their own indentation."""
    lines: list[TextLine] = []
    for source in text.split("\n"):
        indent = len(source) - len(source.lstrip(" "))
        hang = min(indent + 2, width // 2)
        member = _JSON_MEMBER.fullmatch(source)
        key = member.group(1) + member.group(2) + ": " if member and member.group(3) else ""
        rest = source[len(key) :]
        if cell_len(source) <= width:
            lines.append((Run(key, "key"), Run(rest)) if key else (Run(source),))
            continue
        if cell_len(key) > width - 4:
            lines += [(Run(part, "key"),) for part in chop_cells(key, width)]
            key = ""
        room = max(1, width - cell_len(key))
        first, *folded = chop_cells(rest, room) if rest else [""]
        lines.append((Run(key, "key"), Run(first)))
        lines += [
            (Run(" " * hang), Run(part)) for part in chop_cells("".join(folded), max(1, width - hang)) if part
        ]
    return lines


class TextView(ScrollView, can_focus=True, inherit_bindings=False):
    """Scrolls through lines that a subclass lays out for the width at hand; its first `HEADER` rows stay put."""

    BINDINGS = [
        Binding("up,k", "line_up", "Up", show=False, id="text.up", tooltip="Scroll up one line"),
        Binding("down,j", "line_down", "Down", show=False, id="text.down", tooltip="Scroll down one line"),
        Binding("pageup,ctrl+b", "page_up", "Page up", show=False, id="text.page_up", tooltip="One page up"),
        Binding(
            "pagedown,ctrl+f",
            "page_down",
            "Page down",
            show=False,
            id="text.page_down",
            tooltip="Scroll down one page",
        ),
        Binding("home", "top", "Top", show=False, id="text.top", tooltip="Scroll to the first line"),
        Binding("end", "bottom", "Bottom", show=False, id="text.bottom", tooltip="Scroll to the last line"),
    ]
    COMPONENT_CLASSES = {
        f"text-lines--{role}"
        for role in ("title", "label", "muted", "key", "good", "warn", "bad", "head", "tab", "active-tab")
    }

    HEADER = 0

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[TextLine] = []

    def lay_out(self, width: int) -> Iterable[TextLine]:
        """The lines for `width` cells."""
        raise NotImplementedError

    def header(self, width: int) -> TextLine:  # noqa: ARG002
        """The line that does not scroll, when `HEADER` is 1."""
        return BLANK

    def on_resize(self) -> None:
        self.renew()

    def action_line_up(self) -> None:
        self.scroll_lines(-1)

    def action_line_down(self) -> None:
        self.scroll_lines(1)

    def action_page_up(self) -> None:
        self._show_from(self.scroll_offset.y - self.page_rows)

    def action_page_down(self) -> None:
        self._show_from(self.scroll_offset.y + self.page_rows)

    def action_top(self) -> None:
        self._show_from(0)

    def action_bottom(self) -> None:
        self._show_from(self.max_scroll_y)

    def renew(self, *, from_top: bool = False) -> None:
        """Lay the text out again and paint it."""
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        self._lines = list(self.lay_out(width))
        self.virtual_size = Size(width, len(self._lines) + self.HEADER)
        last = max(0, self.virtual_size.height - self.scrollable_content_region.height)
        if from_top or self.scroll_offset.y > last:
            # Textual leaves the offset where all of the text fits into a view that has grown, and nothing shows.
            self._show_from(0 if from_top else last)
        self.refresh()

    def scroll_lines(self, lines: int) -> None:
        """Scroll by so many lines, up when negative."""
        self._show_from(self.scroll_offset.y + lines)

    @property
    def page_rows(self) -> int:
        """Rows that scroll by with one page: one stays in sight."""
        return max(1, self.scrollable_content_region.height - self.HEADER - 1)

    @property
    def text(self) -> str:
        """Everything laid out, seen or not, without styles."""
        return "\n".join("".join(run.text for run in line) for line in self._lines)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse selected, as text."""
        return selection.extract(self.text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002
        """Show the selection."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint the header, or the line that has scrolled to row `y`."""
        width = self.scrollable_content_region.width
        if y < self.HEADER:
            return self._strip(self.header(width), width)
        index = y - self.HEADER + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        strip = self._strip(self._lines[index], width)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(index)) is not None:
            strip = self._selected(strip, *span)
        return strip.apply_offsets(0, index)

    def _show_from(self, line: int) -> None:
        # Forced, because right after new lines the scroll bar, which permits scrolling, is not there yet.
        self.scroll_to(y=line, animate=False, force=True)

    def _strip(self, line: TextLine, width: int) -> Strip:
        segments = [Segment(run.text, self._style(run.role)) for run in line if run.text]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _selected(self, strip: Strip, start: int, end: int) -> Strip:
        style = self.screen.get_component_rich_style("screen--selection")
        stop = strip.cell_length if end < 0 else min(end, strip.cell_length)
        before, chosen, after = strip.crop(0, start), strip.crop(start, stop), strip.crop(stop)
        marked = Strip([Segment(text, (own or style) + style) for text, own, _ in chosen])
        return Strip.join([before, marked, after])

    def _style(self, role: str) -> Style:
        return self.get_component_rich_style(f"text-lines--{role}") if role else self.rich_style
