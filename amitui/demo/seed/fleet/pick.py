"""The images of a Region by their part in the seed: the n-th newest build of a family, a paid one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.demo.seed.records import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.demo.cloud.model import CloudImage
    from amitui.demo.seed.accounts import Caller


class Pick:
    """Finds images for the seed of one account in one Region.

    Args:
        images: of the Region, whoever owns them.
    """

    def __init__(self, caller: Caller, images: Sequence[CloudImage]) -> None:
        self.caller = caller
        self._seen = [image for image in images if image.visible_to(caller.account)]

    def build(self, family: str, back: int, *, states: tuple[str, ...] = ("available",)) -> str:
        """The id of the `back`-th newest build whose name begins so; the oldest if there are not as many.

        Empty where there is none at all.
        """
        found = [image for image in self._seen if image.name.startswith(family) and image.state in states]
        return _nth([one for one in found if one.owner == self.caller.account] or found, back)

    def newest(self, fits: Callable[[CloudImage], bool]) -> str:
        """The id of the newest available image that fits; empty where none does."""
        return _nth([image for image in self._seen if image.state == "available" and fits(image)], 0)

    def last_launch(self, image_id: str) -> str:
        """When the owner knows that the image was launched last; empty for never, and for others' images."""
        found = [image for image in self._seen if image.image_id == image_id]
        return str(found[0].record.get("LastLaunchedTime", "")) if found else ""

    def gone(self, name: str) -> str:
        """The id of an image that was deregistered long ago."""
        return "ami-0" + digest("deregistered", self.caller.account, self.caller.region, name)[:16]

    def id_of(self, prefix: str, *parts: str) -> str:
        """An id that is the same whenever the demo is started."""
        return f"{prefix}-0" + digest(prefix, self.caller.account, self.caller.region, *parts)[:16]


def _nth(images: Sequence[CloudImage], back: int) -> str:
    newest_first = sorted(
        images, key=lambda one: (str(one.record.get("CreationDate", "")), one.image_id), reverse=True
    )
    return newest_first[min(back, len(newest_first) - 1)].image_id if newest_first else ""
