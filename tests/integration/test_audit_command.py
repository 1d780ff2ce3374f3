"""`amitui audit` on the simulated AWS, in which boto3 made a fleet with one image of each kind."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from amitui.cli import main
from amitui.cli.audit import FOUND, UNREAD
from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, MAIN_ACCOUNT, SECOND_ACCESS_KEY, SECOND_ACCOUNT
from amitui.ec2.reads import families
from amitui.presentation.audit_export import FIELDS
from tests.support.demo_services import REGION, Services
from tests.support.isolation import move_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from amitui.domain.image.family_request import FamilyRequest
    from amitui.ec2.session import Ec2Connection

UBUNTU = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*"
CANONICAL = "099720109477"


class Fleet(NamedTuple):
    """What boto3 made, by what is wrong with it."""

    aws: Services
    images: dict[str, str]
    instances: dict[str, str]


def _listed(aws: Services, *owners: str, **filters: str) -> list[dict[str, Any]]:
    named = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    found: list[dict[str, Any]] = aws.ec2.describe_images(
        Owners=list(owners), Filters=named, IncludeDeprecated=True
    )["Images"]
    return sorted(found, key=lambda image: str(image["CreationDate"]))


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with ExitStack() as stack, DemoProcess(speed=100_000) as process:
        aws = Services(process.url, stack)
        for name in ("gone", "disabled", "deprecated"):
            aws.copy(f"audit-{name}")
        ubuntu = [one for one in _listed(aws, CANONICAL, name=UBUNTU) if "Deprecat" not in str(one.get("Name"))]
        fake = next(
            one
            for one in aws.ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu/images/*24.04*"]}])[
                "Images"
            ]
            if one["OwnerId"] not in (CANONICAL, MAIN_ACCOUNT) and not one.get("ImageOwnerAlias")
        )
        own = _listed(aws, "self", name="acme-web-*", state="available")
        images = {
            "gone": aws.image("audit-gone"),
            "disabled": aws.image("audit-disabled"),
            "deprecated": aws.image("audit-deprecated"),
            "newest": ubuntu[-1]["ImageId"],
            "behind": ubuntu[-2]["ImageId"],
            "look-alike": fake["ImageId"],
            "own": own[0]["ImageId"],
            "own newest": own[-1]["ImageId"],
        }
        aws.ec2.get_waiter("image_available").wait(
            ImageIds=[images["gone"], images["disabled"], images["deprecated"]]
        )
        instances = {}
        for word in ("gone", "disabled", "newest", "look-alike"):
            tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": f"on-{word}"}]}]
            made = aws.ec2.run_instances(
                ImageId=images[word], InstanceType="t3.micro", MinCount=1, MaxCount=1, TagSpecifications=tags
            )
            instances[word] = made["Instances"][0]["InstanceId"]
        aws.template("on-behind", images["behind"])
        aws.parameter("/audit/own", images["own"])
        aws.scaling.create_launch_configuration(
            LaunchConfigurationName="on-deprecated", ImageId=images["deprecated"], InstanceType="t3.micro"
        )
        aws.group("on-deprecated", LaunchConfigurationName="on-deprecated")
        aws.ec2.enable_image_deprecation(ImageId=images["deprecated"], DeprecateAt="2026-12-31T00:00:00Z")
        aws.ec2.disable_image(ImageId=images["disabled"])
        aws.ec2.deregister_image(ImageId=images["gone"])
        yield Fleet(aws, images, instances)


@pytest.fixture
def run(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`amitui audit` with an empty cache."""
    move_home(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", MAIN_ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "demo")

    def audit(*words: str) -> tuple[int, str, str]:
        code = main(["audit", *words, "--endpoint-url", fleet.aws.url])
        return code, *capsys.readouterr()

    return audit


def test_each_subject_is_told_with_the_image_that_it_stands_on(
    fleet: Fleet, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, err = run(REGION, "-o", "json")
    found = {one["Name"]: one for one in json.loads(out)["Findings"]}

    assert code == 0, err
    images = fleet.images
    gone = found["on-gone"]
    assert gone["Verdicts"] == ["gone"]
    assert (gone["Kind"], gone["Id"], gone["ImageId"]) == ("instance", fleet.instances["gone"], images["gone"])
    assert gone["ImageName"] == "audit-gone", "EC2 still knows the name of the image of an instance"
    assert "cannot be launched again" in gone["Reasons"][0]
    assert found["on-disabled"]["Verdicts"][0] == "disabled"
    assert found["on-newest"]["Verdicts"] == ["newest"]
    assert found["on-newest"]["Publisher"] == "Canonical"
    behind = found["on-behind"]
    assert behind["Kind"] == "launch template"
    assert behind["Verdicts"][0] in ("behind", "stale")
    assert (behind["BuildsBehind"], behind["SuccessorImageId"]) == (1, images["newest"])
    fake = found["on-look-alike"]
    assert fake["Verdicts"][0] == "look-alike"
    assert fake["SuccessorImageId"] is None or fake["SuccessorImageId"] in {
        one["ImageId"] for one in _listed(fleet.aws, CANONICAL)
    }
    own = found["/audit/own"]
    assert (own["Kind"], own["SuccessorImageId"]) == ("SSM parameter", images["own newest"])
    assert own["BuildsBehind"] > 0
    standing = [one for one in json.loads(out)["Findings"] if one["ImageId"] == images["deprecated"]]
    assert {(one["Kind"], one["Name"]) for one in standing} == {
        ("launch configuration", "on-deprecated"),
        ("Auto Scaling group", "on-deprecated"),
    }


def test_what_fail_on_names_decides_the_exit_code(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run(REGION, "--fail-on", "gone")[0] == FOUND
    assert run(REGION, "--fail-on", "stale:9999d")[0] == 0
    code, out, err = run(REGION, "--fail-on", "stale:0d", "--only", "stale,parameters")
    assert code == FOUND
    assert "/audit/own" in out
    assert "on-gone" not in out
    assert "--fail-on names" in err
    assert run(REGION, "--fail-on", "old")[0] == 2
    assert run(REGION, "--only", "nonsense")[0] == 2


def test_a_table_is_the_worst_first_and_its_summary_on_stderr(run: Callable[..., tuple[int, str, str]]) -> None:
    _, out, err = run(REGION)
    heads, first, *rest = out.splitlines()
    assert heads.split() == ["VERDICT", "SUBJECT", "IMAGE", "BEHIND", "SUCCESSOR"]
    assert first.startswith("gone")
    assert rest[-1].startswith("newest")
    assert f"amitui: {REGION}: " in err
    assert re.search(r"\d subjects by their worst verdict: [1-9]\d* gone, ", err)


def test_csv_and_sarif_have_the_same_findings(run: Callable[..., tuple[int, str, str]]) -> None:
    rows = list(csv.DictReader(io.StringIO(run(REGION, "-o", "csv")[1])))
    assert list(rows[0]) == list(FIELDS)
    document = json.loads(run(REGION, "-o", "sarif")[1])
    (sarif,) = document["runs"]
    assert sarif["invocations"][0]["executionSuccessful"] is True
    told = [(row["Id"], verdict) for row in rows for verdict in row["Verdicts"].split("; ") if verdict != "newest"]
    results = [(one["properties"]["Id"], one["ruleId"]) for one in sarif["results"]]
    assert sorted(results) == sorted(told)


def test_a_region_that_cannot_be_read_does_not_hide_the_others(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run(REGION, "ap-nowhere-1", "-o", "json")
    report = json.loads(out)
    assert code == UNREAD
    assert len(report["Findings"]) > 5
    assert [one["Region"] for one in report["Unknown"]] == ["ap-nowhere-1"]
    assert "amitui: ap-nowhere-1: " in err
    assert run(REGION, "ap-nowhere-1", "--fail-on", "gone")[0] == FOUND, "what was found is told in any case"
    code, _, err = run("ap-nowhere-1")
    assert code == UNREAD


def test_offline_nothing_can_be_audited(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run(REGION, "--offline")
    assert (code, out) == (UNREAD, "")
    assert "offline" in err


def test_families_come_from_a_fresh_cache_and_else_from_ec2_with_the_same_result(
    fleet: Fleet, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    read = families.family_builds

    async def noted(connection: Ec2Connection, region: str, request: FamilyRequest) -> families.FamilyBuilds:
        asked.append((*request.owners, request.family))
        return await read(connection, region, request)

    monkeypatch.setattr(families, "family_builds", noted)
    without = json.loads(run(REGION, "-o", "json")[1])
    from_ec2, asked[:] = list(asked), []
    assert len(from_ec2) == len(set(from_ec2)) >= 1
    assert main(["sync", REGION, "--scope", CANONICAL, "--endpoint-url", fleet.aws.url]) == 0
    with_cache = json.loads(run(REGION, "-o", "json")[1])
    assert with_cache["Findings"] == without["Findings"]
    # For the look-alike EC2 is asked in any case: what is cached under its owner is the stranger's.
    assert [one for one in asked if "ubuntu 24.04" in one[-1]] == [(CANONICAL, "ubuntu 24.04 x86_64")]
    assert ("amazon", "ubuntu 24.04 x86_64") in from_ec2


def test_several_profiles_and_all_regions_are_read_side_by_side(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"one": MAIN_ACCESS_KEY, "other": SECOND_ACCESS_KEY}
    config = "".join(
        f"[profile {name}]\naws_access_key_id = {key}\naws_secret_access_key = demo\n"
        for name, key in keys.items()
    )
    (tmp_path / "config").write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    code, out, err = run(REGION, "-o", "json", "--profile", "one", "--profile", "other")

    accounts = {one["Profile"]: one["AccountId"] for one in json.loads(out)["Findings"]}
    assert code == 0, err
    assert accounts["one"] == MAIN_ACCOUNT
    assert set(accounts.values()) <= {MAIN_ACCOUNT, SECOND_ACCOUNT}
    assert f"{REGION} (one): " in err
    assert f"{REGION} (other): " in err

    code, out, err = run("--all-regions", "--region", REGION, "--profile", "one", "-o", "json")
    assert code == 0, err
    regions = {line.split(":")[1].strip() for line in err.splitlines() if " subject" in line or "nothing" in line}
    assert {REGION, "eu-west-1"} <= regions

    code, out, err = run(REGION, "--profile", "one", "--profile", "missing", "-o", "json")
    assert code == UNREAD
    assert "missing" in err
    assert {one["AccountId"] for one in json.loads(out)["Findings"]} == {MAIN_ACCOUNT}
