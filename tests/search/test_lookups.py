"""The look-ups of `lookups.tsv` on the catalogue of `catalogue.py`: the right image stands first.

`python -m tests.search.run --only-failures` says of each what came first instead.
"""

from __future__ import annotations

from typing import Final

import pytest

from amitui.catalog.search.view import CatalogReader
from tests.search.catalogue import build_of, catalogue
from tests.search.judge import Lookup, Stage, lookups
from tests.search.summary import Result, by_cause, table

FLOOR: Final = {
    "plain words": (18, 70),
    "a newer variant": (11, 44),
    "minors side by side": (4, 17),
    "numbers elsewhere": (7, 27),
    "codenames": (6, 26),
    "glued words": (15, 58),
    "architecture words": (9, 37),
    "variant words": (27, 109),
    "sql and languages": (6, 24),
    "kernels and second versions": (11, 44),
    "word order and case": (7, 26),
    "filler words": (9, 37),
    "console titles": (9, 36),
    "globs": (19, 75),
    "dashed and quoted forms": (8, 31),
    "ssm paths": (17, 71),
    "ids and exact names": (26, 26),
    "gone and deprecated names": (28, 28),
    "dates typed": (2, 8),
    "another publisher's product": (6, 26),
    "owners, fields and scopes": (32, 32),
    "operators": (12, 12),
    "misspelt": (40, 40),
    "nothing, and why": (8, 8),
    "held out: words": (29, 114),
    "held out: amazon's own": (22, 88),
    "held out: windows": (10, 39),
    "held out: market": (9, 37),
    "held out: globs": (19, 78),
    "held out: ssm, ids, gone": (43, 43),
    "held out: combined and misspelt": (38, 38),
}
"""Of each cause, how many of those tried are right with `find --latest`, and on the screen. May only be raised."""


TYPED: Final = 24
"""Characters of a query that is typed by hand; longer ones are pasted, and their keystrokes say nothing."""

OF_THE_COMMAND: Final = (
    "ids",
    "gone",
    "owners",
    "operators",
    "misspelt",
    "nothing",
    "held out: ssm",
    "held out: combined",
)
"""Causes in which the command has its own part: all of them are tried with `find --latest`."""

LATEST_EVERY: Final = 4
"""Of the other look-ups, one in so many is; `python -m tests.search.run` tries all."""

KEYS_EVERY: Final = 6
"""Of what is typed by hand, one look-up in so many is tried letter by letter."""

pytestmark = pytest.mark.xdist_group("lookups")


@pytest.fixture(scope="module")
def results(stage: Stage) -> dict[str, list[Result]]:
    with stage.reader() as reader:
        found = [_result(stage, reader, place, one) for place, one in enumerate(lookups())]
    print(f"\n{table(found)}")
    return by_cause(found)


def _result(stage: Stage, reader: CatalogReader, place: int, lookup: Lookup) -> Result:
    """All on the screen, which costs least; with `find --latest` and letter by letter a part."""
    screen = stage.screen(lookup, reader)
    tried = lookup.cause.startswith(OF_THE_COMMAND) or place % LATEST_EVERY == 0
    counted = screen.right and len(lookup.query) <= TYPED and place % KEYS_EVERY == 0
    return Result(
        lookup,
        stage.latest(lookup) if tried else None,
        screen,
        stage.keystrokes(lookup, reader) if counted else None,
    )


def test_every_cause_has_a_floor(results: dict[str, list[Result]]) -> None:
    assert set(results) == set(FLOOR)


@pytest.mark.parametrize("cause", FLOOR)
def test_as_many_look_ups_are_right_as_ever(results: dict[str, list[Result]], cause: str) -> None:
    some = results[cause]
    latest = sum(one.latest.right for one in some if one.latest)
    screen = sum(one.screen.right for one in some)
    wrong = [
        f"{one.lookup.label}: {one.latest and one.latest.first}; on the screen {one.screen.first}"
        for one in some
        if not (one.screen.right and (one.latest is None or one.latest.right))
    ]
    least_latest, least_screen = FLOOR[cause]
    assert latest >= least_latest, "\n".join([f"{latest} of {least_latest} with --latest", *wrong])
    assert screen >= least_screen, "\n".join([f"{screen} of {least_screen} on the screen", *wrong])


def test_the_table_is_large_and_asks_nothing_twice() -> None:
    asked = [(one.query, one.options) for one in lookups()]
    assert len(asked) >= 400
    assert len(asked) == len(set(asked))


def test_the_catalogue_has_no_image_twice_and_fits_into_a_test() -> None:
    ids = [build.image_id for build in catalogue().builds]
    assert len(ids) == len(set(ids))
    assert len(ids) < 15_000


def test_a_gone_build_is_not_listed_and_an_older_name_is() -> None:
    listed = {record["Name"] for record in catalogue().listed}
    assert build_of("ubuntu 24.04 x86_64", 1).name in listed
    assert build_of("ubuntu 24.04 x86_64", 4).name not in listed


@pytest.mark.parametrize(
    ("plain", "newer"),
    [
        ("ubuntu 24.04 x86_64", "ubuntu 24.04 daily x86_64"),
        ("eks 1.33 x86_64", "eks 1.33 neuron x86_64"),
        ("debian 13 x86_64", "debian 13 backports x86_64"),
        ("rhel 9.8 x86_64", "rhel 9.6 x86_64"),
        ("rhel 9.8 x86_64", "rhel 9.9 beta x86_64"),
        ("al2023 6.1 x86_64", "al2023 minimal 6.1 x86_64"),
        ("ubuntu 24.04 x86_64", "ubuntu 24.04 marketplace x86_64"),
        ("win 2022", "win 2022: own copy"),
        ("rocky 9 x86_64", "rocky 9 lvm x86_64"),
        ("fedora 44 x86_64", "fedora 43 x86_64"),
    ],
)
def test_decoys_are_newer_than_what_they_hide(plain: str, newer: str) -> None:
    assert build_of(newer).record["CreationDate"] > build_of(plain).record["CreationDate"]
