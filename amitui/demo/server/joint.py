"""Requests that moto answers only after the cloud has had its say: launches, and tags of mixed resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.instances import block_device_form
from amitui.demo.cloud.tagging import is_tagged_here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

TAGGING: Final = frozenset({"CreateTags", "DeleteTags"})
_RESOURCE: Final = "ResourceId."
_MAPPING: Final = "BlockDeviceMapping."


def resources_of(form: Mapping[str, str]) -> list[str]:
    """The resources that a request is to tag, in their order."""
    keys = [key for key in form if key.startswith(_RESOURCE) and key[len(_RESOURCE) :].isdecimal()]
    return [form[key] for key in sorted(keys, key=lambda key: int(key[len(_RESOURCE) :]))]


def with_resources(form: Mapping[str, str], *, tagged_here: bool) -> dict[str, str]:
    """The same request about the images and snapshots among its resources only, or about all others."""
    rest = {key: value for key, value in form.items() if not key.startswith(_RESOURCE)}
    chosen = [resource for resource in resources_of(form) if is_tagged_here(resource) == tagged_here]
    return rest | {f"{_RESOURCE}{number}": resource for number, resource in enumerate(chosen, 1)}


def launch_form(world: World, caller: Caller, form: Mapping[str, str]) -> dict[str, str]:
    """RunInstances with the volumes of its image, which moto does not know.

    Requests whose image comes from a launch template or a parameter go on as they are.

    Raises:
        CloudError: there is no such image, or it is in a state in which nothing can be launched from it.
    """
    image_id = form.get("ImageId", "")
    if not image_id or image_id.startswith("resolve:"):
        return dict(form)
    image = world.usable_image(caller, image_id)
    given = {value for key, value in form.items() if key.startswith(_MAPPING) and key.endswith(".DeviceName")}
    numbers = [
        int(key.split(".")[1]) for key in form if key.startswith(_MAPPING) and key.split(".")[1].isdecimal()
    ]
    volumes = [
        mapping for mapping in image.record.get("BlockDeviceMappings", ()) if mapping["DeviceName"] not in given
    ]
    return dict(form) | block_device_form(volumes, first=max(numbers, default=0) + 1)
