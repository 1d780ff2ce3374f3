"""amitui as a black box against plain moto: an EC2 that its own demo has no part in."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.support.boto3_account import HOME
from tests.support.isolation import isolated_environment
from tests.support.moto_server import moto_server
from tests.support.terminal_forms import agree, begin, review, says, search, see_done
from tests.support.terminal_steps import START_SECONDS, has_rows, leave, run
from tests.support.terminal_user import User

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AMITUI = [sys.executable, "-m", "amitui"]
OTHER_ACCOUNT = "111122223333"
NOT_OF_EC2 = "the response did not come from EC2"
"""What is said of moto's HTML page where an operation is unknown to it."""


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def ec2(moto: str) -> Iterator[Any]:
    client = boto3.client(
        "ec2", region_name=HOME, endpoint_url=moto, aws_access_key_id="test", aws_secret_access_key="test"
    )
    yield client
    client.close()


def own_image(ec2: Any, name: str) -> str:
    amazons = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    launched = ec2.run_instances(ImageId=amazons, MinCount=1, MaxCount=1, InstanceType="t3.micro")
    return str(ec2.create_image(InstanceId=launched["Instances"][0]["InstanceId"], Name=name)["ImageId"])


def test_images_are_synced_and_found(moto: str, ec2: Any, tmp_path: Path) -> None:
    image_id = own_image(ec2, "golden-found")
    environment = isolated_environment(tmp_path) | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": HOME,
    }
    synced = run(AMITUI, environment, "sync", "--endpoint-url", moto)
    assert synced.returncode == 0, synced.stderr
    found = run(AMITUI, environment, "find", "golden-found", "-o", "jsonl", "--endpoint-url", moto, "--offline")
    assert found.returncode == 0, found.stderr
    (record,) = map(json.loads, found.stdout.splitlines())
    (described,) = ec2.describe_images(ImageIds=[image_id])["Images"]
    shared = record.keys() & described.keys() - {"CreationDate"}
    assert {"ImageId", "OwnerId", "Architecture", "BlockDeviceMappings"} <= shared
    assert {key: record[key] for key in shared} == {key: described[key] for key in shared}

    amazons = {one["ImageId"] for one in ec2.describe_images(Owners=["amazon"])["Images"]}
    listed = run(
        *(AMITUI, environment, "find", "--scope", "amazon", "-o", "id"),
        *("--include-deprecated", "--endpoint-url", moto, "--offline"),
    )
    assert set(listed.stdout.split()) == amazons, listed.stderr


def test_an_image_is_shared_and_deregistered_and_why_it_cannot_be_launched_is_said(
    moto: str, ec2: Any, tmp_path: Path
) -> None:
    image_id = own_image(ec2, "life")
    user = User(tmp_path, moto, key="test")
    terminal = user.terminal
    with terminal:
        terminal.wait_for(has_rows, timeout=START_SECONDS)
        search(terminal, "life owner:self", image_id)
        terminal.press("s")
        terminal.wait_for(says(NOT_OF_EC2), timeout=START_SECONDS)
        terminal.type(OTHER_ACCOUNT)
        terminal.wait_for(f"Share with    {OTHER_ACCOUNT}")
        assert OTHER_ACCOUNT in review(terminal)
        agree(terminal)
        see_done(terminal, "Share life with 1")
        answer = ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")
        assert [one["UserId"] for one in answer["LaunchPermissions"]] == [OTHER_ACCOUNT]

        # moto gives the volume's type as the root device's: no type of instance boots from such an image.
        terminal.press("l")
        terminal.wait_for("Launch life")
        terminal.press("enter")
        terminal.wait_for("the image's root is standard, the type boots from", timeout=START_SECONDS)
        terminal.press("escape")
        terminal.wait_for(lambda t: "Instance type" not in t.screen_text())
        terminal.press("escape")
        terminal.wait_for("Enter Details")

        begin(terminal, "deregister")
        review(terminal)
        agree(terminal, "life")
        see_done(terminal, "Deregister life")
        assert ec2.describe_images(Filters=[{"Name": "name", "Values": ["life"]}])["Images"] == []
        leave(terminal)
    assert {one["State"] for one in user.operations()} == {"done"}
