"""Two images side by side: every value that differs, matched by what it is, and readable without colours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.image.difference import Change, Difference, compare
from amitui.domain.image.image import Image, RawRecord
from amitui.ec2.convert import image_of
from amitui.presentation.comparison import as_json, as_text, compared_groups

PLAIN: RawRecord = {
    "ImageId": "ami-0123456789abcdef0",
    "Name": "acme-web-20260913",
    "OwnerId": "123456789012",
    "Architecture": "x86_64",
    "EnaSupport": True,
    "RootDeviceName": "/dev/sda1",
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 8, "Encrypted": False}},
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
    ],
    "Tags": [{"Key": "Env", "Value": "test"}, {"Key": "Team", "Value": "web"}],
}


def image(region: str = "eu-west-1", **changes: Any) -> Image:
    record = {**PLAIN, **changes}
    return image_of({name: value for name, value in record.items() if value is not None}, region)


def differences(before: Image, after: Image) -> dict[str, tuple[Any, Any]]:
    return {".".join(one.path): (one.before, one.after) for one in compare(before, after).differences}


def test_an_image_does_not_differ_from_itself() -> None:
    found = compare(image(), image())
    assert found.differences == ()
    assert found.same == 15


def test_fields_are_added_removed_and_changed() -> None:
    found = compare(image(), image(Name="acme-web-20260920", EnaSupport=None, BootMode="uefi"))
    assert [(one.path, one.change) for one in found.differences] == [
        (("Name",), Change.CHANGED),
        (("EnaSupport",), Change.REMOVED),
        (("BootMode",), Change.ADDED),
    ]


def test_a_copy_in_another_region_differs_in_its_region() -> None:
    assert differences(image(), image("us-east-1")) == {"Region": ("eu-west-1", "us-east-1")}


def test_block_devices_and_tags_are_matched_by_their_names_whatever_their_order() -> None:
    devices, tags = PLAIN["BlockDeviceMappings"], PLAIN["Tags"]
    turned = image(BlockDeviceMappings=devices[::-1], Tags=tags[::-1])
    assert differences(image(), turned) == {}
    other = image(
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdc", "Ebs": {"VolumeSize": 100}},
            {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-2", "VolumeSize": 16, "Encrypted": False}},
        ],
        Tags=[{"Key": "Team", "Value": "web"}, {"Key": "Env", "Value": "prod"}, {"Key": "New", "Value": ""}],
    )
    assert differences(image(), other) == {
        "BlockDeviceMappings./dev/sda1.Ebs.SnapshotId": ("snap-1", "snap-2"),
        "BlockDeviceMappings./dev/sda1.Ebs.VolumeSize": (8, 16),
        "BlockDeviceMappings./dev/sdb.DeviceName": ("/dev/sdb", None),
        "BlockDeviceMappings./dev/sdb.VirtualName": ("ephemeral0", None),
        "BlockDeviceMappings./dev/sdc.DeviceName": (None, "/dev/sdc"),
        "BlockDeviceMappings./dev/sdc.Ebs.VolumeSize": (None, 100),
        "Tags.Env": ("test", "prod"),
        "Tags.New": (None, ""),
    }


def test_root_devices_of_different_names_are_compared_with_each_other() -> None:
    other = image(
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 9, "Encrypted": False}},
            {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        ],
    )
    assert differences(image(), other) == {
        "RootDeviceName": ("/dev/sda1", "/dev/xvda"),
        "BlockDeviceMappings.root volume.DeviceName": ("/dev/sda1", "/dev/xvda"),
        "BlockDeviceMappings.root volume.Ebs.VolumeSize": (8, 9),
    }


def test_two_devices_of_one_name_and_lists_of_texts_are_told_apart() -> None:
    twice = [{"DeviceName": "/dev/sdb", "VirtualName": "a"}, {"DeviceName": "/dev/sdb", "VirtualName": "b"}]
    specification = {"SupportedInstanceTypes": ["m5.*", "c5.*"]}
    before = image(BlockDeviceMappings=twice, InstanceTypeSpecification=specification)
    after = image(
        BlockDeviceMappings=twice[:1], InstanceTypeSpecification={"SupportedInstanceTypes": ["c5.*", "t3.*"]}
    )
    assert differences(before, after) == {
        "InstanceTypeSpecification.SupportedInstanceTypes.m5.*": ("m5.*", None),
        "InstanceTypeSpecification.SupportedInstanceTypes.t3.*": (None, "t3.*"),
        "BlockDeviceMappings./dev/sdb[2].DeviceName": ("/dev/sdb", None),
        "BlockDeviceMappings./dev/sdb[2].VirtualName": ("b", None),
    }


def test_a_number_and_its_text_and_yes_and_one_are_not_the_same() -> None:
    assert differences(image(Odd=1, Flag=True), image(Odd="1", Flag=1)) == {"Odd": (1, "1"), "Flag": (True, 1)}


def test_a_record_that_is_nested_without_end_is_compared_all_the_same() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = {"a": deep}
    (found,) = compare(image(), image(Odd=deep)).differences
    assert found.path[0] == "Odd"
    assert len(found.path) == 20


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(values, values)
def test_what_is_added_one_way_is_removed_the_other_way(one: Any, other: Any) -> None:
    before, after = image(Odd=one), image(Odd=other)
    there, back = compare(before, after), compare(after, before)
    assert there.same == back.same
    assert sorted(map(repr, there.differences)) == sorted(
        repr(Difference(found.path, found.after, found.before)) for found in back.differences
    )
    json.dumps(as_json(before, after, there))


# In words


def test_a_line_says_by_its_sign_what_happened() -> None:
    before, after = image(), image(Name="acme-web-20260920", Tags=[{"Key": "Env", "Value": "prod"}])
    text = "".join(as_text(before, after, compare(before, after), 100))
    assert text == (
        "- ami-0123456789abcdef0  eu-west-1  acme-web-20260913\n"
        "+ ami-0123456789abcdef0  eu-west-1  acme-web-20260920\n"
        "\n"
        "~ Name  acme-web-20260913 → acme-web-20260920\n"
        "\n"
        "Tags\n"
        "~ Env   test → prod\n"
        "- Team  web\n"
        "\n"
        "3 values differ, 12 are the same\n"
    )


def test_values_that_do_not_fit_beside_each_other_stand_below_each_other() -> None:
    before, after = image(Description="a" * 60), image(Description="b" * 60)
    lines = "".join(as_text(before, after, compare(before, after), 80)).splitlines()
    assert f"~ Description  {'a' * 60}" in lines
    assert f"             → {'b' * 60}" in lines
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("hostile", ["a\nb", "\x1b[2J", "\u202eb", ""])
def test_hostile_texts_stay_on_their_line(hostile: str) -> None:
    tags = [{"Key": hostile, "Value": hostile}]
    before, after = image(Tags=[]), image(Tags=tags, Description=hostile)
    text = "".join(as_text(before, after, compare(before, after), 80))
    assert all(line.isprintable() for line in text.splitlines())
    assert sum(line.startswith("+ ") for line in text.splitlines()) == 3
    assert [group.title for group in compared_groups(compare(before, after))] == ["", "Tags"]


def test_json_names_both_images_and_each_path() -> None:
    found = as_json(image(), image("us-east-1"), compare(image(), image("us-east-1", EnaSupport=None)))
    assert found["A"] == {"ImageId": "ami-0123456789abcdef0", "Region": "eu-west-1", "Name": "acme-web-20260913"}
    assert found["Differences"] == [
        {"Path": ["Region"], "Change": "changed", "A": "eu-west-1", "B": "us-east-1"},
        {"Path": ["EnaSupport"], "Change": "removed", "A": True},
    ]
    assert found["Same"] == 13
