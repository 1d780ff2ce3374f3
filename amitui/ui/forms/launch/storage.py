"""The volumes of a launch as a list: Space keeps or drops one, Enter changes it, + adds another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.message import Message

from amitui.domain.launch.storage import volume_problems, volume_words
from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.fields.list import ListRow, RowList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.launch.storage import VolumeChoice


class VolumeRows(RowList):
    """One row for each volume."""

    BINDINGS = [
        Binding("enter", "edit", "Change", id="volumes.edit", tooltip="Edit the selected volume"),
        Binding("plus", "add", "Add", id="volumes.add", tooltip="Add a volume"),
    ]

    class Edit(Message):
        """The volume under the cursor is to be changed."""

    class Add(Message):
        """Another one is wanted."""

    def action_edit(self) -> None:
        """Open the dialog."""
        self.post_message(self.Edit())

    def action_add(self) -> None:
        """Open the dialog for a new one."""
        self.post_message(self.Add())


class VolumesField(Field):
    """What the instances have as disks."""

    class Wanted(Message):
        """A volume is to be changed, or another one described."""

        def __init__(self, field: VolumesField, volume: VolumeChoice | None) -> None:
            """Args:
            volume: `None` = a new one.
            """
            super().__init__()
            self.field = field
            self.volume = volume

    def __init__(self, before: Sequence[VolumeChoice], *, id: str, region: str, virtualization: str = "") -> None:
        """Args:
        before: what the image brings.
        virtualization: of the image; decides which device names EC2 takes.
        """
        self.virtualization = virtualization
        self.before = tuple(before)
        self._place = region
        self._volumes = self.before
        super().__init__("Volumes", id=id, hint="Space includes or excludes, Enter edits, + adds a volume.")

    def make_control(self) -> VolumeRows:
        self._rows = VolumeRows(self._listed(), "the image has no EBS volumes: + adds one")
        return self._rows

    @property
    def value(self) -> tuple[VolumeChoice, ...]:
        """All of them, dropped ones too."""
        return self._volumes

    @value.setter
    def value(self, volumes: Sequence[VolumeChoice]) -> None:
        self.edited = False
        self._show(volumes)

    def take(self, old: VolumeChoice | None, new: VolumeChoice) -> None:
        """A volume was changed, or described (`old` is `None` then)."""
        if old is None:
            self._show((*self._volumes, new))
        else:
            self._show([new if one is old else one for one in self._volumes])
        self.problem = self.check()
        self.post_edited()

    def check(self) -> str:
        problems = volume_problems(
            self.before, self._volumes, region=self._place, virtualization=self.virtualization
        )
        return "; ".join(f"{device}: {words}" for device, words in problems)

    def on_row_list_changed(self, event: RowList.Changed) -> None:
        event.stop()
        kept = self._rows.marked
        here = self._rows.cursor
        # One that the image does not have is not dropped but forgotten.
        volumes = [one for one in self._volumes if not one.added or one.device_name in kept]
        self._show([one._replace(dropped=one.device_name not in kept) for one in volumes])
        self._rows.cursor = min(here, max(0, len(self._volumes) - 1))
        self.problem = self.check()
        self.post_edited()

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        event.stop()
        self.post_message(self.HintChanged())

    def on_volume_rows_edit(self, event: VolumeRows.Edit) -> None:
        event.stop()
        if not self._volumes:
            self.post_message(self.Wanted(self, None))
            return
        volume = self._volumes[self._rows.cursor]
        if volume.virtual_name or volume.dropped:
            self.app.bell()
        else:
            self.post_message(self.Wanted(self, volume))

    def on_volume_rows_add(self, event: VolumeRows.Add) -> None:
        event.stop()
        self.post_message(self.Wanted(self, None))

    def _show(self, volumes: Sequence[VolumeChoice]) -> None:
        self._volumes = tuple(volumes)
        here = self._rows.cursor
        self._rows.show(self._listed())
        self._rows.cursor = min(here, max(0, len(self._volumes) - 1))

    def _listed(self) -> list[ListRow]:
        return [
            ListRow(
                one.device_name,
                one.device_name,
                volume_words(one).removeprefix(one.device_name).strip(),
                marked=not one.dropped,
                locked="",
            )
            for one in self._volumes
        ]
