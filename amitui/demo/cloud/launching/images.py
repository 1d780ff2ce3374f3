"""Which image is launched, and whether it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.rules import check_image_id
from amitui.demo.seed.retired import retired_images

if TYPE_CHECKING:
    from amitui.demo.cloud.allowed import AllowedImages
    from amitui.demo.cloud.model import CloudImage
    from amitui.demo.cloud.subscriptions import Subscriptions
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_DEREGISTERED: Final = "deregistered"


def launchable(
    world: World, caller: Caller, image_id: str, allowed: AllowedImages, subscriptions: Subscriptions
) -> CloudImage:
    """The image with the id.

    Raises:
        CloudError: there is none, it is someone else's, it is not in the state to be launched, the account allows
            it not, or has not subscribed to its product.
    """
    check_image_id(image_id)
    region = world.region(caller.region)
    image = region.find(image_id)
    own = caller.account in (region.gone.get(image_id), image.owner if image else "")
    if image is None and image_id in retired_images(caller.region, world.as_of):
        raise refusal("image-foreign", image=image_id)
    if image is None or image.state == _DEREGISTERED:
        raise refusal("image-deregistered" if own else "image-unknown", image=image_id)
    if not image.visible_to(caller.account):
        raise refusal("image-foreign", image=image_id)
    if not allowed.allows(caller, image):
        raise refusal("image-not-allowed", image=image_id)
    if image.state != "available":
        raise refusal("image-not-available", image=image_id, state=image.state)
    for product in image.record.get("ProductCodes", ()):
        code = str(product.get("ProductCodeId", ""))
        if not subscriptions.has(caller, code):
            raise refusal("product-not-subscribed", product=code)
    return image
