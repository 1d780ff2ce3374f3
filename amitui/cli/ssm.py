"""`amitui ssm [QUERY|AMI|PATH]`: the public parameters of Systems Manager behind the images that match.

The paths come from the cached catalogue and the product data; their values from GetParameters of just these paths.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.catalog.search.view import CatalogReader
from amitui.cli.demo_session import session_settings
from amitui.cli.find import fetch_missing, print_restoring, searched_regions
from amitui.cli.leaving import ForgetfulExecutor
from amitui.cli.messages import say, warn
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.counts import count_of
from amitui.domain.products.parameters import SERVICE, public_parameter
from amitui.domain.query.parser import parse_query
from amitui.presentation.facts import day
from amitui.presentation.parameters import RESOLVE
from amitui.services.composition import Services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.image.row import ImageRow
    from amitui.ec2.reads.parameters import ParameterValue
    from amitui.settings import Settings

MOST_IMAGES: Final = 20_000
"""Matches of which the parameters are looked for."""

MOST_PATHS: Final = 100
"""Parameters that are listed: ten are read with a call."""


class SsmRequest(NamedTuple):
    """The arguments of `amitui ssm`."""

    text: str
    """A query, an image id, or the path of a parameter."""
    output: str
    """`table`, `json` or `resolve`."""


class _Line(NamedTuple):
    path: str
    region: str
    value: ParameterValue | None


def ssm(settings: Settings, request: SsmRequest) -> int:
    """Print the parameters. Returns 0 when there are any, 1 when none is known or has a value."""
    with session_settings(settings) as active:
        services = Services(active)
        services.members.recall()
        with services.catalogue.reader() as reader:
            regions = searched_regions(services, reader, all_regions=False)
            paths = _paths(services, reader, request.text, regions)
        if not paths:
            say(f"no public parameter is known for what matches {request.text!r}")
            return 1
        if len(paths) > MOST_PATHS:
            left = count_of(len(paths) - MOST_PATHS, "more parameter")
            warn(f"{left} not listed; add words to narrow the search")
            paths = paths[:MOST_PATHS]
        if active.offline or request.output == "resolve":
            lines = [_Line(path, "", None) for path in paths]
        else:
            lines = asyncio.run(_read(services, regions, paths))
        _print(lines, request.output, with_values=not active.offline)
        if active.offline or request.output == "resolve" or any(line.value for line in lines):
            return 0
    say(f"{', '.join(regions)} has none of these parameters")
    return 1


def _paths(services: Services, reader: CatalogReader, text: str, regions: tuple[str, ...]) -> list[str]:
    """The paths behind what matches, the best match first; a path that is typed stands for itself."""
    typed = text.strip().removeprefix("{{").removesuffix("}}").removeprefix(RESOLVE)
    if typed.startswith(f"{SERVICE}/"):
        return [typed]
    query = parse_query(text, now=services.now(), accounts=services.known_accounts)
    services.catalogue.restore(reader, regions, print_restoring)
    if not services.settings.offline:
        fetch_missing(services, reader, query, regions)
    accounts = services.members.accounts
    rows: list[ImageRow] = [row for name in query.image_ids() for row in reader.find_image(name, accounts)]
    if not rows:
        scopes = tuple(Scope.parse(name) for name in services.settings.scopes) or (ALL,)
        view = ViewRequest(query, regions, scopes, accounts, False, services.now())
        _, rows = reader.first(view, MOST_IMAGES)
    return list(dict.fromkeys(path for row in rows if (path := public_parameter(row))))


async def _read(services: Services, regions: Sequence[str], paths: Sequence[str]) -> list[_Line]:
    asyncio.get_running_loop().set_default_executor(ForgetfulExecutor())
    try:
        answers = await asyncio.gather(*(services.aws.public_parameters(region, paths) for region in regions))
    finally:
        await services.close()
    return [
        _Line(path, region, answer.get(path))
        for region, answer in zip(regions, answers, strict=True)
        for path in paths
    ]


def _print(lines: Sequence[_Line], output: str, *, with_values: bool) -> None:
    """Write the lines to stdout; parameters that a Region does not have are said to be missing."""
    if output == "resolve":
        sys.stdout.writelines(f"{RESOLVE}{line.path}\n" for line in lines)
        return
    if output == "json":
        print(json.dumps([_as_json(line, with_values=with_values) for line in lines], indent=2))
        return
    if not with_values:
        sys.stdout.writelines(f"{line.path}\n" for line in lines)
        return
    table = [("IMAGE ID", "REGION", "VERSION", "DATE", "PATH"), *map(_as_cells, lines)]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    for *cells, path in table:
        padded = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        print(f"{padded}  {path}")


def _as_cells(line: _Line) -> tuple[str, str, str, str, str]:
    value = line.value
    if value is None:
        return ("not there", line.region, "", "", line.path)
    version = "" if value.version is None else str(value.version)
    return (value.image_id, line.region, version, day(value.modified), line.path)


def _as_json(line: _Line, *, with_values: bool) -> dict[str, object]:
    found: dict[str, object] = {"Path": line.path, "Resolve": f"{RESOLVE}{line.path}"}
    if with_values:
        value = line.value
        found |= {
            "Region": line.region,
            "ImageId": value.image_id if value else None,
            "Version": value.version if value else None,
            "LastModified": day(value.modified) if value and value.modified is not None else None,
        }
    return found
