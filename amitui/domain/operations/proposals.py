"""What a form proposes before anything is typed: names that EC2 takes, architectures and devices by hints."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable
from typing import Final

from amitui.domain.image.devices import same_device
from amitui.domain.operations.validation import LONGEST_NAME, name_problem

DEFAULT_ARCHITECTURE: Final = "x86_64"
DEFAULT_ROOT_DEVICE: Final = "/dev/xvda"
SECOND_ROOT_DEVICE: Final = "/dev/sda1"
"""What Ubuntu, Red Hat, SUSE and Windows call theirs; EC2 reserves these two names for the root."""

_DATE_CELLS: Final = len("-2026-11-20-99")
_WRONG: Final = re.compile(r"[^A-Za-z0-9()\[\] ./\-'@_]+")
_WORD: Final = re.compile(r"x86_64_mac|arm64_mac|x86_64|[a-z0-9]+")
_MAC: Final = frozenset({"mac", "macos", "mac1", "mac2", "sonoma", "sequoia", "ventura", "tahoe"})
_ARM: Final = frozenset({"arm64", "aarch64", "armv8", "graviton", "graviton2", "graviton3", "graviton4"})
_INTEL: Final = frozenset({"x86_64", "x86", "x64", "amd64", "intel"})
_SDA: Final = frozenset({"ubuntu", "rhel", "redhat", "suse", "sles", "windows", "win2019", "win2022", "win2025"})
_FIRST_DATA_LETTER: Final = ord("f")
_LAST_DATA_LETTER: Final = ord("p")


def clean_name(text: str) -> str:
    """The text with what EC2 refuses in a name put as hyphens, short enough for a date behind it."""
    cleaned = _WRONG.sub("-", text).strip(" -")[: LONGEST_NAME - _DATE_CELLS].rstrip(" -")
    return cleaned if not name_problem(f"{cleaned}-0") else "image"


def dated_name(text: str, now: float, taken: Collection[str] = ()) -> str:
    """A name for an image made now of something called `text`; numbered where images have that name already."""
    return free_name(f"{clean_name(text)}-{time.strftime('%Y-%m-%d', time.gmtime(now))}", taken)


def free_name(name: str, taken: Collection[str]) -> str:
    """`name`, or the first of `name-2`, `name-3`, … that is not taken."""
    found, number = name, 2
    while found in taken:
        suffix = f"-{number}"
        found, number = name[: LONGEST_NAME - len(suffix)] + suffix, number + 1
    return found


def hinted_architecture(texts: Iterable[str]) -> str:
    """The architecture that names, descriptions or tags mention; empty when none does, never i386."""
    for text in texts:
        words = set(_words(text))
        arm, intel = bool(words & _ARM), bool(words & _INTEL)
        # A text that names both, as in a list of what was built, decides nothing.
        if arm != intel:
            mac = "_mac" if words & _MAC or {"x86_64_mac", "arm64_mac"} & words else ""
            return f"{'arm64' if arm else 'x86_64'}{mac}"
        if {"x86_64_mac", "arm64_mac"} & words:
            return "arm64_mac" if "arm64_mac" in words else "x86_64_mac"
    return ""


def hinted_root_device(texts: Iterable[str]) -> str:
    """The usual root device name of the system that the texts mention."""
    words = {word for text in texts for word in _words(text)}
    return SECOND_ROOT_DEVICE if words & _SDA else DEFAULT_ROOT_DEVICE


def next_device(taken: Collection[str]) -> str:
    """The first free one of the names that EC2 recommends for data, `/dev/sdf` to `/dev/sdp`; else empty."""
    names = (f"/dev/sd{chr(letter)}" for letter in range(_FIRST_DATA_LETTER, _LAST_DATA_LETTER + 1))
    used = {same_device(name) for name in taken}
    return next((name for name in names if same_device(name) not in used), "")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
