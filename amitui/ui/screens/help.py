"""Help: the keys that work on a screen, taken from the bindings themselves, and the query language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from textual import on
from textual.actions import parse
from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input, TextArea

from amitui.domain.image.trust import Trust
from amitui.ui.keys.screens import TITLES
from amitui.ui.screens.dialog import TextDialog
from amitui.ui.screens.modal import Modal
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.filter_input import FilterInput
from amitui.ui.widgets.text_lines import BLANK, Run, labelled, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from textual.app import App
    from textual.dom import DOMNode
    from textual.screen import Screen

    from amitui.presentation.glyphs import Glyphs
    from amitui.ui.widgets.text_lines import TextLine


KEYS_WHILE_EMPTY: Final = "?/q"
"""Characters that are keys of the help as long as nothing is typed."""


@dataclass(frozen=True, slots=True)
class HelpRow:
    """One line of help."""

    keys: str
    """The key or keys, or a form of the query language."""
    meaning: str
    obstacle: str = ""
    """Why it cannot be done now; empty = it can."""


@dataclass(frozen=True, slots=True)
class HelpSection:
    """A titled group of lines."""

    title: str
    rows: tuple[HelpRow, ...]

    def matching(self, words: Sequence[str]) -> HelpSection:
        """The section with those rows only in which every word occurs."""
        rows = tuple(
            row
            for row in self.rows
            if all(word in f"{self.title} {row.keys} {row.meaning} {row.obstacle}".casefold() for word in words)
        )
        return replace(self, rows=rows)


QUERY_HELP: Final = HelpSection(
    "Query language",
    (
        HelpRow("ubuntu 24.04 arm64", "all words, in any order and case, in any text of the image"),
        HelpRow('"exact phrase"', "exactly these characters"),
        HelpRow("-word", "must not contain the word"),
        HelpRow("a | b", "either"),
        HelpRow("owner:canonical", "publisher, alias or account; owner:self for your own"),
        HelpRow("arch:arm64,x86_64", "arch: os: root: virt: boot: state: type: equals one of the values"),
        HelpRow('family:"ubuntu 24.04 arm64"', "builds of one family, as the facets name it"),
        HelpRow("name:ubuntu*24.04*", "a pattern on one field"),
        HelpRow("created:>2026-01", "created after; created:30d or age:<90d for the last days"),
        HelpRow("tag:Env=prod", "a tag and its value; tag:Env for any value"),
        HelpRow(
            "public:yes", "public: paid: deprecated: encrypted: trusted: lookalike: latest: yes or no; imds:v2"
        ),
        HelpRow("sort:name", "order; sort:-created for descending"),
        HelpRow(
            "arch:… owner:…",
            "while typed: the fields and values that go on so, with counts; Tab takes the first",
        ),
        HelpRow("ami-0123…", "that image, in any cached Region"),
    ),
)
"""The query language, a form a line."""

TEXT_HELP: Final = HelpSection(
    "Where text is typed",
    (
        HelpRow("Ctrl+U Ctrl+K", "delete to the beginning, to the end of the line"),
        HelpRow("Ctrl+W", "delete the word before the cursor"),
        HelpRow("Ctrl+← Ctrl+→", "one word to the left, to the right"),
        HelpRow("Home End", "to the beginning, to the end of the line"),
        HelpRow("Shift+← Shift+→", "select; Ctrl+C copies what is selected, else it clears the field"),
        HelpRow("F1", "help: ? and q are text there"),
    ),
)
"""What Textual's text fields do."""

EVERYWHERE: Final = ("interrupt", "suspend", "quit_always")
"""Ids of the application's bindings that work on every screen."""


def signs_section(glyphs: Glyphs) -> HelpSection:
    """What the signs in the table say, as this terminal shows them."""
    trust = {
        Trust.OWN: "your own account's image",
        Trust.AMAZON: "Amazon, or a partner that Amazon verified",
        Trust.PUBLISHER: "a known publisher's account",
        Trust.MARKETPLACE: "sold on AWS Marketplace",
        Trust.SHARED: "shared with you by another account",
        Trust.UNVERIFIED: "unverified: any other account",
        Trust.LOOKALIKE: "look-alike: a known publisher's name under another account",
    }
    rows: dict[str, str] = {}
    for kind, words in trust.items():
        sign = glyphs.trust[kind]
        rows[sign] = f"{rows[sign]}; {words}" if sign in rows else words
    rows[glyphs.charged] = "more is paid for than the instance: a licence, or a seller's software"
    rows[glyphs.mark] = "marked"
    rows[glyphs.descending] = f"the column that rows are sorted by, highest first; {glyphs.ascending} lowest first"
    rows["use1"] = "us-east-1, as Availability Zone IDs abbreviate Regions"
    return HelpSection("Symbols in the table", tuple(HelpRow(sign, words) for sign, words in rows.items()))


def sections_from(
    nodes: Iterable[DOMNode], *, keymap: Mapping[str, str] | None = None, titles: Mapping[str, str] | None = None
) -> list[HelpSection]:
    """One section for each node that binds keys, from its classes' own BINDINGS.

    Args:
        nodes: widgets, screens and the app, the most specific first. What Textual's own classes bind (the keys of
            an input and the like) is left out.
        keymap: binding ids and the keys that replace their own, as given to `App.set_keymap`.
        titles: section titles by class name, where `BINDING_GROUP_TITLE` does not serve.
    """
    sections: list[HelpSection] = []
    for node in nodes:
        rows: dict[str, HelpRow] = {}
        for binding in _own_bindings(type(node)):
            name = binding.id or binding.action
            key = _shown_keys(node, binding, keymap or {})
            meaning = binding.tooltip or binding.description
            if meaning:
                keys = f"{rows[name].keys} {key}" if name in rows else key
                rows[name] = HelpRow(keys, meaning, _obstacle(node, binding))
        if rows:
            title = _title_of(node, titles or {})
            if sections and sections[-1].title == title:
                rows = {**{row.keys: row for row in sections.pop().rows}, **rows}
            sections.append(HelpSection(title, tuple(rows.values())))
    return sections


def screen_sections(screen: Screen[Any]) -> list[HelpSection]:
    """The keys of a screen that is shown: where the focus is, the screen's own, those of its other parts."""
    inner = list(screen.focused.ancestors_with_self) if screen.focused is not None else [screen]
    chain = inner[: inner.index(screen) + 1] if screen in inner else [screen]
    others: dict[type, DOMNode] = {}
    for widget in screen.walk_children(Widget):
        if widget.can_focus and widget not in chain and all(node.display for node in widget.ancestors_with_self):
            others.setdefault(type(widget), widget)
    known = {type(node) for node in chain}
    nodes = [*chain, *(node for kind, node in others.items() if kind not in known)]
    keymap = dict(screen.app._keymap)
    sections = _without_repeats(sections_from(nodes, keymap=keymap, titles=TITLES))
    if any(isinstance(node, Input | TextArea) for node in nodes):
        sections.append(TEXT_HELP)
    more = screen.more_help() if isinstance(screen, Modal) else ()
    return [*sections, *more, *everywhere_section(screen.app, keymap)]


def everywhere_section(app: App[Any], keymap: Mapping[str, str]) -> list[HelpSection]:
    """The application's keys that work on every screen."""
    rows = tuple(
        HelpRow(_shown_keys(app, binding, keymap), binding.tooltip)
        for binding in _own_bindings(type(app))
        if binding.id in EVERYWHERE
    )
    return [HelpSection("Everywhere", rows)] if rows else []


def _without_repeats(sections: Iterable[HelpSection]) -> list[HelpSection]:
    """Sections without the rows whose keys have been listed: the inner part of a screen has taken those keys."""
    seen: set[str] = set()
    kept = []
    for section in sections:
        rows = tuple(row for row in section.rows if not set(row.keys.split()) <= seen)
        seen |= {key for row in rows for key in row.keys.split()}
        if rows:
            kept.append(replace(section, rows=rows))
    return kept


def _obstacle(node: DOMNode, binding: Binding) -> str:
    """Why a binding is not offered now; empty = it is."""
    namespace, name, parameters = parse(binding.action)
    owner: DOMNode = node
    if namespace and node.is_attached:
        owner = node.app if namespace == "app" else node.screen
    elif namespace:
        return ""
    if owner.check_action(name, parameters) is True:
        return ""
    reason = getattr(owner, "why_not_now", None)
    return str(reason(name, parameters)) if reason is not None else "not possible here now"


def _title_of(node: DOMNode, titles: Mapping[str, str]) -> str:
    """The title of a class, or of the nearest one that it comes from."""
    known = next((titles[base.__name__] for base in type(node).__mro__ if base.__name__ in titles), "")
    return known or node.BINDING_GROUP_TITLE or type(node).__name__


def _own_bindings(kind: type) -> Iterator[Binding]:
    for base in kind.__mro__:
        if base.__module__.startswith("textual."):
            continue
        for binding in base.__dict__.get("BINDINGS", ()):
            yield binding if isinstance(binding, Binding) else Binding(*binding)


def _shown_keys(node: DOMNode, binding: Binding, keymap: Mapping[str, str]) -> str:
    # Not its `key_display`: for the key bar, that of one of a pair names both.
    remapped = keymap.get(binding.id or "")
    keys = [Binding(key.strip(), binding.action) for key in (remapped or binding.key).split(",")]
    return " ".join(node.app.get_key_display(key) for key in Binding.make_bindings(keys))


class HelpFilter(FilterInput):
    """What narrows the help. While it is empty, `q` and `?` close the help, and `/` makes them text."""

    BINDINGS = [
        Binding("enter", "screen.close", "Close", show=False, id="help.choose", tooltip="Close the help"),
        Binding("home,ctrl+home", "screen.top", "Top", show=False, id="help.top", tooltip="To the top"),
        Binding(
            "end,ctrl+end", "screen.bottom", "Bottom", show=False, id="help.bottom", tooltip="To the last line"
        ),
    ]


class HelpScreen(TextDialog):
    """The sections; what is typed narrows them, the arrows scroll."""

    CSS_PATH = stylesheet("dialogs", "text_lines", "picker")
    BINDINGS = [
        Binding("question_mark,f1", "close", "Close", show=False, id="help.leave", tooltip="Close the help"),
        Binding(
            "slash",
            "search",
            "Search",
            show=False,
            id="help.search",
            tooltip="Type a word that begins with q or ?",
        ),
        Binding("up", "line(-1)", "Up", show=False, id="help.up", tooltip="Scroll up one line"),
        Binding("down", "line(1)", "Scroll", key_display="↑↓", id="help.down", tooltip="Scroll down one line"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="help.page_up", tooltip="One page up"),
        Binding(
            "pagedown,ctrl+f",
            "page(1)",
            "Page down",
            show=False,
            id="help.page_down",
            tooltip="Scroll down one page",
        ),
    ]

    def __init__(self, sections: Sequence[HelpSection]) -> None:
        """Args:
        sections: in the order in which they are shown.
        """
        super().__init__("Help")
        self._sections = tuple(sections)
        self._words: list[str] = []
        self.filter = HelpFilter("type to filter", when_empty=KEYS_WHILE_EMPTY)
        self.view.can_focus = False

    def on_mount(self) -> None:
        self.query_one(Vertical).mount(self.filter, before=0)
        self.filter.focus()

    def lines(self, width: int) -> Iterator[TextLine]:
        sections = [found for section in self._sections if (found := section.matching(self._words)).rows]
        if not sections:
            yield from paragraph("Nothing matches.", width, "muted")
        for index, section in enumerate(sections):
            if index:
                yield BLANK
            yield from paragraph(section.title, width, "title")
            keys = max(cell_len(row.keys) for row in section.rows)
            label_width = min(keys, 20, max(8, width // 3)) + 2
            for row in section.rows:
                value = [Run(row.meaning, "muted" if row.obstacle else "")]
                if row.obstacle:
                    value.append(Run(f"not now: {row.obstacle}", "muted"))
                room = max(label_width, cell_len(row.keys) + 2)
                yield from labelled(row.keys, value, width, room, role="key")

    @on(FilterInput.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self._words = event.value.casefold().split()
        self.view.renew(from_top=True)

    def action_search(self) -> None:
        """Take every character as text."""
        self.filter.when_empty = ""

    def action_line(self, lines: int) -> None:
        """Scroll by lines."""
        self.view.scroll_lines(lines)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self.view.scroll_lines(pages * self.view.page_rows)

    def action_top(self) -> None:
        """To the first line."""
        self.view.action_top()

    def action_bottom(self) -> None:
        """To the last line."""
        self.view.action_bottom()

    def action_close(self) -> None:
        """Close, whatever is typed."""
        self.dismiss(False)

    def action_help(self) -> None:
        """Close: this is the help."""
        self.action_close()

    def action_leave(self) -> None:
        """Clear the filter; without one close."""
        if self.filter.value or not self.filter.when_empty:
            self.filter.value = ""
            self.filter.when_empty = KEYS_WHILE_EMPTY
        else:
            self.dismiss(False)
