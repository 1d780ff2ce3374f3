"""Who uses an image, as the simulated EC2 tells its owner: usage reports and the last launch; asked by boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from amitui.demo.cloud.usage_reports import KEPT, WORK
from amitui.demo.seed.accounts import SECOND_ACCESS_KEY, SECOND_ACCOUNT
from amitui.demo.seed.records import without_milliseconds
from tests.support.demo_account import DAY, HOME
from tests.support.fleet_lab import FleetLab, fleet_lab, refused

BOTH = [{"ResourceType": "ec2:Instance"}, {"ResourceType": "ec2:LaunchTemplate"}]


@pytest.fixture(scope="module")
def lab() -> Iterator[FleetLab]:
    with fleet_lab() as made:
        yield made


def report(lab: FleetLab, image: str, **asked: Any) -> str:
    wanted = {"ImageId": image, "ResourceTypes": BOTH, **asked}
    return str(lab.ec2.create_image_usage_report(**wanted)["ReportId"])


def entries(lab: FleetLab, report_id: str) -> dict[tuple[str, str], int]:
    found = lab.ec2.describe_image_usage_report_entries(ReportIds=[report_id])["ImageUsageReportEntries"]
    return {(one["AccountId"], one["ResourceType"]): one["UsageCount"] for one in found}


def shared(lab: FleetLab) -> str:
    """The newest image that the second account may launch."""
    filters = [{"Name": "name", "Values": ["acme-base-al2023-x86_64-*"]}]
    second = lab.client("ec2", HOME, SECOND_ACCESS_KEY)
    found = second.describe_images(ExecutableUsers=["self"], Filters=filters)["Images"]
    return str(max(found, key=lambda one: str(one["CreationDate"]))["ImageId"])


def test_a_report_is_pending_then_tells_of_other_accounts_and_goes_after_a_month(lab: FleetLab) -> None:
    image = shared(lab)
    report_id = report(lab, image)

    (described,) = lab.ec2.describe_image_usage_reports(ReportIds=[report_id])["ImageUsageReports"]
    assert (described["State"], described["ImageId"]) == ("pending", image)
    assert (described["ExpirationTime"] - described["CreationTime"]).days == 30
    assert entries(lab, report_id) == {}
    lab.pass_time(WORK)
    (described,) = lab.ec2.describe_image_usage_reports(ImageIds=[image])["ImageUsageReports"]
    assert described["State"] == "available"
    assert entries(lab, report_id) == {
        (SECOND_ACCOUNT, "ec2:Instance"): 1,
        (SECOND_ACCOUNT, "ec2:LaunchTemplate"): 1,
    }
    lab.pass_time(KEPT)
    with refused("InvalidImageUsageReportId.NotFound"):
        lab.ec2.describe_image_usage_reports(ReportIds=[report_id])


def test_a_launch_counts_after_a_day_and_is_the_images_last_launch_then(lab: FleetLab) -> None:
    image = lab.copy()
    lab.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]})
    second = lab.client("ec2", HOME, SECOND_ACCESS_KEY)
    second.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=2, MaxCount=2)

    def last() -> Any:
        return lab.ec2.describe_images(ImageIds=[image])["Images"][0].get("LastLaunchedTime")

    early = report(lab, image)
    lab.pass_time(WORK)
    assert entries(lab, early) == {}
    assert last() is None
    lab.pass_time(DAY)
    late = report(lab, image)
    lab.pass_time(WORK)
    assert entries(lab, late) == {(SECOND_ACCOUNT, "ec2:Instance"): 2}
    assert last() is not None
    attribute = lab.ec2.describe_image_attribute(ImageId=image, Attribute="lastLaunchedTime")
    assert attribute["LastLaunchedTime"]["Value"] == without_milliseconds(last())
    assert "LastLaunchedTime" not in second.describe_images(ImageIds=[image])["Images"][0]


def test_a_report_is_of_the_types_and_accounts_that_were_asked_for(lab: FleetLab) -> None:
    image = shared(lab)
    only = report(lab, image, ResourceTypes=BOTH[:1], AccountIds=[SECOND_ACCOUNT], ClientToken="once")
    assert report(lab, image, ResourceTypes=BOTH[:1], AccountIds=[SECOND_ACCOUNT], ClientToken="once") == only
    nobody = report(lab, image, AccountIds=["111122223333"])
    lab.pass_time(WORK)

    assert {kind for _, kind in entries(lab, only)} == {"ec2:Instance"}
    assert entries(lab, nobody) == {}
    lab.ec2.delete_image_usage_report(ReportId=nobody)
    with refused("InvalidImageUsageReportId.NotFound"):
        lab.ec2.delete_image_usage_report(ReportId=nobody)


def test_a_public_image_is_used_by_strangers(lab: FleetLab) -> None:
    filters = [{"Name": "is-public", "Values": ["true"]}]
    image = lab.ec2.describe_images(Owners=["self"], Filters=filters)["Images"][0]["ImageId"]
    report_id = report(lab, image)
    lab.pass_time(WORK)
    assert len(entries(lab, report_id)) == 3


def test_what_is_no_report_is_refused(lab: FleetLab) -> None:
    foreign = lab.ec2.describe_images(Owners=["amazon"], MaxResults=5)["Images"][0]["ImageId"]
    with refused("AuthFailure"):
        report(lab, foreign)
    image = lab.build("acme-web")
    with refused("InvalidParameterValue"):
        report(lab, image, ResourceTypes=[{"ResourceType": "ssm:Parameter"}])
    with refused("InvalidUserID.Malformed"):
        report(lab, image, AccountIds=["me"])
    with refused("InvalidImageUsageReportId.NotFound"):
        lab.client("ec2", HOME, SECOND_ACCESS_KEY).describe_image_usage_reports(ReportIds=[report(lab, image)])
