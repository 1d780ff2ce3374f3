"""Every rule of which image runs on which type, from both sides."""

from __future__ import annotations

from typing import Any

import pytest

from amitui.domain.launch.compatibility import (
    ImageNeeds,
    market_problem,
    needs_of,
    notes,
    runnable,
    suggested,
    why_not,
)
from amitui.domain.launch.instance_type import Accelerator, InstanceType
from amitui.ec2.convert import image_of

MODERN = InstanceType(
    name="m7i.large",
    vcpus=2,
    memory_mib=8192,
    architectures=("x86_64",),
    virtualization_types=("hvm",),
    root_device_types=("ebs",),
    boot_modes=("legacy-bios", "uefi"),
    ena="required",
    nitro_tpm=True,
    encryption=True,
    hypervisor="nitro",
    bare_metal=False,
    current_generation=True,
    free_tier=False,
    burstable=False,
    accelerators=(),
    instance_storage_gb=0,
    network="Up to 12.5 Gigabit",
    usage_classes=("on-demand", "spot"),
    processor="Intel",
)
OLD = MODERN._replace(
    name="m1.small",
    architectures=("i386", "x86_64"),
    virtualization_types=("hvm", "paravirtual"),
    root_device_types=("ebs", "instance-store"),
    boot_modes=("legacy-bios",),
    ena="unsupported",
    nitro_tpm=False,
    hypervisor="xen",
    current_generation=False,
    instance_storage_gb=160,
)
MAC = MODERN._replace(
    name="mac2.metal", architectures=("arm64_mac",), boot_modes=("legacy-bios",), bare_metal=True, hypervisor=""
)
LINUX = ImageNeeds("x86_64", "hvm", "ebs", "", ena=True)


@pytest.mark.parametrize(
    ("needs", "refusing", "accepting", "reason"),
    [
        (
            LINUX._replace(architecture="i386"),
            MODERN,
            OLD,
            "the image's architecture is i386, the type's x86_64",
        ),
        (
            LINUX._replace(virtualization="paravirtual"),
            MODERN,
            OLD,
            "the image's virtualization is paravirtual, the type's hvm",
        ),
        (
            LINUX._replace(root_device_type="instance-store"),
            MODERN,
            OLD,
            "the image's root is an instance store (a bundle in S3), the type boots from EBS only",
        ),
        (
            LINUX._replace(root_device_type="ebs"),
            MODERN._replace(root_device_types=("instance-store",)),
            MODERN,
            "the image's root is ebs, the type boots from instance-store",
        ),
        (
            LINUX._replace(boot_mode="uefi"),
            OLD,
            MODERN,
            "the image boots by UEFI, the type by legacy BIOS only",
        ),
        (
            LINUX._replace(boot_mode="legacy-bios"),
            MODERN._replace(boot_modes=("uefi",)),
            MODERN,
            "the image boots by legacy BIOS, the type by UEFI only",
        ),
        (
            LINUX._replace(ena=False),
            MODERN,
            OLD,
            "the type requires ENA, and the image does not declare ENA support",
        ),
        (
            LINUX._replace(tpm=True),
            OLD,
            MODERN,
            "the image requires NitroTPM, which the type does not support",
        ),
        (
            LINUX._replace(encrypted=True),
            MODERN._replace(encryption=False),
            MODERN,
            "the image has encrypted volumes, which the type does not support",
        ),
        (
            LINUX._replace(supported_types=("m1.*", "c*", "t3.micro", "t3.small", "x2*")),
            MODERN,
            OLD,
            "the image's owner allows only m1.*, c*, t3.micro, t3.small, …",
        ),
        (
            LINUX._replace(unsupported_types=("*7i.*",)),
            MODERN,
            OLD,
            "the image's owner excludes *7i.*",
        ),
    ],
)
def test_a_rule_refuses_one_type_in_words_and_accepts_another(
    needs: ImageNeeds, refusing: InstanceType, accepting: InstanceType, reason: str
) -> None:
    assert why_not(needs, refusing) == (reason,)
    assert why_not(needs, accepting) == ()


def test_the_owners_lists_hold_together_and_excluding_wins() -> None:
    needs = LINUX._replace(supported_types=("m*",), unsupported_types=("M7I.*",))
    assert why_not(needs, MODERN) == ("the image's owner excludes M7I.*",)
    assert why_not(needs, MODERN._replace(name="m7a.large")) == ()
    assert why_not(needs, MODERN._replace(name="c7a.large"))


def test_dots_of_an_owners_list_are_dots() -> None:
    needs = LINUX._replace(supported_types=("m7i.large",))
    assert why_not(needs, MODERN) == ()
    assert why_not(needs, MODERN._replace(name="m7ixlarge"))


def test_all_reasons_are_told_at_once() -> None:
    reasons = why_not(ImageNeeds("arm64", "paravirtual", "instance-store", "uefi", tpm=True), OLD)
    assert len(reasons) == 3
    assert "arm64" in reasons[0]


def test_what_a_record_leaves_open_is_no_reason() -> None:
    assert why_not(ImageNeeds(ena=True), MODERN) == ()
    silent = MODERN._replace(
        architectures=(), virtualization_types=(), root_device_types=(), boot_modes=(), ena="", usage_classes=()
    )
    assert why_not(LINUX._replace(boot_mode="uefi", ena=False), silent) == ()
    assert market_problem(silent, "spot") == ""


def test_preferring_uefi_runs_on_either_and_notes_what_is_lost() -> None:
    needs = LINUX._replace(boot_mode="uefi-preferred")
    assert why_not(needs, MODERN) == why_not(needs, OLD) == ()
    assert notes(needs, MODERN) == ()
    assert any("Secure Boot" in note for note in notes(needs, OLD))


def test_a_boot_mode_says_nothing_on_a_mac_and_hosts_are_noted() -> None:
    needs = ImageNeeds("arm64_mac", "hvm", "ebs", "uefi", ena=True)
    assert why_not(needs, MAC) == ()
    assert any("Dedicated Host" in note for note in notes(needs, MAC))
    assert not any("Dedicated Host" in note for note in notes(LINUX, MODERN))


def test_notes_tell_of_slow_networks_roots_that_are_lost_and_disks_that_are_not_there() -> None:
    either = OLD._replace(ena="supported")
    assert any("ENA" in note for note in notes(LINUX._replace(ena=False), either))
    assert notes(LINUX, either) == ()
    assert any(
        "cannot be stopped" in note for note in notes(LINUX._replace(root_device_type="instance-store"), OLD)
    )
    disks = LINUX._replace(ephemeral_disks=2)
    assert any("does not have" in note for note in notes(disks, MODERN))
    assert notes(disks, OLD) == ()


def test_a_market_that_does_not_offer_a_type_is_told() -> None:
    assert market_problem(MODERN, "spot") == market_problem(MODERN, "on-demand") == ""
    words = market_problem(MAC._replace(usage_classes=("on-demand",)), "spot")
    assert words == "mac2.metal is not offered on the spot market, but as on-demand"


RECORD: dict[str, Any] = {
    "ImageId": "ami-1",
    "Architecture": "x86_64",
    "VirtualizationType": "hvm",
    "RootDeviceType": "ebs",
    "BootMode": "uefi",
    "EnaSupport": True,
    "TpmSupport": "v2.0",
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "Encrypted": True}},
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "VirtualName": "ephemeral1", "NoDevice": ""},
    ],
    "InstanceTypeSpecification": {
        "SupportedInstanceTypes": [{"InstanceType": "m7i.*"}],
        "UnsupportedInstanceTypes": ["m7i.metal*"],
    },
}


def test_what_an_image_needs_is_read_from_its_record() -> None:
    assert needs_of(image_of(RECORD, "us-east-1")) == ImageNeeds(
        "x86_64", "hvm", "ebs", "uefi", True, True, True, ("m7i.*",), ("m7i.metal*",), 1
    )
    assert why_not(image_of(RECORD, "us-east-1"), MODERN) == ()


@pytest.mark.parametrize("specification", [None, "x", [], {"SupportedInstanceTypes": "m5.*"}, {"Other": [1]}])
def test_a_specification_that_is_none_holds_nothing_back(specification: object) -> None:
    image = image_of(RECORD | {"InstanceTypeSpecification": specification}, "us-east-1")
    assert why_not(image, MODERN._replace(name="c9.large")) == ()


@pytest.mark.parametrize("ena", [None, False, "maybe"])
def test_an_image_that_does_not_say_it_has_ena_is_taken_not_to(ena: object) -> None:
    assert any("ENA" in reason for reason in why_not(image_of(RECORD | {"EnaSupport": ena}, "us-east-1"), MODERN))


def test_a_small_type_is_suggested_and_none_where_none_runs() -> None:
    micro = MODERN._replace(name="t3.micro", memory_mib=1024, burstable=True)
    nano = micro._replace(name="t3.nano", memory_mib=512)
    gpu = micro._replace(name="g4.micro", accelerators=(Accelerator("gpu", "NVIDIA", "T4", 1, 1.0, 0),))
    types = [MODERN, nano, gpu, micro]
    assert suggested(LINUX, types) == micro
    free = MODERN._replace(name="c7i-flex.large", free_tier=True)
    assert suggested(LINUX, [*types, free]) == free
    assert suggested(LINUX._replace(architecture="arm64"), types) is None
    assert runnable(LINUX._replace(unsupported_types=("t3.*",)), types) == [MODERN, gpu]
