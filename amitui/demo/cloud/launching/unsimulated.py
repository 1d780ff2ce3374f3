"""What EC2 takes at a launch and the demo does not simulate: it refuses it rather than launch without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.launching.access import TAGGABLE
from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.demo.cloud.model import Params

PARAMETERS: Final = frozenset(
    {
        "CapacityReservationSpecification",
        "CpuOptions",
        "ElasticGpuSpecification",
        "ElasticGpuSpecifications",
        "ElasticInferenceAccelerators",
        "EnablePrimaryIpv6",
        "InstanceRequirements",
        "Ipv6AddressCount",
        "Ipv6Addresses",
        "KernelId",
        "LicenseSpecifications",
        "PrivateIpAddress",
        "RamDiskId",
        "RamdiskId",
        "SecondaryInterfaces",
    }
)
"""Of RunInstances and of launch templates."""
_SWITCHES: Final = (("EnclaveOptions", "Enabled"), ("HibernationOptions", "Configured"))
_PLACED_BY: Final = frozenset({"AvailabilityZone", "Tenancy"})
_SHARED: Final = "default"
_OF_INTERFACES: Final = frozenset(
    {"DeviceIndex", "SubnetId", "Groups", "AssociatePublicIpAddress", "DeleteOnTermination", "Description"}
)
_TAGGED: Final = frozenset({"instance", "volume"})


def check_simulated(params: Params) -> None:
    """Refuse what nothing would come of.

    Raises:
        CloudError: UnsupportedOperation, in the demo's own words.
    """
    named = next(_unsimulated(params), "")
    if named:
        raise CloudError("UnsupportedOperation", f"The demo's cloud does not simulate {named} of a launch.")


def _unsimulated(params: Params) -> Iterator[str]:
    yield from sorted(PARAMETERS & {name for name, value in params.items() if value})
    for name, switch in _SWITCHES:
        if (params.get(name) or {}).get(switch):
            yield name
    placement: dict[str, Any] = params.get("Placement") or {}
    yield from (f"Placement.{name}" for name in sorted(set(placement) - _PLACED_BY))
    if placement.get("Tenancy", _SHARED) != _SHARED:
        yield "Placement.Tenancy"
    if (params.get("InstanceMarketOptions") or {}).get("MarketType") == "capacity-block":
        yield "the market capacity-block"
    for interface in params.get("NetworkInterfaces") or ():
        yield from (f"NetworkInterfaces.{name}" for name in sorted(set(interface) - _OF_INTERFACES))
    kinds = {str(one.get("ResourceType", "")) for one in params.get("TagSpecifications") or () if one.get("Tags")}
    yield from (f"the tagging of {kind}" for kind in sorted(kinds & TAGGABLE - _TAGGED))
