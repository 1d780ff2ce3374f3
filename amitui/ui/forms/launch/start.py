"""What a launch starts from: nothing, the last one of the image's family, a preset of the config, a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from amitui.domain.counts import count_of
from amitui.domain.launch.inventory import TemplateData
from amitui.domain.launch.presets import APPLIED, LEFT_OUT
from amitui.errors import AmituiError
from amitui.ui.widgets.fields import NoteField, PickerItem, PickField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.launch.inventory import LaunchInventory, TemplateInfo
    from amitui.domain.launch.presets import Preset
    from amitui.domain.launch.request import LaunchRequest
    from amitui.ui.widgets.fields import Field

    Beginning: TypeAlias = "Preset | TemplateData"

LAST: Final = "last"
_PRESET: Final = "preset:"
_TEMPLATE: Final = "template:"
_DEFAULT: Final = "$Default"


class StartFields:
    """The field, and what is known of the template that was chosen in it."""

    def __init__(
        self,
        inventory: LaunchInventory,
        region: str,
        *,
        preset: Preset | None,
        presets: Mapping[str, Preset],
    ) -> None:
        """Args:
        preset: of the last launch; `None` = there was none.
        presets: those of the config, by name.
        """
        self._inventory, self._region = inventory, region
        self._last, self._presets = preset, presets
        self._templates: dict[str, TemplateInfo] = {}
        self.template: TemplateData | None = None
        """What the chosen template says; `None` = none is chosen."""
        self.field = PickField(
            "Start from",
            self._items,
            id="start-from",
            value=(LAST if preset is not None else "",),
            hint="Fills in the form; a launch template also supplies settings not shown here.",
        )
        self.note = NoteField("", id="template-note")
        self.note.display = False

    @property
    def fields(self) -> Sequence[Field]:
        """All, in order."""
        return self.field, self.note

    @property
    def template_id(self) -> str:
        """Empty = no template."""
        return self.template.template_id if self.template is not None else ""

    @property
    def template_version(self) -> str:
        """The version that was read: what is shown is what is launched."""
        return str(self.template.version) if self.template is not None else ""

    def id_of(self, name: str) -> str:
        """The id of the template of that name; empty = there is none."""
        return next((one.template_id for one in self._templates.values() if one.name == name), "")

    async def read(self) -> Beginning | None:
        """What was chosen to start from; `None` = EC2's defaults, or the template cannot be read."""
        value = self.field.value
        self.template = None
        self.note.display = False
        if value == LAST:
            return self._kept(self._last)
        if value.startswith(_PRESET):
            return self._kept(self._presets[value.removeprefix(_PRESET)])
        if not value.startswith(_TEMPLATE):
            return None
        try:
            return await self.take_template(value.removeprefix(_TEMPLATE), _DEFAULT)
        except AmituiError as error:
            self.field.problem = " – ".join(error.lines())
            return None

    def _kept(self, preset: Preset | None) -> Preset | None:
        self.note.say(APPLIED)
        self.note.display = True
        return preset

    async def take_template(self, template_id: str, version: str) -> TemplateData:
        """Read a version of a template, and launch with it."""
        data = await self._inventory.template(self._region, template_id, version or _DEFAULT)
        self.template = data
        self.note.say(template_words(data), alert=data.interfaces)
        self.note.display = True
        return data

    async def _items(self) -> Sequence[PickerItem]:
        items = [PickerItem("", "defaults", "one instance, the smallest type the image supports")]
        if self._last is not None:
            items.append(PickerItem(LAST, "the last launch", preset_words(self._last)))
        items += [
            PickerItem(f"{_PRESET}{name}", name, f"preset  {preset_words(preset)}")
            for name, preset in self._presets.items()
        ]
        try:
            found = await self._inventory.templates(self._region)
        except AmituiError as error:
            return [*items, PickerItem(_TEMPLATE, "launch templates", "", f"could not list them: {error.what}")]
        self._templates = {one.template_id: one for one in found}
        items += [
            PickerItem(
                f"{_TEMPLATE}{one.template_id}",
                one.name,
                f"launch template, version {one.default_version} of {one.latest_version}  {one.template_id}",
            )
            for one in found
        ]
        return items


def preset_words(preset: Preset) -> str:
    """The main things that a preset says."""
    tags = ", ".join(f"{key}={value}" for key, value in preset.instance_tags or ())
    count = preset.max_count or 1
    parts = (
        preset.instance_type or "",
        f"{count} instances" if count > 1 else "",
        preset.key_name or "",
        preset.subnet_id or "",
        preset.market or "" if preset.market == "spot" else "",
        tags,
    )
    return "  ".join(part for part in (*parts, LEFT_OUT) if part)


def template_words(data: TemplateData) -> str:
    """The template's parameters that the form does not have."""
    parts = (
        f"image {data.image_id}, not used by this form" if data.image_id else "",
        f"key pair {data.key_name}" if data.key_name else "",
        f"subnet {data.subnet_id}" if data.subnet_id else "",
        f"groups {', '.join(data.group_ids)}" if data.group_ids else "",
        f"profile {data.profile.rpartition('/')[2]}" if data.profile else "",
        f"volumes {', '.join(data.devices)}" if data.devices else "",
        count_of(len(data.instance_tags), "tag") if data.instance_tags else "",
        "user data" if data.user_data else "",
        "a network interface: choosing Public IP yes or no replaces it with this form's subnet and groups"
        if data.interfaces
        else "",
    )
    added = "; ".join(part for part in parts if part)
    return f"Its version {data.version} adds: {added}." if added else f"Its version {data.version} adds nothing."


def from_template(data: TemplateData, blank: LaunchRequest) -> LaunchRequest:
    """The parameters that the form always sends, as the template has them; the rest is left to the template."""
    return blank._replace(
        instance_type=data.instance_type,
        imds_v2=data.tokens != "optional",
        hop_limit=data.hop_limit or blank.hop_limit,
        market=data.market or blank.market,
        termination_protection=bool(data.termination_protection),
    )
