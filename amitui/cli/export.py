"""`amitui export`: what is cached becomes files for engines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from amitui.catalog.columnar.plan import Selection
from amitui.cli.messages import say
from amitui.cli.status_line import status_line
from amitui.domain.catalogue.scope import ALL, MINE, SHARED, Scope
from amitui.domain.counts import count_of
from amitui.domain.visible import show_invisible
from amitui.errors import CredentialsError, UsageError
from amitui.services.composition import Services
from amitui.services.export import export_parquet

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.catalog.columnar.export import Exported
    from amitui.settings import Settings


class ExportRequest(NamedTuple):
    """What was typed."""

    parquet: str | None
    """Where Parquet files go."""
    regions: tuple[str, ...]
    """Empty: all that are cached."""
    scopes: tuple[str, ...]
    """Empty: all."""
    include_mine: bool


def export(settings: Settings, request: ExportRequest) -> int:
    """Export, and say what was written."""
    destination = request.parquet
    if not destination:
        raise UsageError(
            "where to export to is missing",
            why="Parquet files go to a folder or a bucket; lists are printed by amitui find QUERY -o csv",
            remedy="amitui export --parquet DIR, or s3://BUCKET/PREFIX",
        )
    scopes = _scopes(request)

    async def work(report: Callable[[int, int], None]) -> Exported:
        services = Services(settings)
        try:
            selection = Selection(
                frozenset(request.regions),
                scopes,
                await _accounts(services) if request.include_mine else frozenset(),
            )
            return await export_parquet(services.session, destination, selection, now=services.now, report=report)
        finally:
            await services.close()

    with status_line("exporting") as line:
        done = asyncio.run(work(line.report))
    say(f"{_words(done)} ({show_invisible(destination)})")
    return 0


def _scopes(request: ExportRequest) -> frozenset[str]:
    """The scopes asked for; empty: all."""
    chosen = [Scope.parse(text) for text in request.scopes]
    private = [scope.name for scope in chosen if scope in (MINE, SHARED)]
    if private and not request.include_mine:
        raise UsageError(
            f"the scope {private[0]} is private to an account",
            why="private images are exported only when that is asked for in so many words",
            remedy="add --include-mine, or leave the scope out",
        )
    return frozenset() if ALL in chosen else frozenset(scope.name for scope in chosen)


async def _accounts(services: Services) -> frozenset[str]:
    """The accounts whose private images are exported."""
    await services.members.identify()
    for member in services.members.problems:
        if member.problem is not None:
            raise member.problem
    accounts = frozenset(services.members.accounts)
    if not accounts:
        raise CredentialsError("it is not known whose images Mine are", remedy="aws sts get-caller-identity")
    return accounts


def _words(done: Exported) -> str:
    """What was done; an image that several accounts or scopes have is a row of each."""
    parts = [f"{count_of(done.written, 'file')} written ({done.written_bytes / 1e6:.1f} MB)"]
    if done.kept:
        parts.append(f"{done.kept:,} up to date")
    if done.deleted:
        parts.append(f"{done.deleted:,} deleted")
    return f"exported {count_of(done.rows, 'row')}: {', '.join(parts)}"
