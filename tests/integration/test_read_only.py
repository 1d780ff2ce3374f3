"""Read-only mode against every operation of the models, by the client that the program uses."""

from __future__ import annotations

import pytest
from botocore import xform_name
from botocore.session import Session

from amitui.ec2.guard import READS
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import AmituiError, NetworkError, ReadOnlyError
from tests.support.fake_ec2 import fake_ec2

REGION = "us-east-1"


def operations(service: str) -> list[str]:
    return list(Session().get_service_model(service).operation_names)


async def test_every_operation_of_ec2_that_is_not_listed_is_refused_before_anything_is_sent() -> None:
    with fake_ec2() as fake:
        target = AwsTarget(demo=True, endpoint_url=fake.url, read_only=True)
        async with Ec2Connection(target) as connection:
            refused = 0
            for name in operations("ec2"):
                if name in READS["ec2"]:
                    continue
                with pytest.raises(ReadOnlyError, match=name):
                    await connection.call(REGION, xform_name(name), "try it")
                refused += 1
        assert refused > 600
        assert fake.requests == []


async def test_what_is_listed_is_sent() -> None:
    with fake_ec2() as fake:
        target = AwsTarget(demo=True, endpoint_url=fake.url, read_only=True)
        async with Ec2Connection(target) as connection:
            await connection.call(REGION, "describe_images", "list the images")
            assert (await connection.caller_identity()).account_id == fake.account
        assert fake.calls("DescribeImages")


async def test_a_dry_run_is_refused_as_well() -> None:
    with fake_ec2() as fake:
        target = AwsTarget(demo=True, endpoint_url=fake.url, read_only=True)
        async with Ec2Connection(target) as connection:
            with pytest.raises(ReadOnlyError):
                await connection.call(
                    REGION, "disable_image", "try it", ImageId="ami-0123456789abcdef0", DryRun=True
                )
        assert fake.requests == []


async def test_other_services_are_guarded_too() -> None:
    target = AwsTarget(demo=True, endpoint_url="http://127.0.0.1:9", read_only=True)
    async with Ec2Connection(target, attempts=1) as connection:
        with pytest.raises(ReadOnlyError):
            await connection.service_call("autoscaling", REGION, "delete_auto_scaling_group", "try it")
        with pytest.raises(NetworkError):
            await connection.service_call("autoscaling", REGION, "describe_auto_scaling_groups", "list the groups")


async def test_without_read_only_the_same_operation_goes_out() -> None:
    with fake_ec2() as fake:
        async with Ec2Connection(AwsTarget(demo=True, endpoint_url=fake.url), attempts=1) as connection:
            with pytest.raises(AmituiError) as raised:
                await connection.call(
                    REGION, "disable_image", "disable the image", ImageId="ami-0123456789abcdef0"
                )
        assert not isinstance(raised.value, ReadOnlyError)
        assert fake.calls("DisableImage")


@pytest.mark.parametrize("service", sorted(READS))
def test_the_list_names_operations_that_exist(service: str) -> None:
    assert READS[service] <= set(operations(service))
