"""Why there is nothing to see, and the key that changes it: the words in the middle of an empty table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from amitui.domain.scope import ON_DEMAND
from amitui.screens.progress import in_scope, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.query_terms import Query
    from amitui.domain.scope import Scope
    from amitui.domain.shard import ShardStatus
    from amitui.fetches import Fetches
    from amitui.services import Services

SIZES = {
    "marketplace": "Marketplace is large: some 15,000 to 40,000 images a region, about 10 MB to fetch.",
    "community": "Community is very large: 100,000 images a region and more, some minutes to fetch.",
}
"""A word on the size of what is only fetched on demand (published counts, and 2018's 96,000 in us-east-1)."""


def why_empty(
    services: Services,
    fetches: Fetches,
    *,
    scopes: Sequence[Scope],
    regions: Sequence[str],
    statuses: Sequence[ShardStatus],
    query: Query,
    deprecated_hidden: int,
) -> Content:
    """The words for an empty table, one thought a line."""
    where = ", ".join(regions) or "no region"
    names = " + ".join(scope.title for scope in scopes)
    cached = [s for s in statuses if in_scope(s.shard, scopes) and visible(s, services.account)]
    if any(in_scope(shard, scopes) and shard.region in regions for shard in fetches.active):
        return _lines(f"Fetching {names} in {where} …", "Rows appear as they come. Ctrl+X stops.")
    failed = [error for shard, error in fetches.failures.items() if shard.region in regions]
    if not cached and failed:
        return _lines(*failed[0].lines(), "", "F5 tries again · ! shows all errors · q quits")
    if not cached:
        return _not_fetched(services, scopes, names, where)
    if query.clauses:
        hidden = f"{deprecated_hidden:,} deprecated images match: d shows them." if deprecated_hidden else ""
        return _lines(f"Nothing in {names} of {where} matches.", hidden, "7 looks in all scopes · Esc in / clears")
    if deprecated_hidden:
        return _lines(f"All {deprecated_hidden:,} images here are deprecated and hidden.", "d shows them.")
    return _lines(f"{names} has no images in {where}.", "r another region · 1 to 7 another scope")


def _not_fetched(services: Services, scopes: Sequence[Scope], names: str, where: str) -> Content:
    if services.settings.offline:
        return _lines(
            f"{names} of {where} is not cached.", "amitui is offline: start without --offline to fetch it."
        )
    if services.account is None and any(scope.name in ("mine", "shared") for scope in scopes):
        return _lines("Which account this is, is not known yet.", "F5 asks AWS · ! shows errors")
    sizes = [SIZES[scope.name] for scope in scopes if scope in ON_DEMAND]
    return _lines(f"{names} of {where} is not fetched yet.", *sizes, "F5 fetches it.")


def _lines(*lines: str) -> Content:
    return Content("\n".join(line for line in lines if line))
