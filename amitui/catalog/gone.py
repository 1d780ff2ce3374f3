"""The images that EC2 no longer shows, in a small private file of the state folder.

Not in the index, which is derived and made anew at any time, and not in the segment store, which holds what EC2
answered and is emptied by `amitui cache clear`: that something is gone cannot be fetched again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from amitui.domain.catalogue.gone import GoneImage, remembered
from amitui.domain.catalogue.shard import Shard
from amitui.domain.visible import show_invisible
from amitui.paths import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_LATEST: Final = 2**40
"""No moment is later: a greater number is damage."""


class GoneImages:
    """The gone images of an endpoint's catalogue.

    Two processes may write the file. Each reads it anew before it writes; what one adds in that very moment may be
    lost to the other, as may everything in a damaged file: it only says less then.

    Args:
        now: seconds since the epoch.
        keep_seconds: how long a gone image is remembered; 0 = not at all.
    """

    def __init__(self, path: str, *, now: Callable[[], int], keep_seconds: int) -> None:
        self._path = path
        self._now = now
        self._keep_seconds = keep_seconds
        self.noted = 0
        """How many images this process has noted: grows whenever some went."""

    def all(self, accounts: tuple[str, ...]) -> list[GoneImage]:
        """Those that these accounts may be shown, the last ones to go first."""
        return [image for image in self._remembered(self._read()) if image.is_visible_to(accounts)]

    def named(self, image_id: str, accounts: tuple[str, ...]) -> list[GoneImage]:
        """Those of that id, which the accounts may be shown: one for each Region at most, as ids go."""
        return [image for image in self.all(accounts) if image.image_id == image_id]

    def note(self, images: Sequence[GoneImage]) -> None:
        """Remember these.

        Raises:
            CacheError: the disk is full or the folder not writable.
        """
        if images and self._keep_seconds:
            self._write([*self._read(), *images])
            self.noted += len(images)

    def forget(self, region: str, image_ids: Iterable[str]) -> None:
        """Forget images of a Region that EC2 shows again.

        Raises:
            CacheError: the disk is full or the folder not writable.
        """
        back = set(image_ids)
        known = self._read()
        kept = [image for image in known if image.region != region or image.image_id not in back]
        if len(kept) < len(known):
            self._write(kept)

    def _remembered(self, images: Iterable[GoneImage]) -> list[GoneImage]:
        return remembered(images, now=self._now(), keep_seconds=self._keep_seconds)

    def _read(self) -> list[GoneImage]:
        try:
            with open(self._path, encoding="utf-8") as file:
                stored = json.load(file)
        except (OSError, ValueError, RecursionError):
            return []
        return list(filter(None, map(_image_of, stored))) if isinstance(stored, list) else []

    def _write(self, images: Iterable[GoneImage]) -> None:
        kept = [image._replace(shard=image.shard.key)._asdict() for image in self._remembered(images)]  # type: ignore[arg-type]
        write_private(self._path, json.dumps(kept))


def _image_of(stored: object) -> GoneImage | None:
    """An image of the file, which can be edited by hand or be damaged; `None`: it cannot be used."""
    try:
        values = {name: stored[name] for name in GoneImage._fields}  # type: ignore[index]
        shard = Shard.from_key(values.pop("shard"))
        created, seen, noticed = (values.pop(name) for name in ("created", "last_seen", "noticed"))
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
    if not all(isinstance(text, str) for text in values.values()):
        return None
    if not all(type(moment) is int and 0 <= moment <= _LATEST for moment in (created or 0, seen, noticed)):
        return None
    texts = {name: show_invisible(text) for name, text in values.items()}
    return GoneImage(shard=shard, created=created, last_seen=seen, noticed=noticed, **texts)
