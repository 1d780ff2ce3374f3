"""The organization's accounts while the screen is open: those that come, go, or are called otherwise."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from amitui.domain.organization import Organization, OrganizationAccount
from amitui.ec2.session import CallerIdentity
from amitui.errors import AmituiError, CredentialsError, NetworkError
from amitui.identity.roles import role_profile
from amitui.paths import locate
from amitui.services.composition import Services
from amitui.services.following import MemberChanges
from amitui.services.organization import OLD_AFTER_S, remembered, with_organization
from amitui.services.organization_renewal import RETRY_AFTER_S, OrganizationRenewal, change_words
from amitui.settings import ProfileSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN, WEB, PAY, NEW = "111122223333", "222233334444", "333344445555", "666677778888"
WEB_ROLE, PAY_ROLE, NEW_ROLE = (role_profile(one, "Reader", source="base").name for one in (WEB, PAY, NEW))
BEFORE = (
    OrganizationAccount(OWN, "hub"),
    OrganizationAccount(WEB, "web"),
    OrganizationAccount(PAY, "pay"),
)


class World:
    """An organization whose list the test changes, and a clock."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        for name in [name for name in os.environ if name.startswith(("AWS_", "AMITUI_", "XDG_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(folder))
        (folder / ".aws").mkdir()
        (folder / ".aws" / "credentials").write_text("[base]\naws_access_key_id = A\naws_secret_access_key = s\n")
        self.now = 1_000_000
        self.listed: Sequence[OrganizationAccount] | AmituiError = BEFORE
        self.lists = 0
        self.asked: list[str] = []
        self.given = Settings(
            locate({"HOME": str(folder)}), profile="base", members=(), organization="Reader", **settings
        )
        self.store(BEFORE)
        active = with_organization(self.given, Organization(OWN, "aws", BEFORE, self.now), "base")
        self.services = Services(active, now=lambda: self.now)
        self.services.members.recall()
        self.renewal = OrganizationRenewal(self.services)
        world = self

        async def of(connections: Any, profile: str | None, *, renewed: bool = False) -> Any:
            connections.check(profile)
            return SimpleNamespace(
                caller_identity=lambda: world.identity(profile or ""), default_region=lambda: "us-east-1"
            )

        async def accounts(_connection: object, _region: str) -> tuple[OrganizationAccount, ...]:
            world.lists += 1
            if isinstance(world.listed, AmituiError):
                raise world.listed
            return tuple(world.listed)

        monkeypatch.setattr("amitui.services.connections.Connections.of", of)
        monkeypatch.setattr("amitui.ec2.reads.organization.organization_accounts", accounts)

    def store(self, accounts: Sequence[OrganizationAccount]) -> None:
        """What a list that is read now leaves for later starts."""
        from amitui.services.organization import _key

        path = Path(self.given.locations.organizations_file)
        path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"own": OWN, "partition": "aws", "at": self.now, "accounts": [list(one) for one in accounts]}
        path.write_text(json.dumps({_key(self.given): entry}))

    async def identity(self, profile: str) -> CallerIdentity:
        self.asked.append(profile)
        account = next((one for one in (WEB, PAY, NEW) if one in profile), OWN)
        return CallerIdentity(account, f"arn:aws:iam::{account}:user/x", "aws")

    async def renew(self, *, asked: bool = True) -> MemberChanges:
        return await self.renewal.renew(self.given, asked=asked)

    @property
    def profiles(self) -> list[str | None]:
        return [one.profile for one in self.services.members.all]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


async def test_accounts_come_go_and_are_renamed_and_what_is_known_of_the_others_is_kept(world: World) -> None:
    members = world.services.members
    await members.identify()
    assert members.accounts == (OWN, PAY, WEB)
    web = next(one for one in members.others if one.profile == WEB_ROLE)
    web.problem = NetworkError("no answer")
    world.asked.clear()
    world.listed = (
        BEFORE[0],
        OrganizationAccount(WEB, "web shop"),
        OrganizationAccount(PAY, "pay", "SUSPENDED"),
        OrganizationAccount(NEW, "labs"),
    )
    changes = await world.renew()
    assert changes == MemberChanges((NEW_ROLE,), ("pay",), (("web", "web shop"),), (PAY,))
    assert world.profiles == ["base", WEB_ROLE, NEW_ROLE]
    assert next(one for one in members.others if one.profile == WEB_ROLE) is web, "its problem stays known"
    assert [one.name for one in members.all] == ["hub", "web shop", "labs"]
    assert world.asked == ["base"]
    handed: list[str | None] = []
    await members.identify(lambda one: handed.append(one.account), only=changes.came)
    assert (handed, world.asked) == ([NEW], ["base", NEW_ROLE])
    assert members.accounts == (OWN, WEB, NEW)
    stored = remembered(world.given)
    assert stored is not None
    assert [one.account for one in stored.active] == [OWN, NEW, WEB]
    assert not any(await world.renew()), "the same list changes nothing"


async def test_the_list_is_asked_for_once_a_day_and_whenever_the_user_asks(world: World) -> None:
    assert not world.renewal.is_due(asked=False)
    assert world.renewal.is_due(asked=True)
    world.now += OLD_AFTER_S - 1
    assert not world.renewal.is_due(asked=False)
    world.now += 1
    assert world.renewal.is_due(asked=False)
    await world.renew(asked=False)
    assert (world.lists, world.renewal.is_due(asked=False)) == (1, False)
    world.now -= 10
    assert world.renewal.is_due(asked=False), "the clock was set back"


async def test_a_list_that_another_amitui_has_read_meanwhile_is_taken_without_a_call(world: World) -> None:
    assert not world.renewal.is_due(asked=False)
    world.now += OLD_AFTER_S + 5
    world.store(BEFORE[:2])
    assert world.renewal.is_due(asked=False)
    assert (await world.renew(asked=False)).gone == ("pay",)
    assert world.lists == 0
    await world.renew(asked=True)
    assert world.lists == 1


async def test_a_list_that_cannot_be_read_leaves_everything_as_it_was_and_says_so(world: World) -> None:
    before = world.profiles
    assert not world.renewal.is_due(asked=False)
    world.now += OLD_AFTER_S + 2 * 3600
    error = CredentialsError("the session has expired", why="w", remedy="r")
    world.listed = error
    with pytest.raises(CredentialsError) as raised:
        await world.renew(asked=False)
    assert raised.value.lines() == ["the session has expired; the list of 26h ago is used", "w", "r"]
    assert error.what == "the session has expired", "an error may be somebody else's too"
    assert world.profiles == before
    assert not world.renewal.is_due(asked=False)
    assert world.renewal.is_due(asked=True)
    world.now += RETRY_AFTER_S
    assert world.renewal.is_due(asked=False)
    world.listed = ()
    with pytest.raises(AmituiError, match="no account of the organization is chosen; the list of 27h ago is used"):
        await world.renew()
    assert world.profiles == before


async def test_profiles_that_were_chosen_by_hand_stay_and_get_new_names_alone(world: World) -> None:
    await world.services.members.choose(["base", WEB_ROLE])
    world.listed = (BEFORE[0], OrganizationAccount(WEB, "shop"), OrganizationAccount(NEW, "labs"))
    changes = await world.renew()
    assert changes == MemberChanges(renamed=(("web", "shop"),))
    assert world.profiles == ["base", WEB_ROLE]


async def test_the_first_member_can_go_and_another_one_takes_its_place(world: World) -> None:
    await world.services.members.identify()
    world.listed = (OrganizationAccount(OWN, "hub", "PENDING_CLOSURE"), *BEFORE[1:])
    changes = await world.renew()
    assert (changes.gone, changes.left) == (("hub",), (OWN,))
    assert world.services.session.profile == world.profiles[0]
    assert set(world.profiles) == {WEB_ROLE, PAY_ROLE}
    assert not world.services.session.account_confirmed, "it is asked again who that is"
    assert (await world.renew()) == MemberChanges(), "the list is asked for with the profile of the start"


async def test_marks_by_name_hold_for_an_account_that_gets_such_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = (("*-prod", ProfileSettings(production=True, read_only=True)),)
    world = World(tmp_path, monkeypatch, profiles=marks)
    members = world.services.members
    assert not any(any(members.marks(one)) for one in members.all)
    world.listed = (*BEFORE[:2], OrganizationAccount(PAY, "pay-prod"))
    await world.renew()
    assert [one.name for one in members.all if members.marks(one).read_only] == ["pay-prod"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (MemberChanges(), ""),
        (MemberChanges(came=("a",), gone=("x",)), "organization: A added; x gone"),
        (MemberChanges(came=("a", "b", "c", "d", "e")), "organization: A, b, c and 2 more added"),
        (MemberChanges(renamed=(("x", "y"),)), "organization: x is y now"),
        (MemberChanges(renamed=(("x", "y"),) * 4), "organization: 4 accounts renamed"),
    ],
)
def test_what_has_changed_fits_one_line(changes: MemberChanges, said: str) -> None:
    assert change_words(changes, {"a": "A"}) == said
