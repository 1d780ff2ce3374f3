"""When an image was launched last: told its owner a day later.

Source: "Check when an Amazon EC2 AMI was last used" in the User Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.seed.records import DAY, stamp

if TYPE_CHECKING:
    from amitui.demo.cloud.world import World

LAG: Final = DAY
"""Seconds of the calendar."""


def note_launch(world: World, region: str, image_id: str) -> None:
    """An instance was launched from an image, by whomever."""
    launched = stamp(int(world.now()))

    def tell() -> None:
        image = world.region(region).find(image_id)
        if image is not None and str(image.record.get("LastLaunchedTime", "")) < launched:
            image.update(LastLaunchedTime=launched)

    world.agenda.at(world.now() + LAG, tell)
