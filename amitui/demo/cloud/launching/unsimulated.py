"""What EC2 takes at a launch and the demo does not simulate: it refuses it rather than launch without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
        "InstanceRequirements",
        "KernelId",
        "LicenseSpecifications",
        "RamDiskId",
        "RamdiskId",
        "SecondaryInterfaces",
    }
)
"""Of RunInstances and of launch templates."""
_SWITCHES: Final = (("EnclaveOptions", "Enabled"), ("HibernationOptions", "Configured"))
_PLACED_BY: Final = frozenset({"AvailabilityZone", "Tenancy"})
_SHARED: Final = "default"


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
    if any("NetworkInterfaceId" in one for one in params.get("NetworkInterfaces") or ()):
        yield "NetworkInterfaceId"
