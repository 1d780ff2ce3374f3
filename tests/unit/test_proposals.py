"""What forms propose: names, architectures, device names."""

from __future__ import annotations

import pytest

from amitui.domain.operations.proposals import (
    clean_name,
    dated_name,
    free_name,
    hinted_architecture,
    hinted_root_device,
    next_device,
)
from amitui.domain.operations.validation import LONGEST_NAME, name_problem

NOW = 1_795_219_200  # 2026-11-21


def test_a_proposed_name_is_what_it_is_of_and_the_date() -> None:
    assert dated_name("web-1", NOW) == "web-1-2026-11-21"


def test_a_proposed_name_is_free() -> None:
    assert dated_name("web-1", NOW, {"web-1-2026-11-21", "web-1-2026-11-21-2"}) == "web-1-2026-11-21-3"


@pytest.mark.parametrize("text", ["", "x", "a:b,c*", "␦␦", "Ümläut & co", "n" * 300, "  -  ", "prod[/foo]"])
def test_a_proposed_name_is_one_that_ec2_takes(text: str) -> None:
    taken = {dated_name(text, NOW)}

    assert name_problem(dated_name(text, NOW)) == ""
    assert name_problem(dated_name(text, NOW, taken)) == ""
    assert dated_name(text, NOW, taken) not in taken


def test_characters_that_ec2_refuses_become_hyphens() -> None:
    assert clean_name("web: front, 2") == "web- front- 2"
    assert clean_name("\x1b[31m") == "[31m"


def test_a_long_free_name_stays_within_the_limit() -> None:
    long = "n" * LONGEST_NAME

    assert free_name(long, {long}) == "n" * (LONGEST_NAME - 2) + "-2"


@pytest.mark.parametrize(
    ("text", "architecture"),
    [
        ("ubuntu-24.04-arm64-server", "arm64"),
        ("al2023 Graviton base", "arm64"),
        ("al2023-ami-2023.6-kernel-6.1-x86_64", "x86_64"),
        ("debian-12-amd64", "x86_64"),
        ("amzn-ec2-macos-sonoma-arm64", "arm64_mac"),
        ("macos x86_64_mac", "x86_64_mac"),
        ("web_arm64_root", "arm64"),
        ("i386 image", ""),
        ("built for amd64 and arm64", ""),
        ("charm64", ""),
        ("", ""),
    ],
)
def test_the_architecture_is_read_from_words(text: str, architecture: str) -> None:
    assert hinted_architecture([text]) == architecture


def test_the_first_text_that_tells_an_architecture_decides() -> None:
    assert hinted_architecture(["web-root", "for arm64", "x86_64"]) == "arm64"


def test_systems_have_their_own_root_device() -> None:
    assert hinted_root_device(["my Ubuntu snapshot"]) == "/dev/sda1"
    assert hinted_root_device(["al2023"]) == "/dev/xvda"


def test_further_volumes_get_the_next_device_until_there_is_none() -> None:
    assert next_device({"/dev/xvda"}) == "/dev/sdf"
    assert next_device({"/dev/sdf", "/dev/sdg"}) == "/dev/sdh"
    assert next_device({f"/dev/sd{letter}" for letter in "fghijklmnop"}) == ""
