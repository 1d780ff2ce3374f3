"""The command palette: every action under its plain name, and every scope and known region."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from amitui.actions import ACTIONS, Action
from amitui.domain.region import PLACES

if TYPE_CHECKING:
    from amitui.screens.browse import BrowseScreen


class PaletteHost(Protocol):
    """What the palette needs of the application."""

    @property
    def browse(self) -> BrowseScreen: ...
    def act(self, action: Action) -> None: ...
    def key_of(self, action: Action) -> str: ...
    def look_at_regions(self, regions: tuple[str, ...]) -> None: ...


class AmituiCommands(Provider):
    """Finds actions and regions by their words."""

    async def discover(self) -> Hits:
        for name, help_text, run in self._all():
            yield DiscoveryHit(name, run, help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, help_text, run in self._all():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), run, text=name, help=help_text)

    def _all(self) -> list[tuple[str, str, Callable[[], object]]]:
        app = cast("PaletteHost", self.app)
        found: list[tuple[str, str, Callable[[], object]]] = [
            (action.label, f"{action.tooltip} ({app.key_of(action)})", partial(app.act, action))
            for action in ACTIONS
        ]
        for region in sorted({*PLACES, *app.browse.looking.regions}):
            place = PLACES.get(region, "")
            found.append(
                (
                    f"Region {region}",
                    f"Look at images in {place or region}",
                    partial(app.look_at_regions, (region,)),
                )
            )
        return found
