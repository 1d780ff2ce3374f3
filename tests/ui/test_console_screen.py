from __future__ import annotations

import asyncio
from typing import Any

from amitui.domain.launch.console import ConsoleOutput
from amitui.errors import AmituiError, DeniedError
from amitui.ui.screens.console import ConsoleScreen
from tests.support.widget_app import WidgetApp, screen_lines

AT = 1_790_000_000
HOSTILE = "prod[/foo] [@click=app.quit]x[/] 日本語"


class Ec2:
    """Answers with one output after the other; the last one stays."""

    def __init__(self, *answers: ConsoleOutput | AmituiError) -> None:
        self.answers = list(answers)
        self.copied: list[str] = []
        self.silence: asyncio.Event | None = None

    async def read(self) -> ConsoleOutput:
        if self.silence is not None:
            await self.silence.wait()
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, AmituiError):
            raise found
        return found

    def copy(self, text: str) -> str:
        self.copied.append(text)
        return "sent to the clipboard"


def output(*lines: str, live: bool = True, at: int | None = AT) -> ConsoleOutput:
    return ConsoleOutput("i-1", at, lines, live)


def text(pilot: Any) -> str:
    return "\n".join(line.rstrip() for line in screen_lines(pilot.app))


async def opened(pilot: Any, ec2: Ec2) -> ConsoleScreen:
    screen = ConsoleScreen("i-1 web", ec2.read, ec2.copy)
    await pilot.app.push_screen(screen)
    await pilot.pause()
    await pilot.pause()
    return screen


async def test_the_console_opens_at_its_end() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        await opened(pilot, Ec2(output(*(f"line {n}" for n in range(500)))))
        assert "Console of i-1 web" in text(pilot)
        assert "2026-09-21 14:13:20 UTC" in text(pilot)
        assert "500 lines" in text(pilot)
        assert "line 499" in text(pilot)
        await pilot.press("home")
        await pilot.pause()
        assert "line 0\n" in text(pilot)


async def test_it_is_read_again_on_demand() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        ec2 = Ec2(output(), output("login:", live=False))
        screen = await opened(pilot, ec2)
        assert "EC2 has no console output yet." in text(pilot)
        await pilot.press("y", "f5")
        await pilot.pause()
        await pilot.pause()
        assert "login:" in text(pilot)
        assert "captured by EC2" in text(pilot)
        await pilot.press("y")
        assert ec2.copied == ["login:"]
        await pilot.press("escape")
        await pilot.pause()
        assert not screen.is_current


async def test_while_ec2_is_silent_it_says_that_it_is_asked() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        ec2 = Ec2(output("boot"))
        ec2.silence = asyncio.Event()
        await opened(pilot, ec2)
        assert "Contacting EC2…" in text(pilot)
        ec2.silence.set()
        await pilot.pause()
        await pilot.pause()
        assert "boot" in text(pilot)


async def test_a_refusal_is_shown_and_what_was_read_stays() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        refusal = DeniedError("not allowed to read the console", remedy="ask for ec2:GetConsoleOutput")
        await opened(pilot, Ec2(output("boot"), refusal))
        await pilot.press("f5")
        await pilot.pause()
        await pilot.pause()
        assert "not allowed to read the console – ask for ec2:GetConsoleOutput" in text(pilot)
        assert "boot" in text(pilot)


async def test_what_the_instance_wrote_is_shown_as_it_is() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        await opened(pilot, Ec2(output(HOSTILE, "x" * 200, at=None)))
        assert HOSTILE in text(pilot)
        assert sum(line.count("x" * 20) > 0 for line in screen_lines(pilot.app)) == 3
