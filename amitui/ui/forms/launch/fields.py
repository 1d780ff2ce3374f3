"""All fields of the launch form, and the request that they amount to; its groups have modules of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.launch.request import MARKETS, ON_DEMAND, SPOT, LaunchRequest, template_name_problem
from amitui.domain.launch.storage import volumes_of
from amitui.domain.operations.validation import tags_problem
from amitui.ui.forms.launch.access import AccessFields
from amitui.ui.forms.launch.count import count_problem, count_text, counts_of
from amitui.ui.forms.launch.instance_type import TypeFields
from amitui.ui.forms.launch.network import NetworkFields
from amitui.ui.forms.launch.start import StartFields
from amitui.ui.forms.launch.storage import VolumesField
from amitui.ui.forms.launch.user_data import UserData
from amitui.ui.widgets.fields import ChoiceField, TagsField, TextField, ToggleField
from amitui.ui.widgets.fields.heading import HeadingField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from amitui.domain.image.image import Image
    from amitui.domain.launch.inventory import LaunchInventory
    from amitui.domain.launch.presets import Preset
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.ui.forms.host import FormHost
    from amitui.ui.widgets.fields import Field

LAUNCH: Final = "launch"
TEMPLATE: Final = "template"
NAME: Final = "Name"
"""The tag that has a field of its own."""

_WINDOWS: Final = "windows"
_MARKET_HINTS: Final = {
    ON_DEMAND: "Runs until you stop it.",
    SPOT: "!! Cheaper; EC2 can reclaim it with two minutes' notice.",
}


class LaunchFields:
    """What can be chosen of a launch."""

    def __init__(
        self,
        host: FormHost,
        inventory: LaunchInventory,
        image: Image,
        facts: ImageFacts,
        *,
        trusted: bool,
        preset: Preset | None,
        presets: Mapping[str, Preset],
        arrived: Callable[[], None],
    ) -> None:
        """Args:
        trusted: whether the image's publisher is trusted.
        preset: of the last launch of the image's family.
        presets: those of the config, by their names.
        arrived: called when the instance types are there.
        """
        self._facts, self._trusted = facts, trusted
        self._windows = image.summary.platform.lower().startswith(_WINDOWS)
        self.type = TypeFields(inventory, image, arrived=arrived)
        self.access = AccessFields(inventory, facts.region, windows=self._windows)
        self.network = NetworkFields(
            host, inventory, facts.region, group_description=f"For instances of {facts.image_id}"
        )
        self.data = UserData()
        self.start = StartFields(inventory, facts.region, preset=preset, presets=presets)
        self.volumes = VolumesField(
            volumes_of(image), id="volumes", region=facts.region, virtualization=image.summary.virtualization
        )
        self.count = TextField(
            "Count",
            "count",
            "1",
            hint="1 to 1,000; 2-5 = up to 5, at least 2.",
            check=count_problem,
            proposed=True,
        )
        self.name_tag = TextField("Name tag", "name-tag", placeholder="optional", hint="The name shown in lists.")
        self.market = ChoiceField(
            "Market", [(value, value) for value in MARKETS], id="market", hints=_MARKET_HINTS
        )
        self.spot_price = TextField(
            "  max price",
            "spot-price",
            placeholder="the on-demand price",
            hint="US dollars an hour, such as 0.05.",
        )
        self.protection = ToggleField(
            "Protection",
            "from termination",
            id="protection",
            hint="Must be turned off before the instance can be terminated.",
        )
        self.tags = TagsField("Tags", "tags", check=tags_problem)
        self.volume_tags = TagsField("Volume tags", "volume-tags", check=tags_problem)
        self.do = ChoiceField(
            "Do",
            [(LAUNCH, "launch"), (TEMPLATE, "save as launch template")],
            id="do",
            hints={TEMPLATE: "Launches nothing. An existing template gets a new version."},
        )
        self.template_name = TextField("  its name", "template-name", check=template_name_problem)

    @property
    def in_order(self) -> Sequence[Field]:
        """All of them: what matters to everybody first, the rest under headings."""
        return (
            self.type.field,
            self.type.note,
            *self.access.key.fields,
            *self.network.first_fields,
            self.count,
            self.name_tag,
            *self.start.fields,
            HeadingField("Storage", id="on-storage"),
            self.volumes,
            HeadingField("Access", id="on-access"),
            self.network.address,
            *self.access.fields,
            HeadingField("At first start", id="on-start"),
            *self.data.fields,
            HeadingField("More", id="on-more"),
            self.market,
            self.spot_price,
            self.protection,
            self.tags,
            self.volume_tags,
            self.do,
            self.template_name,
        )

    @property
    def request(self) -> LaunchRequest:
        """The request of the fields; read only after they were checked."""
        least, most = counts_of(self.count.value)
        spot = self.market.value == SPOT
        name = self.name_tag.value
        return LaunchRequest(
            region=self._facts.region,
            image_id=self._facts.image_id,
            image_name=self._facts.name,
            instance_type=self.type.field.value,
            min_count=least,
            max_count=most,
            key_name=self.access.key.value,
            subnet_id=self.network.subnet_id,
            security_group_ids=self.network.group_ids,
            new_group=self.network.new_group,
            public_address=self.network.public_address,
            profile_arn_or_name=self.access.profile.value,
            imds_v2=self.access.tokens.value,
            hop_limit=self.access.hop_limit,
            market=self.market.value,
            spot_max_price=self.spot_price.value if spot else "",
            volumes_before=self.volumes.before,
            volumes_after=self.volumes.value,
            instance_tags=(*(((NAME, name),) if name else ()), *self.tags.tags),
            volume_tags=self.volume_tags.tags,
            termination_protection=self.protection.value,
            user_data=self.data.text,
            template_id=self.start.template_id,
            template_version=self.start.template_version,
            trusted=self._trusted,
            owner_id=self._facts.owner_id,
            windows=self._windows,
        )

    @property
    def blank(self) -> LaunchRequest:
        """A launch of which nothing was chosen."""
        return LaunchRequest(
            self._facts.region,
            self._facts.image_id,
            self._facts.name,
            "",
            volumes_before=self.volumes.before,
            volumes_after=self.volumes.before,
        )

    def fill(self, request: LaunchRequest) -> None:
        """Fill the fields from a request."""
        tags = dict(request.instance_tags)
        if request.instance_type:
            self.type.propose(request.instance_type)
        self.count.value = count_text(request.min_count, request.max_count)
        self.name_tag.value = tags.pop(NAME, "")
        self.access.proposes_key = False
        self.access.key.value = request.key_name
        self.access.profile.value = request.profile_arn_or_name
        self.access.tokens.value = request.imds_v2
        self.access.hops.value = str(request.hop_limit)
        self.network.subnet.value = request.subnet_id
        self.network.groups.values = request.security_group_ids
        self.network.public_address = request.public_address
        self.market.value = request.market
        self.spot_price.value = request.spot_max_price
        self.protection.value = request.termination_protection
        self.tags.tags = tuple(tags.items())
        self.volume_tags.tags = request.volume_tags
        self.volumes.value = request.volumes_after

    def settle(self) -> None:
        """Show the fields that the present choices need."""
        self.access.key.settle()
        self.access.profile.settle()
        self.network.settle()
        self.data.settle()
        self.spot_price.display = self.market.value == SPOT
        self.template_name.display = self.do.value == TEMPLATE
        self.show_totals()

    def show_totals(self) -> None:
        """Show vCPUs, price and quota for so many of the type."""
        count = 1 if count_problem(self.count.value) else counts_of(self.count.value)[1]
        self.type.show_totals(count, self.market.value)
