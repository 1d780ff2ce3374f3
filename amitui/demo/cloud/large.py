"""The cloud of a large account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.cloud import Cloud
from amitui.demo.cloud.rules import Quotas

if TYPE_CHECKING:
    from collections.abc import Callable

_VCPUS: Final = 16_384
"""What runs there has some 4,000."""


def large_cloud(as_of: int, page_delay: float, *, now: Callable[[], float] | None, speed: float) -> Cloud:
    """A cloud whose main account has 500 images, 40 Auto Scaling groups and 2,000 instances in us-east-1.

    Args:
        as_of, page_delay, now, speed: as of every cloud.
    """
    from amitui.demo.seed.fleet.large import LARGE, large_images

    quotas = Quotas(standard_vcpus=_VCPUS)
    return Cloud(as_of, page_delay, now=now, speed=speed, quotas=quotas, seed=large_images, fleet=LARGE)
