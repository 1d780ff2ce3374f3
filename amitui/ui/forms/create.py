"""The form that makes an image of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on

from amitui.domain.operations.plans.create import CreateRequest, DeviceChoice, create_plan
from amitui.domain.operations.proposals import clean_name, dated_name
from amitui.domain.operations.validation import description_problem, tags_problem
from amitui.errors import AmituiError
from amitui.ui.forms.choices import TakenNames, device_words, instance_items, region_items
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm
from amitui.ui.widgets.fields import ChoiceField, Field, ListField, ListRow, PickField, TagsField, TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.inventory import DeviceInfo, InstanceInfo, Inventory
    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.create import Stop
    from amitui.ui.forms.host import FormHost
    from amitui.ui.widgets.pick_list import PickerItem

_STOPS: Final = (("reboot", "rebooted"), ("stop", "stopped, then started"), ("no-reboot", "left running"))
_STOP_HINTS: Final = {
    "reboot": "EC2's default: a short outage; memory is flushed to disk.",
    "stop": "Safest: disks are idle. Data on instance store volumes is lost.",
    "no-reboot": "!! Crash-consistent only: data not yet written to disk is missing.",
}


class CreateForm(OperationForm):
    """Which instance, which of its volumes, and what the image is called."""

    TITLE: ClassVar[str] = "Create image from an instance"

    def __init__(
        self,
        host: FormHost,
        inventory: Inventory,
        *,
        regions: Sequence[str],
        region: str,
        instance_id: str = "",
    ) -> None:
        """Args:
        regions: those to choose from.
        region: the one chosen at first.
        instance_id: the instance chosen at first; empty = none.
        """
        super().__init__(host)
        self._inventory = inventory
        self._names = TakenNames(inventory)
        self._instances: dict[str, InstanceInfo] = {}
        self._devices: tuple[DeviceInfo, ...] = ()
        self._region = PickField("Region", region_items(regions), id="region", value=region)
        self._region.display = len(regions) > 1
        self._instance = PickField(
            "Instance",
            self._fetch_instances,
            id="instance",
            value=instance_id,
            hint="Choose it first: its volumes and a proposed name are then filled in.",
            empty=f"No instances in {region}.",
            check=lambda values: "" if values else "an instance is required",
        )
        self._volumes = ListField(
            "Volumes",
            id="volumes",
            hint="Marked volumes are included; size and encryption do not change.",
            empty="choose an instance first",
        )
        self._leaving = ListField(
            "Auto-delete",
            id="leaving",
            hint="Marked volumes are deleted when an instance of the image is terminated.",
        )
        self._leaving.display = False
        self._stop = ChoiceField(
            "Instance is",
            _STOPS,
            id="stop",
            hint="It runs: choose with ←→ what happens to it; each has its consequences.",
            hints=_STOP_HINTS,
            unchosen="choose what happens to the running instance",
        )
        self._stop.display = False
        self._image_name = TextField(
            "Name",
            "name",
            "",
            "proposed when an instance is chosen",
            check=self._name_problem,
            proposed=True,
            hint="Unique among your images here.",
        )
        self._description = TextField("Description", "description", "", "optional", check=description_problem)
        self._image_tags = TagsField("Image tags", "image-tags", check=tags_problem)
        self._snapshot_tags = TagsField("Snap tags", "snapshot-tags", check=tags_problem)

    def form_fields(self) -> Sequence[Field]:
        return (
            self._region,
            self._instance,
            self._volumes,
            self._leaving,
            self._stop,
            self._image_name,
            self._description,
            self._image_tags,
            self._snapshot_tags,
        )

    def plans(self) -> Sequence[Plan]:
        instance = self._chosen
        if instance is None:
            raise InvalidForm("instance", "an instance is required")
        kept, leaving = set(self._volumes.value), set(self._leaving.value)
        request = CreateRequest(
            region=self._region.value,
            instance_id=instance.instance_id,
            instance_name=instance.name,
            name=self._image_name.value,
            description=self._description.value,
            stop=self._how,
            was_running=instance.state != "stopped",
            devices=tuple(
                DeviceChoice(
                    device.device_name,
                    device.volume_id,
                    device.gib or 0,
                    device.device_name in leaving,
                    keep=device.device_name in kept,
                )
                for device in self._devices
            ),
            image_tags=self._image_tags.tags,
            snapshot_tags=self._snapshot_tags.tags,
        )
        return (create_plan(request),)

    def on_descendant_blur(self) -> None:
        if self._image_name.edited and not self._image_name.check():
            self.run_worker(self._look_up(), group="names", exclusive=True)

    @on(Field.Changed, "#region")
    def _region_chosen(self) -> None:
        self._instance.empty = f"No instances in {self._region.value}."
        self._instance.values = ()
        self._stop.clear()
        self._instance.set_choices(self._fetch_instances)
        self._show_instance()

    @on(Field.Changed, "#instance")
    def _instance_chosen(self) -> None:
        self._stop.clear()  # what was chosen for another one is not meant for this one
        self._show_instance()

    @on(Field.Changed, "#volumes")
    def _volume_marked(self) -> None:
        self._show_leaving(set(self._leaving.value))

    @property
    def _how(self) -> Stop:
        chosen = self._stop.value
        return "stop" if chosen == "stop" else "no-reboot" if chosen == "no-reboot" else "reboot"

    @property
    def _chosen(self) -> InstanceInfo | None:
        return self._instances.get(self._instance.value)

    async def _fetch_instances(self) -> Sequence[PickerItem]:
        found = await self._inventory.instances(self._region.value)
        self._instances = {instance.instance_id: instance for instance in found}
        if self._instance.value:
            self.call_after_refresh(self._show_instance)
        return instance_items(found)

    def _show_instance(self) -> None:
        """Show the chosen instance's volumes, then fetch their sizes."""
        instance = self._chosen
        self._stop.display = instance is not None and instance.state != "stopped"
        self._show_devices(instance.devices if instance is not None else (), instance)
        if instance is None:
            self.workers.cancel_group(self, "instance")
            return
        if not self._image_name.edited:
            self._image_name.value = dated_name(instance.name or instance.instance_id, self.host.now())
        self.run_worker(self._complete(instance), group="instance", exclusive=True)

    async def _complete(self, instance: InstanceInfo) -> None:
        """Fetch the sizes of the volumes, and propose a name that is not taken."""
        region = self._region.value
        taken = await self._names.taken_with(region, clean_name(instance.name or instance.instance_id))
        if not self._image_name.edited:
            self._image_name.value = dated_name(instance.name or instance.instance_id, self.host.now(), taken)
        try:
            devices = await self._inventory.devices(region, instance)
        except AmituiError as error:
            self.say(f"Could not read the volume sizes: {error.what}", alert=True)
            return
        kept, leaving = set(self._volumes.value), set(self._leaving.value)
        self._show_devices(devices, instance, kept=kept, leaving=leaving)

    def _show_devices(
        self,
        devices: Sequence[DeviceInfo],
        instance: InstanceInfo | None,
        *,
        kept: set[str] | None = None,
        leaving: set[str] | None = None,
    ) -> None:
        """Show these volumes, marked as EC2 would have them or as their user marked them."""
        self._devices = tuple(devices)
        rows = []
        for device in devices:
            root = instance is not None and device.device_name == instance.root_mapping
            words = device_words(device)
            rows.append(
                ListRow(
                    device.device_name,
                    f"{device.device_name} {device.volume_id}",
                    words,
                    root or kept is None or device.device_name in kept,
                    ", ".join(part for part in ("root", words) if part) if root else "",
                )
            )
        edited = self._volumes.edited
        self._volumes.rows = rows
        self._volumes.edited = edited and kept is not None
        if leaving is None:
            leaving = {device.device_name for device in devices if device.delete_on_termination}
        self._show_leaving(leaving)

    def _show_leaving(self, leaving: set[str]) -> None:
        kept = set(self._volumes.value)
        self._leaving.rows = [
            ListRow(device.device_name, device.device_name, marked=device.device_name in leaving)
            for device in self._devices
            if device.device_name in kept
        ]
        self._leaving.display = bool(self._devices)
        self.call_after_refresh(self._fit)

    def _name_problem(self, name: str) -> str:
        return self._names.problem(self._region.value, name)

    async def _look_up(self) -> None:
        """Whether the name that was typed is taken."""
        await self._names.taken_with(self._region.value, self._image_name.value)
        problem = self._image_name.problem = self._image_name.check()
        if self._names.failure:
            self._image_name.hint = self._names.failure
        if problem and self.reviewing:
            self.say(f"Name: {problem}. Esc goes back.", alert=True)
