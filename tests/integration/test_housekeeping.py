"""Surveys of own images, read from the simulated EC2 in which boto3 made the users."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from amitui.demo.launcher import DemoProcess
from amitui.domain.fleet.uses import ImageNeed, UseKind
from amitui.domain.retention.rule import RetentionRule
from amitui.errors import AmituiError, DeniedError
from amitui.paths import locate
from amitui.services.composition import Services as AppServices
from amitui.services.housekeeping import Housekeeping
from amitui.settings import Settings
from tests.support.demo_services import REGION, Services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def aws() -> Iterator[Services]:
    with ExitStack() as stack, DemoProcess(speed=100_000) as process:
        yield Services(process.url, stack)


@pytest.fixture
async def services(aws: Services, tmp_path: Path) -> AsyncIterator[AppServices]:
    where = locate({"HOME": str(tmp_path)}, endpoint_url=aws.url)
    found = AppServices(Settings(where, demo=True, endpoint_url=aws.url))
    await found.session.identify()
    yield found
    await found.close()


async def test_all_own_images_are_read_with_their_snapshots_and_disabled_ones_too(
    aws: Services, services: AppServices
) -> None:
    survey = await Housekeeping(services, lambda: ()).survey([REGION])

    listed = aws.ec2.describe_images(Owners=["self"], IncludeDisabled=True)["Images"]
    there = {one["ImageId"]: one for one in listed if one["State"] != "deregistered"}
    assert {image.image_id for image in survey.images} == there.keys()
    assert {"disabled", "available", "failed"} <= {image.state for image in survey.images}
    for image in survey.images:
        mapped = [one["Ebs"]["SnapshotId"] for one in there[image.image_id]["BlockDeviceMappings"] if "Ebs" in one]
        assert [one.snapshot_id for one in image.snapshots] == list(dict.fromkeys(mapped))
        assert all(one.gib > 0 for one in image.snapshots)
    assert survey.failures == {}
    assert (
        "no price list" in survey.regions[0].prices.source or "price list for" in survey.regions[0].prices.source
    )


async def test_what_stands_on_an_image_keeps_it_and_so_does_who_it_is_shared_with(
    aws: Services, services: AppServices
) -> None:
    names = [f"clean-{word}" for word in ("template", "parameter", "configuration", "shared", "needed", "free")]
    ids = {name: aws.copy(name) for name in names}
    aws.ec2.get_waiter("image_available").wait(ImageIds=list(ids.values()))
    old = aws.template("clean-old-version", ids["clean-template"])
    aws.version(old, aws.image("DoNotDelete"))
    aws.ec2.modify_launch_template(LaunchTemplateId=old, DefaultVersion="2")
    aws.parameter("/clean/golden", ids["clean-parameter"])
    aws.scaling.create_launch_configuration(
        LaunchConfigurationName="clean", ImageId=ids["clean-configuration"], InstanceType="t3.micro"
    )
    aws.ec2.modify_image_attribute(
        ImageId=ids["clean-shared"], LaunchPermission={"Add": [{"UserId": "210987654321"}]}
    )
    need = ImageNeed(REGION, ids["clean-needed"], "op-1", "Roll out")
    keeping = Housekeeping(services, lambda: [need])
    rule = RetentionRule("clean", keep=0, older_than=0, families=("clean-*",))

    survey = await keeping.survey([REGION])
    plan = await keeping.plan(rule, survey)

    assert {one.image.name for one in plan.going} == {"clean-free"}
    kinds = {one.image.name: {use.kind for use in one.uses} for one in plan.decisions}
    assert UseKind.TEMPLATE in kinds["clean-template"]
    assert UseKind.PARAMETER in kinds["clean-parameter"]
    assert kinds["clean-configuration"] == {UseKind.CONFIGURATION}
    assert kinds["clean-shared"] == {UseKind.SHARED}
    assert kinds["clean-needed"] == {UseKind.OPERATION}


async def test_a_region_that_cannot_be_read_stops_no_other_and_keeps_its_images(
    services: AppServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    import amitui.ec2.reads.own_images as module

    real = module.own_images

    async def denied(connection: Any, region: str) -> Any:
        if region != REGION:
            raise DeniedError("not allowed to list the images", code="UnauthorizedOperation")
        return await real(connection, region)

    monkeypatch.setattr(module, "own_images", denied)
    keeping = Housekeeping(services, lambda: ())

    survey = await keeping.survey([REGION, "eu-west-1"])

    assert [one.region for one in survey.regions] == [REGION]
    assert survey.unknown == ("eu-west-1: not allowed to list the images",)
    with pytest.raises(AmituiError, match="not allowed"):
        await keeping.survey(["eu-west-1"])
