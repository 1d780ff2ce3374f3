"""What exporting a catalogue as Parquet costs: `python -m bench.export [--images N]`.

The catalogue is one Region's, made up in the mix of the real one, and kept between runs.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from amitui.catalog.store import SegmentStore
from amitui.demo.seed.synthetic import synthetic_records
from amitui.domain.catalogue.shard import CHUNK_RECORDS, PUBLIC, Segment, Shard
from amitui.paths import locate
from bench.cache_folder import add_cache_dir
from tests.support.isolation import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.domain.image.image import RawRecord

REGION: Final = "us-east-1"
SEED: Final = 7
NOW: Final = 1_790_000_000
MOST_RSS_MB: Final = 400

_SCOPES: Final = {"amazon": "amazon", "aws-marketplace": "marketplace"}


def fill_store(folder: Path, images: int) -> Path:
    """A cache folder with so many records in its store and none in an index, unless an earlier run made it."""
    cache = folder / f"records-{images}"
    complete = cache / "complete"
    if complete.exists():
        return cache
    shutil.rmtree(cache, ignore_errors=True)
    where = locate({"HOME": str(folder)}, cache_dir=str(cache))
    chunks: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    with SegmentStore(where.segments_dir) as store:
        for scope, records in _by_scope(synthetic_records(images, REGION, seed=SEED)):
            chunk_id, _ = store.put_chunk(_shard(scope), records)
            chunks.setdefault(scope, []).append(chunk_id)
            counts[scope] = counts.get(scope, 0) + len(records)
        for scope, chunk_ids in chunks.items():
            store.commit(Segment(_shard(scope), 1, tuple(chunk_ids), counts[scope], NOW, complete=True))
    complete.touch()
    return cache


def _by_scope(records: Iterator[RawRecord]) -> Iterator[tuple[str, list[RawRecord]]]:
    """The records in chunks of one scope each."""
    waiting: dict[str, list[RawRecord]] = {}
    while batch := list(islice(records, CHUNK_RECORDS)):
        for record in batch:
            scope = _SCOPES.get(str(record.get("ImageOwnerAlias")), "community")
            waiting.setdefault(scope, []).append(record)
        for scope, own in waiting.items():
            while len(own) >= CHUNK_RECORDS:
                yield scope, own[:CHUNK_RECORDS]
                del own[:CHUNK_RECORDS]
    yield from ((scope, own) for scope, own in waiting.items() if own)


def _shard(scope: str) -> Shard:
    return Shard("aws", PUBLIC, REGION, scope)


def main() -> int:
    """Measure, print, and fail when more memory was taken than an export may take."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000, help="(%(default)s)")
    add_cache_dir(parser)
    options = parser.parse_args()
    cache = fill_store(options.cache_dir, options.images)
    with tempfile.TemporaryDirectory(dir=options.cache_dir) as folder:
        target = Path(folder) / "exported"
        command = [sys.executable, "-m", "amitui", "export", "--parquet", str(target), "--cache-dir", str(cache)]
        for title in ("everything", "once more, nothing changed"):
            began = time.monotonic()
            subprocess.run(command, check=True, env=isolated_environment(Path(folder) / "home"))
            print(f"{title}: {time.monotonic() - began:.1f} s")
        size = sum(path.stat().st_size for path in target.rglob("*.parquet"))
    rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(
        f"{options.images:,} images: {size / 1e6:.0f} MB of Parquet, peak RSS {rss:.0f} MB (at most {MOST_RSS_MB})"
    )
    return int(rss > MOST_RSS_MB)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
