"""Which public parameter of Systems Manager stands for the newest build of an image's family, where one is known.

Sources: "AMI public parameters" of the Systems Manager User Guide, and the pages of ECS, EKS, Bottlerocket,
Canonical, Debian and FreeBSD on theirs; as of 2026-10. A path is the same in every Region, its value is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from amitui.domain.image.trust import Trust
from amitui.domain.products.identify import Identity, identify

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow

SERVICE: Final = "/aws/service"

_LINUX_RELEASE: Final = re.compile(r"-(?:2023[.]\d+|2[.]0|20\d\d[.]\d+[.]\d+)[.]\d{8}(?:[.]\d+)?(?=-)")
_MAC_NAMES: Final = {"11": "bigsur", "12": "monterey", "13": "ventura", "14": "sonoma", "15": "sequoia"}
_GP3_SINCE: Final = "23.10"
"""From this release of Ubuntu on the root volume is gp3."""


class Named(Protocol):
    """An image's name and architecture, which say of what family it is."""

    @property
    def name(self) -> str: ...

    @property
    def architecture(self) -> str: ...


def public_parameter(row: ImageRow) -> str:
    """The path; empty where none is known, or the image is nobody's whose name says what it is."""
    return parameter_path(row, row.trust)


def parameter_path(row: Named, trust: Trust) -> str:
    """As `public_parameter`, of an image whose trust is known already."""
    if trust not in (Trust.AMAZON, Trust.PUBLISHER):
        return ""
    identity = identify(row.name)
    path = _PATHS.get(identity.product) if identity else None
    rest = path(identity, row) if identity and path else ""
    return f"{SERVICE}/{rest}" if rest else ""


def _amazon_linux(_: Identity, row: Named) -> str:
    """The name without its release."""
    name, replaced = _LINUX_RELEASE.subn("", row.name)
    return f"ami-amazon-linux-latest/{name}" if replaced == 1 else ""


def _windows(_: Identity, row: Named) -> str:
    name, dash, date = row.name.rpartition("-")
    return f"ami-windows-latest/{name}" if dash and re.fullmatch(r"\d{4}[.]\d\d[.]\d\d", date) else ""


def _macos(identity: Identity, row: Named) -> str:
    name = _MAC_NAMES.get(identity.series, "")
    known = name and row.architecture in ("x86_64_mac", "arm64_mac")
    return f"ec2-macos/{name}/{row.architecture}/latest/image_id" if known else ""


def _ecs(identity: Identity, row: Named) -> str:
    system = identity.product.removeprefix("ecs-")
    kernel = dict(identity.attributes).get("kernel", "")
    parts = ["ecs/optimized-ami", system]
    if system == "amazon-linux-2" and kernel:
        parts.append(f"kernel-{kernel}")
    parts += identity.qualifiers or (["arm64"] if row.architecture == "arm64" else [])
    return "/".join([*parts, "recommended/image_id"]) if len(identity.qualifiers) < 2 else ""


def _eks(identity: Identity, row: Named) -> str:
    begin = f"eks/optimized-ami/{identity.series}"
    if identity.qualifiers not in ((), ("nvidia",), ("neuron",)) or row.architecture not in ("x86_64", "arm64"):
        return ""
    variant = identity.qualifiers[0] if identity.qualifiers else "standard"
    return f"{begin}/amazon-linux-2023/{row.architecture}/{variant}/recommended/image_id"


def _eks_amazon_linux_2(identity: Identity, _: Named) -> str:
    variant = "".join(f"-{word}" for word in identity.qualifiers)
    return f"eks/optimized-ami/{identity.series}/amazon-linux-2{variant}/recommended/image_id"


def _bottlerocket(identity: Identity, row: Named) -> str:
    if len(identity.qualifiers) > 1 or row.architecture not in ("x86_64", "arm64"):
        return ""
    orchestrator = f"k8s-{identity.series}" if identity.product == "bottlerocket-eks" else f"ecs-{identity.series}"
    variant = "".join(f"-{word}" for word in identity.qualifiers)
    return f"bottlerocket/aws-{orchestrator}{variant}/{row.architecture}/latest/image_id"


def _ubuntu(identity: Identity, row: Named) -> str:
    kinds = {
        (): "server",
        ("minimal",): "server-minimal",
        ("pro",): "pro-server",
        ("minimal", "pro"): "pro-minimal",
    }
    kind = kinds.get(identity.qualifiers)
    return f"canonical/ubuntu/{kind}/{_ubuntu_build(identity.series, '', row)}" if kind and identity.series else ""


def _ubuntu_eks(identity: Identity, row: Named) -> str:
    kind = {(): "eks", ("pro",): "eks-pro"}.get(identity.qualifiers)
    kubernetes = dict(identity.attributes).get("k8s", "")
    if not kind or not kubernetes:
        return ""
    return f"canonical/ubuntu/{kind}/{_ubuntu_build(identity.series, f'/{kubernetes}', row)}"


def _ubuntu_build(release: str, kubernetes: str, row: Named) -> str:
    machine = {"x86_64": "amd64"}.get(row.architecture, row.architecture)
    volume = "ebs-gp3" if release >= _GP3_SINCE else "ebs-gp2"
    return f"{release}{kubernetes}/stable/current/{machine}/hvm/{volume}/ami-id"


def _debian(identity: Identity, row: Named) -> str:
    if not identity.series.isdigit() or identity.qualifiers not in ((), ("daily",)):
        return ""
    kind = "daily" if identity.qualifiers else "release"
    machine = {"x86_64": "amd64"}.get(row.architecture, row.architecture)
    return f"debian/{kind}/{identity.series}/latest/{machine}"


def _suse(identity: Identity, row: Named) -> str:
    major, _, pack = identity.series.partition(".")
    kind = {(): "sles", ("byos",): "sles-byos"}.get(identity.qualifiers)
    if not kind or not pack or "-sp" not in row.name:
        return ""
    return f"suse/{kind}/{major}-sp{pack}/{row.architecture}/latest"


def _freebsd(identity: Identity, row: Named) -> str:
    kinds = {(): "base", ("cloud-init",): "cloud-init", ("small",): "small", ("builder",): "builder"}
    kind = kinds.get(identity.qualifiers) or (
        "cloud-init" if set(identity.qualifiers) == {"cloud", "init"} else ""
    )
    machine = {"x86_64": "amd64", "arm64": "aarch64"}.get(row.architecture, "")
    system = dict(identity.attributes).get("filesystem", "").lower()
    if "-RELEASE-" not in row.name or not (kind and machine and system):
        return ""
    return f"freebsd/{machine}/{kind}/{system}/{identity.series}/RELEASE"


_PATHS: Final[dict[str, Callable[[Identity, Named], str]]] = {
    "amazon-linux-2023": _amazon_linux,
    "amazon-linux-2": _amazon_linux,
    "amazon-linux-1": _amazon_linux,
    "windows-server": _windows,
    "macos": _macos,
    "ecs-amazon-linux-2023": _ecs,
    "ecs-amazon-linux-2": _ecs,
    "eks-amazon-linux-2023": _eks,
    "eks-amazon-linux-2": _eks_amazon_linux_2,
    "bottlerocket-eks": _bottlerocket,
    "bottlerocket-ecs": _bottlerocket,
    "ubuntu": _ubuntu,
    "ubuntu-eks": _ubuntu_eks,
    "debian": _debian,
    "sles": _suse,
    "freebsd": _freebsd,
}
"""By product (`products/data`)."""
