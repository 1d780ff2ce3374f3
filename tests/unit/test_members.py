"""The profiles that are used together: which ones, whose accounts they are, and which one acts on an image."""

from __future__ import annotations

import asyncio
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from amitui.configuration.load import load_settings
from amitui.configuration.members import chosen_members
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.query.accounts import accounts_meant
from amitui.domain.query.tokens import Token
from amitui.domain.retrying import is_transient
from amitui.ec2.mfa import CodeRequest
from amitui.ec2.session import CallerIdentity
from amitui.errors import AmituiError, CredentialsError, UsageError
from amitui.services.composition import Services
from amitui.services.connections import Connections
from amitui.services.identifying import AT_ONCE, CREDENTIALS_S
from amitui.services.may_change import read_only_here
from amitui.services.members import Member, Members
from amitui.services.production import is_production
from amitui.services.session import Session
from amitui.services.together import every_mark
from amitui.settings import ProfileSettings
from tests.support.isolation import move_home
from tests.support.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from amitui.settings import Settings

NAMES = ("default", "dev", "eu-prod", "us-prod", "a,b", "we[i]rd")
A, B, C = "111111111111", "222222222222", "333333333333"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    move_home(monkeypatch, tmp_path)
    keys = "aws_access_key_id = AKIA{}\naws_secret_access_key = s\n"
    text = "".join(
        f"[{'' if name == 'default' else 'profile '}{name}]\n{keys.format(at)}" for at, name in enumerate(NAMES)
    )
    (tmp_path / "aws").write_text(f"{text}[profile away]\nendpoint_url = http://127.0.0.1:1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws"))
    return tmp_path


def settings(**options: object) -> Settings:
    return load_settings(options, os.environ)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["dev"], ("dev",)),
        (["nobody"], ("nobody",)),
        (["us-prod", "dev", "us-prod"], ("us-prod", "dev")),
        (["*-prod"], ("eu-prod", "us-prod")),
        (["dev,*-prod"], ("dev", "eu-prod", "us-prod")),
        (["us-prod", "*-prod"], ("us-prod", "eu-prod")),
        (["a,b"], ("a,b",)),
        (["we[i]*"], ("we[i]rd",)),
        (["??v"], ("dev",)),
        (["*-stage", "dev"], ("dev", "*-stage")),
        (["missing", "dev"], ("dev", "missing")),
        (["*-PROD"], ("*-PROD",)),
        ([" dev , us-prod "], ("dev", "us-prod")),
    ],
)
def test_profiles_are_named_or_matched_each_once_and_those_that_do_not_exist_come_last(
    home: Path, words: list[str], found: tuple[str, ...]
) -> None:
    assert chosen_members(words, os.environ) == found


def test_what_is_typed_comes_before_the_variable_and_that_before_the_config(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = home / "config.toml"
    config.write_text(f'accounts = ["*-prod"]\n[account_names]\n{A} = "web team"\n')
    chosen = settings(config_file=str(config))
    assert (chosen.profile, chosen.members, chosen.accounts) == (
        "eu-prod",
        ("eu-prod", "us-prod"),
        ((A, "web team"),),
    )
    config.write_text('profile = "dev"\naccounts = ["*-prod"]\n')
    assert settings(config_file=str(config)).members == ("dev", "eu-prod", "us-prod")
    monkeypatch.setenv("AMITUI_PROFILE", "dev,us-prod")
    assert settings(config_file=str(config)).members == ("dev", "us-prod")
    typed = settings(config_file=str(config), profile=("us-prod",))
    assert (typed.profile, typed.members) == ("us-prod", ())


def test_a_table_of_accounts_is_the_address_book_and_a_list_names_profiles(home: Path) -> None:
    config = home / "config.toml"
    config.write_text(f'[accounts]\n{A} = "old name"\n{B} = "b"\n[account_names]\n{A} = "a"\n')
    found = settings(config_file=str(config))
    assert (dict(found.accounts), found.members) == ({A: "a", B: "b"}, ())


@pytest.mark.parametrize("value", ["[]", "[1]", '["dev", ""]', "5", '""'])
def test_a_list_of_accounts_that_names_no_profile_is_refused(home: Path, value: str) -> None:
    config = home / "config.toml"
    config.write_text(f"accounts = {value}\n")
    with pytest.raises(UsageError, match="accounts"):
        settings(config_file=str(config))


@pytest.mark.parametrize("profiles", [("",), ("dev", "")])
def test_an_empty_profile_is_refused_among_others_too(home: Path, profiles: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="--profile is empty"):
        settings(profile=profiles)


def test_accounts_that_are_called_alike_are_told_apart_and_found_by_the_name_alone(home: Path) -> None:
    book = ((A, "prod"), (B, "prod"), (C, "dev"))
    services = Services(settings(profile=("dev", "us-prod", "eu-prod"))._replace(accounts=book))
    members = services.members
    services.session.account = A
    for other, account in zip(members.others, (B, C), strict=True):
        other.account = account
        other.problem = CredentialsError("expired")
    assert [one.name for one in members.all] == [f"prod {A}", f"prod {B}", "dev"]
    assert (members.first, members.name_of(B)) == (members.all[0], f"prod {B}")
    assert members.names.members == {A: f"prod {A}", B: f"prod {B}", C: "dev"}
    known = services.known_accounts()
    for text, accounts in (("prod", (A, B)), (f'"prod {B}"', (B,))):
        token = Token.read(text, 0)
        assert isinstance(token, Token)
        assert accounts_meant(token, lambda: known) == accounts


class Sts:
    """Who the profiles are, in place of AWS."""

    def __init__(self, answers: dict[str, str | AmituiError], monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers = answers
        self.partitions: dict[str, str] = {}
        self.asked: list[str] = []
        self.waits: dict[str, asyncio.Event] = {}
        """By profile, what the answer waits for."""
        self.one_asked = asyncio.Condition()
        self.together = 0
        """Most that were asked at one time."""
        self._now = 0
        sts = self

        async def connect(connections: Any, profile: str | None, *, renewed: bool = False) -> Any:
            connections.check(profile)
            return SimpleNamespace(
                caller_identity=lambda: sts.identity(profile or "default"), account=None, close=None
            )

        monkeypatch.setattr("amitui.services.connections.Connections.of", connect)

    async def asked_so_many(self, number: int) -> None:
        """Wait until so many were asked."""
        async with self.one_asked:
            await self.one_asked.wait_for(lambda: len(self.asked) >= number)

    async def identity(self, profile: str) -> CallerIdentity:
        self.asked.append(profile)
        async with self.one_asked:
            self.one_asked.notify_all()
        self._now += 1
        self.together = max(self.together, self._now)
        await asyncio.sleep(0)
        if profile in self.waits:
            await self.waits[profile].wait()
        self._now -= 1
        answer = self.answers[profile]
        if isinstance(answer, AmituiError):
            raise answer
        return CallerIdentity(answer, f"arn:aws:iam::{answer}:user/x", self.partitions.get(profile, "aws"))


def members_of(*profiles: str) -> Members:
    return Members(Session(settings(profile=profiles)))


def image(owner: str, seen_by: str = "") -> Any:
    return SimpleNamespace(owner_id=owner, seen_by=seen_by)


async def test_they_are_asked_side_by_side_and_remembered_for_the_next_start(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts = Sts({"dev": A, "us-prod": B, "eu-prod": C}, monkeypatch)
    members = members_of("dev", "us-prod", "eu-prod")
    members.recall()
    assert (members.accounts, members.are_known, sts.asked) == ((), False, [])
    await members.identify()
    assert members.accounts == (A, B, C)
    assert sts.together == 3

    later = members_of("eu-prod", "dev")
    later.recall()
    assert (later.accounts, later.are_known) == ((C, A), True)
    assert sts.asked == ["dev", "us-prod", "eu-prod"]


async def test_each_is_handed_on_as_soon_as_it_is_known_and_none_that_is_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts = Sts(
        {"dev": CredentialsError("expired"), "us-prod": B, "eu-prod": B, "we[i]rd": C, "a,b": A}, monkeypatch
    )
    last = asyncio.Event()
    sts.waits["a,b"] = last
    members = members_of("dev", "us-prod", "eu-prod", "we[i]rd", "a,b")
    found: list[str | None] = []

    def identified(member: Member) -> None:
        found.append(member.account)
        if len(found) == 2:
            last.set()  # that of the last one comes only when the others have been handed on

    await asyncio.wait_for(members.identify(identified), 60)
    assert found == [B, C, A]
    assert members.accounts == (B, C, A)


async def test_the_first_one_whose_credentials_do_not_come_is_given_up_and_the_others_are_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts = Sts({"dev": A, "us-prod": B, "eu-prod": C}, monkeypatch)
    sts.waits["dev"] = asyncio.Event()
    limits = Limits("amitui.services.identifying", monkeypatch)
    others = asyncio.Event()
    members = members_of("dev", "us-prod", "eu-prod")
    found: list[str | None] = []

    def identified(member: Member) -> None:
        found.append(member.account)
        if len(found) == 2:
            others.set()

    asked = asyncio.create_task(members.identify(identified))
    await others.wait()
    assert limits.made[0].seconds == CREDENTIALS_S
    limits.made[0].end()
    await asked
    (late,) = members.problems
    assert late.profile == "dev"
    assert late.problem is not None
    assert late.problem.lines() == [
        "the credentials of profile dev did not come in time",
        "AWS did not say whose they are within 45 seconds",
        "aws sts get-caller-identity --profile dev shows whether the credentials work",
    ]
    assert not is_transient(late.problem), "its program would be started again and again"
    public = Shard("aws", PUBLIC, "us-east-1", "amazon")
    assert [one.profile for one in members.readers_of(public)] == ["us-prod", "eu-prod"]


async def test_what_relies_on_a_program_that_was_given_up_does_not_wait_for_it_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (home / "aws").open("a") as config:
        config.write("[profile slow]\ncredential_process = hangs\n")
        for number in range(2 * AT_ONCE):
            role = f"role_arn = arn:aws:iam::{A}:role/r\nsource_profile = slow\n"
            config.write(f"[profile role-{number}]\n{role}")
    monkeypatch.setattr("amitui.services.identifying.MAKES_ROOM_S", 3600.0)
    names = [f"role-{number}" for number in range(2 * AT_ONCE)]
    sts = Sts({"dev": B, **dict.fromkeys(names, A)}, monkeypatch)
    sts.waits = dict.fromkeys(names, asyncio.Event())
    limits = Limits("amitui.services.identifying", monkeypatch)
    members = members_of("dev", *names)
    asked = asyncio.create_task(members.identify())
    await sts.asked_so_many(AT_ONCE + 1)
    for limit in limits.made[1:]:
        limit.end()
    await asked
    assert len(sts.asked) == AT_ONCE + 1, "at once, and none after them"
    assert [one.profile for one in members.problems] == names
    (why,) = {one.problem.why for one in members.problems if one.problem is not None}
    assert why == "credential_process of profile slow gave none within 45 seconds"


async def test_those_whose_answer_takes_long_do_not_keep_others_from_being_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amitui.services.identifying.MAKES_ROOM_S", 0.0)
    names = [f"p{number}" for number in range(2 * AT_ONCE)]
    with (home / "aws").open("a") as config:
        config.writelines(
            f"[profile {name}]\naws_access_key_id = AKIAX\naws_secret_access_key = s\n" for name in names
        )
    sts = Sts({**dict.fromkeys(names, A), "dev": B}, monkeypatch)
    answered = asyncio.Event()
    sts.waits = dict.fromkeys(names, answered)
    members = members_of(*names, "dev")
    asked = asyncio.create_task(members.identify())
    await asyncio.wait_for(sts.asked_so_many(2 * AT_ONCE + 1), 60)
    answered.set()
    await asked
    assert members.accounts == (A, B)


async def test_no_time_counts_while_somebody_is_asked_for_a_code(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts = Sts({"dev": A, "us-prod": B}, monkeypatch)
    sts.waits |= {"dev": asyncio.Event(), "us-prod": asyncio.Event()}
    limits = Limits("amitui.services.identifying", monkeypatch)
    session = Session(settings(profile=("dev", "us-prod")))
    codes, prompted, typed = session.connections.codes, asyncio.Event(), asyncio.Event()

    async def prompt(_: CodeRequest) -> str:
        prompted.set()
        await typed.wait()
        return "123456"

    codes.prompt = prompt
    asked = asyncio.create_task(Members(session).identify())
    await sts.asked_so_many(2)
    assert [one.seconds for one in limits.made] == [CREDENTIALS_S, CREDENTIALS_S]
    question = asyncio.create_task(codes.ask(CodeRequest("us-prod", "device")))
    await prompted.wait()
    assert [one.seconds for one in limits.made] == [None, None], "the other one may wait for its turn"
    typed.set()
    await question
    assert [one.seconds for one in limits.made] == [CREDENTIALS_S, CREDENTIALS_S]
    limits.made[0].end()
    sts.waits["us-prod"].set()
    await asked
    assert not codes.watching


async def test_one_that_cannot_be_used_is_a_problem_of_its_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = CredentialsError("the session has expired")
    sts = Sts({"dev": A, "us-prod": B, "eu-prod": A, "we[i]rd": C}, monkeypatch)
    members = members_of("dev", "us-prod", "eu-prod", "we[i]rd", "missing", "*-stage", "away")
    members.recall()
    assert [one.profile for one in members.problems] == ["away", "missing", "*-stage"]
    sts.answers["us-prod"] = expired
    sts.partitions["we[i]rd"] = "aws-cn"
    await members.identify()
    problems = {one.profile: one.problem.what for one in members.problems if one.problem is not None}
    assert problems == {
        "us-prod": "the session has expired",
        "we[i]rd": "profile we[i]rd belongs to another partition: aws-cn",
        "missing": "there is no profile missing",
        "*-stage": "no profile matches *-stage",
        "away": "profile away uses another endpoint: http://127.0.0.1:1",
    }
    assert [(one.profile, one.duplicate_of) for one in members.all if one.duplicate_of] == [("eu-prod", "dev")]
    assert members.crawled == (A,)
    assert [one.profile for one in members.used] == ["dev"]


async def test_with_the_first_alone_or_all_of_them_failing_the_first_failure_is_raised(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = CredentialsError("the first"), CredentialsError("the second")
    Sts({"dev": first, "us-prod": second, "eu-prod": C}, monkeypatch)
    for profiles in (("dev",), ("dev", "us-prod")):
        with pytest.raises(CredentialsError, match="the first"):
            await members_of(*profiles).identify()
    members = members_of("dev", "eu-prod")
    await members.identify()
    assert members.first.problem is first
    assert members.accounts == (C,)
    public, private = Shard("aws", PUBLIC, "us-east-1", "amazon"), Shard("aws", C, "us-east-1", "mine")
    assert [one.profile for one in members.readers_of(public)] == ["eu-prod"]
    assert [one.profile for one in members.readers_of(private)] == ["eu-prod"]


async def test_the_owner_acts_on_an_image_else_who_sees_it_else_the_first(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sts({"dev": A, "us-prod": B}, monkeypatch)
    members = members_of("dev", "us-prod")
    await members.identify()
    acting = [
        members.owner_of(one).profile for one in (image(B, A), image(C, B), image(A, B), image(C), image("", ""))
    ]
    assert acting == ["us-prod", "us-prod", "dev", "dev", "dev"]
    assert members.session_of(members.first).account == A
    other = members.session_of(members.owner_of(image(B)))
    assert (other.account, other.named_profile, other.connections) == (
        B,
        "us-prod",
        members.session_of(members.first).connections,
    )


MARKS = """[profiles.dev]
read_only = true
[profiles.us-prod]
production = true
"""


async def marked(home: Path, *profiles: str) -> Members:
    """Members with marks in the config, once STS has said who they are."""
    (home / "config.toml").write_text(MARKS)
    members = Members(Session(settings(profile=profiles, config_file=str(home / "config.toml"))))
    members.recall()
    await members.identify()
    return members


@pytest.mark.parametrize("profiles", [("eu-prod", "dev", "us-prod", "a,b"), ("us-prod", "dev", "a,b", "eu-prod")])
async def test_the_strictest_mark_of_the_chosen_profiles_of_an_account_holds_for_it_whichever_is_used(
    home: Path, monkeypatch: pytest.MonkeyPatch, profiles: tuple[str, ...]
) -> None:
    Sts({"eu-prod": A, "dev": A, "us-prod": A, "a,b": B}, monkeypatch)
    members = await marked(home, *profiles)
    assert [one.profile for one in members.used] == [profiles[0], "a,b"]
    strict, free = ProfileSettings(production=True, read_only=True), ProfileSettings()
    connections = members.session_of(members.first).connections
    by_profile = {one.profile: marks for one, marks in every_mark(connections, members.all).items()}
    assert by_profile == {"eu-prod": strict, "dev": strict, "us-prod": strict, "a,b": free}
    assert {one.profile: members.marks(one) for one in members.all} == by_profile
    used = members.owner_of(image(A))
    session = members.session_of(used)
    assert is_production(connections, used.profile, A)
    assert read_only_here(members, members.session_of(members.first), used.profile or "", A) == (
        "amitui is read-only here: profile dev, of the same account, is marked read-only"
    )
    assert not read_only_here(members, session, "a,b", B)
    assert connections.marks("later", A) == strict, "what an operation of the account was begun with"
    await members.choose(["eu-prod", "a,b"])
    await members.identify()
    assert set(every_mark(connections, members.all).values()) == {free}, "those with marks are not in use"


def test_the_marks_of_300_profiles_are_looked_up_once_for_all_of_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"p{number}" for number in range(300)]
    with (home / "aws").open("a") as config:
        config.writelines(
            f"[profile {name}]\naws_access_key_id = A\naws_secret_access_key = s\n" for name in names
        )
    (home / "config.toml").write_text('[profiles."p*"]\nproduction = true\n')
    members = Members(Session(settings(profile=tuple(names), config_file=str(home / "config.toml"))))
    connections = members.session_of(members.first).connections
    looked_up: list[str | None] = []
    real = Connections._by_name

    def by_name(self: Connections, profile: str | None) -> ProfileSettings:
        looked_up.append(profile)
        return real(self, profile)

    monkeypatch.setattr(Connections, "_by_name", by_name)
    assert len(every_mark(connections, members.all)) == 300
    assert not connections.may_be_read_only(names)
    assert len(looked_up) <= 900


async def test_until_aws_has_said_who_a_marked_profile_is_it_may_be_any_account_unless_it_cannot_be_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sts = Sts({"eu-prod": A, "dev": CredentialsError("expired")}, monkeypatch)
    (home / "config.toml").write_text(MARKS)
    members = Members(Session(settings(profile=("eu-prod", "dev"), config_file=str(home / "config.toml"))))
    members.recall()
    connections = members.session_of(members.first).connections
    assert connections.unsettled("eu-prod").read_only
    with pytest.raises(CredentialsError, match="expired"):
        await connections.settle("eu-prod")
    assert sts.asked == ["eu-prod", "dev"]
    await members.identify()
    monkeypatch.setattr(connections, "account", lambda _: A)
    assert not any(connections.unsettled("eu-prod"))


async def test_other_profiles_can_be_chosen_and_what_is_left_behind_is_closed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sts({"dev": A, "us-prod": B, "eu-prod": C}, monkeypatch)
    dropped: list[str | None] = []

    async def drop(_connections: Any, profile: str | None) -> None:
        dropped.append(profile)

    monkeypatch.setattr("amitui.services.connections.Connections.drop", drop)
    members = members_of("dev", "us-prod")
    await members.identify()
    await members.choose(["us-prod", "eu-prod"])
    assert dropped == ["dev"]
    assert [one.profile for one in members.all] == ["us-prod", "eu-prod"]
    assert members.accounts == (B,)
    with pytest.raises(CredentialsError, match="no profile missing"):
        await members.choose(["missing", "dev"])
    assert dropped == ["dev"]
    assert [one.profile for one in members.all] == ["us-prod", "eu-prod"]
    await members.choose(["dev"])
    assert (members.several, members.accounts) == (False, (A,))
