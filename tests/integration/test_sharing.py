"""How images are shared, read from the simulated EC2 in which boto3 shared them."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from amitui.demo.cloud.keys import CUSTOMER_KEY_ID
from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import (
    MAIN_ACCESS_KEY,
    MAIN_ACCOUNT,
    ORGANIZATION_ARN,
    SECOND_ACCESS_KEY,
    SECOND_ACCOUNT,
)
from amitui.domain.sharing.permissions import AWS_MANAGED, BLOCKED, BY_POLICY, CUSTOMER_MANAGED, UNBLOCKED, Sharing
from amitui.ec2.reads.sharing import sharing
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import RejectedError
from tests.support.demo_services import Denying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REGION = "us-east-1"
OWNER_PARTS = (
    "describe_image_attribute",
    "get_image_block_public_access_state",
    "describe_snapshot_attribute",
    "describe_snapshots",
    "describe_key",
)


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    with DemoProcess(speed=100_000) as running:
        yield running


@pytest.fixture(scope="module")
def clients(process: DemoProcess) -> Iterator[Callable[..., Any]]:
    """boto3's clients of EC2 by access key and region."""
    with ExitStack() as stack:
        made: dict[tuple[str, str], Any] = {}

        def client(region: str = REGION, key: str = MAIN_ACCESS_KEY) -> Any:
            if (key, region) not in made:
                session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="demo")
                config = Config(retries={"total_max_attempts": 1}, proxies={})
                one = session.client("ec2", region_name=region, endpoint_url=process.url, config=config)
                made[key, region] = stack.enter_context(closing(one))
            return made[key, region]

        yield client


def image_of(ec2: Any, name: str) -> str:
    filters = [{"Name": "name", "Values": [name]}]
    return str(ec2.describe_images(Owners=["self"], Filters=filters)["Images"][0]["ImageId"])


async def read(url: str, image_id: str, *, region: str = REGION, denied: tuple[str, ...] = ()) -> Sharing:
    async with Denying(AwsTarget(endpoint_url=url, demo=True), denied) as connection:
        return await sharing(connection, region, image_id, MAIN_ACCOUNT)


async def test_a_private_image_and_what_decides_about_it(
    process: DemoProcess, clients: Callable[..., Any]
) -> None:
    found = await read(process.url, image_of(clients(), "DoNotDelete"))
    assert (found.own, found.public, found.granted, found.state) == (True, False, (), "available")
    (volume,) = found.volumes
    assert (volume.encrypted, volume.manager, volume.readers) == (False, "", ())
    assert (found.block_public, found.block_manager) == (UNBLOCKED, "account")
    assert found.public_images == 4
    assert found.unknown == ()


async def test_the_shares_of_an_image_and_of_its_snapshots(
    process: DemoProcess, clients: Callable[..., Any]
) -> None:
    ec2 = clients()
    image_id = image_of(ec2, "backup before upgrade *")
    ec2.modify_image_attribute(
        ImageId=image_id,
        LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}, {"OrganizationArn": ORGANIZATION_ARN}]},
    )
    mapping = ec2.describe_images(ImageIds=[image_id])["Images"][0]["BlockDeviceMappings"]
    snapshot = mapping[0]["Ebs"]["SnapshotId"]
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, CreateVolumePermission={"Add": [{"UserId": SECOND_ACCOUNT}]}
    )

    found = await read(process.url, image_id)

    assert found.granted == (SECOND_ACCOUNT, ORGANIZATION_ARN)
    assert {volume.snapshot_id: volume.readers for volume in found.volumes} == {snapshot: (SECOND_ACCOUNT,)}


async def test_an_own_key_and_the_default_key_are_told_apart(
    process: DemoProcess, clients: Callable[..., Any]
) -> None:
    ec2 = clients()
    own = await read(process.url, image_of(ec2, "acme-k8s-node-*"))
    assert {volume.manager for volume in own.encrypted} == {CUSTOMER_MANAGED}
    assert own.customer_keys == (f"arn:aws:kms:{REGION}:{MAIN_ACCOUNT}:key/{CUSTOMER_KEY_ID}",)
    source = image_of(ec2, "DoNotDelete")
    copied = ec2.copy_image(Name="sealed", SourceImageId=source, SourceRegion=REGION, Encrypted=True)["ImageId"]
    default = await read(process.url, copied)
    assert {volume.manager for volume in default.encrypted} == {AWS_MANAGED}
    assert default.customer_keys == ()


async def test_product_codes_watermarks_and_a_declared_block(
    process: DemoProcess, clients: Callable[..., Any]
) -> None:
    paid = await read(process.url, image_of(clients(), "f5-with-our-licence"))
    assert len(paid.product_codes) == 1
    marked = await read(process.url, image_of(clients(), "acme-attested-base"))
    assert marked.watermarks == (f"{MAIN_ACCOUNT}:approved-2026",)
    region = "ap-southeast-2"
    declared = await read(process.url, image_of(clients(region), "DoNotDelete"), region=region)
    assert (declared.block_public, declared.block_manager) == (BLOCKED, BY_POLICY)


async def test_block_public_access_is_read_anew_each_time(
    process: DemoProcess, clients: Callable[..., Any]
) -> None:
    ec2 = clients("us-west-2")
    image_id = image_of(ec2, "DoNotDelete")
    before = await read(process.url, image_id, region="us-west-2")
    ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    end = time.monotonic() + 120
    while ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"] != BLOCKED:
        assert time.monotonic() < end
    after = await read(process.url, image_id, region="us-west-2")
    assert (before.block_public, after.block_public) == (UNBLOCKED, BLOCKED)


async def test_what_is_denied_is_told_and_the_rest_is_there(
    process: DemoProcess, clients: Callable[..., Any]
) -> None:
    image_id = image_of(clients(), "acme-k8s-node-*")
    found = await read(process.url, image_id, denied=OWNER_PARTS)
    assert found.granted is None
    assert (found.block_public, found.volumes[0].readers, found.volumes[0].manager) == ("", None, "")
    assert found.unknown == (
        "Who may launch it is not known: not allowed to read the launch permissions.",
        "Whether Block Public Access is on is not known: not allowed to read whether Block Public Access is on.",
        "Which keys encrypt it is not known: not allowed to read the image's snapshots.",
        "Whose key encrypts it is not known: not allowed to read the image's key.",
        "Who may read its snapshots is not known: not allowed to read who may read the image's snapshots.",
    )
    assert found.public_images == 4


async def test_of_somebody_elses_image_only_its_record_is_asked(
    process: DemoProcess, clients: Callable[..., Any]
) -> None:
    ec2 = clients()
    foreign = next(
        image for image in ec2.describe_images(ExecutableUsers=["self"])["Images"] if not image.get("Public")
    )
    async with Ec2Connection(AwsTarget(endpoint_url=process.url, demo=True)) as connection:
        found = await sharing(connection, REGION, foreign["ImageId"], MAIN_ACCOUNT)
        assert set(connection.calls) == {(REGION, "DescribeImages")}
    assert (found.own, found.public, found.granted) == (False, False, None)
    assert found.owner_id == foreign["OwnerId"]


async def test_an_image_that_is_not_seen_is_refused_in_words(
    process: DemoProcess, clients: Callable[..., Any]
) -> None:
    hidden = image_of(clients(key=SECOND_ACCESS_KEY), "*")
    with pytest.raises(RejectedError, match=f"EC2 does not list {hidden} in {REGION}"):
        await read(process.url, hidden)
