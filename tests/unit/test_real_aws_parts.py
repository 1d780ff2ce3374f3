"""What the smoke test of a real account hides, notices and asks IAM for."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from amitui.ec2.newer_model import add_newer_shapes
from amitui.ec2.policy import actions_in, full_policy, reads_policy
from amitui.ec2.session import AwsTarget
from amitui.errors import DeniedError, NetworkError, UsageError
from bench.smoke.image_life import CHANGES
from bench.smoke.leftovers import TAG, leftovers
from bench.smoke.policies import read_policy, write_policy
from bench.smoke.reads import CHECKS, Reader, record_differences
from bench.smoke.report import Found, Line, Masker, Report, Verdict
from bench.smoke.run import run_reads
from bench.smoke.watching import WatchedConnection, unknown_values
from tests.support.answering import Answering

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("account 123456789012 owns it", "account <account> owns it"),
        ("1234567890123 is no account", "1234567890123 is no account"),
        ("User: arn:aws:iam::123456789012:user/team/bob is", "User: arn:aws:iam::<account>:<name> is"),
        ("arn:aws-cn:sts::123456789012:assumed-role/Ops/x, again", "arn:aws-cn:sts::<account>:<name>, again"),
        ("The image ids '[ami-0a1b2c3d4e5f60718, ami-12345678]'", "The image ids '[ami-<id>, ami-<id>]'"),
        ("key ASIAQWERTYUIOPASDFGH", "key <key>"),
        ("mail eve@example.co.uk now", "mail <mail> now"),
        ("Encoded authorization failure message: AbC-dEf_123", "encoded message <masked>"),
        ("as prod-admin said", "as <name> said"),
    ],
)
def test_what_identifies_somebody_is_masked(text: str, masked: str) -> None:
    masker = Masker()
    masker.hide("prod-admin", "x")
    assert masker.masked(text) == masked


def test_a_summary_counts_verdicts_and_calls_and_says_where_a_difference_matters() -> None:
    report = Report(lambda _line: None, Masker())
    report.add(Line("identity", Verdict.EXPECTED, "fine"))
    report.add(Line("own images", Verdict.DIFFERS, details=("image of 123456789012",), matters="the scope Mine"))
    assert report.summary(["head"], Counter({"DescribeImages": 2, "GetCallerIdentity": 1})) == [
        "head",
        "Result: 1 as expected, 1 differs",
        "Calls: 3 (DescribeImages 2, GetCallerIdentity 1)",
        "",
        "as expected  identity: fine",
        "differs      own images",
        "             image of <account>",
        "             this matters for: the scope Mine",
    ]


@pytest.fixture(scope="module")
def shape() -> Any:
    import botocore.session

    session = botocore.session.Session()
    add_newer_shapes(session.get_component("data_loader"))
    return session.get_service_model("ec2").operation_model("DescribeImages").output_shape


def test_values_that_botocore_lists_are_known_in_letters_of_either_case(shape: Any) -> None:
    image = {"State": "available", "Platform": "windows", "Name": "any", "Architecture": "x86_64"}
    assert list(unknown_values(shape, {"Images": [image]}, "DescribeImages")) == []


def test_values_that_botocore_does_not_list_are_named_with_their_place(shape: Any) -> None:
    ebs = {"VolumeType": "gp9"}
    image = {"State": "frozen", "BlockDeviceMappings": [{"Ebs": ebs}]}
    assert sorted(unknown_values(shape, {"Images": [image]}, "DescribeImages")) == [
        "DescribeImages.Images[].BlockDeviceMappings[].Ebs.VolumeType = gp9",
        "DescribeImages.Images[].State = frozen",
    ]


def test_records_are_compared_with_what_amitui_reads_of_them() -> None:
    good = {
        "ImageId": "ami-0a1b2c3d4e5f60718",
        "OwnerId": ACCOUNT,
        "State": "available",
        "CreationDate": "2026-01-02T03:04:05.000Z",
        "PlatformDetails": "Linux/UNIX",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {}}],
    }
    assert record_differences([good], "us-east-1") == []
    bad = good | {"OwnerId": "amazon", "CreationDate": "yesterday"}
    assert record_differences([good, bad, {"Name": "no id"}], "us-east-1") == [
        "1 records without an ImageId",
        "1 of 2 images without a date of creation",
        "1 of 2 images without an owner of twelve digits",
    ]


def test_only_what_carries_the_tag_and_is_the_accounts_own_is_left_over() -> None:
    """Whatever a filter lets through: an emulator may not know it, and this list is removed."""
    tags = [{"Key": TAG, "Value": "run"}]
    images = [
        {"ImageId": "ami-1", "OwnerId": ACCOUNT, "State": "pending", "Tags": tags},
        {"ImageId": "ami-2", "OwnerId": ACCOUNT, "State": "available", "Tags": [{"Key": "Name", "Value": TAG}]},
        {"ImageId": "ami-3", "OwnerId": "210987654321", "State": "available", "Tags": tags},
        {"ImageId": "ami-4", "OwnerId": ACCOUNT, "State": "deregistered", "Tags": tags},
        {"ImageId": "ami-5", "OwnerId": ACCOUNT, "State": "available"},
    ]
    snapshots = [
        {"SnapshotId": "snap-1", "OwnerId": ACCOUNT, "State": "completed", "Tags": tags},
        {"SnapshotId": "snap-2", "OwnerId": "210987654321", "State": "completed", "Tags": tags},
    ]
    volumes = [{"VolumeId": "vol-1", "State": "deleting", "Tags": tags}, {"VolumeId": "vol-2", "State": "in-use"}]
    connection = Answering(
        describe_images={"Images": images},
        describe_snapshots={"Snapshots": snapshots},
        describe_volumes={"Volumes": volumes},
    )
    found = asyncio.run(leftovers(connection, "us-east-1", ACCOUNT))
    assert found.all == ("ami-1", "snap-1")


def test_a_policy_for_the_reads_allows_every_call_of_the_checks_and_nothing_that_amitui_does_not_read() -> None:
    actions = actions_in(read_policy("eu-west-1"))
    assert actions <= actions_in(reads_policy())
    assert {"ec2:DescribeImages", "ssm:GetParameters", "servicequotas:GetServiceQuota"} <= actions
    assert len(actions) == len({(s, n) for one in CHECKS for s, n, _ in one.calls if s != "sts"})


def test_a_policy_for_the_life_of_an_image_changes_only_what_carries_the_tag() -> None:
    policy = write_policy("eu-west-1")
    assert actions_in(policy) - actions_in(full_policy()) == {
        *("ec2:CreateSnapshot", "ec2:CreateVolume", "ec2:DeleteVolume", "ec2:DescribeVolumes")
    } - actions_in(full_policy())
    (own,) = [one for one in policy["Statement"] if one["Sid"] == "ChangeOwn"]
    assert own["Condition"]["Null"] == {f"aws:ResourceTag/{TAG}": "false"}
    ends = {action for action in actions_in(policy) if action.startswith(("ec2:De", "ec2:Mod"))}
    assert {action for action in ends if not action.startswith("ec2:Describe")} <= set(own["Action"])
    assert all(
        one["Condition"]["StringEquals"]["aws:RequestedRegion"] == ["eu-west-1"] for one in policy["Statement"]
    )
    made = {
        action for one in policy["Statement"] if one["Sid"] in {"Make", "ChangeOwn"} for action in one["Action"]
    }
    assert len(made) == len(CHANGES)


class Scripted(WatchedConnection):
    """A connection that makes no call and has what was denied given."""

    def __init__(self, denied: list[tuple[str, str]]) -> None:
        super().__init__(AwsTarget())
        self._left = denied

    def take_denied(self) -> list[tuple[str, str]]:
        found, self._left = self._left, []
        return found


def outcome(failure: Exception | Found, denied: list[tuple[str, str]] | None = None) -> Line:
    """The line about a check that ends so."""

    async def run(_reader: Reader) -> Found:
        if isinstance(failure, Found):
            return failure
        raise failure

    report = Report(lambda _line: None, Masker())
    reader = Reader(Scripted(denied or []), "us-east-1", folder="", now=0)
    asyncio.run(run_reads(reader, report, [CHECKS[0]._replace(run=run)]))
    return report.lines[0]


def test_each_end_of_a_check_has_its_verdict() -> None:
    assert outcome(Found("fine")).verdict is Verdict.EXPECTED
    assert outcome(Found("", ("odd",))).details == ("odd",)
    assert outcome(Found("", ("odd",))).verdict is Verdict.DIFFERS
    assert outcome(UsageError("more calls than announced")).verdict is Verdict.FAILED
    denied = outcome(DeniedError("no"), [("service-quotas", "GetServiceQuota")])
    assert (denied.verdict, denied.details) == (Verdict.DENIED, ("allow servicequotas:GetServiceQuota",))


def test_what_a_reader_survives_is_denied_all_the_same() -> None:
    line = outcome(Found("no price", ("IAM does not allow it",)), [("pricing", "GetProducts")])
    assert line.verdict is Verdict.DENIED
    assert line.details == ("allow pricing:GetProducts", "IAM does not allow it")


def test_an_endpoint_that_is_not_reached_ends_all_checks() -> None:
    with pytest.raises(NetworkError):
        outcome(NetworkError("no route"))


def test_an_operation_that_an_emulator_does_not_know_or_a_server_error_ends_only_its_check() -> None:
    unknown = NetworkError("the response did not come from EC2", code="ResponseParserError")
    assert outcome(unknown).verdict is Verdict.FAILED
    broken = NetworkError("EC2 had an internal error", code="InternalError")
    broken.__cause__ = ClientError({"Error": {"Code": "InternalError", "Message": "no"}}, "DescribeImages")
    assert outcome(broken).details[0] == "InternalError: EC2 had an internal error"


def test_no_more_calls_are_made_than_were_announced() -> None:
    connection = WatchedConnection(AwsTarget(), most_calls=0)
    with pytest.raises(UsageError, match="more calls than the 0"):
        asyncio.run(connection.call("us-east-1", "describe_regions", "list the Regions"))
    assert connection.sent == []
