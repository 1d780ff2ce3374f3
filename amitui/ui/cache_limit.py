"""Keeps the cache within its limit: after the last of some fetches, Regions that were used long ago make room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.errors import AmituiError

if TYPE_CHECKING:
    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.ui.app import AmituiApp


class CacheLimit:
    """Watches the fetches of an application."""

    def __init__(self, app: AmituiApp) -> None:
        self._app = app

    def fetch_changed(self, progress: CrawlProgress) -> None:
        """A crawl made progress or ended."""
        others = [shard for shard in self._app.fetches.active if shard != progress.shard]
        if progress.done and not others:
            self._app.run_worker(self._trim(), group="trim")

    async def _trim(self) -> None:
        app = self._app
        room = app.services.catalogue.room
        try:
            trimmed = await room.trim(keep=app.browse.view.regions)
        except AmituiError as error:
            app.log_error(error, "keeping the cache within its limit")
            return
        if trimmed is not None and trimmed.dropped and not app.browse.is_leaving():
            from amitui.presentation.cache_text import trimmed_words

            words = trimmed_words(trimmed.dropped, (), 0, room.limit_bytes)
            app.browse.notice(next(words), seconds=8)
