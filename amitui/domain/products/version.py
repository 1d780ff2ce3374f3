"""What a name's identity says in the words that people use: release, build and variant."""

from __future__ import annotations

import re
from typing import Final

from amitui.domain.products.identify import Identity
from amitui.domain.products.known import titles

_STAMP: Final = r"\d{12,14}"
_ISO: Final = r"(\d{4}-\d\d-\d\d)T.+"

_NAMED_ROLES: Final = ("kernel",)
"""Attributes whose value alone says too little."""


def version_of(identity: Identity) -> tuple[str, str]:
    """The release as it is spoken of, and the build; either may be empty."""
    series, release, build = identity.series, identity.release, _short_build(identity.build)
    if not release or release == series:
        return series, build
    if not series or release.startswith(f"{series}."):
        return release, build
    if titles()[identity.product].release_continues_series:
        return f"{series}.{release}", build
    return (series, release) if not build else (series, build)


def variant_of(identity: Identity, name: str) -> str:
    """What belongs to a product beside its release, in short words: attributes, then qualifiers.

    Args:
        name: that the identity was read from.
    """
    labels = titles()[identity.product].labels
    words = []
    for role, value in identity.attributes:
        shown = labels.get(value, value)
        words.append(f"{role} {shown}" if role in _NAMED_ROLES else shown)
    place = name.lower().rfind  # the last: a year may be the release before it is SQL Server's
    words += [labels.get(word, word) for word in sorted(identity.qualifiers, key=place)]
    return " ".join(filter(None, words))


def _short_build(build: str) -> str:
    """A time of day within a build says little; its day says enough."""
    if re.fullmatch(_STAMP, build):
        return build[:8]
    iso = re.fullmatch(_ISO, build)
    return iso[1] if iso else build
