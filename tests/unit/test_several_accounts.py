"""What a viewer of several accounts is shown, against a naive look at random catalogues."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amitui.catalog.search.view import CatalogReader
from amitui.domain.catalogue.gone import GoneImage
from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.image.trust import Trust
from amitui.domain.query.parser import parse_query
from tests.unit.test_view import NOW
from tests.unit.test_view_against_naive import OTHER, REGIONS, THIRD, VIEWER, Listed, catalogues, write

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow

ACCOUNTS = st.lists(st.sampled_from((VIEWER, OTHER, THIRD)), min_size=1, max_size=3, unique=True).map(tuple)


def best(listed: list[Listed], accounts: tuple[str, ...]) -> str:
    """Through whom one image of a Region is seen; `public`: by everybody."""

    def rank(one: Listed) -> tuple[int, int]:
        seen = one.shard.visibility
        if seen == PUBLIC:
            return 2, 0
        return (0, 0) if seen == one.image.owner_id else (1, accounts.index(seen))

    return min(listed, key=rank).shard.visibility


@pytest.mark.parametrize("bits", [range(31, 62), range(31, 34)], ids=["bits-of-their-own", "shared-bits"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(catalogue=catalogues(), accounts=ACCOUNTS)
def test_private_images_are_seen_through_the_chosen_accounts_alone_and_each_image_once(
    bits: range, catalogue: list[Listed], accounts: tuple[str, ...]
) -> None:
    seen: dict[tuple[str, str], list[Listed]] = {}
    for one in catalogue:
        if one.shard.visibility in (PUBLIC, *accounts):
            seen.setdefault((one.shard.region, one.image.image_id), []).append(one)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("amitui.catalog.index.writer.PRIVATE_BITS", bits)
        write(folder, catalogue)
        with CatalogReader(folder) as reader:
            found: list[ImageRow] = []
            for image_id in {one.image.image_id for one in catalogue}:
                found += reader.find_image(image_id, accounts)
            assert {(row.region, row.image_id): row.seen_by or PUBLIC for row in found} == {
                key: best(listed, accounts) for key, listed in seen.items()
            }
            assert len(found) == len(seen)
            assert all((row.trust is Trust.OWN) == (row.owner_id in accounts) for row in found)
            for row in found:
                for region, builds in reader.relatives(row, REGIONS, accounts).items():
                    ids = [build.image_id for build in builds]
                    assert len(ids) == len(set(ids))
                    assert {(region, image_id) for image_id in ids} <= seen.keys()
                    assert {build.seen_by for build in builds} <= {"", *accounts}
            request = ViewRequest(parse_query("", now=NOW), REGIONS, (ALL,), accounts, True, NOW)
            families = reader.families(request)
            assert sum(families.builds) == len(reader.keys(request).keys)
            rows = [row for row in reader.rows(reader.keys(request).keys, accounts) if row is not None]
            private = [row for row in rows if row.seen_by]
            assert len({(row.region, row.image_id) for row in private}) == len(private)


@given(accounts=ACCOUNTS, owner=st.sampled_from((VIEWER, OTHER, THIRD, PUBLIC)))
def test_what_is_gone_is_said_to_those_alone_who_saw_it(accounts: tuple[str, ...], owner: str) -> None:
    gone = GoneImage(
        "ami-1", Shard("aws", owner, REGIONS[0], "shared"), "x", VIEWER, "arm64", "Linux/UNIX", None, 0, NOW
    )
    assert gone.is_visible_to(accounts) == (owner == PUBLIC or owner in accounts)
