"""Whose credentials act on the selected images, and what an operation's form is opened with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.kinds import SPECS, About, OperationKind
from amitui.errors import AmituiError
from amitui.ui.actions.images import selected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.image.image import Image
    from amitui.domain.image.row import ImageRow
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.services.aws_reads import AwsReads
    from amitui.services.members import Member
    from amitui.ui.app import AmituiApp


class Chosen:
    """The images that an operation applies to, and the facts about them."""

    def __init__(
        self,
        images: Sequence[Image],
        rows: Sequence[ImageRow],
        facts: Sequence[ImageFacts],
        *,
        member: Member,
        aws: AwsReads,
    ) -> None:
        """Args:
        member: whose credentials act on them.
        aws: reads with these.
        """
        self.member, self.aws = member, aws
        self.images = tuple(images)
        self.rows = tuple(rows)
        self.facts = tuple(facts)


def acting_member(host: AmituiApp, kind: OperationKind) -> Member:
    """Whose credentials an operation on the selected images takes: those of the account that owns or sees them."""
    members = host.services.members
    rows = selected(host) if members.several and SPECS[kind].about is not About.NOTHING else []
    return members.owner_of(rows[0]) if rows else members.first


def of_several_accounts(host: AmituiApp, kind: OperationKind) -> str:
    """Why an operation is not possible with the selected images, when these are of several accounts."""
    members = host.services.members
    if not members.several or SPECS[kind].about is About.NOTHING:
        return ""
    acting = dict.fromkeys(members.owner_of(row) for row in selected(host))
    if len(acting) < 2:
        return ""
    names = ", ".join(member.name for member in acting)
    return f"the marked images are of {len(acting)} accounts ({names}): mark those of one account only"


async def shares_of(aws: AwsReads, kind: OperationKind, rows: Sequence[ImageRow]) -> list[tuple[str, ...]]:
    """The accounts that the images are shared with, if the form shows them."""
    shares: list[tuple[str, ...]] = []
    for row in rows:
        shared: tuple[str, ...] = ()
        if SPECS[kind].reads_shares:
            try:
                shared = (await aws.launch_permissions(row.region, row.image_id)).grantees
            except AmituiError:
                shared = ()  # reading them takes a permission of its own; the form warns in general then
        shares.append(shared)
    return shares
