"""The form that launches instances of an image, or keeps the same choices as a launch template."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding

from amitui.domain.image.trust import Trust, trust_of
from amitui.domain.launch.inventory import TemplateData
from amitui.domain.launch.limits import HOURLY
from amitui.domain.launch.presets import KEPT, applied, preset_of
from amitui.domain.launch.request import LaunchRequest, problems
from amitui.domain.operations.plans.launch import launch_plan, template_plan
from amitui.errors import AmituiError
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm
from amitui.ui.forms.launch.fields import LAUNCH, NAME, TEMPLATE, LaunchFields
from amitui.ui.forms.launch.start import from_template
from amitui.ui.forms.launch.storage import VolumesField
from amitui.ui.forms.launch.volume import VolumeForm, another
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.fields import Field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.image.image import Image
    from amitui.domain.launch.inventory import LaunchInventory
    from amitui.domain.launch.presets import Preset
    from amitui.domain.launch.storage import VolumeChoice
    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.ui.forms.host import FormHost
    from amitui.ui.screens.picker import PickerScreen
    from amitui.ui.widgets.fields import PickField

_SUBSCRIBE: Final = "https://aws.amazon.com/marketplace/pp?sku={code}"
_FIELD_OF: Final = {
    "instance_type": "type",
    "min_count": "count",
    "max_count": "count",
    "key_name": "key",
    "subnet_id": "subnet",
    "security_group_ids": "groups",
    "new_group": "group-rules",
    "profile_arn_or_name": "profile",
    "hop_limit": "hops",
    "spot_max_price": "spot-price",
    "volumes_after": "volumes",
    "instance_tags": "tags",
    "volume_tags": "volume-tags",
    "termination_protection": "protection",
    "user_data": "data",
}
"""The form's field for each of a request's that is not called the same."""


class LaunchForm(OperationForm):
    """On what, how many, where, and everything else that can be left as it is."""

    TITLE: ClassVar[str] = "Launch"
    CSS_PATH = stylesheet("dialogs", "export", "text_lines", "form", "launch")
    BINDINGS = [
        Binding(
            "ctrl+t",
            "copy_code('terraform')",
            "Terraform",
            id="launch.terraform",
            tooltip="Copy as Terraform to the clipboard",
        ),
        Binding(
            "ctrl+g",
            "copy_code('cloudformation')",
            "CloudFormation",
            id="launch.cloudformation",
            tooltip="Copy as a CloudFormation template to the clipboard",
        ),
    ]

    def __init__(
        self,
        host: FormHost,
        inventory: LaunchInventory,
        *,
        image: Image,
        facts: ImageFacts,
        account: str | None = None,
        preset: Preset | None = None,
        presets: Mapping[str, Preset] | None = None,
    ) -> None:
        """Args:
        account: whose instances these will be; `None` = not known, and then no image is its own.
        preset: of the last launch of the image's family.
        presets: those of the config, by their names.
        """
        super().__init__(host, f"{self.TITLE} {facts.label} in {facts.region}")
        self._image, self._facts, self._inventory = image, facts, inventory
        summary = image.summary
        trust = trust_of(summary.owner_id, summary.owner_alias, summary.flags, (account,) if account else ())
        self._all = LaunchFields(
            host,
            inventory,
            image,
            facts,
            trusted=trust > Trust.UNVERIFIED,
            preset=preset,
            presets=presets or {},
            arrived=self._refetch_type_details,
        )
        self.kept: Preset | None = None
        """What the next launch of the family begins with; `None` = nothing is launched."""

    def form_fields(self) -> Sequence[Field]:
        self._settle()
        return self._all.in_order

    async def load(self) -> None:
        await self._apply_start()

    def plans(self) -> Sequence[Plan]:
        chosen = self._all
        request = self._checked_request()
        self.kept = None
        if chosen.do.value == TEMPLATE:
            name = chosen.template_name.value
            return (template_plan(request, name, template_id=chosen.start.id_of(name)),)
        self.kept = preset_of(request)
        plan = launch_plan(request)
        cost = chosen.type.cost_words(request.max_count, request.market)
        hourly = chosen.type.hourly(request.max_count)
        remarks = (
            chosen.type.problem(request.max_count, request.market),
            self._subscription(),
            *chosen.type.remarks,
        )
        return (
            plan._replace(
                changes=(
                    *plan.changes,
                    *([f"Cost, excluding volumes and data transfer: {cost}."] if cost else []),
                    KEPT,
                ),
                before={**plan.before, **({} if hourly is None else {HOURLY: hourly})},
                warnings=(*(_sentence(one) for one in remarks if one), *plan.warnings),
            ),
        )

    def picker(self, field: PickField) -> PickerScreen:
        of_type = self._all.type
        return of_type.picker() if field is of_type.field else super().picker(field)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "copy_code":
            return self.reviewing and self._all.do.value == LAUNCH
        return super().check_action(action, parameters)

    def action_copy_code(self, kind: str) -> None:
        """Put the launch on the clipboard, as somebody would write it who keeps it in a repository."""
        from amitui.presentation import infrastructure as infrastructure_text

        write = infrastructure_text.terraform if kind == "terraform" else infrastructure_text.cloudformation
        self.say(self.host.copy(write(self._all.request)))

    def on_descendant_blur(self) -> None:
        self._all.data.read_again()

    @on(Field.Changed, "#type,#market")
    def _type_chosen(self) -> None:
        self._settle()
        self._refetch_type_details()

    @on(Field.Changed, "#count")
    def _count_typed(self) -> None:
        self._all.show_totals()

    @on(Field.Changed, "#key,#profile,#do,#data,#data-file")
    def _shown_otherwise(self) -> None:
        self._settle()

    @on(Field.Changed, "#subnet,#subnet-typed")
    def _subnet_chosen(self) -> None:
        self._all.network.subnet_chosen()
        self._settle()

    @on(Field.Changed, "#groups")
    def _groups_chosen(self) -> None:
        self._all.network.propose_name(self._facts.label)
        self._settle()

    @on(Field.Changed, "#group-rules,#group-me,#group-me-typed")
    def _rules_typed(self) -> None:
        self._all.network.new.changed()
        self._settle()

    @on(Field.Changed, "#start-from")
    def _started_from(self) -> None:
        self.run_worker(self._apply_start(), group="start", exclusive=True)

    @on(VolumesField.Wanted)
    def _volume_wanted(self, event: VolumesField.Wanted) -> None:
        event.stop()
        field, old = event.field, event.volume
        form = VolumeForm(
            self.host,
            self._inventory,
            region=self._facts.region,
            volume=old or another(field.value),
            before=field.before,
            virtualization=event.field.virtualization,
            others=[one for one in field.value if one is not old],
            taken=lambda new: self._volume_taken(old, new),
        )
        self.app.push_screen(form)

    def _volume_taken(self, old: VolumeChoice | None, new: VolumeChoice) -> None:
        self._all.volumes.take(old, new)
        self.call_after_refresh(self._fit)

    def _settle(self) -> None:
        self._all.settle()
        if self.is_mounted:
            self.call_after_refresh(self._fit)

    def _refetch_type_details(self) -> None:
        self.run_worker(self._fetch_type_details(), group="type", exclusive=True)

    async def _fetch_type_details(self) -> None:
        """Fetch price, quota and zones of the type."""
        of_type = self._all.type
        zones = await of_type.fetch_details(self._all.market.value)
        self._all.network.offer(of_type.field.value, zones)
        self._all.show_totals()
        self.call_after_refresh(self._fit)

    async def _apply_start(self) -> None:
        """Fill in what was chosen to start from."""
        start, blank = self._all.start, self._all.blank
        chosen = await start.read()
        if isinstance(chosen, TemplateData):
            self._all.fill(from_template(chosen, blank))
        elif chosen is not None:
            self._all.fill(applied(chosen, blank))
            await self._also_its_template(chosen)
        elif start.field.edited and not start.field.problem:
            self._all.fill(blank)
        self._settle()
        if self._all.type.types:
            self._refetch_type_details()

    async def _also_its_template(self, preset: Preset) -> None:
        """A launch that began with a template begins with it again, where it still is."""
        if preset.template_id and preset.region in (None, self._facts.region):
            with contextlib.suppress(AmituiError):
                await self._all.start.take_template(preset.template_id, preset.template_version or "")

    def _checked_request(self) -> LaunchRequest:
        field, words = self._all.network.problem()
        if words:
            raise InvalidForm(field, words)
        if self._all.name_tag.value and any(key == NAME for key, _ in self._all.tags.tags):
            raise InvalidForm("tags", "enter the Name tag in its own field above")
        request = self._all.request
        wrong = [(_FIELD_OF.get(problem.field, problem.field), problem.words) for problem in problems(request)]
        if wrong:
            raise InvalidForm(*wrong[0], *wrong[1:])
        return request

    def _subscription(self) -> str:
        """What has to be done once before a paid image can be launched."""
        codes = [code for code, kind in self._image.product_codes if kind == "marketplace"]
        links = ", ".join(_SUBSCRIBE.format(code=code) for code in codes)
        words = "it requires a paid AWS Marketplace subscription, billed in addition to EC2"
        return f"{words}: {links}" if codes else ""


def _sentence(words: str) -> str:
    """Words as a sentence; the names of types keep their small letters."""
    first = words.partition(" ")[0]
    return f"{words[0].upper() if first.isalpha() else words[0]}{words[1:]}."
