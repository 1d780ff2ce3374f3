"""A screen that is a list and the details of what its cursor is on, below it or on wide screens beside it.

It only shows: a subclass gives the rows, and passes commands on to the application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeVar

from textual import on
from textual.binding import Binding, BindingsMap
from textual.containers import Container

from amitui.ui.screens.modal import Modal
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.live_list import LiveList
from amitui.ui.widgets.pane_head import PaneHead
from amitui.ui.widgets.text_lines import TextView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.app import ComposeResult

    from amitui.ui.screens.help import HelpSection
    from amitui.ui.screens.pane_commands import PaneCommand
    from amitui.ui.widgets.text_lines import TextLine

ItemT = TypeVar("ItemT")

LOW_BELOW: Final = 12
"""Screens with fewer rows go without the key bar."""

TICK_S: Final = 1.0
"""How often times are renewed."""

SHEETS: Final = ("list_pane", "live_list", "pane_head", "key_bar", "text_lines")
"""Style sheets of such a screen, besides its own."""


def list_bindings(prefix: str, noun: str) -> list[Binding]:
    """The keys that move the cursor and scroll the details.

    Args:
        prefix: of the ids by which keys are remapped.
        noun: what a row is.
    """

    def key(keys: str, action: str, label: str, name: str, tooltip: str) -> Binding:
        return Binding(keys, action, label, show=False, id=f"{prefix}.{name}", tooltip=tooltip)

    return [
        Binding(
            "J,shift+down",
            "scroll(3)",
            "Scroll details",
            key_display="J K",
            id=f"{prefix}.details_down",
            tooltip="Scroll the details down",
        ),
        key("K,shift+up", "scroll(-3)", "Up", "details_up", "Scroll the details up"),
        key("down,j", "move(1)", "Down", "down", f"The next {noun}"),
        key("up,k", "move(-1)", "Up", "up", f"The previous {noun}"),
        key("pagedown", "page(1)", "Page down", "page_down", "One page down"),
        key("pageup", "page(-1)", "Page up", "page_up", "One page up"),
        key("home", "move(-1000000)", "First", "first", "The newest"),
        key("end", "move(1000000)", "Last", "last", "The oldest"),
    ]


class ListPane(Modal["ItemT | None"], Generic[ItemT]):
    """The list and the details; the result is the item that is to be opened elsewhere."""

    WIDE_FROM: ClassVar[int]
    """From this many columns on, the details stand beside the list; below, they stand under it."""
    LIST_SHARE: ClassVar[tuple[int, int]]
    """The most of the height that the list takes where the details stand under it, as a fraction."""

    def __init__(self, title: str, items: LiveList[ItemT]) -> None:
        # The class outweighs what the dialogs' sheet says of every modal, whichever is read first.
        super().__init__(classes="full")
        self.head = PaneHead(title)
        self.list = items
        self.details = PaneDetails(self.detail_lines)
        self._commands: dict[str, PaneCommand] = {}

    def compose(self) -> ComposeResult:
        yield self.head
        with Container(classes="both"):
            yield self.list
            yield self.details
        yield KeyBar()

    def offer(self, commands: Sequence[PaneCommand]) -> None:
        """Offer commands of the user's own for the rows; before it is shown."""
        self._commands = {one.id: one for one in commands}
        bound = [one.binding for one in commands if one.keys]
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(bound)])

    def chosen(self) -> Sequence[ItemT]:
        """The rows that such a command is run on: the one under the cursor."""
        return () if self.list.current is None else (self.list.current,)

    def say(self, words: str) -> None:
        """Show a line in the place of the counts."""
        self.head.say(words)

    def action_command(self, command_id: str) -> None:
        """Run a command, or say why it cannot be run."""
        command, rows = self._commands[command_id], self.chosen()
        if obstacle := command.obstacle(rows):
            self.say(f"{command.called}: {obstacle}")
        else:
            command.run(rows, self.say)

    def more_help(self) -> Sequence[HelpSection]:
        if not self._commands:
            return ()
        from amitui.ui.screens.help import HelpRow, HelpSection

        rows = self.chosen()
        listed = [
            HelpRow(
                " ".join(self.app.get_key_display(key) for key in Binding.make_bindings([one.binding]))
                if one.keys
                else f":{one.id}",
                f"{one.called}: {one.about}",
                one.obstacle(rows),
            )
            for one in self._commands.values()
        ]
        return (HelpSection("Your commands", tuple(listed)),)

    def on_resize(self) -> None:
        width, height = self.app.size
        self.set_class(width >= self.WIDE_FROM, "-wide")
        self.set_class(height < LOW_BELOW, "-low")
        self.fit()

    @on(LiveList.Moved)
    def _moved(self, event: LiveList.Moved) -> None:
        event.stop()
        self.head.say("")
        self.details.renew(from_top=True)
        self.refresh_bindings()

    def tell(self, words: str) -> None:
        """Say something that is not about the list."""
        self.head.say(words)

    def action_move(self, rows: int) -> None:
        self.list.move(rows)

    def action_page(self, pages: int) -> None:
        self.list.move(pages * self.list.page_rows)

    def action_scroll(self, lines: int) -> None:
        self.details.scroll_lines(lines)

    def action_open(self) -> None:
        """Close and have the item under the cursor opened."""
        self.dismiss(self.list.current)

    def action_leave(self) -> None:
        """Close; nothing that is under way ends with it."""
        self.dismiss(None)

    def detail_lines(self, width: int) -> Iterator[TextLine]:
        """The item under the cursor, for `width` cells."""
        raise NotImplementedError

    def listed_rows(self) -> int:
        """How many rows there are to show."""
        raise NotImplementedError

    def fit(self) -> None:
        """Below one another, the list gets the rows that it needs, up to its share."""
        if self.has_class("-wide"):
            self.list.styles.height = "100%"
            return
        part, whole = self.LIST_SHARE
        most = (self.app.size.height - 2) * part // whole
        self.list.styles.height = min(max(1, self.listed_rows()), max(1, most))


class PaneDetails(TextView):
    """Scrolls the details of the item under the cursor."""

    can_focus = False

    def __init__(self, lines: Callable[[int], Iterator[TextLine]]) -> None:
        super().__init__()
        self._lines_for = lines

    def lay_out(self, width: int) -> Iterator[TextLine]:
        return self._lines_for(max(1, width - 1))
