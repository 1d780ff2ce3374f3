"""The screen "Clean up images": families and builds, marks, rules, and what it ends with."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from amitui.domain.costs import DEFAULT_PRICES, StoredSnapshot
from amitui.domain.fleet.inventory import FleetInstance, FleetInventory
from amitui.domain.fleet.uses import uses_in
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.retention.accounts import AccountSurvey, Surveys
from amitui.domain.retention.own_image import OwnImage
from amitui.domain.retention.rule import BUILT_IN, DAY, RetentionRule
from amitui.domain.retention.survey import RegionSurvey, Survey
from amitui.errors import AmituiError, DeniedError
from amitui.ui.screens.housekeeping import Chosen, HousekeepingScreen, Reads
from amitui.ui.screens.housekeeping_state import HousekeepingState
from amitui.ui.themes import DARK, MONO
from tests.support.widget_app import AsciiWidgetApp, WidgetApp, screen_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from textual.pilot import Pilot

NOW = 1_795_219_200
REGION, ACCOUNT = "us-east-1", "123456789012"
GENTLY = RetentionRule("gently", keep=1, deprecate=True, disable_after=30 * DAY)
NOTHING = RetentionRule("nothing", families=("none-*",))


def image(family: str, number: int, days: int, gib: float = 20, **more: object) -> OwnImage:
    serial = sum(map(ord, family)) * 1000 + number
    made = OwnImage(
        REGION,
        f"ami-{serial:017x}",
        f"{family}-{number}",
        f"{family}-*",
        "x86_64",
        NOW - days * DAY,
        snapshots=(StoredSnapshot(f"snap-{serial:017x}", gib),),
    )
    return made._replace(**more)  # type: ignore[arg-type]


WEB = [image("web", number, 30 * number + 1, last_launched=NOW - 3 * DAY) for number in range(8)]
DB = [image("db", number, 100 * number + 1, gib=200, deprecated=NOW - 40 * DAY) for number in range(5)]
USED = FleetInventory(
    REGION, ACCOUNT, instances=(FleetInstance("i-1", "web", "running", "t3.micro", WEB[6].image_id, None),)
)


def survey(images: Sequence[OwnImage], inventory: FleetInventory = USED) -> Survey:
    return Survey(
        ACCOUNT,
        (RegionSurvey(REGION, tuple(images), uses_in(inventory), DEFAULT_PRICES, inventory.unknown),),
    )


class Shown:
    """The screen in a bare app, and its result."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self._pilot = pilot
        self.results: list[Chosen | None] = []

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._pilot.press(key)
        await self._pilot.app.workers.wait_for_complete()
        for _ in range(3):
            await self._pilot.pause()

    @property
    def lines(self) -> list[str]:
        return screen_lines(self._pilot.app)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def words(self) -> str:
        return " ".join(self.text.split())

    @property
    def result(self) -> Chosen:
        (found,) = self.results
        assert found is not None
        return found


class Application:
    """What the screen asks for, counted."""

    def __init__(self, answer: Survey | Surveys | AmituiError) -> None:
        self.answer = answer
        self.surveys = 0
        self.shares: list[str] = []
        self.askers: set[str] = set()
        """The accounts with whose credentials it was read with whom images are shared."""

    async def survey(self, report: Callable[[str], None]) -> Surveys:
        self.surveys += 1
        report("read 1 of 1 Regions")
        if isinstance(self.answer, AmituiError):
            raise self.answer
        return self.answer if isinstance(self.answer, Surveys) else Surveys((AccountSurvey("", self.answer),))

    async def shared(self, one: OwnImage, account: str) -> str:
        self.shares.append(one.image_id)
        self.askers.add(account)
        return "444455556666"


@asynccontextmanager
async def shown(
    answer: Survey | Surveys | AmituiError,
    *rules: RetentionRule,
    size: tuple[int, int] = (80, 24),
    ascii_only: bool = False,
    application: Application | None = None,
) -> AsyncIterator[Shown]:
    asked = application or Application(answer)
    app = AsciiWidgetApp(theme=MONO.name) if ascii_only else WidgetApp(theme=DARK.name)
    async with app.run_test(size=size) as pilot:
        found = Shown(pilot)
        state = HousekeepingState(rules or (BUILT_IN, GENTLY, NOTHING), REGION)
        reads = Reads(asked.survey, asked.shared, lambda: NOW)
        app.push_screen(HousekeepingScreen(reads, state, ascii_only=ascii_only), found.results.append)
        await found.press()
        yield found


async def test_families_are_sorted_by_what_they_save_and_say_what_they_cost() -> None:
    async with shown(survey([*WEB, *DB])) as screen:
        rows = [line for line in screen.lines if "x86_64" in line]
        assert rows[0].split()[:2] == ["db-*", "x86_64"]
        assert rows[0].split()[-2:] == ["$50.00", "$20.00"]
        assert rows[1].split()[-3:] == ["3d", "$8.00", "$4.00"]
        assert "13 images, 6 to go by the rule" in screen.text
        assert "rule: default" in screen.text


async def test_the_details_of_a_family_say_who_needs_it_and_where_prices_are_from() -> None:
    async with shown(survey([*WEB, *DB]), size=(120, 40)) as screen:
        await screen.press("down")
        assert "Needed by ! instance (1) instance i-1 (web) was launched from it and is running" in screen.words
        assert "EBS User Guide, April 2026" in screen.words
        assert "builds █" in screen.words
        assert "By the rule: 4 to deregister." in screen.words


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12), (160, 50)])
async def test_every_size_shows_names_costs_and_savings(size: tuple[int, int]) -> None:
    async with shown(survey([*WEB, *DB]), size=size) as screen:
        assert "db-*" in screen.text
        assert "$50.00" in screen.text
        assert "$20.00" in screen.text
        await screen.press("right", "end")
        assert DB[4].image_id in screen.text
        assert "deregi" in screen.text


async def test_the_histogram_needs_neither_colours_nor_more_than_ascii() -> None:
    async with shown(survey(WEB), ascii_only=True) as screen:
        row = next(line for line in screen.lines if "web-*" in line)
        assert row.isascii()
        assert any(digit * 3 in row.replace(" ", "") for digit in "12")


async def test_builds_have_their_reasons_and_who_they_are_shared_with() -> None:
    application = Application(survey([*WEB, *DB]))
    async with shown(application.answer, application=application) as screen:
        await screen.press("down", "right")
        rows = [line for line in screen.lines if "ami-" in line]
        assert "stays: among the 3" in rows[0]
        assert "deregister: 4 newer builds" in rows[4]
        await screen.press("pagedown", *["up"] * 1)
        assert "stays: instance i-1" in screen.text
        assert "Shared 444455556666" in screen.words
        await screen.press("left")
        assert "FAMILY" in screen.text
        asked = len(application.shares)
        await screen.press("right", "escape", "escape")
        assert screen.results == [None]
        assert len(application.shares) == asked, "what was read once is kept"


async def test_space_marks_what_goes_of_a_family_and_d_ends_with_these() -> None:
    async with shown(survey([*WEB, *DB])) as screen:
        await screen.press("space")
        assert "2 images marked: saves up to $20.00" in screen.text
        assert "⏎ Clean up" in screen.lines[-1], "what follows is seen at 80 columns"
        await screen.press("D")
        assert screen.result == Chosen(OperationKind.DEREGISTER, (DB[3], DB[4]))


async def test_marks_are_taken_away_again() -> None:
    async with shown(survey([*WEB, *DB])) as screen:
        await screen.press("ctrl+a")
        assert "6 images marked" in screen.text
        await screen.press("space")
        assert "4 images marked" in screen.text
        await screen.press("U")
        assert "to go by the rule" in screen.text


async def test_a_single_build_can_be_marked_and_the_rules_objection_is_said() -> None:
    async with shown(survey([*WEB, *DB])) as screen:
        await screen.press("right", "space")
        assert "the rule keeps it: it is among the 3 newest" in screen.text
        await screen.press("B")
        assert screen.result == Chosen(OperationKind.DISABLE, (DB[0],))


async def test_a_rule_is_chosen_and_marks_what_goes_by_it() -> None:
    async with shown(survey([*WEB, *DB])) as screen:
        await screen.press("m", *"gently", "enter")
        assert "rule: gently" in screen.text
        assert "10 images marked: saves nothing" in screen.text
        await screen.press("enter")
        # Some are due to be deprecated and some to be disabled: the mildest comes first.
        assert screen.result.kind is OperationKind.DEPRECATE
        assert {one.family for one in screen.result.images} == {"web-*"}


async def test_a_rule_that_covers_nothing_says_so() -> None:
    async with shown(survey([*WEB, *DB])) as screen:
        await screen.press("m", *"nothing", "enter")
        assert "The rule nothing covers none of your 13 images" in screen.text


async def test_an_account_without_images_says_so() -> None:
    async with shown(survey([])) as screen:
        assert "You have no images in us-east-1." in screen.text
        await screen.press("D")
        assert screen.results == []


async def test_a_denial_is_said_with_what_helps() -> None:
    denied = DeniedError("not allowed to list the images", why="IAM denies it", remedy="grant ec2:DescribeImages")
    async with shown(denied) as screen:
        assert "not allowed to list the images" in screen.text
        assert "grant ec2:DescribeImages" in screen.text


async def test_what_could_not_be_read_keeps_everything() -> None:
    unread = FleetInventory(REGION, ACCOUNT, unknown=("cannot tell which images templates launch: not allowed",))
    async with shown(survey([*WEB, *DB], unread), size=(120, 40)) as screen:
        assert "13 images, 0 to go by the rule" in screen.text
        assert "cannot tell which images templates launch" in screen.text
        await screen.press("enter")
        assert "nothing is due" in screen.text
        assert screen.results == []


def two_accounts() -> Surveys:
    """The same families in two accounts; one more could not be read."""
    theirs = [one._replace(image_id=f"ami-{0xF000000 + at:017x}") for at, one in enumerate(WEB[:5])]
    other = Survey("444455556666", (RegionSurvey(REGION, tuple(theirs), uses_in(USED), DEFAULT_PRICES, ()),))
    return Surveys(
        (AccountSurvey("acme-dev", survey([*WEB, *DB])), AccountSurvey("acme production", other)),
        {"orbit": "the session has expired – run aws sso login"},
    )


@pytest.mark.parametrize(
    ("size", "names"),
    [
        ((40, 12), ("", "")),
        ((60, 20), ("acme-dev", "acme pro")),
        ((80, 24), ("acme-dev", "acme production")),
        ((160, 50), ("acme-dev", "acme production")),
    ],
)
async def test_each_account_has_families_of_its_own_and_is_named(
    size: tuple[int, int], names: tuple[str, str]
) -> None:
    async with shown(two_accounts(), size=size) as screen:
        rows = [line for line in screen.lines if "web-*" in line]
        assert len(rows) == 2
        for row, name, saves in zip(rows, names, ("$4.00", "$2.00"), strict=True):
            assert name in row
            assert saves in row


async def test_the_rule_judges_each_account_by_itself_and_says_who_could_not_be_read() -> None:
    application = Application(two_accounts())
    async with shown(application.answer, application=application, size=(120, 40)) as screen:
        # Of five builds here three stay, however many the other account has.
        assert "18 images, 8 to go by the rule; 1 account failed" in screen.text
        assert "orbit: the session has expired" in screen.words
        await screen.press("ctrl+a", "end", "right")
        assert "Account acme production" in screen.words
        assert application.askers == {"444455556666"}
        await screen.press("D")
        result = screen.result
        assert {image.key for image in result.images} == set(result.accounts)
        by_account = [list(result.accounts.values()).count(one) for one in (ACCOUNT, "444455556666")]
        assert by_account == [6, 2]


async def test_500_images_are_read_once_and_every_key_answers() -> None:
    images = [image(f"app{family}", number, 10 * number + 1) for family in range(25) for number in range(20)]
    application = Application(survey(images))
    async with shown(application.answer, application=application) as screen:
        await screen.press("ctrl+a", "pagedown", "right", "end", "left", "m", *"gently", "enter", "ctrl+a")
        assert "500" not in screen.lines[0]
        assert "475 images marked" in screen.text
        assert application.surveys == 1
        assert len(application.shares) <= 3
        await screen.press("f5")
        assert application.surveys == 2


async def test_closing_changes_nothing() -> None:
    async with shown(survey(WEB)) as screen:
        await screen.press("ctrl+a", "q")
        assert screen.results == [None]


async def test_what_is_to_go_is_listed_by_name_whatever_order_ec2_returned_it_in() -> None:
    gone = sorted((DB[3], DB[4], *WEB[3:6], WEB[7]), key=lambda one: one.name)
    async with shown(survey([*WEB[::2], *DB[::-1], *WEB[1::2]])) as screen:
        await screen.press("ctrl+a", "D")
        assert screen.result.images == tuple(gone)
