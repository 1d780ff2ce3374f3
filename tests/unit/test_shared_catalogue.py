"""What is published of a catalogue: names, manifests, segments, and what is sent, fetched and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.catalog.sharing import limits
from amitui.catalog.sharing.manifest import (
    ChunkEntry,
    Former,
    Manifest,
    NewerSource,
    PublishedSegment,
    PublishedSlice,
    ShardEntry,
    SourceRefused,
    dump_manifest,
    dump_segment,
    parse_manifest,
    parse_segment,
)
from amitui.catalog.sharing.names import folder_of, hash_in, hash_of, object_path
from amitui.catalog.sharing.plan import Listed, is_prune_due, merged, to_fetch, to_prune, to_upload
from amitui.catalog.sharing.s3 import bucket_and_prefix
from amitui.catalog.sync.crawl import CrawlProgress
from amitui.cli.fetch_words import done_words
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.slices import WHOLE, Slice
from amitui.errors import UsageError
from amitui.presentation.fetching import status_forms
from amitui.services.fetch_totals import FetchTotals

A, B, C, D = (hash_of(letter) for letter in (b"a", b"b", b"c", b"d"))
AMAZON = Shard("aws", PUBLIC, "eu-west-1", "amazon")
OWN = Shard("aws", "111122223333", "eu-west-1", "mine")
ENTRY = ShardEntry(AMAZON, A, 100, 2_000, 3, 1_000)
MANIFEST = Manifest(PUBLIC, "aws", (ENTRY,), (Former(B, 900),), 800, (C,))
SEGMENT = PublishedSegment(
    AMAZON,
    (
        PublishedSlice(Slice(("2024",)), (ChunkEntry(A, 10), ChunkEntry(B, 20)), 1_500, 700),
        PublishedSlice(Slice(("",), ("2024",)), (), 0, 600),
        PublishedSlice(Slice(()), (), 0, 600),
    ),
    (ChunkEntry(C, 5),),
)


def test_a_manifest_and_a_segment_are_read_as_they_were_written() -> None:
    assert parse_manifest(dump_manifest(MANIFEST), PUBLIC) == MANIFEST
    assert parse_segment(dump_segment(SEGMENT), AMAZON) == SEGMENT
    own = Manifest(OWN.visibility, "aws", (ENTRY._replace(shard=OWN),))
    assert parse_manifest(dump_manifest(own), OWN.visibility) == own


@pytest.mark.parametrize(
    "visibility",
    [
        "",
        "..",
        "../public",
        "1111222233334",
        "11112222333",
        "11112222333x",
        "١١١١٢٢٢٢٣٣٣٣",
        "a/b",
        "000000000000\n",
    ],
)
def test_a_folder_is_named_by_public_or_an_account_alone(visibility: str) -> None:
    with pytest.raises(ValueError, match="account"):
        folder_of(visibility)


@given(st.text())
def test_no_text_but_a_hash_names_an_object(text: str) -> None:
    with pytest.raises(ValueError, match="hash"):
        object_path(PUBLIC, text)
    assert hash_in(f"public/objects/{text}", PUBLIC) is None


@given(st.binary())
def test_the_path_of_an_object_names_its_hash_and_nothing_above_its_folder(content: bytes) -> None:
    path = object_path("111122223333", hash_of(content))
    assert ".." not in path
    assert hash_in(path, "111122223333") == hash_of(content)
    assert hash_in(path, PUBLIC) is None


ALTERATIONS: list[tuple[str, Any]] = [
    ("shards.0.shard.visibility", "../../etc"),
    ("shards.0.shard.visibility", "111122223333"),
    ("shards.0.shard.region", "../../../tmp/x"),
    ("shards.0.shard.region", "/etc/passwd"),
    ("shards.0.shard.region", "eu-west-1\u202e"),
    ("shards.0.shard.partition", "aws-cn"),
    ("shards.0.shard.owner_scope", "all"),
    ("shards.0.shard.owner_scope", "mine"),
    ("shards.0.shard.owner_scope", "../amazon"),
    ("shards.0.shard.owner_scope", "AMAZON"),
    ("shards.0.shard.period", "import"),
    ("shards.0.segment", "../../manifest.json"),
    ("shards.0.segment", A.upper()),
    ("shards.0.segment", A + "\n"),
    ("shards.0.size", -1),
    ("shards.0.size", 1 << 40),
    ("shards.0.size", True),
    ("shards.0.size", 1.5),
    ("shards.0.record_count", 10**30),
    ("shards.0.fetched_at", "now"),
    ("shards.0.fetched_at", float("nan")),
    ("shards.0", []),
    ("shards", {}),
    ("former.0", [A]),
    ("deleting.0", "../x"),
    ("deleting", [A] * (limits.DELETING + 1)),
    ("deleting", None),
    ("former.0.0", "x"),
    ("realm", None),
    ("realm", "a" * 65),
    ("visibility", "444455556666"),
    ("format", "1"),
    ("format", None),
]


@pytest.mark.parametrize(("place", "value"), ALTERATIONS)
def test_a_manifest_that_says_what_it_must_not_is_refused(place: str, value: object) -> None:
    with pytest.raises(SourceRefused) as refused:
        parse_manifest(_altered(dump_manifest(MANIFEST), place, value), PUBLIC)
    assert refused.value.why
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("shard.region", "eu-west-2"),
        ("slices.0.part.within", ["2024", "2024-13-99"]),
        ("slices.0.part.within", ["20" * 20]),
        ("slices.0.part.without", "2024"),
        ("slices.0.record_count", 2_001),
        ("slices.0.chunks.0", [A, limits.CHUNK_BYTES + 1]),
        ("slices.0.chunks.0", [A]),
        ("slices.0.chunks.0", ["../" + A, 10]),
        ("slices", []),
        ("loose", [[A, 1]] * (limits.CHUNKS + 1)),
    ],
)
def test_a_segment_that_says_what_it_must_not_is_refused(place: str, value: object) -> None:
    with pytest.raises(SourceRefused):
        parse_segment(_altered(dump_segment(SEGMENT), place, value), AMAZON)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{}", b"{" * 100_000, b"[" * 100_000, b"\xff\xfe", b"<html>", b'{"format":1}']
)
def test_what_is_no_manifest_is_refused_in_words(data: bytes) -> None:
    for read in (lambda: parse_manifest(data, PUBLIC), lambda: parse_segment(data, AMAZON)):
        with pytest.raises(SourceRefused):
            read()


@given(st.binary(max_size=300))
def test_bytes_that_nobody_published_are_refused(data: bytes) -> None:
    with pytest.raises(SourceRefused):
        parse_manifest(data, PUBLIC)


def test_a_manifest_of_a_newer_version_asks_for_an_update() -> None:
    newer = _altered(dump_manifest(MANIFEST), "format", 2)
    with pytest.raises(NewerSource) as refused:
        parse_manifest(newer, PUBLIC)
    assert refused.value.remedy == "update amitui"


def test_a_manifest_may_hold_fields_that_this_version_does_not_know() -> None:
    assert parse_manifest(_altered(dump_manifest(MANIFEST), "comment", "new"), PUBLIC) == MANIFEST


def test_a_publisher_leaves_shards_that_it_did_not_publish_and_newer_ones_alone() -> None:
    other = Shard("aws", PUBLIC, "us-east-1", "amazon")
    before = Manifest(PUBLIC, "aws", (ENTRY, ENTRY._replace(shard=other, segment=D)))
    older = ENTRY._replace(segment=B, fetched_at=999)
    newer = ENTRY._replace(segment=C, fetched_at=1_001)
    assert merged(before, [older], now=2_000, grace_s=60) == before._replace(shards=tuple(sorted(before.shards)))
    after = merged(before, [newer], now=2_000, grace_s=60)
    assert after.entry(AMAZON) == newer
    assert after.entry(other) == ENTRY._replace(shard=other, segment=D)
    assert after.former == (Former(A, 2_000),)


def test_a_replaced_segment_is_named_until_its_grace_is_over_or_it_is_published_again() -> None:
    before = Manifest(PUBLIC, "aws", (ENTRY,), (Former(B, 100),))
    assert merged(before, [], now=159, grace_s=60).former == (Former(B, 100),)
    assert merged(before, [], now=160, grace_s=60).former == ()
    again = merged(before, [ENTRY._replace(segment=B)], now=120, grace_s=60)
    assert again.former == (Former(A, 120),)


def test_what_a_clock_that_was_ahead_has_dated_is_replaced_and_does_not_stay_for_years() -> None:
    years = 10**8
    ahead = ENTRY._replace(segment=B, fetched_at=years)
    mine = ENTRY._replace(segment=C, fetched_at=2_000)
    before = Manifest(PUBLIC, "aws", (ahead,), (Former(D, years),))
    after = merged(before, [mine], now=2_000, grace_s=60)
    assert after.entry(AMAZON) == mine
    assert set(after.former) == {Former(B, 2_000), Former(D, 2_000)}
    assert merged(after, [], now=2_060, grace_s=60).former == ()
    near = ENTRY._replace(segment=B, fetched_at=2_050)
    assert merged(before._replace(shards=(near,)), [mine], now=2_000, grace_s=60).entry(AMAZON) == near


def test_a_publisher_whose_clock_is_behind_does_not_take_others_for_ahead() -> None:
    theirs = ENTRY._replace(segment=B, fetched_at=10**8)
    mine = ENTRY._replace(segment=C, fetched_at=2_000)
    before = Manifest(PUBLIC, "aws", (theirs,))
    assert merged(before, [mine], now=2_000, grace_s=60, latest=10**8 + 5).entry(AMAZON) == theirs


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([A, B, C, D]), st.integers(0, 9)), max_size=8),
    st.permutations(range(8)),
)
def test_whoever_publishes_first_the_newest_segment_of_each_shard_is_named(
    publishes: list[tuple[str, str, int]], order: list[int]
) -> None:
    entries = [ENTRY._replace(shard=AMAZON._replace(owner_scope=name), segment=digest, fetched_at=at)
               for name, digest, at in publishes]  # fmt: skip
    manifest = Manifest(PUBLIC, "aws")
    for place in order:
        if place < len(entries):
            manifest = merged(manifest, [entries[place]], now=50, grace_s=10)
    newest: dict[Shard, int] = {}
    for entry in entries:
        newest[entry.shard] = max(newest.get(entry.shard, 0), entry.fetched_at)
    assert {one.shard: one.fetched_at for one in manifest.shards} == newest
    assert not {one.segment for one in manifest.shards} & {one.segment for one in manifest.former}


def test_what_is_there_by_its_hash_is_not_sent_again() -> None:
    there = {digest: Listed("x", 1, 0) for digest in (A, B)}
    assert to_upload({A: 1, B: 1, C: 1, D: 1}, there) == [C, D]


def test_half_an_object_is_sent_again() -> None:
    assert to_upload({A: 10}, {A: Listed("a", 5, 1_000)}) == [A]


def test_only_what_nothing_names_and_what_is_old_is_deleted() -> None:
    there = {A: Listed("a", 1, 0), B: Listed("b", 1, 0), C: Listed("c", 1, 950)}
    assert to_prune(there, {A}, now=1_000, grace_s=100) == [there[B]]


def test_objects_are_looked_for_a_few_times_in_a_grace_time() -> None:
    manifest = Manifest(PUBLIC, "aws", pruned_at=1_000)
    assert [is_prune_due(manifest, now=now, grace_s=100) for now in (999, 1_000, 1_024, 1_025)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_only_chunks_that_are_not_held_are_fetched() -> None:
    assert to_fetch(SEGMENT, {A: ["chunk/1"], B: []}) == [ChunkEntry(B, 20), ChunkEntry(C, 5)]
    assert PublishedSegment(AMAZON, (PublishedSlice(WHOLE, (ChunkEntry(A, 1),) * 2, 0, 0),)).chunks == (
        ChunkEntry(A, 1),
    )


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("s3://team-images", ("team-images", "")),
        ("s3://team-images/", ("team-images", "")),
        ("s3://team.images/a/b=c/", ("team.images", "a/b=c/")),
    ],
)
def test_a_bucket_is_named_by_its_address(address: str, parts: tuple[str, str]) -> None:
    assert bucket_and_prefix(address) == parts


@pytest.mark.parametrize(
    "address",
    ["s3://", "s3:///x", "s3://Team", "s3://a", "s3://team/../x", "s3://team/a//b", "s3://team/a b", "s3://team/é",
     "s3://team/./x", "s3://team?x", "s3://user@team/x", "s3://team/\x1b[m"],
)  # fmt: skip
def test_what_is_no_bucket_is_refused_before_anybody_is_asked(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        bucket_and_prefix(address)
    assert "\x1b" not in "".join(refused.value.lines())


def _altered(data: bytes, place: str, value: object) -> bytes:
    document = json.loads(data)
    *above, last = place.split(".")
    at: Any = document
    for name in above:
        at = at[int(name) if isinstance(at, list) else name]
    at[int(last) if isinstance(at, list) else last] = value
    return json.dumps(document).encode()


def test_the_line_of_progress_says_what_is_pulled_and_what_comes_from_ec2() -> None:
    time = [0.0]
    totals = FetchTotals(lambda: time[0])
    totals.begin([AMAZON])
    totals.report(CrawlProgress(AMAZON, records=10, pages=1, published=True, expected=90))
    time[0] = 9.0
    state = totals.state()
    assert state is not None
    assert status_forms(state, "Ctrl+X")[1] == "↓ published amazon eu-west-1 · waiting for what is published: 9 s"
    totals.report(CrawlProgress(AMAZON))
    state = totals.state()
    assert state is not None
    assert (state.label, state.waits_for) == ("amazon eu-west-1", "EC2")
    done = CrawlProgress(AMAZON, records=10, seconds=0.5, done=True, published=True)
    assert done_words(done) == "eu-west-1 amazon: 10 images pulled in 0.5 s"
