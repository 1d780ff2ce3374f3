"""Images that EC2 no longer shows: what is still known of one, for how long, and the words for it.

EC2 does not say why a public image is not listed any more: its owner has deregistered it or made it private.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.catalogue.whereabouts import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.domain.catalogue.shard import Shard

GONE: Final = "gone"
"""The state of such an image, where others show EC2's."""

MOST_GONE: Final = 500
"""Gone images that are remembered; with more the oldest are forgotten."""

_LEFT: Final = {
    Fate.DEREGISTERED: "deregistered",
    Fate.NOT_SHARED: "made private, or is no longer shared with you",
}


class GoneImage(NamedTuple):
    """What is still known of an image that EC2 no longer shows. All text is sanitized."""

    image_id: str
    shard: Shard
    """Where it was: what one account's credentials saw is shown to no other."""
    name: str
    owner_id: str
    architecture: str
    platform: str
    created: int | None
    """Seconds since the epoch."""
    last_seen: int
    """When EC2 showed it last, seconds since the epoch; 0 = not known."""
    noticed: int
    """When it was first missed, seconds since the epoch."""
    fate: str = Fate.NOT_THERE.value
    """The value of a `Fate`."""

    @property
    def left(self) -> str:
        """What became of it, behind "was"."""
        return left_words(next((fate for fate in Fate if fate.value == self.fate), Fate.NOT_THERE))

    def is_visible_to(self, accounts: tuple[str, ...]) -> bool:
        """Whether these accounts may be shown it."""
        return self.shard.is_public or self.shard.is_seen_through(accounts)

    @property
    def region(self) -> str:
        """Where it was."""
        return self.shard.region


def left_words(fate: Fate) -> str:
    """What became of an image, behind "was"."""
    return _LEFT.get(fate, "deregistered or made private")


def gone_words(image: GoneImage) -> str:
    """A line on an image that is gone."""
    seen = f"; last seen {_date(image.last_seen)}" if image.last_seen else ""
    name = f" ({image.name}, owner {image.owner_id})" if image.name else f" (owner {image.owner_id})"
    return (
        f"{image.image_id}{name} was {image.left}, in {image.region}{seen}, missing since {_date(image.noticed)}"
    )


def remembered(images: Iterable[GoneImage], *, now: int, keep_seconds: int) -> list[GoneImage]:
    """Those that are still to be shown, the last ones to go first, each image of a Region once.

    One that is dated ahead of the clock counts as noticed now.
    """
    latest: dict[tuple[str, str, str], GoneImage] = {}
    for image in images:
        if now - image.noticed < keep_seconds:
            key = (image.region, image.image_id, image.shard.visibility)
            before = latest.get(key)
            if before is None or image.noticed < before.noticed:
                latest[key] = image._replace(noticed=min(image.noticed, now))
    return sorted(latest.values(), key=lambda one: (-one.noticed, one.region, one.image_id))[:MOST_GONE]


def _date(moment: int) -> str:
    import time

    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(moment))
