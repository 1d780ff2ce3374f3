"""Rolling an image out: what is to be moved to it in which Regions, and how instances are replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from textual import on

from amitui.domain.counts import count_of
from amitui.domain.rollout.candidates import Candidate, MovedKind, NewImage, candidates
from amitui.domain.rollout.moved import NotPossible, roll_out
from amitui.domain.rollout.options import RollOutOptions, percents_of, problem, seconds_of
from amitui.domain.rollout.plan import roll_out_plan
from amitui.errors import AmituiError
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import FormHost, InvalidForm
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.fields import ChoiceField, Field, NoteField, TextField, ToggleField
from amitui.ui.widgets.fields.table import DetailField, TableField, TableRow
from amitui.ui.widgets.text_lines import Run, TextLine, wrap

if TYPE_CHECKING:
    from amitui.domain.operations.plan import Plan
    from amitui.domain.rollout.region import RegionFleet

FleetReader: TypeAlias = Callable[[NewImage], Awaitable["RegionFleet"]]
"""Reads what stands on images in the image's Region."""

OTHER_ROWS: Final = 16
FEWEST_TABLE_ROWS: Final = 3
_TITLES: Final = ("what", "kind", "stands on")
_WORDS: Final = {MovedKind.PARAMETER: "parameter", MovedKind.TEMPLATE: "template", MovedKind.GROUP: "group"}


def _seconds_problem(text: str) -> str:
    return "" if not text or seconds_of(text) is not None else "a time such as 90s, 30m or 4h"


def _percent_problem(text: str) -> str:
    found = percents_of(text)
    return "" if found is not None and len(found) <= 1 else "a number of per cent"


def _percents_problem(text: str) -> str:
    return "" if percents_of(text) is not None else "numbers of per cent, such as 20, 50"


class RollOutForm(OperationForm):
    """A table of all that can be moved, and the options that hold for all of it."""

    TITLE = "Roll out image"
    CSS_PATH = stylesheet("dialogs", "export", "text_lines", "form", "field_table")

    def __init__(
        self, host: FormHost, images: Sequence[NewImage], read: FleetReader, *, missing: Sequence[str] = ()
    ) -> None:
        """Args:
        images: the image and its copies, one a Region.
        missing: Regions in view in which no copy is known.
        """
        super().__init__(host, f"Roll out {images[0].name or images[0].image_id}")
        self._images = {image.region: image for image in images}
        self._read = read
        self._fleets: dict[str, RegionFleet] = {}
        self._candidates: dict[str, Candidate] = {}
        self._unread: list[str] = []
        self._table = TableField(
            _TITLES,
            [],
            id="what",
            hint="Space marks what is to be moved; Ctrl+A marks all on older builds.",
            check=lambda marks: "" if marks else "mark what is to be moved with Space",
        )
        words = f"no copy of it is known in {', '.join(missing)}: copy it there first (c)" if missing else ""
        self._note = NoteField("Not moved", words, id="missing")
        self._details = DetailField(self._detail_lines, id="details", least_rows=3)
        self._make_options()

    def _make_options(self) -> None:
        self._default = ToggleField(
            "Default",
            "new versions of launch templates become their default",
            True,
            id="default",
            hint="Whatever names no version, or $Default, takes the new one from then on.",
        )
        self._back = ToggleField(
            "On failure",
            "take back by itself what was done",
            True,
            id="roll-back",
            hint="By Auto Scaling where it can, else by amitui while it runs.",
        )
        self._order = ChoiceField("Groups", [("turn", "one after the other"), ("once", "all at once")], id="order")
        self._least = TextField(
            "Min healthy", "min-healthy", "90", hint="Per cent that stay in service.", check=_percent_problem
        )
        self._most = TextField(
            "Max healthy",
            "max-healthy",
            "",
            "as the group has it",
            "100 to 200 per cent: above 100 new instances are launched first.",
            _percent_problem,
        )
        self._checkpoints = TextField(
            "Checkpoints", "checkpoints", "", "none; 20, 50", "Per cent at which it stops.", _percents_problem
        )
        self._stop = TextField(
            "Stop for", "stop", "1h", hint="How long it stops at a checkpoint.", check=_seconds_problem
        )
        self._bake = TextField(
            "Bake time", "bake", "", "none; 30m", "How long it is watched at its end.", _seconds_problem
        )
        self._warmup = TextField(
            "Warmup", "warmup", "", "as the group has it", "Until a new instance counts.", _seconds_problem
        )
        self._alarms = TextField(
            "Alarms", "alarms", "", "none", "Names of CloudWatch alarms that fail it, with commas between them."
        )

    def form_fields(self) -> Sequence[Field]:
        return (
            self._table,
            self._details,
            self._note,
            self._default,
            self._back,
            self._order,
            self._least,
            self._most,
            self._checkpoints,
            self._stop,
            self._bake,
            self._warmup,
            self._alarms,
        )

    def on_mount(self) -> None:
        self._note.display = bool(self._note.value)

    def on_resize(self) -> None:
        self._table.limit_rows(max(FEWEST_TABLE_ROWS, self.app.size.height - OTHER_ROWS))

    async def load(self) -> None:
        """Read what stands on images, Region by Region; one that fails does not delay the others."""
        self._table.give([], empty="reading what stands on images…")
        await asyncio.gather(*map(self._load_region, self._images.values()))
        if self._unread:
            self._note.say("; ".join(self._unread))
            self._note.display = True
        self._show()

    async def _load_region(self, image: NewImage) -> None:
        try:
            fleet = await self._read(image)
        except AmituiError as error:
            self._unread.append(f"{image.region}: {error.what}")
            return
        self._fleets[image.region] = fleet
        self._unread += [f"{image.region}: {words}" for words in fleet.inventory.unknown]
        for one in candidates(fleet.inventory, image, fleet.images):
            self._candidates[one.key] = one
        self._show()

    def _show(self) -> None:
        order = {region: number for number, region in enumerate(self._images)}
        found = sorted(self._candidates.values(), key=lambda one: (order[one.region], not one.proposed))
        self._table.give([self._row(one) for one in found], empty="nothing here stands on another image")
        self._details.renew()
        self.call_after_refresh(self._fit)

    def _row(self, one: Candidate) -> TableRow:
        name = f"{one.name} ({one.region})" if len(self._images) > 1 else one.name
        return TableRow(
            one.key,
            name,
            _WORDS[one.kind],
            "good" if one.proposed else "",
            one.old_name or one.old_image or "not known",
            marked=one.proposed,
            locked=one.refusal,
            advised=one.proposed,
        )

    @on(TableField.Moved)
    def _moved(self, event: TableField.Moved) -> None:
        event.stop()
        self._details.renew()

    @on(DetailField.Resized)
    def _details_resized(self, event: DetailField.Resized) -> None:
        event.stop()
        self._fit()

    def _detail_lines(self, width: int) -> Iterator[TextLine]:
        row = self._table.current
        one = self._candidates.get(row.value) if row is not None else None
        if one is None:
            return
        image = self._images[one.region]
        yield (Run(f"{one.kind} {one.name}", "title"), Run(f"  {one.region}", "muted"))
        yield (Run(f"{one.old_image or 'not known'} → {image.image_id}"),)
        words = one.refusal or one.detail
        for line in wrap(words, width):
            yield (Run(line, "warn" if one.refusal else "muted"),)

    def options(self) -> RollOutOptions:
        """The options as they are chosen; fields that are wrong count as empty."""
        least = percents_of(self._least.value) or (RollOutOptions().min_healthy,)
        most = percents_of(self._most.value)
        return RollOutOptions(
            set_default=self._default.value,
            roll_back=self._back.value,
            at_once=self._order.value == "once",
            min_healthy=least[0],
            max_healthy=most[0] if most else None,
            warmup_s=seconds_of(self._warmup.value),
            checkpoints=percents_of(self._checkpoints.value) or (),
            checkpoint_delay_s=seconds_of(self._stop.value) or 0,
            bake_s=seconds_of(self._bake.value) or 0,
            alarms=tuple(name.strip() for name in self._alarms.value.split(",") if name.strip()),
        )

    def plans(self) -> Sequence[Plan]:
        options, chosen = self.options(), frozenset(self._table.value)
        wrong = problem(options)
        if wrong:
            raise InvalidForm("options", wrong)
        found = []
        for region, fleet in self._fleets.items():
            if not any(self._candidates[key].region == region for key in chosen):
                continue
            try:
                found.append(roll_out_plan(roll_out(fleet.inventory, fleet.image, chosen, options, fleet.images)))
            except NotPossible as error:
                where = f"{region}: " if len(self._images) > 1 else ""
                raise InvalidForm("what", f"{where}{error}") from error
        return found

    def confirmation(self, plans: Sequence[Plan]) -> str:
        calls = [call for plan in plans for call in plan.calls if call.undoes is None]
        groups = sum(call.api == "start_instance_refresh" for call in calls)
        return super().confirmation(plans) or (f"replace {count_of(groups, 'group')}" if groups > 1 else "")
