"""The form that copies an image: to several regions at once, and within its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on

from amitui.domain.operations.plans.copy import CopyRequest, Destination, copy_plans
from amitui.domain.operations.proposals import free_name
from amitui.domain.operations.validation import LONGEST_NAME, description_problem, duration_problem, tags_problem
from amitui.domain.region import partition_of
from amitui.ui.forms.choices import TakenNames, region_items, region_label
from amitui.ui.forms.copy.keys import KEY_CLASS, RegionKeys
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm
from amitui.ui.widgets.fields import Field, NoteField, PickField, TagsField, TextField, ToggleField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.inventory import Inventory
    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.ui.forms.host import FormHost

DEAREST_PER_GIB: Final = 0.020
"""US dollars a GiB of a time-based copy within 15 minutes; from the examples of AWS's documentation."""
CHEAPEST_PER_GIB: Final = 0.005
"""The same for 16 hours and more."""

_NUMBERED_CELLS: Final = len("-copy-99")
_FOREIGN: Final = (
    "The owner must share the snapshots with your account, and their KMS key if they are encrypted. Launch "
    "permission is not enough."
)
_PAID: Final = "A Marketplace image cannot be copied to another account: EC2 will refuse."


class CopyForm(OperationForm):
    """Where to, under which names, with which keys."""

    TITLE: ClassVar[str] = "Copy image"

    def __init__(
        self,
        host: FormHost,
        inventory: Inventory,
        *,
        image: ImageFacts,
        size_gib: int,
        regions: Sequence[str],
        encrypted: bool,
        foreign: bool = False,
        paid: bool = False,
    ) -> None:
        """Args:
        image: the source.
        size_gib: of its volumes; 0 = not known.
        regions: where copies can go, its own included; those of other partitions are left out.
        encrypted: whether the source is; its copies are too.
        foreign: whether it belongs to another account.
        paid: whether it has a product code.
        """
        super().__init__(host, f"{self.TITLE} {image.label} of {image.region}")
        self._source = image
        self._inventory = inventory
        self._names = TakenNames(inventory)
        self._size_gib, self._foreign = size_gib, foreign
        here = partition_of(image.region)
        within = {image.region: "the source Region: a second image under another name"}
        reachable = [region for region in regions if partition_of(region) == here]
        words = " ".join(part for part in (_FOREIGN if foreign else "", _PAID if paid else "") if part)
        self._note = NoteField("Not yours", words, id="note")
        self._note.display = bool(words)
        self._regions = PickField(
            "Copy to",
            region_items(reachable, within),
            id="regions",
            multi=True,
            hint="One or more Regions; each gets its own copy with its own progress.",
            nothing="press Enter to choose Regions",
            check=lambda values: "" if values else "a Region is required",
        )
        self._image_name = TextField(
            "Name",
            "name",
            image.name,
            hint="Applies to every copy without its own name below.",
            check=self._common_problem,
        )
        self._own = ToggleField(
            "Own names", "use a different name in each Region", id="own", hint="Shows one name field per Region."
        )
        self._encrypt = ToggleField(
            "Encryption",
            "always on: the source is encrypted" if encrypted else "encrypt the copies",
            encrypted,
            id="encrypt",
            hint="Encryption cannot be removed from a copy.",
        )
        self._encrypt.disabled = encrypted
        self._description = TextField(
            "Description", "description", image.description, "optional", check=description_problem
        )
        self._copy_tags = ToggleField(
            "Copy tags",
            "copy your tags of the source" if foreign else "copy the tags of the source",
            True,
            id="copy-tags",
            hint="Other accounts' tags and aws: tags are never copied.",
        )
        date = image.deprecated if image.deprecated is not None and image.deprecated > host.now() else None
        self._deprecated = date
        self._deprecate = ToggleField(
            "Deprecation",
            "give the copies the source's deprecation date",
            id="deprecate",
            hint="A copy has none by itself: an old release stays listed where it went.",
        )
        self._deprecate.display = date is not None
        self._image_tags = TagsField("Image tags", "image-tags", check=tags_problem)
        self._snapshot_tags = TagsField("Snap tags", "snapshot-tags", check=tags_problem)
        self._within = TextField(
            "Complete in",
            "within",
            "",
            "no limit; 30m or 4h costs extra",
            self._price_words(),
            self._duration_problem,
        )
        self._own_names: dict[str, TextField] = {}
        self._keys = RegionKeys(inventory)

    def form_fields(self) -> Sequence[Field]:
        return (
            self._note,
            self._regions,
            self._image_name,
            self._own,
            self._encrypt,
            self._description,
            self._copy_tags,
            self._deprecate,
            self._image_tags,
            self._snapshot_tags,
            self._within,
        )

    def plans(self) -> Sequence[Plan]:
        for region in self._regions.values:
            problem = self._problem_in(region, self._name_in(region))
            if problem:
                raise InvalidForm("name", problem)
        request = CopyRequest(
            source_region=self._source.region,
            image_id=self._source.image_id,
            name=self._source.name,
            description=self._description.value,
            destinations=tuple(
                Destination(region, self._name_in(region), self._keys.of(region))
                for region in self._regions.values
            ),
            encrypt=self._encrypt.value,
            copy_tags=self._copy_tags.value,
            image_tags=self._image_tags.tags,
            completion_minutes=minutes_of(self._within.value) if self._within.value else None,
            snapshot_tags=self._snapshot_tags.tags,
            size_gib=self._size_gib,
            foreign=self._foreign,
            deprecate_at=self._deprecated if self._deprecate.is_active and self._deprecate.value else None,
        )
        return copy_plans(request)

    def on_descendant_blur(self) -> None:
        if self._image_name.edited or any(field.edited for field in self._own_names.values()):
            self._check_names()

    @on(Field.Changed, "#regions,#own,#encrypt")
    async def _rows_changed(self) -> None:
        await self._settle()
        self._check_names()

    @on(Field.Changed, f".{KEY_CLASS}")
    def _key_chosen(self, event: Field.Changed) -> None:
        self._keys.chosen_in(event.field)
        self.call_after_refresh(self._fit)

    async def _settle(self) -> None:
        """Show a line for each name and key that the present choices need; hidden ones keep their text."""
        chosen = self._regions.values
        named = {region for region in chosen if self._own.value or self._must_differ(region)}
        for region in sorted(named - self._own_names.keys()):
            self._own_names[region] = self._own_name_field(region)
            await self._edit.mount(self._own_names[region], before=self._encrypt)
        for region, field in self._own_names.items():
            field.display = region in named
        keyed = chosen if self._encrypt.value else ()
        for region in self._keys.missing(keyed):
            await self._edit.mount_all(self._keys.make(region), before=self._description)
        self._keys.show(keyed)
        self._image_name.display = not named or len(named) < len(chosen)
        # In the order in which they stand: the first that is wrong is the one that is pointed at.
        self.fields = tuple(child for child in self._edit.children if isinstance(child, Field))
        self.call_after_refresh(self._fit)

    def _must_differ(self, region: str) -> bool:
        """Whether the source's own name is in the way there."""
        return region == self._source.region and not self._foreign

    @property
    def _another_name(self) -> str:
        """A name for a copy beside the source."""
        return f"{self._source.name[: LONGEST_NAME - _NUMBERED_CELLS]}-copy"

    def _own_name_field(self, region: str) -> TextField:
        return TextField(
            f" {region_label(region)}",
            f"name-{region}",
            self._another_name if self._must_differ(region) else self._source.name,
            hint=f"The name of the copy in {region}.",
            check=lambda text: self._problem_in(region, text),
        )

    def _name_in(self, region: str) -> str:
        field = self._own_names.get(region)
        return field.value if field is not None and field.is_active else self._image_name.value

    def _common_problem(self, name: str) -> str:
        """What is wrong with the name that several regions share."""
        shared = [region for region in self._regions.values if not self._has_own(region)]
        for region in shared:
            problem = self._names.problem(region, name)
            if problem:
                return f"{problem}: select Own names" if self._names.taken(region, name) else problem
        return ""

    def _problem_in(self, region: str, name: str) -> str:
        if self._must_differ(region) and name == self._source.name:
            return "the source has that name; names are unique within a Region"
        return self._names.problem(region, name)

    def _has_own(self, region: str) -> bool:
        field = self._own_names.get(region)
        return field is not None and field.is_active

    def _name_problems(self) -> list[tuple[str, str]]:
        """(field id, problem) of each name; an empty problem is none."""
        own = [(field.id or "", field.check()) for field in self._own_names.values() if field.is_active]
        return [("name", self._image_name.check() if self._image_name.is_active else ""), *own]

    def _check_names(self) -> None:
        if self._regions.values:
            self.run_worker(self._look_up(), group="names", exclusive=True)

    async def _look_up(self) -> None:
        """Which of the names are taken where they would be."""
        for region in self._regions.values:
            name = self._name_in(region)
            if not self._problem_in(region, name):
                taken = await self._names.taken_with(region, name)
                if name == self._another_name and not self._own_names[region].edited:
                    self._own_names[region].value = free_name(name, taken)
        for field in (self._image_name, *self._own_names.values()):
            field.problem = field.check() if field.is_active else ""
        problem = next((words for _, words in self._name_problems() if words), "")
        if self._names.failure:
            self._image_name.hint = self._names.failure
        if problem and self.reviewing:
            self.say(f"Name: {problem}. Esc goes back.", alert=True)
        self.call_after_refresh(self._fit)

    def _price_words(self) -> str:
        if not self._size_gib:
            return f"Extra ${CHEAPEST_PER_GIB:.3f} (16h) to ${DEAREST_PER_GIB:.3f} (15m) a GiB."
        low, high = self._size_gib * CHEAPEST_PER_GIB, self._size_gib * DEAREST_PER_GIB
        return f"{self._size_gib} GiB: up to ${low:.2f} extra per Region for 16h, ${high:.2f} for 15m (estimate)."

    @staticmethod
    def _duration_problem(text: str) -> str:
        if not text:
            return ""
        try:
            return duration_problem(minutes_of(text))
        except ValueError as error:
            return str(error)


def minutes_of(text: str) -> int:
    """Minutes that were typed: `90`, `90m`, `4h`, `1h30m`.

    Raises:
        ValueError: with words for whoever typed it.
    """
    rest = text.replace(" ", "").lower()
    hours, unit, rest = rest.partition("h") if "h" in rest else ("0", "", rest)
    minutes = rest.removesuffix("m") or ("0" if unit else "")
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in (hours, minutes)):
        raise ValueError("enter minutes or hours, such as 30m, 4h or 1h30m")
    return int(hours) * 60 + int(minutes)
