"""What an image is, in a few words and without its raw name: `Ubuntu 24.04 minimal`, and its build, `20261104`.

A name proves nothing, so only a publisher's own images are called by their product; others keep their names.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.products.identify import Identity, identify
from amitui.domain.products.known import titles

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow

_STAMP: Final = r"\d{12,14}"
_ISO: Final = r"(\d{4}-\d\d-\d\d)T.+"

_NAMED_ROLES: Final = ("kernel",)
"""Attributes whose value alone says too little."""


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
    version, build = _version(identity, title.release_continues_series)
    labels = title.labels
    glue = "." if title.release_continues_series and not identity.series else " "
    words = [f"{title.text}{glue}{version}" if version else title.text]
    for role, value in identity.attributes:
        shown = labels.get(value, value)
        words.append(f"{role} {shown}" if role in _NAMED_ROLES else shown)
    place = name.lower().rfind  # the last: a year may be the release before it is SQL Server's
    words += [labels.get(word, word) for word in sorted(identity.qualifiers, key=place)]
    return ImageLabel(" ".join(filter(None, words)), build)


def _version(identity: Identity, continues: bool) -> tuple[str, str]:
    """The release as it is spoken of, and the build."""
    series, release, build = identity.series, identity.release, _short_build(identity.build)
    if not release or release == series:
        return series, build
    if not series or release.startswith(f"{series}."):
        return release, build
    if continues:
        return f"{series}.{release}", build
    return (series, release) if not build else (series, build)


def _short_build(build: str) -> str:
    """A time of day within a build says little; its day says enough."""
    if re.fullmatch(_STAMP, build):
        return build[:8]
    iso = re.fullmatch(_ISO, build)
    return iso[1] if iso else build
