"""Launch configurations: made, described, deleted, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.autoscaling.model import scaling_error
from amitui.demo.cloud.autoscaling.pages import records_page
from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.records import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.autoscaling.model import ScalingStore
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_NAME: Final = "LaunchConfigurationName"


class Configurations:
    """What clients do with launch configurations."""

    def __init__(self, world: World, store: ScalingStore) -> None:
        self._world = world
        self._store = store

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "CreateLaunchConfiguration": self.create,
            "DescribeLaunchConfigurations": self.describe,
            "DeleteLaunchConfiguration": self.delete,
        }

    def create(self, caller: Caller, params: Params) -> Params:
        """CreateLaunchConfiguration: its image has to be there."""
        name = str(params.get(_NAME, ""))
        configurations = self._store.of(caller).configurations
        if name in configurations:
            words = "Launch Configuration by this name already exists - One exists with the name"
            raise CloudError("AlreadyExists", f"{words} {name}")
        if params.get("InstanceId"):
            raise scaling_error("The demo's cloud does not make a launch configuration of an instance.")
        if not params.get("ImageId") or not params.get("InstanceType"):
            raise scaling_error(
                "Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType "
                "parameters."
            )
        image_id = str(params["ImageId"])
        image = self._world.region(caller.region).find(image_id)
        if image is None or not image.visible_to(caller.account):
            raise scaling_error(f"AMI cannot be described - The image id '[{image_id}]' does not exist")
        configurations[name] = configuration_of(caller, params, int(self._world.now()))
        return {}

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeLaunchConfigurations; names that there are not are left out."""
        names = params.get("LaunchConfigurationNames", [])
        configurations = self._store.of(caller).configurations
        listed = [configurations[name] for name in sorted(configurations) if not names or name in names]
        return records_page("LaunchConfigurations", listed, caller, params)

    def delete(self, caller: Caller, params: Params) -> Params:
        """DeleteLaunchConfiguration: not one that a group follows."""
        account, name = self._store.of(caller), str(params.get(_NAME, ""))
        if name not in account.configurations:
            raise scaling_error(f"Launch configuration name not found - Launch configuration {name} not found")
        if any(group.settings.get(_NAME) == name for group in account.groups.values()):
            words = f"Cannot delete launch configuration {name} because it is attached to AutoScalingGroup"
            raise CloudError("ResourceInUse", words)
        del account.configurations[name]
        return {}


def configuration_of(caller: Caller, params: Params, created: int) -> Params:
    """A launch configuration in the shape of DescribeLaunchConfigurations."""
    name = str(params[_NAME])
    unique = digest("configuration", caller.account, caller.region, name)
    uuid = f"{unique[:8]}-{unique[8:12]}-{unique[12:16]}-{unique[16:20]}-{unique[20:32]}"
    arn = f"arn:aws:autoscaling:{caller.region}:{caller.account}:launchConfiguration:{uuid}"
    return {
        "KeyName": "",
        "SecurityGroups": [],
        "ClassicLinkVPCSecurityGroups": [],
        "UserData": "",
        "KernelId": "",
        "RamdiskId": "",
        "BlockDeviceMappings": [],
        "InstanceMonitoring": {"Enabled": True},
        "EbsOptimized": False,
        **params,
        "LaunchConfigurationARN": f"{arn}:launchConfigurationName/{name}",
        "CreatedTime": created,
    }
