"""`amitui clean` over the accounts of an organization, on the simulated AWS."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from amitui.cli import main
from amitui.configuration.load import load_settings
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.organization import assume_role
from amitui.demo.seed.accounts import (
    MAIN_ACCESS_KEY,
    PLATFORM_ACCOUNT,
    SECOND_ACCOUNT,
    assumed_key,
)
from amitui.demo.server import dispatch
from amitui.demo.server.main import build_server, listen
from amitui.domain.operations.operation import State
from amitui.services.composition import Services as AppServices
from amitui.services.operations import OperationsService
from tests.support.demo_services import REGION, Services
from tests.support.isolation import demo_keys, move_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from amitui.demo.seed.accounts import Caller
    from amitui.demo.server.http import DemoHttpServer
    from amitui.domain.operations.operation import Operation
    from amitui.errors import AmituiError

RULES = """
[clean.old]
keep = 0
older_than = "100d"
families = ["orbit-*", "platform-*"]
"""


@pytest.fixture
def server() -> Iterator[DemoHttpServer]:
    """A cloud of its own for each test, in which nobody shares an image of Platform Engineering."""
    running = build_server(listen(0), as_of=1_795_219_200, speed=100_000).start()
    with as_platform(running) as platform:
        for image in platform.ec2.describe_images(Owners=["self"])["Images"]:
            platform.ec2.reset_image_attribute(ImageId=image["ImageId"], Attribute="launchPermission")
    yield running
    running.stop()


@contextmanager
def as_platform(server: DemoHttpServer) -> Iterator[Services]:
    with ExitStack() as stack:
        yield Services(server.url, stack, key=assumed_key(PLATFORM_ACCOUNT, read_only=False))


@pytest.fixture
def clean(
    server: DemoHttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`amitui clean` with a profile of the main account; words before `|` are lines of the config."""
    move_home(monkeypatch, tmp_path)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(demo_keys({"hub": MAIN_ACCESS_KEY}))
    config = tmp_path / "config.toml"

    def command(*words: str, marks: str = "", other: str = "clean") -> tuple[int, str, str]:
        config.write_text(RULES + marks)
        options = ("--profile", "hub", "--organization=Member") if other == "clean" else ()
        named = ("old",) if other == "clean" else ()
        code = main(
            [
                other,
                *named,
                *words,
                *options,
                "--region",
                REGION,
                "--endpoint-url",
                server.url,
                "--config",
                str(config),
            ]
        )
        return code, *capsys.readouterr()

    return command


def going(plan: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["AccountId"], one["ImageId"]) for one in plan["Images"] if one["Decision"] != "keep"}


def printed_command(err: str) -> list[str]:
    import shlex

    (line,) = re.findall(r"to carry it out: (amitui clean .*(?:\n +.*)*)", err)
    return shlex.split(line)


def test_a_plan_of_all_accounts_is_carried_out_in_each_under_its_own_name(
    clean: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, _ = clean("--plan", "-o", "json")
    plan = json.loads(out)
    assert code == 0
    assert {account for account, _ in going(plan)} == {SECOND_ACCOUNT, PLATFORM_ACCOUNT}
    assert {"AccountId": SECOND_ACCOUNT, "Name": "Orbit"} in plan["Accounts"]
    code, out, err = clean("--plan")
    assert "ACCOUNT" in out.splitlines()[0]
    assert "Platform Engineering" in out
    words = printed_command(err)
    assert words[:4] == ["amitui", "clean", "old", "--region"]
    assert {"--organization=Member", "--profile", "hub", "--apply", plan["Hash"]} <= set(words)

    code, out, err = clean("--apply", plan["Hash"])
    assert code == 0, out + err
    assert f"{len(going(plan))} of {len(going(plan))} done" in err
    code, out, _ = clean("-o", "json", "--all", other="ops")
    done = {(one["AccountId"], one["Profile"]) for one in json.loads(out)}
    assert done == {
        (account, f"arn:aws:iam::{account}:role/Member:source_profile=hub")
        for account in (SECOND_ACCOUNT, PLATFORM_ACCOUNT)
    }
    assert clean("--plan")[0] == 1, "nothing is left to do"


def test_a_change_in_one_account_refuses_the_plan_of_all(
    clean: Callable[..., tuple[int, str, str]], server: DemoHttpServer
) -> None:
    plan = json.loads(clean("-o", "json")[1])
    image = next(image for account, image in sorted(going(plan)) if account == PLATFORM_ACCOUNT)
    with ExitStack() as stack:
        Services(server.url, stack, key=assumed_key(PLATFORM_ACCOUNT, read_only=False)).ec2.deregister_image(
            ImageId=image
        )
    code, _, err = clean("--apply", plan["Hash"])
    assert code == 2
    assert "the plan is another one by now" in err
    assert image in err
    assert json.loads(clean("-o", "json", "--all", other="ops")[1]) == []


def test_a_read_only_account_is_left_out_and_production_is_confirmed_by_name(
    clean: Callable[..., tuple[int, str, str]],
) -> None:
    marks = '[profiles.Orbit]\nread_only = true\n[profiles."platform*"]\nproduction = true\n'
    code, out, err = clean("-o", "json", marks=marks)
    plan = json.loads(out)
    assert "Orbit is read-only here: it is left out" in err
    assert {account for account, _ in going(plan)} == {PLATFORM_ACCOUNT}
    code, out, err = clean("--apply", plan["Hash"], marks=marks)
    assert code == 2
    assert "this is production: nothing was changed" in err
    assert f"--confirm {PLATFORM_ACCOUNT}" in " ".join(err.split())
    code, out, err = clean("--apply", plan["Hash"], "--confirm", PLATFORM_ACCOUNT, marks=marks)
    assert code == 0, out + err
    assert json.loads(clean("-o", "json")[1])["Images"], "and Orbit's are still there"
    assert {account for account, _ in going(json.loads(clean("-o", "json")[1]))} == {SECOND_ACCOUNT}


def test_an_account_that_cannot_be_read_is_said_and_the_others_are_cleaned_up(
    clean: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(caller: Caller, form: dict[str, str]) -> Any:
        if SECOND_ACCOUNT in form["RoleArn"]:
            raise CloudError("AccessDenied", "not authorized to perform: sts:AssumeRole", 403)
        return assume_role(caller, form)

    monkeypatch.setattr(dispatch, "assume_role", refused)
    code, out, err = clean("--plan")
    assert code == 0
    assert "Platform Engineering" in out
    assert f"Orbit: role Member of account {SECOND_ACCOUNT} cannot be assumed" in err
    code, out, err = clean("--apply", printed_command(err)[-1])
    assert code == 0, out + err


async def recovered(services: AppServices) -> list[Operation]:
    """The operations of the journal, once a start that has one profile alone has brought them to their end."""
    assert not services.members.several
    failures: list[AmituiError] = []
    ended = asyncio.Event()

    def changed(*_: object) -> None:
        if all(one.state.ended for one in operations.engine.operations()):
            ended.set()

    operations = OperationsService(
        services,
        refreshed=lambda _region: None,
        changed=changed,
        failed=lambda error, _doing: failures.append(error),
    )
    try:
        await operations.open()
        assert any(not one.state.ended for one in operations.engine.operations()), "it was killed too late"
        ended.clear()  # what had ended before may have been read first
        changed()
        await asyncio.wait_for(ended.wait(), 120)
        return list(operations.engine.operations())
    finally:
        await operations.close()
        await services.close()
        assert not failures


async def test_what_was_begun_under_a_role_is_recovered_under_it_by_a_start_that_names_no_organization(
    clean: Callable[..., tuple[int, str, str]], server: DemoHttpServer
) -> None:
    roles = {f"arn:aws:iam::{one}:role/Member:source_profile=hub" for one in (SECOND_ACCOUNT, PLATFORM_ACCOUNT)}
    # The first account's operations are begun together, then the second one's.
    for checkpoints in (3, 8):
        code, _, err = await asyncio.to_thread(clean, "--plan")
        assert code == 0
        killed = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.killed_clean", str(checkpoints), *printed_command(err)[1:]),
            env={**os.environ, "COLUMNS": "200"},
            stderr=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert await killed.wait() == -signal.SIGKILL

        alone = {"profile": ("hub",), "regions": (REGION,), "endpoint_url": server.url}
        found = await recovered(AppServices(load_settings(alone, os.environ)))
        assert {one.state for one in found} == {State.DONE}, [one.why for one in found]
    assert {one.profile for one in found} == roles
    subjects = [one.plan.subject for one in found]
    assert len(subjects) == len(set(subjects)) >= 3, "each once"
    with as_platform(server) as platform:
        theirs = [one.plan.subject for one in found if one.account == PLATFORM_ACCOUNT]
        left = platform.ec2.describe_images(Owners=["self"], IncludeDisabled=True)["Images"]
        assert not {one["ImageId"] for one in left} & set(theirs)
