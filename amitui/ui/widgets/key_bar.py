"""The keys worth knowing right now, on one line.

Textual's Footer mounts a widget for every key each time the focus moves; this is one widget and one line of text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.ui.widgets.line import LineWidget, Part, parts_width, spread

if TYPE_CHECKING:
    from typing import Any

    from textual.screen import Screen


class KeyBar(LineWidget):
    """Shows the bindings in force, as many as fit: the most wanted first, then as the focus finds them.

    Help and quit, when bound, keep their place at the right end. A click presses the key.
    """

    PREFIX = "key-bar"
    COMPONENT_CLASSES = {"key-bar--key", "key-bar--disabled"}
    ANCHORED = ("help", "leave", "quit")
    """Actions that are always shown, at the right end, in this order."""
    WANTED = (
        *("search.done", "search.clear", "search", "table.choose", "table.open", "browse.details_down"),
        *("facets.choose", "facets.close", "picker.choose", "picker.mark", "regions.cached"),
        *("detail.tab", "detail.close", "change", "operations", "regions", "palette"),
        *("table.mark", "copy_id", "sort", "deprecated", "latest", "export", "refresh", "compare"),
    )
    """Ids of bindings in the order in which they earn a place; the others come behind, as found."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._keys: tuple[tuple[Part, ...], ...] = ()
        self._first: tuple[str, ...] = ()
        self._fixed: tuple[Part, ...] = ()

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_updated)
        self._collect()

    def fit(self, width: int) -> tuple[Part, ...]:
        left: list[Part] = []
        right = self._fixed
        while right and parts_width(right) > width:
            right = right[2:]
        for key in self._keys:
            if parts_width((*left, *key, *right)) > width:
                break
            left += key
        return spread(left, right, width)

    def put_first(self, *names: str) -> None:
        """Show these ids before all others for now, also such as are otherwise not shown."""
        if names != self._first:
            self._first = names
            self._collect()
            self.refit()

    def chosen(self, target: str) -> None:
        self.app.simulate_key(target)

    def _bindings_updated(self, screen: Screen[Any]) -> None:
        if screen is self.screen:
            self._collect()
            self.refit()

    def _collect(self) -> None:
        keys: dict[str, tuple[Part, ...]] = {}
        anchored: dict[str, tuple[Part, ...]] = {}
        # Where text is typed, `q` is text: then a key that quits always, otherwise not shown, is shown instead.
        for active in sorted(self.screen.active_bindings.values(), key=lambda active: not active.binding.show):
            binding = active.binding
            action = binding.action.removeprefix("app.").removeprefix("screen.")
            name = binding.id or action
            # The main screen's actions carry their name in the id, the dialogs' in the action itself.
            anchor = next((word for word in self.ANCHORED if word in (action, binding.id)), None)
            shown = binding.show or anchor == "quit" or name in self._first
            if name in keys or anchor in anchored or not shown:
                continue
            style = ("key", "") if active.enabled else ("disabled", "disabled")
            parts = (
                Part(f" {self.app.get_key_display(binding)}", style[0], binding.key),
                Part(f" {binding.description} ", style[1], binding.key),
            )
            if anchor is not None:
                anchored[anchor] = parts
            else:
                keys[name] = parts
        wanted = (*self._first, *(name for name in self.WANTED if name not in self._first))
        rank = {name: place for place, name in enumerate(wanted)}
        self._keys = tuple(keys[name] for name in sorted(keys, key=lambda name: rank.get(name, len(rank))))
        self._fixed = tuple(part for action in self.ANCHORED for part in anchored.get(action, ()))
