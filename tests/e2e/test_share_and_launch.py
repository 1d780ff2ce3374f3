"""Sharing an image and launching instances of it, typed into a real terminal and seen from outside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amitui.demo.seed.accounts import SECOND_ACCOUNT
from tests.support.boto3_account import HOME, Boto3Account
from tests.support.terminal_forms import agree, confirm, enter, review, search, see_done
from tests.support.terminal_steps import START_SECONDS, hides

if TYPE_CHECKING:
    from tests.support.terminal_user import User

CONFIRMED = re.compile(r"│>Confirm +terminate 2 instances ")


def newest_web_image(outside: Boto3Account) -> tuple[str, str]:
    """Name and id of the newest image of the web tier that is available."""
    found = outside.ec2(HOME).describe_images(
        Owners=["self"],
        Filters=[{"Name": "name", "Values": ["acme-web-2*"]}, {"Name": "state", "Values": ["available"]}],
    )["Images"]
    image = max(found, key=lambda one: str(one["CreationDate"]))
    return str(image["Name"]), str(image["ImageId"])


def test_an_image_is_shared_and_the_share_taken_back(user: User, outside: Boto3Account) -> None:
    terminal = user.terminal
    name, image_id = newest_web_image(outside)
    search(terminal, name, image_id, "1 of ")
    terminal.press("s")
    terminal.wait_for("only its owner can launch it", timeout=START_SECONDS)
    terminal.type(f"{SECOND_ACCOUNT} # second")
    terminal.wait_for("# second")
    promised = review(terminal)
    assert SECOND_ACCOUNT in promised
    agree(terminal)
    see_done(terminal, f"Share {name}"[:20])
    assert outside.permissions(image_id) == [{"UserId": SECOND_ACCOUNT}]

    terminal.press("o")
    terminal.wait_for("u Undo")
    terminal.press("u")
    terminal.wait_for("EC2 allows it. Nothing has been changed yet.", timeout=START_SECONDS)
    confirm(terminal)
    terminal.wait_for(hides("Ctrl+S"))
    terminal.wait_for(lambda _: outside.permissions(image_id) == [], timeout=START_SECONDS)


def test_instances_are_launched_watched_and_ended(user: User, outside: Boto3Account) -> None:
    terminal = user.terminal
    name, image_id = newest_web_image(outside)
    search(terminal, name, image_id, "1 of ")
    terminal.press("l")
    terminal.wait_for("of the quota", timeout=START_SECONDS)
    enter(terminal, "Count", "2")
    enter(terminal, "Name tag", "by-hand")
    promised = review(terminal)
    assert image_id in promised
    confirm(terminal)
    terminal.wait_for("by-hand", timeout=START_SECONDS)

    def instances() -> list[str]:
        filters = [{"Name": "tag:Name", "Values": ["by-hand"]}]
        answer = outside.ec2(HOME).describe_instances(Filters=filters)
        return [
            str(one["State"]["Name"])
            for reservation in answer["Reservations"]
            for one in reservation["Instances"]
            if one["ImageId"] == image_id
        ]

    terminal.wait_for(lambda _: instances() == ["running", "running"], timeout=START_SECONDS)
    terminal.wait_for("running", timeout=START_SECONDS)
    terminal.press("*")
    terminal.press("t")
    terminal.wait_for("To confirm, type", timeout=START_SECONDS)
    assert instances() == ["running", "running"], "nothing is ended before it is agreed to"
    terminal.type("terminate 2 instances")
    terminal.wait_for(lambda t: CONFIRMED.search(t.screen_text()) is not None)
    confirm(terminal)
    terminal.wait_for(lambda _: set(instances()) <= {"shutting-down", "terminated"}, timeout=START_SECONDS)
