"""The application as forms and panes see it, and what is known of who may change what."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import amitui
from amitui.domain.launch.instances import Instance
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.may_change import OFFLINE, READ_ONLY, MayChange
from amitui.ec2.writes.execute import Permission
from amitui.services.denials import Denials
from amitui.services.members import Member
from amitui.settings import ProfileSettings
from amitui.ui.actions.acting import Acting
from amitui.ui.actions.form_host import HostAdapter

ACCOUNT, OTHER = "111111111111", "222222222222"
WEB = Instance(
    "0001", "eu-west-1", "dev", ACCOUNT, 0.0, "i-0123456789abcdef0", image_id="ami-1", image_name="acme"
)
DENIED = Permission(False, "not allowed to copy images", "UnauthorizedOperation")
ALLOWED, UNKNOWN = Permission(True, ""), Permission(None, "the network is down", "Timeout")


def adapter(answer: MayChange = MayChange(), **options: Any) -> HostAdapter:  # noqa: B008
    """An adapter of an application whose profile is dev, and whose marks are as `production` says."""
    production = options.pop("production", {})

    def marks(profile: str | None, account: str | None) -> ProfileSettings:
        return ProfileSettings(production=bool({profile, account} & production.keys()))

    connections = SimpleNamespace(
        marks=marks,
        unsettled=lambda _profile: ProfileSettings(),
        named=lambda profile: profile or "",
        caller=lambda profile: SimpleNamespace(profile=profile or "", endpoint_url=None),
    )
    settings = SimpleNamespace(offline=options.pop("offline", False), of_profile=lambda name: marks(name, None))
    session = SimpleNamespace(profile="dev", named_profile="dev", account=ACCOUNT, connections=connections)
    used = options.pop("used", ())
    members = SimpleNamespace(
        several=options.get("acting") is not None or bool(used),
        of_profile=lambda profile: next((one for one in used if one.profile == profile), None),
    )
    refused = options.pop("refused", {})

    def may_change(member: Member | None = None, **_: object) -> MayChange:
        return MayChange(refused.get(member.profile, "")) if member is not None else answer

    app: Any = SimpleNamespace(
        services=SimpleNamespace(session=session, settings=settings, members=members),
        operations=SimpleNamespace(may_change=may_change),
    )
    return HostAdapter(app, **options)


@pytest.mark.parametrize(
    ("instance", "answer", "reason"),
    [
        (WEB, MayChange(), ""),
        (WEB._replace(account=""), MayChange(), ""),
        (WEB._replace(profile="prod"), MayChange(), "launched with profile prod: switch to it to make changes"),
        (WEB._replace(profile=""), MayChange(), "launched with profile default: switch to it to make changes"),
        (WEB._replace(account=OTHER), MayChange(), f"launched by account {OTHER}, and this is {ACCOUNT}"),
        (WEB._replace(profile="prod"), MayChange(READ_ONLY), READ_ONLY),
    ],
)
def test_an_instance_is_changed_only_as_whoever_launched_it(
    instance: Instance, answer: MayChange, reason: str
) -> None:
    assert adapter(answer).may_switch(instance).reason == reason


@pytest.mark.parametrize(
    ("profile", "account", "reason"),
    [
        ("p", OTHER, ""),
        ("p", ACCOUNT, f"launched by account {ACCOUNT}, and this is {OTHER}"),
        ("audit", "", READ_ONLY),
        ("gone", "", "launched with profile gone: switch to it to make changes"),
    ],
)
def test_instances_of_several_accounts_are_changed_by_who_launched_each(
    profile: str, account: str, reason: str
) -> None:
    host = adapter(used=(DEV, PROD, AUDIT), refused={"audit": READ_ONLY})
    assert host.may_switch(WEB._replace(profile=profile, account=account)).reason == reason


def test_nothing_is_observed_offline_and_the_pane_says_why() -> None:
    host = adapter(offline=True)
    seen: list[object] = []
    subject: Any = SimpleNamespace()
    host.watch(subject, seen.append)()
    assert seen == []
    assert host.trouble("dev", "eu-west-1") == OFFLINE


def test_an_operation_that_is_continued_is_that_of_its_own_profile_and_account() -> None:
    begun: Any = SimpleNamespace(profile="prod", account=OTHER)
    production: Any = {"prod": True}
    plan: Any = SimpleNamespace(region="eu-west-1", subject="ami-1")
    assert not adapter(production=production).production
    host = adapter(production=production, operation=begun)
    assert (host.profile_of(plan), host.production, host.typed_name) == ("prod", True, "prod")
    host = adapter(production={OTHER: True}, operation=begun)
    assert (host.production, host.typed_name) == (True, OTHER), "its account carries the mark"


DEV, PROD, AUDIT = (
    Member("dev", ACCOUNT, "dev"), Member("p", OTHER, "acme-prod"), Member("audit", "3" * 12, "audit")
)  # fmt: skip


def _plan(image_id: str) -> Any:
    return SimpleNamespace(region="eu-west-1", subject=image_id)


def test_a_batch_is_confirmed_by_the_strictest_of_its_accounts_which_are_named() -> None:
    acting = Acting((DEV, PROD), {("eu-west-1", "ami-1"): DEV, ("eu-west-1", "ami-2"): PROD})
    host = adapter(acting=acting, production={"p": True})
    assert host.whose == "dev, acme-prod"
    assert (host.production, host.typed_name) == (True, "p")
    assert host.production_words == "Profile p is marked as production."
    assert (host.profile_of(_plan("ami-1")), host.profile_of(_plan("ami-2"))) == ("dev", "p")
    both = adapter(acting=acting, production={OTHER: True, ACCOUNT: True})
    assert both.production_words == f"Accounts {ACCOUNT}, {OTHER} are marked as production."
    assert not adapter(acting=acting, production={"audit": True}).production, "no account of the batch"


def test_one_account_of_several_is_named_with_its_own_marks_alone() -> None:
    host = adapter(acting=Acting((PROD,)), production={"dev": True})
    assert (host.whose, host.production) == ("acme-prod (profile p)", False)
    assert adapter(acting=Acting((AUDIT,))).whose == "audit"
    assert adapter(acting=Acting((DEV, PROD, AUDIT, Member("x", None, "x")))).whose == "4 accounts"


def test_a_batch_with_a_read_only_account_is_refused_as_a_whole() -> None:
    host = adapter(acting=Acting((DEV, AUDIT)), refused={"audit": READ_ONLY})
    assert host.may_change.reason == READ_ONLY
    assert adapter(acting=Acting((DEV,)), refused={"audit": READ_ONLY}).may_change


def test_plans_go_to_who_acts_on_their_images() -> None:
    acting = Acting((DEV, PROD), {("eu-west-1", "ami-1"): DEV, ("eu-west-1", "ami-2"): PROD})
    first, second, made = _plan("ami-1"), _plan("ami-2"), _plan("i-3")
    assert acting.by_member([second, first, made]) == {PROD: [second], DEV: [first, made]}
    assert acting.by_reader("eu-west-1", ["ami-2", "ami-1"]) == {PROD: ["ami-2"], DEV: ["ami-1"]}


def test_the_catalogue_knows_the_system_of_an_image_better_than_its_name() -> None:
    assert adapter(systems={"ami-1": "Debian 12"}).system(WEB) == "Debian 12"
    assert adapter().system(WEB._replace(image_name="ubuntu-noble-24.04-amd64-server")).startswith("Ubuntu")


def test_a_denial_holds_for_one_kind_and_who_asked_until_dry_run_allows_it() -> None:
    session: Any = SimpleNamespace(named_profile="dev", account=ACCOUNT)
    denials = Denials(session)
    denials.note(OperationKind.COPY, (ALLOWED, DENIED))
    assert denials.of(OperationKind.COPY) == DENIED.words
    assert denials.of(OperationKind.LAUNCH) == ""
    session.account = OTHER
    assert denials.of(OperationKind.COPY) == ""
    session.account = ACCOUNT
    denials.note(OperationKind.COPY, (ALLOWED, UNKNOWN))
    assert denials.of(OperationKind.COPY) == DENIED.words, "what could not be asked takes nothing back"
    denials.note(OperationKind.COPY, (ALLOWED, ALLOWED))
    assert denials.of(OperationKind.COPY) == ""
    denials.note(OperationKind.COPY, (DENIED,))
    denials.forget()
    assert denials.of(OperationKind.COPY) == ""


@pytest.mark.parametrize("words", [READ_ONLY, OFFLINE])
def test_the_reasons_why_nothing_may_be_changed_are_worded_once(words: str) -> None:
    package = Path(amitui.__file__).parent
    holding = [path.name for path in package.rglob("*.py") if words in path.read_text(encoding="utf-8")]
    assert holding == ["may_change.py"]
