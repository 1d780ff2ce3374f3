"""Which files an export has, from what each is written, and which of an earlier one are stale: pure decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from amitui.catalog.columnar.manifest import ExportManifest, file_path, path_parts
from amitui.domain.catalogue.export_columns import COLUMNS
from amitui.domain.catalogue.shard import Segment, Shard

ROWS_FORM: Final = 1
"""Raise it when rows or files are made differently from the same records: every file is then written anew."""

_FIRST: Final = ("amazon", "publishers", "marketplace")
_LAST: Final = "community"
"""The largest: what it has in common with others is left out of it, and it is left out of nothing."""


class Selection(NamedTuple):
    """What is exported."""

    regions: frozenset[str] = frozenset()
    """Empty: all."""
    scopes: frozenset[str] = frozenset()
    """Empty: all."""
    accounts: frozenset[str] = frozenset()
    """Whose private images are exported too."""

    def has(self, region: str, scope: str, account: str | None) -> bool:
        """Whether a partition belongs to it."""
        return (
            (not self.regions or region in self.regions)
            and (not self.scopes or scope in self.scopes)
            and (account is None or account in self.accounts)
        )


class PlannedFile(NamedTuple):
    """A file of the export."""

    path: str
    region: str
    account: str | None
    shards: tuple[Shard, ...]
    """What it is written from; a later one's record of an image counts more."""
    fingerprint: str
    """The same as long as the file would be the same."""


def plan(segments: Iterable[Segment], selection: Selection, before: ExportManifest) -> list[PlannedFile]:
    """The files of a selection, by Region; within one in the order in which public images are told apart.

    An image that several public scopes have is in the file of the first of them that is exported, now or earlier.
    """
    grouped: dict[tuple[str, str | None, str], list[Segment]] = {}
    for segment in segments:
        shard = segment.shard
        account = None if shard.is_public else shard.visibility
        there = file_path(shard.region, shard.owner_scope, account) in before.files
        if selection.has(shard.region, shard.owner_scope, account) or (there and account is None):
            grouped.setdefault((shard.region, account, shard.owner_scope), []).append(segment)
    planned: list[PlannedFile] = []
    above: list[str] = []
    last_region = ""
    for region, account, scope in sorted(grouped, key=_order):
        if region != last_region:
            last_region, above = region, []
        own = sorted(grouped[region, account, scope], key=lambda one: (one.fetched_at, one.shard))
        said = [_state(one) for one in own]
        fingerprint = _hashed([*said, *(above if account is None else ())])
        shards = tuple(one.shard for one in own)
        planned.append(PlannedFile(file_path(region, scope, account), region, account, shards, fingerprint))
        if account is None:
            above = [*above, *said]
    return planned


def stale(before: ExportManifest, planned: Collection[PlannedFile], selection: Selection) -> list[str]:
    """The paths of an earlier export's files that belong to the selection, and of which nothing is cached now."""
    wanted = {one.path for one in planned}
    return [
        path
        for path in before.files
        if path not in wanted and (parts := path_parts(path)) is not None and selection.has(*parts)
    ]


def selected(planned: Sequence[PlannedFile], selection: Selection) -> list[PlannedFile]:
    """Those that are exported now; the others only take part in telling images apart."""
    return [one for one in planned if (parts := path_parts(one.path)) is not None and selection.has(*parts)]


def _order(key: tuple[str, str | None, str]) -> tuple[object, ...]:
    region, account, scope = key
    rank = _FIRST.index(scope) if scope in _FIRST else len(_FIRST) + (scope == _LAST)
    return region, account or "", rank, scope


def _state(segment: Segment) -> str:
    return repr((segment.shard.key, segment.generation, segment.fetched_at, segment.chunk_ids))


def _hashed(said: Sequence[str]) -> str:
    return blake2b(repr((ROWS_FORM, COLUMNS, said)).encode(), digest_size=16).hexdigest()
