"""What an account has in a Region that launches refer to: networks, keys, profiles; moto holds them.

moto is loaded before anything is read here. What is read are its own objects: asking it by requests would take
longer than the launch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller

_COUNTED: Final = frozenset({"pending", "running"})
"""States in which an instance counts against the quotas."""
_PARTITION: Final = "aws"


class Subnet(NamedTuple):
    """A subnet, as far as launches need it."""

    subnet_id: str
    vpc_id: str
    zone: str
    free_addresses: int


class Running(NamedTuple):
    """An instance that counts against quotas."""

    instance_type: str
    spot: bool


class AccountState:
    """One account's resources in one Region."""

    def __init__(self, caller: Caller) -> None:
        from moto.ec2.models import ec2_backends

        self._caller = caller
        self._backend: Any = ec2_backends[caller.account][caller.region]

    def has_key(self, name: str) -> bool:
        """Whether there is a key pair of that name."""
        return name in self._backend.key_pairs

    def has_profile(self, *, name: str = "", arn: str = "") -> bool:
        """Whether there is an instance profile of the name or the ARN that is given."""
        from moto.iam.models import iam_backends

        profiles: Mapping[str, Any] = iam_backends[self._caller.account][_PARTITION].instance_profiles
        known = list(profiles.values())
        return any((not name or one.name == name) and (not arn or one.arn == arn) for one in known)

    def default_groups(self, vpc_id: str) -> list[Any]:
        """moto's default security group of a VPC, which instances have that name no other."""
        found = self._backend.get_default_security_group(vpc_id)
        return [] if found is None else [found]

    def subnet(self, subnet_id: str) -> Subnet | None:
        """The subnet with the id."""
        for by_id in list(self._backend.subnets.values()):
            if subnet_id in by_id:
                return _subnet(by_id[subnet_id])
        return None

    def default_subnet(self, zone: str) -> Subnet | None:
        """The zone's subnet in the default VPC."""
        found = self._backend.get_default_subnets().get(zone)
        return None if found is None else _subnet(found)

    @property
    def default_vpc(self) -> str:
        """The default VPC's id; empty without one."""
        found = self._backend.get_default_vpc()
        return "" if found is None else str(found.id)

    def vpc_of_group(self, group_id: str) -> str | None:
        """The VPC of the security group with the id; `None` = there is no such group."""
        return next((vpc for vpc, group in self._groups() if group.id == group_id), None)

    def group_named(self, name: str) -> bool:
        """Whether the default VPC has a security group of that name."""
        wanted = self.default_vpc
        return any(vpc == wanted and group.name == name for vpc, group in self._groups())

    def _groups(self) -> Iterator[tuple[str, Any]]:
        for vpc, by_id in list(self._backend.groups.items()):
            for group in list(by_id.values()):
                yield str(vpc or ""), group

    def zones(self) -> list[str]:
        """The Region's zones."""
        return sorted(zone.name for zone in self._backend.describe_availability_zones())

    def running(self) -> list[Running]:
        """The instances that count against quotas."""
        reservations = list(self._backend.reservations.values())
        return [
            Running(str(one.instance_type), one.lifecycle == "spot")
            for reservation in reservations
            for one in list(reservation.instances)
            if one.state in _COUNTED
        ]

    def instance(self, instance_id: str) -> Any | None:
        """moto's instance of the id."""
        return self._backend.get_instance_by_id(instance_id)

    def volume(self, volume_id: str) -> Any | None:
        """moto's volume of the id."""
        return self._backend.volumes.get(volume_id)


def type_record(name: str) -> Params | None:
    """The record of DescribeInstanceTypes of a type; `None` = there is no such type."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    return INSTANCE_TYPES.get(name)


def zones_offering(region: str, type_name: str) -> list[str]:
    """The zones of a Region that offer a type, by name."""
    from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

    offerings = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, ())
    return sorted(str(one["Location"]) for one in offerings if one["InstanceType"] == type_name)


def _subnet(found: Any) -> Subnet:
    return Subnet(
        str(found.id), str(found.vpc_id), str(found.availability_zone), int(found.available_ip_address_count)
    )
