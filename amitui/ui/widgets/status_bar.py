"""The view, its size and age, and what is being fetched, on one line that shortens its parts to fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from amitui.domain.counts import count_of
from amitui.presentation.fetching import status_forms
from amitui.ui.widgets.line import ELLIPSIS, LineWidget, Part, clip, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.catalogue.fetch_state import FetchState

_NOTICE_CELLS = (48, 40, 34, 28, 20)
"""Widths in which a notice is worded; an image's ID and a word before it fit into 28."""

UNKNOWN_AGE = -1
"""The age of what a clock that was ahead has dated."""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything the status bar says."""

    regions: tuple[str, ...] = ()
    profile: str = ""
    account: str = ""
    """12 digits; empty while unknown."""
    accounts: tuple[str, ...] = ()
    """What the accounts are called whose images are shown, where they are several; else none."""
    accounts_failed: int = 0
    """How many of them cannot be used."""
    marks_of: str = ""
    """The account whose marks are shown, where several are: that of the row under the cursor."""
    scope: str = ""
    matches: int | None = None
    """Images of the view; `None` while they are being counted."""
    families: int | None = None
    """Families that they belong to, where there is a row for each; else `None`."""
    total: int | None = None
    """Rows in scope regardless of the query; `None` = not counted."""
    deprecated_hidden: int = 0
    marked: int = 0
    age_seconds: int | None = None
    """Age of the oldest data in view; `None` = nothing cached, negative = nobody knows: a clock was ahead."""
    incomplete: bool = False
    """Whether something in view was fetched in part, and nothing fetches the rest."""
    fetch: FetchState | None = None
    errors: int = 0
    failed: str = ""
    """What could not be fetched of the view, and why: `eu-west-1: access denied`."""
    unfetched: bool = False
    """Whether nothing in scope was ever fetched: a count of 0 would be a lie."""
    notice: str = ""
    """What just happened (`copied ami-0123…`), until the owner clears it."""
    notice_is_bad: bool = False
    read_only: bool = False
    production: bool = False
    """The config marks the profile as production."""
    under_way: int = 0
    """Operations that have not ended."""
    on_hold: int = 0
    """Those of them that wait for their user."""
    operations_key: str = "o"
    demo: bool = False
    offline: bool = False
    cancel_key: str = "Ctrl+X"
    refresh_key: str = "F5"
    errors_key: str = "!"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing said, in wordings from the longest to the shortest."""

    weight: int
    """Items of less weight are shortened, and later dropped, first."""
    role: str
    forms: tuple[str, ...]
    target: str = ""


def data_age(seconds: int) -> str:
    """How old data is, to one unit."""
    if seconds < 0:
        return "age unknown"
    if seconds < 60:
        return "just fetched"
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name} old"
    raise AssertionError(seconds)


def short_count(count: int) -> str:
    """A count in at most four cells: 940, 1.2k, 12k, 1.2M."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if count >= unit:
            return f"{count / unit:.1f}{name}" if count < unit * 10 else f"{count // unit}{name}"
    return str(count)


def where_items(status: Status) -> list[Item]:
    """The left end: the view and its conditions."""
    items = []
    # Where marks differ between accounts, the first of them says whose they are.
    whose = f"{status.marks_of} " if status.marks_of else ""
    for shown, word, weight, role, of in (
        (status.demo, "DEMO", 55, "badge", ""),
        (status.offline, "OFFLINE", 75, "badge", ""),
        (status.production, "PRODUCTION", 92, "production", whose),
        (status.read_only, "READ-ONLY", 60, "badge", "" if status.production else whose),
    ):
        if shown:
            items.append(Item(weight, role, (f" {word} {of}", f" {word} ") if of else (f" {word} ",)))
    if status.regions:
        first, count = status.regions[0], len(status.regions)
        forms = (
            (first,) if count == 1 else (", ".join(status.regions), f"{first} +{count - 1}", f"{count} Regions")
        )
        items.append(Item(80, "region", forms, "regions"))
    if who := who_forms(status):
        # One account is known to who chose it; of several it has to be said which could not be read.
        weight = 78 if status.accounts else 40
        items.append(Item(weight, "error" if status.accounts_failed else "muted", who, "identity"))
    if status.scope:
        items.append(Item(20, "muted", (status.scope,)))
    return items


def who_forms(status: Status) -> tuple[str, ...]:
    """The profile and its account; of several accounts their names, or how many they are."""
    if status.accounts:
        count, failed = f"{len(status.accounts)} accounts", status.accounts_failed
        if failed:
            return (f"{count}, {failed} failed", f"{len(status.accounts) - failed} of {count}")
        return (", ".join(status.accounts), count)
    who = [word for word in (status.profile, status.account) if word]
    return tuple(dict.fromkeys((" ".join(who), who[0], clip(who[0], 12)))) if who else ()


def state_items(status: Status) -> list[Item]:
    """The right end: progress and counts."""
    items = []
    if status.notice:
        role = "error" if status.notice_is_bad else "notice"
        forms = (status.notice, *(shorter_notice(status.notice, width) for width in _NOTICE_CELLS))
        # One that is short already is not cut sooner for it: each width has its place among the steps.
        items.append(Item(105, role, forms))
    if status.fetch is not None:
        items.append(Item(85, "fetch", status_forms(status.fetch, status.cancel_key), "cancel"))
    elif status.incomplete:
        key, part = status.refresh_key, ("fetched in part", "in part")
        forms = part if status.offline else (f"{part[0]}, {key} goes on", f"{part[1]}, {key} goes on", *part)
        items.append(Item(75, "error", forms, "refresh"))
    elif status.age_seconds is not None:
        age = data_age(status.age_seconds)
        items.append(Item(35, "muted", (age, age.replace(" old", "").replace("just fetched", "fresh")), "refresh"))
    if status.under_way:
        items.append(Item(88, "fetch", operation_forms(status), "operations"))
    if status.errors:
        # Which account is missing, and why, says more than what is left out on purpose.
        weight = 100 if status.accounts_failed and status.failed else 70
        items.append(Item(weight, "error", error_forms(status), "errors"))
    if status.marked:
        items.append(Item(65, "marked", (f"{status.marked:,} marked", f"*{status.marked}")))
    if status.deprecated_hidden:
        hidden = status.deprecated_hidden
        forms = (f"{hidden:,} deprecated hidden", f"{hidden:,} depr. hidden", f"{short_count(hidden)} hidden")
        items.append(Item(45, "muted", forms, "deprecated"))
    items.append(Item(90, "count", count_forms(status)))
    return items


def shorter_notice(notice: str, width: int = 40) -> str:
    """A notice in so many cells; of `what happened; what comes next (the key)` what comes next stays whole."""
    notice = with_short_paths(notice, width)
    what, semicolon, following = notice.rpartition("; ")
    following = following.partition(" (")[0]
    room = width - cell_len(semicolon) - cell_len(following)
    if cell_len(notice) <= width or not semicolon or room < width // 3:
        return clip_words(notice, width)
    return f"{clip_words(what, room)}{semicolon}{following}"


def with_short_paths(text: str, cells: int) -> str:
    """`text` without the first folders of the paths in it, as many as it takes to fit: file names stay whole."""
    words = text.split(" ")
    for index, word in enumerate(words):
        folders = word.split("/") if word.count("/") > 1 and "://" not in word else []
        while len(folders) > 1 and cell_len(" ".join(words)) > cells:
            del folders[0]
            words[index] = "/".join([ELLIPSIS, *folders])
    return " ".join(words)


def clip_words(text: str, cells: int) -> str:
    """`text` in at most `cells` cells, cut between two words where that leaves most of it."""
    clipped = clip(text, cells)
    kept = clipped.removesuffix(ELLIPSIS)
    if clipped == text or text[len(kept) : len(kept) + 1] == " ":
        return clipped
    whole = clipped[: clipped.rfind(" ")] + ELLIPSIS
    return whole if " " in clipped and cell_len(whole) * 3 >= cells * 2 else clipped


def operation_forms(status: Status) -> tuple[str, ...]:
    """The operations in progress, and whether some wait for the user."""
    key, count = status.operations_key, status.under_way
    on_hold = f", {status.on_hold} held" if status.on_hold else ""
    many = "operation" if count == 1 else "operations"
    return (f"{key} {count} {many} in progress{on_hold}", f"{key} {count} in progress", f"{key}{count}")


def error_forms(status: Status) -> tuple[str, ...]:
    """What could not be fetched of the view, else the number of errors, and the key that shows them."""
    key, count = status.errors_key, status.errors
    number = f"{key} {count} {'error' if count == 1 else 'errors'}"
    if not status.failed or (status.notice and status.notice_is_bad):
        return (number, f"{key}{count}")
    where = status.failed.partition(":")[0]
    shortened = shorter_notice(status.failed, 40)
    return (f"{key} {status.failed}", f"{key} {shortened}", f"{key} {where} failed", number, f"{key}{count}")


def count_forms(status: Status) -> tuple[str, ...]:
    """How many of how many."""
    if status.unfetched and status.matches == 0:
        return ("not fetched yet", "not fetched")
    if status.matches is None:
        return ("…",)
    if status.families is not None and status.families < status.matches:
        families = count_of(status.families, "family", "families")
        return (
            f"{families}, {count_of(status.matches, 'image')}",
            f"{families}, {short_count(status.matches)}",
            families,
            f"{short_count(status.families)}",
        )
    if status.total is None or status.total == status.matches:
        return (count_of(status.matches, "image"), f"{status.matches:,}", short_count(status.matches))
    return (
        f"{status.matches:,} of {status.total:,}",
        f"{status.matches:,}/{status.total:,}",
        f"{short_count(status.matches)}/{short_count(status.total)}",
        short_count(status.matches),
    )


def shrink_steps(items: Sequence[Item]) -> list[int]:
    """Indices of items, each standing for one step to its next wording or out of the line, cheapest step first."""
    steps: list[tuple[float, int]] = []
    for index, item in enumerate(items):
        last = len(item.forms) - 1
        steps += [(item.weight * (5 + form) / 10, index) for form in range(last)]
        steps.append((item.weight * (1 + last / 100), index))
    return [index for _, index in sorted(steps)]


def wording_levels(items: Sequence[Item], room: int) -> list[int]:
    """Which wording of each item to use, so that all fit into `room` cells; past its last = leave it out."""
    widths = [[cell_len(form) + 2 for form in item.forms] + [0] for item in items]
    levels = [0] * len(items)
    used = sum(forms[0] for forms in widths)
    taken = []
    for index in shrink_steps(items):
        if used <= room:
            break
        used += widths[index][levels[index] + 1] - widths[index][levels[index]]
        levels[index] += 1
        taken.append(index)
    # The last steps may have freed more than was needed: take back those that fit again, the dearest first.
    for index in reversed(taken):
        more = widths[index][levels[index] - 1] - widths[index][levels[index]]
        if used + more <= room:
            used += more
            levels[index] -= 1
    return levels


def fitted(left: Sequence[Item], right: Sequence[Item], width: int) -> tuple[Part, ...]:
    """Shorten and drop the least of the items until the rest fits into `width` cells."""
    items = [*left, *right]
    levels = wording_levels(items, width - 2)

    def parts(side: range) -> list[Part]:
        return [
            part
            for index in side
            if levels[index] < len(items[index].forms)
            for part in (
                Part("  "),
                Part(items[index].forms[levels[index]], items[index].role, items[index].target),
            )
        ]

    middle = len(left)
    line = (Part(" "), *spread(parts(range(middle))[1:], parts(range(middle, len(items))), width - 2), Part(" "))
    return line if width > 2 else ()


class StatusBar(LineWidget):
    """Shows one `Status`; a click on a part runs its action."""

    PREFIX = "status-bar"
    COMPONENT_CLASSES = {
        f"status-bar--{role}"
        for role in ("muted", "region", "badge", "production", "fetch", "error", "marked", "count", "notice")
    }

    def __init__(self, status: Status | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._status = status or Status()

    @property
    def status(self) -> Status:
        """What is shown."""
        return self._status

    def show(self, status: Status) -> None:
        """Show `status`; nothing is painted when the line reads the same."""
        if status != self._status:
            self._status = status
            self.refit()

    def fit(self, width: int) -> tuple[Part, ...]:
        return fitted(where_items(self._status), state_items(self._status), width)
