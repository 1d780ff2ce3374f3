"""Launches, as they are sent, read and found out about; and what is private in them."""

from __future__ import annotations

import base64
import gzip
import traceback
from typing import Any

import pytest

from amitui.domain.launch.user_data import user_data_of
from amitui.domain.operations.operation import Result
from amitui.domain.operations.placeholders import WITHHELD, answer_of
from amitui.ec2.writes.execute import Answer, dry_run, execute
from amitui.ec2.writes.reconcile_search import Found, Outcome
from amitui.errors import RejectedError
from tests.support.plan_samples import DAY, IMAGE, NOW, SNAPSHOT
from tests.unit.test_execute import Scripted, call, found, stamp


@pytest.mark.parametrize(
    ("api", "answer", "expected"),
    [
        ("create_security_group", {"GroupId": "sg-1\x07"}, Answer(note="sg-1␦")),
        ("create_launch_template", {"LaunchTemplate": {"LaunchTemplateId": "lt-1"}}, Answer(note="lt-1")),
        (
            "create_launch_template_version",
            {
                "LaunchTemplateVersion": {"LaunchTemplateId": "lt-1", "VersionNumber": 7},
                "Warning": {"Errors": [{"Code": "InvalidKey", "Message": "no such key"}]},
            },
            Answer("", (Result("InvalidKey", False, "no such key"),), "7"),
        ),
        (
            "run_instances",
            {"Instances": [{"InstanceId": "i-1", "ImageId": IMAGE}, {"InstanceId": "i-2"}]},
            Answer("", (Result("i-1", True, "launched"), Result("i-2", True, "launched")), "i-1"),
        ),
        (
            "terminate_instances",
            {"TerminatingInstances": [{"InstanceId": "i-1", "CurrentState": {"Name": "shutting-down"}}]},
            Answer("", (Result("i-1", True, "shutting-down"),)),
        ),
        ("authorize_security_group_ingress", {"Return": True, "SecurityGroupRules": []}, Answer()),
        ("modify_snapshot_attribute", {}, Answer()),
        ("reboot_instances", {}, Answer()),
    ],
)
async def test_what_a_launch_makes_is_read_from_the_answers(
    api: str, answer: dict[str, Any], expected: Answer
) -> None:
    assert await execute(Scripted(**{api: [answer]}), call(api)) == expected


# What is private

SCRIPT = "#!/bin/sh\nexport TOKEN=correct-horse\n"


async def test_what_is_private_is_sent_in_the_place_that_was_kept_for_it() -> None:
    connection = Scripted(create_launch_template=[{"LaunchTemplate": {"LaunchTemplateId": "lt-1"}}])
    asked = call("create_launch_template", LaunchTemplateData={"UserData": WITHHELD, "KeyName": "k"})
    await execute(connection, asked, {"UserData": SCRIPT})
    data = {"UserData": SCRIPT, "KeyName": "k"}
    assert connection.requests == [("create_launch_template", True, {"LaunchTemplateData": data})]


@pytest.mark.parametrize(
    "quotation",
    [
        SCRIPT,
        " ".join(SCRIPT.split()),
        "export TOKEN=co…",
        base64.b64encode(SCRIPT.encode()).decode(),
        "x: #!/bin/sh export TOK…",
    ],
)
async def test_an_error_that_quotes_what_is_private_is_told_without_it(quotation: str) -> None:
    refusal = RejectedError("EC2 refused it", why=f"invalid: {quotation}", remedy="correct it", code="Invalid")
    refusal.__cause__ = ValueError(SCRIPT)
    asked = call("run_instances", UserData=WITHHELD)
    with pytest.raises(RejectedError) as raised:
        await execute(Scripted(run_instances=[refusal]), asked, {"UserData": SCRIPT})
    error = raised.value
    assert (error.what, error.remedy, error.code) == ("EC2 refused it", "correct it", "Invalid")
    printed = "".join(traceback.format_exception(error)) + repr(error) + " ".join(error.lines())
    assert "TOKEN=co" not in printed
    assert quotation not in printed


async def test_an_error_that_quotes_nothing_keeps_its_words() -> None:
    refusal = RejectedError("no capacity for it", why="in this zone", remedy="choose another", code="Insufficient")
    with pytest.raises(RejectedError) as raised:
        await execute(
            Scripted(run_instances=[refusal]), call("run_instances", UserData=WITHHELD), {"UserData": "i"}
        )
    assert raised.value.lines() == ["no capacity for it", "in this zone", "choose another"]


# Dry runs


async def test_a_dry_run_leaves_out_what_is_not_there_yet_and_what_is_private() -> None:
    connection = Scripted(run_instances=[RejectedError("would have", code="DryRunOperation")])
    asked = call(
        "run_instances",
        ImageId=IMAGE,
        UserData=WITHHELD,
        SecurityGroupIds=[answer_of(0), "sg-1"],
        NetworkInterfaces=[{"DeviceIndex": 0, "Groups": [answer_of(0)]}],
        BlockDeviceMappings=[{"DeviceName": "/dev/sdb", "NoDevice": ""}],
    )
    assert (await dry_run(connection, asked)).allowed
    ((_, _, sent),) = connection.requests
    assert sent == {
        "ImageId": IMAGE,
        "SecurityGroupIds": ["sg-1"],
        "NetworkInterfaces": [{"DeviceIndex": 0}],
        "BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "NoDevice": ""}],
        "DryRun": True,
    }


async def test_a_call_about_what_is_not_there_yet_is_not_asked_about() -> None:
    connection = Scripted()
    permission = await dry_run(connection, call("authorize_security_group_ingress", GroupId=answer_of(0)))
    assert permission.allowed is None
    assert permission.words
    assert connection.requests == []


# Evidence of launches


async def test_a_launch_is_found_by_its_token() -> None:
    asked = call("run_instances", ImageId=IMAGE, ClientToken="amitui-1")
    pages: list[dict[str, Any]] = [
        {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}], "NextToken": "t"},
        {"Reservations": [{"Instances": [{"InstanceId": "i-2"}]}]},
    ]
    connection = Scripted(describe_instances=pages)
    results = (Result("i-1", True, "launched"), Result("i-2", True, "launched"))
    assert await found(connection, asked) == Outcome(Found.HAPPENED, results=results, note="i-1")
    assert connection.requests[0][2]["Filters"] == [{"Name": "client-token", "Values": ["amitui-1"]}]
    nothing = Scripted(describe_instances=[{"Reservations": []}])
    assert (await found(nothing, asked)).found is Found.NOT_HAPPENED
    assert len(nothing.requests) == 2, "its absence is looked at twice"


async def test_nobody_can_tell_whether_there_was_a_reboot_or_a_launch_without_a_token() -> None:
    assert (await found(Scripted(), call("reboot_instances", InstanceIds=["i-1"]))).found is Found.UNKNOWN
    assert (await found(Scripted(), call("run_instances", ImageId=IMAGE))).found is Found.UNKNOWN


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        ({"i-1": "shutting-down", "i-2": "terminated"}, Found.HAPPENED),
        ({"i-1": "terminated"}, Found.HAPPENED),
        ({"i-1": "running", "i-2": "terminated"}, Found.REPEATABLE),
        ({"i-1": "stopping"}, Found.REPEATABLE),
    ],
)
async def test_instances_that_end_or_are_forgotten_were_terminated(states: dict[str, str], wanted: Found) -> None:
    listed = [{"InstanceId": one, "State": {"Name": state}} for one, state in states.items()]
    connection = Scripted(describe_instances=[{"Reservations": [{"Instances": listed}]}])
    told = await found(connection, call("terminate_instances", InstanceIds=["i-1", "i-2"]))
    assert told.found is wanted
    assert [one.subject for one in told.results] == (["i-1", "i-2"] if wanted is Found.HAPPENED else [])


GROUP = {"GroupId": "sg-1", "GroupName": "web", "Description": "for web", "IpPermissions": []}


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        ([GROUP], Outcome(Found.HAPPENED, note="sg-1")),
        ([{**GROUP, "Description": "another's"}], Outcome(Found.NOT_HAPPENED)),
        ([{**GROUP, "IpPermissions": [{"IpProtocol": "tcp"}]}], Outcome(Found.NOT_HAPPENED)),
        ([], Outcome(Found.NOT_HAPPENED)),
    ],
)
async def test_a_group_of_that_name_is_the_one_that_was_made_if_it_is_as_new(
    listed: list[dict[str, Any]], wanted: Outcome
) -> None:
    asked = call("create_security_group", GroupName="web", Description="for web", VpcId="vpc-1")
    connection = Scripted(describe_security_groups=[{"SecurityGroups": listed}])
    assert await found(connection, asked) == wanted
    assert {"Name": "vpc-id", "Values": ["vpc-1"]} in connection.requests[0][2]["Filters"]


async def test_a_group_without_a_network_is_looked_for_in_the_default_one() -> None:
    asked = call("create_security_group", GroupName="web", Description="for web")
    connection = Scripted(
        describe_vpcs=[{"Vpcs": [{"VpcId": "vpc-9"}]}], describe_security_groups=[{"SecurityGroups": [GROUP]}]
    )
    assert (await found(connection, asked)).note == "sg-1"
    assert {"Name": "vpc-id", "Values": ["vpc-9"]} in connection.requests[1][2]["Filters"]


async def test_a_template_made_since_is_the_one_that_was_asked_for() -> None:
    asked = call("create_launch_template", LaunchTemplateName="web", LaunchTemplateData={})
    for made, wanted in ((NOW + 1, Found.HAPPENED), (NOW - DAY, Found.NOT_HAPPENED)):
        entry = {"LaunchTemplateId": "lt-1", "CreateTime": stamp(made)}
        connection = Scripted(describe_launch_templates=[{"LaunchTemplates": [entry]}])
        assert (await found(connection, asked)).found is wanted
        assert connection.requests[0][2]["MaxResults"] == 200


async def test_a_version_made_since_that_says_the_same_is_the_one_that_was_asked_for() -> None:
    asked = call(
        "create_launch_template_version",
        LaunchTemplateId="lt-1",
        VersionDescription="larger",
        LaunchTemplateData={"InstanceType": "m7i.large", "UserData": WITHHELD},
    )
    version = {
        "VersionNumber": 3,
        "VersionDescription": "larger",
        "CreateTime": stamp(NOW + 1),
        "LaunchTemplateData": {"InstanceType": "m7i.large", "UserData": "aGk="},
    }
    others = (
        {**version, "VersionNumber": 2, "CreateTime": stamp(NOW - DAY)},
        {**version, "VersionNumber": 4, "VersionDescription": "another"},
        {**version, "VersionNumber": 5, "LaunchTemplateData": {"InstanceType": "t3.micro"}},
    )
    for listed, note in (((version, *others), "3"), (others, "")):
        connection = Scripted(describe_launch_template_versions=[{"LaunchTemplateVersions": list(listed)}])
        told = await found(connection, asked)
        assert (told.found, told.note) == (Found.HAPPENED if note else Found.NOT_HAPPENED, note)
        assert connection.requests[0][2]["LaunchTemplateId"] == "lt-1"


async def test_shares_of_a_snapshot_are_read_from_its_permissions() -> None:
    change = {"Add": [{"UserId": "111111111111"}]}
    asked = call("modify_snapshot_attribute", SnapshotId=SNAPSHOT, CreateVolumePermission=change)
    for present, wanted in (([{"UserId": "111111111111"}], Found.HAPPENED), ([], Found.REPEATABLE)):
        connection = Scripted(describe_snapshot_attribute=[{"CreateVolumePermissions": present}])
        assert (await found(connection, asked)).found is wanted


async def test_user_data_that_are_no_text_are_sent_as_their_bytes_and_in_no_error() -> None:
    packed = gzip.compress(b"#cloud-config\nruncmd: [echo]\n", mtime=0)
    asked = call("run_instances", UserData=WITHHELD)
    sent = base64.b64encode(packed).decode()
    refusal = RejectedError("EC2 refused it", why=f"invalid: {sent}", remedy="correct it", code="Invalid")
    connection = Scripted(run_instances=[refusal])
    with pytest.raises(RejectedError) as caught:
        await execute(connection, asked, {"UserData": user_data_of(packed)})
    assert connection.requests[0][-1]["UserData"] == packed
    assert sent[:16] not in " ".join(caught.value.lines())
