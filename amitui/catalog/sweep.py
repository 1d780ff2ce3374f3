"""Taking away what crashes leave in the segment store: chunks that nothing names, files that were never stored."""

from __future__ import annotations

from typing import Final

from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import NewerForm

UNFINISHED_S: Final = 3600
"""Age from which a file without an entry is one whose writer died; storing one takes milliseconds."""


def sweep(store: SegmentStore, *, locks_dir: str, now: float) -> int:
    """Delete what nothing needs; safe beside other processes, which keep what they are writing.

    Costs a list of the store's keys and of its files.

    Returns:
        How many chunks and files went.
    """
    swept = 0
    for shard in store.shards_with_chunks():
        try:
            with shard_lock(locks_dir, shard):
                swept += store.sweep(shard)
        except (ShardBusy, NewerForm):
            continue  # whoever is fetching it sweeps when it is done; what a newer amitui stored is its own affair
    return swept + store.sweep_files(now - UNFINISHED_S)
