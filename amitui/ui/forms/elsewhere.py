"""Who else uses the images that other accounts are about to lose: what EC2 reported, and asking for a report.

A report takes EC2 a while, so it is asked for only when the user says so, and nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from amitui.domain.counts import count_of
from amitui.domain.operations.kinds import OperationKind
from amitui.errors import AmituiError
from amitui.ui.forms.review import marked

if TYPE_CHECKING:
    from amitui.domain.fleet.usage_report import UsageReport
    from amitui.domain.operations.plan import Plan
    from amitui.ui.widgets.text_lines import TextLine

ImageKey: TypeAlias = tuple[str, str]
"""Region and image id."""

KEY: Final = "F3"
_NAMED: Final = 8
"""Images of which something is said; the others are counted."""


class ElsewhereReads(NamedTuple):
    """What the application does for it; each raises an `AmituiError` in words."""

    read: Callable[[Sequence[ImageKey]], Awaitable[Mapping[ImageKey, UsageReport]]]
    """The newest report on each of these images, where there is one."""
    ask: Callable[[Mapping[ImageKey, str]], Awaitable[str]]
    """Have reports made on images, by key with their names, and wait for them; returns what went wrong, if any.
    What was asked for goes on when the wait is cancelled."""
    now: Callable[[], float]


class Elsewhere:
    """The part of a review that is about other accounts."""

    def __init__(self, reads: ElsewhereReads) -> None:
        self._reads = reads
        self._images: dict[ImageKey, str] = {}
        """The images that other accounts lose, with their names."""
        self._reports: Mapping[ImageKey, UsageReport] = {}
        self._note = ""
        self._is_read = False

    def show(self, plans: Sequence[Plan]) -> bool:
        """Take what a review is about; whether other accounts lose something by it."""
        self._images = {
            (plan.region, plan.subject): str(plan.before.get("name", "")) or plan.subject
            for plan in plans
            if takes_from_others(plan)
        }
        self._reports, self._note, self._is_read = {}, "", False
        return bool(self._images)

    @property
    def images(self) -> Mapping[ImageKey, str]:
        """The images that other accounts lose, with their names."""
        return self._images

    async def read(self) -> None:
        """Read the reports that there are."""
        try:
            self._reports = await self._reads.read(list(self._images))
        except AmituiError as error:
            self._note = f"could not read usage reports: {error.what}"
        self._is_read = True

    async def ask(self) -> None:
        """Ask for new reports, wait for them, and read them."""
        try:
            problem = await self._reads.ask(self._images)
        except AmituiError as error:
            problem = error.what
        await self.read()
        self._note = f"not every report could be had: {problem}" if problem else ""

    def say_asking(self) -> None:
        """Say that it is being asked."""
        about = count_of(len(self._images), "image")
        self._note = f"asking EC2 about {about}: this takes a while; nothing here waits for it"

    def lines(self, width: int) -> Iterator[TextLine]:
        """What is known, for `width` cells; none where other accounts lose nothing."""
        if not self._images:
            return
        yield from marked("", "Other accounts", width, "title")
        if self._note:
            yield from marked("  ○ ", self._note, width, "muted")
        if not self._is_read:
            yield from marked("  ○ ", "reading usage reports…", width, "muted")
            return
        for key in list(self._images)[:_NAMED]:
            report = self._reports.get(key)
            if report is None:
                continue
            clear = report.clears(self._reads.now())
            mark, role = ("  ● ", "good") if clear else ("  ! ", "warn")
            yield from marked(mark, f"{self._images[key]}: {report.words}", width, mark_role=role)
        unasked = [name for key, name in self._images.items() if key not in self._reports]
        if unasked:
            more = f" and {len(unasked) - _NAMED} more" if len(unasked) > _NAMED else ""
            listed = ", ".join(unasked[:_NAMED]) + more
            words = f"nobody has asked who else uses {listed}: {KEY} asks EC2, which takes a while"
            yield from marked("  ○ ", words, width, "muted")


def takes_from_others(plan: Plan) -> bool:
    """Whether other accounts can no longer launch an image by a plan, as far as it is known who can."""
    if plan.kind in (OperationKind.DEREGISTER, OperationKind.DISABLE):
        return bool(plan.before.get("public") or plan.before.get("shared_with"))
    if plan.kind is OperationKind.SHARE:
        return any("Remove" in call.parameters.get("LaunchPermission", {}) for call in plan.calls)
    return False
