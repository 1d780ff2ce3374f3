"""The columns of an exported catalogue as data: what Parquet files hold, and what `amitui sql` is asked about.

One row is one image in one Region; a private one, as one account sees it. Texts are sanitized, as on the screen. A
text that EC2 left out or empty is NULL, and so is what is no time or no number. What EC2 sent is in `record`.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from amitui.domain.image.image import ImageFlag


class Plain(Enum):
    """A type without parts."""

    TEXT = "text"
    INTEGER = "integer"
    """64 bits."""
    BOOLEAN = "boolean"
    TIME = "time"
    """A moment, in microseconds since the epoch, UTC."""


class Field(NamedTuple):
    """A named value of a structure."""

    name: str
    type: ColumnType
    about: str = ""


class ListOf(NamedTuple):
    """A list of structures, in EC2's order; empty, never NULL."""

    fields: tuple[Field, ...]


class TextMap(NamedTuple):
    """Texts by text, each key once; empty, never NULL."""


ColumnType: TypeAlias = "Plain | ListOf | TextMap"


class Column(NamedTuple):
    """A column of the export."""

    name: str
    """Lower case, as all engines fold names; EC2's own name in snake case where EC2 has one."""
    type: ColumnType
    about: str


TEXT, INTEGER, BOOLEAN, TIME = Plain.TEXT, Plain.INTEGER, Plain.BOOLEAN, Plain.TIME

FLAG_COLUMNS: Final = {
    ImageFlag.PUBLIC: Column("public", BOOLEAN, "Everybody may launch it"),
    ImageFlag.PAID: Column("paid", BOOLEAN, "It has a product code: a seller is paid beyond EC2"),
    ImageFlag.ENCRYPTED: Column("encrypted", BOOLEAN, "At least one volume is encrypted"),
    ImageFlag.IMDS_V2: Column("imds_v2", BOOLEAN, "Instances require IMDSv2"),
    ImageFlag.ENA: Column("ena", BOOLEAN, "Enhanced networking with ENA"),
    ImageFlag.TPM: Column("tpm", BOOLEAN, "NitroTPM 2.0"),
    ImageFlag.LOOKALIKE: Column(
        "lookalike", BOOLEAN, "A known publisher's name pattern under an account that is not the publisher's"
    ),
    ImageFlag.FREE_TIER: Column("free_tier", BOOLEAN, "Eligible for the free tier"),
    ImageFlag.PROTECTED: Column("protected", BOOLEAN, "Deregistration protection is on"),
    ImageFlag.NOT_ALLOWED: Column("not_allowed", BOOLEAN, "The account's Allowed AMIs setting hides it"),
}
"""Yes/no facts, by the flag that each is; all are NOT NULL. That an image has tags is in `tags`."""

BLOCK_DEVICES: Final = ListOf(
    (
        Field("device_name", TEXT),
        Field("root", BOOLEAN, "whether it is the root device"),
        Field("virtual_name", TEXT, "of an instance store volume"),
        Field("no_device", BOOLEAN, "whether the device is suppressed"),
        Field("snapshot_id", TEXT),
        Field("volume_size_gib", INTEGER),
        Field("volume_type", TEXT),
        Field("iops", INTEGER),
        Field("throughput_mib_s", INTEGER),
        Field("encrypted", BOOLEAN),
        Field("kms_key_id", TEXT),
        Field("delete_on_termination", BOOLEAN),
    )
)

PRODUCT_CODES: Final = ListOf((Field("code", TEXT), Field("type", TEXT)))

PARTITIONS: Final = (
    Column("region", TEXT, "The Region"),
    Column("scope", TEXT, "amazon, publishers, marketplace, community, an account ID; mine, shared if asked for"),
)
"""The folders, `region=…/scope=…`; the files themselves do not hold them."""

FILE_COLUMNS: Final = (
    Column("image_id", TEXT, "The image's ID"),
    Column("name", TEXT, "Name, as its owner gave it: it proves nothing"),
    Column("description", TEXT, "Description"),
    Column("family", TEXT, "What all builds of one product have in common, by the name"),
    Column("product", TEXT, "Product, by the name; NULL where the name follows no known pattern"),
    Column("release", TEXT, "The product's release: 24.04, 9.4"),
    Column("variant", TEXT, "What else belongs to the product: minimal, a kernel, an edition"),
    Column("build", TEXT, "Date, serial or number of the build"),
    Column("owner_id", TEXT, "Account that owns it"),
    Column("owner_alias", TEXT, "amazon, aws-marketplace, … as AWS gives it"),
    Column("publisher", TEXT, "Known publisher of that account"),
    Column(
        "trust", TEXT, "How sure the origin is: lookalike, unverified, shared, marketplace, publisher, amazon, own"
    ),
    Column("architecture", TEXT, "x86_64, arm64, i386, x86_64_mac, arm64_mac"),
    Column("platform", TEXT, "PlatformDetails: Linux/UNIX, Windows, …"),
    Column("usage_operation", TEXT, "Billing code: RunInstances, RunInstances:0002, …"),
    Column("creation_date", TIME, "When it was made"),
    Column("deprecation_time", TIME, "From when it is deprecated; NULL: never"),
    Column("last_launched_time", TIME, "When it was last launched; own images only"),
    Column("state", TEXT, "available, disabled, …"),
    Column("state_reason", TEXT, "Why, where EC2 says so"),
    Column("image_type", TEXT, "machine, kernel or ramdisk"),
    Column("root_device_type", TEXT, "ebs or instance-store"),
    Column("root_device_name", TEXT, "Device name of the root volume"),
    Column("virtualization_type", TEXT, "hvm or paravirtual"),
    Column("hypervisor", TEXT, "ovm or xen"),
    Column("boot_mode", TEXT, "legacy-bios, uefi or uefi-preferred"),
    Column("imds_support", TEXT, "v2.0, or NULL"),
    Column("tpm_support", TEXT, "v2.0, or NULL"),
    Column("sriov_net_support", TEXT, "simple, or NULL"),
    Column("size_gib", INTEGER, "Sum of the EBS volumes"),
    *FLAG_COLUMNS.values(),
    Column("worst_finding", TEXT, "Worst finding of Inspector: none, low, … critical; NULL: not scanned"),
    Column("block_devices", BLOCK_DEVICES, "Block device mappings"),
    Column("product_codes", PRODUCT_CODES, "Product codes"),
    Column("tags", TextMap(), "Tags that the account sees; of two with one key the first"),
    Column("image_location", TEXT, "ImageLocation: owner/name, or an S3 manifest"),
    Column("kernel_id", TEXT, "Kernel of a paravirtual image"),
    Column("ramdisk_id", TEXT, "RAM disk of a paravirtual image"),
    Column("source_instance_id", TEXT, "Instance that it was made of"),
    Column("source_image_id", TEXT, "Image that it was copied from"),
    Column("source_image_region", TEXT, "Region of that image"),
    Column("deregistration_protection", TEXT, "As EC2 words it"),
    Column("account", TEXT, "Account whose credentials saw a private row; NULL: public"),
    Column("fetched_at", TIME, "When the answer that holds it was complete"),
    Column("record", TEXT, "The record as EC2 sent it, JSON"),
)
"""What the files hold, in their order."""

COLUMNS: Final = (*PARTITIONS, *FILE_COLUMNS)
"""All columns of the table `images`."""

_DUCKDB: Final = {TEXT: "VARCHAR", INTEGER: "BIGINT", BOOLEAN: "BOOLEAN", TIME: "TIMESTAMP WITH TIME ZONE"}
_HIVE: Final = {TEXT: "string", INTEGER: "bigint", BOOLEAN: "boolean", TIME: "timestamp"}
_TRINO: Final = {TEXT: "varchar", INTEGER: "bigint", BOOLEAN: "boolean", TIME: "timestamp(6)"}


def duckdb_type(kind: ColumnType) -> str:
    """A type in DuckDB's words."""
    match kind:
        case ListOf(fields):
            return f"STRUCT({', '.join(f'{one.name} {duckdb_type(one.type)}' for one in fields)})[]"
        case TextMap():
            return "MAP(VARCHAR, VARCHAR)"
        case Plain():
            return _DUCKDB[kind]


def hive_type(kind: ColumnType) -> str:
    """A type in the words of Hive's statements, which Athena and Spark share."""
    match kind:
        case ListOf(fields):
            return f"array<struct<{','.join(f'{one.name}:{hive_type(one.type)}' for one in fields)}>>"
        case TextMap():
            return "map<string,string>"
        case Plain():
            return _HIVE[kind]


def trino_type(kind: ColumnType) -> str:
    """A type in Trino's words."""
    match kind:
        case ListOf(fields):
            return f"array(row({', '.join(f'{one.name} {trino_type(one.type)}' for one in fields)}))"
        case TextMap():
            return "map(varchar, varchar)"
        case Plain():
            return _TRINO[kind]
