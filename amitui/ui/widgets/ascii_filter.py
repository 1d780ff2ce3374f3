"""The last thing that happens to a line on a terminal without UTF-8: what is not ASCII is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

from amitui.charset import to_ascii_cells

if TYPE_CHECKING:
    from textual.color import Color


class AsciiFilter(LineFilter):
    """Borders, bars and signs of Textual's own included; every line keeps its width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The segments in ASCII."""
        if all(segment.text.isascii() for segment in segments):
            return segments
        return [Segment(to_ascii_cells(text), style, control) for text, style, control in segments]
