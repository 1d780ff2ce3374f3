"""Which device names EC2 takes, which mean the same device, and which mapping is the root's."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.image.devices import HVM, PARAVIRTUAL, device_problem, root_index, same_device
from amitui.domain.image.image import Image
from amitui.domain.launch.storage import VolumeChoice, overrides, volume_problems, volumes_of
from amitui.domain.operations.inventory import DeviceInfo, InstanceInfo
from amitui.domain.operations.plans.register import RegisterRequest, VolumeSpec, register_plan
from amitui.domain.operations.proposals import next_device
from amitui.domain.operations.volume_text import parse_volumes
from amitui.ec2.convert import image_of
from amitui.presentation.details.groups import image_groups

# cases/odd-root.json
ODD: dict[str, Any] = {
    "ImageId": "ami-0bbbbbbbbbbbbbb09",
    "Name": "odd-root",
    "OwnerId": "111122223333",
    "RootDeviceType": "ebs",
    "VirtualizationType": "hvm",
    "RootDeviceName": "/dev/sda1",
    "BlockDeviceMappings": [
        {
            "DeviceName": "/dev/sda",
            "Ebs": {"SnapshotId": "snap-0123456789abcdef0", "VolumeSize": 8, "VolumeType": "gp3"},
        },
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "NoDevice": ""},
        {"DeviceName": "xvdcb"},
        {},
    ],
}


def image(*mappings: dict[str, Any], **changes: Any) -> Image:
    record = ODD | ({"BlockDeviceMappings": list(mappings)} if mappings else {}) | changes
    return image_of(record, "us-east-1")


def ebs(name: str, gib: int = 8) -> dict[str, Any]:
    volume = {"SnapshotId": "snap-0123456789abcdef0", "VolumeSize": gib, "VolumeType": "gp3"}
    return {"DeviceName": name, "Ebs": volume}


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_the_root_is_found_wherever_its_mapping_stands(order: tuple[int, ...]) -> None:
    odd = image(*(ODD["BlockDeviceMappings"][place] for place in order))
    volumes = volumes_of(odd)
    assert [(one.device_name, one.root) for one in volumes if one.root] == [("/dev/sda", True)]
    assert {one.device_name for one in volumes} == {"/dev/sda", "/dev/sdb"}
    assert volume_problems(volumes, volumes) == ()
    assert overrides(volumes, volumes) == []


def test_a_root_of_another_name_is_neither_dropped_nor_doubled() -> None:
    volumes = volumes_of(image())
    dropped = [one._replace(dropped=one.root) for one in volumes]
    assert ("/dev/sda", "an instance requires its root volume") in volume_problems(volumes, dropped)
    for name in ("/dev/sda1", "/dev/xvda", "xvda", "sda"):
        added = VolumeChoice(name, gib=8, added=True)
        assert any(words for device, words in volume_problems(volumes, [*volumes, added]) if device == name)
    larger = [one._replace(gib=20) if one.root else one for one in volumes]
    assert overrides(volumes, larger) == [{"DeviceName": "/dev/sda", "Ebs": {"VolumeSize": 20}}]


def test_the_details_call_the_root_so() -> None:
    lines = [line for group in image_groups(image(), viewer_account=None, now=0) for line in group.lines]
    assert [line.label for line in lines if line.note.startswith("root")] == ["/dev/sda"]


@pytest.mark.parametrize(
    ("root", "mapped", "found"),
    [
        ("/dev/sda1", ["/dev/sda", "/dev/sda1"], 1),
        ("/dev/sda1", ["/dev/sdf", "/dev/sda"], 1),
        ("/dev/xvda", ["/dev/sdf", "xvda"], 1),
        ("/dev/xvda", ["/dev/sdf", "/dev/sda1"], 1),
        ("/dev/sda", ["/dev/sdf", "/dev/sda1"], 1),
        ("/dev/sdb1", ["/dev/sdf", "/dev/sdb"], 1),
        ("/dev/sda1", ["", "/dev/sda"], 1),
        ("", ["/dev/sdf", "/dev/sdg"], 0),
        ("/dev/sda1", ["/dev/sdf", "/dev/sdg"], 0),
        ("/dev/sda1", [], None),
    ],
)
def test_the_mapping_of_the_root_is_found_as_ec2_finds_it(root: str, mapped: list[str], found: int | None) -> None:
    assert root_index(root, mapped, range(len(mapped))) == found


def test_no_volume_is_the_root_of_an_image_in_instance_store() -> None:
    stored = image(ebs("/dev/sdf"), RootDeviceType="instance-store")
    assert stored.root_index is None
    assert image({"DeviceName": "/dev/sda1", "NoDevice": ""}, ebs("/dev/sdf")).root_index == 1


roots = st.sampled_from(["/dev/sda1", "/dev/xvda", "/dev/sdf", ""])
mapped_names = st.sampled_from(["/dev/sda", "/dev/sda1", "xvda", "/dev/sdf", "/dev/xvdf", ""])


@given(roots, st.lists(mapped_names, max_size=5))
def test_an_exact_name_wins_and_the_first_alike_comes_next(root: str, names: list[str]) -> None:
    there = [place for place, name in enumerate(names) if name]
    alike = [place for place in there if root and same_device(names[place]) == same_device(root)]
    exact = [place for place in there if names[place] == root]
    assert root_index(root, names, there) == next(iter([*exact, *alike, *there]), None)


def test_the_root_of_an_instance_is_found_too() -> None:
    devices = (DeviceInfo("/dev/sda", "vol-1", True), DeviceInfo("/dev/sdf", "vol-2", False))
    instance = InstanceInfo("i-1", "", "running", "t3.micro", "", "", "", "/dev/sda1", "ebs", devices, (), None)
    assert instance.root_mapping == "/dev/sda"
    assert instance._replace(root_device="").root_mapping == "/dev/sda"
    assert instance._replace(root_device="/dev/sdf").root_mapping == "/dev/sdf"
    assert instance._replace(root_device_type="instance-store").root_mapping == ""


@pytest.mark.parametrize("device", ["/dev/xvda", "/dev/sda1", "/dev/sda", "xvdf", "/dev/sdz", "xvdca", "sdf"])
def test_names_that_ec2_takes_are_fine(device: str) -> None:
    assert device_problem(device) == ""
    assert device_problem(device, HVM) == ""


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("/dev/sdf1", "/dev/sdf"),
        ("/dev/xvda1", "/dev/sda1 or /dev/xvda"),
        ("/dev/sda2", "/dev/sda1 or /dev/xvda"),
        ("/dev/xvdf2", "/dev/xvdf"),
        ("/dev/xvddy", "a device name is like"),
        ("/dev/xvdeo", "a device name is like"),
        ("/dev/sdaa", "a device name is like"),
        ("/dev/hdf", "a device name is like"),
        ("/dev/nvme1n1", "is its name inside the instance"),
        ("/dev/SDF", "lower case: /dev/sdf"),
        ("ephemeral0", "an instance store volume"),
        ("", "a device name is like"),
        ("/dev/", "a device name is like"),
        ("C:\\", "a device name is like"),
        ("/dev/sd a", "a device name is like"),
        ("/dev/sdf\n", "a device name is like"),
    ],
)
def test_names_that_ec2_refuses_are_refused_with_the_reason(device: str, words: str) -> None:
    assert words in device_problem(device, HVM)


def test_paravirtual_images_have_other_names() -> None:
    for device in ("/dev/sda1", "/dev/sdf", "/dev/sdf6", "/dev/hdb15", "/dev/hdb"):
        assert device_problem(device, PARAVIRTUAL) == ""
    for device in ("/dev/xvdca", "/dev/sdf16", "/dev/sdf0"):
        assert device_problem(device, PARAVIRTUAL)
    assert device_problem("/dev/sdf1") == ""


def test_a_name_is_not_given_twice_in_another_spelling() -> None:
    for text in ("/dev/sdf=1, /dev/sdf=2", "/dev/sdf=1, /dev/xvdf=2", "/dev/sdf=1, xvdf=2"):
        with pytest.raises(ValueError, match="is listed twice"):
            parse_volumes(text)
    with pytest.raises(ValueError, match="EC2 refuses a number there"):
        parse_volumes("/dev/sdf1=10", HVM)
    assert next_device({"/dev/xvdf", "sdg"}) == "/dev/sdh"


def test_a_root_is_registered_once_however_its_volume_is_named() -> None:
    volumes = (VolumeSpec("/dev/sda", gib=20), VolumeSpec("/dev/sdf", gib=5))
    request = RegisterRequest("us-east-1", "odd", "", "snap-0123456789abcdef0", "/dev/sda1", volumes)
    mappings = register_plan(request).calls[0].parameters["BlockDeviceMappings"]
    assert [(one["DeviceName"], one["Ebs"].get("VolumeSize")) for one in mappings] == [
        ("/dev/sda1", 20),
        ("/dev/sdf", 5),
    ]
