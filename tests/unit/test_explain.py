from __future__ import annotations

from collections.abc import Callable

import pytest

from amitui.presentation.details import explain

EVERY_CODE: list[tuple[Callable[[str], str], tuple[str, ...]]] = [
    (explain.root_device, ("ebs", "instance-store")),
    (explain.virtualization, ("hvm", "paravirtual")),
    (explain.boot_mode, ("", "legacy-bios", "uefi", "uefi-preferred")),
    (explain.architecture, ("i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac")),
    (
        explain.state,
        ("pending", "available", "invalid", "deregistered", "transient", "failed", "error", "disabled"),
    ),
    (explain.image_type, ("machine", "kernel", "ramdisk")),
    (explain.hypervisor, ("xen", "ovm")),
    (explain.imds, ("", "v2.0")),
    (explain.tpm, ("v2.0",)),
    (explain.sriov, ("simple",)),
    (explain.volume_type, ("standard", "io1", "io2", "gp2", "gp3", "sc1", "st1")),
    (explain.deregistration_protection, ("disabled", "enabled-with-cooldown", "enabled-without-cooldown")),
    (explain.owner_alias, ("amazon", "aws-marketplace", "aws-backup-vault")),
    (explain.usage_operation, ("RunInstances", "RunInstances:0002", "RunInstances:00g0", "RunInstances:0g00")),
]


@pytest.mark.parametrize(("words", "codes"), EVERY_CODE)
def test_every_code_of_ec2_has_words(words: Callable[[str], str], codes: tuple[str, ...]) -> None:
    for code in codes:
        assert words(code), code


@pytest.mark.parametrize("words", [words for words, _ in EVERY_CODE])
def test_a_code_that_is_not_known_gets_no_invented_words(words: Callable[[str], str]) -> None:
    assert words("something-new") == ""


@pytest.mark.parametrize(
    ("root", "facts"),
    [
        ("ebs", ("under 1 minute", "Can be stopped", "64 TiB", "deleted with the instance")),
        (
            "instance-store",
            ("under 5 minutes", "Cannot be stopped", "10 GiB", "lost with the instance", "Linux only"),
        ),
    ],
)
def test_the_root_device_tells_boot_time_stopping_persistence_and_size(root: str, facts: tuple[str, ...]) -> None:
    assert all(fact in explain.root_device(root) for fact in facts)


def test_paravirtual_images_name_the_few_types_that_launch_them() -> None:
    assert explain.virtualization("paravirtual") == "Launches only on C1, C3, M1, M2, M3 and T1."


def test_uefi_preferred_warns_of_the_silent_loss_of_secure_boot() -> None:
    assert "silently without Secure Boot" in explain.boot_mode("uefi-preferred")


def test_a_states_reason_is_given_in_ec2s_words() -> None:
    assert explain.state("failed", "disk on fire") == (
        "Creation failed; cannot be launched. EC2 says: disk on fire"
    )
    assert explain.state("something-new", "why not") == "EC2 says: why not"


@pytest.mark.parametrize(
    ("code", "platform", "licence"),
    [
        ("RunInstances", "Linux/UNIX", "no licence is charged"),
        ("RunInstances:0010", "Red Hat Enterprise Linux", "is charged with the instance"),
        ("RunInstances:1010", "Red Hat Enterprise Linux with HA", "is charged with the instance"),
        ("RunInstances:00g0", "Red Hat BYOL Linux", "you bring the licence"),
        ("RunInstances:000g", "SUSE Linux", "is charged with the instance"),
        ("RunInstances:0800", "Windows BYOL", "you bring the licence"),
        ("RunInstances:0202", "Windows with SQL Server Web", "is charged with the instance"),
    ],
)
def test_a_usage_operation_names_the_platform_and_whose_licence_it_is(
    code: str, platform: str, licence: str
) -> None:
    words = explain.usage_operation(code)
    assert words.startswith(f"{platform}: ")
    assert licence in words


def test_missing_ena_warns_of_the_types_that_require_it() -> None:
    assert "t3, t3a, c5, m5a" in explain.ena(False)
    assert explain.ena(None) == explain.ena(False)
    assert explain.ena(True) == "Enhanced networking with ENA."


def test_only_protection_with_cooldown_outlasts_its_end() -> None:
    assert "24 hours" in explain.deregistration_protection("enabled-with-cooldown")
    assert "24 hours" not in explain.deregistration_protection("enabled-without-cooldown")
    assert "whatever IAM allows" in explain.deregistration_protection("enabled")


def test_all_words_are_short_sentences() -> None:
    for words, codes in EVERY_CODE:
        for code in codes:
            text = words(code)
            assert len(text) <= 230, text
            assert text == text.strip()
            assert "  " not in text
