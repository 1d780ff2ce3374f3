"""`amitui ssm`: the public parameters behind images, read from the demo's Systems Manager or listed offline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from amitui.cli import main
from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from tests.support.isolation import move_home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    move_home(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", MAIN_ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "demo")
    with DemoProcess() as process:
        yield process.url


def test_parameters_are_listed_with_the_image_that_each_stands_for(
    demo: str, capsys: pytest.CaptureFixture[str]
) -> None:
    here = ["--region", "us-east-1", "--endpoint-url", demo, "--scope", "099720109477"]

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["ssm", *words, *here])
        return code, *capsys.readouterr()

    def find(*words: str) -> dict[str, str]:
        assert main(["find", *words, "-o", "jsonl", "--limit", "1", *here]) == 0
        found: dict[str, str] = json.loads(capsys.readouterr().out)
        return found

    code, out, _ = run("ubuntu", "24.04", "server")
    heads, first, *_ = out.splitlines()
    assert (code, heads.split()) == (0, ["IMAGE", "ID", "REGION", "VERSION", "DATE", "PATH"])
    newest = find("ubuntu 24.04 arch:x86_64")["ImageId"]
    assert (first.split()[0], first.split()[1], first.split()[-1]) == (newest, "us-east-1", UBUNTU)

    code, out, _ = run(newest, "-o", "json")
    (entry,) = json.loads(out)
    assert (code, entry["Path"], entry["ImageId"]) == (0, UBUNTU, newest)
    assert entry["LastModified"][:2] == "20"

    assert run("ubuntu", "24.04", "arch:x86_64", "-o", "resolve")[1].splitlines()[0] == f"resolve:ssm:{UBUNTU}"
    assert run("ubuntu", "24.04", "--offline")[1].splitlines()[0] == UBUNTU
    listed = json.loads(run("ubuntu", "24.04", "--offline", "-o", "json", "--region", "eu-west-1")[1])
    assert listed[0] == {"Path": UBUNTU, "Resolve": f"resolve:ssm:{UBUNTU}"}
    assert len({entry["Path"] for entry in listed}) == len(listed)

    code, out, err = run("resolve:ssm:/aws/service/nothing/there")
    assert (code, out.splitlines()[1].startswith("not there")) == (1, True)
    assert "us-east-1 has none of these parameters" in err
    code, out, err = run("no-such-thing-anywhere", "--offline")
    assert (code, out) == (1, "")
    assert "no public parameter is known for what matches 'no-such-thing-anywhere'" in err

    ssm = boto3.client(
        "ssm",
        region_name="us-east-1",
        endpoint_url=demo,
        aws_access_key_id=MAIN_ACCESS_KEY,
        aws_secret_access_key="demo",
    )
    ssm.put_parameter(Name="/acme/golden", Value=newest, Type="String")
    answer = ssm.get_parameters(Names=["/acme/golden", UBUNTU, "/aws/service/none", "/acme/none"])
    assert {entry["Name"]: entry["Value"] for entry in answer["Parameters"]} == {
        "/acme/golden": newest,
        UBUNTU: newest,
    }
    assert sorted(answer["InvalidParameters"]) == ["/acme/none", "/aws/service/none"]
    assert ssm.get_parameter(Name=UBUNTU)["Parameter"]["Value"] == newest
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name="/aws/service/none")


def test_a_mistyped_region_is_said_with_the_one_that_was_meant_and_nothing_else(
    demo: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--endpoint-url", demo, "--scope", "099720109477", "-o", "id"]
    mistyped = [
        "amitui: EC2 does not know the Region eu-wset-1",
        "Credential should be scoped to a valid region.",
        "did you mean eu-west-1? check the Region name: r on the screen, or aws ec2 describe-regions, lists them",
    ]

    def run(*words: str) -> tuple[int, list[str], list[str]]:
        code = main(["find", "ubuntu 24.04", *words, *where])
        out, err = capsys.readouterr()
        # Fetches that succeed are said as well.
        return code, out.splitlines(), [one.strip() for one in err.splitlines() if " images in " not in one]

    assert run("--region", "eu-wset-1") == (3, [], mistyped)
    code, out, said = run("--region", "eu-west-1", "--region", "eu-wset-1")
    assert (code, bool(out), said[:3]) == (3, True, mistyped)
    assert said[-1] == (
        "amitui: Canonical (099720109477) of eu-wset-1 could not be fetched, so the right image may be missing"
    )
    assert "cached so far" not in " ".join(said)
    code, out, said = run("--region", "eu-wset-1", "--offline")
    assert (code, out, said[-1].split(";")[0]) == (
        1,
        [],
        "amitui: no image of 099720109477 in eu-wset-1 cached so far",
    )
