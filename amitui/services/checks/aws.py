"""Checks of AWS and of the way there: credentials, Region, endpoint and clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from amitui.ec2.endpoint_probe import Probe, endpoint_of, probe, trusted_certificates, without_password
from amitui.errors import AmituiError
from amitui.identity.renewal import renewal_words
from amitui.identity.roles import parse_role
from amitui.presentation.facts import age
from amitui.services.checks.finding import Finding, Verdict, bounded, fail, failed, ok, skip, warn
from amitui.services.session import no_region

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.services.session import Session

REFUSED_S: Final = 300.0
"""Seconds of difference from which AWS refuses signatures (SigV4: a request is valid within five minutes)."""
_DOUBTFUL_S: Final = 60.0
_SOON_S: Final = 900.0
"""Seconds before the end of credentials that do not renew themselves."""

_STEPS: Final = ("proxy", "DNS", "TCP", "TLS", "HTTP")
_REMEDIES: Final = {
    "proxy": "check HTTPS_PROXY and NO_PROXY",
    "DNS": "check the name server, the Region's name and AWS_ENDPOINT_URL; behind a proxy, set HTTPS_PROXY",
    "TCP": "a firewall or a missing route; behind a proxy, set HTTPS_PROXY; or add a VPC endpoint for EC2",
    "TLS": "behind a proxy that inspects TLS, set AWS_CA_BUNDLE to its certificate; see the clock below",
    "HTTP": "something else listens there: check AWS_ENDPOINT_URL and the proxy",
}


async def check_aws(session: Session, now: Callable[[], float]) -> list[Finding]:
    """All of them; those that ask AWS nothing do not wait for those that do."""
    if session.settings.offline:
        names = ("credentials", "Region", "endpoint", "clock")
        return [skip(name, "AWS is not contacted: --offline")._replace(is_remote=True) for name in names]
    way, credentials = await asyncio.gather(_way(session), bounded("credentials", _credentials(session, now)))
    known = credentials.verdict is not Verdict.FAIL
    region = await bounded("Region", _region(session, is_known=known))
    return [one._replace(is_remote=True) for one in (credentials, region, *way)]


async def _credentials(session: Session, now: Callable[[], float]) -> Finding:
    caller = session.connections.caller(session.profile)
    if caller.problem is not None:
        return failed("credentials", caller.problem)
    try:
        identity = await session.identify()
    except AmituiError as error:
        return failed("credentials", error)
    ends = await (await session.connection()).credentials_expire_at()
    origin = "" if session.settings.demo else f": {caller.source.words}"
    words = f"{identity.arn}{origin}"
    if ends is None:
        return ok("credentials", f"{words}; they do not expire, or do not say when")
    left = ends - now()
    words += f"; they expire in {age(int(left))}" if left > 0 else "; they have expired"
    if left < _SOON_S:
        return warn("credentials", words, f"renew them: {renewal_words(caller.source, session.profile)}")
    return ok("credentials", words)


async def _region(session: Session, *, is_known: bool) -> Finding:
    try:
        regions = session.starting_regions()
    except AmituiError as error:
        return failed("Region", error)
    if not regions:
        return failed("Region", no_region())
    names = ", ".join(regions)
    if not is_known:
        return skip("Region", f"{names}; whether the account has enabled it is not known without credentials")
    try:
        listed = {one.name: one.enabled for one in await session.list_regions()}
    except AmituiError as error:
        return warn("Region", f"{names}; {'; '.join(error.lines()[:2])}", error.remedy)
    for region in regions:
        if region not in listed:
            return fail("Region", f"{region} is none of this account's Regions", "correct --region or the profile")
        if not listed[region]:
            return failed("Region", session.not_enabled(region))
    return ok("Region", f"{names}, enabled")


async def _way(session: Session) -> list[Finding]:
    """The findings about each step on the way to the endpoint, and about the clock."""
    try:
        region = next(iter(session.starting_regions()), "us-east-1")
        url, found = await asyncio.wait_for(asyncio.to_thread(_probed, session, region), 30.0)
    except TimeoutError:
        return [fail("endpoint", "no result within 30 s", _REMEDIES["TCP"]), skip("clock", "nothing answered")]
    except Exception as error:  # noqa: BLE001 - the other checks are still to be shown
        return [failed("endpoint", error), skip("clock", "nothing was asked")]
    return [ok("endpoint", without_password(url)), *findings_of(found)]


def _probed(session: Session, region: str) -> tuple[str, Probe]:
    connections = session.connections
    profile = connections.named(session.profile) or None
    if session.settings.demo or (profile is not None and parse_role(profile) is not None):
        profile = None  # botocore finds these in no file
    url = connections.caller(session.profile).endpoint_url or endpoint_of(region, profile)
    return url, probe(url, trusted_certificates(profile), {} if session.settings.demo else None)


def findings_of(found: Probe) -> list[Finding]:
    """What the steps on a way come to, with those that were not reached."""
    steps = {step.name: step for step in found.steps}
    ended = next((step.name for step in found.steps if not step.is_ok), "")
    findings = []
    for name in _STEPS:
        step = steps.get(name)
        if step is None:
            if ended:
                findings.append(skip(name, f"not reached: {ended} failed"))
        elif step.is_ok and name != ended:
            findings.append(ok(name, step.words))
        else:
            failure = next(one for one in found.steps if one.name == name and not one.is_ok)
            findings.append(fail(name, failure.words, _REMEDIES[name]))
    return [*findings, _clock(found.ahead_s)]


def _clock(ahead_s: float | None) -> Finding:
    if ahead_s is None:
        return skip("clock", "nothing has answered with its time")
    by = abs(ahead_s)
    words = f"{by:.0f} s {'ahead of' if ahead_s > 0 else 'behind'} the endpoint's"
    remedy = "set the clock: timedatectl set-ntp true, or chronyc makestep"
    if by >= REFUSED_S:
        return fail("clock", f"{words}: AWS refuses more than {REFUSED_S / 60:.0f} minutes", remedy)
    if by >= _DOUBTFUL_S:
        return warn("clock", words, remedy)
    return ok("clock", f"within {max(1, round(by))} s of the endpoint's")
