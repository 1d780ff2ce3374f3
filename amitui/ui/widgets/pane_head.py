"""The first line of a pane that fills the screen: its title, the counts, or a notice."""

from __future__ import annotations

from amitui.ui.widgets.line import LineWidget, Part, clip, parts_width, spread


class PaneHead(LineWidget):
    """Title and counts at the left, which of them are listed at the right."""

    PREFIX = "pane-head"
    COMPONENT_CLASSES = {f"pane-head--{role}" for role in ("title", "counts", "shown", "notice")}

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._counts, self._shown, self._notice = "", "", ""

    def show(self, counts: str, shown: str) -> None:
        """Show how many there are and which of them are listed."""
        self._counts, self._shown = counts, shown
        self.refit()

    def say(self, words: str) -> None:
        """Show a notice in the place of the counts; empty = the counts again."""
        self._notice = words
        self.refit()

    def fit(self, width: int) -> tuple[Part, ...]:
        left = (Part(f" {self._title} ", "title"),)
        right = (Part(f" {self._shown} ", "shown"),)
        room = width - parts_width(left) - parts_width(right)
        words, role = (self._notice, "notice") if self._notice else (self._counts, "counts")
        return spread((*left, Part(" " + clip(words, room - 1), role)), right, width)
