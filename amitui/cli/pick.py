"""`amitui pick`: the screen as a chooser. It is drawn on the terminal, and what was chosen goes to stdout:

aws ec2 run-instances --image-id "$(amitui pick ubuntu 24.04)"
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.cli.browse import require_cursor, show_screen
from amitui.cli.demo_session import session_settings
from amitui.cli.find import wanted_scopes
from amitui.cli.results import write_rows
from amitui.cli.streams import STDIN, STDOUT
from amitui.cli.threads import leave_despite_threads
from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import QuerySyntaxError
from amitui.domain.region import partition_of
from amitui.errors import UsageError
from amitui.services.composition import Services

if TYPE_CHECKING:
    from amitui.catalog.search.view import CatalogReader
    from amitui.domain.image.row import ImageRow
    from amitui.settings import Settings

TERMINAL: Final = "/dev/tty"
"""The controlling terminal, wherever stdin and stdout lead."""

NOTHING_CHOSEN: Final = 1
"""Exit code."""


class PickRequest(NamedTuple):
    """The arguments of `amitui pick`."""

    output: str
    """One of `presentation.export.FORMATS`."""


def pick(settings: Settings, request: PickRequest) -> int:
    """Show the screen and print what was chosen on it; 1 when nothing was."""
    require_cursor(os.environ)
    # A chooser changes nothing.
    with _terminal() as terminal, session_settings(settings._replace(read_only=True)) as active:
        active = _with_scopes(active)
        with _drawn_on(terminal):
            code, chosen, _ = show_screen(active, choosing=True)
        if not code and not chosen:
            code = NOTHING_CHOSEN
        if not code:
            _print(active, list(chosen), request.output)
            sys.stdout.flush()
    return leave_despite_threads(code)


def _with_scopes(settings: Settings) -> Settings:
    """With words typed and no scope: whose images the words name, as `find` has it."""
    if settings.scopes or not settings.query:
        return settings
    services = Services(settings)
    try:
        query = parse_query(settings.query, now=services.now())
    except QuerySyntaxError:
        return settings  # the screen shows the mistake
    region = next(iter(services.session.starting_regions()), "us-east-1")
    scopes = wanted_scopes(services, query, partition_of(region))
    return settings._replace(scopes=tuple(scope.name for scope in scopes))


def _print(settings: Settings, chosen: list[ImageRow], output: str) -> None:
    services = Services(settings)
    services.members.recall()
    with services.catalogue.reader() as reader:
        rows = [_as_cached(reader, row, services.members.accounts) for row in chosen]
        write_rows(
            reader, rows, output=output, segments_dir=settings.locations.segments_dir, names=services.members.names
        )


def _as_cached(reader: CatalogReader, chosen: ImageRow, accounts: tuple[str, ...]) -> ImageRow:
    """The row as it is now: its key may be another's since it was shown, its id is not."""
    found = reader.find_image(chosen.image_id, accounts)
    return next((row for row in found if row.region == chosen.region), chosen)


@contextmanager
def _terminal() -> Iterator[int]:
    """A descriptor of the controlling terminal.

    Raises:
        UsageError: there is none.
    """
    try:
        terminal = os.open(TERMINAL, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(
            "amitui pick needs a terminal",
            why=f"{TERMINAL}: {error.strerror}",
            remedy="amitui find QUERY --latest -o id needs none",
        ) from error
    try:
        yield terminal
    finally:
        os.close(terminal)


@contextmanager
def _drawn_on(terminal: int) -> Iterator[None]:
    """Let stdin and stdout be a terminal for a while: Textual reads and the driver draws there."""
    sys.stdout.flush()
    kept = {number: os.dup(number) for number in (STDIN, STDOUT)}
    try:
        for number in kept:
            os.dup2(terminal, number)
        yield
    finally:
        for number, descriptor in kept.items():
            os.dup2(descriptor, number)
            os.close(descriptor)
