"""The dialog in which one volume of a launch is changed, or another one described."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding

from amitui.domain.ids import read_id
from amitui.domain.launch.storage import LIMITS, VolumeChoice, volume_problems
from amitui.domain.operations.proposals import next_device
from amitui.domain.operations.validation import key_problem, snapshot_id_problem
from amitui.ui.forms.choices import key_items
from amitui.ui.forms.edit_page import EditPage
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm
from amitui.ui.forms.pick_or_type import PickOrType
from amitui.ui.widgets.fields import ChoiceField, Field, PickerItem, TextField, ToggleField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.domain.launch.inventory import LaunchInventory
    from amitui.domain.operations.plan import Plan
    from amitui.ui.forms.host import FormHost

_OWN_KEY: Final = PickerItem("", "the default key", "the snapshot's key, or the account's")
_WORDS: Final = (("GiB", "gib"), ("IOPS", "iops"), ("MiB/s", "throughput"), ("key", "kms"), ("device", "device"))
"""Words in a problem's text, and the field that each is about."""


class TakePage(EditPage):
    """The fields of a dialog whose end is not a review."""

    BINDINGS = [
        Binding(
            "ctrl+s", "screen.go_on", "Apply", id="volume.take", tooltip="Check the fields and return to the form"
        )
    ]


class VolumeForm(OperationForm):
    """Size, type, performance, encryption, and what becomes of it."""

    TITLE: ClassVar[str] = "Volume"

    def __init__(
        self,
        host: FormHost,
        inventory: LaunchInventory,
        *,
        region: str,
        volume: VolumeChoice,
        before: Sequence[VolumeChoice],
        others: Sequence[VolumeChoice],
        virtualization: str = "",
        taken: Callable[[VolumeChoice], None],
    ) -> None:
        """Args:
        volume: the one to be changed, or a new one as it is proposed.
        before: what the image brings.
        others: the other volumes as they are chosen.
        virtualization: of the image; decides which device names EC2 takes.
        taken: called with the changed volume.
        """
        super().__init__(host, "Add volume" if volume.added else f"Volume {volume.device_name}")
        self._inventory, self._place = inventory, region
        self._volume, self._before, self._others = volume, tuple(before), tuple(others)
        self._taken, self._virtualization = taken, virtualization
        self._edit = TakePage()
        # Encryption that the image brings cannot be taken away.
        self._brought = next((one for one in before if one.device_name == volume.device_name), None)
        locked = self._brought is not None and self._brought.encrypted
        self._device = TextField("Device", "device", volume.device_name, hint="The device name on the instance.")
        self._snapshot = TextField(
            "Snapshot",
            "snapshot",
            volume.snapshot_id,
            "empty = an empty volume",
            check=lambda text: snapshot_id_problem(read_id("snap", text)) if text else "",
        )
        self._device.display = self._snapshot.display = volume.added
        self._gib = TextField(
            "Size in GiB",
            "gib",
            _shown(volume.gib),
            hint=f"At least the snapshot's {volume.snapshot_gib} GiB." if volume.snapshot_gib else "",
            check=_number_problem,
        )
        types = [(name, name) for name, limits in LIMITS.items() if limits.boots or not volume.root]
        self._type = ChoiceField("Type", types, volume.volume_type, id="type", hints=_type_hints())
        self._iops = TextField("IOPS", "iops", _shown(volume.iops), check=_number_problem)
        self._throughput = TextField(
            "MiB/s",
            "throughput",
            _shown(volume.throughput),
            "default: 125",
            "Needs 4 IOPS for each MiB/s.",
            _number_problem,
        )
        self._encrypted = ToggleField(
            "Encryption",
            "always on: its snapshot is encrypted" if locked else "encrypt it",
            volume.encrypted,
            id="encrypted",
            hint="Stays for good. Unchecked: the account's default encryption applies.",
        )
        self._encrypted.disabled = locked
        self._key = PickOrType(
            "Key",
            self._keys,
            id="kms",
            first=(_OWN_KEY,),
            value=volume.kms_key_id,
            typed_label="  its ID",
            placeholder="id, alias/name or ARN",
            check=lambda text: key_problem(text, region) if text else "a key is required",
        )
        self._deleted = ToggleField(
            "Delete",
            "with the instance",
            volume.delete_on_termination,
            id="deleted",
            hint="Unchecked: it is kept and billed after the instance is terminated.",
        )

    def form_fields(self) -> Sequence[Field]:
        self._settle()
        return (
            self._device,
            self._snapshot,
            self._gib,
            self._type,
            self._iops,
            self._throughput,
            self._encrypted,
            *self._key.fields,
            self._deleted,
        )

    def plans(self) -> Sequence[Plan]:
        return ()

    def action_go_on(self) -> None:
        """Check the fields and hand the volume back."""
        for field in self.fields:
            field.problem = field.check() if field.is_active else ""
        wrong = [field for field in self.fields if field.problem]
        if wrong:
            self._point_at(wrong[0])
            return
        volume = self._chosen
        problems = volume_problems(
            self._before,
            [*self._others, volume],
            region=self._place,
            virtualization=self._virtualization,
        )
        words = next((words for device, words in problems if device == volume.device_name), "")
        if words:
            self._refuse(InvalidForm(self._about(words), words))
            return
        self._taken(volume)
        self.dismiss(None)

    @on(Field.Changed, "#type,#encrypted,#kms")
    def _asked_for_more(self) -> None:
        self._settle()
        self.call_after_refresh(self._fit)

    @property
    def _chosen(self) -> VolumeChoice:
        encrypted = self._encrypted.value
        return self._volume._replace(
            device_name=self._device.value,
            snapshot_id=read_id("snap", self._snapshot.value),
            gib=_typed(self._gib.value),
            volume_type=self._type.value,
            iops=_typed(self._iops.value) if self._iops.is_active else None,
            throughput=_typed(self._throughput.value) if self._throughput.is_active else None,
            encrypted=encrypted,
            kms_key_id=self._key.value if encrypted else "",
            delete_on_termination=self._deleted.value,
        )

    def _settle(self) -> None:
        limits = LIMITS[self._type.value]
        self._iops.display = limits.iops is not None
        self._throughput.display = limits.throughput is not None
        if limits.iops is not None:
            default = f"{limits.iops_default:,} by default" if limits.iops_default else "needed"
            self._iops.hint = f"{limits.iops[0]:,} to {limits.iops[1]:,}; {default}."
        self._key.pick.display = self._encrypted.value
        self._key.settle()

    async def _keys(self) -> Sequence[PickerItem]:
        listed = key_items(await self._inventory.keys(self._place))
        return [item for item in listed if item.value.startswith("arn:")]

    def _about(self, words: str) -> str:
        enabled = {field.id for field in self.fields if field.is_active}
        return next((name for sign, name in _WORDS if sign in words and name in enabled), "gib")


def another(volumes: Sequence[VolumeChoice]) -> VolumeChoice:
    """A further volume as it is proposed: an empty one under the first free name."""
    return VolumeChoice(next_device({one.device_name for one in volumes}), gib=8, added=True)


def _type_hints() -> dict[str, str]:
    return {name: f"{limits.gib[0]:,} to {limits.gib[1]:,} GiB." for name, limits in LIMITS.items()}


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


def _typed(text: str) -> int | None:
    return int(text) if text else None


def _number_problem(text: str) -> str:
    whole = text.isascii() and text.isdigit() and len(text) < 8
    return "" if not text or whole else "a whole number is required"
