"""The recycle bin: the images in it, how long they stay, what goes before them, and restoring them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from textual import on

from amitui.domain.operations.awaited import SNAPSHOT
from amitui.domain.operations.plan import Watch
from amitui.domain.operations.plans.recycle import restore_plan, restore_snapshot_plan
from amitui.domain.operations.recycle_bin import Bin, BinImage, BinSnapshot, Needed, needed, time_left
from amitui.errors import AmituiError
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.review import marked
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.fields.table import DetailField, TableField, TableRow
from amitui.ui.widgets.text_lines import BLANK, Run, TextLine

if TYPE_CHECKING:
    from amitui.domain.operations.plan import Plan
    from amitui.ui.forms.host import FormHost
    from amitui.ui.widgets.fields import Field

BinReader: TypeAlias = Callable[[str], Awaitable[Bin]]
"""What is in the bin of a region."""

SOON_S: Final = 86_400
"""What leaves the bin within this time is pointed out."""
DETAIL_ROWS: Final = 6
OTHER_ROWS: Final = 12
"""Rows of the screen that the table cannot have."""
FEWEST_TABLE_ROWS: Final = 3

_TITLES: Final = ("image or snapshot", "time left", "to restore it")
_EMPTY: Final = "The Recycle Bin is empty. It keeps only what a retention rule of the Region covers."


class RecycleBinScreen(OperationForm):
    """Images first, then the snapshots that belong to none of them; ends with the plans that restore the marked.

    With nothing marked, the row under the cursor is what is meant.
    """

    TITLE = "Recycle bin"
    CSS_PATH = stylesheet("dialogs", "export", "text_lines", "form", "field_table")

    def __init__(
        self,
        host: FormHost,
        regions: Sequence[str],
        read: BinReader,
        noted: Mapping[tuple[str, str], Sequence[str]] | None = None,
        meant: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """Args:
        regions: whose bins are shown.
        read: lists the bin of one.
        noted: ids of the snapshots that deregistered images had, by Region and image id, as far as known.
        meant: names of the images to restore, by Region and id: they are marked, or said to be missing.
        """
        where = regions[0] if len(regions) == 1 else f"{len(regions)} Regions"
        super().__init__(host, f"{self.TITLE} of {where}")
        self._regions = tuple(regions)
        self._read = read
        self._noted = noted or {}
        self._meant = meant or {}
        self._images: dict[str, BinImage] = {}
        self._snapshots: dict[str, BinSnapshot] = {}
        self._needed: dict[str, tuple[Needed, ...]] = {}
        """By the key of the image."""
        self._failures: list[str] = []
        self._unread: set[str] = set()
        """Regions whose bins could not be read."""
        self._table = TableField(
            _TITLES,
            id="things",
            hint="Space marks what to restore; without marks, the selected row is restored",
            empty="Reading the Recycle Bin…",
        )
        self._detail = DetailField(self._detail_lines, id="detail", least_rows=DETAIL_ROWS)

    def form_fields(self) -> Sequence[Field]:
        return (self._table, self._detail)

    def on_resize(self) -> None:
        self._table.limit_rows(max(FEWEST_TABLE_ROWS, self.app.size.height - OTHER_ROWS))

    async def load(self) -> None:
        """List the bins; a region that fails does not hide the others."""
        await asyncio.gather(*map(self._load_region, dict.fromkeys(self._regions)))
        self._show_details()

    def plans(self) -> Sequence[Plan]:
        current = self._table.current
        keys = self._table.value or ((current.value,) if current is not None else ())
        going: set[str] = set()
        plans = []
        for key in keys:
            if image := self._images.get(key):
                first = [one.snapshot.snapshot_id for one in self._needed[key]]
                plans.append(_restoring(image, first, going))
                going.update(first)
        chosen = [self._snapshots[key] for key in keys if key in self._snapshots]
        return plans + [restore_snapshot_plan(one.region, one.snapshot_id) for one in chosen]

    @on(TableField.Moved)
    def _moved(self, event: TableField.Moved) -> None:
        event.stop()
        self._detail.renew()

    @on(DetailField.Resized)
    def _detail_resized(self, event: DetailField.Resized) -> None:
        event.stop()
        self._fit()

    async def _load_region(self, region: str) -> None:
        try:
            found = await self._read(region)
        except AmituiError as error:
            self._failures.append(error.what)
            self._unread.add(region)
            return
        self._images |= {f"{region}/{image.image_id}": image for image in found.images}
        self._snapshots |= {f"{region}/{one.snapshot_id}": one for one in found.snapshots}

    def _show_details(self) -> None:
        snapshots = list(self._snapshots.values())
        self._needed = {key: needed(image, snapshots, self._noted) for key, image in self._images.items()}
        owned = {one.snapshot.snapshot_id for found in self._needed.values() for one in found}
        rows = [self._image_row(key, image) for key, image in self._images.items()]
        rows.sort(key=lambda row: not row.marked)
        rows += [
            self._row(key, one.snapshot_id, one.region, one.leaves, one.description or "snapshot only")
            for key, one in self._snapshots.items()
            if one.snapshot_id not in owned
        ]
        self._failures += self._missing()
        self._table.give(rows, empty="Nothing to list." if self._failures else _EMPTY)
        self.call_after_refresh(self._fit)

    def _image_row(self, key: str, image: BinImage) -> TableRow:
        count = len(self._needed[key])
        first = f"{count} snapshot{'' if count == 1 else 's'} first" if count else "image only"
        row = self._row(key, image.name or image.image_id, image.region, image.leaves, first)
        return row._replace(marked=(image.region, image.image_id) in self._meant)

    def _missing(self) -> list[str]:
        """What was meant and is not there."""
        return [
            f"{name or image_id} is not in the Recycle Bin: no retention rule of {region} keeps it, or EC2 does "
            "not list it yet"
            for (region, image_id), name in self._meant.items()
            if f"{region}/{image_id}" not in self._images and region not in self._unread
        ]

    def _row(self, key: str, name: str, region: str, leaves: int | None, remark: str) -> TableRow:
        now = self.host.now()
        soon = leaves is not None and leaves - now < SOON_S
        return TableRow(
            key,
            f"{name} ({region})" if len(self._regions) > 1 else name,
            f"! {time_left(leaves, now)}" if soon else time_left(leaves, now),
            "warn" if soon else "",
            remark,
        )

    def _detail_lines(self, width: int) -> Iterator[TextLine]:
        yield BLANK
        for words in self._failures:
            yield from marked("✗ ", words, width, "bad")
        row = self._table.current
        if row is None:
            return
        if image := self._images.get(row.value):
            yield (Run(image.name or image.image_id, "title"),)
            yield (Run(f"{image.image_id}  {image.region}", "muted"),)
            if image.description:
                yield from marked("", image.description, width)
            for one in self._needed[row.value]:
                leaves = time_left(one.snapshot.leaves, self.host.now())
                yield from marked(
                    "● ", f"{one.snapshot.snapshot_id} is restored first: {one.grounds}; {leaves} left", width
                )
            if not self._needed[row.value]:
                words = "None of its snapshots are in the Recycle Bin: they were never deleted, or are gone."
                yield from marked("! ", words, width, "warn")
        elif snapshot := self._snapshots.get(row.value):
            yield (Run(snapshot.snapshot_id, "title"),)
            of = f"of {snapshot.volume_id}  " if snapshot.volume_id else ""
            yield (Run(f"{of}{snapshot.region}", "muted"),)
            if snapshot.description:
                yield from marked("", snapshot.description, width)
            yield from marked("", "Once restored, it is a regular snapshot again.", width)


def _restoring(image: BinImage, snapshot_ids: Sequence[str], elsewhere: Collection[str]) -> Plan:
    """Restore an image after its snapshots; for those that another plan restores it only waits.

    Args:
        elsewhere: ids of the snapshots that earlier plans restore.
    """
    own = [one for one in snapshot_ids if one not in elsewhere]
    plan = restore_plan(image.region, image.image_id, image.name, own)
    waits = (Watch(SNAPSHOT, image.region, one, ("completed",)) for one in snapshot_ids if one in elsewhere)
    return plan._replace(steps=(*waits, *plan.steps))
