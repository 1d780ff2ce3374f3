"""Two images side by side: what was added, removed and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from amitui.domain.image.difference import Change, compare
from amitui.presentation.comparison import compared_groups, heading, summary
from amitui.ui.screens.dialog import TextDialog
from amitui.ui.widgets.text_lines import BLANK, Run, labelled, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.domain.image.image import Image
    from amitui.ui.widgets.text_lines import TextLine

_ROLES: Final = {Change.ADDED: "good", Change.REMOVED: "bad", Change.CHANGED: "warn"}

_LONGEST_LABEL: Final = 30


class CompareScreen(TextDialog):
    """The differences of two images; `X` swaps them."""

    BINDINGS = [
        Binding("equals_sign", "leave", "Close", show=False, id="compare.leave", tooltip="Close"),
        Binding("X", "swap", "Swap", id="compare.swap", tooltip="Swap the two images"),
    ]

    def __init__(self, before: Image, after: Image) -> None:
        super().__init__("Compare")
        self._before, self._after = before, after

    def action_swap(self) -> None:
        """Swap the two images."""
        self._before, self._after = self._after, self._before
        self.renew()

    def lines(self, width: int) -> Iterator[TextLine]:
        comparison = compare(self._before, self._after)
        for sign, image, role in (("-", self._before, "bad"), ("+", self._after, "good")):
            first, *more = paragraph(heading(image), max(1, width - 2))
            yield (Run(f"{sign} ", role), *first)
            yield from ((Run("  "), *line) for line in more)
        for group in compared_groups(comparison):
            yield BLANK
            if group.title:
                yield (Run(group.title, "title"),)
            cells = min(_LONGEST_LABEL, max(len(line.label) for line in group.lines)) + 4
            for line in group.lines:
                runs = (
                    (Run(line.before), Run(f"→ {line.after}"))
                    if line.change is Change.CHANGED
                    else (Run(line.values),)
                )
                label = f"{line.sign} {line.label}"
                yield from labelled(label, runs, width, min(cells, width), role=_ROLES[line.change])
        yield BLANK
        yield from paragraph(summary(comparison), width, "muted")
