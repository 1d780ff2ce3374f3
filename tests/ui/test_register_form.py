"""Registering an image of snapshots or of a bundle in S3, by the keyboard alone."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from amitui.ui.forms.register import RegisterForm
from tests.support.inventory import FakeInventory, Host, OpenForm, snapshot
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = "snap-00000000000000001"
DATA = "snap-00000000000000002"


@asynccontextmanager
async def opened(
    inventory: FakeInventory | None = None, *, size: tuple[int, int] = (80, 24), snapshot_id: str = ""
) -> AsyncIterator[OpenForm]:
    form = RegisterForm(Host(), inventory or FakeInventory(), region="us-east-1", snapshot_id=snapshot_id)
    async with WidgetApp().run_test(size=size) as pilot:
        yield await OpenForm.on(pilot, form)


async def registered(form: OpenForm) -> dict[str, Any]:
    (plan,) = await form.carry_out()
    (call,) = plan.calls
    assert (call.api, call.region) == ("register_image", "us-east-1")
    return dict(call.parameters)


async def test_the_defaults_are_those_of_today() -> None:
    inventory = FakeInventory()
    inventory.listed_snapshots = [snapshot(1, "root")]
    async with opened(inventory) as form:
        await form.pick("root", "root")
        given = await registered(form)

    assert given == {
        "Name": "root-2026-11-21",
        "Architecture": "x86_64",
        "VirtualizationType": "hvm",
        "EnaSupport": True,
        "ImdsSupport": "v2.0",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {"DeleteOnTermination": True, "VolumeType": "gp3", "SnapshotId": ROOT},
            }
        ],
    }


async def test_the_snapshots_name_hints_at_architecture_and_root_device() -> None:
    async with opened() as form:
        await form.pick("root", "ubuntu")
        given = await registered(form)

    assert (given["Architecture"], given["RootDeviceName"]) == ("arm64", "/dev/sda1")


async def test_what_was_chosen_is_not_overruled_by_hints() -> None:
    async with opened() as form:
        await form.go_to("architecture")
        await form.press("right", "left")
        await form.pick("root", "ubuntu")
        given = await registered(form)

    assert given["Architecture"] == "x86_64"


async def test_i386_is_not_offered() -> None:
    async with opened() as form:
        await form.go_to("architecture")
        seen = set()
        for _ in range(6):
            await form.press("right")
            seen.add(next(field.value for field in form.form.fields if field.id == "architecture"))

    assert seen == {"x86_64", "arm64", "x86_64_mac", "arm64_mac"}


async def test_snapshots_that_cannot_be_used_say_why() -> None:
    async with opened() as form:
        await form.go_to("root")
        await form.press("enter")
        await form.type("cold")
        assert "it is archived: restore it first" in form.shown


async def test_further_snapshots_become_volumes_whose_sizes_can_be_changed() -> None:
    async with opened(snapshot_id=ROOT) as form:
        await form.pick("more", "data")
        assert f"/dev/sdf={DATA}:gp3:keep" in form.shown
        await form.fill("mapping", f"/dev/sdf={DATA}:200:gp3:iops=6000:delete, /dev/sdg=50:st1")
        given = await registered(form)

    assert given["BlockDeviceMappings"][1:] == [
        {
            "DeviceName": "/dev/sdf",
            "Ebs": {
                "DeleteOnTermination": True,
                "VolumeType": "gp3",
                "SnapshotId": DATA,
                "VolumeSize": 200,
                "Iops": 6000,
            },
        },
        {"DeviceName": "/dev/sdg", "Ebs": {"DeleteOnTermination": False, "VolumeType": "st1", "VolumeSize": 50}},
    ]


async def test_a_volume_taken_out_of_the_mapping_is_no_longer_picked() -> None:
    async with opened(snapshot_id=ROOT) as form:
        await form.pick("more", "data")
        await form.fill("mapping", "")
        assert "none; Enter adds snapshots" in form.shown
        given = await registered(form)

    assert len(given["BlockDeviceMappings"]) == 1


async def test_volumes_smaller_than_their_snapshot_and_at_the_roots_device_are_refused() -> None:
    async with opened(snapshot_id=ROOT) as form:
        await form.fill("mapping", f"/dev/sdf={DATA}:50")
        await form.press("ctrl+s")
        assert "at least 100 GiB" in form.shown
        await form.fill("mapping", "/dev/sda1=50")
        await form.press("ctrl+s")
        assert "/dev/sda1 is the root device" in form.shown
        assert form.here == "mapping"


async def test_the_root_can_be_larger_and_of_another_type() -> None:
    async with opened(snapshot_id=ROOT) as form:
        await form.fill("root-volume", "7")
        await form.press("ctrl+s")
        assert "at least 8 GiB" in form.shown
        await form.fill("root-volume", "16:io2:iops=500:keep")
        given = await registered(form)

    assert given["BlockDeviceMappings"][0]["Ebs"] == {
        "DeleteOnTermination": False,
        "VolumeType": "io2",
        "SnapshotId": ROOT,
        "VolumeSize": 16,
        "Iops": 500,
    }


async def test_nitrotpm_is_offered_with_uefi_alone() -> None:
    async with opened(snapshot_id=ROOT) as form:
        assert "NitroTPM" not in form.shown
        await form.go_to("boot")
        await form.press("right", "right")
        assert "NitroTPM" in form.shown
        await form.go_to("tpm")
        await form.press("space")
        given = await registered(form)
    assert (given["BootMode"], given["TpmSupport"]) == ("uefi", "v2.0")

    async with opened(snapshot_id=ROOT) as form:
        await form.go_to("boot")
        await form.press("right", "right")
        await form.go_to("tpm")
        await form.press("space")
        await form.go_to("boot")
        await form.press("right")
        given = await registered(form)
    assert given["BootMode"] == "uefi-preferred"
    assert "TpmSupport" not in given


async def test_firmware_that_does_not_go_with_the_architecture_is_refused_at_the_field() -> None:
    async with opened(snapshot_id=ROOT) as form:
        await form.go_to("boot")
        await form.press("right")
        await form.press("ctrl+s")
        assert "arm64 does not boot with legacy-bios" in form.shown
        assert form.here == "boot"
        await form.go_to("virtualization")
        await form.press("right")
        await form.press("ctrl+s")
        assert "arm64 requires hvm" in form.shown
        assert form.here == "virtualization"


async def test_imdsv2_and_ena_can_be_left_out() -> None:
    async with opened(snapshot_id=ROOT) as form:
        await form.go_to("imds")
        await form.press("space")
        await form.go_to("ena")
        await form.press("space")
        given = await registered(form)

    assert "ImdsSupport" not in given
    assert "EnaSupport" not in given


async def test_the_name_is_free_and_a_typed_one_stays() -> None:
    inventory = FakeInventory()
    inventory.names = {"us-east-1": {"ubuntu-arm64-root-2026-11-21"}}
    async with opened(inventory, snapshot_id=ROOT) as form:
        assert "ubuntu-arm64-root-2026-11-21-2" in form.shown
        await form.fill("name", "mine")
        await form.pick("root", "data")
        given = await registered(form)

    assert given["Name"] == "mine"


async def test_a_bundle_in_s3_is_registered_by_its_manifest() -> None:
    async with opened() as form:
        await form.go_to("source")
        await form.press("right")
        assert "Root" not in form.shown
        await form.fill("location", "s3://bucket/web.manifest.xml")
        await form.press("ctrl+s")
        assert "without s3://" in form.shown
        await form.fill("location", "bucket/path/web.manifest.xml")
        given = await registered(form)

    assert given == {
        "Name": "web-2026-11-21",
        "Architecture": "x86_64",
        "VirtualizationType": "hvm",
        "EnaSupport": True,
        "ImdsSupport": "v2.0",
        "ImageLocation": "bucket/path/web.manifest.xml",
    }


async def test_a_paravirtual_bundle_has_its_kernel_and_no_ena() -> None:
    async with opened() as form:
        await form.go_to("source")
        await form.press("right")
        await form.fill("location", "bucket/path/web.manifest.xml")
        await form.go_to("virtualization")
        await form.press("right")
        await form.fill("kernel", "aki-12345678")
        given = await registered(form)

    assert (given["VirtualizationType"], given["KernelId"]) == ("paravirtual", "aki-12345678")
    assert "EnaSupport" not in given


async def test_a_hostile_name_is_shown_and_proposed_as_ec2_takes_it() -> None:
    inventory = FakeInventory()
    inventory.listed_snapshots = [snapshot(1, "[@click=app.quit]x[/]:*")]
    async with opened(inventory, snapshot_id=ROOT) as form:
        assert "[@click=app.quit]x[/]:*" in form.shown
        given = await registered(form)

    assert given["Name"] == "[@click-app.quit]x[/]-2026-11-21"


async def test_it_all_fits_on_a_small_screen() -> None:
    async with opened(size=(60, 15), snapshot_id=ROOT) as form:
        await form.go_to("image-tags")
        assert "Image tags" in form.shown
        assert (await registered(form))["Architecture"] == "arm64"
