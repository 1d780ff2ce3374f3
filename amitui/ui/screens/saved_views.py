"""The saved views: choose one, or save the present one under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from amitui.services.saved_views import MARK, SavedView
from amitui.ui.screens.picker import BasePicker, PickerItem, PickerScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def view_items(views: Sequence[SavedView], new: Mapping[str, int]) -> tuple[PickerItem, ...]:
    """One row for each view.

    Args:
        views: in order.
        new: images that came into each since it was last opened, as far as counted.
    """
    items = []
    for view in views:
        state = view.state
        parts = [f"{new[view.name]} new" if new.get(view.name) else "", state.query or "all images"]
        parts += [",".join(state.scopes), ",".join(state.regions)]
        items.append(PickerItem(view.name, MARK + view.name, " · ".join(filter(None, parts))))
    return tuple(items)


class ViewsScreen(PickerScreen):
    """Choose a saved view; the result is its name."""

    BINDINGS = [
        Binding("f8", "remove", "Delete", id="views.remove", tooltip="Delete the selected view"),
    ]

    def __init__(self, views: Sequence[SavedView], remove: Callable[[str], bool], save_key: str) -> None:
        """Args:
        views: in order.
        remove: deletes the view of a name; whether it could.
        save_key: the key that saves a view, as it is shown.
        """
        super().__init__(
            "Saved views", view_items(views, {}), empty=f"No saved views yet. {save_key} saves the current one."
        )
        self._views, self._remove = list(views), remove
        self._new: dict[str, int] = {}

    def show_new(self, new: Mapping[str, int]) -> None:
        """Say how many images came into each view since it was last opened."""
        self._new = dict(new)
        self.set_items(view_items(self._views, self._new))

    def action_remove(self) -> None:
        """Delete the selected view."""
        item = self.list.current
        if item is None:
            self.app.bell()
            return
        if not self._remove(item.value):
            self.app.bell()
            return
        self._views = [view for view in self._views if view.name != item.value]
        self.set_items(view_items(self._views, self._new))


class SaveViewScreen(BasePicker[str | None]):
    """Name the present view; the result is the name."""

    def __init__(self, views: Sequence[SavedView], suggestion: str) -> None:
        """Args:
        views: what is saved already; choosing one replaces it.
        suggestion: the proposed name: what is typed takes its place.
        """
        super().__init__("Save view as", view_items(views, {}), empty="Enter saves it.", placeholder="type a name")
        self._suggestion = suggestion

    def on_mount(self) -> None:
        self.filter.value = self._suggestion
        self.filter.select_all()

    def unmatched(self) -> str:
        return "Enter saves it."

    def action_choose(self) -> None:
        """Take the name that was typed, else the view under the cursor."""
        item = self.list.current
        name = self.filter.value.strip().removeprefix(MARK) or (item.value if item is not None else "")
        if name:
            self.dismiss(name)
        else:
            self.app.bell()

    def take(self, item: PickerItem) -> None:
        self.dismiss(item.value)

    def click_chosen(self) -> None:
        item = self.list.current
        if item is not None:
            self.take(item)
