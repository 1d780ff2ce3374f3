"""Facts of an image in few words: ages, sizes, days, Regions, and the cause when an image is not simply usable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.catalogue.gone import GONE
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.trust import Trust

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 31_557_600

DEPRECATION_NOTICE: Final = 30 * _DAY
"""A deprecation nearer than this is worth a word; public images have one two years ahead as a rule."""

REASON_CELLS: Final = 6
"""Room behind the state from which on a cut reason says more than none."""

TRUST_WORDS: Final[tuple[str, ...]] = (
    "look-alike",
    "unverified",
    "shared",
    "marketplace",
    "publisher",
    "amazon",
    "own",
)
"""By `Trust` value."""


class Cause(NamedTuple):
    """Why an image is not simply usable."""

    text: str
    short: str
    """The same in about ten cells."""
    tone: str
    """A key of `ROW_STYLES`."""
    whole_row: bool = False
    """Whether the tone is the row's; else it is that of the cells concerned."""
    reasoned: bool = False
    """Whether the text ends in a reason of EC2's, which is worth cutting rather than leaving out."""

    def words(self, width: int) -> str:
        """The cause in full where that fits or says more even when cut, else in short."""
        reason_shows = self.reasoned and width - len(self.short) >= REASON_CELLS
        if len(self.text) > width >= len(self.short) and not reason_shows:
            return self.short
        return self.text


ROW_STYLES: Final[dict[str, str]] = {
    "": "",
    "header": "image-table--header",
    "cursor": "image-table--cursor",
    "marked": "image-table--marked",
    "muted": "image-table--muted",
    "warning": "image-table--warning",
    "danger": "image-table--danger",
}
"""Tone of a run of text → component class of the table; the empty tone is the table's own style."""

_BROKEN_STATES: Final = frozenset(("failed", "error", "invalid"))
_RETIRED_STATES: Final = frozenset(("disabled", "deregistered", GONE))
_NOT_ALLOWED: Final = int(ImageFlag.NOT_ALLOWED)


def age(seconds: int | None, *, day_limit: int = 14) -> str:
    """A span in at most four cells: `now`, `59m`, `47h`, `13d`, `51w`, `2.1y`, `12y`; empty when unknown.

    Args:
        seconds: the span.
        day_limit: from so many days on, weeks are counted.
    """
    if seconds is None:
        return ""
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR}h"
    days = seconds // _DAY
    if days < day_limit:
        return f"{days}d"
    if days < 364:
        return f"{days // 7}w"
    years = seconds / _YEAR
    return f"{years:.1f}y" if years < 9.95 else f"{years:.0f}y"


def size(gib: int) -> str:
    """A size of `gib` GiB in at most five cells; empty for none (instance store)."""
    if gib <= 0:
        return ""
    return str(gib) if gib < 100_000 else f"{gib // 1024}T"


def day(seconds: int | None) -> str:
    """The UTC day of an epoch time, `2026-01-31`; empty when unknown or beyond the calendar."""
    if seconds is None:
        return ""
    import time

    try:
        return time.strftime("%Y-%m-%d", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):
        return ""


def cause(row: ImageRow, now: int, progress: int | None = None) -> Cause | None:
    """Why `row` is not simply usable; `None` for the healthy, who are the most.

    Args:
        row: the image.
        now: seconds since the epoch.
        progress: per cent of its data that are there, of an image that is being made; `None` = not known.
    """
    lookalike = row.trust == Trust.LOOKALIKE
    deprecated_for = None if row.deprecated is None else now - row.deprecated
    near_deprecation = deprecated_for is not None and deprecated_for > -DEPRECATION_NOTICE
    not_allowed = int(row.flags) & _NOT_ALLOWED
    if row.state == "available" and not (lookalike or near_deprecation or not_allowed):
        return None
    found = [*_state_causes(row, lookalike, progress), *_deprecation_causes(deprecated_for)]
    if not_allowed:
        found.append(Cause("not in Allowed AMIs", "not allowed", "warning"))
    if len(found) == 1:
        return found[0]
    tones = {each.tone for each in found}
    tone = next((tone for tone in ("danger", "warning", "muted") if tone in tones), "")
    return Cause(
        ", ".join(each.text for each in found), found[0].short, tone, any(each.whole_row for each in found)
    )


def _state_causes(row: ImageRow, lookalike: bool, progress: int | None) -> list[Cause]:
    found = [Cause("look-alike", "look-alike", "danger")] if lookalike else []
    state = row.state
    if state != "available":
        # `Client.` and `Server.` before a reason's code say nothing that the code does not.
        reason = row.state_reason.removeprefix("Client.").removeprefix("Server.")
        text = f"{state or 'state unknown'}: {reason}" if reason else state or "state unknown"
        if progress is not None and state == "pending" and not reason:
            text = f"{state} {progress}%"
        retired = state in _RETIRED_STATES
        tone = "danger" if state in _BROKEN_STATES else "muted" if retired else "warning"
        own = Cause(text, state or "unknown", tone, retired, bool(row.state_reason))
        # What went wrong with one's own image comes before whose name it carries.
        found.insert(0 if tone == "danger" else len(found), own)
    return found


def _deprecation_causes(deprecated_for: int | None) -> list[Cause]:
    if deprecated_for is None or deprecated_for <= -DEPRECATION_NOTICE:
        return []
    span = age(abs(deprecated_for), day_limit=100)
    if deprecated_for < 0:
        return [Cause("deprecates now" if span == "now" else f"deprecates in {span}", f"depr.in {span}", "")]
    return [
        Cause("deprecated just now" if span == "now" else f"deprecated {span} ago", f"depr. {span}", "muted", True)
    ]


_REGION_WORDS: Final = {
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "central": "c",
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
    "gov": "g",
}


def region_code(region: str) -> str:
    """A Region as availability zone ids abbreviate it: `us-east-1` → `use1`, `ap-southeast-2` → `apse2`."""
    return "".join(_REGION_WORDS.get(word, word) for word in region.split("-"))
