"""Clean up images: own images by family, what they cost, which may go by a rule, and why others stay.

The screen reads and marks; its result is what is to be done to which images, by the usual forms.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from textual import on
from textual.binding import Binding
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.retention.families import FamilySummary
from amitui.domain.retention.plan import Decision
from amitui.domain.retention.rule import Means
from amitui.errors import AmituiError
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.presentation.housekeeping import build_details, family_details, picture
from amitui.ui.screens.housekeeping_state import HousekeepingState
from amitui.ui.screens.list_pane import SHEETS, ListPane, list_bindings
from amitui.ui.screens.picker import PickerItem, PickerScreen
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.detail_pane import group_lines
from amitui.ui.widgets.housekeeping_list import HousekeepingList, Item
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.live_list import LiveList
from amitui.ui.widgets.text_lines import BLANK, Run, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult

    from amitui.domain.retention.accounts import Surveys
    from amitui.domain.retention.own_image import OwnImage
    from amitui.domain.retention.survey import Survey
    from amitui.ui.widgets.text_lines import TextLine

KINDS: Final = {
    Means.DEPRECATE: OperationKind.DEPRECATE,
    Means.DISABLE: OperationKind.DISABLE,
    Means.DEREGISTER: OperationKind.DEREGISTER,
}
"""The form that does each."""


class Chosen(NamedTuple):
    """What is to be done, and to which images."""

    kind: OperationKind
    images: tuple[OwnImage, ...]
    delete_snapshots: bool = True
    """Whether the rule deletes snapshots that no other image needs."""
    accounts: Mapping[str, str] = {}
    """By the key of an image its account, where there are several."""


class Reads(NamedTuple):
    """What the screen asks the application for."""

    survey: Callable[[Callable[[str], None]], Awaitable[Surveys]]
    """Reads everything; is given what takes lines on how far it is."""
    shared: Callable[[OwnImage, str], Awaitable[str]]
    """With whom an image of an account is shared, in words; the account is empty where there is one alone."""
    now: Callable[[], float]


_KEYS: Final = (
    Binding("space", "mark", "Mark", id="clean.mark", tooltip="Mark it; of a family, what goes by the rule"),
    Binding("enter", "carry_out", "Clean up", id="clean.do", tooltip="What the rule does to the marked images"),
    Binding("right", "builds", "Builds", key_display="→", id="clean.builds", tooltip="Show the family's builds"),
    Binding("left", "families", "Families", key_display="←", id="clean.families", tooltip="Back to the families"),
    Binding("ctrl+a", "mark_all", "All", id="clean.mark_all", tooltip="Mark everything that goes by the rule"),
    Binding("m", "rule", "Rule", id="clean.rule", tooltip="Choose a rule, and mark what goes by it"),
    Binding("U", "clear", "Unmark", id="clean.clear", tooltip="Clear all marks"),
    Binding("D", "do('deregister')", "Deregister", id="clean.deregister", tooltip="Deregister the marked images"),
    Binding("B", "do('disable')", "Disable", show=False, id="clean.disable", tooltip="Disable the marked images"),
    Binding(
        "E",
        "do('deprecate')",
        "Deprecate",
        show=False,
        id="clean.deprecate",
        tooltip="Deprecate the marked images",
    ),
    Binding("f5", "reload", "Reload", show=False, id="clean.reload", tooltip="Read everything again"),
    *list_bindings("clean", "row"),
    Binding("escape", "back", "Back", show=False, id="clean.back", tooltip="Back to the families, or close"),
    Binding("q,H", "leave", "Close", id="clean.leave", tooltip="Close; nothing is changed"),
)


class HousekeepingScreen(ListPane[Chosen]):
    """Families, or the builds of one; the result is what is to be done."""

    CSS_PATH = stylesheet(*SHEETS, "housekeeping")
    BINDINGS: ClassVar = list(_KEYS)
    WIDE_FROM = 140
    LIST_SHARE = (11, 20)

    def __init__(self, reads: Reads, state: HousekeepingState, *, ascii_only: bool = False) -> None:
        """Args:
        state: what is to be shown; the survey is read by the screen.
        """
        self._glyphs = ASCII if ascii_only else UNICODE
        rows = HousekeepingList(self._glyphs, reads.now, state.marked)
        super().__init__("Clean up images", rows)  # type: ignore[arg-type] # its result is no row
        self._rows = rows
        self._reads, self._state = reads, state
        self._failure: AmituiError | None = None
        self._shared: dict[str, str] = {}
        """With whom images are shared, by key, as far as it was read."""
        self._heads = Static(markup=False, classes="column-heads")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self._heads
        with Container(classes="both"):
            yield self.list
            yield self.details
        yield KeyBar()

    def on_mount(self) -> None:
        self.action_reload()

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._show_heads)

    @on(LiveList.Moved)
    def _item_moved(self) -> None:
        self._read_shared()

    @on(LiveList.RowClicked)
    def _row_clicked(self, event: LiveList.RowClicked) -> None:
        event.stop()
        if self._state.opened:
            self.action_mark()
        else:
            self.action_builds()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("builds", "families"):
            return bool(self._state.opened) is (action == "families")
        if action in ("mark", "mark_all", "carry_out", "do"):
            return bool(self._state.families)
        if action == "rule":
            return self._state.survey is not None
        return super().check_action(action, parameters)

    # Reading

    def action_reload(self) -> None:
        """Read everything again."""
        self._failure = None
        self._state.forget()
        self._renew()
        self.run_worker(self._read(), group="survey", exclusive=True)

    async def _read(self) -> None:
        try:
            self._state.surveys = await self._reads.survey(self.head.say)
        except AmituiError as error:
            self._failure = error
        self.head.say("")
        self._state.judge(self._reads.now())
        self._renew()

    def _read_shared(self) -> None:
        item = self._rows.current
        if isinstance(item, Decision) and item.image.key not in self._shared:
            self.run_worker(self._share_of(item.image), group="shared", exclusive=True)

    async def _share_of(self, image: OwnImage) -> None:
        self._shared[image.key] = await self._reads.shared(image, self._state.owners.accounts.get(image.key, ""))
        self.details.renew()

    # Showing

    def _renew(self) -> None:
        state = self._state
        nothing = self._failure.what if self._failure is not None else state.nothing
        self._rows.show(state.items, state.survey, empty=nothing)
        self._show_counts()
        self._show_heads()
        self.fit()
        self.details.renew()
        self.refresh_bindings()
        self._read_shared()

    def _show_counts(self) -> None:
        self.head.show(self._state.counts, f"rule: {self._state.rule.name}")

    def _show_heads(self) -> None:
        self._heads.update(Content(self._rows.heading), layout=False)

    def detail_lines(self, width: int) -> Iterator[TextLine]:
        if self._failure is not None:
            for words in self._failure.lines()[1:]:
                yield from paragraph(words, width)
            return
        item, state = self._rows.current, self._state
        survey = state.survey
        if survey is not None and item is not None:
            yield from self._lines_of(item, survey, width)
            yield BLANK
        yield from paragraph(f"The rule {state.rule.name}: {state.rule.words}.", width, "muted")
        for words in survey.unknown if survey is not None else ():
            yield from paragraph(f"{self._glyphs.held} {words}", width, "warn")

    def _lines_of(self, item: Item, survey: Survey, width: int) -> Iterator[TextLine]:
        now = self._reads.now()
        if isinstance(item, Decision):
            shared, owner = self._shared.get(item.image.key, ""), self._state.owners.name_of(item.image.key)
            yield from group_lines(list(build_details(item, survey, shared, owner, now=now)), width)
            return
        lines = list(picture(item, self._state.marked, width, now=now, glyphs=self._glyphs))
        yield from (tuple(Run(text, role) for text, role in line) for line in lines)
        if lines:
            yield BLANK
        yield from group_lines(list(family_details(item, survey, now=now)), width)

    def listed_rows(self) -> int:
        return len(self._state.items)

    # Moving between families and builds

    def action_builds(self) -> None:
        """Show the builds of the family under the cursor."""
        item = self._rows.current
        if isinstance(item, FamilySummary):
            self._state.opened = item.key
            self._renew()
            self._rows.move(-self.listed_rows())

    def action_families(self) -> None:
        """Show the families again, with the cursor on the one that was open."""
        was, self._state.opened = self._state.opened, ""
        self._renew()
        at = next((index for index, one in enumerate(self._state.families) if one.key == was), 0)
        self._rows.move(-self.listed_rows())
        self._rows.move(at)

    def action_back(self) -> None:
        """Back to the families; from there close."""
        if self._state.opened:
            self.action_families()
        else:
            self.action_leave()

    # Marking

    def action_mark(self) -> None:
        """Mark what is under the cursor, or take its marks away; the cursor goes on unless a note follows."""
        item = self._rows.current
        if item is not None:
            note = self._state.mark(item)
            if not note:
                self._rows.move(1)
            self._show_marks(note)

    def action_mark_all(self) -> None:
        """Mark everything that goes by the rule."""
        self._show_marks(self._state.mark_all())

    def action_clear(self) -> None:
        """Clear all marks."""
        self._state.marked.clear()
        self._show_marks("")

    def _show_marks(self, note: str) -> None:
        self._rows.refresh()
        self._show_counts()
        self.head.say(note)
        self.details.renew()

    def action_rule(self) -> None:
        """Choose another rule, and mark what goes by it."""
        state = self._state
        items = [PickerItem(rule.name, rule.name, rule.words) for rule in state.rules]
        self.app.push_screen(PickerScreen("Rule", items, current=state.rule.name), self._rule_chosen)

    def _rule_chosen(self, name: str | None) -> None:
        state = self._state
        rule = next((one for one in state.rules if one.name == name), None)
        if rule is not None:
            state.rule = rule
            state.marked.clear()
            state.judge(self._reads.now())
            note = state.mark_all()
            self._renew()
            self._show_marks(note)

    # Ending

    def action_carry_out(self) -> None:
        """What the rule does next to the marked images, or else to what is under the cursor."""
        due = self._state.due(self._state.chosen or self._under_cursor())
        if due is None:
            self._say_nothing_to_do()
        else:
            self._end_with(*due)

    def action_do(self, what: str) -> None:
        """Close, and have the form opened for the marked images, or else for what is under the cursor."""
        images = self._state.chosen or self._under_cursor()
        if images:
            self._end_with(Means(what), images)
        else:
            self._say_nothing_to_do()

    def _end_with(self, means: Means, images: tuple[OwnImage, ...]) -> None:
        state = self._state
        known = state.owners.accounts
        accounts = {image.key: known[image.key] for image in images if image.key in known}
        self.dismiss(Chosen(KINDS[means], images, state.rule.delete_snapshots, accounts))

    def _say_nothing_to_do(self) -> None:
        self.head.say("nothing is due: Space marks images, Ctrl+A all that go by the rule")
        self.app.bell()

    def _under_cursor(self) -> tuple[OwnImage, ...]:
        item = self._rows.current
        if isinstance(item, FamilySummary):
            return tuple(one.image for one in item.going)
        return (item.image,) if item is not None else ()
