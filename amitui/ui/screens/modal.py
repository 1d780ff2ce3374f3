"""What every dialog, pane and form shares: help for its own keys, on the same key everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual._styles_cache import StylesCache
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Static

from amitui.ui.timers import call_later_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.timer import Timer

    from amitui.ui.screens.help import HelpSection

HELP: Binding = Binding(
    "question_mark,f1", "help", "Help", id="help", tooltip="The keys of this screen; F1 where text is typed"
)
"""Bound by every screen that covers the main one, whose own bindings Textual does not reach from there."""

TOLD_S: Final = 5.0
"""For how long the last line of a dialog without a frame says something."""


class Modal(ModalScreen[ScreenResultType]):
    """A screen over the main one. `action_leave` goes one step back, for Esc, `q` and Ctrl+C."""

    BINDINGS = [HELP]

    _told: Static | None = None
    """What `tell` said last, for screens too low for a frame."""
    _until_told: Timer | None = None

    def on_unmount(self) -> None:
        """Free the lines of closed dialogs, 50 MB after a few hundred.

        Textual's cache of background styles keeps them: https://github.com/Textualize/textual/issues/6665.
        """
        StylesCache.get_inner_outer.cache_clear()

    def action_help(self) -> None:
        """Show the keys that work here."""
        from amitui.ui.screens.help import HelpScreen, screen_sections

        self.app.push_screen(HelpScreen(screen_sections(self)))

    def more_help(self) -> Sequence[HelpSection]:
        """Sections of help besides those of the classes' keys."""
        return ()

    def action_leave(self) -> None:
        """Close, or go one step back."""
        self.dismiss(None)

    def set_rows(self, rows: int) -> None:
        """Give the dialog this height; nothing happens where it was closed before what is to be laid out came."""
        self.query(".dialog").set_styles(height=rows)

    def tell(self, words: str) -> None:
        """Say something that is not about what the screen shows: on its frame, or for a while in its last line."""
        for frame in self.query(".dialog"):
            frame.border_subtitle = Content(words)
            if self._told is None:
                self._told = Static(classes="told")
                frame.mount(self._told)
            self._told.update(Content(words))
            self._told.add_class("-now")
        if self._until_told is not None:
            self._until_told.stop()
        self._until_told = call_later_once(self, TOLD_S, self._end_telling)

    def _end_telling(self) -> None:
        if self._told is not None:
            self._told.remove_class("-now")

    def why_not_now(self, action: str, parameters: tuple[object, ...]) -> str:  # noqa: ARG002
        """Why an action of this screen, which `check_action` does not offer, is not possible now.

        Args:
            action: its name, without namespace.
            parameters: its parameters.
        """
        return "it does not apply to what is shown"
