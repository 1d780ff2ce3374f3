"""A login that is confirmed in a browser of any machine: its link, its code, and how long it is valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from amitui.domain.counts import count_of
from amitui.domain.visible import show_invisible
from amitui.errors import AmituiError
from amitui.ui.screens.dialog import TextDialog
from amitui.ui.widgets.text_lines import BLANK, paragraph

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from amitui.ui.widgets.text_lines import TextLine

TICK_S = 1.0
"""How often the time that is left is shown."""


class DeviceLoginScreen(TextDialog):
    """Waits for the end of the login; the result is True when it has ended, and False to give it up."""

    BINDINGS = [
        Binding("y,ctrl+y", "copy", "Copy the link", id="device.copy", tooltip="Copy the link to the clipboard"),
    ]

    def __init__(
        self,
        profile: str,
        link: str,
        code: str,
        *,
        left: Callable[[], float],
        finishing: asyncio.Future[None],
        copy: Callable[[str], str],
    ) -> None:
        """Args:
        link: opens the page of the login; safe to show.
        code: what the page shows, or asks for; safe to show.
        left: seconds for which the code is still valid.
        finishing: ends when the login does.
        copy: puts text on the clipboard; the way that it took.
        """
        super().__init__(f"Log in: {show_invisible(profile)}")
        self._link, self._code, self._left = link, code, left
        self._finishing, self._copy = finishing, copy
        self._said = ""
        self._closed_itself = False

    def on_mount(self) -> None:
        self._finishing.add_done_callback(lambda _: self._close_if_ended())
        self.set_interval(TICK_S, self._tick)

    def on_screen_resume(self) -> None:
        self._close_if_ended()

    def lines(self, width: int) -> Iterator[TextLine]:
        yield from paragraph("Open this link in a browser, on this machine or another:", width)
        yield from paragraph(self._link, width, "key")
        yield BLANK
        yield from paragraph("Go on only if the page shows this code, or enter it there:", width)
        yield from paragraph(self._code, width, "title")
        yield BLANK
        yield from paragraph(self._waiting(), width, "muted")

    def action_copy(self) -> None:
        """Copy the link."""
        try:
            how = self._copy(self._link)
        except AmituiError as error:
            self.tell(error.what)
        else:
            self.tell(f"link sent to the clipboard ({how})")

    def _waiting(self) -> str:
        left = max(0, int(self._left()))
        words = count_of(left // 60, "minute") if left >= 60 else count_of(left, "second")
        return f"Waiting for the page to be confirmed; the code is valid for {words}."

    def _tick(self) -> None:
        if (words := self._waiting()) != self._said:
            self._said = words
            self.view.renew()

    def _close_if_ended(self) -> None:
        # Help may be in front: then the dialog closes when it is seen again.
        if self._finishing.done() and not self._closed_itself and self.is_attached and self.app.screen is self:
            self._closed_itself = True
            self.dismiss(True)
