"""The query's input: one line with a prompt, a history, offers to complete it, and a caret under what is wrong.

A typed character must show at once, so this is Textual's own `Input` without blinking, suggestions or borders,
and the hint floats over the line below: a typing error never moves the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual import on
from textual.actions import SkipAction
from textual.binding import Binding
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from amitui.ui.widgets.key_names import key_of
from amitui.ui.widgets.line import clip
from amitui.ui.widgets.offer_line import offer_line
from amitui.ui.widgets.query_input import QueryInput, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult

    from amitui.domain.query.offers import Offer, Part
    from amitui.domain.query.terms import QuerySyntaxError

HISTORY_LIMIT: Final = 200
"""Most queries remembered."""

OFFERS_FROM: Final = 5
"""On screens with fewer rows, the line below the query is the first row of the result."""

PROMPT: Final = "/"
PROMPT_CELLS: Final = 2

PLACEHOLDERS: Final = (
    "type to search: ubuntu 24.04 arm64 · owner:canonical · arch:arm64 · created:30d",
    "type to search: ubuntu 24.04 arm64 · owner:canonical · created:30d",
    "search: ubuntu 24.04 arm64 · owner:canonical",
    "search: ubuntu 24.04",
    "search",
)
"""Shown while there is no query: the longest that fits."""


def deduplicated(entries: Iterable[str]) -> list[str]:
    """Entries in order without blanks and repeats, at most `HISTORY_LIMIT`."""
    return [entry for entry in dict.fromkeys(entries) if entry.strip()][:HISTORY_LIMIT]


def hint_line(column: int, length: int, message: str, width: int) -> str:
    """Carets at `column` with the message beside them, on whichever side there is room, in `width` cells."""
    column = max(0, min(column, width - 1))
    carets = "^" * max(1, min(length, width - column))
    after = " " * column + carets + " " + message
    if cell_len(after) <= width:
        return after
    if cell_len(message) + 1 <= column:
        return " " * (column - cell_len(message) - 1) + message + " " + carets
    return clip(f"^ {message}" if column == 0 else message, width)


class BarInput(QueryInput):
    """The search bar's input: Enter keeps the query."""

    BINDINGS = [
        Binding(
            "enter",
            "submit",
            "To the table",
            id="search.done",
            tooltip="Keep the query, go to the table",
        ),
    ]


class SearchBar(Widget):
    """The prompt, the query's input and, when needed, the hint under it."""

    BINDING_GROUP_TITLE = "Search"
    BINDINGS = [
        Binding(
            "up", "older", "Earlier query", show=False, id="search.older", tooltip="Bring back an earlier query"
        ),
        Binding(
            "down",
            "newer",
            "Newer query",
            show=False,
            id="search.newer",
            tooltip="Go to a newer query, then to the table",
        ),
        Binding(
            "escape", "clear", "Clear", id="search.clear", tooltip="Clear the query, then go back to the table"
        ),
        Binding(
            "tab",
            "complete",
            "Complete",
            show=False,
            id="search.complete",
            tooltip="Take the first offer of the line below the query; without one go to the table",
        ),
    ]

    class QueryEdited(Message):
        """The text was changed by its user."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class QuerySubmitted(Message):
        """Enter was pressed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The user is done here and wants back to the table."""

    def __init__(
        self,
        text: str = "",
        *,
        history: Iterable[str] = (),
        placeholders: Sequence[str] = PLACEHOLDERS,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Args:
        text: the query to begin with.
        history: earlier queries, newest first.
        placeholders: shown while the query is empty, the first of them that fits.
        """
        super().__init__(id=id, classes=classes)
        self._history = deduplicated(map(one_line, history))
        self._recalled = -1
        self._draft = ""
        self._error: tuple[int, int, str] | None = None
        self._part: Part | None = None
        """What the offers complete."""
        self._offers: tuple[Offer, ...] = ()
        self._offered_for = ""
        """The text that the offers are for."""
        self._initial = text
        self._placeholders = tuple(placeholders)
        self._input = BarInput(select_on_focus=False)
        self._input.cursor_blink = False
        self._hint = Static(markup=False, classes="query-hint")

    def render(self) -> str:
        """The prompt; the children cover the rest of the line."""
        return PROMPT

    def compose(self) -> ComposeResult:
        yield self._input
        yield self._hint

    def on_mount(self) -> None:
        # An Input that is given its value before it is mounted looks for a running app, and reports an edit.
        if self._initial:
            self.set_text(self._initial)
        self.watch(self._input, "selection", self._cursor_moved, init=False)

    @on(Input.Changed)
    def _edited(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.QueryEdited(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.remember(event.value)
        self.post_message(self.QuerySubmitted(event.value))

    def on_resize(self) -> None:
        room = self.size.width - PROMPT_CELLS - 2  # for its brackets
        self._input.placeholder = next((words for words in self._placeholders if cell_len(words) < room), "")
        self._place_hint()

    def action_older(self) -> None:
        """Recall the query before this one."""
        if self._recalled + 1 < len(self._history):
            if self._recalled < 0:
                self._draft = self.text
            self._recalled += 1
            if self._recalled == 0 and self._history[0] == self._draft and len(self._history) > 1:
                self._recalled = 1
            self._recall(self._history[self._recalled])

    def action_newer(self) -> None:
        """Recall the query after this one, at last the one being typed, then leave."""
        if self._recalled < 0:
            self._leave()
            return
        self._recalled -= 1
        if self._recalled == 0 and self._history[0] == self._draft:
            self._recalled = -1
        self._recall(self._draft if self._recalled < 0 else self._history[self._recalled])

    def action_clear(self) -> None:
        """Clear the query; leave when there is none."""
        if self.text:
            self._recall("")
            self._recalled = -1
        else:
            self._leave()

    def action_complete(self) -> None:
        """Take the first offer; without one the key means what it means elsewhere."""
        if self._part is None or not self.shows_offers:
            raise SkipAction
        from amitui.domain.query.offers import completed  # not needed to start

        text, cursor = completed(self.text, self._part, self._offers[0])
        self._input.value = text
        self._input.cursor_position = cursor
        self.offer(None, ())

    @property
    def shows_offers(self) -> bool:
        """Whether there are offers to take: an error has precedence, and on a low screen the first row."""
        has_room = self.app.size.height >= OFFERS_FROM
        return has_room and bool(self._offers) and self._error is None and self._offered_for == self.text

    def offer(self, part: Part | None, offers: Iterable[Offer]) -> None:
        """Offer ways to complete a part of the query as it is now; `None` or no offers: take the line away."""
        self._part, self._offers, self._offered_for = part, tuple(offers) if part else (), self.text
        if not self._input.has_focus:
            self._offers = ()
        self._place_hint()

    def on_descendant_blur(self) -> None:
        self.offer(None, ())

    def _cursor_moved(self) -> None:
        if self.shows_offers and self._part is not None and self._input.cursor_position != self._part.end:
            self.offer(None, ())

    @property
    def text(self) -> str:
        """The query as it is now."""
        return self._input.value

    def set_text(self, text: str) -> None:
        """Replace the query without reporting it as an edit."""
        with self._input.prevent(Input.Changed):
            self._input.value = text
        self._input.cursor_position = len(self._input.value)
        self._recalled = -1
        self.offer(None, ())

    @property
    def history(self) -> tuple[str, ...]:
        """Queries that were submitted or left standing, newest first, at most `HISTORY_LIMIT`."""
        return tuple(self._history)

    def remember(self, text: str) -> None:
        """Put a query at the head of the history."""
        self._history = deduplicated([text.strip(), *self._history])
        self._recalled = -1

    def show_error(self, position: int, length: int, message: str) -> None:
        """Mark `length` characters at `position` as wrong, and say why."""
        self._error = (position, length, message)
        self._place_hint()

    def show_problem(self, error: QuerySyntaxError | None) -> None:
        """Point at what is wrong with the query; `None`: nothing is."""
        if error is None:
            self.clear_error()
        else:
            self.show_error(error.position, error.length, error.what)

    def clear_error(self) -> None:
        """Take the hint away."""
        if self._error is not None:
            self._error = None
            self._place_hint()

    @property
    def input(self) -> QueryInput:
        """What holds the focus while a query is typed."""
        return self._input

    def focus(self, scroll_visible: bool = True) -> SearchBar:
        """Focus the input."""
        self._input.focus(scroll_visible)
        return self

    def begin(self) -> None:
        """Focus the input so that typing replaces the query; a key that moves the cursor edits it instead."""
        self.focus()
        self._input.action_select_all()

    def paste(self, text: str) -> None:
        """Begin a new query with pasted text, and have it typed on."""
        self.focus()
        self._recall(self._input.joined(text))
        self._recalled = -1

    def _recall(self, text: str) -> None:
        self._input.value = text
        self._input.cursor_position = len(text)

    def _leave(self) -> None:
        self.remember(self.text)
        self.post_message(self.Left())

    def _place_hint(self) -> None:
        if not self.size.width:
            return
        self._hint.set_class(self._error is None, "-offers")
        self._hint.display = self._error is not None or self.shows_offers
        if self._error is None:
            if self.shows_offers:
                key = key_of(self.app, "search.complete", self)
                self._hint.update(offer_line(self._offers, key, self.size.width), layout=False)
            return
        position, length, message = self._error
        value = self.text
        column = PROMPT_CELLS + cell_len(value[:position]) - self._input.scroll_offset.x
        marked = cell_len(value[position : position + length])
        self._hint.update(hint_line(column, marked, one_line(message), self.size.width), layout=False)
