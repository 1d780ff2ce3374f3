"""A bare app to put widgets or a screen on, with the real style sheets."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from textual import on
from textual.message import Message

from amitui.ui.input_gate import GatedApp
from amitui.ui.themes import DARK, THEMES
from amitui.ui.widgets.ascii_filter import AsciiFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App, ComposeResult
    from textual.filter import LineFilter
    from textual.widget import Widget

STYLES: list[str | PurePath] = [*sorted((Path(__file__).parents[2] / "styles").glob("*.tcss"))]

MessageT = TypeVar("MessageT", bound=Message)


class WidgetApp(GatedApp[None]):
    """Shows widgets from top to bottom and records what they post."""

    TITLE = "amitui"
    CSS_PATH = STYLES

    def __init__(self, *widgets: Widget, theme: str = DARK.name) -> None:
        super().__init__()
        for known in THEMES.values():
            self.register_theme(known)
        self.theme = theme
        self._widgets = widgets
        self._posted: list[Message] = []

    def compose(self) -> ComposeResult:
        yield from self._widgets

    @on(Message)
    def _record(self, message: Message) -> None:
        if type(message).__module__.startswith("amitui."):
            self._posted.append(message)

    def posted(self, kind: type[MessageT]) -> list[MessageT]:
        """The messages of one kind so far, in order."""
        return [message for message in self._posted if isinstance(message, kind)]


def screen_lines(app: App[Any]) -> list[str]:
    """What is on the screen, line by line, without styles."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


class AsciiWidgetApp(WidgetApp):
    """The same on a terminal that shows nothing but ASCII, as `AmituiApp` treats one."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), AsciiFilter()]
