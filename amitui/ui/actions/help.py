"""Help: the keys by their bindings in force, and the signs; what cannot be done now says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.ui.palette import keyless_section, with_obstacles

if TYPE_CHECKING:
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.help import HelpSection


async def help_(app: AmituiApp) -> None:
    """Show the keys and the query language."""
    from amitui.ui.screens.help import HelpScreen

    await app.push_screen_wait(HelpScreen(help_sections(app)))


def help_sections(app: AmituiApp) -> list[HelpSection]:
    """Help, from the bindings in force."""
    from amitui.ui.screens.help import HELP_TITLES, sections_from, signs_section
    from amitui.ui.widgets.detail_pane import DetailPane
    from amitui.ui.widgets.facet_pane import FacetPane

    browse = app.browse
    return [
        *with_obstacles(
            app,
            sections_from(
                [
                    app,
                    browse.table,
                    browse,
                    browse.middle,
                    DetailPane(),
                    FacetPane(browse.glyphs),
                    browse.search_bar.input,
                    browse.search_bar,
                ],
                keymap=dict(app.services.settings.keys),
                titles=HELP_TITLES,
            ),
        ),
        keyless_section(app),
        signs_section(browse.glyphs),
    ]
