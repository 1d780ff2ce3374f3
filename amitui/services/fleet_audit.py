"""Audits what runs: reads what stands on images in a Region, those images, and what would take their place.

The families of foreign images come from the catalogue where it is fresh, else EC2 is asked for them by a name
pattern; the own images of a Region are listed once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.defects import only_amitui_errors
from amitui.domain.catalogue.region_grid import FamilyAnswer, build_in, is_covered
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.fleet.audit import audit, finding_order
from amitui.domain.fleet.findings import STALE_DAYS, AuditImage, RegionAudit
from amitui.domain.image.family import family_of
from amitui.domain.image.family_request import FamilyRequest, family_request, genuine_request
from amitui.domain.image.trust import Trust
from amitui.errors import AmituiError, CredentialsError

if TYPE_CHECKING:
    from amitui.domain.fleet.inventory import FleetInventory
    from amitui.ec2.reads.families import OwnFamilies
    from amitui.ec2.session import Ec2Connection
    from amitui.services.composition import Services
    from amitui.services.members import Member

ACCOUNTS_AT_ONCE: Final = 8
"""Accounts of a Region that are read side by side."""
FAMILIES_AT_ONCE: Final = 6
"""Families of a Region that EC2 is asked for side by side."""

_NOBODYS: Final = "nobody vouches for its owner's images"
_NAMELESS: Final = "its name is not known"
_ANY_ARCHITECTURE: Final = "its architecture is not known"


class _Place(NamedTuple):
    """Where an audit reads, and as whom."""

    connection: Ec2Connection
    region: str
    account: str


class _Wanted(NamedTuple):
    """A family of foreign images, and the images whose place its builds may take."""

    request: FamilyRequest
    image_ids: tuple[str, ...]


@only_amitui_errors()
class FleetAudit:
    """Audits of Regions, each by itself.

    Args:
        stale_days: so many days behind the newest build count as stale.
    """

    def __init__(self, services: Services, *, stale_days: int = STALE_DAYS) -> None:
        self._services = services
        self._stale_days = stale_days
        self._accounts: dict[str, asyncio.Task[str]] = {}

    async def region(self, region: str, member: Member | None = None) -> RegionAudit:
        """The audit of one Region; what could not be read in it is named in the answer.

        Args:
            member: as whom, where there are several; `None` = the profile in use.

        Raises:
            AmituiError: nothing could be read there at all.
        """
        from amitui.ec2.reads.fleet import fleet
        from amitui.ec2.reads.fleet_images import fleet_images

        session = self._services.session
        chosen = session.profile if member is None else member.profile
        profile, name = ("", "") if member is None else (session.connections.named(chosen), member.name)
        connection = await session.connections.of(chosen)
        account = await self._account(chosen or "", connection)
        place = _Place(connection, region, account)
        try:
            inventory = await fleet(connection, region, account=account, current_only=True)
        except CredentialsError as error:
            if error.code == "AuthFailure" and member is None and await session.is_disabled(region):
                raise session.not_enabled(region) from error
            raise
        images = await fleet_images(connection, inventory)
        self._remember(inventory, images)
        families = await self._families(place, images)
        findings = audit(
            inventory,
            images,
            families,
            now=self._services.now(),
            stale_days=self._stale_days,
            profile=profile,
            account_name=name,
        )
        return RegionAudit(profile, account, region, findings, inventory.unknown, name)

    async def of_accounts(self, region: str) -> RegionAudit:
        """The audit of one Region in all accounts that are used together.

        An account that cannot be read is a sentence in it.

        Raises:
            AmituiError: no account could be read at all; the first one's failure.
        """
        members = self._services.members
        if not members.several:
            return await self.region(region)
        used = members.used
        gate = asyncio.Semaphore(ACCOUNTS_AT_ONCE)

        async def one(member: Member) -> RegionAudit | AmituiError:
            async with gate:
                try:
                    return await self.region(region, member)
                except AmituiError as error:
                    return error

        answers = await asyncio.gather(*map(one, used))
        audits = [found for found in answers if isinstance(found, RegionAudit)]
        failed = [
            (member, error) for member, error in zip(used, answers, strict=True) if isinstance(error, AmituiError)
        ]
        failed += [(member, member.problem) for member in members.problems if member.problem is not None]
        if not audits and failed:
            raise failed[0][1]
        unknown = [f"{audit.account_name}: {words}" for audit in audits for words in audit.unknown]
        unknown += [f"{member.name}: {' – '.join(error.lines())}" for member, error in failed]
        findings = sorted((finding for audit in audits for finding in audit.findings), key=finding_order)
        return RegionAudit("", "", region, tuple(findings), tuple(unknown))

    async def _account(self, profile: str, connection: Ec2Connection) -> str:
        """The account of a profile, asked for once however many Regions are audited."""
        if connection.account is not None:
            return connection.account

        async def identify() -> str:
            return (await connection.caller_identity()).account_id

        task = self._accounts.get(profile)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._accounts[profile] = asyncio.create_task(identify())
        return await asyncio.shield(task)

    def _remember(self, inventory: FleetInventory, images: dict[str, AuditImage]) -> None:
        """Name images that EC2 does not show any more as they were when it last did."""
        for image_id, image in images.items():
            if image.fate in (Fate.FOUND, Fate.NOT_ASKED) or image.name:
                continue
            for gone in self._services.catalogue.gone.named(image_id, (inventory.account,)):
                if gone.region == inventory.region:
                    own = gone.owner_id == inventory.account
                    images[image_id] = image._replace(
                        name=gone.name,
                        owner_id=gone.owner_id,
                        architecture=gone.architecture,
                        created=gone.created,
                        trust=Trust.OWN if own else image.trust,
                    )

    # What would take their place

    async def _families(self, place: _Place, images: Mapping[str, AuditImage]) -> dict[str, FamilyAnswer]:
        """By image id, the builds that may take its place."""
        found: dict[str, FamilyAnswer] = {}
        own: list[AuditImage] = []
        wanted: dict[tuple[object, ...], _Wanted] = {}
        for image in images.values():
            if image.fate is Fate.NOT_ASKED:
                continue
            if image.trust is Trust.OWN:
                own.append(image)
            else:
                request, note = _request_of(image, place.region)
                found[image.image_id] = FamilyAnswer(note=note)
                if request is not None:
                    key = (*request._replace(patterns=()),)
                    known = wanted.get(key, _Wanted(request, ()))
                    wanted[key] = _Wanted(known.request.joined(request), (*known.image_ids, image.image_id))
        answers = await asyncio.gather(self._foreign(place, list(wanted.values())), self._own(place, own))
        return {**found, **answers[0], **answers[1]}

    async def _own(self, place: _Place, images: Sequence[AuditImage]) -> dict[str, FamilyAnswer]:
        from amitui.ec2.reads.families import own_families

        if not images:
            return {}
        try:
            families: OwnFamilies = await own_families(place.connection, place.region)
        except AmituiError as error:
            return {image.image_id: FamilyAnswer(note=error.what) for image in images}
        return {image.image_id: _own_answer(image, families) for image in images}

    async def _foreign(self, place: _Place, wanted: Sequence[_Wanted]) -> dict[str, FamilyAnswer]:
        if not wanted:
            return {}
        cached = await asyncio.to_thread(self._cached, place, [one.image_ids for one in wanted])
        gate = asyncio.Semaphore(FAMILIES_AT_ONCE)

        async def answer(at: int, request: FamilyRequest) -> FamilyAnswer:
            known = cached.get(at)
            if known is not None:
                return known
            async with gate:
                return await _ask(place, request)

        answers = await asyncio.gather(*(answer(at, one.request) for at, one in enumerate(wanted)))
        return {image_id: found for one, found in zip(wanted, answers, strict=True) for image_id in one.image_ids}

    def _cached(self, place: _Place, families: Sequence[Sequence[str]]) -> dict[int, FamilyAnswer]:
        """By its place in the list, what the catalogue has of a family, where all of it is there and fresh.

        Args:
            families: ids of images of each.
        """
        catalogue = self._services.catalogue
        found: dict[int, FamilyAnswer] = {}
        with catalogue.reader() as reader:
            statuses = reader.shards((place.region,))
            fresh = {status.shard for status in statuses} - set(
                catalogue.due((status.shard for status in statuses), statuses)
            )
            current = [status for status in statuses if status.shard in fresh]
            for at, ids in enumerate(families):
                rows = (row for one in ids for row in reader.find_image(one, (place.account,)))
                row = next((row for row in rows if row.region == place.region), None)
                where = None if row is None else reader.locate(row.key)
                if row is None or where is None or row.trust is Trust.LOOKALIKE:
                    continue
                if is_covered(current, where.shard.owner_scope, (place.account,)):
                    relatives = reader.relatives(row, (place.region,), (place.account,)).get(place.region, [])
                    builds = tuple(build_in(place.region, one) for one in relatives)
                    found[at] = FamilyAnswer(builds, is_complete=True)
        return found


def _request_of(image: AuditImage, region: str) -> tuple[FamilyRequest | None, str]:
    """How to ask for the builds that may take a foreign image's place; else why nobody does."""
    if not image.name or image.trust is None:
        return None, _NAMELESS
    if image.trust is Trust.UNVERIFIED:
        return None, _NOBODYS
    if image.trust is Trust.LOOKALIKE:
        return genuine_request(
            image.name, image.architecture, region
        ), "no publisher's product is known by its name"
    return family_request(image.name, image.owner_id, image.trust, image.architecture, region), ""


async def _ask(place: _Place, request: FamilyRequest) -> FamilyAnswer:
    from amitui.ec2.reads.families import family_builds

    try:
        found = await family_builds(place.connection, place.region, request)
    except AmituiError as error:
        return FamilyAnswer(note=error.what)
    if not request.architecture and len({one.architecture for one in found.summaries}) > 1:
        return FamilyAnswer(note=_ANY_ARCHITECTURE)
    builds = tuple(build_in(place.region, one) for one in found.summaries)
    return FamilyAnswer(builds, found.is_whole, "" if found.is_whole else "too many images match its name")


def _own_answer(image: AuditImage, families: OwnFamilies) -> FamilyAnswer:
    if not image.name:
        return FamilyAnswer(note=_NAMELESS)
    family = family_of(image.name)
    if image.architecture:
        return FamilyAnswer(tuple(families.get((family, image.architecture), ())), is_complete=True)
    known = [builds for (name, _), builds in families.items() if name == family]
    if len(known) > 1:
        return FamilyAnswer(note=_ANY_ARCHITECTURE)
    return FamilyAnswer(tuple(known[0]) if known else (), is_complete=True)
