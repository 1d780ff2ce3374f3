"""The form that registers an image: of snapshots, or of an instance-store bundle in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on

from amitui.domain.image.devices import device_problem, same_device
from amitui.domain.operations.plans.register import (
    ManifestRequest,
    RegisterRequest,
    VolumeSpec,
    manifest_plan,
    register_plan,
)
from amitui.domain.operations.proposals import (
    DEFAULT_ARCHITECTURE,
    DEFAULT_ROOT_DEVICE,
    clean_name,
    dated_name,
    hinted_architecture,
    hinted_root_device,
)
from amitui.domain.operations.validation import (
    description_problem,
    firmware_problem,
    manifest_problem,
    tags_problem,
)
from amitui.domain.operations.volume_text import (
    format_volume,
    parse_volume,
    parse_volumes,
    spec_problem,
    volumes_problem,
    with_snapshots,
)
from amitui.ui.forms.choices import TakenNames, snapshot_items
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm
from amitui.ui.widgets.fields import ChoiceField, Field, PickField, TagsField, TextField, ToggleField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.inventory import Inventory, SnapshotInfo
    from amitui.domain.operations.plan import Plan
    from amitui.ui.forms.host import FormHost
    from amitui.ui.widgets.pick_list import PickerItem

SNAPSHOT: Final = "snapshot"
MANIFEST: Final = "manifest"
HVM: Final = "hvm"
UEFI: Final = "uefi"
ANY_BOOT: Final = "type"
"""The choice that leaves the boot mode to the instance type."""

_ARCHITECTURES: Final = ("x86_64", "arm64", "x86_64_mac", "arm64_mac")
"""EC2's own default, i386, is not among them: no instance type of today runs it."""
_BOOT_MODES: Final = (
    (ANY_BOOT, "the type's"),
    ("legacy-bios", "legacy-bios"),
    (UEFI, UEFI),
    ("uefi-preferred", "uefi-preferred"),
)
_BOOT_HINTS: Final = {
    ANY_BOOT: "The type's default: UEFI on Graviton, BIOS on Intel and AMD.",
    "legacy-bios": "BIOS only; not with arm64.",
    UEFI: "UEFI only; required for NitroTPM.",
    "uefi-preferred": "UEFI if the type supports it, else BIOS without Secure Boot.",
}
_PARTS: Final = "Size in GiB, type, iops=, mbs=, keep or delete: 16:gp3:iops=4000"
_MAPPING: Final = "/dev/sdf=snap-…:100:gp3:keep; without a snapshot the volume is empty."


class RegisterForm(OperationForm):
    """What the image is made of, what it runs on, and what it is called."""

    TITLE: ClassVar[str] = "Register image"

    def __init__(self, host: FormHost, inventory: Inventory, *, region: str, snapshot_id: str = "") -> None:
        """Args:
        snapshot_id: the root chosen at first; empty = none.
        """
        super().__init__(host, f"{self.TITLE} in {region}")
        self._inventory = inventory
        self._place = region
        self._names = TakenNames(inventory)
        self._snapshots: dict[str, SnapshotInfo] = {}
        self._listed: tuple[PickerItem, ...] = ()
        self._source = ChoiceField("From", ((SNAPSHOT, "a snapshot"), (MANIFEST, "a bundle in S3")), id="source")
        self._root = PickField(
            "Root",
            self._fetch_snapshots,
            id="root",
            value=snapshot_id,
            hint="Of a root volume; search by name, description, ID, volume or date.",
            empty=f"No snapshots of your own in {region}.",
            check=lambda values: "" if values else "a snapshot is required",
        )
        self._location = TextField(
            "Manifest",
            "location",
            placeholder="for example bucket/path/image.manifest.xml",
            hint="EC2 must be able to read it: canned ACL aws-exec-read.",
            check=manifest_problem,
        )
        self._device = TextField(
            "Root device",
            "device",
            DEFAULT_ROOT_DEVICE,
            check=self._device_problem,
            hint="/dev/xvda, or /dev/sda1 for Ubuntu, Red Hat, SUSE and Windows.",
        )
        self._root_volume = TextField(
            "Root volume", "root-volume", "gp3:delete", "same size as its snapshot", _PARTS, self._root_problem
        )
        self._more = PickField("More volumes", (), id="more", multi=True, nothing="none; Enter adds snapshots")
        self._mapping = TextField(
            "Mapping",
            "mapping",
            "",
            "for example /dev/sdf=100:gp3 for an empty volume",
            _MAPPING,
            self._mapping_problem,
        )
        self._architecture = ChoiceField(
            "Architecture", [(name, name) for name in _ARCHITECTURES], id="architecture"
        )
        self._virtualization = ChoiceField(
            "Virtualized",
            ((HVM, HVM), ("paravirtual", "paravirtual")),
            id="virtualization",
            hints={"paravirtual": "!! Only old types launch it: C1, C3, M1, M2, M3, T1."},
        )
        self._kernel = TextField("Kernel", "kernel", "", "aki-…, optional", "For paravirtual images.")
        self._ramdisk = TextField("RAM disk", "ramdisk", "", "ari-…, optional", "For paravirtual images.")
        self._boot = ChoiceField("Boot mode", _BOOT_MODES, id="boot", hints=_BOOT_HINTS)
        self._tpm = ToggleField("NitroTPM", "give instances a TPM 2.0", id="tpm", hint="Cannot be added later.")
        self._imds = ToggleField(
            "IMDSv2", "required on its instances", True, id="imds", hint="Safer; cannot be undone later."
        )
        self._ena = ToggleField(
            "ENA", "the system has the ENA driver", True, id="ena", hint="Required by Nitro types."
        )
        self._image_name = TextField(
            "Name", "name", check=self._name_problem, hint="Unique among your images here.", proposed=True
        )
        self._description = TextField("Description", "description", "", "optional", check=description_problem)
        self._tags = TagsField("Image tags", "image-tags", check=tags_problem)

    def form_fields(self) -> Sequence[Field]:
        self._settle()
        return (
            self._source,
            self._root,
            self._location,
            self._image_name,
            self._architecture,
            self._boot,
            self._tpm,
            self._device,
            self._root_volume,
            self._more,
            self._mapping,
            self._virtualization,
            self._kernel,
            self._ramdisk,
            self._imds,
            self._ena,
            self._description,
            self._tags,
        )

    def plans(self) -> Sequence[Plan]:
        of_snapshot = self._source.value == SNAPSHOT
        problem = firmware_problem(
            architecture=self._architecture.value,
            virtualization=self._virtualization.value,
            boot_mode=self._boot_mode,
            tpm=self._tpm.value and self._tpm.is_active,
            ena=self._ena.value and self._ena.is_active,
        )
        if problem:
            raise InvalidForm("virtualization" if "needs hvm" in problem else "boot", problem)
        return (register_plan(self._request()) if of_snapshot else manifest_plan(self._manifest_request()),)

    def on_descendant_blur(self) -> None:
        if self._image_name.edited and not self._image_name.check():
            self.run_worker(self._look_up(), group="names", exclusive=True)

    @on(Field.Changed, "#source,#boot,#virtualization")
    def _kind_chosen(self) -> None:
        self._settle()
        self.call_after_refresh(self._fit)

    @on(Field.Changed, "#root")
    def _root_chosen(self) -> None:
        self._propose()

    @on(Field.Changed, "#location")
    def _location_typed(self) -> None:
        if not self._image_name.edited:
            file = self._location.value.rpartition("/")[2].removesuffix(".manifest.xml")
            self._image_name.value = dated_name(file, self.host.now()) if file else ""

    @on(Field.Changed, "#more")
    def _more_chosen(self) -> None:
        """Write what was picked into the mapping, and take out of it what is no longer picked."""
        try:
            volumes = parse_volumes(self._mapping.value)
        except ValueError as error:
            self._mapping.problem = str(error)
            return
        listed = {item.value for item in self._more.items}
        volumes = with_snapshots(volumes, self._more.values, listed, root_device=self._device.value)
        self._mapping.value = ", ".join(format_volume(spec) for spec in volumes)
        self._mapping.edited = True
        self._mapping.problem = self._mapping.check()

    @on(Field.Changed, "#mapping")
    def _mapping_typed(self) -> None:
        """Let what is picked be what the mapping has."""
        try:
            volumes = parse_volumes(self._mapping.value)
        except ValueError:
            return
        listed = {item.value for item in self._more.items}
        self._more.values = [spec.snapshot_id for spec in volumes if spec.snapshot_id in listed]

    @property
    def _boot_mode(self) -> str:
        """EC2's value; empty = the default."""
        return self._boot.value if self._boot.is_active and self._boot.value != ANY_BOOT else ""

    @property
    def _sizes(self) -> dict[str, int | None]:
        return {snapshot.snapshot_id: snapshot.gib for snapshot in self._snapshots.values()}

    def _settle(self) -> None:
        """Show the fields that the present choices need."""
        of_snapshot = self._source.value == SNAPSHOT
        hvm = self._virtualization.value == HVM
        for field in (self._root, self._device, self._root_volume, self._more, self._mapping, self._boot):
            field.display = of_snapshot
        self._location.display = not of_snapshot
        self._kernel.display = self._ramdisk.display = not of_snapshot and not hvm
        self._boot.display = of_snapshot and hvm
        self._tpm.display = of_snapshot and hvm and self._boot.value == UEFI
        self._ena.display = hvm

    async def _fetch_snapshots(self) -> Sequence[PickerItem]:
        found = await self._inventory.snapshots(self._place)
        self._snapshots = {snapshot.snapshot_id: snapshot for snapshot in found}
        items = snapshot_items(found)
        self._more.set_choices(items)
        if self._root.value:
            self.call_after_refresh(self._propose)
        return items

    def _propose(self) -> None:
        """Fill in what the root snapshot hints at, where nothing was entered yet."""
        root = self._snapshots.get(self._root.value)
        if root is None:
            return
        texts = (root.name, root.description, *(f"{key} {value}" for key, value in root.tags))
        hinted = hinted_architecture(texts)
        if not self._architecture.edited:
            self._architecture.value = hinted or DEFAULT_ARCHITECTURE
        self._architecture.hint = (
            f"The snapshot's name or tags say {hinted}; EC2 does not check it."
            if hinted
            else "The snapshot does not say, EC2 does not check: a wrong one does not boot."
        )
        if not self._device.edited:
            self._device.value = hinted_root_device(texts)
        if not self._image_name.edited:
            self._image_name.value = dated_name(self._base(root), self.host.now())
            self.run_worker(self._free_name(root), group="names", exclusive=True)

    async def _free_name(self, root: SnapshotInfo) -> None:
        taken = await self._names.taken_with(self._place, clean_name(self._base(root)))
        if not self._image_name.edited and self._root.value == root.snapshot_id:
            self._image_name.value = dated_name(self._base(root), self.host.now(), taken)

    @staticmethod
    def _base(root: SnapshotInfo) -> str:
        return root.name or root.snapshot_id

    def _request(self) -> RegisterRequest:
        device = self._device.value
        root = parse_volume(self._root_volume.value, VolumeSpec(device))
        volumes = parse_volumes(self._mapping.value)
        twin = next(
            (one.device_name for one in volumes if same_device(one.device_name) == same_device(device)), ""
        )
        if twin:
            also = "" if twin == device else f": an instance treats it as {device}"
            raise InvalidForm("mapping", f"{twin} is the root device{also}")
        return RegisterRequest(
            region=self._place,
            name=self._image_name.value,
            description=self._description.value,
            root_snapshot=self._root.value,
            root_device_name=device,
            volumes=(root, *volumes),
            architecture=self._architecture.value,
            boot_mode=self._boot_mode,
            tpm=self._tpm.value and self._tpm.is_active,
            imds_v2=self._imds.value,
            ena=self._ena.value and self._ena.is_active,
            virtualization=self._virtualization.value,
            image_tags=self._tags.tags,
        )

    def _manifest_request(self) -> ManifestRequest:
        return ManifestRequest(
            region=self._place,
            name=self._image_name.value,
            description=self._description.value,
            image_location=self._location.value,
            architecture=self._architecture.value,
            virtualization=self._virtualization.value,
            kernel_id=self._kernel.value if self._kernel.is_active else "",
            ramdisk_id=self._ramdisk.value if self._ramdisk.is_active else "",
            imds_v2=self._imds.value,
            ena=self._ena.value and self._ena.is_active,
            image_tags=self._tags.tags,
        )

    def _device_problem(self, text: str) -> str:
        return device_problem(text, self._virtualization.value)

    def _root_problem(self, text: str) -> str:
        try:
            spec = parse_volume(text, VolumeSpec(self._device.value, self._root.value))
        except ValueError as error:
            return str(error)
        if spec.snapshot_id != self._root.value:
            return "the root's snapshot is the one chosen above"
        return spec_problem(spec, self._sizes) if spec.snapshot_id else ""

    def _mapping_problem(self, text: str) -> str:
        return volumes_problem(text, self._sizes, self._virtualization.value)

    def _name_problem(self, name: str) -> str:
        return self._names.problem(self._place, name)

    async def _look_up(self) -> None:
        """Whether the name that was typed is taken."""
        await self._names.taken_with(self._place, self._image_name.value)
        problem = self._image_name.problem = self._image_name.check()
        if self._names.failure:
            self._image_name.hint = self._names.failure
        if problem and self.reviewing:
            self.say(f"Name: {problem}. Esc goes back.", alert=True)
