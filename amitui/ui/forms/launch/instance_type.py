"""Which instance type: all of the region, searched by facts, those that cannot run the image with their reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.launch.compatibility import market_problem, needs_of, notes, suggested, why_not
from amitui.domain.launch.instance_type import sorted_types
from amitui.domain.launch.inventory import SPOT, HourlyPrice
from amitui.errors import AmituiError
from amitui.ui.forms.launch.type_picker import TypePicker, TypePrices, type_words
from amitui.ui.widgets.fields import NoteField, PickerItem, PickField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from amitui.domain.image.image import Image
    from amitui.domain.launch.instance_type import InstanceType
    from amitui.domain.launch.inventory import LaunchInventory, QuotaInfo


class TypeFields:
    """The type, and what it means: what it has, what it costs, whether the quota has room."""

    def __init__(self, inventory: LaunchInventory, image: Image, *, arrived: Callable[[], None]) -> None:
        """Args:
        arrived: called when the types are there and one of them is chosen.
        """
        self._inventory, self._image = inventory, image
        self._needs = needs_of(image)
        self._arrived = arrived
        self._proposed = ""
        self._prices = TypePrices(inventory, image.region, image.usage_operation or image.summary.platform)
        self._price = HourlyPrice()
        self._quota: QuotaInfo | None = None
        self._quota_words = ""
        self.types: tuple[InstanceType, ...] = ()
        """All of the region; empty until they are read."""
        self.field = PickField(
            "Type",
            self._items,
            id="type",
            hint="Search by name, vcpu>=4, mem<=16, gpu, free, nitro …",
            empty="No instance types.",
            check=self._problem,
        )
        self.note = NoteField("", id="type-note")

    @property
    def chosen(self) -> InstanceType | None:
        """The type; `None` until one is chosen."""
        return next((one for one in self.types if one.name == self.field.value), None)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks on running the image on the chosen type."""
        chosen = self.chosen
        return notes(self._needs, chosen) if chosen is not None else ()

    def picker(self) -> TypePicker:
        """The list, open."""
        return TypePicker(self.types, self.field, self._prices)

    def propose(self, type_name: str) -> None:
        """Choose a type, now or when the types are there, if it runs the image."""
        self._proposed = type_name
        if any(item.value == type_name and not item.disabled_reason for item in self.field.items):
            self.field.value = type_name

    async def fetch_details(self, market: str) -> Mapping[str, bool]:
        """Fetch price and quota of the chosen type; returns the zones that offer it."""
        chosen, region = self.chosen, self._image.region
        self._price, self._quota, self._quota_words = HourlyPrice(), None, ""
        if chosen is None:
            return {}
        try:
            zones = await self._inventory.offered_zones(region, chosen.name)
        except AmituiError:
            zones = {}  # EC2 refuses the launch then
        self._price = await self._prices.of(chosen.name)
        try:
            vcpus = {one.name: one.vcpus for one in self.types}
            self._quota = await self._inventory.quota(region, chosen.name, market, vcpus)
        except AmituiError as error:
            self._quota_words = f"quota unknown: {error.what}"
        return zones

    def show_totals(self, count: int, market: str) -> None:
        """Show vCPUs, price and quota for so many."""
        chosen = self.chosen
        if chosen is None:
            self.note.say("")
            return
        cost = self.cost_words(count, market)
        cost = f"price {cost}" if cost.startswith("not") else cost
        quota = self._quota
        known = f"{quota.free} of {quota.limit} vCPUs of the quota are available" if quota else ""
        problem = self.problem(count, market)
        remarks = self.remarks
        parts = (cost, problem or known or self._quota_words, *remarks)
        self.note.say("; ".join(part for part in parts if part), alert=bool(problem or remarks))

    def cost_words(self, count: int, market: str) -> str:
        """What so many cost an hour, as far as it is known."""
        words = self._price.words(count)
        return f"On-Demand price: at most {words}" if market == SPOT and self._price.amount is not None else words

    def hourly(self, count: int) -> float | None:
        """What so many cost an hour on demand; `None` = it is not known."""
        return None if self._price.amount is None else self._price.amount * count

    def problem(self, count: int, market: str) -> str:
        """Why so many of them will be refused, as far as it is known; empty = nothing."""
        chosen = self.chosen
        if chosen is None:
            return ""
        wrong = market_problem(chosen, market)
        return wrong or (self._quota.problem(chosen.vcpus * count) if self._quota is not None else "")

    async def _items(self) -> Sequence[PickerItem]:
        self.types = tuple(sorted_types(await self._inventory.instance_types(self._image.region)))
        items = [
            PickerItem(one.name, one.name, type_words(one), "; ".join(why_not(self._needs, one)))
            for one in self.types
        ]
        items.sort(key=lambda item: bool(item.disabled_reason))
        if not self.field.value:
            runs = {item.value for item in items if not item.disabled_reason}
            proposed = suggested(self._needs, self.types)
            self.field.value = self._proposed if self._proposed in runs else proposed.name if proposed else ""
        self._arrived()
        return items

    def _problem(self, values: Sequence[str]) -> str:
        return "" if values and values[0] else "an instance type is required"
