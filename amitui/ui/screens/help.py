"""The keys that work here, taken from the bindings themselves, and the query language on one page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual import on
from textual.binding import Binding
from textual.containers import Vertical

from amitui.domain.image.trust import Trust
from amitui.ui.screens.dialog import TextDialog
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.filter_input import FilterInput
from amitui.ui.widgets.text_lines import BLANK, Run, labelled, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from textual.dom import DOMNode
    from textual.widgets import Input

    from amitui.presentation.glyphs import Glyphs
    from amitui.ui.widgets.text_lines import TextLine


@dataclass(frozen=True, slots=True)
class HelpRow:
    """One line of help."""

    keys: str
    """The key or keys, or a form of the query language."""
    meaning: str


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
            if all(word in f"{self.title} {row.keys} {row.meaning}".casefold() for word in words)
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
        HelpRow("public:yes", "public: paid: deprecated: encrypted: trusted: latest: yes or no; imds:v2"),
        HelpRow("sort:name", "order; sort:-created for descending"),
        HelpRow(
            "arch:… owner:…",
            "while typed: the fields and values that go on so, with counts; Tab takes the first",
        ),
        HelpRow("ami-0123…", "that image, in any cached Region"),
    ),
)
"""The query language, a form a line."""

HELP_TITLES: Final = {
    "AmituiApp": "Images",
    "ImageTable": "Table",
    "BrowseScreen": "Screen",
    "DetailPane": "Details",
    "TableAndDetails": "Details beside the table",
    "BarInput": "Search bar",
    "SearchBar": "Search bar",
}
"""Section titles of the parts of the main screen, by class name."""


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
                rows[name] = HelpRow(keys, meaning)
        if rows:
            title = (titles or {}).get(type(node).__name__) or node.BINDING_GROUP_TITLE or type(node).__name__
            if sections and sections[-1].title == title:
                rows = {**{row.keys: row for row in sections.pop().rows}, **rows}
            sections.append(HelpSection(title, tuple(rows.values())))
    return sections


def _own_bindings(kind: type) -> Iterator[Binding]:
    for base in kind.__mro__:
        if base.__module__.startswith("textual."):
            continue
        for binding in base.__dict__.get("BINDINGS", ()):
            yield binding if isinstance(binding, Binding) else Binding(*binding)


def _shown_keys(node: DOMNode, binding: Binding, keymap: Mapping[str, str]) -> str:
    remapped = keymap.get(binding.id or "")
    if remapped is None and binding.key_display:
        return binding.key_display
    keys = [Binding(key.strip(), binding.action) for key in (remapped or binding.key).split(",")]
    return " ".join(node.app.get_key_display(key) for key in Binding.make_bindings(keys))


class HelpScreen(TextDialog):
    """Scrolls through the sections; `/` narrows them to what is typed."""

    CSS_PATH = stylesheet("dialogs", "text_lines", "picker")
    BINDINGS = [
        Binding("question_mark,f1", "leave", "Close", show=False, id="help.leave", tooltip="Close the help"),
        Binding("slash", "search", "Search", id="help.search", tooltip="Show only matching lines"),
    ]

    def __init__(self, sections: Sequence[HelpSection]) -> None:
        super().__init__("Help")
        self._sections = (*sections[:1], QUERY_HELP, *sections[1:])
        self._words: list[str] = []
        self.filter = FilterInput("type to filter")
        """Shown once searched."""

    def on_mount(self) -> None:
        self.filter.display = False
        self.query_one(Vertical).mount(self.filter, before=0)

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
                yield from labelled(
                    row.keys, (Run(row.meaning),), width, max(label_width, cell_len(row.keys) + 2), role="key"
                )

    @on(FilterInput.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self._words = event.value.casefold().split()
        self.view.renew(from_top=True)

    def action_search(self) -> None:
        """Show the filter and type into it."""
        self.filter.display = True
        self.filter.focus()

    def action_choose(self) -> None:
        """Back from the filter to the text."""
        self.view.focus()

    def action_leave(self) -> None:
        """Take the filter away; without one close."""
        if self.filter.display:
            self.filter.value = ""
            self.filter.display = False
            self.view.focus()
        else:
            self.dismiss(False)
