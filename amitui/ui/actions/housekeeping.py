"""Clean up images: the screen, and the usual forms for what is chosen there, in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.counts import count_of
from amitui.domain.fleet.journal_needs import image_needs
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.may_change import OFFLINE
from amitui.domain.retention.accounts import AccountSurvey, Surveys
from amitui.domain.retention.rule import BUILT_IN
from amitui.errors import AmituiError
from amitui.ui.actions.acting import Acting, refusal
from amitui.ui.actions.elsewhere import with_elsewhere
from amitui.ui.actions.form_host import HostAdapter
from amitui.ui.actions.open_form import closed_to, submit
from amitui.ui.actions.usage import usage_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.screen import Screen

    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.domain.retention.own_image import OwnImage
    from amitui.domain.retention.survey import Survey
    from amitui.services.clean_accounts import CleanAccounts
    from amitui.services.housekeeping import Housekeeping
    from amitui.services.members import Member
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.housekeeping import Chosen

PART: Final = 50
"""Images of one form: what uses each is read before it can be gone through."""


async def clean_up(host: AmituiApp) -> None:
    """Show the screen, then the forms for what is chosen in it."""
    from amitui.services.clean_accounts import CleanAccounts
    from amitui.ui.screens.housekeeping import HousekeepingScreen, Reads
    from amitui.ui.screens.housekeeping_state import HousekeepingState

    if host.services.settings.offline:
        host.browse.notice(f"what uses images is EC2's to say: {OFFLINE}", bad=True)
        return
    operations = host.operations
    accounts = CleanAccounts(host.services, lambda: image_needs(operations.engine.operations(), operations.now()))
    regions = host.browse.view.regions

    async def survey(report: Callable[[str], None]) -> Surveys:
        return await _surveys(host, accounts, regions, report)

    async def shared(image: OwnImage, account: str) -> str:
        return await _shared(host, image, account)

    rules = [*host.services.settings.clean, BUILT_IN]
    state = HousekeepingState(rules, _where(host, regions))
    screen = HousekeepingScreen(
        Reads(survey, shared, host.services.now), state, ascii_only=host.browse.glyphs.ascii
    )
    chosen: Chosen | None = await host.push_screen_wait(screen)
    if chosen is not None:
        await _carry_out(host, chosen)


def _where(host: AmituiApp, regions: Sequence[str]) -> str:
    """The Regions in words, and of how many accounts."""
    where = regions[0] if len(regions) == 1 else f"{len(regions)} Regions"
    members = host.services.members
    count = len(members.all) - sum(bool(one.duplicate_of) for one in members.all)
    return f"{where} of {count_of(count, 'account')}" if members.several else where


async def _surveys(
    host: AmituiApp, accounts: CleanAccounts, regions: Sequence[str], report: Callable[[str], None]
) -> Surveys:
    """Read the accounts, each with its own credentials.

    Read-only ones are left out, unless all are: nothing that is seen here could be done in them.
    """
    members = host.services.members
    if not members.are_known:
        await members.identify()

    async def read(keeping: Housekeeping, said: Callable[[str], None]) -> Survey:
        return await keeping.survey(regions, said)

    to_clean = accounts.to_clean
    found = await accounts.each(to_clean or accounts.used, read, report)
    left_out = accounts.left_out if to_clean else ()
    failures = accounts.failures | {one.name: "it is read-only here, and left out" for one in left_out}
    named = members.several
    return Surveys(tuple(AccountSurvey(one.name if named else "", survey) for one, survey in found), failures)


def _member(host: AmituiApp, account: str) -> Member:
    """Whose images those of an account are.

    Args:
        account: empty: there is one alone.
    """
    members = host.services.members
    return members.of_account(account) or members.first


async def _shared(host: AmituiApp, image: OwnImage, account: str) -> str:
    """With whom an image is shared, in words."""
    try:
        aws = host.services.aws_of(_member(host, account))
        found = await aws.launch_permissions(image.region, image.image_id)
    except AmituiError as error:
        return f"not known: {error.what}"
    return ", ".join(found.grantees) or "with nobody"


async def _carry_out(host: AmituiApp, chosen: Chosen) -> None:
    """Open the form for one part after the other; closing one without a plan ends it."""
    if obstacle := closed_to(host, chosen.kind):
        host.browse.notice(obstacle, seconds=6, bad=True)
        return
    before, total = 0, len(chosen.images)
    for members, images in _groups(host, chosen):
        for at in range(0, len(images), PART):
            part = images[at : at + PART]
            acting = Acting(
                tuple(dict.fromkeys(members[image.key] for image in part)),
                {(image.region, image.image_id): members[image.key] for image in part},
            )
            facts = [await _facts(host, chosen.kind, image, members[image.key]) for image in part]
            form = _form(host, chosen, facts, _title(chosen.kind, before, len(part), total), acting)
            with_elsewhere(host, form, acting)
            plans: Sequence[Plan] | None = await host.push_screen_wait(form)
            if not await submit(host, plans, acting=acting):
                return
            before += len(part)


def _groups(host: AmituiApp, chosen: Chosen) -> Iterator[tuple[dict[str, Member], list[OwnImage]]]:
    """The images that are gone through together, with whose each is, by key.

    An account that is production is confirmed by itself, after the others. What may not be changed is left out,
    which is said.
    """
    members = {image.key: _member(host, chosen.accounts.get(image.key, "")) for image in chosen.images}
    by_member: dict[Member, list[OwnImage]] = {}
    for image in chosen.images:
        by_member.setdefault(members[image.key], []).append(image)
    together: list[OwnImage] = []
    alone: list[list[OwnImage]] = []
    for member, images in by_member.items():
        if refused := refusal(host.services, member):
            host.browse.notice(f"{count_of(len(images), 'image')} skipped: {refused}", seconds=6, bad=True)
        elif host.services.members.marks(member).production:
            alone.append(images)
        else:
            together += images
    yield from ((members, images) for images in (together, *alone) if images)


def _title(kind: OperationKind, at: int, count: int, total: int) -> str:
    """Of a part's form; empty = the form's own."""
    return f"{kind.value.capitalize()} images {at + 1} to {at + count} of {total}" if total > count else ""


async def _facts(host: AmituiApp, kind: OperationKind, image: OwnImage, member: Member) -> ImageFacts:
    facts = image.facts._replace(owner_id=member.account or "")
    if kind is not OperationKind.DISABLE:
        return facts
    try:
        permissions = await host.services.aws_of(member).launch_permissions(image.region, image.image_id)
    except AmituiError:
        return facts  # reading them takes a permission of its own; the form warns in general then
    return facts._replace(shared_with=permissions.grantees)


def _form(
    host: AmituiApp, chosen: Chosen, facts: Sequence[ImageFacts], title: str, acting: Acting
) -> Screen[tuple[Plan, ...] | None]:
    from amitui.ui.forms.changes import CHANGE_FORMS
    from amitui.ui.forms.deregister import DeregisterForm

    access = HostAdapter(host, acting=acting)
    if chosen.kind is not OperationKind.DEREGISTER:
        return CHANGE_FORMS[chosen.kind](access, facts)
    return DeregisterForm(
        access,
        facts,
        usage_reader(host, acting),
        title,
        cleaning=True,
        delete_snapshots=chosen.delete_snapshots,
    )
