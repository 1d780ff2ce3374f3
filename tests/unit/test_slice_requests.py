"""The requests for the slices of each scope: by owner as the API reference prefers, together complete."""

from __future__ import annotations

import pytest

from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.slice_plan import divided
from amitui.domain.catalogue.slices import DATELESS, MOST_VALUES, WHOLE
from amitui.ec2.reads.images import ImagesRequest, request_for

ACCOUNT = "111122223333"
SCOPES = ["mine", "shared", "amazon", "publishers", "marketplace", "community", "099720109477"]
PARTS = [one.part for one in divided(WHOLE, 100_000, 1_795_000_000)]


def shard(scope: str) -> Shard:
    private = scope in ("mine", "shared") or scope.isdigit()
    return Shard("aws", ACCOUNT if private else PUBLIC, "us-east-1", scope)


def filters(request: ImagesRequest) -> dict[str, tuple[str, ...]]:
    return dict(request.filters)


@pytest.mark.parametrize("scope", SCOPES)
def test_owners_are_asked_for_by_owners_and_never_by_a_filter(scope: str) -> None:
    for part in PARTS:
        request = request_for(shard(scope), part)
        assert not filters(request).keys() & {"owner-id", "owner-alias"}
        assert bool(request.owners or request.executable_users) is (scope != "community")


@pytest.mark.parametrize("scope", SCOPES)
def test_a_slice_is_asked_for_as_its_shard_is_with_one_filter_more(scope: str) -> None:
    whole = request_for(shard(scope))
    assert "creation-date" not in filters(whole)
    for part in PARTS:
        request = request_for(shard(scope), part)
        name, values = request.filters[-1]
        if part == DATELESS:
            assert (name, values) == ("root-device-type", ("instance-store",)), "those are the ones without a date"
        else:
            assert (name, values) == ("creation-date", part.patterns)
            assert 0 < len(values) <= MOST_VALUES
        assert request.filters[:-1] == whole.filters
        assert (request.owners, request.executable_users) == (whole.owners, whole.executable_users)
        assert (request.include_deprecated, request.include_disabled) == (True, scope == "mine")
