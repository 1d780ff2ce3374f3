"""The operations on instance refreshes, and what they are refused for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.autoscaling.model import scaling_error
from amitui.demo.cloud.autoscaling.pages import records_page
from amitui.demo.cloud.autoscaling.refresh import Refresh
from amitui.demo.cloud.autoscaling.rolling import Rolling
from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.records import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.autoscaling.capacity import Capacity
    from amitui.demo.cloud.autoscaling.model import Group, ScalingStore
    from amitui.demo.cloud.autoscaling.sources import LaunchSources
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_MOST_ALARMS: Final = 10
_RANGES: Final = {
    "MinHealthyPercentage": (0, 100),
    "MaxHealthyPercentage": (100, 200),
    "InstanceWarmup": (-1, 172_800),
    "CheckpointDelay": (0, 172_800),
    "BakeTime": (0, 172_800),
}
"""Source: RefreshPreferences in the API reference; two days are the documented most of the delays."""
_NO_ROLLBACK: Final = (
    "A rollback needs a desired configuration, launch templates with a version number, and images named by "
    "their ids."
)


class Refreshes:
    """What clients do with instance refreshes."""

    def __init__(self, world: World, store: ScalingStore, sources: LaunchSources, capacity: Capacity) -> None:
        self._world = world
        self._store = store
        self._sources = sources
        self._rolling = Rolling(world, store, sources, capacity)

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "StartInstanceRefresh": self.start,
            "CancelInstanceRefresh": self.cancel,
            "RollbackInstanceRefresh": self.roll_back,
            "DescribeInstanceRefreshes": self.describe,
        }

    def binds(self, caller: Caller, name: str) -> bool:
        """Whether a refresh with a desired configuration is under way in a group."""
        active = self._active(caller, name)
        return active is not None and bool(active.desired)

    def _active(self, caller: Caller, name: str) -> Refresh | None:
        return next((one for one in self._of(caller, name) if one.active), None)

    def _of(self, caller: Caller, name: str) -> list[Refresh]:
        found: list[Refresh] = self._store.of(caller).refreshes.setdefault(name, [])
        return found

    def start(self, caller: Caller, params: Params) -> Params:
        """StartInstanceRefresh."""
        group = self._group(caller, params)
        if self._active(caller, group.name) is not None:
            words = "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh."
            raise CloudError("InstanceRefreshInProgress", words)
        if params.get("Strategy", "Rolling") != "Rolling":
            raise scaling_error("The demo's cloud simulates the strategy Rolling only.")
        desired = self._sources.named(caller, params.get("DesiredConfiguration") or {})
        preferences = self._preferences(group, params.get("Preferences") or {})
        if "LaunchConfigurationName" in group.source and preferences.get("SkipMatching") and not desired:
            raise scaling_error("Skip matching cannot be used with a launch configuration.")
        self._sources.origins(caller, desired or group.source)
        serial = str(len(self._of(caller, group.name)))
        unique = digest("refresh", caller.account, caller.region, group.name, serial, self._world.stamp())
        refresh = Refresh(
            f"{unique[:8]}-{unique[8:12]}-{unique[12:16]}-{unique[16:20]}-{unique[20:32]}",
            group.name,
            preferences,
            desired,
            group.source,
            self._world.now(),
        )
        if preferences.get("AutoRollback") and not self._can_roll_back(caller, refresh):
            raise scaling_error(f"AutoRollback cannot be enabled. {_NO_ROLLBACK}")
        self._of(caller, group.name).append(refresh)
        self._rolling.begin(caller, group, refresh)
        return {"InstanceRefreshId": refresh.refresh_id}

    def _preferences(self, group: Group, given: Params) -> dict[str, Any]:
        for name, (least, most) in _RANGES.items():
            if name in given and not least <= given[name] <= most:
                raise scaling_error(f"Value {given[name]} of {name} is not between {least} and {most}.")
        if "MaxHealthyPercentage" in given:
            if "MinHealthyPercentage" not in given:
                raise scaling_error("MaxHealthyPercentage needs MinHealthyPercentage.")
            if given["MaxHealthyPercentage"] - given["MinHealthyPercentage"] > 100:
                words = "The difference between MaxHealthyPercentage and MinHealthyPercentage is greater than 100."
                raise scaling_error(words)
        percentages = given.get("CheckpointPercentages") or []
        if sorted(set(percentages)) != percentages or any(not 1 <= one <= 100 for one in percentages):
            raise scaling_error("CheckpointPercentages must be unique numbers from 1 to 100 in ascending order.")
        if "CheckpointDelay" in given and not percentages:
            raise scaling_error("CheckpointDelay needs CheckpointPercentages.")
        if len((given.get("AlarmSpecification") or {}).get("Alarms") or ()) > _MOST_ALARMS:
            raise scaling_error(f"At most {_MOST_ALARMS} alarms can be specified.")
        settings = group.settings
        warmup = settings.get("DefaultInstanceWarmup", settings.get("HealthCheckGracePeriod", 0))
        defaults = {"MinHealthyPercentage": 90, "InstanceWarmup": warmup, "SkipMatching": False}
        return defaults | {"AutoRollback": False} | given

    def _can_roll_back(self, caller: Caller, refresh: Refresh) -> bool:
        sources = (refresh.before, refresh.desired)
        return bool(refresh.desired) and all(self._sources.rolls_back(caller, one) for one in sources)

    def cancel(self, caller: Caller, params: Params) -> Params:
        """CancelInstanceRefresh, of a roll back too."""
        refresh = self._running(caller, params)
        wait = params.get("WaitForTransitioningInstances") is not False
        self._rolling.cancel(refresh, wait=wait)
        return {"InstanceRefreshId": refresh.refresh_id}

    def roll_back(self, caller: Caller, params: Params) -> Params:
        """RollbackInstanceRefresh."""
        refresh = self._running(caller, params)
        if refresh.rolling_back:
            raise scaling_error("The instance refresh is being rolled back already.")
        if not self._can_roll_back(caller, refresh):
            raise CloudError("IrreversibleInstanceRefresh", _NO_ROLLBACK)
        self._rolling.roll_back(
            caller, self._group(caller, params), refresh, "Rollback initiated by user request."
        )
        return {"InstanceRefreshId": refresh.refresh_id}

    def _running(self, caller: Caller, params: Params) -> Refresh:
        group = self._group(caller, params)
        refresh = self._active(caller, group.name)
        if refresh is None or refresh.status == "Cancelling":
            words = "No in progress or pending Instance Refresh found for Auto Scaling group "
            raise CloudError("ActiveInstanceRefreshNotFound", words + group.name)
        return refresh

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeInstanceRefreshes: the newest first."""
        group = self._group(caller, params)
        ids = params.get("InstanceRefreshIds", [])
        chosen = [one for one in reversed(self._of(caller, group.name)) if not ids or one.refresh_id in ids]
        return records_page("InstanceRefreshes", chosen, caller, params, Refresh.described)

    def _group(self, caller: Caller, params: Params) -> Group:
        return self._store.of(caller).group(str(params.get("AutoScalingGroupName", "")))
