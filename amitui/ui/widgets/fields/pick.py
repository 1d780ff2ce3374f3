"""A field whose value is picked from a list that may have to be fetched first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from textual.binding import Binding
from textual.message import Message

from amitui.defects import defect_of
from amitui.errors import AmituiError
from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.line import LineWidget, Part, clip, parts_width
from amitui.ui.widgets.query_input import placeholder

if TYPE_CHECKING:
    from textual.events import Key

    from amitui.ui.widgets.pick_list import PickerItem

    Choices: TypeAlias = Sequence[PickerItem] | Callable[[], Awaitable[Sequence[PickerItem]]]


class PickLine(LineWidget, can_focus=True):
    """What was picked; Enter opens the list."""

    PREFIX = "pick-line"
    COMPONENT_CLASSES = {"pick-line--value", "pick-line--detail", "pick-line--nothing", "pick-line--key"}
    BINDINGS = [
        Binding("enter", "open", "Choose", id="pick.open", tooltip="Choose from the list"),
        Binding("space", "open", "Choose", show=False, id="pick.open_too", tooltip="Choose from the list"),
    ]

    class Wanted(Message):
        """The list was requested."""

        def __init__(self, typed: str = "") -> None:
            """Args:
            typed: the character that was typed, which is to be looked for.
            """
            super().__init__()
            self.typed = typed

    def __init__(self) -> None:
        super().__init__()
        self._value = self._detail = self._nothing = ""

    def show(self, value: str, detail: str, nothing: str) -> None:
        """Show what was picked, or that nothing was."""
        self._value, self._detail, self._nothing = value, detail, nothing
        self.refit()

    def fit(self, width: int) -> tuple[Part, ...]:
        arrow = Part(" v ", "key", "open")
        room = max(1, width - parts_width([arrow]) - 1)
        if self._value:
            parts = [Part(" " + clip(self._value, room), "value", "open")]
        else:
            parts = [Part(" " + clip(placeholder(self._nothing), room), "nothing", "open")]
        left = room + 1 - parts_width(parts)
        if self._value and self._detail and left > 6:
            parts.append(Part("  " + clip(self._detail, left - 2), "detail", "open"))
        gap = Part(" " * max(0, width - parts_width([*parts, arrow])), "value", "open")
        return (*parts, gap, arrow)

    def on_key(self, event: Key) -> None:
        """Open the list for what is typed, but for keys that mean something in the form."""
        typed = event.character or ""
        if typed.strip() and event.is_printable and event.key not in self.screen.active_bindings:
            event.stop()
            event.prevent_default()
            self.post_message(self.Wanted(typed))

    def chosen(self, target: str) -> None:  # noqa: ARG002
        self.focus()
        self.action_open()

    def action_open(self) -> None:
        """Request the list."""
        self.post_message(self.Wanted())


class PickField(Field):
    """Something, or several things, out of a list; Enter opens it."""

    class Opened(Message):
        """The user wants to choose; the screen opens the list and calls `pick`."""

        def __init__(self, field: PickField, typed: str = "") -> None:
            """Args:
            typed: what the list is to be filtered by.
            """
            super().__init__()
            self.field, self.typed = field, typed

    def __init__(
        self,
        label: str,
        choices: Choices,
        *,
        id: str,
        multi: bool = False,
        value: str | Sequence[str] = (),
        hint: str = "",
        nothing: str = "press Enter to choose",
        empty: str = "Nothing to choose from.",
        check: Callable[[Sequence[str]], str] | None = None,
    ) -> None:
        """Args:
        choices: the items, or what fetches them.
        multi: whether several can be chosen.
        value: what is chosen at first.
        nothing: shown while nothing is chosen.
        empty: said when there is nothing to choose from.
        check: what is wrong with the chosen values, in words; empty = nothing.
        """
        self._choices = choices
        self._items: tuple[PickerItem, ...] | None = None
        self._failure = ""
        self._open_when_loaded = False
        self._typed = ""
        """What was typed while the choices were fetched."""
        self._values: tuple[str, ...] = (value,) if isinstance(value, str) and value else tuple(value)
        self._nothing, self.empty, self.multi = nothing, empty, multi
        self._check = check
        super().__init__(label, id=id, hint=hint)

    def make_control(self) -> PickLine:
        self._line = PickLine()
        return self._line

    def on_mount(self) -> None:
        self.set_choices(self._choices)

    def on_pick_line_wanted(self, event: PickLine.Wanted) -> None:
        event.stop()
        if self._items is not None:
            self.post_message(self.Opened(self, event.typed))
        else:
            self._typed = self._typed + event.typed if self._open_when_loaded else event.typed
            self._open_when_loaded = True
            if self._failure:
                self.set_choices(self._choices)
            else:
                self._show()

    def on_descendant_blur(self) -> None:
        if self._open_when_loaded:
            self._open_when_loaded = False
            self._show()

    @property
    def value(self) -> str:
        """The value that is chosen, of several the first; empty = none."""
        return self._values[0] if self._values else ""

    @value.setter
    def value(self, value: str) -> None:
        self.values = (value,) if value else ()

    @property
    def values(self) -> tuple[str, ...]:
        """All values that are chosen."""
        return self._values

    @values.setter
    def values(self, values: Sequence[str]) -> None:
        self.edited = False
        self._values = tuple(values)
        self._show()
        if self.problem and self._items is not None:
            self.problem = self.check()

    @property
    def items(self) -> tuple[PickerItem, ...]:
        """What there is to choose from; nothing while it is being fetched."""
        return self._items or ()

    @property
    def loading_choices(self) -> bool:
        """Whether they are being fetched."""
        return self._items is None and not self._failure

    @property
    def chosen(self) -> tuple[PickerItem, ...]:
        """The items that are chosen, as far as they are known."""
        known = {item.value: item for item in self.items}
        return tuple(known[value] for value in self._values if value in known)

    def check(self) -> str:
        words = self._check(self._values) if self._check is not None else ""
        if words and self._items is None:
            return self._failure or "still loading…"
        return words

    def pick(self, values: Sequence[str]) -> None:
        """Its user chose these."""
        if tuple(values) != self._values:
            self._values = tuple(values)
            self._show()
            self.post_edited()

    def set_choices(self, choices: Choices) -> None:
        """Offer these, or fetch them; what was chosen and is not among them is forgotten."""
        self._choices = choices
        if not self.is_attached:
            return
        self.problem = self._failure = ""
        if callable(choices):
            self._items = None
            self._show()
            self.run_worker(self._fetch(choices), group="choices", exclusive=True)
        else:
            self.workers.cancel_node(self)
            self._offer(choices)

    async def _fetch(self, choices: Callable[[], Awaitable[Sequence[PickerItem]]]) -> None:
        try:
            items = await choices()
        except Exception as error:
            # Whatever it is, they are not loading for ever: Enter asks again.
            self.problem = self._failure = " – ".join(defect_of(error).lines())
            self._open_when_loaded = False
            self._show()
            if not isinstance(error, AmituiError):
                raise
        else:
            self._offer(items)

    def _offer(self, items: Sequence[PickerItem]) -> None:
        self._items = tuple(items)
        known = {item.value for item in self._items}
        kept = tuple(value for value in self._values if value in known)
        lost = kept != self._values
        self._values = kept
        if self.problem:
            # It may have been that they were not there yet.
            self.problem = self.check()
        wanted, self._open_when_loaded = self._open_when_loaded, False
        self._show()
        if lost:
            self.post_message(self.Changed(self))
        if wanted and self.screen.is_current:
            self.post_message(self.Opened(self, self._typed))

    def _show(self) -> None:
        chosen = self.chosen
        if self.loading_choices:
            self._line.show("", "", "loading…, then the list opens" if self._open_when_loaded else "loading…")
        elif self._items is None:
            self._line.show("", "", "press Enter to try again")
        elif not self._items:
            self._line.show("", "", self.empty)
        elif len(chosen) == 1:
            self._line.show(chosen[0].label, chosen[0].detail, "")
        elif chosen:
            self._line.show(f"{len(chosen)}: " + ", ".join(item.label for item in chosen), "", "")
        else:
            self._line.show("", "", self._nothing)
