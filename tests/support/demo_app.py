"""The whole application with a simulated EC2 in this process, whose clock stands still until the test moves it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from textual.command import CommandList

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from amitui.demo.server.dispatch import Dispatcher
from amitui.demo.server.http import DemoHttpServer
from amitui.demo.server.main import listen
from amitui.services.composition import Services
from amitui.services.operations import OperationsService
from amitui.services.remembered import ScreenState
from amitui.ui.app import AmituiApp
from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.fields.pick import PickField
from tests.support.app import browse_of, press, screen_text, settings_in, settled, stable_environment
from tests.support.demo_account import HOME, Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest
    from textual.pilot import Pilot

    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.operations.operation import Operation

PATIENCE_S = 180.0
"""Of the real clock; what is waited for takes a fraction of one."""

STEP_S = 3.0
"""How far the cloud's clock is moved at a time while something is waited for."""


MOST_FIELDS = 30


class DemoClock:
    """The cloud's clock, by which the application waits too."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._account.now

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has moved the clock so far."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now() + seconds, woken))
        await woken

    def pass_time(self, seconds: float) -> None:
        """Move it, and wake those whose time has come."""
        self._account.wait(seconds)
        for at, woken in self._sleepers:
            if at <= self.now() and not woken.done():
                woken.set_result(None)
        self._sleepers = [entry for entry in self._sleepers if not entry[1].done()]


class DemoApp(AmituiApp):
    """The application, with the cloud's clock for its operations."""

    def __init__(self, services: Services, view: ViewRequest, clock: DemoClock) -> None:
        super().__init__(services, ScreenState(), view)
        self.clock = clock
        self.operations = OperationsService(
            services,
            changed=self.operation_notices.changed,
            refreshed=self.operation_notices.rows_refreshed,
            failed=self.log_error,
            now=clock.now,
            sleep=clock.sleep,
        )


class DemoInstallation:
    """A simulated EC2, and applications that use it one after the other.

    Args:
        folder: of the application's files.
        url: of the cloud.
        me: the account whose key is in the environment.
    """

    def __init__(self, folder: Path, url: str, me: Account) -> None:
        self._folder, self.url = folder, url
        self.me = me
        self.clock = DemoClock(me)

    def app(self, *, regions: tuple[str, ...] = (HOME,), text: str = "", **settings: Any) -> DemoApp:
        """The application, that has fetched nothing yet."""
        active = settings_in(self._folder, regions=regions, **{"endpoint_url": self.url, **settings})
        services = Services(active, now=lambda: int(self.clock.now()))
        services.session.recall_account()
        state = ScreenState(regions, query=text)
        view = state.view(accounts=services.members.accounts, now=services.now())
        return DemoApp(services, view, self.clock)

    def image(self, name: str) -> str:
        """A new image of the account's own, available, with a snapshot that no other image has."""
        own = self.me.ask("DescribeImages", Owners=["self"])["Images"]
        source = next(one["ImageId"] for one in own if one["Name"] == "DoNotDelete")
        made = self.me.ask("CopyImage", SourceImageId=source, SourceRegion=HOME, Name=name)["ImageId"]
        self.me.wait(2 * 86_400)
        return str(made)


@contextmanager
def demo_installation(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, key: str = MAIN_ACCESS_KEY
) -> Iterator[DemoInstallation]:
    """A new cloud, and an environment in which the application is who the key says."""
    stable_environment(monkeypatch)
    aws = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_CONFIG_FILE": str(folder / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    me = Account()
    server = DemoHttpServer(listen(0), Dispatcher(me.cloud)).start()
    try:
        yield DemoInstallation(folder, server.url, me)
    finally:
        server.stop()


def words(pilot: Pilot[str]) -> str:
    """What is on the screen, its lines joined and without frames."""
    lines = (line.strip(" │╭╮╰╯─▁▂▃▄▅▆▇█▐") for line in screen_text(pilot).splitlines())
    return " ".join(" ".join(lines).split())


async def until(pilot: Pilot[str], fits: Callable[[], bool], *, moving: bool = False) -> None:
    """Let the application work until something is true.

    Args:
        moving: whether the cloud's clock goes on meanwhile.
    """
    app = pilot.app
    assert isinstance(app, DemoApp)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not fits():
                if moving:
                    app.clock.pass_time(STEP_S)
                await pilot.pause(0.01)
    except TimeoutError:
        raise AssertionError(f"it did not come to that:\n{screen_text(pilot)}") from None


async def until_said(pilot: Pilot[str], *texts: str) -> str:
    """Wait until all of these are on the screen; all that is on it."""
    await until(pilot, lambda: all(text in words(pilot) for text in texts))
    return words(pilot)


async def type_text(pilot: Pilot[str], text: str) -> None:
    """Type text."""
    named = {" ": "space", ",": "comma", "=": "equals_sign", "-": "minus", ".": "full_stop", "/": "slash"}
    await pilot.press(*(named.get(char, char) for char in text))
    await settled(pilot)


async def search_for(pilot: Pilot[str], image_id: str) -> None:
    """Bring one image under the cursor."""
    browse_of(pilot).change_view(text=image_id)
    await until(pilot, lambda: [row.image_id for row in browse_of(pilot).loader.all_rows()] == [image_id])


async def begin(pilot: Pilot[str], name: str) -> None:
    """Begin what is called so in the menu of changes."""
    await press(pilot, "a")
    await until_said(pilot, "type to filter")
    await type_text(pilot, name)
    await press(pilot, "enter")


async def review(pilot: Pilot[str]) -> str:
    """Go on to the review; all it says once EC2 has said its word."""
    await press(pilot, "ctrl+s")
    return await until_said(pilot, "EC2 allows it. Nothing has been changed yet.")


async def agree(pilot: Pilot[str], typed: str = "") -> None:
    """Confirm a review, after typing what it requires; a second after whatever was agreed to before."""
    app = pilot.app
    assert isinstance(app, DemoApp)
    app.clock.pass_time(1)
    await type_text(pilot, typed)
    await press(pilot, "ctrl+s")
    await until(pilot, lambda: pilot.app.screen is browse_of(pilot))


async def ended(pilot: Pilot[str], *titles: str) -> list[Operation]:
    """The newest operations, once those with these titles have ended and the table has followed."""
    app = pilot.app
    assert isinstance(app, DemoApp)
    engine = app.operations.engine

    def newest() -> list[Operation]:
        found = engine.operations()[: len(titles)]
        return found if {one.plan.title for one in found} == {*titles} else []

    await until(pilot, lambda: bool(newest()) and all(one.state.ended for one in newest()), moving=True)
    await engine.row_refresher.settled()
    await settled(pilot)
    return newest()


async def go_to(pilot: Pilot[str], label: str) -> None:
    """Press Tab until the field with this label has the keys; a table has none."""
    for _ in range(MOST_FIELDS):
        focused = pilot.app.focused
        above = focused.ancestors_with_self if focused is not None else ()
        if any(isinstance(node, Field) and node.label == label for node in above):
            return
        await press(pilot, "tab")
    raise AssertionError(f"there is no field {label!r}:\n{screen_text(pilot)}")


async def choose(pilot: Pilot[str], label: str, text: str) -> None:
    """Open the list of a field once it is there, type what is meant, and take it."""
    await until_said(pilot, "Esc Cancel")
    await go_to(pilot, label)
    field = next(found for found in pilot.app.screen.query(PickField) if found.label == label)
    await until(pilot, lambda: not field.loading_choices)
    await press(pilot, "enter")
    await type_text(pilot, text)
    await press(pilot, "enter")


async def command_line(pilot: Pilot[str], name: str) -> str:
    """Type a command's name into the palette; the first line that it then has."""
    await until_said(pilot, "Search for commands")
    await type_text(pilot, name)
    listed = pilot.app.screen.query_one(CommandList)

    def first() -> str:
        # Its hit is a line of name, key and meaning, and a line of nothing.
        return str(listed.get_option_at_index(0).prompt) if listed.option_count else ""

    await until(pilot, lambda: name.casefold() in first().casefold())
    return first()


async def command(pilot: Pilot[str], name: str) -> None:
    """Do what is called so in the palette."""
    await press(pilot, "colon")
    await command_line(pilot, name)
    await press(pilot, "enter")
