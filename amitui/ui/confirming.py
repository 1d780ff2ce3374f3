"""Confirms the rows on the screen by narrow calls with their images' ids, once the screen has come to rest.

What was fetched hours ago is then shown as it is now, without a call for each key. One call at a time, for images
that nobody has confirmed for a while; what fails is logged without a notice, and tried again after a pause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.catalog.locks import ShardBusy
from amitui.defects import defect_of
from amitui.domain.catalogue.coverage import age_of
from amitui.domain.retrying import Pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.domain.catalogue.shard import ShardStatus
    from amitui.domain.image.row import ImageRow
    from amitui.errors import AmituiError
    from amitui.services.composition import Services
    from amitui.ui.screens.browse import BrowseScreen

REST_S: Final = 1.5
"""How often it is looked whether the rows on the screen are the same as the time before."""

CONFIRM_AFTER_S: Final = 10 * 60
"""Age from which on a record is worth a call."""

MOST_IDS: Final = 200
"""Images in one call."""

_BUSY_TRIES: Final = 0
"""A shard that is being fetched brings the rows by itself."""


class RowConfirmation:
    """Confirms what the main screen shows; call `tick` every `REST_S`, and await `confirm` if it says so.

    Args:
        log: logs an error, with what was being done, without a notice.
    """

    def __init__(
        self, services: Services, browse: BrowseScreen, *, log: Callable[[AmituiError, str], None]
    ) -> None:
        self._services = services
        self._browse = browse
        self._log = log
        self._last_seen: tuple[tuple[str, str], ...] = ()
        """The images on the screen at the last tick, as (Region, id)."""
        self._confirmed: dict[tuple[str, str], int] = {}
        """When EC2 confirmed an image, seconds since the epoch."""
        self._pauses = Pauses()
        self._not_before = 0.0
        self._said: list[str] = []
        """The last error, so that the same is not logged again and again."""

    def tick(self) -> dict[str, list[str]]:
        """By Region, the ids to confirm now; empty while the screen is moving, or nothing is old."""
        services, browse = self._services, self._browse
        rows = [row for _, row in browse.table.rows_in_view]
        seen = tuple((row.region, row.image_id) for row in rows)
        rests, self._last_seen = seen == self._last_seen, seen
        services.catalogue.watch({*seen, *((row.region, row.image_id) for row in browse.table.marks)})
        now = services.now()
        if (
            not rests
            or services.settings.offline
            or not services.session.account_confirmed
            or browse.fetches.active
            or now < self._not_before
        ):
            return {}
        return self._old((*rows, *browse.table.marks), browse.loader.answer.statuses, now)

    def leave_caller(self) -> None:
        """Somebody else's credentials are used from now on: what failed with the old ones may succeed."""
        self._confirmed.clear()
        self._pauses.reset()
        self._not_before = 0.0
        self._said = []

    async def confirm(self, wanted: dict[str, list[str]]) -> None:
        """Ask EC2 for these images; the table shows what has changed as soon as the index has it."""
        for region, image_ids in wanted.items():
            try:
                await self._services.catalogue.confirm(region, image_ids, tries=_BUSY_TRIES)
            except ShardBusy:
                pass
            except Exception as raised:  # noqa: BLE001 - whatever it is, the rows stay as they were fetched
                self._failed(defect_of(raised))
                return
            # One that is gone is not asked for again either.
            self._confirmed.update(((region, image_id), self._services.now()) for image_id in image_ids)
        self._pauses.reset()
        self._said = []
        self._browse.catalogue_changed()

    def _old(self, rows: Sequence[ImageRow], statuses: Sequence[ShardStatus], now: int) -> dict[str, list[str]]:
        fetched = {status.shard: status.fetched_at for status in statuses}
        old: dict[str, list[str]] = {}
        for row in rows:
            identity = (row.region, row.image_id)
            if self._is_recent(self._confirmed.get(identity), now) or len(old.get(row.region, ())) == MOST_IDS:
                continue
            place = self._browse.search.locate(row.key)
            if place is not None and not self._is_recent(fetched.get(place.shard), now):
                old.setdefault(row.region, []).append(row.image_id)
        return {region: list(dict.fromkeys(image_ids)) for region, image_ids in old.items()}

    def _is_recent(self, moment: int | None, now: int) -> bool:
        age = None if moment is None else age_of(moment, now)
        return age is not None and age < CONFIRM_AFTER_S

    def _failed(self, error: AmituiError) -> None:
        self._not_before = self._services.now() + (self._pauses.after_failure() or CONFIRM_AFTER_S)
        if error.lines() != self._said:
            self._said = error.lines()
            self._log(error, "confirming the rows on the screen")
