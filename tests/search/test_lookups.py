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
    "plain words": (0, 0),
    "a newer variant": (1, 1),
    "minors side by side": (0, 0),
    "numbers elsewhere": (2, 2),
    "codenames": (1, 1),
    "glued words": (1, 0),
    "architecture words": (3, 2),
    "variant words": (20, 20),
    "sql and languages": (10, 10),
    "kernels and second versions": (15, 15),
    "word order and case": (0, 0),
    "filler words": (0, 0),
    "console titles": (3, 2),
    "globs": (31, 23),
    "dashed and quoted forms": (0, 0),
    "ssm paths": (0, 0),
    "ids and exact names": (15, 15),
    "gone and deprecated names": (0, 0),
    "dates typed": (0, 0),
    "another publisher's product": (6, 6),
    "owners, fields and scopes": (9, 8),
    "operators": (0, 0),
    "misspelt": (2, 40),
    "nothing, and why": (4, 6),
}
"""Of each cause, how many look-ups are right with `find --latest`, and on the screen. May only be raised."""


TYPED: Final = 24
"""Characters of a query that is typed by hand; longer ones are pasted, and their keystrokes say nothing."""

pytestmark = pytest.mark.xdist_group("lookups")


@pytest.fixture(scope="module")
def results(stage: Stage) -> dict[str, list[Result]]:
    with stage.reader() as reader:
        found = [_result(stage, reader, one) for one in lookups()]
    print(f"\n{table(found)}")
    return by_cause(found)


def _result(stage: Stage, reader: CatalogReader, lookup: Lookup) -> Result:
    screen = stage.screen(lookup, reader)
    counted = screen.right and len(lookup.query) <= TYPED
    return Result(lookup, stage.latest(lookup), screen, stage.keystrokes(lookup, reader) if counted else None)


def test_every_cause_has_a_floor(results: dict[str, list[Result]]) -> None:
    assert set(results) == set(FLOOR)


@pytest.mark.parametrize("cause", FLOOR)
def test_as_many_look_ups_are_right_as_ever(results: dict[str, list[Result]], cause: str) -> None:
    some = results[cause]
    latest, screen = sum(one.latest.right for one in some), sum(one.screen.right for one in some)
    wrong = [
        f"{one.lookup.label}: {one.latest.first or 'nothing'}; on the screen {one.screen.first or 'nothing'}"
        for one in some
        if not (one.latest.right and one.screen.right)
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
