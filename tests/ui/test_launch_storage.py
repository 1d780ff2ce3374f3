"""The disks of a launch: the image's, changed, dropped, and others beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.domain.launch.presets import Preset, VolumePreset
from tests.support.inventory import ACCOUNT
from tests.support.launch_inventory import REGION, image, launch, launching, volume

if TYPE_CHECKING:
    from tests.support.inventory import OpenForm


async def fill(form: OpenForm, gib: int) -> None:
    """Type a size in the dialog, whose first field it is."""
    await form.press("end", "ctrl+u")
    await form.type(str(gib))


async def test_volumes_that_are_left_alone_are_not_sent() -> None:
    async with launching() as form:
        assert "/dev/xvda  8 GiB gp3" in form.shown
        assert "/dev/sdf   100 GiB gp3" in form.shown
        assert "BlockDeviceMappings" not in await launch(form)


async def test_a_larger_root_with_more_iops_is_sent_as_its_difference() -> None:
    async with launching() as form:
        await form.go_to("volumes")
        await form.press("enter")
        await fill(form, 30)
        await form.press("tab", "tab")
        await form.type("4000")
        await form.press("ctrl+s")
        assert "/dev/xvda  30 GiB gp3, 4000 IOPS" in form.shown
        found = await launch(form)

    assert found["BlockDeviceMappings"] == [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "Iops": 4000}}]


async def test_a_volume_smaller_than_its_snapshot_is_refused_in_its_dialog() -> None:
    async with launching() as form:
        await form.go_to("volumes")
        await form.press("enter")
        await fill(form, 7)
        await form.press("ctrl+s")
        assert "Volume /dev/xvda" in form.shown
        assert "! " in form.shown
        assert "8 GiB" in form.shown
        await form.press("escape", "escape")
        assert "BlockDeviceMappings" not in await launch(form)


async def test_a_data_volume_is_dropped_by_space_and_the_root_is_not() -> None:
    async with launching() as form:
        await form.go_to("volumes")
        await form.press("space")
        assert "an instance requires its root volume" in form.shown
        await form.press("ctrl+s")
        assert not form.form.reviewing
        await form.go_to("volumes")
        await form.press("space", "down", "space")
        assert "dropped" in form.shown
        found = await launch(form)

    assert found["BlockDeviceMappings"] == [{"DeviceName": "/dev/sdf", "NoDevice": ""}]


async def test_another_volume_is_described_and_forgotten_again() -> None:
    async with launching() as form:
        await form.go_to("volumes")
        await form.press("plus")
        assert "Add volume" in form.shown
        assert "/dev/sdg" in form.shown, "the first name that is free"
        await form.press("ctrl+s")
        assert "/dev/sdg" in form.shown
        await form.press("ctrl+s")
        assert "/dev/sdg 8 GiB gp3" in " ".join(form.shown.split())
        await form.press("escape")
        await form.go_to("volumes")
        await form.press("down", "down", "space")
        assert "/dev/sdg" not in form.shown
        assert "BlockDeviceMappings" not in await launch(form)


async def test_a_volume_of_provisioned_iops_needs_its_number() -> None:
    async with launching() as form:
        await form.go_to("volumes")
        await form.press("plus", "tab", "tab", "tab", "right", "right", "ctrl+s")
        assert "IOPS" in form.shown
        assert form.pilot.app.screen is not form.form, "the dialog is still open"
        await form.press("escape", "escape")
        assert form.pilot.app.screen is form.form


async def test_encryption_with_a_key_of_ones_own() -> None:
    async with launching() as form:
        await form.go_to("volumes")
        await form.press("enter", "tab", "tab", "tab", "tab", "space", "tab", "enter")
        await form.type("disks")
        await form.press("enter", "ctrl+s")
        found = await launch(form)

    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/disks"
    assert found["BlockDeviceMappings"] == [
        {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": key}}
    ]


async def test_encryption_that_the_image_brings_cannot_be_taken_away() -> None:
    about = image(BlockDeviceMappings=[volume("/dev/xvda", 8, leaves=True, Encrypted=True)])
    async with launching(about=about) as form:
        await form.go_to("volumes")
        await form.press("enter")
        assert "always on: its snapshot is encrypted" in form.shown
        assert form.pilot.app.screen.query_one("#encrypted").disabled
        await form.press("ctrl+s")
        assert "BlockDeviceMappings" not in await launch(form)


@pytest.mark.parametrize("leaves", [True, False])
async def test_what_becomes_of_a_volume_can_be_changed(leaves: bool) -> None:
    about = image(BlockDeviceMappings=[volume("/dev/xvda", 8, leaves=leaves)])
    async with launching(about=about) as form:
        await form.go_to("volumes")
        await form.press("enter", "tab", "tab", "tab", "tab", "tab", "space", "ctrl+s")
        found = await launch(form)

    assert found["BlockDeviceMappings"] == [
        {"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": not leaves}}
    ]


async def test_a_preset_brings_its_volumes() -> None:
    preset = Preset(volumes=(VolumePreset("/dev/sda1", gib=50, root=True),))
    async with launching(preset=preset) as form:
        found = await launch(form)

    assert found["BlockDeviceMappings"] == [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50}}]
