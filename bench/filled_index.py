"""Fills the index of a Region with made-up images, for the benches that search."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from amitui.catalog.index.prepared import prepared
from amitui.catalog.index.writer import CatalogIndex, Placed
from amitui.demo.seed.region import synthetic_records
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.ec2.convert import summary_of

if TYPE_CHECKING:
    from pathlib import Path

SEED: Final = 7
NOW: Final = 1_790_000_000
AT_ONCE: Final = 50_000
"""Rows in one transaction, by creation."""


def fill(path: Path, region: str, size: int) -> bool:
    """Fill a Region's file with so many images, unless an earlier run did; whether it was filled now."""
    done = path.with_suffix(".complete")
    if done.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    shard = Shard("aws", PUBLIC, region, "community")
    summaries = (summary_of(record) for record in synthetic_records(size, region, seed=SEED))
    with CatalogIndex.open(str(path), region) as index:
        index.begin_shard(shard, 1)
        while batch := sorted(islice(summaries, AT_ONCE), key=lambda summary: summary.created or 0):
            rows = map(prepared, batch)
            index.add_placed(shard, 1, [Placed(row, "chunk", line) for line, row in enumerate(rows)])
        index.finish_shard(shard, 1, NOW)
    done.touch()
    return True
