"""The dialog that asks for an MFA code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from amitui.ui.screens.modal import Modal
from amitui.ui.screens.picker import SHORT_SCREEN
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.filter_input import FilterInput
from amitui.ui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Paste

CODE_DIGITS: Final = 6
NO_CODE: Final = f"a code has {CODE_DIGITS} digits"


class CodeInput(FilterInput):
    """Takes digits only, however they are pasted."""

    BINDINGS = [Binding("enter", "screen.choose", "Send", id="mfa.choose", tooltip="Send the code to STS")]

    def joined(self, text: str) -> str:
        """The digits of pasted text: `123 456` is a code as well."""
        return "".join(char for char in text if char.isascii() and char.isdigit())

    def on_paste(self, event: Paste) -> None:
        """Take a code in place of what is there; what is none is refused in words."""
        event.stop()
        event.prevent_default()
        code = self.joined(event.text)
        if len(code) > CODE_DIGITS or not code:
            self.app.bell()
            cast("MfaScreen", self.screen).tell(NO_CODE)
        elif len(code) == CODE_DIGITS:
            self.value = code
            self.cursor_position = CODE_DIGITS
        else:
            self.replace(code, *self.selection)


class MfaScreen(Modal[str | None]):
    """Ask for a code; the result is its digits, or `None` when none is given.

    What is typed is shown: a code is of use for seconds, and STS takes it once.
    """

    CSS_PATH = stylesheet("dialogs", "picker", "mfa")
    VERTICAL_BREAKPOINTS = SHORT_SCREEN
    BINDINGS = [Binding("escape", "leave", "No code", id="mfa.leave", tooltip="Close without a code")]

    def __init__(self, profile: str, device: str, problem: str = "") -> None:
        """Args:
        profile: whose role wants the code; safe to show.
        device: that shows it; safe to show.
        problem: what was wrong with the code before; safe to show.
        """
        super().__init__()
        self._profile, self._device, self._problem = profile, device, problem
        self._withdrawn = False
        self.input = CodeInput(f"{CODE_DIGITS} digits")
        """Where the code is typed."""

    def compose(self) -> ComposeResult:
        self.input.restrict = r"[0-9]*"
        self.input.max_length = CODE_DIGITS
        with Vertical(classes="dialog") as dialog:
            title = Content(f"MFA code: {self._profile}")
            dialog.border_title = title
            yield Static(title, classes="heading")
            yield Static(classes="problem")
            yield Static(
                Content(f"The role of profile {self._profile} requires a code of the device"), classes="why"
            )
            yield Static(Content(self._device), classes="device")
            yield self.input
            yield Static(
                Content("STS accepts each code once: after another login wait for the next one."), classes="hint"
            )
            yield KeyBar()

    def on_mount(self) -> None:
        self.tell(self._problem)
        self.input.focus()

    def on_screen_resume(self) -> None:
        # Where it was withdrawn before this event came, it has left already.
        if self._withdrawn and self.app.screen is self:
            self.dismiss(None)

    def tell(self, words: str) -> None:
        """Say something above the code, in place of what was said before."""
        problem = self.query_one(".problem", Static)
        problem.update(Content(words))
        problem.display = bool(words)

    def action_choose(self) -> None:
        """Take the code."""
        if len(self.input.value) == CODE_DIGITS:
            self.dismiss(self.input.value)
        else:
            self.app.bell()
            self.tell(NO_CODE)

    def withdraw(self) -> None:
        """Close: nobody waits for the code any more. If help is in front, once that is closed."""
        self._withdrawn = True
        if self.is_attached and self.app.screen is self:
            self.dismiss(None)
