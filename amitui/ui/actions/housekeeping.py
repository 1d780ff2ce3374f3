"""Clean up images: the screen, and the usual forms for what is chosen there, in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.fleet.journal_needs import image_needs
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.may_change import OFFLINE
from amitui.domain.retention.rule import BUILT_IN
from amitui.errors import AmituiError
from amitui.ui.actions.acting import Acting
from amitui.ui.actions.elsewhere import with_elsewhere
from amitui.ui.actions.form_host import HostAdapter
from amitui.ui.actions.open_form import closed_to, submit
from amitui.ui.actions.usage import usage_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.screen import Screen

    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.domain.retention.own_image import OwnImage
    from amitui.domain.retention.survey import Survey
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.housekeeping import Chosen

PART: Final = 50
"""Images of one form: what uses each is read before it can be gone through."""


async def clean_up(host: AmituiApp) -> None:
    """Show the screen, then the forms for what is chosen in it."""
    from amitui.services.housekeeping import Housekeeping
    from amitui.ui.screens.housekeeping import HousekeepingScreen, Reads
    from amitui.ui.screens.housekeeping_state import HousekeepingState

    if host.services.settings.offline:
        host.browse.notice(f"what uses images is EC2's to say: {OFFLINE}", bad=True)
        return
    operations = host.operations
    keeping = Housekeeping(host.services, lambda: image_needs(operations.engine.operations(), operations.now()))
    regions = host.browse.view.regions

    async def survey(report: Callable[[str], None]) -> Survey:
        return await keeping.survey(regions, report)

    async def shared(image: OwnImage) -> str:
        return await _shared(host, image)

    where = regions[0] if len(regions) == 1 else f"{len(regions)} Regions"
    if host.services.members.several:
        # Each account is cleaned up by itself; `amitui clean` goes through all of them.
        where = f"{where} of {host.services.members.first.name}"
    rules = [*host.services.settings.clean, BUILT_IN]
    state = HousekeepingState(rules, where)
    screen = HousekeepingScreen(
        Reads(survey, shared, host.services.now), state, ascii_only=host.browse.glyphs.ascii
    )
    chosen: Chosen | None = await host.push_screen_wait(screen)
    if chosen is not None:
        await _carry_out(host, chosen)


async def _shared(host: AmituiApp, image: OwnImage) -> str:
    """With whom an image is shared, in words."""
    try:
        found = await host.services.aws.launch_permissions(image.region, image.image_id)
    except AmituiError as error:
        return f"not known: {error.what}"
    return ", ".join(found.grantees) or "with nobody"


async def _carry_out(host: AmituiApp, chosen: Chosen) -> None:
    """Open the form for one part after the other; closing one without a plan ends it."""
    if obstacle := closed_to(host, chosen.kind):
        host.browse.notice(obstacle, seconds=6, bad=True)
        return
    images = chosen.images
    for at in range(0, len(images), PART):
        facts = [await _facts(host, chosen.kind, image) for image in images[at : at + PART]]
        title = _title(chosen.kind, at, len(facts), len(images))
        form = _form(host, chosen, facts, title)
        with_elsewhere(host, form, Acting((host.services.members.first,)))
        plans: Sequence[Plan] | None = await host.push_screen_wait(form)
        if not await submit(host, plans):
            return


def _title(kind: OperationKind, at: int, count: int, total: int) -> str:
    """Of a part's form; empty = the form's own."""
    return f"{kind.value.capitalize()} images {at + 1} to {at + count} of {total}" if total > count else ""


async def _facts(host: AmituiApp, kind: OperationKind, image: OwnImage) -> ImageFacts:
    facts = image.facts._replace(owner_id=host.services.session.account or "")
    if kind is not OperationKind.DISABLE:
        return facts
    try:
        permissions = await host.services.aws.launch_permissions(image.region, image.image_id)
    except AmituiError:
        return facts  # reading them takes a permission of its own; the form warns in general then
    return facts._replace(shared_with=permissions.grantees)


def _form(
    host: AmituiApp, chosen: Chosen, facts: Sequence[ImageFacts], title: str
) -> Screen[tuple[Plan, ...] | None]:
    from amitui.ui.forms.changes import CHANGE_FORMS
    from amitui.ui.forms.deregister import DeregisterForm

    access = HostAdapter(host)
    if chosen.kind is not OperationKind.DEREGISTER:
        return CHANGE_FORMS[chosen.kind](access, facts)
    return DeregisterForm(
        access,
        facts,
        usage_reader(host, Acting((host.services.members.first,))),
        title,
        cleaning=True,
        delete_snapshots=chosen.delete_snapshots,
    )
