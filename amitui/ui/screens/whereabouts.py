"""Says in an empty table where images are that were searched for by their IDs, as EC2 knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from amitui.domain.catalogue.gone import gone_words
from amitui.domain.catalogue.whereabouts import MOST_IDS, Fate, whereabouts
from amitui.errors import AmituiError

if TYPE_CHECKING:
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.ui.screens.browse import BrowseScreen


class Whereabouts:
    """Asks EC2 once for the IDs of a query; cancel a call when a later query replaces it."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._said: tuple[object, Content] | None = None
        """What was asked for last, and the answer in words."""

    async def say(self, request: ViewRequest) -> None:
        """Put what EC2 says of the query's IDs in place of the words of the empty table.

        EC2 is not asked offline, before the account is known, and while Regions in view are being fetched: what is
        remembered of images that went is said all the same.
        """
        services, table = self._screen.services, self._screen.table
        image_ids = request.query.image_ids()
        if not image_ids:
            return
        fetching = any(shard.region in request.regions for shard in self._screen.fetches.active)
        if services.settings.offline or not request.accounts or fetching:
            if lines := [line for one in image_ids[:MOST_IDS] for line in self._remembered(one)]:
                table.empty_text = Content("\n".join(lines))
            return
        asked = (image_ids, request.regions, request.accounts)
        if self._said is None or self._said[0] != asked:
            words = await self._asked(image_ids, request.regions)
            if not words:
                return
            self._said = asked, Content("\n".join(words))
        if not self._screen.is_leaving():
            table.empty_text = self._said[1]

    async def _asked(self, image_ids: tuple[str, ...], regions: tuple[str, ...]) -> list[str]:
        wanted = image_ids[:MOST_IDS]
        try:
            answers = await self._screen.services.aws.where_ids_are(wanted, regions)
        except AmituiError as error:
            return [f"{', '.join(wanted)} could not be asked for: {error.what}", error.remedy]
        if not answers:
            return [line for one in wanted for line in self._remembered(one)]
        lines = [line for one in wanted for line in whereabouts(one, answers, regions, self._remembered(one))]
        if any(answer.fate is Fate.FOUND and answer.region not in regions for answer in answers):
            lines.append(f"{self._screen.key_of('regions')} chooses that Region.")
        return lines

    def _remembered(self, image_id: str) -> list[str]:
        """What is known of an image from before EC2 stopped to show it, a line for each."""
        services = self._screen.services
        return [gone_words(image) for image in services.catalogue.gone.named(image_id, services.members.accounts)]
