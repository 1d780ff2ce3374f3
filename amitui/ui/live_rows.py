"""Keeps rows of pending images up to date on the main screen: progress, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amitui.domain.catalogue.scope import MINE
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.parser import parse_query
from amitui.errors import AmituiError
from amitui.services.pending_images import MOST_WATCHED, UNSETTLED, PendingImages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.domain.image.row import ImageRow
    from amitui.domain.timeline.observation import Observation, Subject
    from amitui.services.pending_images import Ended
    from amitui.ui.app import AmituiApp

FAILED = frozenset({"failed", "error", "invalid"})


class _Asked(NamedTuple):
    """What decides which images of one's own are pending."""

    renewals: int
    regions: tuple[str, ...]
    accounts: tuple[str, ...]


class LiveRows:
    """Has the images watched that are pending: one's own in the Regions in view, and all others on the screen.

    Call `tick` now and then; it makes no call itself, and reads the index when that has changed.
    """

    def __init__(self, app: AmituiApp) -> None:
        self._app = app
        self._pending = PendingImages(
            app.services,
            self._watch,
            trouble=lambda subject: app.operations.poller.error_about(subject),
            changed=self._progress_changed,
            ended=self._show_end,
            failed=self._show_error,
        )
        self._asked: _Asked | None = None
        self._is_reading = False
        self._own: Sequence[ImageRow] = ()
        """One's own images that are pending, the newest first."""
        app.browse.progress_of = self._pending.progress

    def tick(self) -> None:
        """Watch what is pending now."""
        browse, services = self._app.browse, self._app.services
        if browse.is_leaving() or services.settings.offline or not services.session.account_confirmed:
            return
        asked = _Asked(browse.loader.renewals, browse.view.regions, services.members.accounts)
        if asked != self._asked and not self._is_reading:
            self._is_reading = True
            self._app.run_worker(self._read(asked), group="live")
        self._follow()

    def leave_caller(self) -> None:
        """Other profiles are used from now on."""
        self._pending.stop()
        self._asked, self._own = None, ()

    async def close(self) -> None:
        """Watch nothing any more."""
        await self._pending.close()

    async def _read(self, asked: _Asked) -> None:
        """Read from the index which own images are pending."""
        browse = self._app.browse
        now = self._app.services.now()
        query = parse_query(f"state:{','.join(UNSETTLED)}", now=now)
        request = ViewRequest(query, asked.regions, (MINE,), asked.accounts, show_deprecated=True, now=now)
        try:
            own = await browse.search.top(request, MOST_WATCHED)
        except AmituiError:
            own = []  # the table, which reads the same index, says what is wrong with it
        finally:
            self._is_reading = False
        if browse.is_leaving() or asked.accounts != self._app.services.members.accounts:
            return
        self._asked, self._own = asked, own
        self._follow()

    def _follow(self) -> None:
        rows = [row for _, row in self._app.browse.table.rows_in_view]
        self._pending.follow((*rows, *self._own))

    def _watch(
        self, subject: Subject, observed: Callable[[Observation], None], *, every: float | None, relaxed: bool
    ) -> Callable[[], None]:
        return self._app.operations.poller.watch(subject, observed, every=every, relaxed=relaxed)

    def _progress_changed(self) -> None:
        if not self._app.browse.is_leaving():
            self._app.browse.table.progress_changed()

    def _show_end(self, ended: Sequence[Ended]) -> None:
        browse = self._app.browse
        if browse.is_leaving():
            return
        browse.catalogue_changed()
        self._asked = None
        # Of an operation's image the operation itself says how it ended.
        others = [one for one in ended if one.state and not self._app.operations.about(one.row.image_id)]
        if others:
            failed = [one for one in others if one.state in FAILED]
            browse.notice(ended_words(others), seconds=8, bad=bool(failed), gives_way=True)

    def _show_error(self, error: AmituiError, about: str) -> None:
        if not self._app.browse.is_leaving():
            self._app.log_error(error, about)


def ended_words(ended: Sequence[Ended]) -> str:
    """What became of images that were pending: `available: web-7`, `3 images: 2 available, 1 failed`."""
    if len(ended) == 1:
        (one,) = ended
        reason = f" ({one.reason})" if one.reason and one.state in FAILED else ""
        # What became of it comes first: a long name may be cut.
        return f"{one.state}: {one.row.name or one.row.image_id}{reason}"
    states = [one.state for one in ended]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return f"{len(ended)} images: {counts}"
