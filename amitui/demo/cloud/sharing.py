"""Who may launch an image: accounts, organizations, everyone; and the account's guard against everyone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.keys import is_default_key
from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.lifecycle import last_public_deprecation
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import ACCOUNT_ID, invalid, require
from amitui.demo.cloud.world import unavailable
from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.demo.seed.records import minute_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from amitui.demo.cloud.model import CloudImage, Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_EVERYONE: Final = "all"
_MOST_ITEMS: Final = 10_000
_BLOCK_TAKES: Final = 60.0
"""Seconds of EC2's work until Block Public Access is what it was set to; EC2 says up to ten minutes."""
_BLOCKED: Final = "block-new-sharing"
_UNBLOCKED: Final = "unblocked"
_DECLARED: Final = frozenset({(MAIN_ACCOUNT, "ap-southeast-2")})
"""Accounts and regions in which a declarative policy blocks public access, and nobody can change it."""

_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:organizations::[0-9]{12}:"
    r"(?:organization/o-[a-z0-9]{10,32}|ou/o-[a-z0-9]{10,32}/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})"
)
_ITEM_MEMBERS: Final = ("UserId", "Group", "OrganizationArn", "OrganizationalUnitArn")
_LIST_MEMBERS: Final = {
    "UserIds": "UserId",
    "UserGroups": "Group",
    "OrganizationArns": "OrganizationArn",
    "OrganizationalUnitArns": "OrganizationalUnitArn",
}


class Sharing:
    """Launch permissions, and Block Public Access."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._block_states: dict[tuple[str, str], str] = {}

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "CancelImageLaunchPermission": self.cancel,
            "GetImageBlockPublicAccessState": self.block_state,
            "EnableImageBlockPublicAccess": self.block,
            "DisableImageBlockPublicAccess": self.unblock,
        }

    def modify(self, caller: Caller, image: CloudImage, params: Params) -> None:
        """Add and remove launch permissions of the caller's image: all of the request, or nothing.

        Raises:
            CloudError: a grantee that is none, or a rule against sharing with it.
        """
        if image.state != "available":
            raise unavailable(image.image_id, image.state)
        added, removed = _changes(params)
        shares = [grantee for grantee in image.shared_with if grantee not in removed]
        shares += [grantee for grantee in added if grantee not in shares and grantee != _EVERYONE]
        public = (image.public and _EVERYONE not in removed) or _EVERYONE in added
        if added:
            _check_keys(image)
        if public and not image.public:
            self._check_may_be_public(caller, image)
        if len(shares) > self._world.quotas.shares and len(shares) > len(image.shared_with):
            raise CloudError(
                "ResourceLimitExceeded",
                f"An image can be shared with at most {self._world.quotas.shares} entities.",
            )
        image.shared_with = tuple(shares)
        if public and not image.public:
            latest = minute_stamp(int(last_public_deprecation(image).timestamp()))
            image.update(DeprecationTime=min(str(image.record.get("DeprecationTime", latest)), latest))
        image.update(Public=public)

    def _check_may_be_public(self, caller: Caller, image: CloudImage) -> None:
        if self._state(caller) == _BLOCKED:
            raise refusal("public-image-blocked")
        record = image.record
        if any(mapping.get("Ebs", {}).get("Encrypted") for mapping in record.get("BlockDeviceMappings", ())):
            raise CloudError("InvalidParameter", "An image with encrypted snapshots can't be made public.")
        if record.get("ProductCodes"):
            raise CloudError("InvalidParameter", "An image with product codes can't be made public.")
        if record.get("ImageWatermarks"):
            raise CloudError("InvalidParameter", "An image with watermarks can't be made public.")
        owned = self._world.region(caller.region).owned(caller.account)
        if sum(other.public for other in owned) >= self._world.quotas.public_images:
            raise refusal("public-image-quota", quota=self._world.quotas.public_images)

    def cancel(self, caller: Caller, params: Params) -> Params:
        """CancelImageLaunchPermission: leave a share that was given to this very account."""
        require(params, "ImageId")
        image = self._world.seen_image(caller, params["ImageId"])
        if caller.account not in image.shared_with or image.owner == caller.account:
            raise CloudError(
                "OperationNotPermitted",
                f"The image '{image.image_id}' is not shared with the account {caller.account} itself.",
            )
        image.shared_with = tuple(grantee for grantee in image.shared_with if grantee != caller.account)
        return {"Return": True}

    def block_state(self, caller: Caller, _: Params) -> Params:
        """GetImageBlockPublicAccessState."""
        declared = (caller.account, caller.region) in _DECLARED
        managed_by = "declarative-policy" if declared else "account"
        return {"ImageBlockPublicAccessState": self._state(caller), "ManagedBy": managed_by}

    def block(self, caller: Caller, params: Params) -> Params:
        """EnableImageBlockPublicAccess: images that are public stay so."""
        require(params, "ImageBlockPublicAccessState")
        if params["ImageBlockPublicAccessState"] != _BLOCKED:
            raise invalid("The only value for parameter imageBlockPublicAccessState is block-new-sharing.")
        return self._change(caller, _BLOCKED)

    def unblock(self, caller: Caller, _: Params) -> Params:
        """DisableImageBlockPublicAccess."""
        return self._change(caller, _UNBLOCKED)

    def _change(self, caller: Caller, state: str) -> Params:
        whose = (caller.account, caller.region)
        if whose in _DECLARED:
            raise CloudError(
                "OperationNotPermitted",
                "Block public access for AMIs is managed by a declarative policy in this Region.",
            )
        self._world.agenda.at(
            self._world.clock.after(_BLOCK_TAKES), lambda: self._block_states.update({whose: state})
        )
        return {"ImageBlockPublicAccessState": state}

    def _state(self, caller: Caller) -> str:
        """The state in force: on from the beginning for accounts that had no public images."""
        whose = (caller.account, caller.region)
        if whose in _DECLARED:
            return _BLOCKED
        had_public = caller.account in self._world.region(caller.region).first_public
        return self._block_states.get(whose, _UNBLOCKED if had_public else _BLOCKED)


def _changes(params: Params) -> tuple[list[str], list[str]]:
    """Whom a request adds and whom it removes, in either of the two ways to say it."""
    changes = params.get("LaunchPermission", {})
    added, removed = _grantees(changes.get("Add", ())), _grantees(changes.get("Remove", ()))
    listed = _grantees({member: value} for name, member in _LIST_MEMBERS.items() for value in params.get(name, ()))
    if listed:
        operation = params.get("OperationType")
        if operation not in {"add", "remove"}:
            raise invalid(f"Value ({operation}) for parameter operationType is invalid.")
        (added if operation == "add" else removed).extend(listed)
    if not added and not removed:
        raise CloudError("MissingParameter", "The request must contain the parameter launchPermission")
    if len(added) + len(removed) > _MOST_ITEMS:
        raise invalid(f"At most {_MOST_ITEMS} launch permissions can be changed at a time.")
    return added, removed


def _grantees(items: Iterable[Mapping[str, str]]) -> list[str]:
    found: list[str] = []
    for item in items:
        for member in _ITEM_MEMBERS:
            if member in item:
                _check_grantee(member, item[member])
                found.append(item[member])
    return found


def _check_grantee(member: str, value: str) -> None:
    if member == "UserId":
        fits = bool(ACCOUNT_ID.fullmatch(value))
    elif member == "Group":
        fits = value == _EVERYONE
    else:
        fits = bool(_ARN.fullmatch(value)) and (":ou/" in value) == (member == "OrganizationalUnitArn")
    if not fits:
        raise CloudError(
            "InvalidAMIAttributeItemValue",
            f'Invalid attribute item value "{value}" for {member[0].lower()}{member[1:]} item type.',
        )


def _check_keys(image: CloudImage) -> None:
    """Refuse to share what nobody else can decrypt."""
    for mapping in image.record.get("BlockDeviceMappings", ()):
        volume = mapping.get("Ebs", {})
        if volume.get("Encrypted") and is_default_key(volume.get("KmsKeyId", "")):
            raise CloudError("InvalidParameter", "Snapshots encrypted with the AWS Managed CMK can't be shared")
