"""What EBS makes of each type of volume: sizes, Iops and Throughput, and how EC2 refuses the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.demo.cloud.launching.rules import refusal

if TYPE_CHECKING:
    from amitui.demo.cloud.model import CloudSnapshot, Params


class _Kind(NamedTuple):
    gib: tuple[int, int]
    """Least and most."""
    iops: tuple[int, int] | None = None
    """`None` = cannot be chosen."""
    iops_a_gib: int = 0
    throughput: tuple[int, int] | None = None
    """MiB/s."""
    needs_iops: bool = False
    boots: bool = True


_KINDS: Final = {
    "gp2": _Kind((1, 16_384)),
    "gp3": _Kind((1, 65_536), (3_000, 80_000), 500, (125, 2_000)),
    "io1": _Kind((4, 16_384), (100, 64_000), 50, needs_iops=True),
    "io2": _Kind((4, 65_536), (100, 256_000), 1_000, needs_iops=True),
    "st1": _Kind((125, 16_384), boots=False),
    "sc1": _Kind((125, 16_384), boots=False),
    "standard": _Kind((1, 1_024)),
}
_IOPS_A_THROUGHPUT: Final = 4
_DEFAULT_IOPS: Final = 3_000
"""Of gp3."""


def volume_type_of(requested: Params, default: str = "gp2") -> str:
    """The volume type that an EbsBlockDevice asks for.

    Raises:
        CloudError: there is no such type.
    """
    kind = str(requested.get("VolumeType", default))
    if kind not in _KINDS:
        raise refusal("volume-type", kind=kind)
    return kind


def size_of(requested: Params, snapshot: CloudSnapshot | None) -> int:
    """The GiB of a volume: what an EbsBlockDevice asks for, or its snapshot's.

    Raises:
        CloudError: neither is given, or it is smaller than the snapshot.
    """
    least = int(snapshot.record["VolumeSize"]) if snapshot else 0
    gib = int(requested.get("VolumeSize", least))
    if not gib and "VolumeSize" not in requested:
        raise refusal("volume-without-size")
    if gib < least:
        raise refusal("volume-below-snapshot", gib=gib, snapshot=requested["SnapshotId"], least=least)
    return gib


def check_volume(kind: str, gib: int, requested: Params, *, root: bool = False) -> None:
    """Refuse a size, Iops or Throughput that there is not.

    Args:
        kind: of `volume_type_of`.
        gib: its size.
        requested: EbsBlockDevice, for Iops and Throughput.
        root: whether it is the volume to boot from.

    Raises:
        CloudError: by the first rule that is broken.
    """
    limits = _KINDS[kind]
    if root and not limits.boots:
        raise refusal("volume-type-of-root", kind=kind)
    _check("volume-size", gib, limits.gib, gib=gib)
    iops, throughput = requested.get("Iops"), requested.get("Throughput")
    if iops is None and limits.needs_iops:
        raise refusal("iops-missing", kind=kind)
    if iops is not None:
        if limits.iops is None:
            raise refusal("iops-not-supported", kind=kind)
        _check("iops", int(iops), limits.iops, iops=int(iops))
        if int(iops) > max(gib * limits.iops_a_gib, limits.iops[0]):
            raise refusal("iops-per-size", ratio=f"{int(iops) / gib:.6f}", limit=f"{limits.iops_a_gib:.6f}")
    if throughput is not None:
        if limits.throughput is None:
            raise refusal("throughput-not-supported", kind=kind)
        _check("throughput", int(throughput), limits.throughput, throughput=int(throughput))
        speed = _DEFAULT_IOPS if iops is None else int(iops)
        if int(throughput) * _IOPS_A_THROUGHPUT > speed:
            raise refusal("throughput-per-iops", ratio=f"{int(throughput) / speed:.6f}")


def _check(rule: str, value: int, allowed: tuple[int, int], **named: int) -> None:
    least, most = allowed
    if value < least:
        raise refusal(rule, how="small" if rule == "volume-size" else "low", end="minimum", limit=least, **named)
    if value > most:
        raise refusal(rule, how="large" if rule == "volume-size" else "high", end="maximum", limit=most, **named)
