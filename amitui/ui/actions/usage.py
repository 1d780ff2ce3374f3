"""What uses images, as the deregister form reads it: what EC2 says, and what the journal's operations need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.fleet.journal_needs import image_needs
from amitui.domain.fleet.uses import need_use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.operations.usage import Usage
    from amitui.ui.actions.acting import Acting
    from amitui.ui.app import AmituiApp
    from amitui.ui.forms.deregister import UsageReader


def usage_reader(host: AmituiApp, acting: Acting) -> UsageReader:
    """Reads what uses images; those that a roll-out needs, or rolling it back, are said to be needed.

    Args:
        acting: with whose credentials each of them is read.
    """

    async def read(region: str, image_ids: Sequence[str]) -> Mapping[str, Usage]:
        found: dict[str, Usage] = {}
        for member, theirs in acting.by_reader(region, image_ids).items():
            found |= await host.services.aws_of(member).usage(region, theirs)
        needs: dict[str, list[str]] = {}
        for need in image_needs(host.operations.engine.operations(), host.operations.now()):
            if need.region == region:
                needs.setdefault(need.image_id, []).append(need_use(need).words)
        return {
            image_id: usage._replace(needs=tuple(needs.get(image_id, ()))) for image_id, usage in found.items()
        }

    return read
