"""The audit of what runs in the Regions in view, and what follows from a subject that is chosen there."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from amitui.errors import AmituiError

if TYPE_CHECKING:
    from amitui.domain.fleet.findings import Finding
    from amitui.presentation.audit_export import Report
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.audit import AuditLeft, AuditScreen


async def audit(host: AmituiApp, left: AuditLeft | None = None) -> None:
    """Show the audit, and open the image that is chosen there.

    Args:
        left: the audit out of which an image was opened, to be shown again as it was.
    """
    from amitui.domain.fleet.findings import Finding
    from amitui.services.fleet_audit import FleetAudit
    from amitui.ui.actions.images import open_image, sent
    from amitui.ui.screens.audit import AuditScreen

    browse = host.browse
    regions = browse.view.regions
    why_not = ""
    if host.services.settings.offline:
        why_not = "amitui is offline: start without --offline to read what runs"
    elif not regions:
        why_not = "no Region is chosen"
    screen: AuditScreen

    def export(report: Report) -> None:
        host.work(_export(host, screen, report), "writing the audit")

    screen = AuditScreen(
        regions,
        why_not or FleetAudit(host.services).of_accounts,
        lambda lines: sent(host, list(lines), [])[0],
        export,
        now=host.services.now,
        can_roll_out=True,
        ascii_only=browse.glyphs.ascii,
        left=left,
    )
    chosen = await host.push_screen_wait(screen)
    if isinstance(chosen, Finding) and screen.rolls_out:
        await _roll_out(host, chosen)
    elif isinstance(chosen, Finding):
        open_image(host, chosen.region, chosen.judgement.image.image_id, partial(audit, host, screen.left))


async def _roll_out(host: AmituiApp, finding: Finding) -> None:
    """Open the form that rolls out the successor of a finding's image in its Region."""
    from amitui.domain.image.trust import Trust
    from amitui.domain.operations.kinds import OperationKind
    from amitui.domain.rollout.candidates import NewImage
    from amitui.ui.actions.acting import Acting
    from amitui.ui.actions.form_host import HostAdapter
    from amitui.ui.actions.open_form import closed_to, submit
    from amitui.ui.forms.roll_out import RollOutForm

    image, successor = finding.judgement.image, finding.judgement.successor
    if successor is None:
        return
    obstacle = closed_to(host, OperationKind.ROLL_OUT)
    if obstacle:
        host.browse.notice(f"{obstacle} (roll out)", seconds=6, bad=True)
        return
    # A look-alike's successor is the publisher's, whose account is another one.
    owner = "" if image.trust is Trust.LOOKALIKE else image.owner_id
    new = NewImage(
        finding.region,
        successor.image_id,
        successor.name,
        owner,
        image.architecture,
        successor.state,
        successor.created,
        successor.deprecated,
    )
    members = host.services.members
    acting = Acting((members.of_account(finding.account) or members.first,))
    reads = host.services.aws_of(acting.members[0])
    form = RollOutForm(HostAdapter(host, acting=acting), [new], reads.roll_out_fleet)
    await submit(host, await host.push_screen_wait(form), acting=acting)


async def _export(host: AmituiApp, screen: AuditScreen, report: Report) -> None:
    """Ask for a file name, and write what is listed."""
    from amitui.presentation.audit_export import FORMATS
    from amitui.ui.actions.export import write_file
    from amitui.ui.screens.audit_export import AuditExportScreen, format_of

    day = host.services.now()
    path = await host.push_screen_wait(AuditExportScreen(day))
    if path is None:
        return
    text = FORMATS[format_of(path)](report)
    try:
        await asyncio.to_thread(partial(write_file, path, [text], overwrite=False))
    except AmituiError as error:
        screen.say(error.what)
        host.log_error(error, "writing the audit")
    else:
        screen.say(f"wrote {len(report.findings):,} findings to {path}")
