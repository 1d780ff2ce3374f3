"""The command palette: every action under its plain name, and every scope, known region and theme."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, cast

from rich.cells import cell_len
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from amitui.domain.region import PLACES
from amitui.services.saved_views import MARK
from amitui.ui.actions.registry import ACTIONS, Action
from amitui.ui.actions.saved_views import open_view, saved_views
from amitui.ui.themes import THEME_TITLES
from amitui.ui.widgets.line import clip

if TYPE_CHECKING:
    from amitui.services.saved_views import SavedView
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.help import HelpSection

NAME_CELLS: Final = 32
"""The longest name and a gap; what a command does stands behind, where the screen is wide enough."""

KEY_CELLS: Final = 8

PALETTE_CELLS: Final = 100
"""Width of the palette at most (`palette.tcss`)."""

FRAME_CELLS: Final = 6
"""Its border, padding and scroll bar."""

HIDDEN: Final = ("palette", "back")
"""What makes no sense from within the palette."""


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the palette."""

    name: str
    key: str
    about: str
    run: Callable[[], object]

    def line(self, name: Content, width: int) -> Content:
        """Name, key and meaning side by side.

        Args:
            name: the name, perhaps with what matches highlighted.
            width: cells of the screen.
        """
        room = min(width, PALETTE_CELLS) - FRAME_CELLS - NAME_CELLS - KEY_CELLS
        gap = " " * max(1, NAME_CELLS - cell_len(self.name))
        return Content.assemble(
            name, (f"{gap}{self.key:<{KEY_CELLS}}", "bold"), (clip(self.about, max(0, room)), "dim not bold")
        )


class AmituiCommands(Provider):
    """Finds actions, regions and themes by their words."""

    async def discover(self) -> Hits:
        width = self.app.size.width
        for command in self._commands():
            yield DiscoveryHit(command.line(Content(command.name), width), command.run, text=command.name)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            if (score := matcher.match(f"{command.name} {command.about}")) > 0:
                line = command.line(matcher.highlight(command.name), self.app.size.width)
                yield Hit(score, line, command.run, text=command.name)

    @cached_property
    def _views(self) -> list[SavedView]:
        """The saved views, read once for all that is typed into one palette."""
        return saved_views(cast("AmituiApp", self.app)).all()

    def _commands(self) -> list[Command]:
        app = cast("AmituiApp", self.app)
        found = [
            Command(action.name, app.key_of(action), _about(app, action), partial(app.act, action))
            for action in ACTIONS
            if action.id not in HIDDEN
        ]
        for view in self._views:
            about = view.state.query or "all images"
            found.append(Command(f"View {MARK}{view.name}", "", about, partial(_open_view, app, view.name)))
        for region in sorted({*PLACES, *app.browse.view.regions}):
            place = PLACES.get(region, region)
            found.append(Command(f"Region {region}", "", place, partial(_show_region, app, region)))
        for name, title in THEME_TITLES.items():
            found.append(
                Command(f"Theme {title}", "", "Change the colour theme", partial(setattr, app, "theme", name))
            )
        return found


def _open_view(app: AmituiApp, name: str) -> None:
    """Open a saved view."""
    app.work(open_view(app, name), "opening a saved view")


def _show_region(app: AmituiApp, region: str) -> None:
    """Show the images of a Region."""
    app.browse.change_view(regions=(region,))
    app.connect()


def _about(app: AmituiApp, action: Action) -> str:
    """What an action does, or why it cannot be done now."""
    if not action.kind:
        return action.tooltip
    from amitui.ui.actions.open_form import unavailable

    reason = unavailable(app, action.kind)
    return f"not available: {reason}" if reason else action.tooltip


def keyless_section(app: AmituiApp) -> HelpSection:
    """The actions that have no key of their own, for help."""
    from amitui.ui.screens.help import HelpRow, HelpSection

    rows = [
        HelpRow(f":{action.id}", f"{action.name}: {_about(app, action)}")
        for action in ACTIONS
        if not app.key_of(action)
    ]
    return HelpSection("From the a menu or the palette", tuple(rows))


def with_obstacles(app: AmituiApp, sections: Iterable[HelpSection]) -> list[HelpSection]:
    """Help's sections, in which actions that cannot be done now say why instead of what they do."""
    tooltips = {
        action.binding.tooltip: f"{action.name}: {_about(app, action)}" for action in ACTIONS if action.kind
    }
    return [
        replace(
            section,
            rows=tuple(replace(row, meaning=tooltips.get(row.meaning, row.meaning)) for row in section.rows),
        )
        for section in sections
    ]
