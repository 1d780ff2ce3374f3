"""Who may read a snapshot: its createVolumePermission, without which others launch an image but cannot copy it.

`block-all-sharing` also hides what is public already; here it stays readable, and nothing more becomes so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.keys import is_default_key
from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import ACCOUNT_ID, invalid, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from amitui.demo.cloud.model import CloudImage, CloudSnapshot, Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_PERMISSION: Final = "createVolumePermission"
_EVERYONE: Final = "all"
_UNBLOCKED: Final = "unblocked"
_BLOCKING: Final = frozenset({"block-all-sharing", "block-new-sharing"})


class SnapshotSharing:
    """DescribeSnapshotAttribute, ModifySnapshotAttribute and ResetSnapshotAttribute; owners alone may ask.

    A snapshot is shared with accounts and with everyone, never with an organization. EC2 refuses to share one that
    the default key encrypts, and to make an encrypted one public.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._block_states: dict[tuple[str, str], str] = {}

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "DescribeSnapshotAttribute": self.describe,
            "ModifySnapshotAttribute": self.modify,
            "ResetSnapshotAttribute": self.reset,
            "GetSnapshotBlockPublicAccessState": self.block_state,
            "EnableSnapshotBlockPublicAccess": self.block,
            "DisableSnapshotBlockPublicAccess": self.unblock,
        }

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeSnapshotAttribute."""
        require(params, "SnapshotId", "Attribute")
        snapshot = self._world.own_snapshot(caller, params["SnapshotId"])
        answer: Params = {"SnapshotId": snapshot.snapshot_id}
        if params["Attribute"] == "productCodes":
            return answer | {"ProductCodes": snapshot.record.get("ProductCodes", [])}
        _check_attribute(params["Attribute"])
        permissions = [{"Group" if one == _EVERYONE else "UserId": one} for one in snapshot.readers]
        return answer | {"CreateVolumePermissions": permissions}

    def modify(self, caller: Caller, params: Params) -> Params:
        """ModifySnapshotAttribute: all of the request, or nothing."""
        require(params, "SnapshotId")
        _check_attribute(params.get("Attribute", _PERMISSION))
        snapshot = self._world.own_snapshot(caller, params["SnapshotId"])
        added, removed = _changes(params)
        if _EVERYONE in added and self._state(caller) != _UNBLOCKED:
            raise refusal("public-snapshot-blocked")
        if added:
            _check_may_be_read(snapshot, added)
        readers = [reader for reader in snapshot.readers if reader not in removed]
        snapshot.readers = (*readers, *(one for one in dict.fromkeys(added) if one not in readers))
        return {}

    def reset(self, caller: Caller, params: Params) -> Params:
        """ResetSnapshotAttribute: the snapshot becomes private."""
        require(params, "SnapshotId", "Attribute")
        _check_attribute(params["Attribute"])
        self._world.own_snapshot(caller, params["SnapshotId"]).readers = ()
        return {}

    def block_state(self, caller: Caller, _: Params) -> Params:
        """GetSnapshotBlockPublicAccessState: nothing is blocked until someone does."""
        return {"State": self._state(caller), "ManagedBy": "account"}

    def block(self, caller: Caller, params: Params) -> Params:
        """EnableSnapshotBlockPublicAccess."""
        state = str(params.get("State", ""))
        if state not in _BLOCKING:
            raise invalid(f"Value ({state}) for parameter state is invalid.")
        self._block_states[caller.account, caller.region] = state
        return {"State": state}

    def unblock(self, caller: Caller, _: Params) -> Params:
        """DisableSnapshotBlockPublicAccess."""
        self._block_states.pop((caller.account, caller.region), None)
        return {"State": _UNBLOCKED}

    def _state(self, caller: Caller) -> str:
        return self._block_states.get((caller.account, caller.region), _UNBLOCKED)


def storage_is_shared(world: World, region: str, image: CloudImage, account: str) -> bool:
    """Whether an account may read every snapshot of an image."""
    snapshots = world.region(region).snapshots
    readers = [snapshots[one].readers for one in image.snapshot_ids if one in snapshots]
    return bool(readers) and all(account in some or _EVERYONE in some for some in readers)


def _check_attribute(attribute: str) -> None:
    if attribute != _PERMISSION:
        raise invalid(f"Value ({attribute}) for parameter attribute is invalid.")


def _check_may_be_read(snapshot: CloudSnapshot, added: Iterable[str]) -> None:
    if not snapshot.record.get("Encrypted"):
        return
    if is_default_key(str(snapshot.record.get("KmsKeyId") or "")):
        raise CloudError("InvalidParameter", "Encrypted snapshots with EBS default key cannot be shared")
    if _EVERYONE in added:
        raise CloudError("InvalidParameter", "Encrypted snapshots cannot be made public")


def _changes(params: Params) -> tuple[list[str], list[str]]:
    """Whom a request adds and whom it removes, in either of the two ways to say it."""
    permission = params.get("CreateVolumePermission", {})
    added, removed = _readers(permission.get("Add", ())), _readers(permission.get("Remove", ()))
    listed = _readers(
        [
            *({"UserId": one} for one in params.get("UserIds", ())),
            *({"Group": one} for one in params.get("GroupNames", ())),
        ]
    )
    if listed:
        operation = params.get("OperationType")
        if operation not in {"add", "remove"}:
            raise invalid(f"Value ({operation}) for parameter operationType is invalid.")
        (added if operation == "add" else removed).extend(listed)
    if not added and not removed:
        raise CloudError("MissingParameter", "The request must contain the parameter createVolumePermission")
    return added, removed


def _readers(items: Iterable[Mapping[str, str]]) -> list[str]:
    found = []
    for item in items:
        account, group = item.get("UserId"), item.get("Group")
        if account is not None and not ACCOUNT_ID.fullmatch(account):
            raise CloudError("InvalidParameterValue", f"Value ({account}) for parameter userId is invalid.")
        if group is not None and group != _EVERYONE:
            raise CloudError("InvalidParameterValue", f"Value ({group}) for parameter group is invalid.")
        found += [one for one in (account, group) if one]
    return found
