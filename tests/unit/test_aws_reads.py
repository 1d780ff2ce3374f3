"""Reads from AWS for forms and panes: with whose connection, and with what the session knows."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from amitui.domain.launch.inventory import LaunchInventory
from amitui.domain.operations.inventory import Inventory
from amitui.services.aws_reads import AwsReads

ACCOUNT = "111111111111"
NOW = 1_790_000_000


class Connections:
    """Connections that are only their profile's name."""

    def __init__(self) -> None:
        self.requests: list[tuple[str | None, bool]] = []

    async def of(self, profile: str | None, *, renewed: bool = False) -> Any:
        self.requests.append((profile, renewed))
        return f"connection of {profile}"


class Session:
    """Whoever asks."""

    def __init__(self) -> None:
        self.account: str | None = ACCOUNT
        self.connections = Connections()
        self.settings = SimpleNamespace(locations=SimpleNamespace(instance_types_dir="/types"))

    async def connection(self) -> Any:
        return "connection in use"


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def reads(session: Session) -> AwsReads:
    asking: Any = session
    return AwsReads(asking, lambda: NOW, lambda: ["eu-west-1", "us-east-1"])


def recorded(monkeypatch: pytest.MonkeyPatch, module: str, name: str) -> list[tuple[Any, ...]]:
    """What a function of `ec2/reads` is called with from here on."""
    calls: list[tuple[Any, ...]] = []

    async def function(*arguments: Any, **named: Any) -> str:
        calls.append((*arguments, named))
        return "its answer"

    monkeypatch.setattr(f"amitui.ec2.reads.{module}.{name}", function)
    return calls


async def test_copies_are_searched_for_in_the_region_itself_and_in_those_that_are_cached(
    reads: AwsReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = recorded(monkeypatch, "lineage", "lineage")
    assert await reads.lineage("eu-central-1", "ami-1") == "its answer"  # type: ignore[comparison-overlap]
    regions = ["eu-central-1", "eu-west-1", "us-east-1"]
    named = {"account": ACCOUNT, "regions": regions, "now": NOW}
    assert calls == [("connection in use", "eu-central-1", "ami-1", named)]


async def test_a_console_is_read_as_whoever_launched_the_instance(
    reads: AwsReads, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = recorded(monkeypatch, "console", "console_output")
    for profile in ("prod", ""):
        await reads.console_output(profile, "eu-west-1", "i-1")
    assert session.connections.requests == [("prod", True), (None, True)]
    assert [call[0] for call in calls] == ["connection of prod", "connection of None"]


async def test_an_account_that_is_not_known_is_empty_where_ec2_takes_an_id(
    reads: AwsReads, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.account = None
    shared, used = recorded(monkeypatch, "sharing", "sharing"), recorded(monkeypatch, "usage", "usage")
    await reads.sharing("eu-west-1", "ami-1")
    fleets = recorded(monkeypatch, "fleet", "fleet")
    await reads.usage("eu-west-1", ["ami-1"])
    await reads.fleet("eu-west-1")
    assert shared == [("connection in use", "eu-west-1", "ami-1", "", {})]
    assert used == [("connection in use", "eu-west-1", ["ami-1"], {"account": ""})]
    assert fleets == [("connection in use", "eu-west-1", {"account": ""})]


@pytest.mark.parametrize("protocol", [Inventory, LaunchInventory])
def test_every_read_that_a_form_may_ask_for_is_there_with_the_same_parameters(protocol: type) -> None:
    wanted = {
        name: list(inspect.signature(member).parameters)
        for name, member in inspect.getmembers(protocol, inspect.iscoroutinefunction)
    }
    assert "keys" in wanted
    for name, parameters in wanted.items():
        assert list(inspect.signature(getattr(AwsReads, name)).parameters) == parameters
