"""The few rows that the table holds: those in view, some seen before, and the marked ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from amitui.domain.image.row import ImageRow

KEPT_ROWS: Final = 512
"""Beyond so many, rows that are not in view are let go before others are read."""


class RowSource(Protocol):
    """Where the table reads the rows that come into view."""

    def rows(self, keys: Sequence[int]) -> list[ImageRow | None]:
        """Rows for `keys`, in their order; `None` for one that has left the catalogue. Must not block for long."""


class RowCache:
    """Rows by key, read when first wanted; and marks, which outlive the result they were made in."""

    def __init__(self, source: RowSource) -> None:
        self._source = source
        self._rows: dict[int, ImageRow | None] = {}
        self._marks: dict[tuple[str, str], ImageRow] = {}
        """By (Region, image id): keys change meaning with the catalogue, these do not."""

    @property
    def marks(self) -> tuple[ImageRow, ...]:
        """The marked rows as last read, in the order of marking."""
        return tuple(self._marks.values())

    def seed(self, keys: Sequence[int], rows: Sequence[ImageRow | None]) -> None:
        """Forget what was read before; `rows` are those of the first `keys`."""
        self._rows = {}
        self._take(keys, rows)

    def read(self, keys: Sequence[int], in_view: Collection[int]) -> list[ImageRow | None]:
        """The rows of `keys`; what is in view is not let go."""
        if missing := [key for key in keys if key not in self._rows]:
            if len(self._rows) > KEPT_ROWS:
                self._rows = {key: self._rows[key] for key in in_view if key in self._rows}
            self._take(missing, self._source.rows(missing))
        return [self._rows[key] for key in keys]

    def is_marked(self, row: ImageRow | None) -> bool:
        """Whether the image is marked, under whatever key it came."""
        return bool(self._marks) and row is not None and (row.region, row.image_id) in self._marks

    def toggle_mark(self, row: ImageRow) -> None:
        """Mark the image, or unmark it."""
        identity = (row.region, row.image_id)
        if self._marks.pop(identity, None) is None:
            self._marks[identity] = row

    def renew_marks(self, rows: Sequence[ImageRow]) -> None:
        """Take newer rows of marked images."""
        self._marks.update(
            {(row.region, row.image_id): row for row in rows if (row.region, row.image_id) in self._marks}
        )

    def keep_marks(self, is_kept: Callable[[ImageRow], bool]) -> None:
        """Unmark all but some."""
        self._marks = {key: row for key, row in self._marks.items() if is_kept(row)}

    def clear_marks(self) -> None:
        """Unmark all."""
        self._marks.clear()

    def _take(self, keys: Sequence[int], rows: Sequence[ImageRow | None]) -> None:
        for key, row in zip(keys, rows, strict=False):
            self._rows[key] = row
            if row is not None and self.is_marked(row):
                self._marks[row.region, row.image_id] = row
