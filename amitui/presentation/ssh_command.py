"""How one logs in to an instance: as whom, with which command. Pure text, quoted for a shell."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from amitui.domain.launch.instances import Instance, Phase
from amitui.domain.shell import checked_address, checked_instance_id, checked_region, quoted
from amitui.identity.roles import aws_profile

GUESSED_USER: Final = "ec2-user"
"""Who is tried where the system is not known: Amazon Linux and all who follow it have this user."""

_USERS: Final = (
    ("Ubuntu", "ubuntu"),
    ("Debian", "admin"),
    ("Amazon Linux", "ec2-user"),
    ("RHEL", "ec2-user"),
    ("Rocky", "rocky"),
    ("AlmaLinux", "ec2-user"),
    ("CentOS Stream", "ec2-user"),
    ("CentOS", "centos"),
    ("Oracle Linux", "ec2-user"),
    ("SLES", "ec2-user"),
    ("openSUSE", "ec2-user"),
    ("Fedora CoreOS", "core"),
    ("Fedora", "fedora"),
    ("FreeBSD", "ec2-user"),
    ("NixOS", "root"),
    ("Flatcar", "core"),
    ("CoreOS", "core"),
    ("Arch Linux", "arch"),
    ("macOS", "ec2-user"),
)
"""By the beginning of the system's label (`domain.systems`): the user that its publisher's images come with."""

_WORDED: Final = (("bitnami", "bitnami"), ("turnkey", "root"))
"""By a word in the image's name: users of products, which come before those of the system below."""


class Login(NamedTuple):
    """What there is to say about logging in."""

    command: str
    """For a shell, or just the address where there is no command; empty = there is no way (yet)."""
    words: str
    """What the command takes for granted, or why there is none."""


def user_of(system: str, image_name: str = "") -> tuple[str, bool]:
    """The user to log in as, and whether that is known rather than guessed.

    Args:
        system: the label of `systems.os_of`; may be empty.
        image_name: names products that have users of their own.
    """
    lowered = image_name.lower()
    for word, user in _WORDED:
        if re.search(rf"(?<![a-z]){word}(?![a-z])", lowered):
            return user, True
    for start, user in _USERS:
        if system.startswith(start):
            return user, True
    return GUESSED_USER, False


def login(instance: Instance, system: str) -> Login:
    """How one gets into an instance.

    Args:
        instance: as it was seen last.
        system: the label of its image's operating system; may be empty.
    """
    address = next(filter(None, map(checked_address, instance.addresses)), "")
    if instance.phase.is_over or instance.phase in (Phase.STOPPING, Phase.STOPPED):
        return Login("", f"it is {instance.phase}")
    if not address:
        return Login("", "it has no address yet" if instance.instance_id else "there is no instance yet")
    public = checked_address(instance.fact("public_ip"))
    inside = "" if public else "No public address: reachable only from inside its network."
    if system.startswith("Windows") or instance.fact("platform").startswith("Windows"):
        return Login(address, _joined("Windows: Remote Desktop, as Administrator.", inside))
    if system.startswith("Talos"):
        return Login("", "Talos has no shell to log in to; talosctl speaks to its API")
    if system.startswith("Bottlerocket"):
        return _session(instance, "Bottlerocket: through Session Manager into its control container.")
    if not instance.key_name:
        return _session(instance, "No key pair: use Session Manager, if its agent and role allow it.")
    user, known = user_of(system, instance.image_name)
    guess = "" if known else f"The user {user} is a guess: the image does not name its operating system."
    key = "~/.ssh/" + quoted(f"{instance.key_name}.pem")
    return Login(f"ssh -i {key} {quoted(f'{user}@{address}')}", _joined(inside, guess))


def _session(instance: Instance, words: str) -> Login:
    """Through Session Manager, which is told the id and the region: what is neither may not stand in a command."""
    instance_id, region = checked_instance_id(instance.instance_id), checked_region(instance.region)
    if not instance_id or not region:
        return Login("", "EC2 returned an instance ID or Region that is not valid")
    parts = ["aws", "ssm", "start-session", "--target", instance_id, "--region", region]
    named = aws_profile(instance.profile)
    return Login(f"{named.before}{' '.join(map(quoted, parts))}{named.option}", words)


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
