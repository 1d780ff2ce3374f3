"""The audit of what runs in the Regions in view, and what follows from a subject that is chosen there."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from amitui.errors import AmituiError

if TYPE_CHECKING:
    from amitui.presentation.audit_export import Report
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.audit import AuditScreen


async def audit(host: AmituiApp) -> None:
    """Show the audit, and open the image that is chosen there."""
    from amitui.domain.fleet.findings import Finding
    from amitui.services.fleet_audit import FleetAudit
    from amitui.ui.actions.images import sent
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
        why_not or FleetAudit(host.services).region,
        lambda lines: sent(host, list(lines), [])[0],
        export,
        now=host.services.now,
        ascii_only=browse.glyphs.ascii,
    )
    chosen = await host.push_screen_wait(screen)
    if isinstance(chosen, Finding):
        inside = chosen.region in browse.view.regions
        image_id = chosen.judgement.image.image_id
        browse.change_view(text=image_id, regions=None if inside else (chosen.region,))


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
