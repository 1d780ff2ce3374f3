"""What an account has that instances are launched with: subnets, groups, key pairs, profiles, templates, quotas.

All text is safe to show. The launch form chooses from these values; `ec2/reads/launch_inventory.py` reads them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from amitui.domain.operations.inventory import KeyInventory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.launch.instance_type import InstanceType

SPOT: Final = "spot"
ON_DEMAND: Final = "on-demand"


class SubnetInfo(NamedTuple):
    """A subnet, and the zone and VPC that choosing it means."""

    subnet_id: str
    name: str
    """Its Name tag; may be empty."""
    vpc_id: str
    vpc_name: str
    """Its VPC's Name tag; empty where it has none, or VPCs may not be listed."""
    zone: str
    """`us-east-1a`: each account has its own letters."""
    zone_id: str
    """`use1-az6`: the same for all accounts."""
    cidr: str
    free_addresses: int | None
    default: bool
    """Whether it is the one that its zone takes when none is named."""
    public_address: bool
    """Whether instances in it get a public address by default."""
    state: str

    @property
    def obstacle(self) -> str:
        """Why nothing can be launched in it now; empty = nothing is known against it."""
        if self.state not in ("", "available"):
            return f"it is {self.state}"
        return "it has no free IP addresses" if self.free_addresses == 0 else ""


class GroupInfo(NamedTuple):
    """A security group and what it lets in."""

    group_id: str
    name: str
    description: str
    vpc_id: str
    """Empty for one of EC2-Classic, which nothing is launched with any more."""
    lets_in: tuple[str, ...]
    """Its inbound rules in words: `tcp 22 from 0.0.0.0/0`."""

    @property
    def default(self) -> bool:
        """Whether it is the one that its VPC takes when none is named."""
        return self.name == "default"


class KeyPairInfo(NamedTuple):
    """A key pair; EC2 keeps only its public half."""

    name: str
    kind: str
    """`rsa` or `ed25519`; may be empty."""
    key_pair_id: str
    created_at: int | None


class ProfileInfo(NamedTuple):
    """An instance profile: the way in which an instance gets the rights of a role."""

    name: str
    arn: str
    roles: tuple[str, ...]
    """Names of its roles: one, or none while it is being made."""

    @property
    def obstacle(self) -> str:
        """Why launching with it is useless; empty = nothing is known against it."""
        return "" if self.roles else "it has no role"


class TemplateInfo(NamedTuple):
    """A launch template."""

    template_id: str
    name: str
    default_version: int
    latest_version: int


class TemplateData(NamedTuple):
    """What one version of a launch template says, as far as the form has fields for it; empty = nothing."""

    template_id: str
    version: int
    description: str = ""
    image_id: str = ""
    """An id or `resolve:ssm:…`; the form's own image is launched all the same."""
    instance_type: str = ""
    key_name: str = ""
    subnet_id: str = ""
    zone: str = ""
    group_ids: tuple[str, ...] = ()
    public_address: bool | None = None
    profile: str = ""
    """Name or ARN of the instance profile."""
    tokens: str = ""
    """IMDS: `required` or `optional`."""
    hop_limit: int | None = None
    market: str = ""
    """`spot`, or empty."""
    termination_protection: bool | None = None
    instance_tags: tuple[tuple[str, str], ...] = ()
    volume_tags: tuple[tuple[str, str], ...] = ()
    devices: tuple[str, ...] = ()
    """Names of the devices whose mapping it changes."""
    user_data: bool = False
    """Whether it has user data; these are not read, as they may hold secrets."""
    interfaces: bool = False
    """Whether it describes network interfaces: EC2 then refuses a subnet and groups of the instance's own."""


class HourlyPrice(NamedTuple):
    """What an hour of one instance costs on demand, or why that is not known."""

    amount: float | None = None
    currency: str = "USD"
    unknown: str = ""
    """Why there is no amount, in words."""

    def words(self, count: int) -> str:
        """What so many cost: `0.0208 USD an hour for 2`."""
        if self.amount is None:
            return f"not known, {self.unknown}" if self.unknown else ""
        total = f"{self.amount * count:,.4f} {self.currency} an hour"
        return f"{total} for {count:,}" if count > 1 else total


class QuotaInfo(NamedTuple):
    """How many vCPUs of a group of types may run in a region, and how many do."""

    name: str
    """`Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances`"""
    limit: int
    """vCPUs."""
    used: int
    """vCPUs that run or are starting."""
    complete: bool
    """Whether the vCPUs of every running instance are known; else `used` is the least it may be."""

    @property
    def free(self) -> int:
        """vCPUs that can still be launched; the most it may be when not everything is known."""
        return max(0, self.limit - self.used)

    def problem(self, vcpus: int) -> str:
        """Why so many more vCPUs will be refused; empty = they fit."""
        if vcpus <= self.free:
            return ""
        return (
            f"{vcpus} vCPUs exceed the quota ({self.name}): {self.used} of {self.limit} are in use. Launch "
            "fewer, use another family, or request an increase in Service Quotas"
        )


class QuotaCode(NamedTuple):
    """How Service Quotas calls one limit of EC2."""

    code: str
    name: str
    families: frozenset[str]
    """The letters that names of its types begin with."""


_STANDARD: Final = frozenset({"a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"})
QUOTA_KINDS: Final = (
    ("Standard (A, C, D, H, I, M, R, T, Z)", _STANDARD, "L-1216C47A", "L-34B43A08"),
    ("F", frozenset({"f"}), "L-74FC7D96", "L-88CF9481"),
    ("G and VT", frozenset({"g", "gr", "vt"}), "L-DB2E81BA", "L-3819A6DF"),
    ("P", frozenset({"p"}), "L-417A185B", "L-7212CCBC"),
    ("X", frozenset({"x"}), "L-7295265B", "L-E3A00192"),
    ("Inf", frozenset({"inf"}), "L-1945791B", "L-B5D1601B"),
    ("Trn", frozenset({"trn"}), "L-2C3B7624", "L-6B0D517C"),
    ("DL", frozenset({"dl"}), "L-6E869C2A", "L-85EED4F7"),
    ("High Memory", frozenset({"u"}), "L-43DA4232", ""),
    ("HPC", frozenset({"hpc"}), "L-F7808C92", ""),
)
"""Name, what names of its types begin with, and the codes of its quotas: On-Demand and Spot."""
_LETTERS: Final = re.compile(r"[a-z]+")


def family_letters(type_name: str) -> str:
    """What a type's name begins with: `m` of `m7i.large`."""
    found = _LETTERS.match(type_name)
    return found[0] if found else ""


def quota_code(type_name: str, market: str) -> QuotaCode | None:
    """Which limit counts the instances of a type; `None` where it is counted otherwise, as Macs are by host."""
    letters = family_letters(type_name)
    for name, families, on_demand, spot in QUOTA_KINDS:
        if letters in families:
            code = spot if market == SPOT else on_demand
            words = (
                f"All {name} Spot Instance Requests" if market == SPOT else f"Running On-Demand {name} instances"
            )
            return QuotaCode(code, words, families) if code else None
    return None


class LaunchInventory(KeyInventory, Protocol):
    """Reads it, region by region; each read raises an `AmituiError` in words."""

    async def instance_types(self, region: str) -> Sequence[InstanceType]:
        """All types of the region."""
        ...

    async def offered_zones(self, region: str, type_name: str) -> Mapping[str, bool]:
        """By zone, whether it offers the type."""
        ...

    async def price(self, region: str, type_name: str, platform: str) -> HourlyPrice:
        """What an hour costs on demand.

        Args:
            platform: the image's usage operation, or its platform in EC2's words.
        """
        ...

    async def subnets(self, region: str) -> Sequence[SubnetInfo]:
        """All subnets, those of the default VPC first."""
        ...

    async def groups(self, region: str) -> Sequence[GroupInfo]:
        """The security groups of all VPCs, by name."""
        ...

    async def key_pairs(self, region: str) -> Sequence[KeyPairInfo]:
        """The key pairs, by name."""
        ...

    async def profiles(self, region: str) -> Sequence[ProfileInfo]:
        """The instance profiles, by name; they are the same in all regions of a partition."""
        ...

    async def templates(self, region: str) -> Sequence[TemplateInfo]:
        """The launch templates, by name."""
        ...

    async def template(self, region: str, template_id: str, version: str) -> TemplateData:
        """What a version of a template says; `version` may be `$Default` or `$Latest`."""
        ...

    async def quota(self, region: str, type_name: str, market: str, vcpus: Mapping[str, int]) -> QuotaInfo | None:
        """The limit that counts a type, with what of it is used; `None` = there is none of the kind.

        Args:
            vcpus: of one instance, by type, where EC2 does not say how many an instance has.
        """
        ...
