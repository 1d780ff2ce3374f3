"""Two accounts publish to a bucket and pull from it: deploy/ allows what they called, and no more."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
import yaml  # type: ignore[import-untyped]

from amitui.cli import main
from amitui.ec2.policy import publish_policy, pull_policy
from amitui.ec2.session import Ec2Connection
from tests.support.catalogue_changes import churn, synthetic_catalogue
from tests.support.catalogue_ec2 import REGION, CatalogueEc2, catalogue_ec2
from tests.support.iam import Call, Policy, allowing, listed, needs_of
from tests.support.moto_server import BUCKET, moto_server

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOY = Path(__file__).parents[2] / "deploy"
ONE, OTHER = "111122223333", "444455556666"
KEYS = {"one": ("AKIAONE", ONE), "other": ("AKIAOTHER", OTHER)}
PREFIX = "team/amitui"
ADDRESS = f"s3://{BUCKET}/{PREFIX}"
BOTH = ("--profile", "one", "--profile", "other")


def _own(number: int, owner: str) -> dict[str, Any]:
    return {
        "ImageId": f"ami-0{owner[:4]}{number:012x}",
        "Name": f"golden-{owner}-{number}",
        "OwnerId": owner,
        "Public": False,
        "State": "available",
        "Architecture": "x86_64",
        "CreationDate": "2025-03-01T10:00:00.000Z",
    }


def _names(account: str) -> set[str]:
    return {f"golden-{account}-{number}" for number in range(3)}


class World(NamedTuple):
    fake: CatalogueEc2
    calls: list[Call]
    folder: Path
    bucket: Any
    """A boto3 client."""

    def run(self, machine: str, command: str, *words: str) -> int:
        where = ("--cache-dir", str(self.folder / machine))
        return main([command, *words, *where])

    def published(self) -> set[str]:
        found = self.bucket.list_objects_v2(Bucket=BUCKET).get("Contents", ())
        return {one["Key"].removeprefix(f"{PREFIX}/") for one in found}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in list(os.environ):
        if name.startswith(("AWS_", "AMITUI_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    catalogue = synthetic_catalogue(120)
    for owner in (ONE, OTHER):
        for number in range(3):
            catalogue.add(_own(number, owner))
    calls: list[Call] = []
    _record(calls, monkeypatch)
    with catalogue_ec2(catalogue) as fake, moto_server(BUCKET) as s3:
        fake.accounts = dict(KEYS.values())
        config = "".join(
            f"[profile {name}]\nregion = {REGION}\nendpoint_url = {fake.url}\n"
            f"aws_access_key_id = {key}\naws_secret_access_key = secret\n"
            for name, (key, _) in KEYS.items()
        )
        (tmp_path / "config").write_text(config)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3)
        client = boto3.client("s3", endpoint_url=s3, region_name=REGION,
                              aws_access_key_id="x", aws_secret_access_key="x")  # fmt: skip
        yield World(fake, calls, tmp_path, client)
        client.close()


def _record(calls: list[Call], monkeypatch: pytest.MonkeyPatch) -> None:
    """Note every operation of every client of AWS that is made from now on."""
    made = Ec2Connection.client
    # Kept: one that is gone would leave its id to a later one, whose calls would go unnoticed.
    seen: dict[int, Any] = {}

    async def noted(self: Ec2Connection, region: str, service: str = "ec2", *, once: bool = False) -> Any:
        client = await made(self, region, service, once=once)
        if id(client) not in seen:
            seen[id(client)] = client
            account = KEYS[str(self.target.profile)][1]

            def begun(params: dict[str, Any], model: Any, **_: Any) -> None:
                calls.append(Call(account, service, model.name, dict(params)))

            def answered(parsed: dict[str, Any], **_: Any) -> None:
                if parsed.get("Error", {}).get("Code") == "NoSuchKey":
                    calls[-1] = calls[-1]._replace(missing=True)

            client.meta.events.register("before-parameter-build", begun)
            client.meta.events.register("after-call", answered)
        return client

    monkeypatch.setattr(Ec2Connection, "client", noted)


def _deployed(name: str) -> Policy:
    text = (DEPLOY / f"iam/{name}.json").read_text()
    policy: Policy = json.loads(text.replace("BUCKET", BUCKET).replace("PREFIX", PREFIX))
    return policy


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    pass


for _tag in ("!Ref", "!Sub", "!GetAtt"):
    _Loader.add_constructor(_tag, lambda loader, node: loader.construct_scalar(node))


def _of_template(account: str) -> Policy:
    """What the template's task may do in an account."""
    template = yaml.load((DEPLOY / "fargate.yaml").read_text(), Loader=_Loader)
    text = json.dumps(template["Resources"]["TaskRole"]["Properties"]["Policies"][0]["PolicyDocument"])
    values = {"AWS::Partition": "aws", "AWS::AccountId": account, "Bucket": BUCKET, "Prefix": PREFIX}
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    policy: Policy = json.loads(text)
    return policy


def _used(policy: Policy, calls: list[Call]) -> set[tuple[int, str, str]]:
    """The parts of a policy that calls need; all have to be allowed."""
    used = set()
    for call in calls:
        for need in needs_of(call):
            by = allowing(policy, need, call.account)
            assert by, f"{call.operation} needs {need}"
            used |= by
    return used


def _parts(policy: Policy) -> set[tuple[int, str, str]]:
    return {
        (number, action, resource)
        for number, statement in enumerate(policy["Statement"])
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def _found(capsys: pytest.CaptureFixture[str]) -> set[str]:
    return {one["Name"] for one in json.loads(capsys.readouterr().out)["Images"]}


def test_two_accounts_share_a_bucket_within_the_policies_which_allow_nothing_that_is_not_called(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    scopes = ("--scope", "amazon,mine")
    job = ("sync", *BOTH, *scopes, "--region", REGION)
    # EC2 answers so in a Region that is not enabled: which are, is asked then.
    refused = "AWS was not able to validate the provided access credentials"
    world.fake.fail("DescribeImages", 401, "AuthFailure", refused, times=8)
    assert world.run("disabled", *job) == 3
    world.fake.recover()
    assert world.run("job", *job, "--publish", ADDRESS) == 0
    assert {key.split("/")[0] for key in world.published()} == {"public"}, (
        "private images only where they are asked for"
    )
    capsys.readouterr()

    assert world.run("job", "publish", *BOTH, ADDRESS, "--include-mine") == 0
    said = capsys.readouterr().err
    assert f"images of account {ONE}" in said
    assert f"images of account {OTHER}" in said
    assert {"/".join(key.split("/")[:2]) for key in world.published() if key.startswith("accounts")} == {
        f"accounts/{ONE}", f"accounts/{OTHER}",
    }  # fmt: skip

    # What is replaced is deleted: every permission is needed.
    before = world.published()
    with world.fake.changing() as catalogue:
        churn(catalogue, 0.3, seed=2, as_of=world.fake.now)
    for _ in range(2):
        assert world.run("job", *job, "--full") == 0
        assert world.run("job", "publish", *BOTH, ADDRESS, "--include-mine", "--grace", "0") == 0
    assert before - world.published()
    published, world.calls[:] = list(world.calls), []

    for policy in (_deployed("publisher"), publish_policy(BUCKET, f"{PREFIX}/")):
        assert _used(policy, published) == _parts(policy)
    for account in (ONE, OTHER):
        _used(_of_template(account), [call for call in published if call.account == account])

    for name, (_, account) in KEYS.items():
        assert world.run(name, "pull", "--profile", name, ADDRESS) == 0
        find = (
            "find",
            "golden",
            "--profile",
            name,
            "--region",
            REGION,
            "--scope",
            "mine",
            "--offline",
            "-o",
            "json",
        )
        capsys.readouterr()
        assert world.run(name, *find) == 0
        assert _found(capsys) == _names(account)
        mine = [call for call in world.calls if call.account == account and call.service == "s3"]
        others = ONE if account == OTHER else OTHER
        assert mine
        assert not [call for call in mine if others in call.parameters["Key"]], "not even asked for"
    assert world.run("both", "pull", *BOTH, ADDRESS) == 0
    capsys.readouterr()
    assert world.run("both", *find[:2], *BOTH, *find[4:]) == 0
    assert _found(capsys) == _names(ONE) | _names(OTHER)
    assert all(
        call.account in call.parameters["Key"] for call in world.calls if "accounts/" in call.parameters["Key"]
    )

    # Where nothing is published yet, S3 has to say so, which takes a permission of its own.
    for one in world.bucket.list_objects_v2(Bucket=BUCKET)["Contents"]:
        world.bucket.delete_object(Bucket=BUCKET, Key=one["Key"])
    assert world.run("none", "pull", *BOTH, ADDRESS) == 4
    for policy in (_deployed("reader"), pull_policy(BUCKET, f"{PREFIX}/")):
        used = _used(policy, [call for call in world.calls if call.service == "s3"])
        assert used == _parts(policy)


def test_what_fails_for_one_account_is_said_and_the_others_are_published_and_pulled(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    place = world.folder / "shared"
    place.mkdir()
    assert world.run("job", "sync", *BOTH, "--scope", "amazon,mine", "--region", REGION) == 0
    (place / "accounts").mkdir()
    (place / "accounts" / ONE).write_text("in the way")
    capsys.readouterr()
    assert world.run("job", "publish", *BOTH, str(place), "--include-mine") == 4
    said = capsys.readouterr().err
    assert f"not published: images of account {ONE}" in said
    assert f"published images of account {OTHER}" in said
    assert "published public images" in said

    (place / "accounts" / ONE).unlink()
    (place / "accounts" / ONE / "manifest.json").mkdir(parents=True)
    assert world.run("reader", "pull", *BOTH, str(place)) == 4
    said = capsys.readouterr().err
    assert f"not pulled: images of account {ONE}" in said
    find = ("find", "golden", *BOTH, "--region", REGION, "--scope", "mine", "--offline", "-o", "json")
    assert world.run("reader", *find) == 0
    assert _found(capsys) == _names(OTHER)
