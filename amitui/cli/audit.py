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
    from amitui.services.members import Member
    from amitui.settings import Settings

FOUND: Final = 5
"""Exit code when there is something that `--fail-on` names: no error of amitui has it."""
UNREAD: Final = 3
"""Exit code when a part could not be read, as of any failure of AWS."""
REGIONS_AT_ONCE: Final = 8
"""Of one account: what EC2 allows is counted by account and Region."""
PLACES_AT_ONCE: Final = 32
"""Regions of all accounts together."""


class AuditRequest(NamedTuple):
    """The arguments of `amitui audit`."""

    output: str
    """`table`, or one of `FORMATS`."""
    fail_on: FailOn
    only: Selection
    all_regions: bool = False


class _Wanted(NamedTuple):
    """One Region of one account."""

    member: Member | None
    """`None` = there is only one."""
    region: str

    def failed(self, error: AmituiError) -> Failure:
        """That it could not be read."""
        profile, name = ("", "") if self.member is None else (self.member.profile or "", self.member.name)
        return Failure(profile, self.region, " – ".join(error.lines()), name)


def audit(settings: Settings, request: AuditRequest) -> int:
    """Print what was found; see the command's help for the exit codes.

    Raises:
        AmituiError: no Region could be read; the first failure.
    """
    with session_settings(settings, renew=True) as active:
        services = Services(active)
        services.members.recall()
        report = asyncio.run(_read(services, request))
    shown = [one for one in report.findings if request.only.holds(one)]
    _print(report._replace(findings=shown), request.output)
    for one in report.unknown:
        warn(f"{one.where}: {one.words}")
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
    gates: dict[Member | None, asyncio.Semaphore] = {}
    everything = asyncio.Semaphore(PLACES_AT_ONCE)

    async def one(wanted: _Wanted) -> RegionAudit | AmituiError:
        async with gates.setdefault(wanted.member, asyncio.Semaphore(REGIONS_AT_ONCE)), everything:
            try:
                found = await reader.region(wanted.region, wanted.member)
            except AmituiError as error:
                return error
        say(region_words(found))
        return found

    try:
        wanted, failures, errors = await _wanted(services, request)
        if columns_of(sys.stderr):
            say(f"reading what runs in {count_of(len(wanted), 'Region')}…")
        answers = await asyncio.gather(*map(one, wanted))
    finally:
        await services.close()
    for place, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, AmituiError):
            failures.append(place.failed(answer))
            errors.append(answer)
    audits = [found for found in answers if not isinstance(found, AmituiError)]
    if not audits:
        for error in errors[1:]:
            print_error(error)
        raise errors[0]
    findings = sorted((one for found in audits for one in found.findings), key=finding_order)
    return Report(findings, audits, failures)


class _Places(NamedTuple):
    """What is to be audited, and what cannot be."""

    wanted: list[_Wanted]
    failures: list[Failure]
    errors: list[AmituiError]


async def _wanted(services: Services, request: AuditRequest) -> _Places:
    """Each Region of each account, once.

    Raises:
        AmituiError: no Region is named anywhere, or the Regions could not be listed.
    """
    members: Sequence[Member | None] = (None,)
    found = _Places([], [], [])
    if services.members.several:
        await services.members.identify()
        members = services.members.used
        for broken in services.members.problems:
            if broken.problem is not None:
                found.failures.append(_Wanted(broken, "").failed(broken.problem))
                found.errors.append(broken.problem)
    for member, regions in zip(
        members, await asyncio.gather(*(_regions(services, one, request) for one in members)), strict=True
    ):
        if isinstance(regions, AmituiError):
            if member is None:
                raise regions
            found.failures.append(_Wanted(member, "").failed(regions))
            found.errors.append(regions)
        else:
            found.wanted.extend(_Wanted(member, region) for region in dict.fromkeys(regions))
    return found


async def _regions(
    services: Services, member: Member | None, request: AuditRequest
) -> Sequence[str] | AmituiError:
    """The Regions of an account that are to be audited, or why they could not be listed."""
    if not request.all_regions:
        regions = services.session.starting_regions()
        return regions or no_region()
    try:
        if member is None:
            listed = await services.session.list_regions()
        else:
            listed = await (await services.members.connection(member)).regions()
    except AmituiError as error:
        return error
    return [one.name for one in listed if one.enabled]


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
