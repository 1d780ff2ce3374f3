"""Where a launch goes: zone, subnet and security groups, which must fit together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.demo.cloud.launching.rules import refusal

if TYPE_CHECKING:
    from amitui.demo.cloud.launching.account import AccountState, Subnet
    from amitui.demo.cloud.model import Params

_GROUP_ID: Final = re.compile(r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class Wanted(NamedTuple):
    """The network that a launch asks for."""

    subnet_id: str
    groups: tuple[str, ...]
    """Ids."""
    names: tuple[str, ...]
    """Of security groups."""
    zone: str


def wanted_network(params: Params) -> Wanted:
    """The network of a request, of the instance or of its first interface.

    Raises:
        CloudError: both say it.
    """
    interfaces = params.get("NetworkInterfaces") or []
    groups, names = params.get("SecurityGroupIds") or [], params.get("SecurityGroups") or []
    subnet = str(params.get("SubnetId", ""))
    if interfaces and subnet:
        raise refusal("interfaces-with-subnet")
    if interfaces and (groups or names):
        raise refusal("interfaces-with-groups")
    if names and subnet:
        raise refusal("group-name-with-subnet")
    indices = [interface.get("DeviceIndex") for interface in interfaces]
    if interfaces and (0 not in indices or None in indices or len(set(indices)) < len(indices)):
        raise refusal("interface-index")
    for interface in interfaces:
        subnet = subnet or str(interface.get("SubnetId", ""))
        groups = [*groups, *(interface.get("Groups") or ())]
    zone = str((params.get("Placement") or {}).get("AvailabilityZone", ""))
    return Wanted(subnet, tuple(groups), tuple(names), zone)


def named_zone(wanted: Wanted, account: AccountState) -> str:
    """The zone that a request names, itself or by its subnet; empty for none.

    Raises:
        CloudError: there is no such zone or subnet, or they contradict each other.
    """
    if wanted.zone and wanted.zone not in account.zones():
        raise refusal("zone-unknown", zone=wanted.zone)
    if not wanted.subnet_id:
        return wanted.zone
    subnet = account.subnet(wanted.subnet_id)
    if subnet is None:
        raise refusal("subnet-unknown", subnet=wanted.subnet_id)
    if wanted.zone and wanted.zone != subnet.zone:
        raise refusal("zone-of-other-subnet", subnet=subnet.subnet_id, actual=subnet.zone, zone=wanted.zone)
    return subnet.zone


def fitting_subnet(wanted: Wanted, zone: str, account: AccountState) -> Subnet:
    """The subnet into which is launched: the request's, or the zone's of the default VPC.

    Raises:
        CloudError: there is none, or a security group does not exist or is of another VPC.
    """
    subnet = account.subnet(wanted.subnet_id) if wanted.subnet_id else account.default_subnet(zone)
    if subnet is None:
        default = account.default_vpc
        raise refusal("no-default-subnet", vpc=default) if default else refusal("no-default-vpc")
    for group in wanted.groups:
        if not _GROUP_ID.fullmatch(group):
            raise refusal("group-id-malformed", group=group)
        vpc = account.vpc_of_group(group)
        if vpc is None:
            raise refusal("group-unknown", group=group)
        if vpc != subnet.vpc_id:
            raise refusal("networks-differ", group=group, subnet=subnet.subnet_id)
    for name in wanted.names:
        if not account.group_named(name):
            raise refusal("group-name-unknown", group=name, vpc=account.default_vpc)
    return subnet
