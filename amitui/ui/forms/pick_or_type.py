"""A choice out of a list that may be denied: then, and for what is not listed, it is typed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.errors import AmituiError
from amitui.ui.widgets.fields import PickerItem, PickField, TextField

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from amitui.ui.widgets.fields import Field

TYPED: Final = "\0"
"""The value of the item for what is not listed; nothing in EC2 is called that."""


class PickOrType:
    """Two fields: a list that always opens, and a line of text that is shown when the list does not have it."""

    def __init__(
        self,
        label: str,
        fetch: Callable[[], Awaitable[Sequence[PickerItem]]],
        *,
        id: str,
        first: Sequence[PickerItem] = (),
        value: str = "",
        hint: str = "",
        nothing: str = "press Enter to choose",
        typed_label: str,
        placeholder: str,
        check: Callable[[str], str],
    ) -> None:
        """Args:
        fetch: reads the items; when it raises an `AmituiError`, that is shown, and the value can be typed.
        first: items before those.
        value: what is chosen at first; if it is not listed, it counts as typed.
        typed_label: of the line for what is not listed.
        placeholder: in that line.
        check: what is wrong with what is typed there; empty = nothing.
        """
        self._fetch, self._first = fetch, tuple(first)
        self._wanted = value
        self.pick = PickField(label, self._items, id=id, value=(value,), hint=hint, nothing=nothing)
        self.typed = TextField(typed_label, f"{id}-typed", placeholder=placeholder, check=check)
        self.typed.display = False

    @property
    def fields(self) -> tuple[Field, Field]:
        """Both, in order."""
        return self.pick, self.typed

    @property
    def value(self) -> str:
        """What was picked or typed; empty = nothing."""
        return self.typed.value if self.pick.value == TYPED else self.pick.value

    @value.setter
    def value(self, value: str) -> None:
        self._wanted = value
        if value and not self.pick.loading_choices and all(item.value != value for item in self.pick.items):
            self.pick.values, self.typed.value = (TYPED,), value
        else:
            self.pick.values = (value,)
        self.settle()

    def settle(self) -> None:
        """Show the line of text when the item for it is chosen."""
        self.typed.display = bool(self.pick.display) and self.pick.value == TYPED

    def renew(self) -> None:
        """Fetch the list again; what was picked or typed stays, listed or not."""
        self._wanted = self.value
        self.pick.set_choices(self._items)

    async def _items(self) -> Sequence[PickerItem]:
        # Not being allowed to list something does not mean that it cannot be used.
        try:
            found, failure = await self._fetch(), ""
        except AmituiError as error:
            found, failure = (), error.what
        detail = f"could not list them: {failure}" if failure else "typed by hand"
        items = (*self._first, *found, PickerItem(TYPED, "another", detail))
        if self._wanted and all(item.value != self._wanted for item in items):
            self.typed.value = self._wanted
            self.pick.values = (TYPED,)
        self._wanted = ""
        self.typed.display = bool(self.pick.display) and self.pick.value == TYPED
        return items
