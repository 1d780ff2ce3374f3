"""Two images side by side: what differs, in words that need no colour, and as JSON with stable names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.domain.image.difference import Change, Comparison
from amitui.domain.visible import show_invisible
from amitui.presentation.details.record import value_text

if TYPE_CHECKING:
    from amitui.domain.image.image import Image

SIGNS: Final = {Change.ADDED: "+", Change.REMOVED: "-", Change.CHANGED: "~"}

ARROW: Final = " → "

_LONGEST_LABEL: Final = 32


class ComparedLine(NamedTuple):
    """One value that differs."""

    change: Change
    label: str
    before: str
    """Empty when the first image has no such value."""
    after: str

    @property
    def sign(self) -> str:
        """`+` added, `-` removed, `~` changed."""
        return SIGNS[self.change]

    @property
    def values(self) -> str:
        """What it was and is, on one line."""
        return ARROW.join(text for text in (self.before, self.after) if text)


class ComparedGroup(NamedTuple):
    """Values that belong together."""

    title: str
    """A list of EC2's: `BlockDeviceMappings`; empty for plain fields."""
    lines: tuple[ComparedLine, ...]


def compared_groups(comparison: Comparison) -> list[ComparedGroup]:
    """The differences by the list in which they are."""
    groups: dict[str, list[ComparedLine]] = {}
    for one in comparison.differences:
        first, *rest = one.path
        title, label = (first, " ".join(part for part in rest if part != "Ebs")) if rest else ("", first)
        before, after = (_shown(value) for value in (one.before, one.after))
        groups.setdefault(title, []).append(ComparedLine(one.change, show_invisible(label), before, after))
    return [ComparedGroup(title, tuple(lines)) for title, lines in groups.items()]


def summary(comparison: Comparison) -> str:
    """How much differs and how much does not."""
    number = len(comparison.differences)
    different = {0: "nothing differs", 1: "1 value differs"}.get(number, f"{number:,} values differ")
    return f"{different}, {comparison.same:,} {'is' if comparison.same == 1 else 'are'} the same"


def heading(image: Image) -> str:
    """An image on one line: id, Region, name."""
    one = image.summary
    return f"{one.image_id}  {image.region}  {one.name or one.description or '(no name)'}"


def as_text(before: Image, after: Image, comparison: Comparison, width: int) -> Iterator[str]:
    """Lines for a terminal; values that do not fit beside each other stand below each other."""
    yield f"- {heading(before)}\n"
    yield f"+ {heading(after)}\n"
    for group in compared_groups(comparison):
        yield f"\n{group.title}\n" if group.title else "\n"
        cells = min(_LONGEST_LABEL, max(len(line.label) for line in group.lines))
        for line in group.lines:
            head = f"{line.sign} {line.label:{cells}}  "
            if line.change is not Change.CHANGED or len(head) + len(line.values) <= width:
                yield f"{head}{line.values}\n"
            else:
                yield f"{head}{line.before}\n"
                yield f"{' ' * (len(head) - len(ARROW.lstrip()))}{ARROW.lstrip()}{line.after}\n"
    yield f"\n{summary(comparison)}\n"


def as_json(before: Image, after: Image, comparison: Comparison) -> dict[str, Any]:
    """The comparison with EC2's names of fields; `A` and `B` are absent where an image has no such value."""
    return {
        "A": _named(before),
        "B": _named(after),
        "Differences": [
            {
                "Path": list(one.path),
                "Change": one.change.value,
                **({} if one.before is None else {"A": one.before}),
                **({} if one.after is None else {"B": one.after}),
            }
            for one in comparison.differences
        ],
        "Same": comparison.same,
    }


def _named(image: Image) -> dict[str, str]:
    return {"ImageId": image.summary.image_id, "Region": image.region, "Name": image.summary.name}


def _shown(value: Any) -> str:
    """A value as text; one that is empty is still to be seen."""
    if value is None:
        return ""
    return show_invisible(value_text(value)) or '""'
