"""Fields whose value is one of a few, all of them in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding
from textual.message import Message

from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.fields.choice_line import ChoiceLine
from amitui.ui.widgets.line import LineWidget, Part, clip, parts_width

if TYPE_CHECKING:
    from collections.abc import Sequence


class FieldChoice(ChoiceLine):
    """Options side by side without a label of its own; where not all fit, those around the chosen one do."""

    def fit(self, width: int) -> tuple[Part, ...]:
        options = [part for part in super().fit(10_000) if part.target]
        here = next((index for index, part in enumerate(options) if part.role == "chosen"), 0)
        first, last = here, here + 1
        if parts_width(options) <= width:
            return tuple(options)
        room = width - 2 - parts_width([options[here]])
        while True:
            after = options[last : last + 1]
            before = options[first - 1 : first] if first else []
            if after and parts_width(after) <= room:
                room, last = room - parts_width(after), last + 1
            elif before and parts_width(before) <= room:
                room, first = room - parts_width(before), first - 1
            else:
                break
        shown = options[first:last]
        lead = [Part("<", "option")] if first else []
        tail = [Part(">", "option")] if last < len(options) else []
        return (
            *lead,
            *(Part(clip(part.text, max(1, width - 2)), part.role, part.target) for part in shown),
            *tail,
        )


class ChoiceField(Field):
    """One of a few options; left and right choose."""

    def __init__(
        self,
        label: str,
        options: Sequence[tuple[str, str]],
        value: str = "",
        *,
        id: str,
        hint: str = "",
        hints: dict[str, str] | None = None,
        unchosen: str = "",
    ) -> None:
        """Args:
        options: (value, title) pairs.
        value: the one chosen at first; empty = the first.
        hints: shown instead of `hint` while an option is chosen, by its value.
        unchosen: what is wrong while none is chosen, as at first; empty = one always is.
        """
        self._unchosen = unchosen
        self._options = tuple(options)
        self._initial = value or self._options[0][0]
        self._hints = hints or {}
        super().__init__(label, id=id, hint=hint)

    def make_control(self) -> FieldChoice:
        at_first = None if self._unchosen else self._initial
        self._line = FieldChoice("", self._options, value=at_first, label_cells=0)
        return self._line

    @on(ChoiceLine.Changed)
    def _chosen(self, event: ChoiceLine.Changed) -> None:
        event.stop()
        self.post_edited()
        self.post_message(self.HintChanged())

    @property
    def value(self) -> str:
        """The chosen option's value; empty while none is chosen."""
        return self._line.value

    @value.setter
    def value(self, value: str) -> None:
        self.edited = False
        with self.prevent(ChoiceLine.Changed):
            self._line.chosen(value)

    def clear(self) -> None:
        """Let no option be chosen."""
        self.edited = False
        self.problem = ""
        if self.value:
            self._line.clear()
            self.post_message(self.HintChanged())

    def check(self) -> str:
        return "" if self.value else self._unchosen

    @property
    def hint(self) -> str:
        """What there is to say about the option that is chosen, or about all."""
        return self._hints.get(self.value, self._hint)

    @hint.setter
    def hint(self, words: str) -> None:
        self._hint = words
        self.post_message(self.HintChanged())


class Toggle(LineWidget, can_focus=True):
    """A box that is ticked or not, and what ticking it means."""

    PREFIX = "toggle"
    COMPONENT_CLASSES = {"toggle--box", "toggle--words"}
    BINDINGS = [
        Binding("space", "tick", "Yes/no", id="toggle.toggle", tooltip="Tick or untick the box"),
        Binding("left,right", "tick", "Yes/no", show=False, id="toggle.arrows", tooltip="Tick or untick the box"),
    ]

    class Changed(Message):
        """The box was ticked or unticked."""

    def __init__(self, words: str, *, ticked: bool) -> None:
        super().__init__()
        self._words = words
        self.ticked = ticked

    def fit(self, width: int) -> tuple[Part, ...]:
        box = Part("[x]" if self.ticked else "[ ]", "box", "box")
        return (box, Part(f" {clip(self._words, max(0, width - 5))} ", "words", "box"))

    def chosen(self, target: str) -> None:  # noqa: ARG002
        self.action_tick()

    def action_tick(self) -> None:
        """Tick or untick."""
        self.ticked = not self.ticked
        self.refit()
        self.post_message(self.Changed())


class ToggleField(Field):
    """Yes or no; Space changes it."""

    def __init__(self, label: str, words: str = "", value: bool = False, *, id: str, hint: str = "") -> None:
        """Args:
        words: beside the box: what ticking it means.
        """
        self._words = words
        self._initial = value
        super().__init__(label, id=id, hint=hint)

    def make_control(self) -> Toggle:
        self._toggle = Toggle(self._words, ticked=self._initial)
        return self._toggle

    @on(Toggle.Changed)
    def _toggled(self, event: Toggle.Changed) -> None:
        event.stop()
        self.post_edited()

    @property
    def value(self) -> bool:
        """Whether the box is ticked."""
        return self._toggle.ticked

    @value.setter
    def value(self, ticked: bool) -> None:
        self.edited = False
        self._toggle.ticked = ticked
        self._toggle.refit()
