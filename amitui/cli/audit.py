"""`amitui audit [REGION…]`: what runs on which image, several Regions and profiles side by side."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.charset import for_people
from amitui.cli.demo_session import session_settings
from amitui.cli.guard import print_error
from amitui.cli.leaving import ForgetfulExecutor
from amitui.cli.messages import columns_of, say, warn
from amitui.cli.streams import reader_has_enough
from amitui.domain.counts import count_of
from amitui.domain.fleet.audit import finding_order
from amitui.errors import AmituiError
from amitui.presentation.audit_export import FORMATS, Failure, Report
from amitui.presentation.audit_text import region_words, summary_words, table_lines
from amitui.services.composition import Services
from amitui.services.fleet_audit import FleetAudit
from amitui.services.session import no_region

if TYPE_CHECKING:
    from amitui.domain.fleet.fail_on import FailOn, Selection
    from amitui.domain.fleet.findings import RegionAudit
    from amitui.settings import Settings

FOUND: Final = 5
"""Exit code when there is something that `--fail-on` names: no error of amitui has it."""
UNREAD: Final = 3
"""Exit code when a part could not be read, as of any failure of AWS."""
REGIONS_AT_ONCE: Final = 8


class AuditRequest(NamedTuple):
    """The arguments of `amitui audit`."""

    output: str
    """`table`, or one of `FORMATS`."""
    fail_on: FailOn
    only: Selection
    profiles: tuple[str, ...] = ()
    """Empty: the start's own."""
    all_regions: bool = False


class _Wanted(NamedTuple):
    """One Region of one profile."""

    profile: str | None
    region: str


def audit(settings: Settings, request: AuditRequest) -> int:
    """Print what was found; see the command's help for the exit codes.

    Raises:
        AmituiError: no Region could be read; the first failure.
    """
    with session_settings(settings) as active:
        services = Services(active)
        services.session.recall_account()
        report = asyncio.run(_read(services, request))
    shown = [one for one in report.findings if request.only.holds(one)]
    _print(report._replace(findings=shown), request.output)
    for profile, region, words in report.unknown:
        warn(f"{region}{f' ({profile})' if profile else ''}: {words}")
    if len(report.audits) != 1 or report.failures:
        say(summary_words(report.findings))
    hits = sum(request.fail_on.hits(one) for one in report.findings)
    if hits:
        say(f"--fail-on names {hits:,} of these")
        return FOUND
    return UNREAD if report.unknown else 0


async def _read(services: Services, request: AuditRequest) -> Report:
    asyncio.get_running_loop().set_default_executor(ForgetfulExecutor())
    reader = FleetAudit(services, stale_days=request.fail_on.stale_days)
    gate = asyncio.Semaphore(REGIONS_AT_ONCE)

    async def one(wanted: _Wanted) -> RegionAudit | AmituiError:
        async with gate:
            try:
                found = await reader.region(wanted.region, wanted.profile)
            except AmituiError as error:
                return error
        say(region_words(found))
        return found

    try:
        wanted = await _wanted(services, request)
        if columns_of(sys.stderr):
            say(f"reading what runs in {count_of(len(wanted), 'Region')}…")
        answers = await asyncio.gather(*map(one, wanted))
    finally:
        await services.close()
    failed = [
        (place, error) for place, error in zip(wanted, answers, strict=True) if isinstance(error, AmituiError)
    ]
    if len(failed) == len(wanted):
        for _, error in failed[1:]:
            print_error(error)
        raise failed[0][1]
    audits = [found for found in answers if not isinstance(found, AmituiError)]
    failures = [Failure(place.profile or "", place.region, " – ".join(error.lines())) for place, error in failed]
    findings = sorted((one for found in audits for one in found.findings), key=finding_order)
    return Report(findings, audits, failures)


async def _wanted(services: Services, request: AuditRequest) -> list[_Wanted]:
    """Each Region of each profile, once.

    Raises:
        AmituiError: no Region is named anywhere, or the Regions could not be listed.
    """
    session = services.session
    profiles: Sequence[str | None] = (
        tuple(dict.fromkeys(request.profiles)) if len(request.profiles) > 1 else (None,)
    )
    if request.all_regions:
        regions: Sequence[str] = [one.name for one in await session.list_regions() if one.enabled]
    else:
        regions = session.starting_regions()
    if not regions:
        raise no_region()
    return [_Wanted(profile, region) for profile in profiles for region in dict.fromkeys(regions)]


def _print(report: Report, output: str) -> None:
    try:
        if output in FORMATS:
            sys.stdout.write(FORMATS[output](report))
        else:
            for line in table_lines(report.findings, columns_of(sys.stdout)):
                print(for_people(line))
        sys.stdout.flush()
    except BrokenPipeError:
        if not reader_has_enough():
            raise
