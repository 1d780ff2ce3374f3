"""The list of instance types: what each has in columns, and what an hour costs of those that were looked at."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from amitui.domain.launch.instance_type import find_types, search_problem
from amitui.domain.launch.inventory import HourlyPrice
from amitui.errors import AmituiError
from amitui.ui.screens.picker import PickerScreen
from amitui.ui.widgets.pick_columns import PickColumn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.launch.instance_type import InstanceType
    from amitui.domain.launch.inventory import LaunchInventory
    from amitui.ui.widgets.fields import PickerItem, PickField

_RESTS_SECONDS: Final = 0.2
"""How long the cursor rests on a type before its price is read: prices of all types would be megabytes."""


class TypePrices:
    """What an hour of each type costs, as far as it was read."""

    def __init__(self, inventory: LaunchInventory, region: str, platform: str) -> None:
        """Args:
        platform: the image's usage operation, or its platform in EC2's words.
        """
        self._inventory, self._region, self._platform = inventory, region, platform
        self.known: dict[str, HourlyPrice] = {}
        """By type; a price without an amount was looked for and is not known."""

    async def of(self, type_name: str) -> HourlyPrice:
        """The price; one that could not be read is read again the next time that it is needed for a launch."""
        known = self.known.get(type_name)
        if known is None or known.amount is None:
            try:
                known = await self._inventory.price(self._region, type_name, self._platform)
            except AmituiError as error:
                known = HourlyPrice(unknown=error.what)
            self.known[type_name] = known
        return known

    def cell(self, type_name: str) -> str:
        """`$0.0104`; empty = not read yet, `-` = not known."""
        price = self.known.get(type_name)
        if price is None:
            return ""
        if price.amount is None:
            return "-"
        return f"${price.amount:,.4f}" if price.currency == "USD" else f"{price.amount:,.4f} {price.currency}"


class TypePicker(PickerScreen):
    """The list of types, searched by the language of `find_types`."""

    LABELS = "Type"
    COLUMNS: ClassVar[Sequence[PickColumn]] = (
        PickColumn("vCPU", right=True),
        PickColumn("GiB", right=True),
        PickColumn("Arch", most=6, rank=1),
        PickColumn("Gbit/s", most=11, rank=3),
        PickColumn("Per hour", right=True, rank=2),
        PickColumn("Also"),
    )

    def __init__(self, types: Sequence[InstanceType], field: PickField, prices: TypePrices) -> None:
        self._types = {one.name: one for one in types}
        self._prices = prices
        self._plain = field.items
        self._by_value: Mapping[str, PickerItem] = {}
        super().__init__(
            "Instance type",
            self._with_cells(),
            current=field.value or None,
            empty=field.empty,
            placeholder="for example m7i, vcpu>=4, mem<=16, gpu, free, nitro, gen>=6 …",
        )

    def matching(self, text: str) -> Sequence[PickerItem]:
        if not text.strip():
            return self.items
        found = [self._by_value[one.name] for one in find_types(tuple(self._types.values()), text)]
        # Those that can be chosen first; among them, and among the others, as the search has them.
        return sorted(found, key=lambda item: bool(item.disabled_reason))

    def unmatched(self) -> str:
        return search_problem(self.filter.value) or super().unmatched()

    def moved(self) -> None:
        item = self.list.current
        if item is not None and not item.disabled_reason and item.value not in self._prices.known:
            self.run_worker(self._read_price(item.value), group="price", exclusive=True)

    async def _read_price(self, type_name: str) -> None:
        await asyncio.sleep(_RESTS_SECONDS)
        await self._prices.of(type_name)
        if self.is_attached:
            self.set_items(self._with_cells())

    def _with_cells(self) -> list[PickerItem]:
        items = [
            replace(item, cells=type_cells(self._types[item.value], self._prices.cell(item.value)))
            for item in self._plain
            if item.value in self._types
        ]
        self._by_value = {item.value: item for item in items}
        return items


def type_words(one: InstanceType) -> str:
    """What a type has, in the order in which one compares them."""
    return "  ".join(part for part in (f"{one.vcpus} vCPU", one.memory_words, _also(one)) if part)


def type_cells(one: InstanceType, price: str) -> tuple[str, ...]:
    """What a type has, for the columns of `TypePicker`."""
    # A type that runs 32 bits too is one of 64; that it is a Mac, its name says.
    architecture = next((arch for arch in one.architectures if arch != "i386"), "".join(one.architectures[:1]))
    return (
        str(one.vcpus),
        one.memory_words.removesuffix(" GiB"),
        architecture.removesuffix("_mac"),
        network_words(one.network),
        price,
        _also(one),
    )


def network_words(network: str) -> str:
    """EC2's words for a column of Gbit/s: `up to 12.5`, `4x 100`, `low`."""
    return network.removesuffix(" Gigabit").lower()


def _also(one: InstanceType) -> str:
    parts = (
        one.accelerator_words,
        f"{one.instance_storage_gb:,} GB disks" if one.instance_storage_gb else "",
        "free tier" if one.free_tier else "",
        "" if one.current_generation else "previous generation",
    )
    return "  ".join(part for part in parts if part)
