"""Another profile is chosen while the one before is still being asked: its answers change nothing any more."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest

from amitui.configuration.load import load_settings
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.operations.kinds import OperationKind
from amitui.ec2.reads.regions import RegionInfo
from amitui.ec2.session import CallerIdentity
from amitui.ec2.writes.execute import Permission
from amitui.errors import AmituiError, CredentialsError, NetworkError
from amitui.services.composition import Services
from amitui.services.crawls import Fetches
from amitui.services.denials import Denials
from amitui.services.session import Session

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

OLD, NEW = "111111111111", "222222222222"
SHARD = Shard("aws", PUBLIC, "us-east-1", "amazon")
EXPIRED = CredentialsError("the SSO session of profile old has expired")


class SlowConnection:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def caller_identity(self) -> CallerIdentity:
        return await self.answer  # type: ignore[no-any-return]

    async def regions(self) -> list[RegionInfo]:
        return await self.answer  # type: ignore[no-any-return]

    async def close(self) -> None:
        """It answers all the same."""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """The session of profile `old`, beside which there is `new`."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "AMITUI_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    roles = "".join(
        f"[profile {name}]\nrole_arn = arn:aws:iam::{account}:role/x\ncredential_source = Ec2InstanceMetadata\n"
        for name, account in (("old", OLD), ("new", NEW))
    )
    (tmp_path / ".aws" / "config").write_text(roles)
    made = Session(load_settings({"profile": "old"}, os.environ))
    made.recall_account()
    return made


def connect(session: Session) -> Any:
    """Give the profile in use a connection."""
    slow: Any = SlowConnection()
    session.connections._open[session.named_profile] = slow
    return slow


async def test_an_identity_that_comes_late_is_not_taken_for_that_of_the_new_profile(session: Session) -> None:
    slow = connect(session)
    asking = asyncio.ensure_future(session.identify())
    await asyncio.sleep(0)
    await session.switch_profile("new")
    slow.answer.set_result(CallerIdentity(OLD, "arn:aws:iam::111111111111:user/x", "aws"))
    assert (await asking).account_id == OLD
    assert (session.account, session.account_confirmed, session.identity) == (NEW, False, None)


async def test_a_refusal_that_comes_late_does_not_make_the_new_profile_suspect(session: Session) -> None:
    slow = connect(session)
    asking = asyncio.ensure_future(session.identify())
    await asyncio.sleep(0)
    await session.switch_profile("new")
    fresh = connect(session)
    slow.answer.set_exception(EXPIRED)
    with pytest.raises(CredentialsError):
        await asking
    fresh.answer.set_result(CallerIdentity(NEW, "arn:aws:iam::222222222222:user/x", "aws"))
    assert (await session.identify()).account_id == NEW
    assert session.connections._open["new"] is fresh, "no other connection was opened"


async def test_regions_that_come_late_are_remembered_for_the_account_that_was_asked(session: Session) -> None:
    slow = connect(session)
    asking = asyncio.ensure_future(session.list_regions())
    await asyncio.sleep(0)
    await session.switch_profile("new")
    slow.answer.set_result([RegionInfo("eu-west-1", "opted-in")])
    await asking
    assert session.known_regions() == []
    await session.switch_profile("old")
    assert [one.name for one in session.known_regions()] == ["eu-west-1"]


class Followed:
    """Fetches whose crawls end as the test says, and ignore that they are cancelled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        services = Services(load_settings({"cache_dir": str(tmp_path)}, os.environ))
        self.crawl: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.failed: list[AmituiError] = []
        self.later: list[float] = []
        self.slept = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        monkeypatch.setattr(services.catalogue, "refresh", self._refresh)
        self.fetches = Fetches(
            services,
            spawn=self._spawn,
            changed=lambda _progress: None,
            failed=lambda _shard, error: self.failed.append(error),
            later=lambda _error, pause: self.later.append(pause),
            wait=self._spawn,
            sleep=lambda _seconds: self.slept.wait(),  # type: ignore[arg-type, return-value]
        )

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.get_running_loop().create_task(work))
        return self.tasks[-1]

    async def _refresh(self, *_: object, **__: object) -> Any:
        try:
            return await asyncio.shield(self.crawl)
        except asyncio.CancelledError:
            return await self.crawl


async def test_a_fetch_of_the_old_profile_that_fails_late_is_neither_said_nor_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Followed(monkeypatch, tmp_path)
    made.fetches.start([SHARD])
    await asyncio.sleep(0)
    made.fetches.leave_caller()
    await asyncio.sleep(0)
    made.crawl.set_exception(NetworkError("the connection was closed"))
    await asyncio.gather(*made.tasks, return_exceptions=True)
    assert (made.failed, made.later, made.fetches.failures, made.fetches.active) == ([], [], {}, {})


async def test_what_waited_for_its_next_attempt_under_the_old_profile_is_not_attempted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Followed(monkeypatch, tmp_path)
    made.crawl.set_exception(NetworkError("no answer"))
    made.fetches.start([SHARD])
    await made.tasks[0]
    assert (len(made.failed), len(made.later), len(made.tasks)) == (1, 1, 2)
    made.fetches.leave_caller()
    made.slept.set()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    assert len(made.tasks) == 2
    assert made.fetches.failures == {}


async def test_a_denial_holds_for_the_profile_that_was_denied_alone(session: Session) -> None:
    denials = Denials(session)
    denials.note(OperationKind.COPY, [Permission(False, "no ec2:CopyImage", "UnauthorizedOperation")])
    assert denials.of(OperationKind.COPY) == "no ec2:CopyImage"
    await session.switch_profile("new")
    assert denials.of(OperationKind.COPY) == ""
    await session.switch_profile("old")
    assert denials.of(OperationKind.COPY) == "no ec2:CopyImage"


async def test_a_fetch_of_an_account_that_is_no_longer_used_is_forgotten_and_those_of_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Followed(monkeypatch, tmp_path)
    theirs, public = SHARD._replace(visibility=OLD), SHARD._replace(visibility=PUBLIC, owner_scope="amazon")
    others = SHARD._replace(visibility=NEW)
    made.fetches.start([theirs, others, public])
    await asyncio.sleep(0)
    made.fetches.leave_accounts((OLD,))
    await asyncio.sleep(0)
    made.crawl.set_exception(NetworkError("the connection was closed"))
    await asyncio.gather(*made.tasks[:3], return_exceptions=True)
    assert set(made.fetches.failures) == {others, public}
    assert len(made.failed) == 2
    made.fetches.leave_accounts((NEW,))
    assert set(made.fetches.failures) == {public}
    made.slept.set()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    assert len(made.tasks) > 4, "the public images are attempted again"
    assert set(made.fetches.failures) == {public}, "the private ones are not: they would have failed again"
    made.fetches.cancel()


@pytest.mark.parametrize("stop", [Fetches.cancel, Fetches.leave_caller, lambda one: one.leave_accounts((OLD,))])
async def test_a_fetch_that_is_stopped_before_it_begins_has_ended_and_the_next_one_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: Any
) -> None:
    own = Shard("aws", OLD, "us-east-1", "mine")
    made = Followed(monkeypatch, tmp_path)
    made.fetches.start([own])
    stop(made.fetches)
    await asyncio.sleep(0)
    assert made.tasks[0].cancelled(), "its work never began"
    assert not made.fetches.active
    made.fetches.start([own])
    await asyncio.sleep(0)
    made.crawl.set_result(None)
    await made.tasks[1]
    assert not made.fetches.active
    assert not made.fetches.failures
