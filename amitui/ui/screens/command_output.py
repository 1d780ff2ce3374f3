"""What a command of the user's own writes while it runs in the background, on all of the screen.

Closing it leaves the command running.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from textual.binding import Binding

from amitui.ui.screens.modal import Modal
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.pane_head import PaneHead
from amitui.ui.widgets.text_lines import TextView, paragraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.app import ComposeResult

    from amitui.ui.widgets.text_lines import TextLine

RENEWED_S: Final = 0.25
"""How often the output of a running command is shown anew."""


class RunLike(Protocol):
    """One start of a command, as far as it is shown."""

    @property
    def about(self) -> str:
        """What it is run on; empty = nothing."""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""

    @property
    def code(self) -> int | None:
        """Its exit code; `None` = it runs."""

    @property
    def how(self) -> str:
        """How it is going, or how it ended, in words."""

    @property
    def left_out(self) -> int:
        """How many lines there were before those that are kept."""

    @property
    def output(self) -> list[str]:
        """The lines that are kept, safe to show."""

    def stop(self) -> None:
        """Ask it to stop."""


class CommandOutputScreen(Modal[None]):
    """The newest lines at the bottom, which it follows unless somebody scrolled up."""

    CSS_PATH = stylesheet("command", "pane_head", "key_bar", "text_lines")
    BINDINGS = [
        Binding("full_stop", "stop", "Stop", id="output.stop", tooltip="Stop the command"),
        Binding("y", "copy", "Copy", id="output.copy", tooltip="Copy all output"),
        Binding("escape,q", "leave", "Close", id="output.leave", tooltip="Close; the command goes on"),
    ]

    def __init__(self, title: str, run: RunLike, copy: Callable[[str], str]) -> None:
        """Args:
        title: what the command is called.
        copy: puts text on the clipboard and returns words to show.
        """
        super().__init__(classes="full")
        self.command_run, self._copy = run, copy
        self.head = PaneHead(title)
        self.view = OutputText(self)
        """What scrolls."""
        self._shown: tuple[int, int, bool] | None = None

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.view
        yield KeyBar()

    def on_mount(self) -> None:
        self.view.focus()
        self.set_interval(RENEWED_S, self.renew)
        self.call_after_refresh(self.renew)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer what there is."""
        if action == "stop":
            return self.command_run.is_running
        return action != "copy" or bool(self.command_run.output)

    def why_not_now(self, action: str, parameters: tuple[object, ...]) -> str:  # noqa: ARG002
        """What a key would need."""
        return "it has ended" if action == "stop" else "it has written nothing"

    def action_stop(self) -> None:
        """Stop the command."""
        self.command_run.stop()
        self.renew()

    def action_copy(self) -> None:
        """Copy all of it."""
        self.head.say(self._copy("\n".join(self.command_run.output)))

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    def tell(self, words: str) -> None:
        """Say something that is not about the output."""
        self.head.say(words)

    def renew(self) -> None:
        """Show what has come since, and how the command is going."""
        run = self.command_run
        lines = run.output
        self.head.show(run.how, f"{len(lines) + run.left_out:,} line{'' if len(lines) == 1 else 's'}")
        now = (len(lines) + run.left_out, len(lines[-1]) if lines else 0, run.is_running)
        if now == self._shown:
            return
        self._shown = now
        self.view.renew()
        self.refresh_bindings()

    def lines(self, width: int) -> Iterator[TextLine]:
        """The text for `width` cells."""
        run = self.command_run
        yield from paragraph(run.about, width, "muted") if run.about else ()
        if run.left_out:
            yield from paragraph(f"{run.left_out:,} earlier lines are not kept", width, "muted")
        lines = run.output
        if not lines:
            yield from paragraph("No output yet." if run.is_running else "No output.", width, "muted")
        for line in lines:
            yield from paragraph(line, width)
        if not run.is_running:
            yield from paragraph(f"[{run.how}]", width, "muted" if run.code == 0 else "bad")


class OutputText(TextView):
    """The lines of the screen that owns it."""

    def __init__(self, owner: CommandOutputScreen) -> None:
        super().__init__()
        self._owner = owner
        self._goes_to_end = False
        """Whether it is about to scroll to the end."""

    def renew(self, *, from_top: bool = False) -> None:
        """Lay the text out again; whoever sees its end goes on to see it."""
        follows = self._goes_to_end or self.scroll_offset.y >= self.max_scroll_y
        super().renew(from_top=from_top)
        if follows:
            self._goes_to_end = True
            # There is nothing to scroll to before the new lines have been laid out.
            self.call_after_refresh(self._to_end)

    def _to_end(self) -> None:
        self._goes_to_end = False
        self.action_bottom()

    def lay_out(self, width: int) -> Iterator[TextLine]:
        return self._owner.lines(max(1, width - 1))
