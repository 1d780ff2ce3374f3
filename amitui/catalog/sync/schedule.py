"""In which order the slices of a shard are fetched, and which are divided once it shows how large they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from amitui.domain.catalogue.shard import StoredSlice
from amitui.domain.catalogue.slice_plan import Planned, divided, expected_of
from amitui.ec2.query import Tokens

FEW: Final = 4
"""With fewer slices left than this, pages come one after the other instead of side by side."""
PAGES_WASTED: Final = 2
"""Pages that a slice may have when it is divided: they are fetched once more."""
_FULL_PAGE: Final = 900
"""Records on each of its pages from which on a slice may be divided. EC2 may return fewer than it is asked for."""
_EXCESS: Final = 1.2
"""A slice with so many times the records that were expected of it is larger than anybody knows."""
_WORTHWHILE: Final = 10_000
"""Records still to come for which it pays to divide a slice."""
_PARTS: Final = 6
"""Slices into which one is divided of which nobody knows how large it is."""
_CHECKED: Final = 0.15
"""Part of what was guessed that has to be counted before the rest is told."""
_ACTION: Final = "list the images"


class SliceRun:
    """A slice that is being fetched.

    Args:
        planned: the slice.
        stored: what is stored of it.
        is_guess: whether nobody has counted what is expected of it.
    """

    def __init__(self, planned: Planned, stored: StoredSlice, *, is_guess: bool = False) -> None:
        self.part, self.expected = planned
        self.token = stored.next_token
        self.records = stored.record_count
        self.received = stored.record_count
        """Records in all its pages, those that do not belong to it included."""
        self.pages = len(stored.chunk_ids)
        self.complete = stored.complete
        self.is_guess = is_guess
        self.failed = False
        self.under_way = False
        """Whether a page has been asked for."""
        self.restarts = 0
        self.tokens = Tokens(_ACTION, self.token)
        self.seen: list[object] = []
        """Creation dates of its first pages."""

    @property
    def is_open(self) -> bool:
        """Whether there is a page to ask for, or one on its way."""
        return not self.complete and not self.failed

    def note(self, created: Sequence[object], token: str | None, received: int) -> None:
        """A page has come.

        Args:
            created: the creation dates of its records that belong to the slice.
            token: where the next one begins.
            received: all its records.
        """
        self.pages += 1
        self.received += received
        self.records += len(created)
        self.token, self.complete = token, token is None
        if self.pages <= PAGES_WASTED:
            self.seen += created

    def restart(self) -> None:
        """Begin at the first page again."""
        self.restarts += 1
        self.token, self.tokens = None, Tokens(_ACTION)
        self.records, self.received, self.pages, self.seen = 0, 0, 0, []


class Schedule:
    """The slices of one crawl.

    The first page of each is asked for before the rest of any: it shows which are large. Where few turn out to be,
    those are divided, unless too much of them has come already.

    Args:
        scope: whose images they are of.
        plan: the slices.
        stored: what is stored of them.
    """

    def __init__(self, scope: str, plan: Sequence[Planned], stored: Iterable[StoredSlice]) -> None:
        by_part = {one.part: one for one in stored}
        self._scope = scope
        self._runs = [SliceRun(one, by_part.get(one.part, StoredSlice(one.part))) for one in plan]

    @property
    def records(self) -> int:
        """Records that have come."""
        return sum(run.records for run in self._runs)

    @property
    def planned(self) -> int:
        """Slices in all."""
        return len(self._runs)

    @property
    def done(self) -> int:
        """Slices that are whole."""
        return sum(run.complete for run in self._runs)

    @property
    def expected(self) -> int | None:
        """Records that there will be in the end; `None` while nobody knows.

        What an earlier crawl found is known. What is expected by scope and age is a guess, until enough slices are
        whole to tell how good a guess.
        """
        guesses = [run for run in self._runs if run.is_guess]
        checked = sum(run.expected or 0 for run in guesses if run.complete)
        if any(run.is_open and run.expected is None for run in self._runs):
            return None
        if any(run.is_open for run in guesses) and checked < _CHECKED * sum(run.expected or 0 for run in guesses):
            return None
        return round(
            sum(max(run.records, self._estimate(run) or 0.0) if run.is_open else run.records for run in self._runs)
        )

    def next(self) -> SliceRun | None:
        """The slice of which to ask for a page; `None`: there is none now."""
        waiting = [run for run in self._runs if run.is_open and not run.under_way]
        first_pages = [run for run in waiting if not run.pages]
        if first_pages:
            return max(first_pages, key=lambda run: run.expected or 0)
        if not self._is_surveyed:
            # Whether these are to be divided is decided when the first pages of all have come.
            waiting = [run for run in waiting if run.pages < PAGES_WASTED]
        return max(waiting, key=lambda run: (run.expected or 0) - run.records, default=None)

    def division_of(self, run: SliceRun, now: int) -> tuple[Planned, ...]:
        """The slices by which to replace one before its next page; none when it stays as it is.

        Args:
            now: seconds since the epoch.
        """
        left = sum(one.is_open for one in self._runs)
        if left >= FEW or not self._is_surveyed or not 0 < run.pages <= PAGES_WASTED:
            return ()
        if run.received < _FULL_PAGE * run.pages:
            return ()
        estimate = self._estimate(run)
        if estimate is None or run.records > _EXCESS * estimate:
            if run.pages < PAGES_WASTED:
                return ()
            estimate = 3.0 * run.records
            parts = divided(run.part, estimate, now, aim=estimate / _PARTS, seen=run.seen)
        elif estimate - run.records < _WORTHWHILE:
            return ()
        else:
            parts = divided(run.part, estimate, now, seen=run.seen)
        return parts if len(parts) > 1 else ()

    def divide(self, run: SliceRun, parts: Sequence[Planned]) -> None:
        """Put slices in the place of one."""
        self._runs.remove(run)
        self._runs += [SliceRun(one, StoredSlice(one.part), is_guess=True) for one in parts]

    @property
    def _is_surveyed(self) -> bool:
        return all(run.pages or not run.is_open for run in self._runs)

    @property
    def _scale(self) -> float:
        """By how much slices are larger than was expected of them."""
        whole = [run for run in self._runs if run.complete and run.expected]
        expected = sum(run.expected or 0 for run in whole)
        return sum(run.records for run in whole) / expected if expected else 1.0

    def _estimate(self, run: SliceRun) -> float | None:
        """Records that a slice should have in the end, judging by those that are whole already."""
        if run.expected is not None:
            return run.expected * self._scale
        return expected_of(self._scope) if run.part.is_whole else None
