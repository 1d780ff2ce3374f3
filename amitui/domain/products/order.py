"""The order of builds of one family: by release before date, because older releases go on being rebuilt."""

from __future__ import annotations

import re

from amitui.domain.products.identify import identify


def release_rank(name: str) -> tuple[int, ...]:
    """The numbers of the release that a name says; the higher, the newer. Empty where it says none."""
    identity = identify(name)
    return tuple(map(int, re.findall(r"\d+", identity.release))) if identity else ()


def build_of(name: str) -> str:
    """What is the same in the names of one build in all Regions, where some have the Region in their names."""
    identity = identify(name)
    said = f"{identity.release} {identity.build}".strip() if identity else ""
    return said or name
