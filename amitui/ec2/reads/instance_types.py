"""Reads which instance types a region has and in which zones one is offered; keeps the types on disk.

A region has some thousand types, fourteen pages long, which change rarely: they are read once a week.
"""

from __future__ import annotations

import asyncio
import json
import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from amitui.domain.launch.instance_type import Accelerator, InstanceType, sorted_types
from amitui.domain.region import checked_region
from amitui.ec2.query import dicts, pages, part, text_of, texts, whole
from amitui.ec2.session import Ec2Connection
from amitui.errors import AwsError, CacheError, DeniedError
from amitui.paths import write_private

FRESH_SECONDS: Final = 7 * 24 * 3600
"""How long the types of a region are believed; EC2 itself refuses what is no longer so."""
PAGE: Final = 100
"""The most that DescribeInstanceTypes gives in one call."""
OFFERINGS_PAGE: Final = 1_000
"""The most that DescribeInstanceTypeOfferings gives."""

_MOST_BYTES: Final = 64_000_000
"""Unpacked; a region's types are half a million."""
_BLANK: Final = InstanceType(
    "", 0, 0, (), (), (), (), "", False, False, "", False, False, False, False, (), 0, "", (), ""
)
_BLANK_ACCELERATOR: Final = Accelerator("", "", "", 0, 0.0, 0)
_FIELDS: Final = [*InstanceType._fields, *Accelerator._fields]
_DEVICES: Final = (
    ("gpu", "GpuInfo", "Gpus"),
    ("fpga", "FpgaInfo", "Fpgas"),
    ("neuron", "NeuronInfo", "NeuronDevices"),
    ("inference", "InferenceAcceleratorInfo", "Accelerators"),
    ("media", "MediaAcceleratorInfo", "Accelerators"),
)
"""Where a record lists accelerators; AWS's own are listed twice, as Neuron devices and for inference."""


async def instance_types(connection: Ec2Connection, region: str, *, folder: str, now: float) -> list[InstanceType]:
    """The types that the region has, by family and size; from the disk when they were read within a week.

    Older ones are returned where EC2 cannot be reached: they hardly change.

    Args:
        folder: where they are kept, `Locations.instance_types_dir`.
        now: seconds since the epoch.

    Raises:
        AwsError: in words, when nothing is on the disk either.
        RegionError: that is no region's name.
    """
    path = types_file(folder, region)
    kept, age = await asyncio.to_thread(read_types, path, now)
    if kept and age <= FRESH_SECONDS:
        return kept
    try:
        found = await _read(connection, region)
    except AwsError:
        if kept:
            return kept
        raise
    # The types are known all the same; they are read again next time.
    with suppress(CacheError):
        await asyncio.to_thread(write_types, path, found, now)
    return found


async def offered_zones(connection: Ec2Connection, region: str, type_name: str) -> dict[str, bool]:
    """By zone, whether it offers the type; only those that do where the zones may not be listed.

    Raises:
        AwsError: in words.
    """
    offerings = pages(
        connection.call,
        region,
        "describe_instance_type_offerings",
        "read where the type is offered",
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": [type_name]}],
        MaxResults=OFFERINGS_PAGE,
    )
    offered = {
        text_of(entry, "Location")
        async for page in offerings
        for entry in dicts(page.get("InstanceTypeOfferings"))
        if entry.get("InstanceType") == type_name
    }
    try:
        answer = await connection.call(region, "describe_availability_zones", "list the zones")
    except DeniedError:
        answer = {}
    zones = {text_of(entry, "ZoneName") for entry in dicts(answer.get("AvailabilityZones"))}
    return {zone: zone in offered for zone in sorted(zones | offered) if zone}


def types_file(folder: str, region: str) -> str:
    """The file of a region's types.

    Raises:
        RegionError: the name does not have the shape of a region's, and would be some other file's.
    """
    return os.path.join(folder, f"{checked_region(region)}.json.z")


def read_types(path: str, now: float) -> tuple[list[InstanceType], float]:
    """The types in a file and their age in seconds; none where there is no file or it is not understood."""
    try:
        with open(path, "rb") as file:
            kept = json.loads(zlib.decompressobj().decompress(file.read(), _MOST_BYTES))
        if kept["fields"] != _FIELDS:
            return [], 0.0
        age = now - float(kept["asked_at"])
        types = [_kept(row) for row in kept["types"]]
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        return [], 0.0
    # A clock that was set back would keep them for ever.
    return types, age if age >= 0 else FRESH_SECONDS + 1.0


def write_types(path: str, types: list[InstanceType], now: float) -> None:
    """Keep the types of a region in a file of one's own.

    Raises:
        CacheError: it cannot be written.
    """
    text = json.dumps({"fields": _FIELDS, "asked_at": now, "types": types}, separators=(",", ":"))
    write_private(path, zlib.compress(text.encode()))


def instance_type_of(record: Mapping[str, Any]) -> InstanceType:
    """One record of DescribeInstanceTypes, made safe to show."""
    network, storage = part(record, "NetworkInfo"), part(record, "InstanceStorageInfo")
    processor = part(record, "ProcessorInfo")
    return InstanceType(
        name=text_of(record, "InstanceType"),
        vcpus=_count(part(record, "VCpuInfo").get("DefaultVCpus")),
        memory_mib=_count(part(record, "MemoryInfo").get("SizeInMiB")),
        architectures=texts(processor.get("SupportedArchitectures")),
        virtualization_types=texts(record.get("SupportedVirtualizationTypes")),
        root_device_types=texts(record.get("SupportedRootDeviceTypes")),
        boot_modes=texts(record.get("SupportedBootModes")),
        ena=text_of(network, "EnaSupport"),
        nitro_tpm=record.get("NitroTpmSupport") == "supported",
        # What is unknown excludes no type.
        encryption=part(record, "EbsInfo").get("EncryptionSupport") != "unsupported",
        hypervisor=text_of(record, "Hypervisor"),
        bare_metal=record.get("BareMetal") is True,
        current_generation=record.get("CurrentGeneration") is True,
        free_tier=record.get("FreeTierEligible") is True,
        burstable=record.get("BurstablePerformanceSupported") is True,
        accelerators=_accelerators(record),
        instance_storage_gb=_count(storage.get("TotalSizeInGB")),
        network=text_of(network, "NetworkPerformance"),
        usage_classes=texts(record.get("SupportedUsageClasses")),
        processor=text_of(processor, "Manufacturer"),
    )


async def _read(connection: Ec2Connection, region: str) -> list[InstanceType]:
    answers = pages(connection.call, region, "describe_instance_types", "list the instance types", MaxResults=PAGE)
    return sorted_types(
        [
            instance_type_of(entry)
            async for page in answers
            for entry in dicts(page.get("InstanceTypes"))
            if entry.get("InstanceType") and entry.get("SupportedInRegion") is not False
        ]
    )


def _accelerators(record: Mapping[str, Any]) -> tuple[Accelerator, ...]:
    found: dict[str, Accelerator] = {}
    for kind, where, devices in _DEVICES:
        for entry in dicts(part(record, where).get(devices)):
            share = entry.get("GpuPartitionSize")
            one = Accelerator(
                kind=kind,
                maker=text_of(entry, "Manufacturer") or ("AWS" if kind == "neuron" else ""),
                name=text_of(entry, "Name"),
                # EC2 counts a shared GPU as none, and as one that is logical.
                number=_count(entry.get("Count")) or _count(entry.get("LogicalGpuCount")) or 1,
                share=float(share) if isinstance(share, int | float) and 0 < share <= 1 else 1.0,
                memory_mib=_count(part(entry, "MemoryInfo").get("SizeInMiB")),
            )
            found.setdefault(f"{one.name} {one.share}" if kind == "gpu" else one.name, one)
    return tuple(found.values())


def _kept(row: Any) -> InstanceType:
    """One type as the file has it.

    Raises:
        ValueError: it is not what was written.
    """
    values = _like(row, _BLANK)
    position = InstanceType._fields.index("accelerators")
    values[position] = tuple(Accelerator(*_like(one, _BLANK_ACCELERATOR)) for one in values[position])
    return InstanceType(*values)


def _like(row: Any, blank: tuple[Any, ...]) -> list[Any]:
    """The values of a row, each of the kind that stands at its place in `blank`."""
    if not isinstance(row, list) or len(row) != len(blank):
        raise ValueError("another shape")
    values = [tuple(value) if isinstance(value, list) else value for value in row]
    if [type(value) for value in values] != [type(value) for value in blank]:
        raise ValueError("another kind of value")
    return values


def _count(value: object) -> int:
    return whole(value) or 0
