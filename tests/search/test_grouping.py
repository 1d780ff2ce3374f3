"""Families of the whole catalogue, by names alone: no two are joined, none is split."""

from __future__ import annotations

from amitui.domain.image.family import family_of
from tests.search.catalogue import catalogue


def test_builds_of_one_product_and_of_no_other_make_a_family() -> None:
    families: dict[str, set[tuple[str, str, str]]] = {}
    labels: dict[tuple[str, str, str], set[str]] = {}
    for build in catalogue().builds:
        family = (build.record["OwnerId"], family_of(build.name), build.record["Architecture"])
        families.setdefault(build.label, set()).add(family)
        labels.setdefault(family, set()).add(build.label.removeprefix("failed ").removeprefix("pending "))
    assert {label: found for label, found in families.items() if len(found) > 1} == {}
    assert {family: found for family, found in labels.items() if len(found) > 1} == {}
