"""Whether a parameter's value is an image: what Parameter Store looks up, and what `resolve:ssm:` leads to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.public_parameters import public_image
from amitui.demo.cloud.systems_manager.store import IMAGE, plain_name

if TYPE_CHECKING:
    from amitui.demo.cloud.systems_manager.store import ParameterStore
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

RESOLVE: Final = "resolve:ssm:"
_IMAGE_ID: Final = re.compile(r"ami-(?:[0-9a-f]{8}|[0-9a-f]{17})")


def is_available(world: World, caller: Caller, value: str) -> bool:
    """Whether a value is an image's id, and of one that the caller sees and can launch."""
    if not _IMAGE_ID.fullmatch(value):
        return False
    image = world.region(caller.region).find(value)
    return image is not None and image.visible_to(caller.account) and image.state == "available"


def resolved_image(world: World, store: ParameterStore, caller: Caller, image: str) -> str:
    """The image's id, looked up where it is named by a parameter.

    Raises:
        CloudError: there is no such parameter, or it does not hold an image's id.
    """
    if not image.startswith(RESOLVE):
        return image
    name = image.removeprefix(RESOLVE)
    public = public_image(world.region(caller.region), plain_name(name).partition(":")[0])
    if public:
        return public
    try:
        _, version, _ = store.named(caller, name)
    except CloudError:
        raise refusal("parameter-unknown", parameter=name) from None
    if version.data_type != IMAGE:
        raise refusal("parameter-of-other-type")
    return version.value
