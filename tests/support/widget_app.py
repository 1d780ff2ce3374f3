"""A bare app to put widgets or a screen on, with the real style sheets."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TypeVar

from textual import on
from textual.message import Message

from amitui.ui.input_gate import GatedApp
from amitui.ui.themes import DARK, THEMES

if TYPE_CHECKING:
    from textual.app import App, ComposeResult
    from textual.widget import Widget

STYLES: list[str | PurePath] = [*sorted((Path(__file__).parents[2] / "styles").glob("*.tcss"))]

MessageT = TypeVar("MessageT", bound=Message)


class Stage(GatedApp[None]):
    """Shows widgets from top to bottom and keeps what they post."""

    CSS_PATH = STYLES

    def __init__(self, *players: Widget, theme: str = DARK.name) -> None:
        super().__init__()
        for known in THEMES.values():
            self.register_theme(known)
        self.theme = theme
        self._players = players
        self._heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield from self._players

    @on(Message)
    def _keep(self, message: Message) -> None:
        if type(message).__module__.startswith("amitui."):
            self._heard.append(message)

    def heard(self, kind: type[MessageT]) -> list[MessageT]:
        """The messages of one kind so far, in order."""
        return [message for message in self._heard if isinstance(message, kind)]


def screen_lines(app: App[None]) -> list[str]:
    """What is on the screen, line by line, without styles."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]
