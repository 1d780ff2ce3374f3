"""`amitui find` and `amitui sync` with several profiles, on the simulated EC2 of two accounts."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from amitui.cli import main
from amitui.configuration.load import load_settings
from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import (
    MAIN_ACCESS_KEY,
    MAIN_ACCOUNT,
    PLATFORM_ACCOUNT,
    READER_ACCESS_KEY,
    SECOND_ACCESS_KEY,
    SECOND_ACCOUNT,
)
from amitui.domain.catalogue.scope import Scope
from amitui.domain.operations.plans.change import describe_plan
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.ec2.boto import HELPER_S
from amitui.errors import ReadOnlyError
from amitui.services.composition import Services
from amitui.services.operations import OperationsService
from amitui.settings import ProfileSettings
from tests.support.demo_services import REGION
from tests.support.demo_services import Services as BotoServices
from tests.support.isolation import move_home
from tests.support.limits import Limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

BOTH = ("--profile", "one", "--profile", "other")
CONFIG = f"""
[profile one]
endpoint_url = URL
aws_access_key_id = {MAIN_ACCESS_KEY}
aws_secret_access_key = demo
[profile twin]
endpoint_url = URL
aws_access_key_id = {READER_ACCESS_KEY}
aws_secret_access_key = demo
[profile other]
endpoint_url = URL
aws_access_key_id = {SECOND_ACCESS_KEY}
aws_secret_access_key = demo
[profile elsewhere]
aws_access_key_id = {SECOND_ACCESS_KEY}
aws_secret_access_key = demo
endpoint_url = http://127.0.0.1:1
[sso-session corp]
sso_region = us-east-1
sso_start_url = https://corp.example/start
[profile expired]
endpoint_url = URL
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Reader
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def images(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.out)["Images"]
        return found


@pytest.fixture(scope="module")
def cloud() -> Iterator[tuple[str, str]]:
    """Its URL, and an image of the first account that the second one may launch."""
    with ExitStack() as stack, DemoProcess(speed=100_000) as process:
        aws = BotoServices(process.url, stack)
        own = aws.ec2.describe_images(Owners=["self"], Filters=[{"Name": "is-public", "Values": ["false"]}])
        shared = min(str(one["ImageId"]) for one in own["Images"] if one["State"] == "available")
        aws.ec2.modify_image_attribute(ImageId=shared, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]})
        yield process.url, shared


@pytest.fixture
def run(
    cloud: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """A command, with a cache that is empty at first; Mine and Shared are meant."""
    move_home(monkeypatch, tmp_path)
    (tmp_path / "config").write_text(CONFIG.replace("URL", cloud[0]))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    def call(command: str, *words: str, offline: bool = False) -> Ran:
        where = ("--region", REGION, "--scope", "mine,shared", *(("--offline",) if offline else ()))
        code = main([command, *words, *where])
        return Ran(code, *capsys.readouterr())

    return call


def test_each_accounts_own_images_are_found_once_and_named(
    run: Callable[..., Ran], cloud: tuple[str, str], tmp_path: Path
) -> None:
    book = tmp_path / "config.toml"
    book.write_text(f'accounts = ["one", "other"]\n[account_names]\n{PLATFORM_ACCOUNT} = "platform team"\n')
    found = run("find", *BOTH, "-o", "json", "--include-deprecated")
    assert found.code == 0
    assert [" mine of " in line or " shared of " in line for line in found.err.splitlines()] == [True] * 4
    by_id = {one["ImageId"]: one for one in found.images}
    assert len(by_id) == len(found.images)
    accounts = {one["Amitui"]["Account"] for one in found.images}
    assert accounts == {MAIN_ACCOUNT, SECOND_ACCOUNT}
    assert {one["Amitui"]["Account"] for one in found.images if one["OwnerId"] == SECOND_ACCOUNT} == {
        SECOND_ACCOUNT
    }
    # Its owner is asked about an image that is shared with the other account.
    assert (
        by_id[cloud[1]]["Amitui"] | {"Account": MAIN_ACCOUNT, "AccountName": "one", "Trust": "own"}
        == (by_id[cloud[1]]["Amitui"])
    )

    alone = run("find", "--profile", "other", "-o", "json", "--include-deprecated", offline=True)
    assert cloud[1] in {one["ImageId"] for one in alone.images}
    assert all("Account" not in one["Amitui"] for one in alone.images)
    assert {one["OwnerId"] for one in alone.images} >= {SECOND_ACCOUNT}
    assert not [one for one in by_id.values() if one["OwnerId"] == PLATFORM_ACCOUNT and one in alone.images]

    rows = list(csv.DictReader(io.StringIO(run("find", *BOTH, "-o", "csv", offline=True).out)))
    assert {(row["Account"], row["AccountName"]) for row in rows} == {
        (MAIN_ACCOUNT, "one"), (SECOND_ACCOUNT, "other"),
    }  # fmt: skip
    named = csv.DictReader(io.StringIO(run("find", "--config", str(book), "-o", "csv", offline=True).out))
    assert {row["OwnerId"]: row["OwnerName"] for row in named if row["OwnerName"]} == {
        MAIN_ACCOUNT: "one",
        SECOND_ACCOUNT: "other",
        PLATFORM_ACCOUNT: "platform team",
    }
    table = run("find", "--config", str(book), offline=True).out
    assert table.splitlines()[0].split()[:3] == ["IMAGE", "ID", "ACCOUNT"]
    assert "platform team" in table


def test_what_is_wrong_with_an_account_is_said_beside_the_rows_of_the_others(run: Callable[..., Ran]) -> None:
    names = [word for name in ("expired", "missing", "elsewhere", "twin") for word in ("--profile", name)]
    synced = run("sync", *BOTH, *names)
    assert synced.code == 3
    said = [line for line in synced.err.splitlines() if line.startswith("amitui: ")]
    assert len(said) == 4
    assert "aws sso login --profile expired" in synced.err
    assert "amitui: there is no profile missing" in said
    assert "amitui: profile elsewhere uses another endpoint: http://127.0.0.1:1" in said
    assert f"amitui: profile twin is account {MAIN_ACCOUNT}, as profile one is, which is used" in said
    assert synced.err.count("images in") == 4
    rows = run("find", *BOTH, *names, "-o", "json")
    assert rows.code == 0
    assert {one["Amitui"]["Account"] for one in rows.images} == {MAIN_ACCOUNT, SECOND_ACCOUNT}
    assert "there is no profile missing" in rows.err
    nothing = run("find", "no-such-image", *BOTH, *names)
    assert (nothing.code, nothing.out) == (3, "")


@pytest.fixture
async def operating(
    run: Callable[..., Ran], cloud: tuple[str, str], tmp_path: Path
) -> AsyncIterator[Callable[[str], Awaitable[tuple[Services, OperationsService]]]]:
    """The operations of a session of both accounts, of which one is read-only."""
    async with AsyncExitStack() as stack:

        async def made(read_only: str) -> tuple[Services, OperationsService]:
            marks = ((read_only, ProfileSettings(read_only=True)),)
            settings = load_settings({"profile": ("one", "other"), "regions": (REGION,)}, os.environ)
            services = Services(settings._replace(profiles=marks))
            stack.push_async_callback(services.close)
            services.members.recall()
            await services.members.identify()
            found = OperationsService(
                services, refreshed=lambda _: None, changed=lambda *_: None, failed=lambda *_: None
            )
            stack.push_async_callback(found.close)
            return services, found

        yield made


def facts_of(aws: BotoServices) -> ImageFacts:
    """An image of the account's own."""
    owned = aws.ec2.describe_images(Owners=["self"])["Images"]
    one = next(one for one in owned if one["State"] == "available")
    return ImageFacts(REGION, one["ImageId"], name=one["Name"], owner_id=one["OwnerId"])


@pytest.mark.parametrize(("read_only", "free"), [("other", "one"), ("one", "other")])
async def test_an_image_of_a_read_only_account_is_left_alone_while_anothers_is_changed(
    operating: Callable[[str], Awaitable[tuple[Services, OperationsService]]],
    cloud: tuple[str, str],
    read_only: str,
    free: str,
) -> None:
    services, service = await operating(read_only)
    members = {one.name: one for one in services.members.all}
    keys = {"one": MAIN_ACCESS_KEY, "other": SECOND_ACCESS_KEY}
    images = {}
    with ExitStack() as stack:
        for name, key in keys.items():
            images[name] = facts_of(BotoServices(cloud[0], stack, key=key))
    acting = {name: services.members.owner_of(_seen(facts)) for name, facts in images.items()}
    assert acting == members
    plans = {name: [describe_plan(facts, f"by {name}")] for name, facts in images.items()}

    assert service.may_change(member=members[free])
    refused = service.may_change(member=members[read_only])
    assert refused.reason.startswith(f"amitui is read-only here: profile {read_only}")
    with pytest.raises(ReadOnlyError):
        await service.submit(plans[read_only], members[read_only])
    assert not service.read_so_far()

    permissions = await service.check(plans[free], member=members[free])
    assert [one.allowed for one in permissions] == [True]
    (submitted,) = await service.submit(plans[free], members[free])
    account = MAIN_ACCOUNT if free == "one" else SECOND_ACCOUNT
    assert (submitted.account, submitted.profile) == (account, free)
    assert not service.may_change(operation=submitted._replace(profile=read_only, account=""))


def _seen(facts: ImageFacts) -> Any:
    return SimpleNamespace(owner_id=facts.owner_id, seen_by="")


def test_a_search_by_account_finds_just_the_rows_that_the_column_names_so(
    run: Callable[..., Ran], capsys: pytest.CaptureFixture[str]
) -> None:
    # Nothing is cached and public images cannot match: only what the accounts alone see is fetched.
    assert main(["find", "account:other", *BOTH, "--region", REGION, "-o", "id"]) == 0
    fetched = capsys.readouterr().err.splitlines()
    assert len(fetched) == 4
    assert all(" mine of " in line or " shared of " in line for line in fetched)
    rows = run("find", *BOTH, "-o", "json", offline=True).images
    named = {
        name: {one["ImageId"] for one in rows if one["Amitui"]["AccountName"] == name} for name in ("one", "other")
    }
    assert all(named.values())

    def found(text: str, *profiles: str) -> set[str]:
        return {
            one["ImageId"] for one in run("find", text, *(profiles or BOTH), "-o", "json", offline=True).images
        }

    for name, account in (("one", MAIN_ACCOUNT), ("other", SECOND_ACCOUNT)):
        for value in (name, account, f"{name[:2]}*", account[:5]):
            assert found(f"account:{value}") == named[name], value
    assert found("account:one,other") == found("account:*") == named["one"] | named["other"]
    assert found("-account:one") == named["other"]
    assert found("account:other", "--profile", "other") >= named["other"]
    facets = json.loads(run("find", *BOTH, "--facets", "-o", "json", offline=True).out)["facets"]
    assert {value["filter"]: value["images"] for value in facets["account"]} == {
        f"account:{name}": len(images) for name, images in named.items()
    }
    alone = json.loads(run("find", "--profile", "one", "--facets", "-o", "json", offline=True).out)["facets"]
    assert "account" not in alone
    unknown = run("find", "account:nobody", *BOTH, offline=True)
    assert (unknown.code, unknown.out) == (2, "")
    assert "no account in use is called 'nobody'" in unknown.err
    assert "one, other" in unknown.err


def test_fresh_asks_each_account_about_its_own_images(run: Callable[..., Ran]) -> None:
    before = run("find", *BOTH, "-o", "json")
    fresh = run("find", *BOTH, "-o", "json", "--fresh")
    assert fresh.code == 0, fresh.err
    assert {one["ImageId"] for one in fresh.images} == {one["ImageId"] for one in before.images}
    assert {one["Amitui"]["Account"] for one in fresh.images} == {MAIN_ACCOUNT, SECOND_ACCOUNT}


async def test_public_images_come_from_the_next_account_when_the_program_of_the_first_ones_credentials_hangs(
    cloud: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_home(monkeypatch, tmp_path)
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n: > {begun}\nexec tail -f /dev/null\n")
    program.chmod(0o755)
    hanging = f"[profile hanging]\nendpoint_url = {cloud[0]}\ncredential_process = {program}\n"
    (tmp_path / "config").write_text(CONFIG.replace("URL", cloud[0]) + hanging)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    limits = Limits("amitui.services.identifying", monkeypatch)
    services = Services(load_settings({"profile": ("hanging", "other"), "regions": (REGION,)}, os.environ))
    try:
        asking = asyncio.create_task(services.members.identify())
        assert await asyncio.to_thread(begun.read_bytes) == b"", "it has begun"
        limits.made[0].end()
        await asking
        (late,) = services.members.problems
        assert (late.profile, late.problem and late.problem.why) == (
            "hanging",
            "credential_process of profile hanging gave none within 45 seconds",
        )
        (public,) = services.catalogue.shards([Scope.parse("amazon")], [REGION])
        done = await services.catalogue.refresh(public, lambda _: None)
        assert done.records > 0
    finally:
        await services.close()


@pytest.mark.parametrize("chosen_later", [False, True])
async def test_public_images_come_from_the_next_account_when_the_first_ones_credentials_are_not_renewed(
    cloud: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen_later: bool
) -> None:
    move_home(monkeypatch, tmp_path)
    begun, once = tmp_path / "begun", tmp_path / "once"
    os.mkfifo(begun)
    keys = {"Version": 1, "AccessKeyId": MAIN_ACCESS_KEY, "SecretAccessKey": "demo"}
    given = json.dumps(keys | {"Expiration": "2099-01-01T00:00:00Z"})
    program = tmp_path / "program"
    program.write_text(
        f"#!/bin/sh\nif mkdir {once} 2>&-; then echo '{given}'; exit; fi\n: > {begun}\nexec tail -f /dev/null\n"
    )
    program.chmod(0o755)
    ending = f"[profile ending]\nendpoint_url = {cloud[0]}\ncredential_process = {program}\n"
    (tmp_path / "config").write_text(CONFIG.replace("URL", cloud[0]) + ending)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    first = ("ending",) if chosen_later else ("ending", "other")
    services = Services(load_settings({"profile": first, "regions": (REGION,)}, os.environ))
    try:
        await services.members.identify()
        if chosen_later:
            await services.members.choose(["ending", "other"])
            await services.members.identify()
        assert not services.members.problems
        connection = await services.session.connection()
        assert connection._session is not None
        limits = Limits("amitui.ec2.boto", monkeypatch)
        credentials = await connection._session.get_credentials()
        credentials._expiry_time = datetime.now(UTC)
        (public,) = services.catalogue.shards([Scope.parse("amazon")], [REGION])
        fetching = asyncio.create_task(services.catalogue.refresh(public, lambda _: None))
        assert await asyncio.to_thread(begun.read_bytes) == b"", "it has begun"
        assert limits.made[-1].seconds == HELPER_S
        limits.made[-1].end()
        assert (await fetching).records > 0
    finally:
        await services.close()
