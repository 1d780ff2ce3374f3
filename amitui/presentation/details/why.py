"""Why an image stands where it does among those that a search found: a line of the details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.query.reasons import PLAIN_AND_NEWEST
from amitui.presentation.details.explain import DetailLine
from amitui.presentation.image_label import image_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.image.row import ImageRow

WHY: Final = "Why this one"


def why_line(row: ImageRow, reasons: Sequence[str]) -> DetailLine | None:
    """The line; `None` where there is no reason to give.

    Args:
        row: the image.
        reasons: of `CatalogSearch.explain`, the gravest first.
    """
    if not reasons:
        return None
    if tuple(reasons) != PLAIN_AND_NEWEST:
        return DetailLine(WHY, ", ".join(reasons), severity="warn")
    label = image_label(row)
    if label is None:
        return DetailLine(WHY, ", ".join(reasons), severity="good")
    return DetailLine(WHY, f"newest build of {label.text}, by {row.publisher}", severity="good")
