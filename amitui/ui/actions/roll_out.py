"""The forms that roll an image out and promote it: what they read, and the Regions that have the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.screen import Screen

    from amitui.ui.actions.acting import Chosen
    from amitui.ui.actions.form_host import HostAdapter
    from amitui.ui.app import AmituiApp


async def roll_out_form(host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:
    from amitui.domain.rollout.region import copies_of
    from amitui.ui.actions.family import cached_answers
    from amitui.ui.forms.roll_out import RollOutForm

    (row,) = chosen.rows
    in_view = {*host.browse.view.regions, row.region}
    answers = {region: one for region, one in (await cached_answers(host, row)).items() if region in in_view}
    images, missing = copies_of(row, answers)
    return RollOutForm(access, images, chosen.aws.roll_out_fleet, missing=missing)


async def promote_form(_host: AmituiApp, access: HostAdapter, chosen: Chosen) -> Screen[Any]:
    from amitui.ui.forms.promote import PromoteForm

    return PromoteForm(access, chosen.facts[0], chosen.aws.image_parameters)
