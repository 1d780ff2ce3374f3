"""The facets beside the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amitui.ui.app import AmituiApp


async def facets(host: AmituiApp) -> None:
    """Open the facets, go to them, or close them when they have the focus."""
    await host.browse.facets.toggle()
