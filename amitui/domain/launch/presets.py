"""What of a launch comes back the next time: the last one of each family, and those that the config names.

Neither user data nor anything else that may be secret is kept. What means something in one region only, such as a
subnet, is not carried into another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from amitui.domain.image.family import family_of
from amitui.domain.launch.request import MARKETS, LaunchRequest
from amitui.domain.launch.storage import LIMITS, VolumeChoice, with_type
from amitui.domain.operations.validation import Tag

KEPT: Final = "The next launch of this image family begins with these choices, without the user data."
"""What is said of a launch when it becomes a preset."""
APPLIED: Final = "These choices were kept without user data, which is never stored: user data is not part of it."
LEFT_OUT: Final = "no user data"
"""What a list says that a preset leaves out."""

MOST_REMEMBERED: Final = 200
"""Families whose last launch is kept; the one that was launched longest ago makes room."""

_REGIONAL: Final = frozenset({
    "key_name", "subnet_id", "zone", "security_group_ids", "template_id", "template_version",
})  # fmt: skip
"""Fields that another region knows nothing of."""


class VolumePreset(NamedTuple):
    """What is kept of one volume; `None` = as the image brings it, or as EC2 does."""

    device_name: str
    gib: int | None = None
    volume_type: str | None = None
    iops: int | None = None
    throughput: int | None = None
    encrypted: bool | None = None
    kms_key_id: str | None = None
    delete_on_termination: bool | None = None
    root: bool | None = None
    """The root volume, whatever the device name is that the image gives it."""
    dropped: bool | None = None
    snapshot_id: str | None = None
    """Of a volume that the image does not bring."""


class Preset(NamedTuple):
    """What is kept of a launch; `None` = nothing is said of it. The fields are those of `LaunchRequest`."""

    region: str | None = None
    """Where its subnet, groups, keys and zone are; `None` = wherever they are found."""
    instance_type: str | None = None
    min_count: int | None = None
    max_count: int | None = None
    key_name: str | None = None
    """Empty = none."""
    subnet_id: str | None = None
    zone: str | None = None
    security_group_ids: tuple[str, ...] | None = None
    public_address: bool | None = None
    profile_arn_or_name: str | None = None
    imds_v2: bool | None = None
    hop_limit: int | None = None
    market: str | None = None
    spot_max_price: str | None = None
    instance_tags: tuple[Tag, ...] | None = None
    volume_tags: tuple[Tag, ...] | None = None
    termination_protection: bool | None = None
    template_id: str | None = None
    template_version: str | None = None
    volumes: tuple[VolumePreset, ...] | None = None


def preset_of(request: LaunchRequest) -> Preset:
    """What is kept of a launch."""
    shared = {name: getattr(request, name) for name in Preset._fields if name in LaunchRequest._fields}
    if request.new_group is not None and not request.security_group_ids:
        # Without the group that it was, the default group is not what was wanted either.
        shared["security_group_ids"] = None
    changed = (volume for volume in request.volumes_after if volume not in request.volumes_before)
    kept = {volume.device_name for volume in request.volumes_after}
    missing = (old._replace(dropped=True) for old in request.volumes_before if old.device_name not in kept)
    return Preset(**shared, volumes=tuple(_of_volume(volume) for volume in (*changed, *missing)) or None)


def applied(preset: Preset, request: LaunchRequest) -> LaunchRequest:
    """The request with what the preset says, as far as that means something in its region."""
    elsewhere = preset.region is not None and preset.region != request.region
    values = {
        name: value
        for name, value in preset._asdict().items()
        if value is not None and name in LaunchRequest._fields and name != "region"
    }
    request = request._replace(
        **{name: value for name, value in values.items() if not (elsewhere and name in _REGIONAL)}
    )
    if preset.min_count is None:
        request = request._replace(min_count=min(request.min_count, request.max_count))
    if preset.max_count is None:
        request = request._replace(max_count=max(request.min_count, request.max_count))
    volumes = _with_volumes(request.volumes_before, preset.volumes or (), elsewhere)
    return request._replace(volumes_after=volumes) if preset.volumes else request


def to_json(preset: Preset) -> dict[str, Any]:
    """The preset as JSON values, as `read` takes them."""
    values = {name: value for name, value in preset._asdict().items() if value is not None}
    for name in ("instance_tags", "volume_tags"):
        if name in values:
            values[name] = dict(values[name])
    if "security_group_ids" in values:
        values["security_group_ids"] = list(values["security_group_ids"])
    if preset.volumes is not None:
        values["volumes"] = [
            {name: value for name, value in volume._asdict().items() if value is not None}
            for volume in preset.volumes
        ]
    return values


def read(values: Mapping[str, object]) -> Preset:
    """The preset that a table of the config, or a stored one, describes.

    Raises:
        ValueError: it says something that is none of a preset's, in words.
    """
    return Preset(**_fields(values, _KINDS))


def launch_key(account: str, owner_id: str, image_name: str) -> str:
    """Under which the last launch of an image's family is kept: of an account, whose subnets and groups they are.

    An image without a name has no family: all such of an owner are one.
    """
    return f"{account}/{owner_id}/{family_of(image_name)}"


def last_launch(launches: Mapping[str, object], key: str) -> Preset | None:
    """The last launch of a family; `None` = there was none, or it cannot be read any more."""
    values = launches.get(key)
    if not isinstance(values, dict):
        return None
    try:
        return read(values)
    except ValueError:
        return None


def remembered(launches: Mapping[str, object], key: str, preset: Preset) -> dict[str, object]:
    """The launches with this one as the newest of its family."""
    others = [(name, value) for name, value in launches.items() if name != key]
    return dict([*others[-(MOST_REMEMBERED - 1) :], (key, to_json(preset))])


def _of_volume(volume: VolumeChoice) -> VolumePreset:
    if volume.dropped:
        return VolumePreset(volume.device_name, dropped=True)
    return VolumePreset(
        volume.device_name,
        volume.gib,
        volume.volume_type,
        volume.iops,
        volume.throughput,
        volume.encrypted or None,
        volume.kms_key_id or None,
        volume.delete_on_termination,
        root=volume.root or None,
        snapshot_id=volume.snapshot_id if volume.added and volume.snapshot_id else None,
    )


def _with_volumes(
    before: Sequence[VolumeChoice], presets: Sequence[VolumePreset], elsewhere: bool
) -> tuple[VolumeChoice, ...]:
    volumes = {volume.device_name: volume for volume in before}
    root = next((volume.device_name for volume in before if volume.root), None)
    for preset in presets:
        name = root if preset.root and root is not None else preset.device_name
        old = volumes.get(name)
        if old is not None and preset.dropped:
            volumes[name] = old if old.root else old._replace(dropped=True)
        elif old is not None:
            volumes[name] = _changed(old, preset, elsewhere)
        elif not preset.dropped and not (elsewhere and preset.snapshot_id):
            new = VolumeChoice(name, preset.snapshot_id or "", added=True, delete_on_termination=True)
            volumes[name] = _changed(new, preset, elsewhere)
    return tuple(volumes.values())


def _changed(volume: VolumeChoice, preset: VolumePreset, elsewhere: bool) -> VolumeChoice:
    """The volume as the preset wants it, never smaller than its snapshot and never without its encryption."""
    if volume.virtual_name:
        return volume
    volume = with_type(volume, preset.volume_type or volume.volume_type)
    values: dict[str, Any] = {
        "iops": preset.iops,
        "throughput": preset.throughput,
        "encrypted": preset.encrypted or None,
        "kms_key_id": None if elsewhere else preset.kms_key_id,
        "delete_on_termination": preset.delete_on_termination,
        "gib": None if preset.gib is None else max(preset.gib, volume.snapshot_gib),
    }
    return volume._replace(**{name: value for name, value in values.items() if value is not None})


def _fields(values: Mapping[str, object], kinds: Mapping[str, Callable[[object], object]]) -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        if name not in kinds:
            raise ValueError(f"{name} is not one of {', '.join(kinds)}")
        try:
            found[name] = kinds[name](value)
        except TypeError as error:
            raise ValueError(f"{name} requires {error}, not {value!r}") from None
    return found


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise TypeError("a single-line string")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TypeError("a whole number above 0")
    return value


def _one_of(names: Sequence[str]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in names:
            raise TypeError(f"one of {', '.join(names)}")
        return str(value)

    return read


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise TypeError("a list of strings")
    return tuple(_text(part) for part in value)


def _tags(value: object) -> tuple[Tag, ...]:
    if not isinstance(value, dict):
        raise TypeError('tags such as  { Env = "prod" }')
    return tuple((_text(key), _text(found)) for key, found in value.items())


def _volumes(value: object) -> tuple[VolumePreset, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(entry, dict) for entry in value):
        raise TypeError('a list of tables such as  { device_name = "/dev/sdf", gib = 100 }')
    if not all("device_name" in entry for entry in value):
        raise TypeError("a device_name in each table")
    return tuple(VolumePreset(**_fields(entry, _VOLUME_KINDS)) for entry in value)


_VOLUME_KINDS: Final[Mapping[str, Callable[[object], object]]] = {
    "device_name": _text,
    "gib": _number,
    "volume_type": _one_of(tuple(LIMITS)),
    "iops": _number,
    "throughput": _number,
    "encrypted": _flag,
    "kms_key_id": _text,
    "delete_on_termination": _flag,
    "root": _flag,
    "dropped": _flag,
    "snapshot_id": _text,
}

_KINDS: Final[Mapping[str, Callable[[object], object]]] = {
    "region": _text,
    "instance_type": _text,
    "min_count": _number,
    "max_count": _number,
    "key_name": _text,
    "subnet_id": _text,
    "zone": _text,
    "security_group_ids": _texts,
    "public_address": _flag,
    "profile_arn_or_name": _text,
    "imds_v2": _flag,
    "hop_limit": _number,
    "market": _one_of(MARKETS),
    "spot_max_price": _text,
    "instance_tags": _tags,
    "volume_tags": _tags,
    "termination_protection": _flag,
    "template_id": _text,
    "template_version": _text,
    "volumes": _volumes,
}
"""What may stand in a preset, and how it is read."""
