"""Kinds of images held against every instance type that the demo's EC2 has.

Its types are moto's, which were taken from EC2. What is expected of them was written down by hand from the EC2
User Guide, not from these data; where the two disagree it is said below.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from amitui.demo.launcher import DemoProcess
from amitui.domain.launch.compatibility import ImageNeeds, notes, runnable, suggested, why_not
from amitui.ec2.reads.instance_types import instance_types
from amitui.ec2.session import AwsTarget, Ec2Connection

if TYPE_CHECKING:
    from amitui.domain.launch.instance_type import InstanceType


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> list[InstanceType]:
    """All types of a region; the demo takes two seconds for them, so they are asked for once."""
    folder = str(tmp_path_factory.mktemp("instance-types"))

    async def read(url: str) -> list[InstanceType]:
        async with Ec2Connection(AwsTarget(endpoint_url=url, demo=True), attempts=1) as connection:
            return await instance_types(connection, "us-east-1", folder=folder, now=0.0)

    with DemoProcess(speed=1000) as running:
        return asyncio.run(read(running.url))


@pytest.fixture(scope="module")
def by_name(types: list[InstanceType]) -> dict[str, InstanceType]:
    return {one.name: one for one in types}


LINUX: Final = ImageNeeds("x86_64", "hvm", "ebs", "", ena=True)
ARM: Final = ImageNeeds("arm64", "hvm", "ebs", "uefi", ena=True)
KINDS: Final = {
    "linux": LINUX,
    "linux without ENA": LINUX._replace(ena=False),
    "linux by UEFI": LINUX._replace(boot_mode="uefi"),
    "linux by BIOS": LINUX._replace(boot_mode="legacy-bios"),
    "linux by either": LINUX._replace(boot_mode="uefi-preferred"),
    "linux with TPM": LINUX._replace(boot_mode="uefi", tpm=True),
    "linux encrypted": LINUX._replace(encrypted=True),
    "32 bits": ImageNeeds("i386", "hvm", "ebs"),
    "arm": ARM,
    "arm without a mode": ARM._replace(boot_mode=""),
    "PV": ImageNeeds("x86_64", "paravirtual", "ebs"),
    "PV of 32 bits": ImageNeeds("i386", "paravirtual", "ebs"),
    "in S3": ImageNeeds("x86_64", "hvm", "instance-store"),
    "PV in S3": ImageNeeds("x86_64", "paravirtual", "instance-store"),
    "macOS on Intel": ImageNeeds("x86_64_mac", "hvm", "ebs", "uefi", ena=True),
    "macOS on Apple": ImageNeeds("arm64_mac", "hvm", "ebs", "uefi", ena=True),
    "for t3": LINUX._replace(supported_types=("t3.*",), unsupported_types=("t3.nano",)),
    "not for metal": LINUX._replace(unsupported_types=("*.metal", "*.metal-*")),
}
CPU, VIRTUAL, ROOT, BOOT = "architecture", "virtualization", "root", "boots by"
ENA, TPM, OWNER = "ENA", "NitroTPM", "owner"

PAIRS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    # Architecture: Graviton is arm64, Intel and AMD are x86_64; 32 bits were for small old types only.
    ("linux", "t3.micro", ()),
    ("linux", "m5.large", ()),
    ("linux", "m5.metal", ()),
    ("linux", "c7a.large", ()),
    ("linux", "t4g.micro", (CPU,)),
    ("linux", "m7g.large", (CPU,)),
    ("linux", "mac1.metal", (CPU,)),
    ("arm", "t4g.micro", ()),
    ("arm", "a1.large", ()),
    ("arm", "c7g.metal", ()),
    ("arm without a mode", "t4g.micro", ()),
    ("arm", "m5.large", (CPU,)),
    ("arm", "t2.micro", (CPU, BOOT)),
    ("arm", "mac2.metal", (CPU,)),
    ("32 bits", "t2.micro", ()),
    ("32 bits", "t2.large", (CPU,)),
    ("32 bits", "t3.micro", (CPU, ENA)),
    # ENA: Nitro types require it, some Xen types can do with and without, older ones do not have it.
    ("linux without ENA", "t3.micro", (ENA,)),
    ("linux without ENA", "t3a.micro", (ENA,)),
    ("linux without ENA", "c5.large", (ENA,)),
    ("linux without ENA", "m5a.large", (ENA,)),
    ("linux without ENA", "t2.micro", ()),
    ("linux without ENA", "m4.large", ()),
    ("linux without ENA", "m4.16xlarge", ()),
    ("linux without ENA", "r4.large", ()),
    ("linux without ENA", "t4g.micro", (CPU, ENA)),
    # Boot modes: the User Guide's own examples are m5.2xlarge (both) and t2.xlarge (legacy BIOS).
    ("linux by UEFI", "m5.2xlarge", ()),
    ("linux by BIOS", "m5.2xlarge", ()),
    ("linux by either", "m5.2xlarge", ()),
    ("linux by UEFI", "t2.xlarge", (BOOT,)),
    ("linux by BIOS", "t2.xlarge", ()),
    ("linux by either", "t2.xlarge", ()),
    ("linux by UEFI", "m5.metal", (BOOT,)),
    ("linux by UEFI", "p4d.24xlarge", (BOOT,)),
    ("linux by UEFI", "vt1.3xlarge", (BOOT,)),
    ("linux by UEFI", "u-6tb1.112xlarge", (BOOT,)),
    ("linux by UEFI", "c4.large", (BOOT,)),
    # NitroTPM: on Nitro's hypervisor only, and not on Macs or bare metal.
    ("linux with TPM", "t3.micro", ()),
    ("linux with TPM", "m6i.large", ()),
    ("linux with TPM", "t2.micro", (BOOT, TPM)),
    ("linux with TPM", "c5.metal", (BOOT, TPM)),
    # Paravirtual: C1, C3, M1, M2, M3 and T1.
    ("PV", "c1.medium", ()),
    ("PV", "c3.large", ()),
    ("PV", "m1.small", ()),
    ("PV", "m2.xlarge", ()),
    ("PV", "m3.medium", ()),
    ("PV", "t1.micro", ()),
    ("PV", "t2.micro", (VIRTUAL,)),
    ("PV", "r3.large", (VIRTUAL,)),
    ("PV", "m5.large", (VIRTUAL, ENA)),
    ("PV of 32 bits", "m1.small", ()),
    ("PV of 32 bits", "m3.xlarge", (CPU,)),
    # Bundles in S3: C1, C3, D2, I2, M1, M2, M3, R3 and X1.
    ("in S3", "d2.xlarge", ()),
    ("in S3", "i2.xlarge", ()),
    ("in S3", "m3.medium", ()),
    ("in S3", "x1.16xlarge", ()),
    ("in S3", "t2.micro", (ROOT,)),
    ("in S3", "c4.large", (ROOT,)),
    ("in S3", "m5.large", (ROOT, ENA)),
    ("PV in S3", "m1.small", ()),
    ("PV in S3", "t1.micro", (ROOT,)),
    ("PV in S3", "d2.xlarge", (VIRTUAL,)),
    # Macs: those of moto's data boot by legacy BIOS only, the demo's macOS images say `uefi`; yet macOS runs on
    # Macs and on nothing else.
    ("macOS on Intel", "mac1.metal", ()),
    ("macOS on Apple", "mac2.metal", ()),
    ("macOS on Apple", "mac2-m2pro.metal", ()),
    ("macOS on Intel", "mac2.metal", (CPU,)),
    ("macOS on Apple", "mac1.metal", (CPU,)),
    ("macOS on Apple", "m7g.metal", (CPU,)),
    # Encrypted volumes can be attached to all types of today.
    ("linux encrypted", "t2.micro", ()),
    # The owner's own lists.
    ("for t3", "t3.micro", ()),
    ("for t3", "t3.nano", (OWNER,)),
    ("for t3", "t3a.micro", (OWNER,)),
    ("not for metal", "m5.large", ()),
    ("not for metal", "m5.metal", (OWNER,)),
    ("not for metal", "c7i.metal-24xl", (OWNER,)),
)


@pytest.mark.parametrize(("kind", "name", "expected"), PAIRS)
def test_an_image_and_a_type_that_were_checked_by_hand(
    by_name: dict[str, InstanceType], kind: str, name: str, expected: tuple[str, ...]
) -> None:
    reasons = why_not(KINDS[kind], by_name[name])

    assert len(reasons) == len(expected), reasons
    assert all(word in reason for word, reason in zip(expected, reasons, strict=True)), reasons


PARAVIRTUAL: Final = frozenset({"c1", "c3", "m1", "m2", "m3", "t1"})
FROM_S3: Final = frozenset({"c1", "c3", "d2", "i2", "m1", "m2", "m3", "r3", "x1"})
WITHOUT_UEFI: Final = frozenset(
    {"dl1", "g4ad", "p4d", "p4de", "u-3tb1", "u-6tb1", "u-9tb1", "u-12tb1", "u-18tb1", "u-24tb1", "vt1"}
)
"""Families of virtual Nitro machines that the User Guide excepts from UEFI."""
WITHOUT_UEFI_BY_THE_DATA: Final = frozenset({"trn1", "trn1n"})
"""The User Guide does not except these; the data of EC2 that moto has do, and EC2 decides."""
XEN_BY_LETTER: Final = frozenset(
    {"c1", "c3", "c4", "d2", "h1", "i2", "i3", "m1", "m2", "m3", "m4", "r3", "r4", "t1", "t2", "x1", "x1e"}
)


def families(kind: str, types: list[InstanceType]) -> set[str]:
    return {one.family for one in runnable(KINDS[kind], types)}


def test_paravirtual_images_run_on_six_families_and_no_other(types: list[InstanceType]) -> None:
    runs = runnable(KINDS["PV"], types)
    assert {one.family for one in runs} == PARAVIRTUAL
    assert runs == [one for one in types if one.family in PARAVIRTUAL]


def test_bundles_in_s3_run_on_nine_families_and_no_other(types: list[InstanceType]) -> None:
    assert families("in S3", types) == FROM_S3
    assert families("PV in S3", types) == FROM_S3 & PARAVIRTUAL


def test_uefi_runs_on_all_virtual_nitro_machines_but_those_that_are_excepted(types: list[InstanceType]) -> None:
    for one in types:
        if "x86_64" in one.architectures:
            excepted = one.family in WITHOUT_UEFI | WITHOUT_UEFI_BY_THE_DATA
            runs = one.hypervisor == "nitro" and not excepted
            assert (not why_not(KINDS["linux by UEFI"], one)) == runs, one.name


def test_an_image_without_ena_runs_on_xen_and_nowhere_else(types: list[InstanceType]) -> None:
    runs = runnable(KINDS["linux without ENA"], types)
    assert {one.family for one in runs} == XEN_BY_LETTER
    assert {one.family for one in types if one.hypervisor == "xen"} == XEN_BY_LETTER


def test_nitro_tpm_is_on_no_xen_no_metal_no_mac_and_always_with_uefi(types: list[InstanceType]) -> None:
    for kind in ("linux with TPM", "arm"):
        needs = KINDS[kind]._replace(tpm=True)
        runs = runnable(needs, types)
        assert len(runs) > 300
        for one in runs:
            assert one.hypervisor == "nitro", one.name
            assert not one.bare_metal, one.name
            assert "uefi" in one.boot_modes, one.name


def test_arm_images_run_on_graviton_and_nothing_else_does_there(types: list[InstanceType]) -> None:
    graviton = {one.name for one in types if one.processor == "AWS"}
    assert len(graviton) > 400
    for kind in ("arm", "arm without a mode"):
        assert {one.name for one in runnable(KINDS[kind], types)} == graviton
    assert not graviton & {one.name for one in runnable(LINUX, types)}


def test_a_mode_that_is_not_set_is_the_types_own_and_holds_nothing_back(types: list[InstanceType]) -> None:
    assert [one.name for one in runnable(LINUX, types)] == [
        one.name for one in types if "x86_64" in one.architectures
    ]


def test_every_kind_runs_somewhere_and_is_given_a_small_type_to_begin_with(types: list[InstanceType]) -> None:
    found = {kind: suggested(needs, types) for kind, needs in KINDS.items()}
    assert {kind: one.name if one else "" for kind, one in found.items()} == {
        "linux": "t3.micro",
        "linux without ENA": "t2.micro",
        "linux by UEFI": "t3.micro",
        "linux by BIOS": "t3.micro",
        "linux by either": "t3.micro",
        "linux with TPM": "t3.micro",
        "linux encrypted": "t3.micro",
        "32 bits": "t2.micro",
        "arm": "t4g.micro",
        "arm without a mode": "t4g.micro",
        "PV": "m1.small",
        "PV of 32 bits": "m1.small",
        "in S3": "m1.small",
        "PV in S3": "m1.small",
        "macOS on Intel": "mac1.metal",
        "macOS on Apple": "mac2.metal",
        "for t3": "t3.micro",
        "not for metal": "t3.micro",
    }


def test_falling_back_to_bios_is_noted_just_where_there_is_no_uefi(types: list[InstanceType]) -> None:
    for one in runnable(KINDS["linux by either"], types):
        told = any("legacy BIOS" in note for note in notes(KINDS["linux by either"], one))
        assert told == ("uefi" not in one.boot_modes), one.name
