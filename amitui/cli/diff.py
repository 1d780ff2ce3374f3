"""`amitui diff A B`: what two images differ in, each named by its id, its name or a search."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.catalog.search.view import CatalogReader
from amitui.charset import for_people
from amitui.cli.absence import why_nothing
from amitui.cli.demo_session import session_settings
from amitui.cli.find import fetch_missing, print_restoring, searched_regions
from amitui.cli.messages import say, warn
from amitui.cli.results import full_images
from amitui.cli.streams import reader_has_enough
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.parser import parse_query
from amitui.errors import UsageError
from amitui.services.composition import Services

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow
    from amitui.settings import Settings

MOST_MATCHES: Final = 200
"""Most matches that are searched for one of exactly that name."""


class DiffRequest(NamedTuple):
    """The arguments of `amitui diff`."""

    before: str
    after: str
    output: str
    """`text` or `json`."""


def diff(settings: Settings, request: DiffRequest) -> int:
    """Print what differs. Returns 0 when both images were found, 1 when one was not."""
    with session_settings(settings) as active:
        services = Services(active)
        services.members.recall()
        with services.catalogue.reader() as reader:
            found = [_named(services, reader, text) for text in (request.before, request.after)]
            rows = [row for row in found if row is not None]
            if len(rows) < len(found):
                return 1
            try:
                _print(reader, rows, request.output, active.locations.segments_dir)
                sys.stdout.flush()
            except BrokenPipeError:
                if not reader_has_enough():
                    raise
            return 0


def _named(services: Services, reader: CatalogReader, text: str) -> ImageRow | None:
    """The image of that id in whatever Region is cached, else of that name, else the first that is found.

    Raises:
        UsageError: nothing names it.
    """
    if not text.strip():
        # Anybody's newest image would be compared otherwise.
        raise UsageError("an image to compare is empty", remedy="name it by its id, its name or a search")
    accounts = services.members.accounts
    query = parse_query(text, now=services.now(), accounts=services.known_accounts)
    regions = searched_regions(services, reader, all_regions=False)
    services.catalogue.restore(reader, regions, print_restoring)

    def by_id() -> list[ImageRow]:
        rows = [row for image_id in query.image_ids() for row in reader.find_image(image_id, accounts)]
        return sorted(rows, key=lambda row: row.region not in regions)

    if not (found := by_id()):
        if not services.settings.offline:
            fetch_missing(services, reader, query, regions)
        scopes = tuple(Scope.parse(name) for name in services.settings.scopes) or (ALL,)
        # Who names an image means it, deprecated or not.
        view = ViewRequest(query, regions, scopes, services.members.accounts, True, services.now())
        _, rows = reader.first(view, MOST_MATCHES)
        found = by_id() or sorted(rows, key=lambda row: row.name != text)
    if not found:
        warn(f"nothing found for {text!r}")
        for line in tuple(why_nothing(reader, view, 0))[1:]:
            say(line)
        return None
    row = found[0]
    if text not in (row.image_id, row.name):
        say(f"{text!r} is {row.image_id} in {row.region}: {row.name}")
    return row


def _print(reader: CatalogReader, rows: list[ImageRow], output: str, segments_dir: str) -> None:
    from amitui.domain.image.difference import compare
    from amitui.presentation.comparison import as_json, as_text

    with full_images(reader, segments_dir) as image_behind:
        before, after = map(image_behind, rows)
    comparison = compare(before, after)
    if output == "json":
        print(json.dumps(as_json(before, after, comparison), indent=2))
        return
    width = shutil.get_terminal_size((80, 24)).columns
    for line in as_text(before, after, comparison, width):
        sys.stdout.write(for_people(line))
