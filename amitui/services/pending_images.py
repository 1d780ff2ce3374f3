"""Watches images that are being made, whoever began that, until EC2 has made them or has failed to.

The poller of the operations observes them, so that an image for which an operation waits costs no call of its own.
Nothing is asked while no image is pending.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from amitui.catalog.locks import ShardBusy
from amitui.defects import defect_of
from amitui.domain.operations.awaited import IMAGE
from amitui.domain.timeline.observation import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amitui.domain.image.row import ImageRow
    from amitui.domain.timeline.observation import Observation
    from amitui.errors import AmituiError
    from amitui.operations.row_refresher import RowRefresher, Rows
    from amitui.services.composition import Services

UNSETTLED: Final = ("pending", "transient")
"""States that an image leaves by itself. Source: ImageState in the API's model."""

MOST_WATCHED: Final = 200
"""Images that are watched at a time: the ids of one call."""

RECHECK_S: Final = 30.0
"""For how long EC2 must not list an image until it is asked whether it is gone. After as long a row is written
again when that failed."""

BUSY_TRIES: Final = 40
"""How often a shard that is being fetched is tried again, twice a second."""


class Watch(Protocol):
    """`Poller.watch`."""

    def __call__(
        self, subject: Subject, observed: Callable[[Observation], None], /, *, every: float | None, relaxed: bool
    ) -> Callable[[], None]: ...


class Ended(NamedTuple):
    """An image that is pending no longer."""

    row: ImageRow
    """As it was while it was pending."""
    state: str
    """EC2's word; empty, or `awaited.GONE`: EC2 does not list it."""
    reason: str
    """Why it failed; empty where EC2 does not say."""


class _Watched:
    """An image that is watched."""

    __slots__ = ("is_reported", "last", "progress", "row", "stop", "subject", "unlisted_since")

    def __init__(self, row: ImageRow, subject: Subject) -> None:
        self.row, self.subject = row, subject
        self.progress: int | None = None
        """Per cent of its snapshots."""
        self.last: Observation | None = None
        self.unlisted_since: float | None = None
        self.is_reported = False
        """Whether it was said that it is pending no longer."""
        self.stop: Callable[[], None] = lambda: None


class PendingImages:
    """Has the pending ones of some rows watched, each with the credentials of its own member.

    Args:
        watch: has a subject observed until the answer is called.
        trouble: why a watched subject could not be observed lately, if it could not.
        changed: called when the progress of some image is another one.
        ended: called with images that are pending no longer, once the catalogue has them as they are now.
        failed: called with what went wrong, and what was being done; once for each error of a place.
    """

    def __init__(
        self,
        services: Services,
        watch: Watch,
        *,
        trouble: Callable[[Subject], AmituiError | None],
        changed: Callable[[], None],
        ended: Callable[[Sequence[Ended]], None],
        failed: Callable[[AmituiError, str], None],
    ) -> None:
        self._services, self._watch, self._trouble = services, watch, trouble
        self._changed, self._ended, self._failed = changed, ended, failed
        self._images: dict[tuple[str, str], _Watched] = {}
        """By Region and image id."""
        self._refresher: RowRefresher | None = None
        self._said: dict[tuple[str, str], list[list[str]]] = {}
        """By profile and Region: the errors that were reported, while anything is watched there."""

    def __len__(self) -> int:
        return len(self._images)

    def follow(self, rows: Iterable[ImageRow]) -> None:
        """Watch the pending ones of these and no others, the first ones if they are too many."""
        wanted: dict[tuple[str, str], ImageRow] = {}
        for row in rows:
            if row.state in UNSETTLED and len(wanted) < MOST_WATCHED:
                wanted.setdefault((row.region, row.image_id), row)
        for identity in [identity for identity in self._images if identity not in wanted]:
            self._images.pop(identity).stop()
        for identity, row in wanted.items():
            if identity not in self._images:
                self._begin(identity, row)
        self._report_trouble()

    def progress(self, row: ImageRow) -> int | None:
        """Per cent of a pending image's data that are there; `None` when that is not known."""
        image = self._images.get((row.region, row.image_id))
        return None if image is None else image.progress

    def stop(self) -> None:
        """Watch nothing any more."""
        for image in self._images.values():
            image.stop()
        self._images.clear()
        self._said.clear()

    async def close(self) -> None:
        """Watch nothing any more, and leave rows as they are that have not been written yet."""
        self.stop()
        if self._refresher is not None:
            await self._refresher.close()

    def _begin(self, identity: tuple[str, str], row: ImageRow) -> None:
        members = self._services.members
        member = members.owner_of(row)
        if member.problem is not None:
            return  # it has been reported, and the row is shown from the cache
        profile = members.session_of(member).named_profile
        image = self._images[identity] = _Watched(row, Subject(profile, row.region, IMAGE, row.image_id))
        image.stop = self._watch(image.subject, partial(self._observed, identity), every=RECHECK_S, relaxed=True)

    def _observed(self, identity: tuple[str, str], observation: Observation) -> None:
        image = self._images.get(identity)
        if image is None:
            return
        image.last = observation
        if observation.state in UNSETTLED:
            image.unlisted_since = None
            if observation.progress != image.progress:
                image.progress = observation.progress
                self._changed()
        elif observation.state or self._is_unlisted(image, observation.at):
            self._refresh_soon(image)

    @staticmethod
    def _is_unlisted(image: _Watched, at: float) -> bool:
        """Whether EC2 has not listed an image for long enough: one answer may be outdated."""
        if image.unlisted_since is None:
            image.unlisted_since = at
        return at - image.unlisted_since >= RECHECK_S

    def _refresh_soon(self, image: _Watched) -> None:
        from amitui.operations.row_refresher import RowRefresher, Rows

        if self._refresher is None:
            self._refresher = RowRefresher(self._refresh)
        subject = image.subject
        self._refresher.add(Rows("", subject.profile, subject.region), (subject.id,))

    async def _refresh(self, rows: Rows, image_ids: Sequence[str]) -> None:
        """Bring what is cached of these images in line with EC2; what fails is tried again after `RECHECK_S`."""
        try:
            await self._services.catalogue.confirm(rows.region, image_ids, tries=BUSY_TRIES)
        except ShardBusy:
            return
        except Exception as raised:  # noqa: BLE001 - whatever it is, the rows stay as they are
            self._report((rows.profile, rows.region), defect_of(raised))
            return
        ended = []
        for image_id in image_ids:
            image = self._images.get((rows.region, image_id))
            if image is not None and image.last is not None and not image.is_reported:
                image.is_reported = True
                ended.append(Ended(image.row, image.last.state, image.last.reason))
        self._ended(ended)

    def _report_trouble(self) -> None:
        places = {(one.subject.profile, one.subject.region): one.subject for one in self._images.values()}
        for place in [place for place in self._said if place not in places]:
            del self._said[place]
        for place, subject in places.items():
            error = self._trouble(subject)
            if error is not None:
                self._report(place, error)

    def _report(self, place: tuple[str, str], error: AmituiError) -> None:
        # An error that comes and goes is reported once as well.
        said = self._said.setdefault(place, [])
        if error.lines() not in said:
            said.append(error.lines())
            self._failed(error, f"watching pending images in {place[1]}")
