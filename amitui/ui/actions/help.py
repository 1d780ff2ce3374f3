"""Help on the main screen: its keys by their bindings in force, the query language and the signs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amitui.ui.actions.registry import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.ui.actions.registry import Action
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.help import HelpSection


async def help_(app: AmituiApp) -> None:
    """Show the keys and the query language."""
    from amitui.ui.screens.help import HelpScreen

    await app.push_screen_wait(HelpScreen(help_sections(app)))


def help_sections(app: AmituiApp) -> list[HelpSection]:
    """Help, from the bindings in force."""
    from amitui.ui.keys.screens import TITLES
    from amitui.ui.screens.help import (
        QUERY_HELP,
        TEXT_HELP,
        everywhere_section,
        sections_from,
        signs_section,
    )
    from amitui.ui.widgets.detail_pane import DetailPane
    from amitui.ui.widgets.facet_pane import FacetPane

    browse = app.browse
    keymap = dict(app.services.settings.keys)
    parts = [
        app,
        browse.table,
        browse,
        browse.middle,
        DetailPane(),
        FacetPane(browse.glyphs),
        browse.search_bar.input,
        browse.search_bar,
    ]
    first, *others = with_obstacles(app, sections_from(parts, keymap=keymap, titles=TITLES))
    return [
        first,
        *everywhere_section(app, keymap),
        *commands_section(app),
        QUERY_HELP,
        *others,
        keyless_section(app),
        signs_section(browse.glyphs),
        TEXT_HELP,
    ]


def obstacle_of(app: AmituiApp, action: Action) -> str:
    """Why an action cannot be done now; empty = it can."""
    if action.obstacle is not None:
        return action.obstacle(app)
    if not action.kind:
        return ""
    from amitui.ui.actions.open_form import unavailable

    return unavailable(app, action.kind)


def commands_section(app: AmituiApp) -> list[HelpSection]:
    """The user's own commands, where there are any."""
    from amitui.ui.screens.help import HelpRow, HelpSection

    rows = [
        HelpRow(app.user_commands.key_of(action) or f":{action.id}", action.about, obstacle_of(app, action))
        for action in app.user_commands.actions
    ]
    return [HelpSection("Your commands", tuple(rows))] if rows else []


def keyless_section(app: AmituiApp) -> HelpSection:
    """The actions that have no key of their own."""
    from amitui.ui.screens.help import HelpRow, HelpSection

    rows = [
        HelpRow(f":{action.id}", f"{action.name}: {action.tooltip}", obstacle_of(app, action))
        for action in ACTIONS
        if not app.key_of(action)
    ]
    return HelpSection("From the a menu or the palette", tuple(rows))


def with_obstacles(app: AmituiApp, sections: Iterable[HelpSection]) -> list[HelpSection]:
    """Help's sections, in which actions that cannot be done now say why besides what they do."""
    obstacles = {action.binding.tooltip: obstacle for action in ACTIONS if (obstacle := obstacle_of(app, action))}
    return [
        replace(
            section,
            rows=tuple(
                replace(row, obstacle=row.obstacle or obstacles.get(row.meaning, "")) for row in section.rows
            ),
        )
        for section in sections
    ]
