"""The order in which details are read: first what decides whether an image is the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.presentation.details.explain import DetailGroup, DetailLine
from amitui.presentation.details.why import WHY

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST: Final = (
    *(WHY, "Image ID", "Name", "Origin", "Owner", "Account", "Shared by", "Received by"),
    *("State", "Created", "Deprecated"),
    *("Operating system", "Support", "Architecture", "Region", "Description"),
)
"""Labels of the lines that come first, from whichever group; each is moved, none is repeated."""

FIRST_TITLE: Final = "Identity"
REST_TITLE: Final = "Names and type"
"""What is left of the group that the first lines are named after."""


def in_reading_order(groups: Sequence[DetailGroup]) -> tuple[DetailGroup, ...]:
    """The groups with the decisive lines gathered in front; groups that this empties go."""
    chosen: dict[str, DetailLine] = {}
    rest: list[DetailGroup] = []
    for group in groups:
        left = []
        for line in group.lines:
            # A tag may be called like a line; it stays among the tags.
            if line.label in FIRST and line.label not in chosen and group.title != "Tags":
                chosen[line.label] = line
            else:
                left.append(line)
        if left:
            rest.append(DetailGroup(REST_TITLE if group.title == FIRST_TITLE else group.title, tuple(left)))
    first = tuple(chosen[label] for label in FIRST if label in chosen)
    return (DetailGroup(FIRST_TITLE, first), *rest) if first else tuple(rest)
