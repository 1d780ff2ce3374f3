"""The images that a fleet stands on, as EC2 tells of them: those that are there, and those that are gone."""

from __future__ import annotations

from typing import Any

import pytest

from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.fleet.inventory import FleetConfiguration, FleetInstance, FleetInventory
from amitui.domain.image.trust import Trust
from amitui.ec2.reads.fleet_images import fleet_images
from amitui.errors import AwsError, DeniedError
from tests.support.answering import Answering

OWN = "123456789012"
THERE, GONE = "ami-00000000000000001", "ami-00000000000000002"


def inventory(*image_ids: str) -> FleetInventory:
    instances = tuple(
        FleetInstance(f"i-{number}", "web", "running", "t3.micro", image_id, None, architecture="arm64")
        for number, image_id in enumerate(image_ids)
    )
    return FleetInventory("eu-west-1", OWN, instances)


def described(**more: Any) -> Any:
    """DescribeImages: the image that is there, and the refusal that names the other."""

    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        if GONE in parameters["ImageIds"]:
            raise AwsError(
                "EC2 does not know it", why=f"The image id '[{GONE}]' does not exist", code="InvalidAMIID.NotFound"
            )
        known = {"ImageId": THERE, "Name": "web-1", "OwnerId": OWN, "State": "available", "Architecture": "x86_64"}
        return {"Images": [{**known, **more}]}

    return answer


def metadata(**image: Any) -> dict[str, Any]:
    return {"InstanceImageMetadata": [{"InstanceId": "i-1", "ImageMetadata": {"ImageId": GONE, **image}}]}


async def test_an_image_that_is_there_is_told_whole() -> None:
    connection = Answering(describe_images=described(ProductCodes=[{"ProductCodeId": "x"}], ImageAllowed=False))
    found = (await fleet_images(connection, inventory(THERE)))[THERE]
    assert (found.fate, found.name, found.trust, found.publisher) == (Fate.FOUND, "web-1", Trust.OWN, "Self")
    assert found.paid
    assert not found.allowed
    assert [name for name, _ in connection.asked] == ["describe_images"]


@pytest.mark.parametrize(
    ("known", "fate", "name"),
    [
        ({"Name": "web-0", "OwnerId": OWN, "State": "deregistered"}, Fate.DEREGISTERED, "web-0"),
        ({"Name": "web-0", "OwnerId": OWN, "State": "disabled"}, Fate.NOT_THERE, "web-0"),
        ({"Name": "x", "OwnerId": "999988887777", "State": "available", "ImageAllowed": False}, Fate.FOUND, "x"),
        ({}, Fate.NOT_THERE, ""),
    ],
)
async def test_of_an_image_that_is_gone_its_instances_still_tell(
    known: dict[str, Any], fate: Fate, name: str
) -> None:
    connection = Answering(describe_images=described(), describe_instance_image_metadata=metadata(**known))
    found = await fleet_images(connection, inventory(THERE, GONE))
    assert found[THERE].fate is Fate.FOUND
    assert (found[GONE].fate, found[GONE].name, found[GONE].architecture) == (fate, name, "arm64")
    asked = [parameters for operation, parameters in connection.asked if "metadata" in operation]
    assert asked == [{"InstanceIds": ["i-1"]}]


async def test_that_an_image_is_gone_is_known_without_leave_to_read_its_name() -> None:
    def denied(_parameters: dict[str, Any]) -> dict[str, Any]:
        raise DeniedError("not allowed")

    connection = Answering(describe_images=described(), describe_instance_image_metadata=denied)
    found = await fleet_images(connection, inventory(THERE, GONE))
    assert (found[GONE].fate, found[GONE].name) == (Fate.NOT_THERE, "")


async def test_an_image_that_ec2_still_describes_though_it_is_deregistered_is_gone() -> None:
    connection = Answering(describe_images=described(State="deregistered"))
    assert (await fleet_images(connection, inventory(THERE)))[THERE].fate is Fate.DEREGISTERED


async def test_images_that_could_not_be_asked_for_are_not_known_and_say_why() -> None:
    def denied(_parameters: dict[str, Any]) -> dict[str, Any]:
        raise DeniedError("not allowed to read the images")

    standing = inventory(THERE)._replace(configurations=(FleetConfiguration("old", GONE),))
    found = await fleet_images(Answering(describe_images=denied), standing)
    assert {one.fate for one in found.values()} == {Fate.NOT_ASKED}
    assert {one.why_unknown for one in found.values()} == {"not allowed to read the images"}


async def test_of_an_image_without_instances_nobody_can_tell_more() -> None:
    standing = FleetInventory("eu-west-1", OWN, configurations=(FleetConfiguration("old", GONE),))
    connection = Answering(describe_images=described())
    assert (await fleet_images(connection, standing))[GONE].fate is Fate.NOT_THERE
    assert "describe_instance_image_metadata" not in [name for name, _ in connection.asked]
