"""What forms are given in tests: an application that is a few facts, and EC2's answers as they are wanted."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from amitui.domain.launch.limits import LaunchLimits
from amitui.domain.operations.may_change import READ_ONLY, MayChange
from amitui.domain.operations.plans.facts import ImageFacts
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from textual.pilot import Pilot

    from amitui.domain.launch.instances import Instance
    from amitui.domain.operations.operation import Event, Operation
    from amitui.domain.operations.plan import Plan
    from amitui.domain.timeline.observation import Observation, Subject
    from amitui.errors import AmituiError
    from amitui.ui.forms.form import OperationForm

NOW = 1_795_219_200
"""2026-11-21 00:00 UTC."""
ACCOUNT = "123456789012"
WEB = ImageFacts("us-east-1", "ami-0123456789abcdef0", "acme-web", ACCOUNT, created=NOW - 86_400)
LIMITS = LaunchLimits()
NOTHING: Any = object()


class Permission(NamedTuple):
    """What a DryRun says."""

    allowed: bool | None = True
    words: str = ""


ALLOWED = Permission()


@dataclass
class FakeHost:
    """The application as a form sees it."""

    may_change: MayChange = field(default_factory=MayChange)
    production: bool = False
    profile: str = "dev"
    endpoint_url: str = ""
    launch_limits: LaunchLimits = LIMITS
    ssh_client: str = ""
    asks_no_address: str = ""
    answer: Permission = ALLOWED
    """To every call."""
    failure: AmituiError | None = None
    """Raised instead of an answer."""
    silence: asyncio.Event | None = None
    """Until it is set, EC2 does not answer."""
    checked: list[Plan] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)

    @property
    def typed_name(self) -> str:
        return self.profile

    @property
    def whose(self) -> str:
        return f"profile {self.profile}" if self.profile else ""

    @property
    def production_words(self) -> str:
        kind = "Account" if self.profile.isdigit() else "Profile"
        return f"{kind} {self.profile} is marked as production." if self.production else ""

    async def public_address(self) -> str:
        return "198.51.100.7"

    def profile_of(self, plan: Plan) -> str:
        return self.profile

    def now(self) -> int:
        return NOW

    async def check(self, plans: Sequence[Plan]) -> Sequence[Permission]:
        self.checked += plans
        if self.silence is not None:
            await self.silence.wait()
        if self.failure is not None:
            raise self.failure
        return [self.answer for plan in plans for _ in plan.calls]

    def copy(self, text: str) -> str:
        self.copied.append(text)
        return "sent to the clipboard"


class FakePaneHost(FakeHost):
    """The application as a pane sees it.

    Args:
        source: has the operations, and observes.
    """

    def __init__(self, source: Any, *, read_only: bool = False) -> None:
        super().__init__(may_change=MayChange(READ_ONLY if read_only else ""))
        self.source = source

    def clock(self) -> float:
        return self.now()

    def operations(self) -> Sequence[Operation]:
        found: Sequence[Operation] = self.source.operations()
        return found

    def events(self, operation_id: str) -> Sequence[Event]:
        found: Sequence[Event] = self.source.events(operation_id)
        return found

    def subscribe(self, changed: Callable[[Operation], None]) -> Callable[[], None]:
        end: Callable[[], None] = self.source.subscribe(changed)
        return end

    def watch(self, subject: Subject, observed: Callable[[Observation], None]) -> Callable[[], None]:
        end: Callable[[], None] = self.source.watch(subject, observed)
        return end

    def trouble(self, profile: str, region: str) -> str:
        return str(self.source.trouble(profile, region))

    def undoable(self, operation: Operation) -> bool:
        return False

    def may_continue(self, operation: Operation) -> MayChange:
        return self.may_change

    def may_switch(self, instance: Instance) -> MayChange:
        return self.may_change

    def system(self, instance: Instance) -> str:
        return "Ubuntu 24.04" if instance.image_id else ""


class Filling:
    """A form in a terminal, and what came of it."""

    def __init__(self, pilot: Pilot[None], form: OperationForm) -> None:
        self.pilot = pilot
        self.form = form
        self.result: Any = NOTHING

    async def press(self, *keys: str) -> None:
        """Press keys, letting each settle."""
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type text."""
        named = {
            " ": "space",
            ",": "comma",
            "=": "equals_sign",
            "-": "minus",
            '"': "quotation_mark",
            ".": "full_stop",
            ":": "colon",
        }
        await self.press(*(named.get(char, char) for char in text))

    @property
    def screen(self) -> str:
        """What is on the screen."""
        return "\n".join(screen_lines(self.pilot.app))

    @property
    def words(self) -> str:
        """What is on the screen, with its lines joined and without the frame."""
        return " ".join(" ".join(line.strip(" │╭╮╰╯─▁▂▃▄▅▆▇█") for line in self.screen.split("\n")).split())


@asynccontextmanager
async def filling(form: OperationForm, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Filling]:
    """Open a form."""
    async with WidgetApp().run_test(size=size) as pilot:
        found = Filling(pilot, form)

        def ended(result: tuple[Plan, ...] | None) -> None:
            found.result = result

        await pilot.app.push_screen(form, ended)
        await pilot.pause()
        await pilot.pause()
        yield found
