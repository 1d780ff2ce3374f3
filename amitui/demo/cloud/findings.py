"""GetImageFindings: what the simulated Amazon Inspector found in an image that the caller may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.paging import page
from amitui.demo.cloud.rules import require
from amitui.demo.seed.findings import findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_MOST_RESULTS: Final = 1000


class Findings:
    """The findings of images; an image that was not scanned has none."""

    def __init__(self, world: World) -> None:
        self._world = world

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {"GetImageFindings": self.get}

    def get(self, caller: Caller, params: Params) -> Params:
        """GetImageFindings."""
        require(params, "ImageId")
        image = self._world.seen_image(caller, params["ImageId"])
        listed = findings(image.record, self._world.as_of)
        return page("ImageFindings", listed, caller, params, least=1, most=_MOST_RESULTS)
