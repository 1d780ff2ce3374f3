"""The least that a Textual app with amitui's outline can be: what amitui is measured against.

Run it by its path, with `--replace` to give the Static wholly new text on each key. It imports nothing that it
does not need, and its text is plain, so that the comparison is against Textual at its quickest.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.content import Content
from textual.widgets import Footer, Header, Input, Static

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

READY = "bare app is ready"
"""In the first text that the Static shows."""


class BareApp(App[None]):
    """Header, Input, Static, Footer."""

    CSS = "Static { height: 1fr; }"
    TITLE = "bare"
    BINDINGS: ClassVar[list[BindingType]] = [("f5", "refresh", "Refresh")]

    def __init__(self, *, replace: bool) -> None:
        super().__init__()
        self._replace = replace
        self._version = 0

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input(placeholder="type here", compact=True)
        yield Static(READY, markup=False)
        yield Footer()

    def on_mount(self) -> None:
        if self._replace:
            self.query_one(Static).update(Content(self._page()))

    def on_input_changed(self) -> None:
        if self._replace:
            self._version += 1
            self.query_one(Static).update(Content(self._page()))

    def _page(self) -> str:
        width, height = self.size
        first = self._version * height
        return "\n".join(
            f"{READY} ami-{number:017x} an/image-{number:08d} arm64 {number % 97} days"[:width].ljust(width)
            for number in range(first, first + height)
        )


if __name__ == "__main__":
    BareApp(replace="--replace" in sys.argv).run()
