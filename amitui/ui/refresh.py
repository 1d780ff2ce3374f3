"""From a screen that shows what is cached to one that is up to date: who is asking, what is damaged, what is due.

It decides and starts; the crawls themselves belong to `services/crawls.py`, and the workers to the application.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.catalog.index.opening import is_damaged
from amitui.domain.catalogue.coverage import PRIVATE_SCOPES
from amitui.domain.catalogue.scope import ALL, FIRST_START
from amitui.domain.retrying import is_transient
from amitui.errors import AmituiError, CredentialsError, RegionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.catalog.search.background import CatalogSearch
    from amitui.services.composition import Services
    from amitui.services.crawls import Fetches
    from amitui.ui.screens.browse import BrowseScreen


class Connecting:
    """Brings the main screen up to date.

    Args:
        log: keeps an error, with what was being done.
    """

    def __init__(
        self,
        services: Services,
        search: CatalogSearch,
        fetches: Fetches,
        browse: BrowseScreen,
        *,
        log: Callable[[AmituiError, str], None],
    ) -> None:
        self._services = services
        self._search = search
        self._fetches = fetches
        self._browse = browse
        self._log = log
        self._restored: set[str] = set()
        """Regions whose index was filled from what is stored, in this session."""
        self._restoring = asyncio.Lock()
        self.unidentified: AmituiError | None = None
        """Why nobody knows yet who is asking, when it may be known later with nothing changed."""

    async def connect(self, *, force: bool, again: bool) -> None:
        """Find out who this is and fetch what is missing or old.

        Args:
            force: fetch the scopes that are looked at whatever their age.
            again: try what failed before once more; without it nobody asked, and the error is known.
        """
        services, browse = self._services, self._browse
        if again:
            self._fetches.expect_answers()
        await self.restore(browse.view.regions)
        if services.settings.offline:
            return
        before = services.session.account
        if not services.session.account_confirmed and not await self._identify():
            return
        if services.session.account != before:
            browse.look(keep_cursor=True)
        regions = browse.view.regions
        statuses = await self._search.shards(regions)
        await self._mend(regions)
        looked_at = FIRST_START if ALL in browse.view.scopes else browse.view.scopes
        if force:
            # What was stopped or broke off goes on where it was; what is whole is asked for anew.
            self._fetches.start(services.catalogue.shards(looked_at, regions))
            return
        cached = {status.shard for status in statuses}
        wanted = services.catalogue.shards(FIRST_START, regions)
        wanted += [shard for shard in services.catalogue.shards(looked_at, regions) if shard in cached]
        due = services.catalogue.due(wanted, statuses)
        if not again:
            due = [shard for shard in due if shard not in self._fetches.failures]
        # Own images first: they are few, and they are what people look for.
        self._fetches.start(sorted(due, key=lambda shard: shard.owner_scope not in PRIVATE_SCOPES))
        browse.catalogue_changed()

    async def restore(self, regions: Sequence[str], *, anew: bool = False) -> None:
        """Fill indexes that cannot be read from what is stored, without the network.

        Args:
            anew: also those that look well: one of them was found damaged while it was read.
        """
        browse = self._browse

        def say(region: str) -> None:
            browse.notice(f"rebuilding the index of {region} from the stored records …", seconds=60)

        async with self._restoring:
            try:
                doubtful = sorted({*regions} - self._restored) if anew else await self._search.unfilled(regions)
                restored = (
                    await self._services.catalogue.restore_behind(doubtful, say, anew=anew) if doubtful else []
                )
            except AmituiError as error:
                self._log(error, "reading the cache")
                return
            self._restored.update(restored)
        if restored:
            browse.notice(f"rebuilt the index of {', '.join(restored)}")
            browse.look(keep_cursor=True)

    def can_be_mended(self, error: AmituiError, regions: Sequence[str]) -> bool:
        """Whether filling these regions' indexes anew may help.

        Once a session: what is damaged again right away has a disk to blame.
        """
        return is_damaged(error) and not self._restored.issuperset(regions)

    async def _identify(self) -> bool:
        """Ask who this is; false when nothing can be fetched without knowing."""
        known, self.unidentified = self.unidentified, None
        try:
            await self._services.session.identify()
        except (CredentialsError, RegionError) as error:
            self._browse.trouble = error
            self._log(error, "verifying the AWS identity")
            self._browse.look(keep_cursor=True)
            return False
        except AmituiError as error:
            # STS may be out of reach where EC2 is not (VPC endpoints); the public catalogue needs no account.
            if known is None or known.lines() != error.lines():
                self._log(error, "verifying the AWS identity")
            self.unidentified = error if is_transient(error) else None
        self._browse.trouble = None
        return True

    async def _mend(self, regions: tuple[str, ...]) -> None:
        try:
            if await self._services.catalogue.writer().mend(regions):
                self._browse.catalogue_changed()
        except AmituiError as error:
            self._log(error, "checking the cache")
