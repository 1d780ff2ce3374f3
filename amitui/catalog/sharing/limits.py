"""What a published catalogue may cost whoever reads it: bounds far above anything that amitui publishes."""

from __future__ import annotations

from typing import Final

MANIFEST_BYTES: Final = 8 << 20
"""A shard takes 250 bytes of a manifest, each of its earlier segments 100."""
SEGMENT_BYTES: Final = 8 << 20
"""A chunk takes 90 bytes of a segment: 3,000,000 images are 270 kB."""
CHUNK_BYTES: Final = 8 << 20
"""A chunk of 1,000 images is 100 kB, compressed."""
CHUNK_TEXT_BYTES: Final = 64 << 20
"""Decompressed; a chunk of 1,000 images is 1 MB."""
OBJECT_SECONDS: Final = 600.0
"""Until one object has arrived: the largest then comes with 14 kB a second."""
SHARDS: Final = 20_000
"""Of one manifest; 40 accounts' worth of Regions and scopes are below 1,000."""
FORMER: Final = 50_000
"""Earlier segments of one manifest."""
DELETING: Final = 10_000
"""Objects that are deleted at a time."""
SLICES: Final = 2_000
CHUNKS: Final = 20_000
RECORDS: Final = 5_000_000
"""Of one shard."""
BRACKETS: Final = 20_000
"""Lists and objects in one record; DescribeImages has some hundreds at most."""
