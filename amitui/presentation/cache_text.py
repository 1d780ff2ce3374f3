"""The cache's size and limit in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_EMPTY_BYTES: Final = 50_000
"""What files that hold no image take, and what is shown as 0.0 MB: nothing is said of it."""


def megabytes(count: float) -> str:
    """Bytes in megabytes of 10^6, as disks are sold."""
    return f"{count / 1e6:,.1f} MB"


def limit_words(limit_bytes: int) -> str:
    """How large the cache may be."""
    return f"{limit_bytes / 1e6:,.0f} MB"


def trimmed_words(
    dropped: Sequence[tuple[str, int]],
    busy: Sequence[str],
    total_bytes: int,
    limit_bytes: int,
    copies_bytes: int = 0,
) -> Iterator[str]:
    """What was removed, and why what is left is more than it should be; a sentence each.

    Args:
        dropped: Regions whose public images went, each with the bytes that came back.
        busy: Regions that were to go and are being fetched.
        total_bytes: of the cache now.
        limit_bytes: its limit.
        copies_bytes: of the copies for `amitui sql` that were removed.
    """
    if copies_bytes:
        yield f"removed the copies for amitui sql ({megabytes(copies_bytes)}): its next statement makes them again"
    if dropped:
        names = ", ".join(region for region, _ in dropped)
        freed = megabytes(sum(freed for _, freed in dropped))
        limit = limit_words(limit_bytes)
        yield f"removed the public images of {names} from the cache ({freed}): its limit is {limit}"
    if total_bytes > limit_bytes and (busy or total_bytes > _EMPTY_BYTES):
        why = (
            f"{', '.join(busy)} is being fetched" if busy else "what is left is in view, your own or was imported"
        )
        yield f"the cache takes {megabytes(total_bytes)}, more than its limit of {limit_words(limit_bytes)}: {why}"
