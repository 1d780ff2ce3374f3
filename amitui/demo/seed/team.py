"""The main account's simulated images: golden families with a history, and what else collects in an account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudImage
from amitui.demo.seed.accounts import MAIN_ACCOUNT, ORGANIZATION_ARN, REGIONS, SECOND_ACCOUNT
from amitui.demo.seed.families import BOTH, X86
from amitui.demo.seed.marketplace import product_code
from amitui.demo.seed.records import DAY, RHEL, WINDOWS, Draft, digest, ebs, image_id_of, record_of, stamp, tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.domain.image.image import RawRecord

_KEY: Final = "arn:aws:kms:{region}:123456789012:key/1f0c2e7a-55aa-4c11-9d1e-0b6d2f3c4a5e"
_HOME: Final = "us-east-1"
"""Where the golden images are built; other regions hold copies of them."""

_FAMILIES: Final = (
    (Draft("acme-base-al2023", MAIN_ACCOUNT, 0, description="Acme base image, Amazon Linux 2023"), 7, 26),
    (
        Draft("acme-base-ubuntu-24.04", MAIN_ACCOUNT, 0, description="Acme base image, Ubuntu 24.04", gib=16),
        14,
        14,
    ),
    (Draft("acme-web", MAIN_ACCOUNT, 0, description="nginx and the Acme web tier", gib=20), 10, 18),
    (Draft("acme-k8s-node-1.34", MAIN_ACCOUNT, 0, description="EKS node with Acme agents", gib=40), 12, 10),
    (Draft("acme-windows-2022-golden", MAIN_ACCOUNT, 0, billing=WINDOWS, gib=60, volume_type="gp2"), 30, 10),
    (Draft("acme-rhel9-hardened", MAIN_ACCOUNT, 0, description="CIS level 1", billing=RHEL, gib=30), 30, 8),
)
"""What the golden families have in common over time, days between their builds, and how many builds are kept."""


def _golden(region: str, as_of: int) -> Iterator[CloudImage]:
    """Families built every week or month; each build ages from available over deprecated to disabled."""
    share = REGIONS[region].own_share
    today = as_of // DAY
    for base, every, count in _FAMILIES:
        for back in range(count):
            serial = today // every - back
            if serial % share:
                continue
            for arch in BOTH if "base" in base.name else X86:
                yield _golden_build(region, as_of, base, serial * every * DAY, arch, back)


def _golden_build(region: str, as_of: int, base: Draft, day: int, arch: str, back: int) -> CloudImage:
    """One build; `back` counts how many newer ones there are."""
    family = base.name
    created = min(day + int(digest(family, str(day))[:4], 16) % 20_000, as_of - 7200)
    version = stamp(day)[:10].replace("-", "")
    name = f"{family}-{arch}-{version}" if "base" in family else f"{family}-{version}"
    age_days = (as_of - created) // DAY
    disabled = age_days > 150
    fields: dict[str, Any] = {
        "Tags": tags(
            Name=name,
            Family=family,
            Env="prod" if back < 6 else "retired",
            Team="web" if "web" in family else "platform",
            BuildId=digest("build", name)[:8],
        ),
        "DeregistrationProtection": "enabled-without-cooldown" if back == 0 else "disabled",
        "State": "disabled" if disabled else "available",
        "ImdsSupport": "v2.0",
    }
    if family == "acme-base-al2023":
        fields["Tags"].append({"Key": "ec2:SharedTag/Base", "Value": "al2023"})
    if (back or "web" in family) and age_days > 2:
        fields["LastLaunchedTime"] = stamp(created + min(age_days - 1, 40) * DAY)
    if region != _HOME:
        fields["SourceImageRegion"] = _HOME
        fields["SourceImageId"] = image_id_of(_HOME, MAIN_ACCOUNT, name)
    elif "web" in family:
        fields["SourceInstanceId"] = "i-0" + digest("instance", name)[:16]
    if "k8s" in family:
        snapshot = "snap-0" + digest("encrypted", region, name)[:16]
        secret: dict[str, Any] = {"Encrypted": True, "KmsKeyId": _KEY.format(region=region)}
        fields["BlockDeviceMappings"] = [ebs("/dev/xvda", snapshot, base.gib, **secret)]
    draft = replace(
        base,
        name=name,
        created=created,
        architecture=arch,
        root_device="/dev/xvda" if "al2023" in family or "k8s" in family else "/dev/sda1",
        boot_mode="uefi" if arch == "arm64" else "uefi-preferred",
        public=False,
        deprecated_after_days=90,
        fields=fields,
    )
    shared = (SECOND_ACCOUNT, ORGANIZATION_ARN) if family == "acme-base-al2023" and back in {1, 2} else ()
    return CloudImage(record_of(draft, region), () if disabled else shared)


def _own(region: str, name: str, created: int, description: str | None = None, **fields: Any) -> RawRecord:
    """An image by hand; only public ones get the deprecation that EC2 gives by itself."""
    public = bool(fields.get("Public"))
    draft = Draft(
        name,
        MAIN_ACCOUNT,
        created,
        description=description,
        public=public,
        deprecated_after_days=730 if public else None,
        fields={"DeregistrationProtection": "disabled"} | fields,
    )
    return record_of(draft, region)


def _unfinished(region: str, as_of: int) -> Iterator[RawRecord]:
    """Images that failed, and one that EC2 is still making."""
    for name, days, description, code, message in (
        ("acme-db-copy-from-eu", 3, "[Copied ami-0b1c2d3e4f5061728 from eu-west-1] acme-db",
         "Client.InternalError", "Client.InternalError: Given key ID is not accessible"),
        ("acme-web-from-i-0f3a", 12, None, "Server.InternalError",
         "Server.InternalError: Internal Error creating snapshot"),
    ):  # fmt: skip
        reason = {"Code": code, "Message": message}
        gone = {"State": "failed", "BlockDeviceMappings": [], "StateReason": reason}
        yield _own(region, name, as_of - days * DAY, description, **gone)
    instance = "i-0" + digest("build host", region)[:16]
    yield _own(
        region,
        "acme-nightly-build",
        as_of - 240,
        "Nightly image of build host",
        State="pending",
        SourceInstanceId=instance,
        Tags=tags(Env="ci", Team="build"),
    )


def _database(region: str, as_of: int) -> RawRecord:
    """Six devices of five kinds, most of them encrypted."""

    def volume(device: str, gib: int, volume_type: str, **more: Any) -> dict[str, Any]:
        snapshot = "snap-0" + digest("db", device, region)[:16]
        return ebs(device, snapshot, gib, volume_type, **more)

    secret = {"Encrypted": True, "KmsKeyId": _KEY.format(region=region)}
    kept = secret | {"DeleteOnTermination": False}
    return _own(
        region,
        "acme-db-postgres-16",
        as_of - 41 * DAY,
        "PostgreSQL 16 with its data volumes",
        BlockDeviceMappings=[
            volume("/dev/sda1", 30, "gp3", **secret),
            volume("/dev/sdf", 2000, "io2", Iops=32000, **kept),
            volume("/dev/sdg", 500, "gp3", **(kept | {"Iops": 12000, "Throughput": 500})),
            volume("/dev/sdh", 4000, "st1", DeleteOnTermination=False),
            {"DeviceName": "/dev/sdi", "VirtualName": "ephemeral0"},
            {"DeviceName": "/dev/sdj", "NoDevice": ""},
        ],
        Tags=tags(Env="prod", Team="data", Cost="4711", Note="übergroß"),
        LastLaunchedTime=stamp(as_of - 2 * DAY),
        DeregistrationProtection="enabled-with-cooldown",
    )


def _leftovers(region: str, as_of: int) -> Iterator[RawRecord]:
    """What collects in an account: releases, backups, copies of paid images, and names nobody remembers."""
    for minor in range(4):
        yield _own(
            region,
            f"acme-community-edition-2.{minor}",
            as_of - (400 - 90 * minor) * DAY,
            "Acme Community Edition, free for all",
            Public=True,
            Tags=[*tags(Env="release"), {"Key": "ec2:SharedTag/Release", "Value": f"2.{minor}"}],
        )
    paid = [product_code("f5")]
    yield _own(region, "f5-with-our-licence", as_of - 77 * DAY, "BIG-IP of the Marketplace", ProductCodes=paid)
    yield _own(region, "DoNotDelete", as_of - 1900 * DAY, "", LastLaunchedTime=stamp(as_of - 1500 * DAY))
    yield _own(region, "backup before upgrade [prod] (2)", as_of - 610 * DAY, "] restore only [[")
    yield _own(
        region,
        "acme legacy web  - old",
        as_of - 3300 * DAY,
        "-",
        VirtualizationType="paravirtual",
        KernelId="aki-919dcaf8",
        EnaSupport=False,
        SriovNetSupport=None,
    )
    recovery = digest("recovery point", region)[:8]
    yield _own(
        region,
        "AwsBackup_i-0d1f2a3b4c5d6e7f8_" + recovery.upper(),
        as_of - 5 * DAY,
        "This image is created by the AWS Backup service.",
        ImageOwnerAlias="aws-backup-vault",
        Tags=[{"Key": "aws:backup:source-resource", "Value": "i-0d1f2a3b4c5d6e7f8:" + recovery}],
    )


def _newest_fields(region: str, as_of: int) -> RawRecord:
    """One image in which every member of EC2's Image shape is set that an available image can have."""
    created = as_of - 9 * DAY
    source = {
        "SourceImageRegion": region,
        "SourceImageId": image_id_of(region, MAIN_ACCOUNT, "acme-measured-boot"),
    }
    watermark = source | {
        "WatermarkKey": f"{MAIN_ACCOUNT}:approved-2026",
        "SourceImageCreationTime": stamp(created),
        "WatermarkCreationTime": stamp(created + DAY),
    }
    ids = digest("attested", region)
    volume: dict[str, Any] = {"Encrypted": True, "Throughput": 250, "VolumeInitializationRate": 200}
    return _own(
        region,
        "acme-attested-base",
        created,
        "Measured boot, IMDSv2 only, watermarked",
        BootMode="uefi-preferred",
        TpmSupport="v2.0",
        ImdsSupport="v2.0",
        FreeTierEligible=True,
        ImageAllowed=True,
        DeregistrationProtection="enabled-with-cooldown",
        LastLaunchedTime=stamp(as_of - DAY),
        SourceInstanceId="i-0" + ids[:16],
        ImageWatermarks=[watermark],
        DeprecationTime=stamp(as_of + 300 * DAY),
        Tags=tags(Env="prod", Team="security", Attested="yes"),
        InstanceTypeSpecification={
            "SupportedInstanceTypes": [{"InstanceType": "m7i.*"}, {"InstanceType": "c7i.*"}],
            "UnsupportedInstanceTypes": [{"InstanceType": "*.metal"}],
        },
        BlockDeviceMappings=[
            ebs("/dev/xvda", "snap-0" + ids[16:], 12, KmsKeyId=_KEY.format(region=region), **volume)
        ],
        **source,
    )


def own_images(region: str, as_of: int) -> Iterator[CloudImage]:
    """Everything of the main account in the region."""
    if REGIONS[region].own_share == 0:
        return
    yield from _golden(region, as_of)
    for record in (*_unfinished(region, as_of), *_leftovers(region, as_of)):
        yield CloudImage(record)
    yield CloudImage(_database(region, as_of))
    yield CloudImage(_newest_fields(region, as_of))
