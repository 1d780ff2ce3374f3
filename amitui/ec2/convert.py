"""The one door through which EC2's records enter: every text is made safe to show here, and nowhere else.

AMI names, descriptions and tags come from strangers, and records may come from files, so each field is optional,
may have the wrong type and may hold anything that JSON can hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from amitui.domain.epoch import epoch_seconds
from amitui.domain.image.image import BlockDevice, Image, ImageFlag, RawRecord
from amitui.domain.image.row import ImageSummary
from amitui.domain.image.trust import is_lookalike
from amitui.domain.image.worst_finding import LABELS, SHIFT, WorstFinding
from amitui.domain.visible import show_invisible

SUMMARY_CHARACTERS: Final = 512
"""Longest text of a summary; EC2 allows 255, imported files hold what they like. Details keep all of it."""

MAX_DEPTH: Final = 32
"""Nesting of a record that is kept; DescribeImages has 5."""

_LARGEST_NUMBER = 10**12
_FLAG_VALUES: dict[int, ImageFlag] = {}

_PUBLIC = int(ImageFlag.PUBLIC)
_PAID = int(ImageFlag.PAID)
_ENCRYPTED = int(ImageFlag.ENCRYPTED)
_IMDS_V2 = int(ImageFlag.IMDS_V2)
_ENA = int(ImageFlag.ENA)
_TPM = int(ImageFlag.TPM)
_LOOKALIKE = int(ImageFlag.LOOKALIKE)
_FREE_TIER = int(ImageFlag.FREE_TIER)
_PROTECTED = int(ImageFlag.PROTECTED)
_SCANNED_CLEAN = WorstFinding.NONE << SHIFT
_SEVERITIES = {label: severity << SHIFT for label, severity in LABELS.items()}
_TAGGED = int(ImageFlag.TAGGED)
_NOT_ALLOWED = int(ImageFlag.NOT_ALLOWED)


def sanitize(text: str) -> str:
    """The text with characters that a terminal would act on or hide replaced by a visible mark."""
    return show_invisible(text)


class Ownership(NamedTuple):
    """Whose an image is."""

    owner_id: str
    owner_alias: str
    public: bool


def summary_of(record: RawRecord) -> ImageSummary:
    """What the index keeps of a record, long texts cut.

    Raises:
        ValueError: the record has no ImageId; the message says so in words.
    """
    return _summary(record, SUMMARY_CHARACTERS)


def image_of(record: RawRecord, region: str, *, keep_record: bool = True) -> Image:
    """Everything the record says, nothing cut.

    Args:
        keep_record: whether `Image.record` is made; else it is empty, and an image takes half the time.

    Raises:
        ValueError: the record has no ImageId; the message says so in words.
    """
    summary = _summary(record, None)
    get = record.get
    reason = get("StateReason")
    return Image(
        region=sanitize(region),
        summary=summary,
        location=_text(get("ImageLocation"), None),
        usage_operation=_text(get("UsageOperation"), None),
        hypervisor=_text(get("Hypervisor"), None),
        kernel_id=_text(get("KernelId"), None),
        ramdisk_id=_text(get("RamdiskId"), None),
        root_device_name=_text(get("RootDeviceName"), None),
        block_devices=tuple(_block_device(entry) for entry in dicts(get("BlockDeviceMappings"))),
        product_codes=tuple(
            (_text(entry.get("ProductCodeId"), None), _text(entry.get("ProductCodeType"), None))
            for entry in dicts(get("ProductCodes"))
        ),
        sriov_net_support=_text(get("SriovNetSupport"), None),
        ena_support=_yes_no(get("EnaSupport")),
        tpm_support=_text(get("TpmSupport"), None),
        imds_support=_text(get("ImdsSupport"), None),
        state_reason_code=_text(reason.get("Code"), None) if isinstance(reason, dict) else "",
        source_instance_id=_text(get("SourceInstanceId"), None),
        source_image_id=_text(get("SourceImageId"), None),
        source_image_region=_text(get("SourceImageRegion"), None),
        deregistration_protection=_text(get("DeregistrationProtection"), None),
        image_allowed=_yes_no(get("ImageAllowed")),
        record={_key(key): _safe_value(value, 1) for key, value in record.items()} if keep_record else {},
    )


def images_of(records: Iterable[RawRecord], region: str) -> list[Image]:
    """The images of an answer's records; what has no id is none."""
    return [image_of(record, region) for record in records if is_record(record)]


def is_record(record: object) -> bool:
    """Whether it describes an image: everything but the id may be missing."""
    image_id = record.get("ImageId") if isinstance(record, dict) else None
    return isinstance(image_id, str) and bool(image_id.strip())


def ownership_of(record: RawRecord) -> Ownership:
    """Whose image a record is of: what decides in which lists EC2 has it.

    Raises:
        ValueError: the record has no ImageId; the message says so in words.
    """
    _image_id(record)
    get = record.get
    return Ownership(
        _owner_id(get("OwnerId"), SUMMARY_CHARACTERS),
        _text(get("ImageOwnerAlias"), SUMMARY_CHARACTERS),
        _is_true(get("Public")),
    )


def _image_id(record: RawRecord) -> str:
    if not isinstance(record, dict):
        raise ValueError(f"an image record is an object with an ImageId, not {type(record).__name__}")
    image_id = record.get("ImageId")
    if not isinstance(image_id, str) or not image_id.strip():
        raise ValueError("the record has no ImageId" if image_id is None else "the record's ImageId is not a text")
    return image_id


def _summary(record: RawRecord, limit: int | None) -> ImageSummary:
    image_id = _image_id(record)
    get = record.get
    name = _text(get("Name"), limit)
    owner_id = _owner_id(get("OwnerId"), limit)
    owner_alias = _text(get("ImageOwnerAlias"), limit)
    size_gib, encrypted = _volumes(get("BlockDeviceMappings"))
    found = get("Tags")
    tags = _tags(found, limit) if found else ()
    flags = _flags(record) | (_ENCRYPTED if encrypted else 0) | (_TAGGED if tags else 0)
    if is_lookalike(name, owner_id, owner_alias):
        flags |= _LOOKALIKE
    return ImageSummary(
        _text(image_id, limit),
        name,
        _text(get("Description"), limit),
        owner_id,
        owner_alias,
        _text(get("Architecture"), limit),
        _platform(record, limit),
        epoch_seconds(get("CreationDate")),
        epoch_seconds(get("DeprecationTime")),
        epoch_seconds(get("LastLaunchedTime")),
        _text(get("State"), limit),
        _state_reason(get("StateReason"), limit),
        _text(get("ImageType"), limit),
        _text(get("RootDeviceType"), limit),
        _text(get("VirtualizationType"), limit),
        _text(get("BootMode"), limit),
        size_gib,
        _FLAG_VALUES[flags] if flags in _FLAG_VALUES else _flag_value(flags),
        tags,
    )


def _flags(record: RawRecord) -> int:
    get = record.get
    flags = 0
    if _is_true(get("Public")):
        flags |= _PUBLIC
    if get("ProductCodes") and any(dicts(get("ProductCodes"))):
        flags |= _PAID
    if get("ImdsSupport") == "v2.0":
        flags |= _IMDS_V2
    if _is_true(get("EnaSupport")):
        flags |= _ENA
    if get("TpmSupport") == "v2.0":
        flags |= _TPM
    if _is_true(get("FreeTierEligible")):
        flags |= _FREE_TIER
    protection = get("DeregistrationProtection")
    # EC2 says `disabled`, or how it is enabled; the words of a cool-down are not documented and still protect.
    if protection and isinstance(protection, str) and protection != "disabled":
        flags |= _PROTECTED
    if _yes_no(get("ImageAllowed")) is False:
        flags |= _NOT_ALLOWED
    scanned = get("ScanResults")
    return flags | _severity(scanned) if scanned else flags


def _severity(scanned: object) -> int:
    """The worst finding, in the bits of the flags. EC2 gives the label only when there is a finding."""
    if not isinstance(scanned, dict):
        return 0
    label = scanned.get("HighestFindingSeverityLabel")
    if label is None:
        return _SCANNED_CLEAN
    # A label that is not known yet is something that Inspector found: not clean, and not known.
    return _SEVERITIES.get(label.lower(), 0) if isinstance(label, str) else 0


def _flag_value(flags: int) -> ImageFlag:
    # Making an IntFlag costs more than the rest of a summary; there are few distinct ones.
    value = ImageFlag(flags)
    _FLAG_VALUES[flags] = value
    return value


def _platform(record: RawRecord, limit: int | None) -> str:
    details = _text(record.get("PlatformDetails"), limit)
    if details:
        return details
    platform = record.get("Platform")
    # Requests spell it `windows`, the response's enum `Windows`, and records hold both.
    if isinstance(platform, str) and platform.strip().lower() == "windows":
        return "Windows"
    return "Linux/UNIX"


def _state_reason(value: object, limit: int | None) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return _text(value.get("Message"), limit) or _text(value.get("Code"), limit)
    return _text(value, limit)


def _volumes(mappings: object) -> tuple[int, bool]:
    """Sum of the EBS volumes in GiB, and whether one of them is encrypted."""
    size_gib = 0
    encrypted = False
    if isinstance(mappings, list):
        for mapping in mappings:
            ebs = mapping.get("Ebs") if isinstance(mapping, dict) else None
            if isinstance(ebs, dict):
                size_gib += _number(ebs.get("VolumeSize")) or 0
                encrypted = encrypted or _is_true(ebs.get("Encrypted"))
    return min(size_gib, _LARGEST_NUMBER), encrypted


def _block_device(entry: dict[str, Any]) -> BlockDevice:
    found = entry.get("Ebs")
    ebs: dict[str, Any] = found if isinstance(found, dict) else {}
    return BlockDevice(
        device_name=_text(entry.get("DeviceName"), None),
        virtual_name=_text(entry.get("VirtualName"), None),
        # Its presence is what counts: EC2 sends it as an empty text.
        no_device=entry.get("NoDevice") is not None,
        snapshot_id=_text(ebs.get("SnapshotId"), None),
        volume_size_gib=_number(ebs.get("VolumeSize")),
        volume_type=_text(ebs.get("VolumeType"), None),
        iops=_number(ebs.get("Iops")),
        throughput_mib_s=_number(ebs.get("Throughput")),
        encrypted=_yes_no(ebs.get("Encrypted")),
        kms_key_id=_text(ebs.get("KmsKeyId"), None),
        delete_on_termination=_yes_no(ebs.get("DeleteOnTermination")),
    )


def _tags(value: object, limit: int | None) -> tuple[tuple[str, str], ...]:
    return tuple((_text(tag.get("Key"), limit), _text(tag.get("Value"), limit)) for tag in dicts(value))


def _owner_id(value: object, limit: int | None) -> str:
    # Files that passed through a spreadsheet or a careless program hold account ids as numbers.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12:
        return f"{value:012d}"
    return _text(value, limit)


def _text(value: object, limit: int | None) -> str:
    if isinstance(value, str):
        if limit is None or len(value) <= limit:
            return value if value.isascii() and value.isprintable() else show_invisible(value)
        return sanitize(value[: limit - 1]) + "…"
    if value is None or isinstance(value, dict | list):
        return ""
    return _scalar_text(value)


def _scalar_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return sanitize(str(value))


def _number(value: object) -> int | None:
    """A whole number of GiB, IOPS or MiB/s; `None` when there is none or it is out of this world."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 12):
            return None
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and 0 <= value <= _LARGEST_NUMBER:
        return value
    return None


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _yes_no(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return None


def dicts(value: object) -> list[dict[str, Any]]:
    """The entries of a list that are structures; none of what is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _key(key: object) -> str:
    return sanitize(key) if isinstance(key, str) else _scalar_text(key)


def _safe_value(value: object, depth: int) -> Any:
    if isinstance(value, str):
        return sanitize(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth >= MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {_key(key): _safe_value(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, list):
        return [_safe_value(entry, depth + 1) for entry in value]
    return _scalar_text(value)
