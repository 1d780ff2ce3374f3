"""`--organization` on the simulated AWS: its accounts, what is remembered of them, and one that fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from amitui.cli import main
from amitui.cli.audit import UNREAD
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.organization import assume_role, organization_answer
from amitui.demo.seed.accounts import (
    MAIN_ACCESS_KEY,
    MAIN_ACCOUNT,
    PLATFORM_ACCOUNT,
    RESEARCH_ACCOUNT,
    SECOND_ACCESS_KEY,
    SECOND_ACCOUNT,
)
from amitui.demo.server import dispatch
from amitui.demo.server.main import build_server, listen
from amitui.ec2 import http_sessions
from amitui.identity.roles import role_profile
from amitui.paths import locate
from amitui.presentation.audit_rows import columns, row_runs
from amitui.presentation.glyphs import UNICODE
from amitui.services.composition import Services, clock
from amitui.services.connections import Connections
from amitui.services.fleet_audit import FleetAudit
from amitui.services.organization import OLD_AFTER_S
from amitui.settings import Settings
from tests.support.isolation import demo_keys, move_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller
    from amitui.demo.server.http import DemoHttpServer

REGION = "us-east-1"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoHttpServer]:
    running = build_server(listen(0), as_of=1_795_219_200).start()
    yield running
    running.stop()


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Organizations was asked."""
    asked: list[str] = []
    answer = organization_answer

    def noted(target: str, body: bytes, caller: Caller) -> bytes:
        asked.append(target.rpartition(".")[2])
        return answer(target, body, caller)

    monkeypatch.setattr(dispatch, "organization_answer", noted)
    return asked


@pytest.fixture
def run(
    server: DemoHttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """amitui with an empty cache and a profile of the main account."""
    move_home(monkeypatch, tmp_path)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(demo_keys({"hub": MAIN_ACCESS_KEY, "spoke": SECOND_ACCESS_KEY}))

    def command(*words: str) -> tuple[int, str, str]:
        return main([*words, "--endpoint-url", server.url]), *capsys.readouterr()

    return command


def test_every_account_is_audited_through_the_role_and_the_list_is_remembered(
    run: Callable[..., tuple[int, str, str]], listed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("audit", REGION, "--profile", "hub", "--organization=Reader", "-o", "json")
    code, out, err = run(*words)
    assert code == 0, err
    assert listed == ["ListAccounts", "ListAccounts"], "two pages"
    assert f"1 account of the organization left out: Research (closed) ({RESEARCH_ACCOUNT}, suspended)" in err
    found = json.loads(out)["Findings"]
    names = {(one["AccountId"], one["AccountName"]) for one in found}
    assert names == {(MAIN_ACCOUNT, "Acme"), (SECOND_ACCOUNT, "Orbit")}
    assert f"{REGION} (Platform Engineering): nothing stands on images" in err
    assert {one["Profile"] for one in found if one["AccountId"] == SECOND_ACCOUNT} == {
        f"arn:aws:iam::{SECOND_ACCOUNT}:role/Reader:source_profile=hub"
    }

    listed.clear()
    code, out, err = run(*words[:-2], "--account", "orbit", "--account", PLATFORM_ACCOUNT)
    assert code == 0
    assert listed, "another choice of accounts is listed for itself"
    assert "Acme" not in out + err
    table = out.splitlines()
    assert "orbit-worker" in out

    listed.clear()
    again = run(*words[:-2], "--account", "orbit", "--account", PLATFORM_ACCOUNT)
    assert not listed
    assert again[1].splitlines() == table
    monkeypatch.setattr("amitui.cli.organization.clock", lambda: clock() + OLD_AFTER_S)
    run(*words)
    assert listed, "what is older than a day is listed again"


def test_a_role_that_is_missing_in_one_account_is_said_beside_the_rows_of_the_others(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assume = assume_role

    def refused(caller: Caller, form: dict[str, str]) -> Params:
        if PLATFORM_ACCOUNT in form["RoleArn"]:
            raise CloudError("AccessDenied", "not authorized to perform: sts:AssumeRole", 403)
        return assume(caller, form)

    monkeypatch.setattr(dispatch, "assume_role", refused)
    code, out, err = run("audit", REGION, "--profile", "hub", "--organization=Reader")
    assert code == UNREAD
    assert f"Platform Engineering: role Reader of account {PLATFORM_ACCOUNT} cannot be assumed" in err
    assert "orbit-worker" in out
    head = out.splitlines()[0].split()
    assert "ACCOUNT" in head


def test_an_account_that_may_not_list_the_others_is_told_so_and_nothing_else_is_asked(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, err = run("audit", REGION, "--profile", "spoke", "--organization=Reader")
    assert (code, out) == (3, "")
    assert "this account may not list the organization's accounts" in err
    assert "delegated administrator" in err


def test_offline_the_accounts_are_those_that_were_listed(run: Callable[..., tuple[int, str, str]]) -> None:
    words = ("audit", REGION, "--profile", "hub", "--organization=Reader")
    code, _, err = run(*words, "--offline")
    assert code == 2
    assert "the accounts of the organization are not known" in err
    assert run(*words)[0] == 0
    code, _, err = run(*words, "--offline")
    assert "are not known" not in err
    assert "--offline never contacts AWS" in err


async def test_the_screens_audit_of_a_region_is_of_all_accounts_and_names_the_one_that_cannot_be_read(
    server: DemoHttpServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(caller: Caller, form: dict[str, str]) -> Params:
        if PLATFORM_ACCOUNT in form["RoleArn"]:
            raise CloudError("AccessDenied", "not authorized to perform: sts:AssumeRole", 403)
        return assume_role(caller, form)

    monkeypatch.setattr(dispatch, "assume_role", refused)
    roles = [role_profile(account, "Reader").name for account in (SECOND_ACCOUNT, PLATFORM_ACCOUNT)]
    settings = Settings(
        locate({"HOME": str(tmp_path)}),
        demo=True,
        endpoint_url=server.url,
        members=("", *roles),
        accounts=((MAIN_ACCOUNT, "Acme"), (SECOND_ACCOUNT, "Orbit"), (PLATFORM_ACCOUNT, "Platform")),
    )
    services = Services(settings)
    services.members.recall()
    found = await FleetAudit(services).of_accounts(REGION)
    await services.close()
    assert {(one.account, one.account_name) for one in found.findings} == {
        (MAIN_ACCOUNT, "Acme"),
        (SECOND_ACCOUNT, "Orbit"),
    }
    ranks = [one.judgement.worst.rank for one in found.findings]
    assert ranks == sorted(ranks)
    (words,) = found.unknown
    assert words.startswith(f"Platform: role Reader of account {PLATFORM_ACCOUNT} cannot be assumed")
    placed = columns(found.findings, 120)
    assert placed.account == len("Orbit")
    row = next(one for one in found.findings if one.account == SECOND_ACCOUNT)
    assert "Orbit" in "".join(text for text, _ in row_runs(row, placed, UNICODE))
    assert columns([one for one in found.findings if one.account == MAIN_ACCOUNT], 120).account == 0


async def test_accounts_that_are_used_together_share_their_connections(
    server: DemoHttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    accept = server.process_request

    def accepted(request: object, address: object) -> None:
        opened.append(address)
        accept(request, address)

    monkeypatch.setattr(server, "process_request", accepted)
    roles = [role_profile(account, "Reader").name for account in (SECOND_ACCOUNT, PLATFORM_ACCOUNT)]
    settings = Settings(locate({"HOME": "/nowhere"}), demo=True, endpoint_url=server.url, members=("", *roles))
    connections = Connections(settings)
    for region in (REGION, "eu-west-1", REGION):
        for profile in settings.members:
            found = await (await connections.of(profile)).call(region, "describe_regions", "list the Regions")
            assert found["Regions"]
    assert len(opened) == 1 + len(roles), "one for EC2, and one for STS and each role"
    await connections.drop("")
    await (await connections.of(roles[0])).call(REGION, "describe_regions", "list the Regions")
    assert len(opened) == 1 + len(roles), "what the others use stays open"
    assert http_sessions._shared
    await connections.close()
    assert not http_sessions._shared
