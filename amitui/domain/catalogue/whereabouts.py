"""Where an image is that no cached Region holds: what EC2 answered in each Region, and the words for it.

EC2 answers `InvalidAMIID.NotFound` for an ID that it does not know in a Region, `InvalidAMIID.Unavailable` for an
image that was deregistered, and `AuthFailure` with "Not authorized for images" for another account's private one.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_IDS: Final = 5
"""IDs of one query that are asked for."""


class Fate(Enum):
    """What EC2 says of an ID in one Region."""

    FOUND = "found"
    NOT_THERE = "not there"
    DEREGISTERED = "deregistered"
    NOT_SHARED = "not shared"
    NOT_ASKED = "not asked"


class IdAnswer(NamedTuple):
    """An ID in one Region."""

    image_id: str
    region: str
    fate: Fate
    words: str = ""
    """Name and owner of an image that was found; why EC2 gave no answer."""


def whereabouts(
    image_id: str, answers: Sequence[IdAnswer], in_view: Sequence[str], remembered: Sequence[str] = ()
) -> Iterator[str]:
    """What is to be said of an ID; one line at least.

    Args:
        image_id: the ID.
        answers: of all Regions that were asked.
        in_view: the Regions in which it was looked for.
        remembered: what is known of it from before it went, in words.
    """
    own = [answer for answer in answers if answer.image_id == image_id]
    by_fate = {fate: [answer for answer in own if answer.fate is fate] for fate in Fate}
    for answer in by_fate[Fate.FOUND]:
        if answer.region in in_view:
            yield f"{image_id} is in {answer.region}, among images that are not fetched: {answer.words}"
        else:
            yield f"{image_id} is not in {', '.join(in_view)}, but in {answer.region}: {answer.words}"
    if remembered and not by_fate[Fate.FOUND]:
        yield from remembered
        return
    for answer in by_fate[Fate.DEREGISTERED]:
        yield f"{image_id} was in {answer.region} and is deregistered"
    for answer in by_fate[Fate.NOT_SHARED]:
        yield f"{image_id} is in {answer.region}, but not shared with you"
    known = any(by_fate[fate] for fate in (Fate.FOUND, Fate.DEREGISTERED, Fate.NOT_SHARED))
    asked = [answer.region for answer in by_fate[Fate.NOT_THERE]]
    if not known and asked:
        where = ", ".join(asked) if len(asked) <= len(in_view) else f"any of {len(asked)} Regions"
        yield f"EC2 does not know {image_id} in {where}: it never was there, or has been deregistered for long"
    refused = by_fate[Fate.NOT_ASKED]
    if refused and not by_fate[Fate.FOUND]:
        more = f" (and in {len(refused) - 1} more)" if len(refused) > 1 else ""
        yield f"{image_id} could not be asked for in {refused[0].region}{more}: {refused[0].words}"
    if not own:
        yield f"{image_id} was not asked for"
