"""What an audit needs of an image, from what EC2 or the catalogue says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.fleet.findings import AuditImage
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.publishers import OWN_NAME, publisher_name
from amitui.domain.image.systems import os_of
from amitui.domain.image.trust import Trust, trust_of
from amitui.domain.image.worst_finding import worst_finding_of

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageSummary


def audited(summary: ImageSummary, account: str, fate: Fate = Fate.FOUND) -> AuditImage:
    """An image as an audit sees it.

    Args:
        account: the viewer's.
        fate: what EC2 says of its id.
    """
    trust = None
    if summary.owner_id:
        trust = trust_of(summary.owner_id, summary.owner_alias, summary.flags, (account,))
    own = trust is Trust.OWN
    return AuditImage(
        image_id=summary.image_id,
        fate=fate,
        name=summary.name,
        owner_id=summary.owner_id,
        publisher=OWN_NAME if own else publisher_name(summary.owner_id, summary.owner_alias),
        trust=trust,
        architecture=summary.architecture,
        system=os_of(summary.name, summary.description, summary.platform),
        created=summary.created,
        deprecated=summary.deprecated,
        state=summary.state,
        paid=bool(summary.flags & ImageFlag.PAID),
        worst_finding=worst_finding_of(int(summary.flags)),
        allowed=not summary.flags & ImageFlag.NOT_ALLOWED,
    )
