"""What an instance wrote to its console, on all of the screen; read on request only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from amitui.errors import AmituiError
from amitui.presentation.operation_words import clock
from amitui.ui.screens.modal import Modal
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.pane_head import PaneHead
from amitui.ui.widgets.text_lines import TextView, paragraph

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from textual.app import ComposeResult

    from amitui.domain.launch.console import ConsoleOutput
    from amitui.ui.widgets.text_lines import TextLine

_NOTHING: Final = "EC2 has no console output yet. It appears some minutes after the start."


class ConsoleScreen(Modal[None]):
    """The newest lines at the bottom, which is where it opens."""

    CSS_PATH = stylesheet("launched", "pane_head", "key_bar", "text_lines")
    BINDINGS = [
        Binding("f5", "read", "Reload", id="console.read", tooltip="Get the latest console output from EC2"),
        Binding("y", "copy", "Copy", id="console.copy", tooltip="Copy all output"),
        Binding("escape,q,C", "leave", "Close", id="console.leave", tooltip="Close the console"),
    ]

    def __init__(
        self, title: str, read: Callable[[], Awaitable[ConsoleOutput]], copy: Callable[[str], str]
    ) -> None:
        """Args:
        title: which instance it is.
        read: reads it from EC2.
        copy: puts text on the clipboard and returns words to show.
        """
        super().__init__(classes="full")
        self._read, self._copy = read, copy
        self._output: ConsoleOutput | None = None
        self._words = ""
        self.head = PaneHead(f"Console of {title}")
        self.view = ConsoleText(self)
        """What scrolls."""

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.view
        yield KeyBar()

    def on_mount(self) -> None:
        self.view.focus()
        self.action_read()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer what there is."""
        return action != "copy" or bool(self._output and self._output.lines)

    def action_read(self) -> None:
        """Read it from EC2, or read it again."""
        self._words = "Contacting EC2…" if self._output is None else ""
        self.head.say("contacting EC2…" if self._output is not None else "")
        self.view.renew()
        self.run_worker(self._load(), group="console", exclusive=True)

    def action_copy(self) -> None:
        """Copy all of it."""
        if self._output is not None:
            self.head.say(self._copy("\n".join(self._output.lines)))

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    def tell(self, words: str) -> None:
        """Say something that is not about the console."""
        self.head.say(words)

    def lines(self, width: int) -> Iterator[TextLine]:
        """The text for `width` cells."""
        if self._words:
            yield from paragraph(self._words, width, "muted")
        elif self._output is not None and not self._output.lines:
            yield from paragraph(_NOTHING, width, "muted")
        for line in self._output.lines if self._output is not None else ():
            yield from paragraph(line, width)

    async def _load(self) -> None:
        try:
            found = await self._read()
        except AmituiError as error:
            self._words = " – ".join(error.lines())
            self.head.say("")
        else:
            self._output, self._words = found, ""
            kept = "" if found.live else "captured by EC2, "
            self.head.say("")
            self.head.show(
                f"{kept}{clock(found.at)}" if found.at is not None else kept.rstrip(", "), self._count()
            )
        self.view.renew()
        # There is nothing to scroll to before the new lines have been laid out.
        self.view.call_after_refresh(self.view.action_bottom)
        self.refresh_bindings()

    def _count(self) -> str:
        lines = len(self._output.lines) if self._output is not None else 0
        return f"{lines:,} line{'' if lines == 1 else 's'}"


class ConsoleText(TextView):
    """The lines of the screen that owns it."""

    def __init__(self, owner: ConsoleScreen) -> None:
        super().__init__()
        self._owner = owner

    def lay_out(self, width: int) -> Iterator[TextLine]:
        return self._owner.lines(max(1, width - 1))
