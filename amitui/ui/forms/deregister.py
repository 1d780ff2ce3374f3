"""Deregistering images: what uses each, which of them to deregister, and whether to delete their snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from textual import on

from amitui.domain.costs import DEFAULT_PRICES, table_prices
from amitui.domain.fleet.uses import usage_uses
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.savings import saving
from amitui.domain.operations.verdict import Level, Reason, Verdict, unread, verdict
from amitui.errors import AmituiError
from amitui.presentation.glyphs import UNICODE
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm
from amitui.ui.forms.review import marked
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.fields import Field, NoteField, ToggleField
from amitui.ui.widgets.fields.table import DetailField, TableField, TableRow
from amitui.ui.widgets.text_lines import Run, TextLine

if TYPE_CHECKING:
    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.change import ImageFacts
    from amitui.domain.operations.usage import Usage
    from amitui.ui.forms.host import FormHost

UsageReader: TypeAlias = Callable[[str, Sequence[str]], Awaitable[Mapping[str, "Usage"]]]
"""Who uses the images with these ids, in this region."""

REASON_ROWS: Final = 6
"""Rows kept free for the reasons."""
OTHER_ROWS: Final = 15
"""Rows of the screen that the table cannot have: frame, titles, switches, reasons."""
FEWEST_TABLE_ROWS: Final = 3

_MARKS: Final = {
    Level.SAFE: (UNICODE.now, "good"),
    Level.CAREFUL: (UNICODE.held, "warn"),
    Level.NO: (UNICODE.failed, "bad"),
}
_VERDICTS: Final = {
    Level.SAFE: "no use found",
    Level.CAREFUL: "it may be in use",
    Level.NO: "refused, or in use",
}
_TITLES: Final = ("image", "verdict", "main reason")

MARK_FIRST: Final = "mark the images to deregister with Space"


class DeregisterForm(OperationForm):
    """A table of the images with a verdict on each, all reasons of one, and what goes with them."""

    TITLE = "Deregister images"
    CSS_PATH = stylesheet("dialogs", "export", "text_lines", "form", "field_table")

    def __init__(
        self,
        host: FormHost,
        images: Sequence[ImageFacts],
        read: UsageReader,
        title: str = "",
        *,
        cleaning: bool = False,
        delete_snapshots: bool = False,
    ) -> None:
        """Args:
        images: which may go; the caller's own.
        read: reads what uses them.
        cleaning: whether all of them were chosen by a clean-up: those that nothing uses are marked, however lately
            they were launched.
        delete_snapshots: whether that is selected at the beginning.
        """
        many = f"Deregister {len(images)} images" if len(images) > 1 else "Deregister image"
        super().__init__(host, title or many)
        self._images = {_key(facts): facts for facts in images}
        self._read = read
        self._cleaning = cleaning
        self._usages: dict[str, Usage] = {}
        self._failures: dict[str, str] = {}
        """Why the usage of an image could not be read, by its key."""
        self._table = TableField(
            _TITLES,
            self._rows_now(),
            id="images",
            hint="Space marks images to deregister; Ctrl+A marks all that are safe",
            check=self._marks_problem,
        )
        self._snapshots = ToggleField(
            "Snapshots",
            "delete snapshots that no other image uses",
            id="snapshots",
            hint="If unchecked, the snapshots are kept and billed",
            value=delete_snapshots,
        )
        self._unprotect = ToggleField(
            "Protection",
            "turn off deregistration protection first",
            id="unprotect",
            hint="These images are protected from deregistration",
        )
        self._saves = NoteField("Saves", "", id="saves")
        self._reasons = DetailField(self._reason_lines, id="reasons", least_rows=REASON_ROWS)

    def form_fields(self) -> Sequence[Field]:
        return (self._table, self._snapshots, self._unprotect, self._saves, self._reasons)

    def on_mount(self) -> None:
        self._unprotect.display = any(self._endable(key) for key in self._images)
        self._show_savings()

    def on_resize(self) -> None:
        self._table.limit_rows(max(FEWEST_TABLE_ROWS, self.app.size.height - OTHER_ROWS))

    async def load(self) -> None:
        """Read what uses the images, Region by Region; a Region that fails does not delay the others."""
        regions = dict.fromkeys(facts.region for facts in self._images.values())
        await asyncio.gather(*map(self._load_region, regions))

    def plans(self) -> Sequence[Plan]:
        return [self._plan(key) for key in self._table.value]

    @on(TableField.Moved)
    def _moved(self, event: TableField.Moved) -> None:
        event.stop()
        self._reasons.renew()

    @on(DetailField.Resized)
    def _reasons_resized(self, event: DetailField.Resized) -> None:
        event.stop()
        self._fit()

    @on(Field.Changed, "#images")
    @on(Field.Changed, "#snapshots")
    def _choice_changed(self) -> None:
        self._show_savings()

    @on(Field.Changed, "#unprotect")
    def _protection_changed(self) -> None:
        self._show_rows()

    async def _load_region(self, region: str) -> None:
        wanted = {facts.image_id: key for key, facts in self._images.items() if facts.region == region}
        try:
            found = await self._read(region, list(wanted))
        except AmituiError as error:
            found = {}
            self._failures |= dict.fromkeys(wanted.values(), error.what)
        for image_id, key in wanted.items():
            if usage := found.get(image_id):
                self._usages[key] = usage
                self._images[key] = self._images[key]._replace(
                    protection=usage.protection, public=usage.public, shared_with=usage.shared_with
                )
            else:
                self._failures.setdefault(key, "EC2 returned no usage for it")
        self._unprotect.display = any(self._endable(key) for key in self._images)
        self._show_rows()

    def _plan(self, key: str) -> Plan:
        facts, usage = self._images[key], self._usages.get(key)
        if usage is None and key not in self._failures:
            raise InvalidForm("images", "usage is still being read")
        snapshots = [snapshot.snapshot_id for snapshot in usage.snapshots] if usage is not None else []
        plan = deregister_plan(
            facts,
            delete_snapshots=self._snapshots.value,
            snapshot_ids=snapshots,
            unprotect_first=self._unprotecting and self._endable(key),
        )
        judged = self._verdict(key)
        findings = (
            [reason for reason in judged.graded if reason.level is not Level.SAFE] if judged is not None else []
        )
        about = "" if len(self._table.value) == 1 else f"{facts.label}: "
        return plan._replace(warnings=(*(f"{about}{reason.words}." for reason in findings), *plan.warnings))

    @property
    def _unprotecting(self) -> bool:
        return bool(self._unprotect.display) and self._unprotect.value

    def _endable(self, key: str) -> bool:
        """Whether an image is protected in a way that ends as soon as one says so."""
        facts = self._images[key]
        return facts.protected and not facts.cools_down

    def _verdict(self, key: str) -> Verdict | None:
        """`None` while its usage is being read."""
        if key in self._failures:
            return unread(self._failures[key])
        usage = self._usages.get(key)
        return verdict(usage, self.host.now(), unprotecting=self._unprotecting) if usage is not None else None

    def _rows_now(self) -> list[TableRow]:
        return [self._row(key, facts) for key, facts in self._images.items()]

    def _row(self, key: str, facts: ImageFacts) -> TableRow:
        regions = {one.region for one in self._images.values()}
        name = f"{facts.label} ({facts.region})" if len(regions) > 1 else facts.label
        judged = self._verdict(key)
        if judged is None:
            return TableRow(key, name, "○ checking", remark="usage")
        mark, role = _MARKS[judged.level]
        return TableRow(
            key,
            name,
            f"{mark} {judged.level}",
            role,
            judged.reasons[0],
            # A single image was chosen already; of several, only what nothing speaks against.
            marked=judged.level is Level.SAFE or (judged.level is Level.CAREFUL and self._is_chosen(key)),
            locked=self._locked(key),
            advised=judged.level is not Level.NO,
        )

    def _is_chosen(self, key: str) -> bool:
        """Whether an image was chosen before, so that it is marked unless something uses it."""
        usage = self._usages.get(key)
        return len(self._images) == 1 or (
            self._cleaning and usage is not None and not usage_uses(usage, self.host.now())
        )

    def _locked(self, key: str) -> str:
        """Why EC2 would refuse to deregister an image whatever one wants; empty = it would not."""
        usage = self._usages.get(key)
        if usage is None:
            return ""
        if not usage.state:
            return "EC2 no longer lists it"
        if not usage.owned:
            return "only its owner can deregister it"
        if usage.backup:
            return "only AWS Backup can delete it"
        if usage.protected and not self._endable(key):
            return "24-hour cooldown: turn its protection off, deregister 24 hours later"
        if usage.protected and not self._unprotecting:
            return "it is protected: mark Protection to turn that off first"
        return ""

    def _marks_problem(self, marks: Sequence[str]) -> str:
        if marks:
            return ""
        locked = {self._locked(key) for key in self._images}
        # Space marks no image that EC2 would refuse: where all are, what stands in the way is the problem.
        return next(iter(locked)) if len(locked) == 1 and all(locked) else MARK_FIRST

    def _show_rows(self) -> None:
        self._table.give(self._rows_now())
        self._show_savings()

    def _show_savings(self) -> None:
        """Show what deregistering the marked images saves."""
        chosen = [self._usages[key] for key in self._table.value if key in self._usages]
        # One price list for all: a sum of several currencies is none.
        regions = {self._images[key].region for key in self._table.value}
        found = saving(chosen, table_prices(regions.pop()) if len(regions) == 1 else DEFAULT_PRICES)
        if not self._table.value:
            self._saves.say("nothing is marked")
        elif not found.going:
            self._saves.say("nothing: no snapshots would be deleted" if chosen else "not known yet")
        elif self._snapshots.value:
            self._saves.say(found.words)
        else:
            self._saves.say(f"nothing while snapshots are kept; otherwise {found.words}")
        self._reasons.renew()

    def _reason_lines(self, width: int) -> Iterator[TextLine]:
        row = self._table.current
        if row is None:
            return
        facts, judged = self._images[row.value], self._verdict(row.value)
        yield (Run(facts.label, "title"),)
        where = f"{facts.image_id}  {facts.region}"
        if judged is None:
            yield (Run(f"{where}  ", "muted"), Run("checking usage…", "muted"))
            return
        yield (
            Run(f"{where}  ", "muted"),
            Run(f"{judged.level}: {_VERDICTS[judged.level]}", _MARKS[judged.level][1]),
        )
        for reason in judged.graded:
            yield from _reason(reason, width)


def _reason(reason: Reason, width: int) -> Iterator[TextLine]:
    mark, role = _MARKS[reason.level]
    text_role = "" if reason.level is Level.SAFE else role
    return marked(f"{mark} ", reason.words, width, text_role, mark_role=role)


def _key(facts: ImageFacts) -> str:
    return f"{facts.region}/{facts.image_id}"
