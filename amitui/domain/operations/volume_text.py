"""Volumes of an image as people type them: `/dev/sdf=snap-0123…:100:gp3:keep, /dev/sdg=50:io2:iops=3000`.

Behind the device come parts in any order: the snapshot, the size in GiB, the type, `iops=`, `mbs=` (MiB/s), and
`keep` or `delete`: what becomes of the volume when its instance is terminated.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from amitui.domain.ids import read_id
from amitui.domain.image.devices import device_problem, same_device
from amitui.domain.operations.plans.register import VolumeSpec
from amitui.domain.operations.proposals import next_device
from amitui.domain.operations.validation import snapshot_id_problem, volume_problem

VOLUME_TYPES: Final = ("gp3", "gp2", "io2", "io1", "st1", "sc1", "standard")

_SEPARATOR: Final = re.compile(r"[,\s]+")
_MOST_DIGITS: Final = 6
_NO_DEVICE: Final = "/dev/sd?"
"""Written where all names are taken; refused until another one is typed."""
_KEPT: Final = {"keep": False, "delete": True}


def parse_volumes(text: str, virtualization: str = "") -> tuple[VolumeSpec, ...]:
    """The volumes that were typed; one without `keep` or `delete` is kept, as EC2 does with all but the root.

    Raises:
        ValueError: with words for whoever typed it.
    """
    volumes: dict[str, VolumeSpec] = {}
    for piece in _SEPARATOR.split(text.strip()):
        if not piece:
            continue
        device, equals, parts = piece.partition("=")
        problem = device_problem(device, virtualization)
        if problem:
            raise ValueError(f"{device[:20]!r}: {problem}")
        if not equals or not parts:
            raise ValueError(f"{device} requires a snapshot or a size: {device}=100:gp3")
        twin = next((name for name in volumes if same_device(name) == same_device(device)), None)
        if twin is not None:
            raise ValueError(f"{device} is listed twice" + (f", as {twin} too" if twin != device else ""))
        volumes[device] = parse_volume(parts, VolumeSpec(device, delete_on_termination=False))
    return tuple(volumes.values())


def parse_volume(text: str, default: VolumeSpec) -> VolumeSpec:
    """One volume's parts, those that are not typed as `default` has them.

    Raises:
        ValueError: with words for whoever typed it.
    """
    given: dict[str, Any] = {}
    for part in text.split(":"):
        if not part.strip():
            continue
        name, value = _part(part.strip(), default.device_name)
        if name in given:
            raise ValueError(f"{default.device_name} has two of these: {part.strip()} and the one before it")
        given[name] = value
    return default._replace(**given)


def format_volume(spec: VolumeSpec) -> str:
    """The volume as `parse_volumes` reads it."""
    parts = [
        spec.snapshot_id,
        "" if spec.gib is None else str(spec.gib),
        spec.volume_type,
        "" if spec.iops is None else f"iops={spec.iops}",
        "" if spec.throughput is None else f"mbs={spec.throughput}",
        "delete" if spec.delete_on_termination else "keep",
    ]
    return f"{spec.device_name}={':'.join(part for part in parts if part)}"


def with_snapshots(
    volumes: Sequence[VolumeSpec], picked: Sequence[str], listed: Collection[str], *, root_device: str
) -> tuple[VolumeSpec, ...]:
    """The volumes with one for each picked snapshot, at the next free device, and none of those not picked.

    Args:
        listed: the snapshots that could be picked; volumes of others, and empty ones, stay.
    """
    kept = [spec for spec in volumes if spec.snapshot_id not in listed or spec.snapshot_id in picked]
    for snapshot_id in picked:
        if all(spec.snapshot_id != snapshot_id for spec in kept):
            device = next_device({spec.device_name for spec in kept} | {root_device})
            kept.append(VolumeSpec(device or _NO_DEVICE, snapshot_id, delete_on_termination=False))
    return tuple(kept)


def volumes_problem(text: str, sizes: Mapping[str, int | None], virtualization: str = "") -> str:
    """What is wrong with volumes that were typed; empty = nothing.

    Args:
        sizes: of the snapshots that are known, in GiB.
        virtualization: of the image; empty = not known.
    """
    try:
        volumes = parse_volumes(text, virtualization)
    except ValueError as error:
        return str(error)
    for spec in volumes:
        problem = spec_problem(spec, sizes)
        if problem:
            return f"{spec.device_name}: {problem}"
    return ""


def spec_problem(spec: VolumeSpec, sizes: Mapping[str, int | None]) -> str:
    """What is wrong with one volume; empty = nothing."""
    # Somebody else's snapshot can be meant, whose size is not known here.
    known = (sizes.get(spec.snapshot_id) or 1) if spec.snapshot_id else 0
    return volume_problem(
        spec.volume_type, spec.gib, snapshot_gib=known, iops=spec.iops, throughput=spec.throughput
    )


def _part(part: str, device: str) -> tuple[str, Any]:
    """The field of a `VolumeSpec` that a part is about, and its value."""
    if part.lower().startswith("snap-"):
        part = read_id("snap", part)
        problem = snapshot_id_problem(part)
        if problem:
            raise ValueError(f"{part[:24]}: {problem}")
        return "snapshot_id", part
    if part in VOLUME_TYPES:
        return "volume_type", part
    if part in _KEPT:
        return "delete_on_termination", _KEPT[part]
    name, equals, number = part.partition("=")
    if not equals:
        name, number = "gib", part
    field = {"gib": "gib", "iops": "iops", "mbs": "throughput"}.get(name)
    if field is None or not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise ValueError(
            f"{device}: {part[:24]!r} is not a snapshot, size in GiB, type, iops=, mbs=, keep or delete"
        )
    return field, int(number)
