"""An index that repairs itself: opened anew when its file was replaced, filled anew when it is damaged.

Another process may replace a region's file at any time (it found it damaged, or clears the cache); what is written
to the file of before would be lost. A damaged file costs the time to fill it from the segments, nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeVar

from amitui.catalog.index.opening import is_damaged
from amitui.catalog.index.renewal import renew
from amitui.catalog.index.writer import CatalogIndex, FinishResult
from amitui.catalog.sqlite_file import discard, identity_of
from amitui.domain.catalogue.shard import Shard
from amitui.errors import CacheError
from amitui.paths import private_dir

_P = ParamSpec("_P")
_T = TypeVar("_T")

Fill = Callable[[CatalogIndex, "frozenset[Shard]"], object]
"""Brings an index, empty or filled in part, in line with the segments; told which shards it is used to fetch."""


def _repaired(
    method: Callable[Concatenate[CatalogIndex, _P], _T],
) -> Callable[Concatenate[RepairingIndex, _P], _T]:
    """A method that is called again after a repair. Once: what is damaged right away again has a disk to blame."""

    def call(self: RepairingIndex, /, *arguments: _P.args, **options: _P.kwargs) -> _T:
        self.follow()
        try:
            return method(self, *arguments, **options)
        except CacheError as error:
            if self.filling or not is_damaged(error):
                raise
        self.repair()
        return method(self, *arguments, **options)

    update_wrapper(call, method)
    return call


class RepairingIndex(CatalogIndex):
    """A region's index for writing, which is always the one at its path, whole, and filled."""

    def __init__(self, path: str, region: str, fill: Fill) -> None:
        self._fill = fill
        self._begun: dict[Shard, tuple[int, str]] = {}
        """Generation and origin of what is being fetched."""
        self.filling = False
        """Whether it is being filled: damage is then final."""
        self.was_filled = False
        """Whether it had to be filled, when it was opened or later."""
        private_dir(os.path.dirname(path))
        try:
            self._renew(path, region)
            super().__init__(path, region)
        except CacheError as error:
            if not is_damaged(error):
                raise
            _discard(path, identity_of(path))
            super().__init__(path, region)
        try:
            self._settle()
        except BaseException:
            self.close()
            raise

    def _renew(self, path: str, region: str) -> None:
        """Have a file of an older schema made anew, which answers until then."""
        if renew(path, region, lambda index: self._fill(index, frozenset(self._begun))):
            self.was_filled = True

    def follow(self) -> None:
        """Open the file that stands at the path now."""
        if not self.filling and identity_of(self.path) != self.identity:
            private_dir(os.path.dirname(self.path))
            self._renew(self.path, self.region)
            self.reopen()
            self._settle()

    def repair(self) -> None:
        """Throw the damaged file away, unless another process has done so, and fill a new one."""
        self.close()
        _discard(self.path, self.identity)
        self.reopen()
        self._settle()

    def _settle(self) -> None:
        """Fill a file that holds nothing; announce what is being fetched to one that does not know of it."""
        self.filling = True
        try:
            if self.needs_rebuild:
                self._fill(self, frozenset(self._begun))
                self.needs_rebuild, self.was_filled = False, True
            for shard, (generation, origin) in self._begun.items():
                super().begin_shard(shard, generation, origin=origin)
        finally:
            self.filling = False

    def begin_shard(self, shard: Shard, generation: int, *, origin: str = "ec2") -> None:
        """See `CatalogIndex`; what has begun is announced again after a repair."""
        _begin(self, shard, generation, origin=origin)
        if not self.filling:
            self._begun[shard] = (generation, origin)

    def finish_shard(self, shard: Shard, generation: int, fetched_at: int) -> FinishResult:
        """See `CatalogIndex`."""
        done = _finish(self, shard, generation, fetched_at)
        if not self.filling:
            self._begun.pop(shard, None)
        return done

    add_placed = _repaired(CatalogIndex.add_placed)
    lines_of = _repaired(CatalogIndex.lines_of)
    add_rows = _repaired(CatalogIndex.add_rows)
    amend = _repaired(CatalogIndex.amend)
    redate_shard = _repaired(CatalogIndex.redate_shard)
    drop_shard = _repaired(CatalogIndex.drop_shard)
    expire_shard = _repaired(CatalogIndex.expire_shard)
    keep_chunks = _repaired(CatalogIndex.keep_chunks)
    chunk_rows = _repaired(CatalogIndex.chunk_rows)
    unmet = _repaired(CatalogIndex.unmet)
    named_chunks = _repaired(CatalogIndex.named_chunks)
    shards = _repaired(CatalogIndex.shards)
    status = _repaired(CatalogIndex.status)
    count = _repaired(CatalogIndex.count)
    count_of = _repaired(CatalogIndex.count_of)
    locate = _repaired(CatalogIndex.locate)


_begin = _repaired(CatalogIndex.begin_shard)
_finish = _repaired(CatalogIndex.finish_shard)


def _discard(path: str, identity: tuple[int, int] | None) -> None:
    try:
        discard(path, identity)
    except OSError as error:
        raise CacheError(
            f"the damaged index {path} cannot be replaced",
            why=error.strerror or str(error),
            remedy="make its folder writable, or use another: --cache-dir DIR",
        ) from error
