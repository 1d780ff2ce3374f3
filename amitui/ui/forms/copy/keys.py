"""The lines of the copy form that say which key encrypts the copy in each region."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amitui.domain.operations.validation import key_problem
from amitui.errors import AmituiError
from amitui.ui.forms.choices import DEFAULT_KEY, TYPED_KEY, key_items, region_label
from amitui.ui.widgets.fields import PickField, TextField

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from amitui.domain.operations.inventory import KeyInventory
    from amitui.ui.widgets.pick_list import PickerItem

KEY_CLASS = "key"
"""Of the fields in which a key is picked, for selectors."""


class KeyFields(NamedTuple):
    """How the key of one region is given."""

    key: PickField
    typed: TextField
    """Shown while the key is not one of the list."""


class RegionKeys:
    """The fields of every Region that was chosen; choosing it again finds them as they were."""

    def __init__(self, inventory: KeyInventory) -> None:
        self._inventory = inventory
        self._fields: dict[str, KeyFields] = {}

    def missing(self, regions: Collection[str]) -> list[str]:
        """Those of the regions that have no fields yet, sorted."""
        return sorted(set(regions) - self._fields.keys())

    def make(self, region: str) -> KeyFields:
        """Make a region's fields; to be mounted by the form."""

        async def fetch() -> Sequence[PickerItem]:
            # Not being allowed to list keys does not mean that none can be used.
            try:
                return key_items(await self._inventory.keys(region))
            except AmituiError as error:
                return key_items((), error.what)

        key = PickField(
            f" {region_label(region)}",
            fetch,
            id=f"key-{region}",
            value=DEFAULT_KEY,
            hint=f"KMS key in {region}; EC2 validates it only after the copy starts.",
        )
        key.add_class(KEY_CLASS)
        typed = TextField(
            "  its key",
            f"typed-{region}",
            placeholder="id, alias/name or ARN",
            hint=f"A symmetric key of {region}.",
            check=lambda text: key_problem(text, region) if text else "a key is required",
        )
        self._fields[region] = KeyFields(key, typed)
        return self._fields[region]

    def show(self, regions: Collection[str]) -> None:
        """Show the fields of these regions alone."""
        for region, (key, typed) in self._fields.items():
            key.display = region in regions
            typed.display = region in regions and key.value == TYPED_KEY

    def chosen_in(self, key: object) -> None:
        """A key was chosen in the field: where it is to be typed, go there."""
        for field, typed in self._fields.values():
            if field is key:
                typed.display = field.value == TYPED_KEY
                if typed.display:
                    typed.focus()

    def of(self, region: str) -> str:
        """The key of a Region as it is sent to EC2; empty = its default."""
        fields = self._fields.get(region)
        if fields is None or not fields.key.is_active or fields.key.value in ("", DEFAULT_KEY):
            return ""
        return fields.typed.value if fields.key.value == TYPED_KEY else fields.key.value
