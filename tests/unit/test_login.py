from __future__ import annotations

import shlex

import pytest

from amitui.domain.image.systems import os_of
from amitui.domain.launch.instances import Instance, launched, with_observations
from amitui.presentation.ssh_command import login, user_of
from tests.support.launch_journals import NOW, instance_id, launch, launched_here, seen


def instance(state: str = "running", **facts: str) -> Instance:
    (one,) = launched(launched_here(launch(1, [instance_id(1)])), NOW)
    return with_observations([one], {one.key: seen(1, state, **facts)}, NOW)[0]


def test_the_command_names_key_user_and_public_address() -> None:
    found = login(instance(public_ip="203.0.113.7", private_ip="10.0.0.7", key_name="work"), "Ubuntu 24.04")
    assert found == ("ssh -i ~/.ssh/work.pem ubuntu@203.0.113.7", "")


@pytest.mark.parametrize("key", ["work laptop", "it's", "$(reboot)", "a;b", "`x`", "-oProxyCommand=x", "日本"])
def test_a_shell_reads_any_key_name_as_one_word(key: str) -> None:
    command = login(instance(public_ip="203.0.113.7", key_name=key), "Debian 12").command
    assert shlex.split(command) == ["ssh", "-i", f"~/.ssh/{key}.pem", "admin@203.0.113.7"]
    assert command.startswith("ssh -i ~/.ssh/")


@pytest.mark.parametrize(
    "address",
    [
        "-oProxyCommand=reboot",
        "203.0.113.7; reboot",
        "example.org",
        "203.0.113.7\n",
        "::1%$(reboot)",
        "fe80::1%eth0",
        "fe80::1%;reboot",
        "::ffff:203.0.113.7%`reboot`",
        "２０３.0.113.7",
    ],
)
def test_only_an_address_stands_in_a_command(address: str) -> None:
    for fact in ("public_ip", "ipv6", "private_ip"):
        assert login(instance(**{fact: address}), "Ubuntu").command == ""
        assert login(instance(**{fact: address}), "Windows 2022").command == ""


def test_an_address_that_is_none_gives_way_to_the_next() -> None:
    found = login(instance(public_ip="::1%$(reboot)", private_ip="10.0.0.7"), "Ubuntu 24.04")
    assert found.command.endswith("ubuntu@10.0.0.7")
    assert "No public address" in found.words


def test_session_manager_is_told_only_what_is_an_id_and_a_region() -> None:
    odd = instance(public_ip="203.0.113.7", key_name="")
    for wrong in (odd._replace(instance_id="-h"), odd._replace(region="us-east-1 $(reboot)")):
        assert login(wrong, "Ubuntu 24.04").command == ""


def test_without_a_public_address_the_words_say_where_from() -> None:
    found = login(instance(private_ip="10.0.0.7"), "Ubuntu 24.04")
    assert found.command.endswith("ubuntu@10.0.0.7")
    assert found.words == "No public address: reachable only from inside its network."
    assert login(instance(ipv6="2001:db8::7"), "Ubuntu").command.endswith("ubuntu@2001:db8::7")


def test_without_a_key_pair_it_is_session_manager() -> None:
    found = login(instance(public_ip="203.0.113.7", key_name=""), "Ubuntu 24.04")
    expected = f"aws ssm start-session --target {instance_id(1)} --region us-east-1 --profile dev"
    assert found.command == expected


def test_windows_gets_its_address_alone() -> None:
    for found in (
        login(instance(public_ip="203.0.113.7"), "Windows 2022"),
        login(instance(public_ip="203.0.113.7", platform="Windows with SQL Server"), ""),
    ):
        assert found.command == "203.0.113.7"
        assert "Remote Desktop" in found.words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pending", "it has no address yet"),
        ("stopped", "it is stopped"),
        ("terminated", "it is terminated"),
        ("shutting-down", "it is shutting down"),
    ],
)
def test_where_there_is_no_way_the_words_say_so(state: str, words: str) -> None:
    address = {"private_ip": "10.0.0.7"} if state != "pending" else {}
    assert login(instance(state, **address), "Ubuntu") == ("", words)


@pytest.mark.parametrize(
    ("image_name", "user"),
    [
        ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260901", "ubuntu"),
        ("debian-12-amd64-20260901-2222", "admin"),
        ("al2023-ami-2023.9.20260901.0-kernel-6.12-x86_64", "ec2-user"),
        ("amzn2-ami-hvm-2.0.20260901-x86_64-gp2", "ec2-user"),
        ("RHEL-9.6.0_HVM-20260901-x86_64-0-Hourly2-GP3", "ec2-user"),
        ("Rocky-9-EC2-Base-9.6-20260901.0.x86_64", "rocky"),
        ("AlmaLinux OS 9.6.20260901 x86_64", "ec2-user"),
        ("CentOS Stream 9 x86_64 20260901", "ec2-user"),
        ("CentOS Linux 7 x86_64 - 2211", "centos"),
        ("suse-sles-15-sp7-v20260901-hvm-ssd-x86_64", "ec2-user"),
        ("Fedora-Cloud-Base-AmazonEC2.x86_64-42-1.1", "fedora"),
        ("fedora-coreos-42.20260901.3.0-x86_64", "core"),
        ("FreeBSD 14.3-RELEASE-amd64 UEFI", "ec2-user"),
        ("nixos/25.05.1234-x86_64-linux", "root"),
        ("Flatcar-stable-4230.2.1-hvm", "core"),
        ("bitnami-wordpress-6.8-r01-debian-12-x86_64", "bitnami"),
        ("turnkey-core-18.0-bookworm-amd64", "root"),
    ],
)
def test_the_user_is_the_one_that_the_publisher_made(image_name: str, user: str) -> None:
    assert user_of(os_of(image_name, "", "Linux/UNIX"), image_name) == (user, True)


def test_an_unknown_system_gets_a_guess_that_says_so() -> None:
    assert user_of("", "acme-web-20260901") == ("ec2-user", False)
    assert "is a guess" in login(instance(public_ip="203.0.113.7"), "").words
