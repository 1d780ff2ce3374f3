"""Which files an export has, what is stale, and what the list of the export says."""

from __future__ import annotations

import json

import pytest

from amitui.catalog.columnar.manifest import (
    ExportedFile,
    ExportManifest,
    dump_manifest,
    file_path,
    parse_manifest,
    path_parts,
)
from amitui.catalog.columnar.plan import Selection, plan, selected, stale
from amitui.domain.catalogue.shard import PUBLIC, Segment, Shard
from amitui.errors import CacheError

ACCOUNT = "111122223333"
EVERYTHING = Selection()
NOTHING = ExportManifest("aws")


def segment(scope: str, region: str = "eu-west-1", visibility: str = PUBLIC, generation: int = 1) -> Segment:
    return Segment(Shard("aws", visibility, region, scope), generation, ("chunk/a",), 1, 100, complete=True)


def exported(*paths: str) -> ExportManifest:
    return ExportManifest("aws", {path: ExportedFile("x", 1, 1) for path in paths})


@pytest.mark.parametrize(("region", "scope"), [("eu-west-1", "amazon"), ("a b%/..", "012345678901")])
@pytest.mark.parametrize("account", [None, ACCOUNT])
def test_a_path_says_its_partition_and_stays_in_its_folder(region: str, scope: str, account: str | None) -> None:
    path = file_path(region, scope, account)
    assert path_parts(path) == (region, scope, account)
    assert len(path.split("/")) == 3
    assert ".." not in path.split("/")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "images.parquet",
        "region=a/scope=b/other.parquet",
        "region=a/scope=b/images-1.parquet",
        "/region=a/scope=b/images.parquet",
        "region=a/scope=b/../images.parquet",
        "region=/../scope=b/images.parquet",
    ],
)
def test_other_paths_are_not_those_of_an_export(path: str) -> None:
    assert path_parts(path) is None


def test_a_list_is_read_as_it_was_written_without_paths_that_are_none() -> None:
    path = file_path("eu-west-1", "amazon", None)
    manifest = ExportManifest("aws", {path: ExportedFile("abc", 5, 9)}, 77)
    assert parse_manifest(dump_manifest(manifest), "there") == manifest
    hostile = json.loads(dump_manifest(manifest))
    hostile["files"]["../../etc/passwd"] = hostile["files"][path]
    assert parse_manifest(json.dumps(hostile).encode(), "there") == manifest


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"form": 1, "realm": "aws", "files": [], "written_at": 1}'])
def test_a_damaged_list_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(CacheError, match="damaged"):
        parse_manifest(data, "there")


def test_a_list_of_a_newer_amitui_is_refused_in_words() -> None:
    with pytest.raises(CacheError, match="newer amitui"):
        parse_manifest(dump_manifest(NOTHING).replace(b'"form": 1', b'"form": 2'), "there")


def test_private_shards_are_planned_for_the_accounts_asked_for_only() -> None:
    there = [segment("amazon"), segment("mine", visibility=ACCOUNT), segment("mine", visibility="444455556666")]
    assert [one.account for one in plan(there, EVERYTHING, NOTHING)] == [None]
    mine = Selection(accounts=frozenset([ACCOUNT]))
    assert [one.account for one in plan(there, mine, NOTHING)] == [None, ACCOUNT]


def test_the_largest_scope_comes_last_in_each_region() -> None:
    there = [segment(scope, region) for region in "ba" for scope in ("community", "012345678901", "amazon")]
    paths = [(one.region, path_parts(one.path)) for one in plan(there, EVERYTHING, NOTHING)]
    assert [(region, parts and parts.scope) for region, parts in paths] == [
        (region, scope) for region in "ab" for scope in ("amazon", "012345678901", "community")
    ]


def test_a_file_is_due_again_when_its_shard_or_one_before_it_has_changed() -> None:
    there = [segment("amazon"), segment("community")]
    before = plan(there, EVERYTHING, NOTHING)
    assert plan(reversed(there), EVERYTHING, NOTHING) == before
    changed = plan([segment("amazon"), segment("community", generation=2)], EVERYTHING, NOTHING)
    assert [one.fingerprint == two.fingerprint for one, two in zip(before, changed, strict=True)] == [True, False]
    changed = plan([segment("amazon", generation=2), segment("community")], EVERYTHING, NOTHING)
    assert [one.fingerprint == two.fingerprint for one, two in zip(before, changed, strict=True)] == [False, False]


def test_what_was_exported_earlier_takes_part_in_telling_images_apart() -> None:
    there = [segment("amazon"), segment("community")]
    community = Selection(scopes=frozenset(["community"]))
    alone = plan(there, community, NOTHING)
    beside = plan(there, community, exported(file_path("eu-west-1", "amazon", None)))
    assert len(alone) == 1
    assert len(beside) == 2
    assert selected(beside, community)[0].fingerprint != alone[0].fingerprint


def test_stale_is_what_belongs_to_the_selection_and_is_cached_no_more() -> None:
    gone = file_path("eu-west-1", "marketplace", None)
    elsewhere = file_path("us-east-1", "marketplace", None)
    private = file_path("eu-west-1", "mine", ACCOUNT)
    before = exported(gone, elsewhere, private, file_path("eu-west-1", "amazon", None))
    selection = Selection(regions=frozenset(["eu-west-1"]))
    assert stale(before, plan([segment("amazon")], selection, before), selection) == [gone]
