"""`amitui find --fresh`: what is about to be printed is confirmed by EC2, by narrow calls with the images' ids."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.catalogue.gone import left_words
from amitui.domain.counts import count_of
from amitui.domain.image.row import ImageRow
from amitui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from amitui.domain.catalogue.whereabouts import Fate
    from amitui.services.composition import Services

MOST_IMAGES: Final = 10_000
"""Images that one command confirms: 50 calls. Of more, a fetch is the cheaper way to be sure."""

_BUSY_TRIES: Final = 20
"""Ten seconds for another amitui that is fetching what holds the images."""

_NAMED: Final = 10
"""Images that went, or changed, which are named one by one."""

_IN_WORDS: Final = {
    "deprecated": "deprecation date",
    "last_launched": "last launch",
    "flags": "permissions or other settings",
    "size_gib": "volumes",
}
"""Fields of a row whose names say too little."""


class Confirmed(NamedTuple):
    """What came of asking EC2 for the images of an answer."""

    gone: list[str]
    """A line for each of the first images that are gone, and one for the others."""
    came: list[str]
    """How many were confirmed, and a line for each of the first that had changed, likewise."""


def confirm(services: Services, answer: Callable[[], Iterable[ImageRow]]) -> Confirmed:
    """Ask EC2 for the images of an answer until it holds none that was not confirmed, and say what came of it.

    An image that went or changed lets others come into the answer, so it is read anew after each change.

    Args:
        services: closed afterwards.
        answer: reads the rows that are to be printed; called again after the cache has changed.

    Raises:
        UsageError: these are too many images.
        AmituiError: EC2 gave no answer, or the cache cannot be written.
    """
    return asyncio.run(_confirmed(services, answer))


async def _confirmed(services: Services, answer: Callable[[], Iterable[ImageRow]]) -> Confirmed:
    confirmed: set[tuple[str, str]] = set()
    cached: dict[tuple[str, str], ImageRow] = {}
    """As they were before EC2 was asked."""
    gone: dict[tuple[str, str], tuple[ImageRow, Fate]] = {}
    try:
        if services.members.several or not services.session.account_confirmed:
            # Whose private images these are decides what an image that is not shown means.
            await services.members.identify()
        while True:
            rows = {(row.region, row.image_id): row for row in answer()}
            left = rows.keys() - confirmed
            if not left:
                return Confirmed(list(_words(gone)), list(_came(cached, rows, gone)))
            confirmed |= left
            cached.update((key, rows[key]) for key in left)
            if len(confirmed) > MOST_IMAGES:
                raise UsageError(
                    f"--fresh confirms at most {count_of(MOST_IMAGES, 'image')}",
                    why=f"these are {len(confirmed):,}, and each 200 of them are one call",
                    remedy="add --limit N or more words, or fetch them all: amitui sync",
                )
            for region in sorted({region for region, _ in left}):
                asked = sorted(image_id for home, image_id in left if home == region)
                found = await services.catalogue.confirm(region, asked, tries=_BUSY_TRIES)
                gone.update(
                    ((region, image_id), (rows[region, image_id], fate)) for image_id, fate in found.items()
                )
    finally:
        await services.close()


def _came(
    cached: Mapping[tuple[str, str], ImageRow],
    now: Mapping[tuple[str, str], ImageRow],
    gone: Collection[tuple[str, str]],
) -> Iterator[str]:
    """What came of the images that are there still.

    Args:
        cached: all that EC2 was asked about, as they were before.
        now: those that are printed, as they are now.
        gone: those that are there no longer.
    """
    changed = [(row, fields) for key, row in now.items() if (fields := _changed(cached[key], row))]
    came = f"{count_of(len(now), 'image')} confirmed with EC2"
    if now:
        yield f"{came}; {len(changed):,} of them changed since the last fetch" if changed else came
    words = [f"{row.image_id} in {row.region} has changed: {', '.join(fields)}" for row, fields in changed]
    words += [
        f"{image_id} in {region} has changed and no longer matches"
        for region, image_id in cached
        if (region, image_id) not in now and (region, image_id) not in gone
    ]
    yield from words[:_NAMED]
    if len(words) > _NAMED:
        yield f"{count_of(len(words) - _NAMED, 'other image')} changed"


def _changed(before: ImageRow, now: ImageRow) -> list[str]:
    """What differs, in words."""
    differing = [
        field
        for field, old, new in zip(ImageRow._fields, before, now, strict=True)
        if old != new and field != "key"
    ]
    return [_IN_WORDS.get(field, field.replace("_", " ")) for field in differing]


def _words(gone: dict[tuple[str, str], tuple[ImageRow, Fate]]) -> Iterator[str]:
    for row, fate in list(gone.values())[:_NAMED]:
        name = f" ({row.name})" if row.name else ""
        yield f"{row.image_id}{name} in {row.region} is left out: it was {left_words(fate)}"
    if len(gone) > _NAMED:
        yield f"{count_of(len(gone) - _NAMED, 'other image')} left out: deregistered or made private"
