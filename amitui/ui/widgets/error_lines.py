"""An error in words: what happened, why, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.ui.widgets.text_lines import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.errors import AmituiError
    from amitui.ui.widgets.text_lines import TextLine


def error_lines(error: AmituiError, width: int, *, indent: int = 0) -> Iterator[TextLine]:
    """What, why and remedy, each in its own style and wrapped."""
    yield from paragraph(error.what, width, "bad", indent=indent)
    if error.why:
        yield from paragraph(error.why, width, "", indent=indent)
    if error.remedy:
        yield from paragraph(error.remedy, width, "key", indent=indent)
