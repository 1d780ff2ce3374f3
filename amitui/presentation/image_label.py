"""What an image is, in a few words and without its raw name: `Ubuntu 24.04 minimal`, and its build, `20261104`.

A name proves nothing, so only a publisher's own images are called by their product; others keep their names.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from amitui.domain.products.identify import identify
from amitui.domain.products.known import titles
from amitui.domain.products.version import variant_of, version_of

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow


class ImageLabel(NamedTuple):
    """What an image is."""

    text: str
    """Product, release and variant."""
    build: str
    """As the publisher numbers it, a date mostly; empty where the name has none."""


def image_label(row: ImageRow) -> ImageLabel | None:
    """The label of a publisher's own image whose name follows one of its patterns; `None` for all others."""
    return _label(row.name, row.publisher) if row.publisher else None


@lru_cache(maxsize=2048)
def _label(name: str, publisher: str) -> ImageLabel | None:
    identity = identify(name)
    if identity is None or identity.publisher != publisher:
        return None
    title = titles()[identity.product]
    version, build = version_of(identity)
    glue = "." if title.release_continues_series and not identity.series else " "
    words = (f"{title.text}{glue}{version}" if version else title.text, variant_of(identity, name))
    return ImageLabel(" ".join(filter(None, words)), build)
