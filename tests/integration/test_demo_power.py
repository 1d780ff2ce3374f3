"""Instances of the demo take their time, by a clock that the test moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from amitui.demo.server.main import build_server, listen
from tests.integration.test_demo_operations import client

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_OF = 1_795_219_200


class Time:
    def __init__(self) -> None:
        self.now = float(AS_OF)


@pytest.fixture(scope="module")
def time() -> Time:
    return Time()


@pytest.fixture(scope="module")
def url(time: Time) -> Iterator[str]:
    server = build_server(listen(0), as_of=AS_OF, speed=1, now=lambda: time.now).start()
    yield server.url
    server.stop()


@pytest.fixture
def ec2(url: str) -> Iterator[Any]:
    with client(url) as made:
        yield made


def instance(ec2: Any, name: str) -> dict[str, Any]:
    found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])
    result: dict[str, Any] = found["Reservations"][0]["Instances"][0]
    return result


def state(ec2: Any, instance_id: str) -> str:
    found = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    return str(found["State"]["Name"])


def test_an_instance_stops_and_starts_with_the_states_between(ec2: Any, time: Time) -> None:
    instance_id = instance(ec2, "web-1")["InstanceId"]
    assert state(ec2, instance_id) == "running"
    ec2.stop_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "stopping"
    time.now += 41
    assert state(ec2, instance_id) == "stopped"
    ec2.start_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "pending"
    time.now += 26
    assert state(ec2, instance_id) == "running"
    checks = ec2.describe_instance_status(InstanceIds=[instance_id])["InstanceStatuses"][0]
    assert checks["InstanceStatus"]["Status"] == "initializing"
    time.now += 120
    checks = ec2.describe_instance_status(InstanceIds=[instance_id])["InstanceStatuses"][0]
    assert (checks["InstanceStatus"]["Status"], checks["SystemStatus"]["Status"]) == ("ok", "ok")


def test_one_that_is_stopping_cannot_be_started(ec2: Any, time: Time) -> None:
    instance_id = instance(ec2, "web-2")["InstanceId"]
    ec2.stop_instances(InstanceIds=[instance_id])
    with pytest.raises(ClientError, match="IncorrectInstanceState"):
        ec2.start_instances(InstanceIds=[instance_id])
    time.now += 41
    assert state(ec2, instance_id) == "stopped"


def test_stopping_what_is_stopped_changes_nothing(ec2: Any) -> None:
    instance_id = instance(ec2, "db-template")["InstanceId"]
    ec2.stop_instances(InstanceIds=[instance_id])
    assert state(ec2, instance_id) == "stopped"


def test_what_is_launched_is_pending_first_and_shows_its_end_after_it_was_ended(ec2: Any, time: Time) -> None:
    image_id = instance(ec2, "build-host")["ImageId"]
    made = ec2.run_instances(ImageId=image_id, InstanceType="t3.micro", MinCount=2, MaxCount=2)["Instances"]
    ids = [one["InstanceId"] for one in made]
    assert [state(ec2, one) for one in ids] == ["pending", "pending"]
    assert not ec2.describe_instance_status(InstanceIds=ids)["InstanceStatuses"]
    everything = ec2.describe_instance_status(InstanceIds=ids, IncludeAllInstances=True)["InstanceStatuses"]
    assert {one["InstanceState"]["Name"] for one in everything} == {"pending"}
    time.now += 26
    assert [state(ec2, one) for one in ids] == ["running", "running"]
    ec2.terminate_instances(InstanceIds=ids)
    assert [state(ec2, one) for one in ids] == ["shutting-down", "shutting-down"]
    time.now += 31
    assert [state(ec2, one) for one in ids] == ["terminated", "terminated"]


def test_a_stop_is_overtaken_by_the_end(ec2: Any, time: Time) -> None:
    image_id = instance(ec2, "build-host")["ImageId"]
    made = ec2.run_instances(ImageId=image_id, InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"]
    instance_id = made[0]["InstanceId"]
    time.now += 26
    ec2.stop_instances(InstanceIds=[instance_id])
    ec2.terminate_instances(InstanceIds=[instance_id])
    time.now += 200
    assert state(ec2, instance_id) == "terminated"


def test_a_dry_run_switches_nothing(ec2: Any) -> None:
    instance_id = instance(ec2, "build-host")["InstanceId"]
    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.stop_instances(InstanceIds=[instance_id], DryRun=True)
    assert state(ec2, instance_id) == "running"


def test_a_launch_with_the_token_of_another_is_that_launch(ec2: Any) -> None:
    image = instance(ec2, "web-1")["ImageId"]
    asked = {"ImageId": image, "MinCount": 2, "MaxCount": 2, "ClientToken": "launch-1"}
    first, second = ec2.run_instances(**asked), ec2.run_instances(**asked)
    ids = {one["InstanceId"] for one in first["Instances"]}
    assert len(ids) == 2
    assert {one["InstanceId"] for one in second["Instances"]} == ids

    def launched(token: str) -> set[str]:
        found = ec2.describe_instances(Filters=[{"Name": "client-token", "Values": [token]}])
        return {one["InstanceId"] for entry in found["Reservations"] for one in entry["Instances"]}

    assert launched("launch-1") == ids
    assert launched("launch-2") == set()
    with pytest.raises(ClientError) as refusal:
        ec2.run_instances(**{**asked, "MaxCount": 3})
    assert refusal.value.response["Error"]["Code"] == "IdempotentParameterMismatch"
    with pytest.raises(ClientError, match="longer"):
        ec2.run_instances(**{**asked, "ClientToken": "x" * 65})


def test_a_dry_run_uses_no_token_up(ec2: Any) -> None:
    data = {"InstanceType": "m7i.large"}
    asked = {"LaunchTemplateName": "dry", "LaunchTemplateData": data, "ClientToken": "t-1"}
    with pytest.raises(ClientError, match="DryRun"):
        ec2.create_launch_template(DryRun=True, **asked)
    made = [ec2.create_launch_template(**asked)["LaunchTemplate"]["LaunchTemplateId"] for _ in range(2)]
    assert made[0] == made[1]
