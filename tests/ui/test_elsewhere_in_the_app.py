"""Asking EC2 in the whole application who else uses an image; the reports are the simulated EC2's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.demo.seed.accounts import SECOND_ACCESS_KEY, SECOND_ACCOUNT
from amitui.domain.operations.operation import State
from tests.support.app import opened, press
from tests.support.boto3_account import Boto3Account
from tests.support.demo_account import DAY, HOME
from tests.support.demo_app import (
    DemoInstallation,
    begin,
    demo_installation,
    ended,
    search_for,
    until,
    until_said,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    with demo_installation(tmp_path, monkeypatch) as made:
        yield made


async def test_before_a_shared_image_is_disabled_ec2_says_who_else_uses_it(demo: DemoInstallation) -> None:
    image_id = demo.image("life")
    permission = {"Add": [{"UserId": SECOND_ACCOUNT}]}
    demo.me.ask("ModifyImageAttribute", ImageId=image_id, LaunchPermission=permission)
    with Boto3Account(demo.url, SECOND_ACCESS_KEY) as second:
        second.ec2(HOME).run_instances(ImageId=image_id, InstanceType="t3.micro", MinCount=2, MaxCount=2)
    demo.clock.pass_time(2 * DAY)
    async with opened(demo.app(regions=(HOME,)), (110, 40)) as pilot:
        await search_for(pilot, image_id)
        await begin(pilot, "disable")
        await until_said(pilot, "nobody has asked who else uses life: F3 asks EC2")
        await press(pilot, "f3")
        await until_said(pilot, "asking EC2 about 1 image")
        await until(pilot, lambda: f"life: account {SECOND_ACCOUNT}: 2 instances" in words(pilot), moving=True)
        assert demo.me.image(image_id)["State"] == "available", "nothing else has been done"
        await press(pilot, "escape")
        (asked,) = await ended(pilot, "Ask who else uses life")
        assert asked.state is State.DONE

        await press(pilot, "D")
        await until_said(pilot, f"account {SECOND_ACCOUNT}: 2 instances")
