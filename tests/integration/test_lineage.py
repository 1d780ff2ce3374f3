"""An image's lineage, read from the simulated EC2 through the real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCOUNT, SECOND_ACCESS_KEY, SECOND_ACCOUNT
from amitui.domain.timeline.lineage import PARTS, Lineage
from amitui.ec2.reads.lineage import OWNER_ONLY, lineage
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import DeniedError

NOW = 1_790_000_000
HERE, AWAY = "us-east-1", "eu-west-1"


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    with DemoProcess(speed=1000) as running:
        yield running


@pytest_asyncio.fixture
async def ec2(process: DemoProcess) -> AsyncIterator[Ec2Connection]:
    async with Ec2Connection(AwsTarget(endpoint_url=process.url, demo=True)) as connection:
        yield connection


async def told(connection: Ec2Connection, image_id: str, account: str = MAIN_ACCOUNT) -> Lineage:
    return await lineage(connection, HERE, image_id, account=account, regions=(HERE, AWAY), now=NOW)


async def one_called(connection: Ec2Connection, name: str) -> str:
    answer = await connection.call(
        HERE, "describe_images", "look", Owners=["self"], Filters=[{"Name": "name", "Values": [name]}]
    )
    return str(answer["Images"][0]["ImageId"])


async def until_available(connection: Ec2Connection, region: str, image_id: str) -> None:
    async with asyncio.timeout(120):
        while True:
            answer = await connection.call(region, "describe_images", "look", ImageIds=[image_id])
            if answer["Images"][0]["State"] == "available":
                return


async def create(connection: Ec2Connection, name: str) -> tuple[str, dict[str, Any]]:
    """An image of an instance, and the instance."""
    found = await connection.call(
        HERE, "describe_instances", "look", Filters=[{"Name": "tag:Name", "Values": ["web-1"]}]
    )
    instance = found["Reservations"][0]["Instances"][0]
    made = await connection.call(
        HERE, "create_image", "create", InstanceId=instance["InstanceId"], Name=name, NoReboot=True
    )
    await until_available(connection, HERE, made["ImageId"])
    return str(made["ImageId"]), instance


async def test_an_image_is_told_from_its_ancestors_to_its_copies_shares_instances_and_users(
    ec2: Ec2Connection,
) -> None:
    image_id, instance = await create(ec2, "told")
    copy = await ec2.call(AWAY, "copy_image", "copy", SourceImageId=image_id, SourceRegion=HERE, Name="told")
    await ec2.call(
        HERE,
        "modify_image_attribute",
        "share",
        ImageId=image_id,
        LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]},
    )
    launched = await ec2.call(
        HERE, "run_instances", "launch", ImageId=image_id, MinCount=1, MaxCount=1, InstanceType="m7i.large"
    )
    template = await ec2.call(
        HERE,
        "create_launch_template",
        "make a template",
        LaunchTemplateName="told",
        LaunchTemplateData={"ImageId": image_id},
    )

    found = await told(ec2, image_id)

    assert found.unknown == {}
    assert found.state == "available"
    assert found.snapshots
    assert {one.state for one in found.snapshots} == {"completed"}
    assert all(one.gib and one.started for one in found.snapshots)
    assert found.ancestry is not None
    assert [one.image_id for one in found.ancestry][:2] == [image_id, instance["ImageId"]]
    assert found.shares == (f"account {SECOND_ACCOUNT}",)
    assert [one.instance_id for one in found.instances or ()] == [launched["Instances"][0]["InstanceId"]]
    assert [(one.region, one.image_id, one.instance_id) for one in found.copies or ()] == [
        (AWAY, copy["ImageId"], "")
    ]
    assert [use.kind for use in found.uses or ()] == ["launch template"]
    assert [use.name for use in found.uses or ()] == [template["LaunchTemplate"]["LaunchTemplateId"]]


async def test_an_image_built_upon_another_is_no_copy_of_it(ec2: Ec2Connection) -> None:
    image_id, instance = await create(ec2, "built upon")
    found = await told(ec2, instance["ImageId"])
    built = [one for one in found.copies or () if one.image_id == image_id]
    assert [one.instance_id for one in built] == [instance["InstanceId"]]


async def test_a_deregistered_image_is_found_in_the_bin_and_its_absence_is_no_error(ec2: Ec2Connection) -> None:
    image_id, _ = await create(ec2, "to go")
    await ec2.call(HERE, "deregister_image", "deregister", ImageId=image_id)

    found = await told(ec2, image_id)

    assert found.state in ("", "deregistered"), "it lingers for a while"
    assert found.in_bin is not None
    assert found.in_bin.entered is not None
    assert (found.in_bin.leaves or 0) > found.in_bin.entered
    assert "image" not in found.unknown
    never = await told(ec2, "ami-0123456789abcdef0")
    assert (never.state, never.in_bin) == ("", None)
    assert "image" not in never.unknown


async def test_what_only_the_owner_is_told_is_said_to_be(process: DemoProcess, ec2: Ec2Connection) -> None:
    image_id, _ = await create(ec2, "shared with the second")
    share = {"Add": [{"UserId": SECOND_ACCOUNT}]}
    await ec2.call(HERE, "modify_image_attribute", "share", ImageId=image_id, LaunchPermission=share)
    target = AwsTarget(endpoint_url=process.url, demo=True, demo_access_key=SECOND_ACCESS_KEY)
    async with Ec2Connection(target) as second:
        found = await told(second, image_id, SECOND_ACCOUNT)
    assert found.state == "available"
    assert found.shares is None
    assert found.unknown["shares"] == OWNER_ONLY
    assert found.instances == ()


async def test_a_denied_part_says_why_and_the_others_are_shown(
    ec2: Ec2Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_id = await one_called(ec2, "acme-attested-base")
    call = ec2.call

    async def denying(region: str, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        if operation == "describe_image_references" or (operation == "describe_images" and region == AWAY):
            raise DeniedError(f"{operation} is not allowed", why="the policy says no")
        return await call(region, operation, action, **parameters)

    monkeypatch.setattr(ec2, "call", denying)
    found = await told(ec2, image_id)
    assert found.uses is None
    assert found.unknown == {
        "uses": "describe_image_references is not allowed (the policy says no)",
        "copies": f"{AWAY}: describe_images is not allowed (the policy says no)",
    }
    assert found.copies == ()
    assert found.ancestry


async def test_without_the_first_answer_nothing_is_known_and_everything_says_so(
    ec2: Ec2Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def denying(*_asked: Any, **_parameters: Any) -> dict[str, Any]:
        raise DeniedError("nothing is allowed")

    monkeypatch.setattr(ec2, "call", denying)
    found = await told(ec2, "ami-0123456789abcdef0")
    assert found.state is None
    assert found.unknown == dict.fromkeys(PARTS, "nothing is allowed")
