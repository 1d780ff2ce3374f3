"""Images that a launch names by a parameter of Systems Manager: `resolve:ssm:NAME`, with a version or a label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.parameters import IMAGE
from amitui.demo.cloud.public_parameters import public_image

if TYPE_CHECKING:
    from amitui.demo.cloud.instances import Instances
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_PREFIX: Final = "resolve:ssm:"
_ARN_PARTS: Final = 6
"""`arn:aws:ssm:REGION:ACCOUNT:parameter/NAME` has that many before a version or label."""


def resolved_image(world: World, instances: Instances, caller: Caller, image_id: str) -> str:
    """The image's id, looked up where it is named by a parameter.

    Raises:
        CloudError: there is no such parameter, or it does not hold an image's id.
    """
    if not image_id.startswith(_PREFIX):
        return image_id
    name = image_id.removeprefix(_PREFIX)
    public = public_image(world.region(caller.region), _path(name))
    if public:
        return public
    found = instances.parameter(caller, name)
    if found is None:
        raise refusal("parameter-unknown", parameter=name)
    value, data_type = found
    if data_type != IMAGE:
        raise refusal("parameter-of-other-type")
    return value


def _path(name: str) -> str:
    """The parameter's name, without ARN, version and label."""
    if name.startswith("arn:"):
        name = name.split(":", _ARN_PARTS - 1)[-1].removeprefix("parameter")
    return name.partition(":")[0]
