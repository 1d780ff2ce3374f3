"""An instance refresh: what it is to do, how far it is, and how it is described.

Source of the members, the states and the defaults: StartInstanceRefresh, RefreshPreferences and InstanceRefresh in
the API reference of EC2 Auto Scaling.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from amitui.demo.cloud.autoscaling.model import Member
    from amitui.demo.cloud.model import Params

ACTIVE: Final = frozenset({"Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking"})
"""States in which no other refresh of the group can begin."""
_CHECKPOINT_DELAY: Final = 3600
_MIN_HEALTHY: Final = 90


@dataclass(slots=True)
class Refresh:
    """One instance refresh of a group."""

    refresh_id: str
    group: str
    preferences: Params
    desired: Params
    """DesiredConfiguration; empty = what the group has."""
    before: Params
    """The group's source when it began: where a roll back leads."""
    started: float
    """Epoch seconds."""
    status: str = "Pending"
    reason: str = ""
    ended: float | None = None
    waiting: list[Member] = field(default_factory=list)
    """Instances that are to be replaced and are still there."""
    replaced: list[Member] = field(default_factory=list)
    """Instances that took the place of others, and are ready."""
    total: int = 0
    """How many there were to replace."""
    in_flight: int = 0
    """Replacements under way."""
    checkpoints_passed: int = 0
    rollback: Params | None = None
    """RollbackDetails, once a roll back has begun."""
    attempts: int = 0
    """Launches that failed one after the other."""

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def rolling_back(self) -> bool:
        return self.rollback is not None

    @property
    def warmup(self) -> int:
        """Seconds from a new instance's service until the next is replaced."""
        return int(self.preferences.get("InstanceWarmup", 0))

    @property
    def percentage(self) -> int:
        """PercentageComplete; goes down while it is rolled back."""
        if self.total == 0:
            return 100 if self.status in ("Successful", "Baking") else 0
        return 100 * len(self.replaced) // self.total

    def next_checkpoint(self) -> int | None:
        """How many instances are replaced at the next checkpoint; `None` = there is no other."""
        percentages = self.preferences.get("CheckpointPercentages") or ()
        if self.checkpoints_passed >= len(percentages) or self.rolling_back:
            return None
        return ceil(self.total * int(percentages[self.checkpoints_passed]) / 100)

    @property
    def is_last_checkpoint(self) -> bool:
        """Whether no other checkpoint follows those that were passed."""
        percentages = self.preferences.get("CheckpointPercentages") or ()
        return bool(percentages) and self.checkpoints_passed >= len(percentages)

    @property
    def checkpoint_delay(self) -> int:
        """Seconds."""
        return int(self.preferences.get("CheckpointDelay", _CHECKPOINT_DELAY))

    def batch(self, desired: int) -> tuple[int, bool]:
        """How many instances are replaced at once, and whether the new ones are launched before the old ones go.

        Args:
            desired: the group's capacity.
        """
        least = int(self.preferences.get("MinHealthyPercentage", _MIN_HEALTHY))
        most = int(self.preferences.get("MaxHealthyPercentage", 100))
        below = desired - ceil(desired * least / 100)
        above = desired * most // 100 - desired
        # Where both limits leave no room, one is launched ahead; without an upper limit one goes at the same time.
        launch_first = "MaxHealthyPercentage" in self.preferences and (above > 0 or below == 0)
        return max(1, below + above), launch_first

    def described(self) -> Params:
        """In the shape of DescribeInstanceRefreshes."""
        entry: dict[str, Any] = {
            "InstanceRefreshId": self.refresh_id,
            "AutoScalingGroupName": self.group,
            "Status": self.status,
            "StatusReason": self.reason or None,
            "StartTime": self.started,
            "EndTime": self.ended,
            "PercentageComplete": self.percentage,
            "InstancesToUpdate": self.total - len(self.replaced),
            "Preferences": self.preferences,
            "DesiredConfiguration": self.desired or None,
            "RollbackDetails": self.rollback,
            "Strategy": "Rolling",
        }
        return {name: value for name, value in entry.items() if value is not None}
