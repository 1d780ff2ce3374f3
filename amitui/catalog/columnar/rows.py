"""A stored record as a row of the export: plain values by the names of `FILE_COLUMNS`.

Texts that are shown or compared pass the sanitizer, as everywhere; the record stays as EC2 sent it, as far as it
is JSON that every engine takes: NaN, which imported files may hold, becomes null, and a lone surrogate U+FFFD.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from amitui.domain.catalogue.export_columns import FLAG_COLUMNS
from amitui.domain.image.publishers import publisher_name
from amitui.domain.image.trust import trust_of
from amitui.domain.image.worst_finding import WorstFinding, worst_finding_of
from amitui.domain.products.reading import read_name
from amitui.domain.products.version import variant_of, version_of
from amitui.ec2.convert import image_of, is_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.domain.image.image import Image, ImageFlag

RAW_ID: Final = "raw_id"
"""The image's id before it was sanitized: what tells rows of one shard apart. No column of the files."""

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_FLAGS: Final = tuple((int(flag), column.name) for flag, column in FLAG_COLUMNS.items())

Row = dict[str, Any]
"""Values by column; times are seconds since the epoch."""


class Source(NamedTuple):
    """Where rows come from."""

    region: str
    account: str | None
    """Whose credentials saw them; `None`: everybody's do."""
    fetched_at: int
    """Seconds since the epoch."""


def rows_of(lines: Iterable[bytes], source: Source) -> list[Row]:
    """The rows of a chunk's lines; those of images that are gone, or that are no record, are left out."""
    return [row for line in lines if (row := _row_of(line, source)) is not None]


def ids_of(lines: Iterable[bytes]) -> list[str]:
    """The values of `RAW_ID` that the rows of these lines have."""
    return [_raw_id(found[0]) for line in lines if (found := _read(line)) is not None]


def _row_of(line: bytes, source: Source) -> Row | None:
    found = _read(line)
    if found is None:
        return None
    record, text = found
    image = image_of(record, source.region, keep_record=False)
    row = _values(image, () if source.account is None else (source.account,))
    row[RAW_ID] = _raw_id(record)
    row["account"] = source.account
    row["fetched_at"] = source.fetched_at or None
    row["record"] = text
    return row


def _read(line: bytes) -> tuple[dict[str, Any], str] | None:
    """The record of a line, and the same as JSON that every engine takes."""
    try:
        record = orjson.loads(line)
        text = line.decode()
    except ValueError:
        try:
            record = json.loads(line, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            return None
        record = _with_whole_characters(record)
        text = json.dumps(record, separators=(",", ":"))
    return (record, text) if is_record(record) else None


def _with_whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_with_whole_characters(key): _with_whole_characters(one) for key, one in value.items()}
    return [_with_whole_characters(one) for one in value] if isinstance(value, list) else value


def _raw_id(record: dict[str, Any]) -> str:
    return str(record["ImageId"])


def _values(image: Image, accounts: tuple[str, ...]) -> Row:
    summary = image.summary
    flags = summary.flags
    reading = read_name(summary.name)
    identity = reading.identity
    release, build = ("", "") if identity is None else version_of(identity)
    bits = int(flags)
    finding = worst_finding_of(bits)
    return {
        "image_id": summary.image_id,
        "name": summary.name or None,
        "description": summary.description or None,
        "family": reading.family or None,
        "product": None if identity is None else identity.product,
        "release": release or None,
        "variant": None if identity is None else variant_of(identity, summary.name) or None,
        "build": build or None,
        "owner_id": summary.owner_id or None,
        "owner_alias": summary.owner_alias or None,
        "publisher": publisher_name(summary.owner_id, summary.owner_alias) or None,
        "trust": _trust(summary.owner_id, summary.owner_alias, flags, accounts),
        **_form(image),
        **{name: bits & flag != 0 for flag, name in _FLAGS},
        "worst_finding": None if finding is WorstFinding.NOT_SCANNED else finding.word,
        "block_devices": _block_devices(image),
        "product_codes": [{"code": code or None, "type": kind or None} for code, kind in image.product_codes],
        # Of two with one key the first stays.
        "tags": dict(reversed(summary.tags)),
        **_origin(image),
    }


def _form(image: Image) -> Row:
    summary = image.summary
    return {
        "architecture": summary.architecture or None,
        "platform": summary.platform or None,
        "usage_operation": image.usage_operation or None,
        "creation_date": summary.created,
        "deprecation_time": summary.deprecated,
        "last_launched_time": summary.last_launched,
        "state": summary.state or None,
        "state_reason": summary.state_reason or None,
        "image_type": summary.image_type or None,
        "root_device_type": summary.root_device_type or None,
        "root_device_name": image.root_device_name or None,
        "virtualization_type": summary.virtualization or None,
        "hypervisor": image.hypervisor or None,
        "boot_mode": summary.boot_mode or None,
        "imds_support": image.imds_support or None,
        "tpm_support": image.tpm_support or None,
        "sriov_net_support": image.sriov_net_support or None,
        "size_gib": summary.size_gib,
    }


def _origin(image: Image) -> Row:
    return {
        "image_location": image.location or None,
        "kernel_id": image.kernel_id or None,
        "ramdisk_id": image.ramdisk_id or None,
        "source_instance_id": image.source_instance_id or None,
        "source_image_id": image.source_image_id or None,
        "source_image_region": image.source_image_region or None,
        "deregistration_protection": image.deregistration_protection or None,
    }


def _trust(owner_id: str, owner_alias: str, flags: ImageFlag, accounts: tuple[str, ...]) -> str:
    return trust_of(owner_id, owner_alias, flags, accounts).name.lower()


def _block_devices(image: Image) -> list[Row]:
    if not image.block_devices:
        return []
    root = image.root_index
    return [
        {
            "device_name": device.device_name or None,
            "root": index == root,
            "virtual_name": device.virtual_name or None,
            "no_device": device.no_device,
            "snapshot_id": device.snapshot_id or None,
            "volume_size_gib": device.volume_size_gib,
            "volume_type": device.volume_type or None,
            "iops": device.iops,
            "throughput_mib_s": device.throughput_mib_s,
            "encrypted": device.encrypted,
            "kms_key_id": device.kms_key_id or None,
            "delete_on_termination": device.delete_on_termination,
        }
        for index, device in enumerate(image.block_devices)
    ]
