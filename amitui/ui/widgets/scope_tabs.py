"""The scopes on one line, each with its key and its count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.message import Message

from amitui.ui.widgets.line import LineWidget, Part, parts_width
from amitui.ui.widgets.status_bar import short_count

if TYPE_CHECKING:
    from collections.abc import Sequence

SHORT_TITLES: Final = {
    "shared": "Shared",
    "publishers": "Publishers",
    "marketplace": "Market",
}
"""Titles for narrow screens; the others are short enough."""

SHORTER_TITLES: Final = {**SHORT_TITLES, "community": "Comm."}
SHORTEST_TITLES: Final = {**SHORT_TITLES, "publishers": "Publ.", "marketplace": "Mkt.", "community": "Com."}


SEVERAL: Final = ","
"""Between the names of scopes that are one tab."""


@dataclass(frozen=True, slots=True)
class ScopeTab:
    """One scope on the line."""

    name: str
    """What `Chosen` reports: `mine`, `amazon`, … or an account id."""
    title: str
    key: str = ""
    """The key that chooses it; empty = none."""
    count: int | None = None
    """Images cached; `None` = never fetched."""
    ready: bool = False
    """Whether there is something to see though it has no count of its own."""
    active: bool = False
    busy: bool = False
    """A crawl is under way."""


def tab_text(tab: ScopeTab, *, title: str, count: str) -> str:
    """One tab: key, title, count, and a mark while it is being fetched."""
    return " ".join(word for word in (tab.key, title, "↓" if tab.busy else "", count) if word)


def tab_lines(tabs: Sequence[ScopeTab]) -> list[list[str]]:
    """The tabs in words, from the roomiest line to the tightest."""
    full = [f"{tab.count:,}" if tab.count is not None else "" for tab in tabs]
    brief = [short_count(tab.count) if tab.count is not None else "" for tab in tabs]
    none = [""] * len(tabs)
    titles = [tab.title for tab in tabs]
    shorts, shorter, shortest = (
        [short.get(tab.name, tab.title) for tab in tabs]
        for short in (SHORT_TITLES, SHORTER_TITLES, SHORTEST_TITLES)
    )
    only_active = [short if tab.active else "" for short, tab in zip(shorts, tabs, strict=True)]
    active_brief = [count if tab.active else "" for count, tab in zip(brief, tabs, strict=True)]
    wordings = (
        (titles, full), (titles, brief), (shorts, brief), (shorts, active_brief), (shorter, active_brief),
        (shorts, none), (shorter, none), (shortest, active_brief), (shortest, none),
        (only_active, active_brief), (only_active, none), (none, none),
    )  # fmt: skip
    return [
        [tab_text(tab, title=title, count=count) for tab, title, count in zip(tabs, *words, strict=True)]
        for words in wordings
    ]


class ScopeTabs(LineWidget):
    """The scopes; the active ones stand out by reverse video, so they do without colour too."""

    PREFIX = "scope-tabs"
    COMPONENT_CLASSES = {"scope-tabs--active", "scope-tabs--empty", "scope-tabs--rest"}

    class Chosen(Message):
        """A scope was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(
        self, tabs: Sequence[ScopeTab] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._tabs = tuple(tabs)

    def show(self, tabs: Sequence[ScopeTab]) -> None:
        """Show these scopes; paints only when the line changes."""
        self._tabs = tuple(tabs)
        self.refit()

    def fit(self, width: int) -> tuple[Part, ...]:
        parts: tuple[Part, ...] = ()
        for texts in tab_lines(self._tabs):
            parts = tuple(
                Part(f" {text} ", self._role(tab), tab.name) for tab, text in zip(self._tabs, texts, strict=True)
            )
            if parts_width(parts) <= width:
                break
        return parts

    def chosen(self, target: str) -> None:
        self.post_message(self.Chosen(target))

    @staticmethod
    def _role(tab: ScopeTab) -> str:
        if tab.active:
            return "active"
        return "rest" if tab.count or tab.busy or tab.ready else "empty"
