"""One-line widgets made of parts: what fits is decided before painting, and equal parts are not painted twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.events import Click

ELLIPSIS = "…"


def clip(text: str, cells: int) -> str:
    """`text` in at most `cells` terminal cells, with an ellipsis where something was cut off."""
    if len(text) * 2 <= cells or cell_len(text) <= cells:
        return text
    if cells <= 1:
        return ELLIPSIS[:cells]
    return set_cell_size(text, cells - 1).rstrip() + ELLIPSIS


def clip_middle(text: str, cells: int) -> str:
    """`text` in at most `cells` terminal cells, with an ellipsis in its middle where something was cut out."""
    if cell_len(text) <= cells:
        return text
    if cells < 5:
        return clip(text, cells)
    tail, used = len(text), 0
    while used + cell_len(text[tail - 1]) <= (cells - 1) // 2:
        tail -= 1
        used += cell_len(text[tail])
    return set_cell_size(text, cells - 1 - used).rstrip() + ELLIPSIS + text[tail:]


@dataclass(frozen=True, slots=True)
class Part:
    """A run of text in one style."""

    text: str
    role: str = ""
    """Names the component class `<css name>--<role>` that styles it; empty = the widget's own style."""
    target: str = ""
    """What a click on the part means to the widget; empty = nothing."""


GAP = Part("  ")


def parts_width(parts: Sequence[Part]) -> int:
    """Cells that `parts` take side by side."""
    return sum(cell_len(part.text) for part in parts)


def spread(left: Sequence[Part], right: Sequence[Part], width: int) -> tuple[Part, ...]:
    """`left` and `right` pushed to the two ends of a line of `width` cells."""
    room = width - parts_width(left) - parts_width(right)
    return (*left, Part(" " * max(0, room)), *right)


class LineWidget(Widget):
    """A line of parts, fitted to its width by `fit`, repainted only when the fitted parts change."""

    ALLOW_SELECT = False

    PREFIX = ""
    """Start of the component classes: `status-bar` for `status-bar--muted`."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._parts: tuple[Part, ...] = ()

    def fit(self, width: int) -> tuple[Part, ...]:
        """The parts to show in `width` cells."""
        raise NotImplementedError

    def chosen(self, target: str) -> None:
        """A part with this target was clicked."""

    def on_resize(self) -> None:
        self.refit()

    def on_click(self, event: Click) -> None:
        event.stop()
        if target := self.target_at(event.get_content_offset_capture(self).x):
            self.chosen(target)

    def refit(self) -> None:
        """Fit again; paint only if that changed anything."""
        parts = self.fit(self.size.width)
        if parts != self._parts:
            self._parts = parts
            self.refresh()

    def target_at(self, x: int) -> str:
        """The target of the part at cell `x`."""
        for part in self._parts:
            x -= cell_len(part.text)
            if x < 0:
                return part.target
        return ""

    @property
    def text(self) -> str:
        """The line as it reads, without styles."""
        return "".join(part.text for part in self._parts).rstrip()

    def render_line(self, y: int) -> Strip:
        """Paint the fitted parts; lines below the first are blank."""
        base = self.rich_style
        width = self.size.width
        if y:
            return Strip.blank(width, base)
        segments = [Segment(part.text, self._style(part.role)) for part in self._parts if part.text]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, role: str) -> Style:
        if not role:
            return self.rich_style
        # Textual's get_visual_style would drop `reverse`.
        return self.get_component_rich_style(f"{self.PREFIX}--{role}")
