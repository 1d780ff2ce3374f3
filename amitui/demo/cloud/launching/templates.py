"""What a launch asks for: the request's own parameters over those of its launch template.

CreateLaunchTemplate does not look at what it is given; what is wrong with it shows at the launch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.templates.store import TemplateStore
    from amitui.demo.seed.accounts import Caller

_GROUPS: Final = frozenset({"SecurityGroupIds", "SecurityGroups"})


class Asked(NamedTuple):
    """What is to be launched."""

    params: Params
    """RunInstances' parameters, without the launch template."""
    tags: dict[str, str]
    """What EC2 itself puts on instances of a template."""


def effective(params: Params, caller: Caller, templates: TemplateStore) -> Asked:
    """The parameters with which is launched.

    A structure of the request is laid over the template's, a mapping over the one of its device, tags over those
    of their kind of resource; other values take the template's place.

    Raises:
        CloudError: there is no such template, or version.
    """
    own = {name: value for name, value in params.items() if name != "LaunchTemplate"}
    named = params.get("LaunchTemplate") or {}
    if not named:
        return Asked(own, {})
    template, version = templates.version_named_in(caller, named)
    data = version.data
    if _GROUPS & set(own):
        data = {name: value for name, value in data.items() if name not in _GROUPS}
    merged = {**data, **own}
    for name in set(data) & set(own):
        if isinstance(data[name], dict) and isinstance(own[name], dict):
            merged[name] = {**data[name], **own[name]}
    if "BlockDeviceMappings" in data and "BlockDeviceMappings" in own:
        merged["BlockDeviceMappings"] = overlaid(data["BlockDeviceMappings"], own["BlockDeviceMappings"])
    if "TagSpecifications" in data and "TagSpecifications" in own:
        merged["TagSpecifications"] = _all_tags([*data["TagSpecifications"], *own["TagSpecifications"]])
    return Asked(merged, template.tags_of(version))


def _all_tags(specifications: Sequence[Params]) -> list[Params]:
    """One specification of tags for each kind of resource; later values of a key go before earlier ones."""
    kinds: dict[str, dict[str, str]] = {}
    for one in specifications:
        found = kinds.setdefault(str(one.get("ResourceType", "")), {})
        found.update({str(tag["Key"]): str(tag.get("Value", "")) for tag in one.get("Tags", ())})
    return [
        {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        for kind, tags in kinds.items()
    ]


def overlaid(below: Sequence[Params], above: Sequence[Params]) -> list[Params]:
    """Mappings laid over others, device by device and member by member."""
    by_device = {str(one.get("DeviceName", "")): one for one in below}
    for mapping in above:
        device = str(mapping.get("DeviceName", ""))
        old = by_device.get(device, {})
        if "NoDevice" in mapping or "Ebs" not in mapping or "Ebs" not in old:
            by_device[device] = mapping
        else:
            by_device[device] = {**old, **mapping, "Ebs": {**old["Ebs"], **mapping["Ebs"]}}
    return list(by_device.values())
