"""Device names of block device mappings: which EC2 takes, which mean the same device, and which is the root's.

By the EC2 User Guide, "Device names for volumes on Amazon EC2 instances", and by what EC2 answers to others:
`InvalidBlockDeviceMapping: Invalid device name /dev/sdf1`, `/dev/xvdeo is not a valid EBS device name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

HVM: Final = "hvm"
PARAVIRTUAL: Final = "paravirtual"

_PREFIX: Final = "/dev/"
_ROOT: Final = frozenset({"sda", "sda1", "xvda"})
_ONE_LETTER: Final = re.compile(r"(?:sd|xvd)[a-z]")
_TWO_LETTERS: Final = re.compile(r"xvd[a-d][a-z]")
_REFUSED_PAIRS: Final = frozenset({"xvddy", "xvddz"})
_PARTITION: Final = re.compile(r"((?:sd|hd)[a-z])([1-9]|1[0-5])")
_HD: Final = re.compile(r"hd[a-z]")
_NUMBERED: Final = re.compile(r"((?:sd|xvd|hd)[a-z]{1,2})[0-9]+")
_EXAMPLES: Final = "/dev/sdf to /dev/sdp are for further volumes, /dev/xvda or /dev/sda1 for the root"


def device_problem(name: str, virtualization: str = "") -> str:
    """Why EC2 would refuse a device name, in words; empty = it takes it.

    Args:
        name: with or without `/dev/`.
        virtualization: `hvm` or `paravirtual`; empty = not known, and what either takes is fine.
    """
    bare = name.removeprefix(_PREFIX)
    hvm = bare in _ROOT or bool(_ONE_LETTER.fullmatch(bare))
    hvm = hvm or (bool(_TWO_LETTERS.fullmatch(bare)) and bare not in _REFUSED_PAIRS)
    paravirtual = bool(_ONE_LETTER.fullmatch(bare) or _PARTITION.fullmatch(bare) or _HD.fullmatch(bare))
    if (hvm and virtualization != PARAVIRTUAL) or (paravirtual and virtualization != HVM):
        return ""
    if hvm and virtualization == PARAVIRTUAL:
        return f"{name} is not for paravirtual images: they have /dev/sda1 for the root, /dev/sdf to /dev/sdp"
    if bare.startswith("nvme"):
        return f"{name} is its name inside the instance; EC2 requires a name such as /dev/sdf"
    if match := _NUMBERED.fullmatch(bare):
        root = match[1] in ("sda", "xvda")
        better = "/dev/sda1 or /dev/xvda" if root else f"{_PREFIX}{match[1]}"
        return f"EC2 refuses a number there unless the image is paravirtual: {better}"
    if bare.lower() != bare and not device_problem(bare.lower(), virtualization):
        return f"device names are lower case: {name.lower()}"
    if name.startswith("ephemeral"):
        return f"{name} is an instance store volume, which comes with the instance type; {_EXAMPLES}"
    return f"a device name is like /dev/xvda, /dev/sdf or xvdf; {_EXAMPLES}"


def same_device(name: str) -> str:
    """A text that is alike for names that mean the same device to an instance.

    `sdf`, `/dev/sdf` and `/dev/xvdf` are one; so are `/dev/sda` and its first partition, as which many images name
    their root.
    """
    bare = name.removeprefix(_PREFIX)
    if bare.startswith("xvd"):
        bare = f"sd{bare[3:]}"
    return "sda" if bare == "sda1" else bare


def root_index(root_device_name: str, names: Sequence[str], volumes: Iterable[int]) -> int | None:
    """Which of the mappings is the root's, as EC2 finds it; `None` = none is.

    The one of just that name; else the first that means the same device (`/dev/sda` for `/dev/sda1`); and where
    no name fits, the first volume of the mapping, so that it is not taken for one that can be spared.

    Args:
        root_device_name: of the image or instance; may be empty.
        names: the mappings' device names, in EC2's order.
        volumes: the indices of those mappings that are volumes of EBS.
    """
    if root_device_name:
        if root_device_name in names:
            return names.index(root_device_name)
        wanted = same_device(root_device_name)
        for index, name in enumerate(names):
            if name and same_device(name) == wanted:
                return index
        disk = _NUMBERED.fullmatch(wanted)
        for index, name in enumerate(names):
            if disk is not None and name and same_device(name) == disk[1]:
                return index
    return min(volumes, default=None)
