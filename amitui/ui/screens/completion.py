"""Completion in the search bar: offers what may stand at the cursor, counted off the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.errors import AmituiError

if TYPE_CHECKING:
    from amitui.domain.query.offers import FieldValue, Part
    from amitui.ui.screens.browse import BrowseScreen


class Completion:
    """Keeps the search bar's offers in step with what is typed."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._read: tuple[str, str] | None = None
        """Field and tag key whose values were read last."""
        self._values: tuple[FieldValue, ...] = ()

    def update(self) -> None:
        """Offer what completes the part of the query that stands at the cursor."""
        from amitui.domain.query.offers import field_offers, part_at, value_offers  # not needed to start

        screen, bar = self._screen, self._screen.search_bar
        screen.workers.cancel_group(screen, "completion")
        part = part_at(bar.text, bar.input.cursor_position)
        if part is None:
            bar.offer(None, ())
        elif not part.field:
            bar.offer(part, field_offers(part))
        else:
            # What was read for the letter before this one shows until the counts of now have come.
            known = self._values if self._read == (part.field, part.key) else ()
            bar.offer(part, value_offers(part, known))
            # The Tab key behind what is typed waits for this worker.
            screen.run_worker(self._count(part), group="completion", exclusive=True)

    async def _count(self, part: Part) -> None:
        from amitui.domain.query.offers import account_values, value_offers

        screen = self._screen
        try:
            values = await screen.search.values(screen.request, part.field, part.key)
        except AmituiError:
            values = ()  # an index that cannot be read is reported by the search for the view itself
        if screen.is_leaving():
            return
        if part.field == "account":
            values = account_values(values, screen.services.known_accounts())
        self._read, self._values = (part.field, part.key), values
        screen.search_bar.offer(part, value_offers(part, values))
