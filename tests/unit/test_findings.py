"""What Amazon Inspector found: in the details, and as the simulated EC2 tells it."""

from __future__ import annotations

from typing import Any

import pytest

from amitui.demo.cloud.cloud import Cloud
from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, MAIN_ACCOUNT, SECOND_ACCESS_KEY, caller_of
from amitui.demo.seed.region import SYNTHETIC_AS_OF
from amitui.domain.image.findings import Finding, ImageFindings
from amitui.domain.image.worst_finding import WorstFinding, worst_finding_of
from amitui.domain.tags.shared import PREFIX
from amitui.ec2.convert import image_of
from amitui.presentation.details.explain import DetailGroup
from amitui.presentation.details.findings import MOST_LISTED, findings_group
from amitui.presentation.details.groups import image_groups

NOW = 1_790_000_000
ME = caller_of(MAIN_ACCESS_KEY, "us-east-1")
OTHER = caller_of(SECOND_ACCESS_KEY, "us-east-1")
SCANNED = {"HighestFindingSeverityLabel": "high", "FindingScanDate": "2026-09-01T00:00:00.000Z"}


def shown(scanned: Any, found: ImageFindings | None = None) -> DetailGroup | None:
    image = image_of({"ImageId": "ami-00000001", "ScanResults": scanned}, "us-east-1")
    return findings_group(image, found, lambda seconds: f"at {seconds}")


def words(group: DetailGroup | None) -> list[tuple[str, str]]:
    assert group is not None
    return [(line.label, line.value) for line in group.lines]


@pytest.mark.parametrize("scanned", [None, {}, "high", ["high"], 7])
def test_an_image_that_was_not_scanned_has_no_such_group(scanned: Any) -> None:
    assert shown(scanned) is None


def test_the_worst_finding_and_the_fixes_are_told() -> None:
    group = shown(SCANNED | {"HighFixAvailableSince": "2026-09-02T00:00:00.000Z", "LowFixAvailableSince": "soon"})
    assert words(group) == [
        ("Worst finding", "high"),
        ("Scanned", "at 1788220800"),
        ("Fix, high", "available since at 1788307200"),
    ]
    assert words(shown({"FindingScanDate": "2026-09-01"}))[0] == ("Worst finding", "no findings")


def test_a_label_that_is_not_known_is_shown_as_it_came() -> None:
    assert words(shown({"HighestFindingSeverityLabel": "apocalyptic\x1b["}))[0] == (
        "Worst finding",
        "apocalyptic␦[",
    )


def test_findings_are_counted_and_the_first_ones_listed() -> None:
    found = ImageFindings(
        tuple(Finding(f"CVE-{n}", WorstFinding.HIGH, 7.5, n % 2 == 0, None, ("/bin/x",)) for n in range(25))
    )
    lines = words(shown(SCANNED, found))
    assert ("Findings", "25 high") in lines
    assert ("high 7.5", "CVE-0") in lines
    assert len(lines) == 3 + MOST_LISTED + 1
    assert lines[-1] == ("", "and 5 more")
    assert ("Findings", "not known") in words(shown(SCANNED, ImageFindings(unknown="not allowed")))


# The simulated EC2


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud(SYNTHETIC_AS_OF, now=lambda: SYNTHETIC_AS_OF)


def images(cloud: Cloud, **wanted: Any) -> list[dict[str, Any]]:
    return list(cloud.call("DescribeImages", ME, wanted)["Images"])


def named(name: str, *values: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": list(values)}]


def critical_images(cloud: Cloud) -> list[dict[str, Any]]:
    """The account's own private images with a critical finding."""
    worst = named("scan-result.highest-finding-severity-label", "critical")
    return images(cloud, Owners=["self"], Filters=[*worst, *named("is-public", "false")])


def test_the_filters_on_scan_results_find_what_the_records_say(cloud: Cloud) -> None:
    critical = critical_images(cloud)
    assert critical
    assert all(one["ScanResults"]["HighestFindingSeverityLabel"] == "critical" for one in critical)
    fixed = images(
        cloud,
        Owners=["self"],
        Filters=[*named("scan-result.critical-fix-available-since", "*"), *named("is-public", "false")],
    )
    assert {one["ImageId"] for one in fixed} == {one["ImageId"] for one in critical}


def test_the_findings_of_an_image_agree_with_its_scan_results(cloud: Cloud) -> None:
    seen = set()
    for image in images(cloud, Owners=["self", "amazon"], IncludeDeprecated=True)[::7]:
        found = cloud.call("GetImageFindings", ME, {"ImageId": image["ImageId"]})["ImageFindings"]
        worst = image.get("ScanResults", {}).get("HighestFindingSeverityLabel")
        assert bool(found) == (worst is not None)
        if found:
            assert found[0]["SeverityLabel"] == worst
            seen.add(worst)
    assert len(seen) > 2


def test_findings_come_in_pages_and_of_images_that_are_seen(cloud: Cloud) -> None:
    critical = critical_images(cloud)
    asked = {"ImageId": critical[0]["ImageId"], "MaxResults": 3}
    first = cloud.call("GetImageFindings", ME, asked)
    rest = cloud.call("GetImageFindings", ME, asked | {"NextToken": first["NextToken"], "MaxResults": 1000})
    assert len(first["ImageFindings"]) == 3
    assert len(rest["ImageFindings"]) == 7
    with pytest.raises(CloudError, match="does not exist"):
        cloud.call("GetImageFindings", OTHER, {"ImageId": critical[0]["ImageId"]})
    with pytest.raises(CloudError, match="maxResults"):
        cloud.call("GetImageFindings", ME, asked | {"MaxResults": 1001})


def test_scanned_images_of_the_demo_are_searched_by_their_worst_finding(cloud: Cloud) -> None:
    own = images(cloud, Owners=["self"])
    worst = {worst_finding_of(image_of(one, "us-east-1").summary.flags) for one in own}
    assert {WorstFinding.NONE, WorstFinding.CRITICAL, WorstFinding.NOT_SCANNED} <= worst


def test_only_shared_tags_are_seen_by_others(cloud: Cloud) -> None:
    mine = {one["ImageId"]: one for one in images(cloud, Owners=["self"], Filters=named("is-public", "true"))}
    theirs = cloud.call("DescribeImages", OTHER, {"ImageIds": sorted(mine)})["Images"]
    assert theirs
    for image in theirs:
        keys = [tag["Key"] for tag in image.get("Tags", ())]
        assert keys == [f"{PREFIX}Release"]
        assert any(tag["Key"] == "Env" for tag in mine[image["ImageId"]]["Tags"])
    shared = cloud.call("DescribeImages", OTHER, {"Filters": named("tag-key", f"{PREFIX}*")})["Images"]
    assert {one["ImageId"] for one in theirs} <= {one["ImageId"] for one in shared}


def test_a_copy_leaves_shared_tags_out(cloud: Cloud) -> None:
    source = images(cloud, Owners=["self"], Filters=named("tag-key", f"{PREFIX}Base"))[0]
    copied = cloud.call(
        "CopyImage",
        ME,
        {
            "SourceImageId": source["ImageId"],
            "SourceRegion": "us-east-1",
            "Name": "copy-without-shared-tags",
            "CopyImageTags": True,
        },
    )["ImageId"]
    (copy,) = images(cloud, ImageIds=[copied])
    assert {tag["Key"] for tag in copy["Tags"]} == {tag["Key"] for tag in source["Tags"]} - {f"{PREFIX}Base"}


def test_a_shared_tag_says_who_sees_it() -> None:
    record = {
        "ImageId": "ami-00000001",
        "OwnerId": "111122223333",
        "Tags": [{"Key": f"{PREFIX}Base", "Value": "al2023"}, {"Key": "Env", "Value": "prod"}],
    }
    groups = image_groups(image_of(record, "us-east-1"), viewer_account=MAIN_ACCOUNT, now=NOW)
    tags = next(group for group in groups if group.title == "Tags")
    assert [line.note for line in tags.lines] == ["seen by everyone it is shared with", ""]
