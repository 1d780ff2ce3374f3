"""The audit in a real terminal: what boto3 launched and then retired is seen, exported, and led to its image."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.boto3_account import HOME, Boto3Account
from tests.support.terminal_steps import START_SECONDS, hides

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.terminal_user import User


def test_what_runs_on_retired_images_is_seen_exported_and_led_to(
    user: User, outside: Boto3Account, tmp_path: Path
) -> None:
    ec2 = outside.ec2(HOME)
    filters = [{"Name": "name", "Values": ["acme-web-2*"]}, {"Name": "state", "Values": ["available"]}]
    builds = sorted(
        ec2.describe_images(Owners=["self"], Filters=filters)["Images"], key=lambda one: str(one["CreationDate"])
    )
    old, newest = builds[0], builds[-1]
    for word, image in (("on-old", builds[0]), ("on-gone", builds[1])):
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": word}]}]
        ec2.run_instances(
            ImageId=image["ImageId"], InstanceType="t3.micro", MinCount=1, MaxCount=1, TagSpecifications=tags
        )
    ec2.deregister_image(ImageId=builds[1]["ImageId"])

    terminal = user.terminal
    terminal.press("A")
    terminal.wait_for("Gone: cannot be launched again", timeout=START_SECONDS)
    terminal.press("/")
    terminal.type("on-gone")
    terminal.wait_for("1 of them: on-gone", timeout=START_SECONDS)
    terminal.wait_for("✗ deregistered, cannot be launched again")
    terminal.press("escape")
    terminal.wait_for(hides("1 of them: on-gone"))
    terminal.press("/")
    terminal.type("on-o")
    terminal.wait_for("1 of them: on-o")
    terminal.press("enter")
    terminal.press("down")
    terminal.wait_for(f"{len(builds) - 2} builds, ")
    terminal.wait_for(newest["ImageId"])

    terminal.press("e")
    terminal.wait_for("Write audit to")
    written = tmp_path / "found.json"
    terminal.type(str(written))
    terminal.press("enter")
    terminal.wait_for(lambda _: written.exists() and bool(written.read_text()), timeout=START_SECONDS)
    (found,) = json.loads(written.read_text())["Findings"]
    running = ec2.describe_instances(InstanceIds=[found["Id"]])["Reservations"][0]["Instances"][0]
    assert (found["Name"], found["ImageId"]) == ("on-old", running["ImageId"]) == ("on-old", old["ImageId"])
    assert (found["SuccessorImageId"], found["BuildsBehind"]) == (newest["ImageId"], len(builds) - 2)

    terminal.press("enter")
    terminal.wait_for(hides("1 of them: on-o"), timeout=START_SECONDS)
    # In the search, and in the row that it found.
    terminal.wait_for(lambda t: t.screen_text().count(old["ImageId"]) > 1, timeout=START_SECONDS)
