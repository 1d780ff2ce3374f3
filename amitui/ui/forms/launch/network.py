"""Where instances are launched, and who reaches them: subnet, security groups or a new one, public address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.ids import read_ids
from amitui.errors import AmituiError
from amitui.ui.forms.launch.new_group import NewGroupFields
from amitui.ui.forms.pick_or_type import TYPED, PickOrType
from amitui.ui.widgets.fields import ChoiceField, PickerItem, PickField, TextField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.launch.inventory import GroupInfo, LaunchInventory, SubnetInfo
    from amitui.domain.launch.security_group import NewGroup
    from amitui.ui.forms.host import FormHost
    from amitui.ui.widgets.fields import Field

NEW: Final = "\0new"
"""The value of the item for a group that is still to be made."""

MOST_GROUPS: Final = 5
"""Groups of a network interface, by EC2's default quota; it can be raised to 16."""
_NO_WAY_BACK: Final = "Without one, it is reachable only from inside the VPC."

_ADDRESSES: Final = (("subnet", "subnet default"), ("yes", "yes"), ("no", "no"))
_ADDRESS_VALUES: Final[dict[str, bool | None]] = {"subnet": None, "yes": True, "no": False}


class NetworkFields:
    """The fields, and what they say together."""

    def __init__(self, host: FormHost, inventory: LaunchInventory, region: str, *, group_description: str) -> None:
        """Args:
        group_description: of a group that is made for this launch.
        """
        self._inventory, self._region = inventory, region
        self._subnets: dict[str, SubnetInfo] = {}
        self._groups: dict[str, GroupInfo] = {}
        self._listed = False
        self._groups_failure = ""
        self._type = ""
        self._offered: Mapping[str, bool] = {}
        self.subnet = PickOrType(
            "Subnet",
            self._subnet_items,
            id="subnet",
            hint="Also sets the Availability Zone and VPC.",
            typed_label="  its ID",
            placeholder="for example subnet-0123…",
            check=lambda text: "" if text.startswith("subnet-") else "a subnet ID begins with subnet-",
        )
        self.groups = PickField(
            "Groups",
            self._group_items,
            id="groups",
            multi=True,
            nothing="the VPC's default group",
            hint="Security groups of the subnet's VPC; they control who can connect.",
            check=self._groups_problem,
        )
        self.typed_groups = TextField(
            "  their IDs",
            "groups-typed",
            placeholder="for example sg-0123…, sg-0456…",
            check=lambda text: "" if _ids(text) else "security group IDs: sg- and 8 or 17 of 0-9 and a-f",
        )
        self.new = NewGroupFields(host, description=group_description, taken=self._is_taken)
        self.address = ChoiceField("Public IP", _ADDRESSES, id="address", hint=_NO_WAY_BACK)
        self.settle()

    @property
    def first_fields(self) -> Sequence[Field]:
        """The fields that are always shown."""
        return (*self.subnet.fields, self.groups, self.typed_groups, *self.new.fields)

    @property
    def subnet_id(self) -> str:
        """Empty = the default VPC's, in a zone that EC2 chooses."""
        return self.subnet.value

    @property
    def public_address(self) -> bool | None:
        """`None` = as the subnet says."""
        return _ADDRESS_VALUES[self.address.value]

    @public_address.setter
    def public_address(self, wanted: bool | None) -> None:
        self.address.value = next(value for value, meant in _ADDRESS_VALUES.items() if meant is wanted)

    @property
    def group_ids(self) -> tuple[str, ...]:
        """Those that there are already."""
        chosen = tuple(value for value in self.groups.values if value not in (NEW, TYPED))
        return (*chosen, *(_ids(self.typed_groups.value) if TYPED in self.groups.values else ()))

    @property
    def new_group(self) -> NewGroup | None:
        """The one to be made; read only after the fields were checked."""
        if NEW not in self.groups.values:
            return None
        return self.new.group(self.vpc_id)

    @property
    def vpc_id(self) -> str:
        """Of the subnet, else the default one; empty = not known."""
        chosen = self._subnets.get(self.subnet_id)
        if chosen is None and not self.subnet_id:
            chosen = next((one for one in self._subnets.values() if one.default), None)
        return chosen.vpc_id if chosen is not None else ""

    @property
    def vpc_default(self) -> bool:
        """Whether a subnet is there that is taken when none is named, as far as is known."""
        return not self._listed or any(one.default for one in self._subnets.values())

    def problem(self) -> tuple[str, str]:
        """Field and words of what is wrong between the fields; empty words = nothing."""
        chosen = self._subnets.get(self.subnet_id)
        if not self.subnet_id and not self.vpc_default:
            return "subnet", "this Region has no default VPC: a subnet is required"
        if chosen is not None and self._offered.get(chosen.zone, True) is False:
            return "subnet", f"{chosen.zone} does not offer {self._type}"
        if NEW in self.groups.values and self.subnet_id and not self.vpc_id:
            return "groups", "a new group requires a VPC: choose the subnet from the list"
        foreign = [self._groups[one].name for one in self.group_ids if self._elsewhere(one)]
        if foreign:
            return "groups", f"not in the subnet's VPC: {', '.join(foreign)}"
        return "", ""

    def propose_name(self, image: str) -> None:
        """Call a new group after the image, unless it has a name."""
        if NEW in self.groups.values:
            self.new.propose_name(image)

    def offer(self, type_name: str, zones: Mapping[str, bool]) -> None:
        """Mark subnets whose zone does not offer the type."""
        self._type, self._offered = type_name, zones
        if self._listed:
            self.subnet.pick.set_choices([*self._chosen_by_ec2(), *self._items(), self._typed_item()])

    def subnet_chosen(self) -> None:
        """Offer the groups of its VPC alone."""
        self.subnet.settle()
        if self._listed and not self.groups.loading_choices:
            self.groups.set_choices(self._of_vpc())

    def settle(self) -> None:
        """Show the fields that the present choices need."""
        self.subnet.settle()
        chosen = self.groups.values if self.groups.display else ()
        self.typed_groups.display = TYPED in chosen
        self.new.settle(wanted=NEW in chosen)
        here = self._subnets.get(self.subnet_id)
        if here is not None:
            assigns = "assigns" if here.public_address else "does not assign"
            self.address.hint = f"Its subnet {assigns} one by default."

    async def _subnet_items(self) -> Sequence[PickerItem]:
        found = await self._inventory.subnets(self._region)
        self._subnets = {one.subnet_id: one for one in found}
        self._listed = True
        return [*self._chosen_by_ec2(), *self._items()]

    def _items(self) -> list[PickerItem]:
        return [
            PickerItem(one.subnet_id, one.name or one.subnet_id, _subnet_words(one), self._obstacle(one))
            for one in self._subnets.values()
        ]

    def _obstacle(self, subnet: SubnetInfo) -> str:
        if self._offered.get(subnet.zone, True) is False:
            return f"{subnet.zone} does not offer {self._type}"
        return subnet.obstacle

    def _chosen_by_ec2(self) -> list[PickerItem]:
        obstacle = "" if self.vpc_default else "this Region has no default VPC"
        return [PickerItem("", "EC2 chooses", "the default VPC, any zone with capacity", obstacle)]

    @staticmethod
    def _typed_item() -> PickerItem:
        return PickerItem(TYPED, "another", "typed by hand")

    async def _group_items(self) -> Sequence[PickerItem]:
        try:
            found = await self._inventory.groups(self._region)
        except AmituiError as error:
            self._groups_failure = error.what
        else:
            self._groups = {one.group_id: one for one in found}
            self._groups_failure = ""
        return self._of_vpc()

    def _of_vpc(self) -> list[PickerItem]:
        vpc = self.vpc_id
        listed = [
            PickerItem(one.group_id, one.name, _group_words(one))
            for one in self._groups.values()
            if not vpc or one.vpc_id == vpc
        ]
        why = f"could not list groups: {self._groups_failure}" if self._groups_failure else "typed by hand"
        return [
            PickerItem(NEW, "a new group", "with your own rules"),
            *listed,
            PickerItem(TYPED, "others", why),
        ]

    def _groups_problem(self, values: Sequence[str]) -> str:
        if len(values) > MOST_GROUPS:
            return f"an instance has at most {MOST_GROUPS} groups"
        return ""

    def _is_taken(self, name: str) -> bool:
        vpc = self.vpc_id
        return any(one.name == name and one.vpc_id == vpc for one in self._groups.values())

    def _elsewhere(self, group_id: str) -> bool:
        known = self._groups.get(group_id)
        return known is not None and bool(self.vpc_id) and known.vpc_id != self.vpc_id


def _subnet_words(one: SubnetInfo) -> str:
    parts = (
        one.zone,
        "public" if one.public_address else "",
        "" if one.free_addresses is None else f"{one.free_addresses:,} free",
        one.vpc_name or one.vpc_id,
        one.cidr,
        one.subnet_id if one.name else "",
    )
    return "  ".join(part for part in parts if part)


def _group_words(one: GroupInfo) -> str:
    rules = ", ".join(one.lets_in) or "no inbound rules"
    return f"{rules}  {one.group_id}  {one.description}"


def _ids(text: str) -> tuple[str, ...]:
    """Group ids that were typed; none if any of them is no such thing."""
    return read_ids("sg", text)
