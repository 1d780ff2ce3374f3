"""Attributes of images: reading each of them, and changing the three that can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import check_description, invalid, require
from amitui.demo.seed.records import without_milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.model import CloudImage, Params
    from amitui.demo.cloud.sharing import Sharing
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_ATTRIBUTES: Final[dict[str, str]] = {
    "description": "Description",
    "kernel": "KernelId",
    "ramdisk": "RamdiskId",
    "launchPermission": "",
    "productCodes": "ProductCodes",
    "blockDeviceMapping": "",
    "sriovNetSupport": "SriovNetSupport",
    "bootMode": "BootMode",
    "tpmSupport": "TpmSupport",
    "uefiData": "UefiData",
    "lastLaunchedTime": "LastLaunchedTime",
    "imdsSupport": "ImdsSupport",
    "deregistrationProtection": "DeregistrationProtection",
}
"""Attribute → member, of the record and of the answer alike."""

_CHANGEABLE: Final = {
    "description": "Description",
    "imdsSupport": "ImdsSupport",
    "launchPermission": "LaunchPermission",
}
"""Attribute → the parameter that changes it without naming it."""

_CHANGED_WHILE: Final = ("available", "disabled")


class Attributes:
    """DescribeImageAttribute, ModifyImageAttribute and ResetImageAttribute."""

    def __init__(self, world: World, sharing: Sharing) -> None:
        self._world = world
        self._sharing = sharing

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "DescribeImageAttribute": self.describe,
            "ModifyImageAttribute": self.modify,
            "ResetImageAttribute": self.reset,
        }

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeImageAttribute: for owners only."""
        image_id, attribute = str(params.get("ImageId", "")), str(params.get("Attribute", ""))
        if attribute not in _ATTRIBUTES:
            raise invalid(f"Value ({attribute}) for parameter attribute is invalid.")
        image = self._world.own_image(caller, image_id)
        if attribute == "blockDeviceMapping":
            raise CloudError("AuthFailure", f"Not authorized for image:{image_id}", 403)
        answer: Params = {"ImageId": image_id}
        member = _ATTRIBUTES[attribute]
        if attribute == "launchPermission":
            answer["LaunchPermissions"] = image.launch_permissions()
        elif attribute == "productCodes":
            answer[member] = image.record.get(member, [])
        else:
            value = image.record.get(member)
            if attribute == "lastLaunchedTime":
                value = without_milliseconds(value)
            answer[member] = {} if value is None else {"Value": value}
        return answer

    def modify(self, caller: Caller, params: Params) -> Params:
        """ModifyImageAttribute: one attribute at a time."""
        require(params, "ImageId")
        attribute = _attribute(params)
        image = self._world.own_image(caller, params["ImageId"], *_CHANGED_WHILE)
        if attribute == "launchPermission":
            self._sharing.modify(caller, image, params)
        else:
            value = params.get(_CHANGEABLE[attribute], {}).get("Value", params.get("Value", ""))
            _set_text(image, attribute, value)
        return {"Return": True}

    def reset(self, caller: Caller, params: Params) -> Params:
        """ResetImageAttribute: the image becomes private."""
        require(params, "ImageId", "Attribute")
        if params["Attribute"] != "launchPermission":
            raise invalid(f"Value ({params['Attribute']}) for parameter attribute is invalid.")
        image = self._world.own_image(caller, params["ImageId"], *_CHANGED_WHILE)
        image.update(Public=False)
        image.shared_with = ()
        return {"Return": True}


def _attribute(params: Params) -> str:
    """Which attribute a request is about, named or not.

    Raises:
        CloudError: it is about none, about several, or about one that cannot be changed.
    """
    named = params.get("Attribute")
    if named is not None and named not in _CHANGEABLE:
        raise invalid(f"Value ({named}) for parameter attribute is invalid: it cannot be changed.")
    meant = {attribute for attribute, parameter in _CHANGEABLE.items() if parameter in params}
    if named is not None:
        meant.add(named)
    if not meant:
        raise CloudError("MissingParameter", "The request must contain the parameter attribute")
    if len(meant) > 1:
        raise CloudError("InvalidParameterCombination", "Only one attribute can be changed at a time.")
    return meant.pop()


def _set_text(image: CloudImage, attribute: str, value: str) -> None:
    if attribute == "description":
        check_description(value)
        image.update(Description=value)
        return
    if value != "v2.0":
        raise invalid(f"Value ({value}) for parameter imdsSupport is invalid: it can be set to v2.0 only.")
    image.update(ImdsSupport=value)
