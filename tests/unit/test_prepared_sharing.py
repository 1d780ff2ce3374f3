"""What rows share is looked up by all that it depends on, so it is what would be made of each image by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from amitui.catalog.index import prepared as module
from amitui.catalog.index.prepared import prepared
from amitui.domain.image.publishers import MARKETPLACE_ACCOUNT
from amitui.ec2.convert import summary_of

_RECORDS = st.fixed_dictionaries(
    {
        "ImageId": st.just("ami-0123456789abcdef0"),
        "Name": st.sampled_from(
            [
                "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240605",
                "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240606",
                "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20240605",
                "al2023-ami-2023.5.20240624.0-kernel-6.1-x86_64",
                "build 2024-06-05",
                "",
            ]
        ),
        "OwnerId": st.sampled_from(["099720109477", "137112412989", MARKETPLACE_ACCOUNT, "111122223333", ""]),
    },
    optional={
        "ImageOwnerAlias": st.sampled_from(["amazon", "aws-marketplace", "self", ""]),
        "CreationDate": st.sampled_from(
            ["2023-12-31T23:59:59.000Z", "2024-01-01T00:00:00.000Z", "1970-01-01T00:00:01.000Z", "", "never"]
        ),
        "Public": st.booleans(),
        "Architecture": st.sampled_from(["x86_64", "arm64"]),
        "State": st.sampled_from(["available", "disabled"]),
        "RootDeviceType": st.sampled_from(["ebs", "instance-store"]),
        "PlatformDetails": st.sampled_from(["Linux/UNIX", "Windows"]),
        "BootMode": st.sampled_from(["uefi", "legacy-bios"]),
        "EnaSupport": st.booleans(),
    },
)


@given(st.lists(_RECORDS, min_size=2, max_size=6))
def test_rows_share_what_each_of_them_would_have_alone(records: list[dict[str, object]]) -> None:
    summaries = [summary_of(record) for record in records]
    module._known.clear()
    together = [prepared(summary) for summary in summaries]
    for summary, row in zip(summaries, together, strict=True):
        module._known.clear()
        assert prepared(summary) == row


def test_builds_of_one_release_share_one_value() -> None:
    base = {"ImageId": "ami-1", "OwnerId": "099720109477", "CreationDate": "2024-06-05T00:00:00.000Z"}
    name = "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-2024060{}"
    rows = [prepared(summary_of(base | {"Name": name.format(day)})) for day in (5, 6)]
    assert rows[0].shared is rows[1].shared
