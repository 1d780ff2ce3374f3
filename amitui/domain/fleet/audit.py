"""The rules of an audit: what is to be said of each image at work. Pure functions of what was read.

Nothing that is not known is ever called the newest: what could not be read makes a verdict of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from amitui.domain.catalogue.region_grid import FamilyAnswer, RegionBuild
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.counts import count_of
from amitui.domain.fleet.findings import STALE_DAYS, AuditImage, Finding, Judgement, Subject, Verdict
from amitui.domain.fleet.inventory import FleetGroup, FleetInventory, FleetTemplate, GroupSource
from amitui.domain.fleet.uses import UseKind
from amitui.domain.image.support import support_of
from amitui.domain.image.trust import Trust
from amitui.domain.image.worst_finding import WorstFinding
from amitui.domain.products.order import build_of, release_rank

_DAY: Final = 86_400
_AVAILABLE: Final = "available"

_NO_ANSWER: Final = FamilyAnswer(note="its family was not asked for")


class Standing(NamedTuple):
    """A subject and the id of the image that it stands on."""

    subject: Subject
    image_id: str
    """Empty = not known."""
    why_unknown: str = ""


def audit(
    inventory: FleetInventory,
    images: Mapping[str, AuditImage],
    families: Mapping[str, FamilyAnswer],
    *,
    now: int,
    stale_days: int = STALE_DAYS,
    profile: str = "",
    account_name: str = "",
) -> tuple[Finding, ...]:
    """What is to be said of everything that stands on images in a Region, the worst first.

    Args:
        inventory: what stands on images there.
        images: by id; an image that is missing is not known.
        families: by id of an image, the builds that may take its place: of the same family and architecture, by an
            owner as trusted. Of a look-alike, those of the publisher that it imitates.
        now: seconds since the epoch.
        stale_days: so many days behind the newest build count as stale.
        profile: through which the inventory was read.
        account_name: what its account is called; empty = there is only one.
    """
    judged: dict[str, Judgement] = {}
    findings = []
    for standing in standings(inventory):
        image_id = standing.image_id
        if not image_id:
            judgement = _not_known(AuditImage("", Fate.NOT_ASKED), standing.why_unknown)
        else:
            if image_id not in judged:
                image = images.get(image_id, AuditImage(image_id, Fate.NOT_ASKED))
                family = families.get(image_id, _NO_ANSWER)
                judged[image_id] = judge(image, family, now=now, stale_days=stale_days)
            judgement = judged[image_id]
        findings.append(
            Finding(profile, inventory.account, inventory.region, standing.subject, judgement, account_name)
        )
    return tuple(sorted(findings, key=finding_order))


def finding_order(finding: Finding) -> tuple[object, ...]:
    """The worst first; then by image, so that those which one successor helps stand together."""
    judgement, subject = finding.judgement, finding.subject
    return (
        judgement.worst.rank,
        -(judgement.days_behind or 0),
        judgement.image.name,
        judgement.image.image_id,
        finding.account,
        finding.region,
        subject.kind,
        subject.name,
        subject.subject_id,
        subject.detail,
    )


# What stands on images


def standings(inventory: FleetInventory) -> Iterator[Standing]:
    """Every subject of a Region with its image; a group once for each image that it may launch."""
    for instance in inventory.instances:
        subject = Subject(
            UseKind.INSTANCE, instance.instance_id, instance.name, instance.state, group=instance.group
        )
        yield Standing(subject, instance.image_id, "EC2 does not say which image it was launched from")
    for template in inventory.templates:
        yield from _of_template(template)
    for configuration in inventory.configurations:
        subject = Subject(UseKind.CONFIGURATION, configuration.name, configuration.name, "")
        yield Standing(subject, configuration.image_id, "Auto Scaling does not say which image it names")
    for group in inventory.groups:
        yield from _of_group(group, inventory)
    for parameter in inventory.parameters:
        subject = Subject(UseKind.PARAMETER, parameter.name, parameter.name, f"version {parameter.version}")
        yield Standing(subject, parameter.image_id, "it has no value")


def image_ids(inventory: FleetInventory) -> tuple[str, ...]:
    """The ids of all images that something stands on, each once."""
    return tuple(dict.fromkeys(one.image_id for one in standings(inventory) if one.image_id))


def _of_template(template: FleetTemplate) -> Iterator[Standing]:
    """Its default and its latest version; what launches without naming a version takes one of these."""
    for version in template.versions:
        which = [name for name, is_it in (("$Default", version.default), ("$Latest", version.latest)) if is_it]
        if not which or not version.image:
            continue  # a version may leave the image to whoever launches
        through = f" through {version.parameter}" if version.parameter else ""
        detail = f"{' and '.join(which)}, version {version.number}{through}"
        subject = Subject(UseKind.TEMPLATE, template.template_id, template.name, detail)
        yield Standing(subject, version.image_id, f"parameter {version.parameter} could not be read")


def _of_group(group: FleetGroup, inventory: FleetInventory) -> Iterator[Standing]:
    if not group.sources:
        yield Standing(_group_subject(group, ""), "", "Auto Scaling does not say what it launches from")
    found: dict[str, list[str]] = {}
    for source in group.sources:
        if source.image_id or not _leaves_image_open(source, group, inventory):
            found.setdefault(source.image_id, []).append(_through(source))
    for image_id, ways in found.items():
        detail = ", ".join(dict.fromkeys(ways))
        yield Standing(_group_subject(group, detail), image_id, f"the image of {detail} could not be read")


def _group_subject(group: FleetGroup, detail: str) -> Subject:
    return Subject(UseKind.GROUP, group.name, group.name, detail)


def _leaves_image_open(source: GroupSource, group: FleetGroup, inventory: FleetInventory) -> bool:
    """Whether a source is a version that names no image, in a group whose other sources do."""
    if source.image or source.configuration or not any(one.image_id for one in group.sources):
        return False
    template = next((one for one in inventory.templates if one.template_id == source.template_id), None)
    if template is None:
        return False
    wanted = source.version or "$Default"
    for version in template.versions:
        names = {str(version.number)} | ({"$Default"} if version.default else set())
        if wanted in names | ({"$Latest"} if version.latest else set()):
            return not version.image
    return False


def _through(source: GroupSource) -> str:
    if source.configuration:
        return f"launch configuration {source.configuration}"
    name = source.template_name or source.template_id
    way = f"launch template {name} {source.version or '$Default'}" if name else source.image
    return f"override {way}" if source.override else way


# What is to be said of an image


def judge(image: AuditImage, family: FamilyAnswer, *, now: int, stale_days: int = STALE_DAYS) -> Judgement:
    """What is to be said of an image.

    Args:
        family: the builds that may take its place.
        now: seconds since the epoch.
        stale_days: so many days behind the newest build count as stale.
    """
    if image.fate is Fate.NOT_ASKED:
        return _not_known(image, image.why_unknown or "EC2 was not asked for its image")
    said = dict(_of_itself(image, now))
    ordered = _newer(image, family.builds)
    behind = len({build_of(build.name) or build.image_id for build in ordered})
    newest = ordered[-1] if ordered else None
    days = _days_between(image, newest)
    strange = image.trust in (Trust.LOOKALIKE, Trust.UNVERIFIED)
    if image.fate is Fate.FOUND and not strange:
        said |= dict(_of_age(image, family, newest, behind, days, stale_days))
    if not said or said.keys() == {Verdict.PAID}:
        said[Verdict.NEWEST] = "it is the newest build of its family"
    verdicts = sorted(said, key=lambda verdict: verdict.rank)
    comparable = not strange and image.created is not None and bool(ordered or family.is_complete)
    support = support_of(image.system) if image.system else None
    return Judgement(
        image,
        tuple(verdicts),
        tuple(said[verdict] for verdict in verdicts),
        builds_behind=behind if comparable else None,
        days_behind=days if comparable else None,
        age_days=None if image.created is None else max(0, now - image.created) // _DAY,
        successor=_successor(image, family.builds, said.keys(), now),
        supported_until=(support.paid_until or support.free_until).isoformat() if support else "",
    )


def _not_known(image: AuditImage, why: str) -> Judgement:
    return Judgement(image, (Verdict.UNKNOWN,), (f"cannot tell whether it is the newest: {why}",))


def _of_itself(image: AuditImage, now: int) -> Iterator[tuple[Verdict, str]]:
    """What follows from the image alone."""
    if image.fate is Fate.DEREGISTERED:
        yield Verdict.GONE, "deregistered, cannot be launched again"
    elif image.fate is Fate.NOT_SHARED:
        yield Verdict.GONE, "no longer shared with this account, cannot be launched again"
    elif image.fate is Fate.NOT_THERE:
        yield Verdict.GONE, "EC2 does not know it (any more): deregistered, or hidden; cannot be launched again"
    elif image.state != _AVAILABLE:
        yield from _of_state(image.state)
    if image.worst_finding >= WorstFinding.HIGH:
        yield Verdict.VULNERABLE, f"Amazon Inspector found a vulnerability that is {image.worst_finding.word}"
    if image.trust is Trust.LOOKALIKE:
        owner = image.owner_id or "an unknown account"
        yield Verdict.LOOKALIKE, f"carries a publisher's name pattern, but belongs to {owner}"
    elif image.trust is Trust.UNVERIFIED:
        yield Verdict.UNTRUSTED, f"a public image of account {image.owner_id}, which nobody vouches for"
    elif not image.allowed:
        yield Verdict.UNTRUSTED, "the account's Allowed AMIs setting excludes it"
    support = support_of(image.system) if image.system else None
    if support is not None and support.ended(datetime.fromtimestamp(now, UTC).date()):
        last = (support.paid_until or support.free_until).isoformat()
        yield Verdict.UNSUPPORTED, f"{support.release} has had no support since {last}"
    if image.deprecated is not None and image.deprecated <= now:
        on = datetime.fromtimestamp(image.deprecated, UTC).date().isoformat()
        yield Verdict.DEPRECATED, f"deprecated on {on}"
    if image.paid:
        yield Verdict.PAID, "has a product code: its seller charges for it"


def _of_state(state: str) -> Iterator[tuple[Verdict, str]]:
    if state == "disabled":
        yield Verdict.DISABLED, "disabled, cannot be launched until it is enabled"
    elif state in ("pending", ""):
        yield Verdict.UNKNOWN, f"cannot tell whether it can be launched: its state is {state or 'not known'}"
    else:
        yield Verdict.DISABLED, f"its state is {state}, so it cannot be launched"


def _of_age(
    image: AuditImage, family: FamilyAnswer, newest: RegionBuild | None, behind: int, days: int, stale_days: int
) -> Iterator[tuple[Verdict, str]]:
    """How an image stands against the other builds of its family."""
    if image.created is None:
        yield Verdict.UNKNOWN, "cannot tell whether it is the newest: EC2 does not say when it was made"
    elif newest is not None:
        more = "" if family.is_complete else "at least "
        words = f"{more}{count_of(behind, 'build')} and {count_of(days, 'day')} behind {newest.image_id}"
        yield (Verdict.STALE if days >= stale_days else Verdict.BEHIND), words
    elif image.trust is None:
        yield Verdict.UNKNOWN, "cannot tell whether it can be trusted: its owner is not known"
    elif not family.is_complete:
        yield Verdict.UNKNOWN, f"cannot tell whether it is the newest: {family.note or _NO_ANSWER.note}"


def _newer(image: AuditImage, builds: Iterable[RegionBuild]) -> Sequence[RegionBuild]:
    """The builds that are newer than an image and can be launched, the newest last."""
    if image.created is None:
        return ()
    own = _order(image.name, image.created)
    newer = (
        build
        for build in builds
        if build.state == _AVAILABLE
        and build.image_id != image.image_id
        and build.created is not None
        and _order(build.name, build.created) > own
        and (not image.name or build_of(build.name) != build_of(image.name))
    )
    return sorted(newer, key=lambda build: _order(build.name, build.created))


def _order(name: str, created: int | None) -> tuple[tuple[int, ...], int]:
    return release_rank(name), created or 0


def _days_between(image: AuditImage, newest: RegionBuild | None) -> int:
    if newest is None or newest.created is None or image.created is None:
        return 0
    return max(0, newest.created - image.created) // _DAY


def _successor(
    image: AuditImage, builds: Iterable[RegionBuild], verdicts: Iterable[Verdict], now: int
) -> RegionBuild | None:
    """The newest build that can be launched and is not deprecated.

    An older one takes the place only of an image that cannot be launched any more, or never should have been. What
    follows from a stranger's other images is as little to be trusted: `builds` hold none of these.
    """
    live = [
        build
        for build in builds
        if build.state == _AVAILABLE
        and build.image_id != image.image_id
        and (build.deprecated is None or build.deprecated > now)
    ]
    best = max(live, key=lambda build: (*_order(build.name, build.created), build.image_id), default=None)
    if best is None or {Verdict.GONE, Verdict.DISABLED, Verdict.LOOKALIKE} & set(verdicts):
        return best
    return best if best in _newer(image, live) else None
