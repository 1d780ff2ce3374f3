"""The recycle bin as an action: what can be restored of what was deregistered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.earlier import deregistered_snapshots
from amitui.domain.operations.may_change import OFFLINE
from amitui.ui.actions.acting import Acting, choose_member
from amitui.ui.actions.form_host import HostAdapter
from amitui.ui.actions.open_form import submit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.operation import Operation
    from amitui.services.members import Member
    from amitui.ui.app import AmituiApp


async def recycle_bin(host: AmituiApp, deregistered: Sequence[Operation] = ()) -> None:
    """Show what can be restored of what was deregistered.

    Args:
        deregistered: the operations whose images are meant, and are marked; none = all of the Regions in view.
    """
    from amitui.ui.screens.recycle_bin import RecycleBinScreen

    if host.services.settings.offline:
        host.browse.notice(f"the recycle bin is EC2's: {OFFLINE}", bad=True)
        return
    snapshots = deregistered_snapshots(host.operations.read_so_far())
    meant = {(one.plan.region, one.plan.subject): str(one.plan.before.get("name", "")) for one in deregistered}
    regions = tuple(dict.fromkeys(region for region, _ in meant)) or host.browse.view.regions
    member = await _member(host, deregistered)
    if member is None:
        return
    who = Acting((member,))
    read = host.services.aws_of(member).recycle_bin
    screen = RecycleBinScreen(HostAdapter(host, acting=who), regions, read, snapshots, meant)
    await submit(host, await host.push_screen_wait(screen), acting=who)


async def _member(host: AmituiApp, deregistered: Sequence[Operation]) -> Member | None:
    """Whose bin is meant: that of who deregistered, else whoever is chosen; `None` = nobody's."""
    members, connections = host.services.members, host.services.session.connections
    if not deregistered:
        return await choose_member(host, "Recycle bin of which account?", members.used)
    profile = deregistered[0].profile
    found = next((one for one in members.all if connections.named(one.profile) == profile), None)
    if found is None or any(one.profile != profile for one in deregistered):
        words = f"deregistered with profile {profile or 'default'}: switch to it to see its bin"
        host.browse.notice(words, seconds=6, bad=True)
        return None
    return found
