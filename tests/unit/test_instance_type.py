"""The search among instance types, and how they are worded."""

from __future__ import annotations

import pytest

from amitui.domain.launch.instance_type import (
    FACTS,
    Accelerator,
    InstanceType,
    find_types,
    search_problem,
    sorted_types,
    wildcard,
)

T4 = Accelerator("gpu", "NVIDIA", "T4", 4, 1.0, 16384)
PLAIN = InstanceType(
    "m7i.large", 2, 8192, ("x86_64",), ("hvm",), ("ebs",), ("legacy-bios", "uefi"), "required", True, True,
    "nitro", False, True, False, False, (), 0, "Up to 12.5 Gigabit", ("on-demand", "spot"), "Intel",
)  # fmt: skip
TYPES = [
    PLAIN,
    PLAIN._replace(name="m7i.2xlarge", vcpus=8, memory_mib=32768),
    PLAIN._replace(name="m7i-flex.large", free_tier=True),
    PLAIN._replace(name="m7i.metal-24xl", vcpus=96, memory_mib=393216, bare_metal=True, hypervisor=""),
    PLAIN._replace(name="m10a.large", processor="AMD"),
    PLAIN._replace(
        name="t4g.nano", memory_mib=512, architectures=("arm64",), burstable=True, processor="AWS"
    )._replace(boot_modes=("uefi",)),
    PLAIN._replace(name="g4dn.12xlarge", vcpus=48, memory_mib=196608, accelerators=(T4,), instance_storage_gb=900),
    PLAIN._replace(name="gr6.4xlarge", vcpus=16, memory_mib=131072),
    PLAIN._replace(name="r6i.large", memory_mib=16384),
    PLAIN._replace(
        name="t1.micro",
        vcpus=1,
        memory_mib=627,
        architectures=("i386", "x86_64"),
        virtualization_types=("hvm", "paravirtual"),
        boot_modes=("legacy-bios",),
        ena="unsupported",
        nitro_tpm=False,
        hypervisor="xen",
        current_generation=False,
        usage_classes=("on-demand",),
    ),
    PLAIN._replace(name="mac2-m2pro.metal", architectures=("arm64_mac",), processor="Apple", bare_metal=True),
]


def names(text: str) -> list[str]:
    return [one.name for one in find_types(TYPES, text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("m7i.large", ["m7i.large"]),
        ("M7I.LARGE", ["m7i.large"]),
        ("m7i.", ["m7i.large", "m7i.2xlarge", "m7i.metal-24xl"]),
        ("flex", ["m7i-flex.large"]),
        ("r6", ["r6i.large"]),
        ("2xlarge", ["m7i.2xlarge"]),
        ("m2pro", ["mac2-m2pro.metal"]),
        ("*6*.*", ["gr6.4xlarge", "r6i.large"]),
        ("m10a,r6i large", ["m10a.large", "r6i.large"]),
        ("t4", ["t4g.nano"]),
        ("gpu t4", ["g4dn.12xlarge"]),
        ("t4 gpu", ["g4dn.12xlarge"]),
        ("nvidia", ["g4dn.12xlarge"]),
        ("gpu=4", ["g4dn.12xlarge"]),
        ("gpu>=8", []),
        ("vcpu>=4 mem<=128", ["gr6.4xlarge", "m7i.2xlarge"]),
        ("vcpus < 2", ["t1.micro"]),
        ("mem<=512m", ["t4g.nano"]),
        ("memory>0.1t gen=7", ["m7i.metal-24xl"]),
        ("disk>=0.5t", ["g4dn.12xlarge"]),
        ("gen!=7 gen>6", ["m10a.large"]),
        ("free", ["m7i-flex.large"]),
        ("previous", ["t1.micro"]),
        ("-current", ["t1.micro"]),
        ("-nitro", ["t1.micro"]),
        ("metal -mac", ["m7i.metal-24xl"]),
        ("arm", ["t4g.nano"]),
        ("amd", ["m10a.large"]),
        ("-spot", ["t1.micro"]),
        ("burst", ["t4g.nano"]),
        ("-m7i -large -vcpu>=2", ["t1.micro"]),
        ("nothing", []),
    ],
)
def test_a_search_finds(text: str, found: list[str]) -> None:
    assert names(text) == found
    assert search_problem(text) == ""


@pytest.mark.parametrize("text", ["", "  ", "-", "vcpu>=", "mem <", ","])
def test_what_is_not_typed_to_its_end_hides_nothing_and_is_no_mistake(text: str) -> None:
    assert len(names(text)) == len(TYPES)
    assert search_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("price<2", "cannot compare types by price; use one of vcpu, mem, gpu, disk, gen"),
        ("m7i vcpu>=many", "vcpu>=many: a number is required after >="),
        ("vcpu=4g", "vcpu=4g: a number is required after ="),
        ("mem=1.2.3", "mem=1.2.3: a number is required after ="),
    ],
)
def test_what_means_nothing_finds_nothing_and_is_told(text: str, words: str) -> None:
    assert search_problem(text) == words
    assert names(text) == []


def test_types_come_by_family_as_people_count_and_by_size() -> None:
    assert [one.name for one in sorted_types(reversed(TYPES))] == [
        "g4dn.12xlarge",
        "gr6.4xlarge",
        "m7i.large",
        "m7i.2xlarge",
        "m7i.metal-24xl",
        "m7i-flex.large",
        "m10a.large",
        "mac2-m2pro.metal",
        "r6i.large",
        "t1.micro",
        "t4g.nano",
    ]
    assert names("") == [one.name for one in sorted_types(TYPES)]


def test_a_type_of_exactly_that_name_comes_first() -> None:
    whole = PLAIN._replace(name="m9.metal", vcpus=96)
    half = PLAIN._replace(name="m9.metal-24xl", vcpus=48)
    assert find_types([half, whole], "m9") == [half, whole]
    assert find_types([half, whole], "m9.metal") == [whole, half]


def test_every_fact_tells_types_apart() -> None:
    for name, fact in FACTS.items():
        assert {fact(one) for one in TYPES} == {True, False}, name


@pytest.mark.parametrize(
    ("name", "generation"),
    [
        ("m7i.large", 7),
        ("u-6tb1.56xlarge", 1),
        ("u7i-12tb.224xlarge", 7),
        ("mac2-m2.metal", 2),
        ("mac-m4.metal", 0),
        ("p6-b200.48xlarge", 6),
        ("hpc7a.96xlarge", 7),
        ("x", 0),
        ("", 0),
    ],
)
def test_the_generation_is_in_the_name(name: str, generation: int) -> None:
    assert PLAIN._replace(name=name).generation == generation


def test_memory_and_accelerators_are_worded() -> None:
    assert (PLAIN.memory_words, PLAIN.accelerator_words) == ("8 GiB", "")
    assert PLAIN._replace(memory_mib=512).memory_words == "0.5 GiB"
    assert T4.words == "4 × NVIDIA T4"
    assert T4._replace(number=1).words == "NVIDIA T4"
    assert T4._replace(number=1, share=0.125).words == "1/8 of NVIDIA T4"
    assert Accelerator("inference", "Qualcomm", "Qualcomm AI100", 8, 1.0, 0).words == "8 × Qualcomm AI100"


def test_a_name_of_many_stars_is_one_star() -> None:
    assert wildcard("m**7***").pattern == wildcard("m*7*").pattern
    assert wildcard("m7i.+").fullmatch("m7iXX") is None
