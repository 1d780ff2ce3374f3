"""The command palette: every action under its plain name, and every scope, known region and theme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, cast

from rich.cells import cell_len
from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from amitui.domain.region import PLACES
from amitui.services.saved_views import MARK
from amitui.ui.actions.help import obstacle_of
from amitui.ui.actions.registry import ACTIONS
from amitui.ui.actions.saved_views import open_view, saved_views
from amitui.ui.themes import THEME_TITLES
from amitui.ui.widgets.line import clip

if TYPE_CHECKING:
    from amitui.services.saved_views import SavedView
    from amitui.ui.app import AmituiApp

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
    obstacle: str = ""
    """Why it cannot be done now, which `run` says too; empty = it can."""

    def line(self, name: Content, width: int) -> Content:
        """Name, key and meaning side by side; what cannot be done now is dimmed, and says why.

        Args:
            name: the name, perhaps with what matches highlighted.
            width: cells of the screen.
        """
        room = min(width, PALETTE_CELLS) - FRAME_CELLS - NAME_CELLS - KEY_CELLS
        gap = " " * max(1, NAME_CELLS - cell_len(self.name))
        if self.obstacle:
            name, said, key_style = name.stylize("dim"), f"not now: {self.obstacle}", "dim"
        else:
            said, key_style = self.about, "bold"
        return Content.assemble(
            name, (f"{gap}{self.key:<{KEY_CELLS}}", key_style), (clip(said, max(0, room)), "dim not bold")
        )


class Palette(CommandPalette):
    """Textual's command palette with help, and the keys that leave every screen."""

    BINDINGS = [
        Binding("f1", "help", "Help", show=False, id="help", tooltip="The keys of this screen"),
        Binding("escape", "escape", "Close", id="commands.leave", tooltip="Close without doing anything"),
    ]

    def action_help(self) -> None:
        """Show the keys that work here."""
        from amitui.ui.screens.help import HelpRow, HelpScreen, HelpSection, screen_sections

        move = HelpSection(
            "Commands",
            (
                HelpRow("↑ ↓ PgUp PgDn", "move the cursor"),
                HelpRow("Enter", "do it; of what is dimmed say why not"),
            ),
        )
        self.app.push_screen(HelpScreen([move, *screen_sections(self)]))

    def action_leave(self) -> None:
        """Close without doing anything."""
        self._action_escape()


class AmituiCommands(Provider):
    """Finds actions, regions and themes by their words."""

    async def discover(self) -> Hits:
        width = self.app.size.width
        for command in self._commands():
            yield DiscoveryHit(command.line(Content(command.name), width), command.run, text=command.name)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            if (score := matcher.match(f"{command.name} {command.about} {command.obstacle}")) > 0:
                line = command.line(matcher.highlight(command.name), self.app.size.width)
                yield Hit(score, line, command.run, text=command.name)

    @cached_property
    def _views(self) -> list[SavedView]:
        """The saved views, read once for all that is typed into one palette."""
        return saved_views(cast("AmituiApp", self.app)).all()

    def _commands(self) -> list[Command]:
        app = cast("AmituiApp", self.app)
        found = [
            Command(
                action.name,
                app.key_of(action),
                action.tooltip,
                partial(app.act, action),
                obstacle_of(app, action),
            )
            for action in (*ACTIONS, *app.user_commands.actions)
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
