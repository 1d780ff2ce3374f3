"""Measures whether EC2 answers faster when owners are asked for by parameter or by filter; for `sync --time`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from amitui.domain.catalogue.call_times import OwnerComparison
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.region import partition_of
from amitui.ec2.reads.images import by_owner_filter, image_page, request_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.ec2.pacing import Pacer
    from amitui.ec2.reads.images import ImagesRequest
    from amitui.ec2.session import Ec2Connection

ROUNDS: Final = 3
"""Calls of each kind, in turns: an answer that EC2 has just given may come faster."""


async def compare_owner_requests(
    connection: Ec2Connection, pacer: Pacer, region: str, *, now: Callable[[], float] = time.perf_counter
) -> OwnerComparison:
    """Ask for the first page of the publishers' images in both ways.

    Args:
        now: seconds of a clock that is never set.

    Raises:
        AmituiError: EC2 gave no answer.
    """
    wanted = request_for(Shard(partition_of(region), PUBLIC, region, "publishers"))

    async def seconds(request: ImagesRequest) -> float:
        began = now()

        async def first_page() -> None:
            nonlocal began
            began = now()  # what the call has waited for its turn does not count
            await image_page(connection, region, request)

        await pacer.call(first_page)
        return now() - began

    pairs = [(await seconds(wanted), await seconds(by_owner_filter(wanted))) for _ in range(ROUNDS)]
    by_parameter, by_filter = zip(*pairs, strict=True)
    return OwnerComparison(region, tuple(by_parameter), tuple(by_filter))
