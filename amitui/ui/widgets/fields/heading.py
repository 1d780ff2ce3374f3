"""A line between the groups of a long form, so that one sees where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.line import LineWidget, Part, clip

if TYPE_CHECKING:
    from textual.app import ComposeResult


class HeadingLine(LineWidget):
    """The words, and a line up to the edge."""

    PREFIX = "heading-line"
    COMPONENT_CLASSES = {"heading-line--words", "heading-line--rule"}

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words

    def fit(self, width: int) -> tuple[Part, ...]:
        words = clip(self.words, max(1, width - 4))
        rule = "-" if self.app.has_class("-ascii") else "─"
        rest = max(0, width - cell_len(words) - 5)
        return (Part(f" {rule} ", "rule"), Part(words, "words"), Part(f" {rule * rest}", "rule"))


class HeadingField(Field):
    """The name of a group of fields; nothing can be done to it."""

    def __init__(self, words: str, *, id: str) -> None:
        self._words = words
        super().__init__("", id=id)

    def make_control(self) -> HeadingLine:
        return HeadingLine(self._words)

    def compose(self) -> ComposeResult:
        yield self._control

    def on_mount(self) -> None:
        """There is no problem to show."""

    @property
    def value(self) -> str:
        """The words."""
        return self._words

    @property
    def is_active(self) -> bool:
        """Never: there is nothing to be wrong."""
        return False
