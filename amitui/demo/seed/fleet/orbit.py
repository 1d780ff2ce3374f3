"""The fleet of the second account: it launches what the main account shares with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.demo.seed.fleet.plan import FleetPlan, InstancePlan, TemplatePlan

if TYPE_CHECKING:
    from amitui.demo.seed.fleet.pick import Pick

_SHARED = "acme-base-al2023-x86_64"


def orbit_fleet(pick: Pick) -> FleetPlan:
    """Three instances and a template; two of the instances and the template are of the main account's images."""
    shared = pick.build(_SHARED, 0)
    if not shared:
        return FleetPlan()
    return FleetPlan(
        templates=(TemplatePlan("orbit-worker", ({"ImageId": shared, "InstanceType": "t3.small"},)),),
        instances=(
            InstancePlan("orbit-worker-1", shared, days=4),
            InstancePlan("orbit-worker-2", pick.build(_SHARED, 1), days=12),
            InstancePlan("orbit-db", pick.build("orbit-private-01", 0), days=15),
        ),
    )
