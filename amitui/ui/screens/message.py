"""A failure in words: what happened, why, what helps, and a key to try again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from amitui.ui.screens.dialog import TextDialog
from amitui.ui.widgets.text_lines import BLANK, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.errors import AmituiError
    from amitui.ui.widgets.text_lines import TextLine


def error_lines(error: AmituiError, width: int, *, indent: int = 0) -> Iterator[TextLine]:
    """What, why and remedy, each in its own style and wrapped."""
    yield from paragraph(error.what, width, "bad", indent=indent)
    if error.why:
        yield from paragraph(error.why, width, "", indent=indent)
    if error.remedy:
        yield from paragraph(error.remedy, width, "key", indent=indent)


class MessageScreen(TextDialog):
    """Shows an error; the result is True when its user wants to try again."""

    BINDINGS = [
        Binding("r", "retry", "Try again", id="message.retry", tooltip="Do again what failed"),
        Binding("enter", "leave", "Close", show=False, id="message.close", tooltip="Close the message"),
    ]

    def __init__(self, error: AmituiError, *, title: str = "That did not work", can_retry: bool = True) -> None:
        """Args:
        error: what to explain.
        title: on the dialog's border.
        can_retry: whether the retry key is offered.
        """
        super().__init__(title)
        self._error = error
        self._can_retry = can_retry

    def lines(self, width: int) -> Iterator[TextLine]:
        error = self._error
        yield from paragraph(error.what, width, "bad")
        if error.why:
            yield BLANK
            yield from paragraph(error.why, width)
        if error.remedy:
            yield BLANK
            yield from paragraph("What helps", width, "muted")
            yield from paragraph(error.remedy, width, "key", indent=2)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:  # noqa: ARG002
        """Retry only where that makes sense."""
        return action != "retry" or self._can_retry

    def action_retry(self) -> None:
        """Close and try again."""
        self.dismiss(True)
