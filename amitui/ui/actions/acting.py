"""With which account's credentials something is done, where several are used together.

What is done to an image is done by its owner; who launches or copies an image of somebody else's is asked.
Nobody's marks stand for another's: of several accounts in one batch the strictest marks apply, and are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amitui.domain.operations.kinds import SPECS, About, OperationKind
from amitui.services.may_change import read_only_here
from amitui.ui.actions.images import selected

if TYPE_CHECKING:
    from amitui.domain.image.image import Image
    from amitui.domain.image.row import ImageRow
    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.services.aws_reads import AwsReads
    from amitui.services.composition import Services
    from amitui.services.members import Member, Members
    from amitui.services.session import Session
    from amitui.ui.app import AmituiApp


@dataclass(frozen=True, slots=True)
class Acting:
    """Which member acts on which image."""

    members: tuple[Member, ...]
    """Each once, at least one; the first acts on what is not named."""
    by_image: Mapping[tuple[str, str], Member] = field(default_factory=dict)
    """By Region and image id."""

    @classmethod
    def of_rows(cls, members: Members, rows: Sequence[ImageRow]) -> Acting:
        """Those with whose credentials these rows are changed; of no rows the session's own."""
        by_image = {(row.region, row.image_id): members.owner_of(row) for row in rows}
        return cls(tuple(dict.fromkeys(by_image.values())) or (members.first,), by_image)

    def on(self, region: str, image_id: str) -> Member:
        """Who acts on an image."""
        return self.by_image.get((region, image_id), self.members[0])

    def by_reader(self, region: str, image_ids: Sequence[str]) -> dict[Member, list[str]]:
        """Images of a Region by with whose credentials they are read."""
        found: dict[Member, list[str]] = {}
        for image_id in image_ids:
            found.setdefault(self.on(region, image_id), []).append(image_id)
        return found

    def by_member(self, plans: Sequence[Plan]) -> dict[Member, list[Plan]]:
        """The plans by who carries them out, in their order."""
        found: dict[Member, list[Plan]] = {}
        for plan in plans:
            found.setdefault(self.on(plan.region, plan.subject), []).append(plan)
        return found


class Chosen:
    """The images that an operation applies to, the facts about them, and with whose credentials they are read.

    Args:
        acting: who does it.
    """

    def __init__(
        self,
        images: Sequence[Image],
        rows: Sequence[ImageRow],
        facts: Sequence[ImageFacts],
        acting: Acting,
        services: Services,
    ) -> None:
        self.images = tuple(images)
        self.rows = tuple(rows)
        self.facts = tuple(facts)
        self.acting = acting
        self._services = services

    @property
    def account(self) -> str | None:
        """The account that acts; of several the first."""
        return self.acting.members[0].account

    @property
    def session(self) -> Session:
        """The session of the account that acts."""
        return self._services.members.session_of(self.acting.members[0])

    @property
    def aws(self) -> AwsReads:
        """Reads for a form that is about one account's things."""
        return self._services.aws_of(self.acting.members[0])

    def aws_for(self, region: str, image_id: str) -> AwsReads:
        """Reads about one of the images, by who acts on it."""
        return self._services.aws_of(self.acting.on(region, image_id))

    def is_own(self, facts: ImageFacts) -> bool:
        """Whether an image belongs to who acts on it."""
        return facts.owner_id == self.acting.on(facts.region, facts.image_id).account


def candidates(host: AmituiApp, kind: OperationKind, rows: Sequence[ImageRow]) -> tuple[Member, ...]:
    """The members of which any may do it; none where it is clear who does."""
    members = host.services.members
    if not members.several:
        return ()
    if SPECS[kind].about is About.NOTHING:
        return members.used
    if len(rows) != 1 or members.of_account(rows[0].owner_id) is not None:
        return ()
    if not rows[0].seen_by:
        return members.used
    seen = host.browse.search.seen_by(rows[0].key, members.accounts)
    return tuple(one for one in members.used if one.account in seen)


def refused_of(host: AmituiApp, kind: OperationKind, rows: Sequence[ImageRow]) -> str:
    """Why nothing may be done to these rows; empty = nothing forbids it.

    The strictest mark of their accounts holds for all; where any account may do it, one that may is enough.
    """
    services = host.services
    if any_of := candidates(host, kind, rows):
        reasons = [refusal(services, member) for member in any_of]
        return "" if "" in reasons else reasons[0]
    reasons = [refusal(services, member) for member in Acting.of_rows(services.members, rows).members]
    return next(filter(None, reasons), "")


async def acting(host: AmituiApp, kind: OperationKind, rows: Sequence[ImageRow]) -> Acting | None:
    """Who is to do it: the owners of the rows, else whoever is chosen; `None` = the choice was left."""
    found = Acting.of_rows(host.services.members, rows)
    any_of = candidates(host, kind, rows)
    if not any_of:
        return found
    chosen = await choose_member(host, f"{SPECS[kind].title} with which account?", any_of, found.members[0])
    return None if chosen is None else Acting((chosen,), dict.fromkeys(found.by_image, chosen))


async def choose_member(
    host: AmituiApp, title: str, any_of: Sequence[Member], first: Member | None = None
) -> Member | None:
    """Ask which account is meant, where there is a choice; `None` = the choice was left.

    Args:
        first: where the cursor begins, unless the account of the row under the table's cursor is among them.
    """
    from amitui.ui.screens.picker import PickerItem, PickerScreen

    services = host.services
    if len(any_of) < 2:
        return any_of[0] if any_of else services.members.first
    under_cursor = Acting.of_rows(services.members, selected(host)).members[0]
    current = under_cursor if under_cursor in any_of else first
    items = [
        PickerItem(str(at), one.name, _words(services, one), refusal(services, one))
        for at, one in enumerate(any_of)
    ]
    place = str(any_of.index(current)) if current in any_of else None
    chosen = await host.push_screen_wait(PickerScreen(title, items, current=place))
    return None if chosen is None else any_of[int(chosen)]


def _words(services: Services, member: Member) -> str:
    """What tells an account from the others: its mark, its id and its profile."""
    profile = services.session.connections.caller(member.profile).profile
    mark = "PRODUCTION" if services.members.marks(member).production else ""
    parts = (mark, member.account or "", f"profile {profile}" if profile != member.name else "")
    return " · ".join(part for part in parts if part)


def refusal(services: Services, member: Member) -> str:
    """Why nothing is sent with a member's credentials; empty = nothing forbids it."""
    profile = services.session.connections.named(member.profile)
    return read_only_here(services.members, services.session, profile, member.account or "")
