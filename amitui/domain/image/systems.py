"""Operating systems: which one an image holds, as a short label, from its name, description and platform."""

from __future__ import annotations

import re
from typing import Final

LABEL_TEXT_LIMIT: Final = 400
"""Characters of a name or description that are read: real ones have at most 255."""


def os_of(name: str, description: str, platform: str) -> str:
    """A label such as `Ubuntu 24.04`, `Amazon Linux 2023`, `RHEL 9.4`, `SLES 15 SP6`, `Windows 2022`; else "".

    A platform of Windows comes from EC2 and decides; else the name does, then the description, then the platform.
    """
    if platform[:7].lower() == "windows":
        return _windows(name) or _windows(description) or "Windows"
    label = _label(name)
    if label and label[-1].isdigit():
        return label
    described = _label(description)
    # "ebs ubuntu" in the name, "An Ubuntu 16.04 AMI" in the description: the longer of the two that agree.
    if described.startswith(label):
        label = described
    return label or _platform_label(platform)


def _platform_label(platform: str) -> str:
    """What follows from PlatformDetails alone: the system that is billed for, without a release."""
    lowered = platform.lower()
    for word, label in _PLATFORMS:
        if word in lowered:
            return label
    return ""


_PLATFORMS: Final = (("red hat", "RHEL"), ("rhel", "RHEL"), ("suse", "SLES"), ("ubuntu", "Ubuntu"))


def _label(text: str) -> str:
    """The label of the first system that a text names."""
    text = text[:LABEL_TEXT_LIMIT].lower()
    for found in _regex(_WORDS).finditer(text):
        for expression, label in _SYSTEMS[found.group()]:
            match = _regex(expression).match(text, found.start())
            if match is not None:
                return _spell(label, match)
    return ""


def _spell(label: str, match: re.Match[str]) -> str:
    """A label with the release that was matched put in; a code name becomes its number."""
    release = next((group for group in match.groups() if group), "")
    second = match.groupdict().get("sp") or ""
    release = _CODE_NAMES.get(release, release)
    return label.format(release, second).strip()


def _windows(text: str) -> str:
    """`Windows 2022`, `Windows 2012 R2`, or "" when the text names no release of Windows Server."""
    match = _regex(r"(?i)windows~(?:server)?~(20\d\d)(?:~(R2))?(?!\d)").search(text, 0, LABEL_TEXT_LIMIT)
    if match is None:
        return ""
    return f"Windows {match[1]}{' R2' if match[2] else ''}"


_UBUNTU_NAMES: Final = {
    "lucid": "10.04",
    "natty": "11.04",
    "oneiric": "11.10",
    "precise": "12.04",
    "quantal": "12.10",
    "raring": "13.04",
    "saucy": "13.10",
    "trusty": "14.04",
    "utopic": "14.10",
    "vivid": "15.04",
    "wily": "15.10",
    "xenial": "16.04",
    "yakkety": "16.10",
    "zesty": "17.04",
    "artful": "17.10",
    "bionic": "18.04",
    "cosmic": "18.10",
    "disco": "19.04",
    "eoan": "19.10",
    "focal": "20.04",
    "groovy": "20.10",
    "hirsute": "21.04",
    "impish": "21.10",
    "jammy": "22.04",
    "kinetic": "22.10",
    "lunar": "23.04",
    "mantic": "23.10",
    "noble": "24.04",
    "oracular": "24.10",
    "plucky": "25.04",
    "questing": "25.10",
}
_DEBIAN_NAMES: Final = {
    "squeeze": "6",
    "wheezy": "7",
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
}
_CODE_NAMES: Final = _UBUNTU_NAMES | _DEBIAN_NAMES

_UBUNTU: Final = "|".join(_UBUNTU_NAMES)
_DEBIAN: Final = "|".join(_DEBIAN_NAMES)

_SYSTEMS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "al2023": ((r"al2023(?![0-9])", "Amazon Linux 2023"),),
    "amzn2": ((r"amzn2(?![0-9])", "Amazon Linux 2"),),
    "amzn": (
        (r"amzn-ec2-macos-(\d+)", "macOS {}"),
        (r"amzn-ami-", "Amazon Linux 1"),
        (r"amzn-20\d\d\.\d\d", "Amazon Linux 1"),
        (r"amzn-2\.0\.", "Amazon Linux 2"),
    ),
    "amazon": (
        (r"amazon~linux~(?:ami~)?(2023|2)(?![\d.])", "Amazon Linux {}"),
        (r"amazon~linux~(?:ami~)?20\d\d\.\d\d", "Amazon Linux 1"),
        (r"amazon~linux", "Amazon Linux"),
        (r"amazon-eks-(?:\w+-)?node-1\.", "Amazon Linux 2"),
    ),
    "bottlerocket": ((r"bottlerocket", "Bottlerocket"),),
    "ubuntu": (
        (r"ubuntu(?:/images|-minimal/|-pro|-eks)[^ ]{0,60}?ubuntu[\w\-]{0,40}?-(\d\d\.\d\d)(?!\d)", "Ubuntu {}"),
        (rf"ubuntu(?:/images|-minimal/|-pro|-eks)[^ ]{{0,60}}?ubuntu-({_UBUNTU})(?![a-z])", "Ubuntu {}"),
        (r"ubuntu~(?:linux|server|pro|core)?~(?:[a-z]+[\s_\-])?v?(\d\d\.(?:04|10))(?!\d)", "Ubuntu {}"),
        (rf"ubuntu~(?:linux|server|pro)?~({_UBUNTU})(?![a-z])", "Ubuntu {}"),
        (r"ubuntu(?![a-z])", "Ubuntu"),
    ),
    "debian": (
        (rf"debian~(?:gnu/)?(?:linux)?~(\d+|{_DEBIAN})(?![\da-z])", "Debian {}"),
        (r"debian(?![a-z])", "Debian"),
    ),
    "rhel": ((r"rhel~(?:ha|sap|byos)?~(\d+(?:\.\d+)?)", "RHEL {}"), (r"rhel", "RHEL")),
    "red": (
        (r"red~hat~(?:enterprise~)?(?:linux)?~(?:version\s)?(\d+(?:\.\d+)?)", "RHEL {}"),
        (r"red~hat~enterprise", "RHEL"),
    ),
    "rocky": (
        (r"rocky~(?:linux)?~(\d+)", "Rocky {}"),
        (r"rocky~linux", "Rocky"),
    ),
    "alma": ((r"alma~linux~(?:os)?~(\d+)", "AlmaLinux {}"), (r"alma~linux", "AlmaLinux")),
    "centos": (
        (r"centos~stream~(\d+)", "CentOS Stream {}"),
        (r"centos~(?:linux)?~(\d+)", "CentOS {}"),
        (r"centos(?![a-z])", "CentOS"),
    ),
    "oracle": ((r"oracle~linux~(?:server)?~(\d+)?", "Oracle Linux {}"),),
    "ol": ((r"ol(\d+)[.\-]\w*", "Oracle Linux {}"),),
    "suse": (
        (r"suse-sles-(?:[a-z]+-){0,3}(\d+)-sp(?P<sp>\d)", "SLES {} SP{}"),
        (r"suse-sles-(?:[a-z]+-){0,3}(1[6-9])[.\-](?P<sp>\d)(?!\d)", "SLES {}.{}"),
        (r"suse-sles-(?:[a-z]+-){0,3}(\d+)(?![\d.])", "SLES {}"),
        (r"suse~linux~enterprise~(?:server)?~(\d+)~sp(?P<sp>\d)", "SLES {} SP{}"),
        (r"suse~linux~enterprise~(?:server)?~(\d+(?:\.\d)?)?", "SLES {}"),
    ),
    "sles": (
        (r"sles~(\d+)~sp(?P<sp>\d)", "SLES {} SP{}"),
        (r"sles~(\d+(?:\.\d)?)", "SLES {}"),
    ),
    "opensuse": ((r"opensuse~(?:leap)?~(\d+\.\d)", "openSUSE Leap {}"), (r"opensuse", "openSUSE")),
    "fedora": (
        (r"fedora~coreos~(\d+)?", "Fedora CoreOS {}"),
        (r"fedora[\w\-]{0,40}?[.\-](?:x86_64|aarch64)-(\d\d)(?!\d)", "Fedora {}"),
        (r"fedora[a-z\s_\-]{0,40}?(\d\d)(?!\d)", "Fedora {}"),
        (r"fedora(?![a-z])", "Fedora"),
    ),
    "freebsd": (
        (r"freebsd~(\d+)\.\d+-stable", "FreeBSD {}-STABLE"),
        (r"freebsd~(\d+\.\d+)", "FreeBSD {}"),
        (r"freebsd", "FreeBSD"),
    ),
    "nixos": ((r"nixos~(\d\d\.\d\d)", "NixOS {}"), (r"nixos", "NixOS")),
    "flatcar": ((r"flatcar", "Flatcar"),),
    "coreos": ((r"coreos", "CoreOS"),),
    "talos": ((r"talos-v(\d+\.\d+)", "Talos {}"),),
    "turnkey": (
        (rf"turnkey-.{{0,60}}?-({_DEBIAN})(?![a-z])", "Debian {}"),
        (rf"turnkey-.{{0,60}}?-({_UBUNTU})(?![a-z])", "Ubuntu {}"),
    ),
    "arch": ((r"arch[\s_\-]?linux", "Arch Linux"),),
    "macos": ((r"macos~(\d+)?", "macOS {}"),),
    "windows": (
        (r"windows~(?:server)?~(20\d\d)~r2(?!\d)", "Windows {} R2"),
        (r"windows~(?:server)?~(20\d\d)(?!\d)", "Windows {}"),
        (r"windows~server", "Windows"),
    ),
}
"""By the first word of the system's name in lower case: (expression from there, label) pairs, exact ones first.

`~` in an expression is a gap of up to three separators.
"""

# A word begins where no letter precedes; `amzn` must not hide `amzn2`, so longer words come first.
_WORDS: Final = r"(?<![a-z])(?:" + "|".join(sorted(_SYSTEMS, key=len, reverse=True)) + ")"

_compiled: dict[str, re.Pattern[str]] = {}


def _regex(pattern: str) -> re.Pattern[str]:
    """The compiled expression, compiled at its first use."""
    compiled = _compiled.get(pattern)
    if compiled is None:
        compiled = _compiled[pattern] = re.compile(pattern.replace("~", r"[\s_,/\-]{0,3}"))
    return compiled
