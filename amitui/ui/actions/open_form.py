"""The actions that change something: the images they apply to, and the form that returns plans.

They run as workers of the application, so neither a form's end nor another action cancels an operation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from amitui.domain.image.image import ImageFlag
from amitui.domain.operations.eligibility import why_not
from amitui.domain.operations.kinds import SPECS, About, OperationKind, spec_of
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.plans.way_back import WayBack, newest_way_back
from amitui.domain.region import partition_of
from amitui.errors import AmituiError
from amitui.ui.actions.acting import Acting, Chosen, acting, refused_of
from amitui.ui.actions.elsewhere import with_elsewhere
from amitui.ui.actions.form_host import HostAdapter
from amitui.ui.actions.images import one_at_a_time, selected
from amitui.ui.actions.roll_out import promote_form, roll_out_form
from amitui.ui.actions.usage import usage_reader

if TYPE_CHECKING:
    from textual.screen import Screen

    from amitui.domain.image.image import Image
    from amitui.domain.image.row import ImageRow
    from amitui.domain.operations.operation import Operation
    from amitui.domain.operations.plan import Plan
    from amitui.domain.sharing.permissions import Sharing
    from amitui.ui.app import AmituiApp


UNDO: Final = "undo"
"""In the list of changes, what stands for taking the last one back."""


FormOpener = Callable[["AmituiApp", HostAdapter, Chosen], Awaitable["Screen[Any]"]]


async def begin(host: AmituiApp, kind: OperationKind) -> Sequence[Operation]:
    """Open the form of an operation and submit its plans; returns the operations."""
    spec = SPECS[kind]
    obstacle = closed_to(host, kind)
    if obstacle:
        host.browse.notice(f"{obstacle} ({SPECS[kind].title.lower()})", seconds=6, bad=True)
        return ()
    rows, left_out = _fit_for(host, kind)
    if left_out:
        host.browse.notice(left_out, seconds=6, bad=True)
    if not rows and spec.about is not About.NOTHING:
        return ()
    who = await acting(host, kind, rows)
    if who is None:
        return ()
    images = [await _image(host, row) for row in rows]
    shares = await _shares(host, kind, rows, who)
    facts = [ImageFacts.of_image(image, shared) for image, shared in zip(images, shares, strict=True)]
    chosen = Chosen(images, rows, facts, who, host.services)
    screen = await form_of(kind)(host, HostAdapter(host, acting=who), chosen)
    with_elsewhere(host, screen, who)
    submitted = await submit(host, await host.push_screen_wait(screen), acting=who)
    if spec.launches and submitted:
        _remember(host, screen, chosen)
    return submitted


async def submit(
    host: AmituiApp,
    plans: Sequence[Plan] | None,
    original: Operation | None = None,
    *,
    acting: Acting | None = None,
) -> Sequence[Operation]:
    """Submit the plans that a form returned; returns the operations.

    Args:
        original: submit with the profile of this operation; `None` = of something new.
        acting: who carries out which of the new plans; `None` = the profile in use all of them.
    """
    if not plans:
        return ()
    # A copy with the same name may come in at the very top: the next key is meant for this image, not for that.
    host.browse.table.pin_cursor()
    submitted: list[Operation] = []
    if original is not None:
        submitted += await host.operations.submit_as(original, plans)
    else:
        for member, theirs in (acting or Acting((host.services.members.first,))).by_member(plans).items():
            submitted += await host.operations.submit(theirs, member=member)
    host.browse.table.clear_marks()
    what = (
        plans[0].title if len(submitted) == 1 else f"{spec_of(plans[0].kind).title}: {len(submitted)} operations"
    )
    host.browse.notice(f"started: {what}", seconds=6)
    return submitted


def closed_to(host: AmituiApp, kind: OperationKind) -> str:
    """Why an operation is not possible for any image; empty when it is."""
    members = host.services.members
    answers = [host.operations.may_change(kind, member=one) for one in members.used or (members.first,)]
    if any(answers):
        return ""
    answer = answers[0]
    if answer.is_denial:
        return f"{answer.reason} ({host.browse.key_of('refresh')} checks again)"
    return answer.reason


def unavailable(host: AmituiApp, kind: OperationKind) -> str:
    """Why an operation is not possible with the selected images; empty when it is."""
    obstacle = closed_to(host, kind)
    if obstacle or SPECS[kind].about is About.NOTHING:
        return obstacle
    rows = selected(host)
    if not rows:
        return why_not(kind, None, host.services.session.account)
    if refused := refused_of(host, kind, rows):
        return refused
    reasons = list(_reasons(host, kind, rows).values())
    return "" if "" in reasons else reasons[0]


def _reasons(host: AmituiApp, kind: OperationKind, rows: Sequence[ImageRow]) -> dict[int, str]:
    """By row key, why an operation does not fit a row; empty = it does."""
    members = host.services.members
    return {row.key: why_not(kind, ImageFacts.of(row), members.owner_of(row).account) for row in rows}


def _fit_for(host: AmituiApp, kind: OperationKind) -> tuple[list[ImageRow], str]:
    """The selected rows that the operation fits, and the reason why others are left out."""
    title = SPECS[kind].title.lower()
    if SPECS[kind].about is About.NOTHING:
        return [], ""
    rows = selected(host)
    if not rows:
        return [], why_not(kind, None, host.services.session.account)
    if SPECS[kind].about is About.IMAGE and len(rows) > 1:
        return [], f"{title}: {one_at_a_time(host, rows)}"
    if refused := refused_of(host, kind, rows):
        return [], f"{refused} ({title})"
    reasons = _reasons(host, kind, rows)
    fit = [row for row in rows if not reasons[row.key]]
    if len(fit) == len(rows):
        return fit, ""
    reason = next(words for words in reasons.values() if words)
    if not fit:
        return [], f"{reason} ({title})"
    return fit, f"{len(rows) - len(fit)} of {len(rows)} skipped: {reason}"


async def _image(host: AmituiApp, row: ImageRow) -> Image:
    place = host.browse.search.locate(row.key)
    if place is None:
        raise AmituiError(f"{row.image_id} was just replaced by a refresh", remedy="try again")
    return await host.services.catalogue.image(place)


async def _shares(
    host: AmituiApp, kind: OperationKind, rows: Sequence[ImageRow], who: Acting
) -> list[tuple[str, ...]]:
    """The accounts that the images are shared with, if the form shows them."""
    shares: list[tuple[str, ...]] = []
    for row in rows:
        shared: tuple[str, ...] = ()
        if SPECS[kind].reads_shares:
            try:
                aws = host.services.aws_of(who.on(row.region, row.image_id))
                shared = (await aws.launch_permissions(row.region, row.image_id)).grantees
            except AmituiError:
                shared = ()  # reading them takes a permission of its own; the form warns in general then
        shares.append(shared)
    return shares


async def change(host: AmituiApp) -> Sequence[Operation]:
    """Choose an operation from a list; returns the operations that were submitted."""
    from amitui.ui.screens.picker import PickerItem, PickerScreen

    rows = selected(host)
    items = [
        PickerItem(kind, spec.title, disabled_reason=unavailable(host, kind), key=host.browse.key_of(kind.value))
        for kind, spec in SPECS.items()
        if spec.label
    ]
    items += host.user_commands.menu_items()
    items.sort(key=lambda item: bool(item.disabled_reason))
    back = await _way_back(host, rows)
    if back is not None:
        # Whoever regrets something looks for it here first.
        way = "from the recycle bin" if not back.plans else spec_of(back.plans[0].kind).title
        items.insert(0, PickerItem(UNDO, f"Undo: {back.title}", way, key=host.browse.key_of("undo")))
    about = rows[0].name or rows[0].image_id if len(rows) == 1 else f"{len(rows)} images" if rows else "no image"
    chosen: str | None = await host.push_screen_wait(PickerScreen(f"Change {about}", items))
    if chosen == UNDO and back is not None:
        from amitui.ui.actions.operations import OperationActions

        await OperationActions(host).undo(back)
        return ()
    if (command := host.user_commands.by_id.get(chosen or "")) is not None:
        await host.user_commands.run(command)
        return ()
    return await begin(host, OperationKind(chosen)) if chosen else ()


async def _way_back(host: AmituiApp, rows: Sequence[ImageRow]) -> WayBack | None:
    """What was done last to the one selected image and can be taken back."""
    if len(rows) != 1 or not host.operations.has_journal:
        return None
    await host.operations.open()
    found = host.operations.engine.operations()
    return newest_way_back(found, host.operations.now(), image=(rows[0].region, rows[0].image_id))


# Forms


async def _create(host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:
    from amitui.ui.forms.create import CreateForm

    regions = host.browse.view.regions
    return CreateForm(access, chosen.aws, regions=regions, region=regions[0])


async def _register(host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:
    from amitui.ui.forms.register import RegisterForm

    return RegisterForm(access, chosen.aws, region=host.browse.view.regions[0])


async def _copy(_host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:
    from amitui.ui.forms.copy.form import CopyForm

    (image,), (facts,) = chosen.images, chosen.facts
    known = chosen.session.known_regions() or await chosen.session.list_regions()
    partition = partition_of(facts.region)
    regions = [one.name for one in known if one.enabled and partition_of(one.name) == partition]
    return CopyForm(
        access,
        chosen.aws,
        image=facts,
        size_gib=image.summary.size_gib,
        regions=regions,
        encrypted=bool(image.summary.flags & ImageFlag.ENCRYPTED),
        foreign=not chosen.is_own(facts),
        paid=bool(image.summary.flags & ImageFlag.PAID),
    )


async def _share(host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:

    async def read(region: str, image_id: str) -> Sharing:
        return await chosen.aws_for(region, image_id).sharing(region, image_id)

    names = dict(host.services.settings.accounts)
    own = list(filter(chosen.is_own, chosen.facts))
    if not own:
        from amitui.ui.forms.share.received import ReceivedShareForm

        return ReceivedShareForm(access, chosen.facts, read, names=names)
    from amitui.ui.forms.share.form import ShareForm

    if len(own) < len(chosen.facts):
        left = len(chosen.facts) - len(own)
        host.browse.notice(
            f"{left} of {len(chosen.facts)} skipped: only the owner can do this", seconds=6, bad=True
        )
    from amitui.domain.operations.earlier import recent_grantees

    recent = recent_grantees(host.operations.read_so_far())
    return ShareForm(access, own, read, names=names, recent=recent)


async def _launch(host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:
    from amitui.services.last_launches import LastLaunches
    from amitui.ui.forms.launch.form import LaunchForm

    (image,), (facts,) = chosen.images, chosen.facts
    services = host.services
    return LaunchForm(
        access,
        chosen.aws,
        image=image,
        facts=facts,
        account=chosen.account,
        preset=LastLaunches(chosen.session).last(facts),
        presets=dict(services.settings.presets),
    )


def _remember(host: AmituiApp, screen: Screen[Any], chosen: Chosen) -> None:
    """Store a launch as the default of the family's next one; a failure to store it does not matter."""
    from amitui.services.last_launches import LastLaunches
    from amitui.ui.forms.launch.form import LaunchForm

    if isinstance(screen, LaunchForm) and screen.kept is not None:
        try:
            LastLaunches(chosen.session).remember(chosen.facts[0], screen.kept)
        except AmituiError as error:
            host.browse.notice(f"the launch settings were not saved: {error.what}", seconds=6, bad=True)


async def _deregister(host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:
    from amitui.ui.forms.deregister import DeregisterForm

    return DeregisterForm(access, chosen.facts, usage_reader(host, chosen.acting))


async def _unstore(host: AmituiApp, access: HostAdapter, _chosen: Chosen) -> Screen[Any]:
    from amitui.ui.forms.store import UnstoreForm

    regions = host.browse.view.regions
    return UnstoreForm(access, regions=regions, region=regions[0])


async def _store(_host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:
    from amitui.ui.forms.store import StoreForm

    return StoreForm(access, chosen.facts)


def form_of(kind: OperationKind) -> FormOpener:
    """What opens the form of a kind that has one."""
    return OPENERS.get(kind) or partial(_change_form, kind)


async def _change_form(kind: OperationKind, _host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:
    from amitui.ui.forms.changes import CHANGE_FORMS

    return CHANGE_FORMS[kind](access, chosen.facts)


OPENERS: Final[Mapping[OperationKind, FormOpener]] = {
    OperationKind.LAUNCH: _launch,
    OperationKind.COPY: _copy,
    OperationKind.CREATE: _create,
    OperationKind.REGISTER: _register,
    OperationKind.DEREGISTER: _deregister,
    OperationKind.SHARE: _share,
    OperationKind.STORE: _store,
    OperationKind.UNSTORE: _unstore,
    OperationKind.ROLL_OUT: roll_out_form,
    OperationKind.PROMOTE: promote_form,
}
"""The forms that need more than the selected images; all others are in `forms/changes.py`."""
