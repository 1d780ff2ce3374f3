"""The later part of an image's lifecycle: deprecated, disabled, protected, deregistered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import invalid, require
from amitui.demo.seed.records import DAY, minute_stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.model import CloudImage, Params
    from amitui.demo.cloud.recycle_bin import RecycleBin
    from amitui.demo.cloud.world import Region, World
    from amitui.demo.seed.accounts import Caller

COOLDOWN: Final = DAY
"""Seconds for which an image stays protected after its protection with cooldown was switched off."""

_UNPROTECTED: Final = "disabled"
_PROTECTED: Final = "enabled-without-cooldown"
_PROTECTED_WITH_COOLDOWN: Final = "enabled-with-cooldown"
_ROUNDED_UP_FROM: Final = 30
"""Seconds of a minute from which a time counts as the next minute."""


class Lifecycle:
    """The operations that end an image or prevent its end."""

    def __init__(self, world: World, recycle_bin: RecycleBin) -> None:
        self._world = world
        self._bin = recycle_bin

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "DeregisterImage": self.deregister,
            "EnableImageDeregistrationProtection": self.protect,
            "DisableImageDeregistrationProtection": self.unprotect,
            "EnableImageDeprecation": self.deprecate,
            "DisableImageDeprecation": self.undeprecate,
            "DisableImage": self.disable,
            "EnableImage": self.enable,
        }

    def deregister(self, caller: Caller, params: Params) -> Params:
        """DeregisterImage, with a result for each snapshot that was to go with it."""
        image = self._own(caller, params)
        if image.record.get("ImageOwnerAlias") == "aws-backup-vault":
            raise invalid(
                "This image is managed by AWS Backup and cannot be deleted via EC2 APIs. "
                "Delete the recovery point in AWS Backup instead."
            )
        self._check_protection(image)
        region = self._world.region(caller.region)
        self._bin.keep_image(region.name, image)
        self._world.deregister(region, image)
        answer: Params = {"Return": True}
        if params.get("DeleteAssociatedSnapshots"):
            answer["DeleteSnapshotResults"] = [
                {"SnapshotId": snapshot_id, "ReturnCode": self._delete_snapshot(region, caller, snapshot_id)}
                for snapshot_id in image.snapshot_ids
            ]
        return answer

    def _delete_snapshot(self, region: Region, caller: Caller, snapshot_id: str) -> str:
        snapshot = region.snapshots.get(snapshot_id)
        if snapshot is None:
            return "client-error"
        if snapshot.owner != caller.account:
            return "missing-permissions"
        if region.users_of(snapshot_id):
            return "skipped"
        self._bin.keep_snapshot(region.name, snapshot)
        del region.snapshots[snapshot_id]
        return "success"

    def _check_protection(self, image: CloudImage) -> None:
        protection = image.record.get("DeregistrationProtection", _UNPROTECTED)
        if protection != _UNPROTECTED:
            raise CloudError(
                "OperationNotPermitted",
                f"The image '{image.image_id}' has deregistration protection enabled. "
                "Disable it with DisableImageDeregistrationProtection and try again.",
            )
        if image.cooldown_until > self._world.now():
            until = minute_stamp(int(image.cooldown_until))
            raise CloudError(
                "OperationNotPermitted",
                f"The image '{image.image_id}' is in the cooldown period of its deregistration protection "
                f"until {until}.",
            )

    def protect(self, caller: Caller, params: Params) -> Params:
        """EnableImageDeregistrationProtection."""
        image = self._own(caller, params)
        value = _PROTECTED_WITH_COOLDOWN if params.get("WithCooldown") else _PROTECTED
        image.update(DeregistrationProtection=value)
        image.cooldown_until = 0.0
        return {"Return": value}

    def unprotect(self, caller: Caller, params: Params) -> Params:
        """DisableImageDeregistrationProtection: with a cooldown it goes on for a day."""
        image = self._own(caller, params)
        if image.record.get("DeregistrationProtection") == _PROTECTED_WITH_COOLDOWN:
            image.cooldown_until = self._world.now() + COOLDOWN
        image.update(DeregistrationProtection=_UNPROTECTED)
        return {"Return": _UNPROTECTED}

    def deprecate(self, caller: Caller, params: Params) -> Params:
        """EnableImageDeprecation."""
        image = self._own(caller, params, "available", "disabled")
        require(params, "DeprecateAt")
        when = _minute(str(params["DeprecateAt"]))
        now = datetime.fromtimestamp(self._world.now(), UTC)
        if when <= now:
            raise invalid("The value for DeprecateAt must be a time in the future.")
        if when > _years_after(now, 10):
            raise invalid("The value for DeprecateAt must not be more than 10 years from now.")
        if image.public and when > last_public_deprecation(image):
            raise invalid(
                "The value for DeprecateAt of a public image must not be more than 2 years from its creation."
            )
        image.update(DeprecationTime=minute_stamp(int(when.timestamp())))
        return {"Return": True}

    def undeprecate(self, caller: Caller, params: Params) -> Params:
        """DisableImageDeprecation: not for public images, which all have a date."""
        image = self._own(caller, params, "available", "disabled")
        if image.public:
            raise CloudError(
                "OperationNotPermitted",
                f"The deprecation of the public image '{image.image_id}' cannot be cancelled; make it private.",
            )
        image.update(DeprecationTime=None)
        return {"Return": True}

    def disable(self, caller: Caller, params: Params) -> Params:
        """DisableImage: private from now on, and its launch permissions are lost for good."""
        image = self._own(caller, params, "available", "disabled")
        if image.state == "disabled":
            raise CloudError("IncorrectState", f"The image '{image.image_id}' is disabled already.")
        image.update(State="disabled", Public=False)
        image.shared_with = ()
        return {"Return": True}

    def enable(self, caller: Caller, params: Params) -> Params:
        """EnableImage."""
        image = self._own(caller, params, "available", "disabled")
        if image.state != "disabled":
            raise CloudError("IncorrectState", f"The image '{image.image_id}' is not disabled.")
        image.update(State="available")
        return {"Return": True}

    def _own(self, caller: Caller, params: Params, *states: str) -> CloudImage:
        require(params, "ImageId")
        return self._world.own_image(caller, params["ImageId"], *states)


def last_public_deprecation(image: CloudImage) -> datetime:
    """The latest DeprecationTime that a public image can have: two years from its creation."""
    return _years_after(datetime.fromisoformat(str(image.record["CreationDate"])), 2)


def _years_after(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def _minute(text: str) -> datetime:
    """A time of a request in UTC, rounded to the minute as EC2 does."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"Value ({text}) for parameter deprecateAt is invalid: it is not a time.") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    later = timedelta(minutes=1) if moment.second >= _ROUNDED_UP_FROM else timedelta()
    return moment.replace(second=0, microsecond=0) + later
