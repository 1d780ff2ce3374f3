"""Everything that is known of one image, in words and in groups: what the detail pane shows.

Only facts of the record and what follows from them. A field that EC2 withholds from foreign accounts is said to be
withheld, not to be empty, and a field that no group knows is shown as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from amitui.domain.image.family import family_of, os_of
from amitui.domain.image.image import Image, ImageFlag
from amitui.domain.image.support import SUPPORT_AS_OF, support_of
from amitui.domain.region import PLACES, partition_of
from amitui.domain.tags.shared import PREFIX as SHARED_PREFIX
from amitui.domain.tags.shared import is_shared
from amitui.presentation.details import explain
from amitui.presentation.details.explain import DetailGroup, DetailLine, Severity
from amitui.presentation.details.findings import findings_group
from amitui.presentation.details.machine import ABSENT, firmware_group, storage_group
from amitui.presentation.details.origin import billing_group, permissions_group, source_group
from amitui.presentation.details.record import other_group, scalar_text, value_text

if TYPE_CHECKING:
    from amitui.domain.image.findings import ImageFindings

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_MONTH: Final = 2_629_746
_YEAR: Final = 12 * _MONTH

SUPPORT_NOTICE: Final = 180 * _DAY
"""An end of support nearer than this is worth a warning."""


_FINDINGS_AT: Final = 2
"""Behind what it is and where it comes from."""


def image_groups(
    image: Image,
    *,
    viewer_account: str | None,
    now: int,
    shared_with: tuple[str, ...] | None = None,
    why: DetailLine | None = None,
    findings: ImageFindings | None = None,
    accounts: Sequence[DetailLine] = (),
) -> tuple[DetailGroup, ...]:
    """Everything about an image, in the order in which it is read.

    Args:
        image: as `ec2/convert.py` made it; its text is safe to show but must never be parsed as markup.
        viewer_account: the account that looks; `None` when nobody is known (offline, imported files).
        now: seconds since the epoch.
        shared_with: whom an own image is shared with, in words; `None` when that has not been asked.
        why: why it stands where it does among what a search found; `None` where nothing was searched for.
        findings: of Amazon Inspector one by one; `None` when these have not been asked for.
        accounts: where several accounts are used together, whose it is and who sees it.
    """
    groups = [
        _identity_group(image, now, why),
        _with_accounts(source_group(image, viewer_account), accounts),
        storage_group(image),
        firmware_group(image),
        permissions_group(image, viewer_account, shared_with),
        _dates_group(image, viewer_account, now),
        billing_group(image, viewer_account),
        _tags_group(image, viewer_account),
    ]
    scanned = findings_group(image, findings, lambda seconds: moment(seconds, now))
    if scanned is not None:
        groups.insert(_FINDINGS_AT, scanned)
    other = other_group(image.record)
    return (*groups, other) if other else tuple(groups)


def _with_accounts(group: DetailGroup, accounts: Sequence[DetailLine]) -> DetailGroup:
    """The group with lines about accounts behind its first, which names the owner."""
    return DetailGroup(group.title, (group.lines[0], *accounts, *group.lines[1:]))


def _identity_group(image: Image, now: int, why: DetailLine | None) -> DetailGroup:
    """What it is called, what it holds, whether it can be used."""
    summary = image.summary
    place = PLACES.get(image.region, "")
    lines = [
        *([why] if why is not None else []),
        DetailLine("Image ID", summary.image_id),
        DetailLine("ARN", f"arn:{partition_of(image.region)}:ec2:{image.region}::image/{summary.image_id}"),
        DetailLine("Name", summary.name or "none"),
        DetailLine("Description", summary.description or "none"),
        DetailLine("Region", f"{image.region} · {place}" if place else image.region),
        _state_line(image),
    ]
    recorded = scalar_text(image.record.get("Region"))
    if recorded not in ("", image.region):
        lines.append(DetailLine("Region in the record", recorded, "Not the Region it was found in.", "warn"))
    if image.state_reason_code and image.state_reason_code != summary.state_reason:
        lines.append(DetailLine("State reason", image.state_reason_code))
    kind = summary.image_type
    severity: Severity = "plain" if kind in ("machine", "") else "warn"
    lines.append(DetailLine("Type", kind or ABSENT, explain.image_type(kind), severity))
    lines.extend(support_lines(summary.name, summary.description, summary.platform, now))
    family = family_of(summary.name)
    if family and family != summary.name:
        lines.append(DetailLine("Family", family, "Builds of one product: the newest by creation is the latest."))
    return DetailGroup("Identity", tuple(lines))


def _state_line(image: Image) -> DetailLine:
    """The state, with its cause."""
    state = image.summary.state
    severity: Severity = "bad" if state in ("failed", "error", "invalid") else "warn"
    if state == "available":
        severity = "good"
    return DetailLine("State", state or ABSENT, explain.state(state, image.summary.state_reason), severity)


def support_lines(name: str, description: str, platform: str, now: int) -> Iterator[DetailLine]:
    """The operating system, by an image's name, description and platform, and how long it is supported."""
    label = os_of(name, description, platform)
    if not label:
        return
    yield DetailLine("Operating system", label, "By its name, description and platform.")
    if (line := support_line(label, now)) is not None:
        yield line


def support_line(label: str, now: int) -> DetailLine | None:
    """How long an operating system is supported; `None` where that is not known.

    Args:
        label: as `os_of` gives it.
    """
    support = support_of(label)
    if support is None:
        return None
    today = datetime.fromtimestamp(now, UTC).date()
    soon = datetime.fromtimestamp(now + SUPPORT_NOTICE, UTC).date()
    last = support.paid_until
    longer = f"long-term or paid until {last:%Y-%m}" if last else ""
    note = f"{support.release}, as of {SUPPORT_AS_OF}."
    if support.ended(today):
        return DetailLine("Support", f"ended {(last or support.free_until).isoformat()}", note, "bad")
    if support.ordinary_ended(today):
        return DetailLine("Support", f"ordinary support ended {support.free_until}, {longer}", note, "warn")
    value = f"until {support.free_until}" + (f", then {longer}" if longer else "")
    return DetailLine("Support", value, note, "warn" if support.ordinary_ended(soon) else "good")


def _dates_group(image: Image, viewer_account: str | None, now: int) -> DetailGroup:
    """Created, deprecated, last launched."""
    return DetailGroup(
        "Dates",
        (
            _date_line(image, "Created", "CreationDate", image.summary.created, now),
            _deprecation_line(image, now),
            _launched_line(image, viewer_account, now),
        ),
    )


def _date_line(image: Image, label: str, field: str, seconds: int | None, now: int) -> DetailLine:
    """A moment with its distance; what cannot be read as one is shown as it came."""
    if seconds is not None:
        return DetailLine(label, moment(seconds, now))
    raw = image.record.get(field)
    if raw:
        return DetailLine(label, value_text(raw), "Not a readable date.", "warn")
    return DetailLine(label, ABSENT)


def _deprecation_line(image: Image, now: int) -> DetailLine:
    """Whether, and since when, lists leave it out."""
    deprecated = image.summary.deprecated
    if deprecated is None:
        line = _date_line(image, "Deprecated", "DeprecationTime", None, now)
        return line if line.value != ABSENT else DetailLine("Deprecated", "no date set")
    public = bool(image.summary.flags & ImageFlag.PUBLIC)
    if deprecated > now:
        note = "From then on, lists hide it from other accounts; it can still be launched by ID."
        return DetailLine("Deprecated", f"from {moment(deprecated, now)}", note)
    note = "Lists hide it by default; it can still be launched by ID, and its snapshots are still billed."
    if public:
        note += " After 6 months without a launch AWS eventually makes it private."
    return DetailLine("Deprecated", f"since {moment(deprecated, now)}", note, "warn")


def _launched_line(image: Image, viewer_account: str | None, now: int) -> DetailLine:
    """When it was last used, which EC2 tells its owner alone."""
    summary = image.summary
    if summary.last_launched is not None or image.record.get("LastLaunchedTime"):
        line = _date_line(image, "Last launched", "LastLaunchedTime", summary.last_launched, now)
        return DetailLine(line.label, line.value, line.note or "Reported with a delay of 24 hours.", line.severity)
    if viewer_account and summary.owner_id == viewer_account:
        return DetailLine("Last launched", "no launch reported", "Since April 2017, with a delay of 24 hours.")
    return DetailLine("Last launched", "not visible to you", "Only the owner can see this.")


def _tags_group(image: Image, viewer_account: str | None) -> DetailGroup:
    """The tags, or why none can be seen."""
    tags = image.summary.tags
    if tags:
        return DetailGroup("Tags", tuple(_tag_line(key, value) for key, value in tags))
    if viewer_account and image.summary.owner_id == viewer_account:
        return DetailGroup("Tags", (DetailLine("Tags", "none"),))
    note = f"Others see only tags whose key begins with {SHARED_PREFIX}, and it has none."
    return DetailGroup("Tags", (DetailLine("Tags", "not visible to you", note),))


def _tag_line(key: str, value: str) -> DetailLine:
    seen = "seen by everyone it is shared with" if is_shared(key) else ""
    return DetailLine(key or "(empty key)", value, seen)


def moment(seconds: int, now: int) -> str:
    """`2024-06-05 12:30 UTC (3 months ago)`."""
    when = datetime.fromtimestamp(seconds, UTC)
    return f"{when:%Y-%m-%d %H:%M} UTC ({distance(seconds - now)})"


def distance(seconds: int) -> str:
    """A span from now in one unit: `in 3 months`, `2 years ago`, `now` within a minute."""
    span = abs(seconds)
    if span < 60:
        return "now"
    for unit, length, least in (
        ("year", _YEAR, 2 * _YEAR),
        ("month", _MONTH, 2 * _MONTH),
        ("day", _DAY, 2 * _DAY),
        ("hour", _HOUR, _HOUR),
        ("minute", 60, 60),
    ):
        if span >= least:
            count = span // length
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "now"
