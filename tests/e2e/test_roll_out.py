"""An image is rolled out on the screen of the real program; boto3 checks from outside what was moved, and once."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from tests.support.boto3_account import HOME
from tests.support.terminal_forms import agree, row_of, search, see_done, words
from tests.support.terminal_steps import leave

if TYPE_CHECKING:
    from tests.support.boto3_account import Boto3Account
    from tests.support.terminal_user import User

PARAMETER = "/golden/web/prod"
GROUPS = ("acme-web-canary", "acme-web-golden", "acme-web-prod")


def client(outside: Boto3Account, service: str) -> Any:
    session = boto3.Session(aws_access_key_id=MAIN_ACCESS_KEY, aws_secret_access_key="demo", region_name=HOME)
    return session.client(service, endpoint_url=outside.url)


def test_an_image_is_rolled_out_to_a_parameter_a_template_and_groups(user: User, outside: Boto3Account) -> None:
    terminal = user.terminal
    new = outside.id_of("acme-web-20261123")
    with closing(client(outside, "ssm")) as ssm, closing(client(outside, "autoscaling")) as scaling:
        old = ssm.get_parameter(Name=PARAMETER)["Parameter"]
        assert old["Value"] != new

        search(terminal, "acme-web-20261123", new, "1 of ")
        assert row_of(terminal, new)
        terminal.press("R")
        terminal.wait_for(PARAMETER)
        terminal.press("ctrl+s")
        terminal.wait_for("EC2 could not check every permission. Nothing has been changed yet.")
        assert f"Parameter {PARAMETER}: {old['Value']} → {new}." in words(terminal)
        assert ssm.get_parameter(Name=PARAMETER)["Parameter"] == old, "nothing has been changed yet"
        agree(terminal, "replace 3 groups")
        see_done(terminal, "Roll out acme-web-20261123")

        moved = ssm.get_parameter(Name=PARAMETER)["Parameter"]
        assert (moved["Value"], moved["Version"]) == (new, old["Version"] + 1)
        for group in GROUPS:
            refreshes = scaling.describe_instance_refreshes(AutoScalingGroupName=group)["InstanceRefreshes"]
            assert refreshes[0]["Status"] == "Successful"
            filters = [
                {"Name": "tag:aws:autoscaling:groupName", "Values": [group]},
                {"Name": "instance-state-name", "Values": ["pending", "running"]},
            ]
            with closing(client(outside, "ec2")) as ec2:
                found = ec2.describe_instances(Filters=filters)["Reservations"]
            assert {one["ImageId"] for entry in found for one in entry["Instances"]} == {new}
        leave(terminal)
