"""The recycle bin of the demo's cloud, filled by boto3."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from amitui.domain.operations.recycle_bin import needed
from amitui.ec2.reads.recycle_bin import recycle_bin
from amitui.ec2.session import AwsTarget, Ec2Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "us-east-1"


@pytest.fixture
def process() -> Iterator[DemoProcess]:
    with DemoProcess(speed=1000) as running:
        yield running


async def test_the_bin_tells_what_was_deregistered_and_which_snapshots_it_needs(process: DemoProcess) -> None:
    session = boto3.Session(aws_access_key_id=MAIN_ACCESS_KEY, aws_secret_access_key="demo", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    async with Ec2Connection(AwsTarget(endpoint_url=process.url, demo=True)) as connection:
        assert await recycle_bin(connection, REGION) == ((), ())
        with closing(session.client("ec2", endpoint_url=process.url, config=config)) as ec2:
            image, snapshots = deregistered(ec2)
        found = await recycle_bin(connection, REGION)

    (kept,) = found.images
    assert (kept.region, kept.image_id, kept.name) == (REGION, image, "DoNotDelete")
    assert kept.entered is not None
    assert kept.leaves is not None
    assert kept.leaves - kept.entered == 7 * 86_400
    assert [one.snapshot_id for one in found.snapshots] == snapshots
    assert [one.snapshot.snapshot_id for one in needed(kept, found.snapshots, {})] == snapshots


def deregistered(ec2: Any) -> tuple[str, list[str]]:
    filters = [{"Name": "name", "Values": ["DoNotDelete"]}]
    image = ec2.describe_images(Owners=["self"], Filters=filters)["Images"][0]
    ec2.deregister_image(ImageId=image["ImageId"], DeleteAssociatedSnapshots=True)
    snapshots = [mapping["Ebs"]["SnapshotId"] for mapping in image["BlockDeviceMappings"]]
    return image["ImageId"], snapshots
