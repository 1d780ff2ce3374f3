"""A made-up us-east-1: every family of the publishers with its variants and builds, and decoys of every kind.

The same at every run. What each image is, is said beside it, so that a look-up can name the one right answer.
"""

from __future__ import annotations

from functools import cache

from tests.search.amazon import add_amazon
from tests.search.decoys import add_decoys
from tests.search.linux import add_linux
from tests.search.market import add_market
from tests.search.records import Build, Catalogue
from tests.search.systems import add_systems
from tests.search.windows import add_windows


@cache
def catalogue() -> Catalogue:
    """All builds, made once a process."""
    made = Catalogue()
    add_amazon(made)
    add_windows(made)
    add_linux(made)
    add_systems(made)
    add_market(made)
    add_decoys(made)
    return made


@cache
def _by_label() -> dict[tuple[str, int], Build]:
    found: dict[tuple[str, int], Build] = {}
    for build in catalogue().builds:
        key = (build.label, build.age)
        assert key not in found, f"two builds are {key}"
        found[key] = build
    return found


def build_of(label: str, age: int = 0) -> Build:
    """One build of a family.

    Args:
        age: 0 is the newest that is listed.

    Raises:
        KeyError: there is none.
    """
    return _by_label()[label, age]


@cache
def label_of() -> dict[str, str]:
    """What each listed image is, by its id; an older build is followed by `@` and how many are newer."""
    return {
        build.image_id: build.label + (f"@{build.age}" if build.age else "")
        for build in catalogue().builds
        if not build.gone
    }
