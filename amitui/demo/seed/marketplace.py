"""Simulated Marketplace listings: one owner for all of them, product codes on all, names cut at 128 characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.seed.records import DAY, LINUX, RHEL, WINDOWS, WINDOWS_EPHEMERAL, digest, ebs, minute_stamp, stamp
from amitui.demo.seed.strangers import created_at, id_and_snapshot

if TYPE_CHECKING:
    from random import Random

    from amitui.domain.image.image import RawRecord

MARKETPLACE_OWNER: Final = "679593333241"

_NAME_LIMIT: Final = 128
"""EC2 allows no longer names, and the Marketplace cuts what it composes."""

_CODE_LETTERS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

_PRODUCTS: Final = (
    ("F5 BIGIP-17.{n}.{m}.1-0.0.{n} PAYG-Best Plus 1Gbps-2{n}10{m}2183030", LINUX, 82),
    ("F5 BIGIP-16.1.{n}-0.0.{m} BYOL-All Modules 2Boot Loc-23{m}101519", LINUX, 139),
    ("FortiGate-VM64-AWS build{n}06{m} (7.{n}.{m}) GA", LINUX, 2),
    ("FortiGate-VM64-AWSONDEMAND build{n}71{m} (7.4.{m}) GA", LINUX, 2), ("PA-VM-AWS-11.{n}.{m}", LINUX, 60),
    ("CIS Microsoft Windows Server 2022 Benchmark v{n}.0.{m} Level 1", WINDOWS, 30),
    ("CIS Microsoft Windows Server 2012 Benchmark v2.0.1.{m} Level 1", WINDOWS, 30),
    ("CIS Ubuntu Linux 24.04 LTS Benchmark v1.{n}.{m} Level 2 - ARM64", LINUX, 30),
    ("CIS Red Hat Enterprise Linux 9 Benchmark v2.{n}.{m} Level 1", RHEL, 10),
    ("OpenVPN Access Server Community Image", LINUX, 8),
    ("OpenVPN Access Server 2.1{n}.{m} 10 connected devices", LINUX, 8),
    ("CentOS Linux 7 x86_64 HVM EBS ENA 20{n}{m}_01", LINUX, 8),
    ("bitnami-wordpress-6.{n}.{m}-0-linux-debian-12-x86_64-hvm-ebs-nami", LINUX, 10),
    ("bitnami-gitlab-17.{n}.{m}-r02-linux-debian-12-x86_64-hvm-ebs-nami", LINUX, 10),
    ("turnkey-sugarcrm-13.{n}-wheezy-amd64.ebs_{m}", LINUX, 10),
    ("kali-last-snapshot-amd64-2025.{n}.{m}", LINUX, 25),
    ("Weaveworks Multicast for AWS 1.{n}.{m} (Amazon_Linux 2017-03-31)", LINUX, 8),
    ("Drupal 8.{n} on Windows Powered by GlobalSolutions", WINDOWS, 30), ("XRMS_V_5.{n}", LINUX, 30),
    ("Nessus (BYOL) 10.{n}.{m}", LINUX, 30),
    ("Trend Micro Deep Security Manager 20.0.{n}{m}0 (Per Protected Instance Hour)", LINUX, 20),
    ("SoftNAS Cloud Enterprise - {n}.4.{m} - HA NAS with Snapshots and Replication v2", LINUX, 30),
    ("cisco-ASAv-9-2{n}-{m}-ENA", LINUX, 8),
    ("aviatrix_controller_cloud_services_gateway_{n}0{m}52024_BYOL", LINUX, 32),
    ("SQL Server 2022 Standard on Windows Server 2022 with SSMS build {n}{m} by Supportlayer", WINDOWS, 50),
    ("RHEL 9.{n} with support by ProComputers 10 GiB root volume ARM64", RHEL, 10),
    ("Rocky Linux 9 (Official) 9.{n}.{m} x86_64", LINUX, 10),
    ("Zscaler ZPA App Connector 24.{n}.{m}", LINUX, 64),
    ("MATLAB Parallel Server R2025a u{n} [BYOL] {m}", LINUX, 60),
    ("Jenkins {n}.4{m} certified by Cognosys (Ubuntu 22.04)", LINUX, 30),
)  # fmt: skip


def marketplace_record(rng: Random, as_of: int) -> RawRecord:
    """One version of a listing, created before `as_of`."""
    created = created_at(rng, as_of)
    serial = rng.randrange(len(_PRODUCTS))
    pattern, billing, gib = _PRODUCTS[serial]
    # Listings sold by several sellers are products of their own, each with its own code and UUID.
    product = digest("marketplace", pattern, str(rng.randrange(3)))
    label = pattern.format(n=rng.randrange(1, 9), m=rng.randrange(10))
    image_id, snapshot_id = id_and_snapshot(rng, created)
    uuid = f"{product[:8]}-{product[8:12]}-4{product[13:16]}-a{product[17:20]}-{product[20:]}"
    tail = f"-ami-{image_id[4:]}.{rng.randrange(2, 5)}" if created < 1_560_000_000 else ""
    name = f"{label}-{uuid}{tail}"[:_NAME_LIMIT]
    windows = billing is WINDOWS
    arm = "ARM64" in label
    deprecated = minute_stamp(created + 730 * DAY) if rng.random() < 0.95 else None
    volume_type = "gp3" if created > 1_680_000_000 else "gp2"
    record: RawRecord = {
        "PlatformDetails": billing[0],
        "UsageOperation": billing[1],
        "BlockDeviceMappings": [
            ebs("/dev/sda1", snapshot_id, gib, volume_type),
            *(WINDOWS_EPHEMERAL if windows else ()),
        ],
        "Description": label if rng.random() < 0.7 else None,
        "EnaSupport": True,
        "Hypervisor": "xen",
        "ImageOwnerAlias": "aws-marketplace",
        "Name": name,
        "RootDeviceName": "/dev/sda1",
        "RootDeviceType": "ebs",
        "SriovNetSupport": "simple",
        "VirtualizationType": "hvm",
        "BootMode": "uefi" if arm else None,
        "DeprecationTime": deprecated,
        "ImageId": image_id,
        "ImageLocation": f"aws-marketplace/{name}",
        "State": "available",
        "OwnerId": MARKETPLACE_OWNER,
        "CreationDate": stamp(created),
        "Platform": "windows" if windows else None,
        "Public": True,
        "Architecture": "arm64" if arm else "x86_64",
        "ImageType": "machine",
        "ProductCodes": [product_code(product)],
    }
    return {key: value for key, value in record.items() if value is not None}


def product_code(product: str) -> dict[str, str]:
    """The entry of ProductCodes of a product: 25 characters that depend on nothing else."""
    number = int(digest("code", product) + digest("more", product), 16)
    code = ""
    for _ in range(25):
        number, rest = divmod(number, len(_CODE_LETTERS))
        code += _CODE_LETTERS[rest]
    return {"ProductCodeId": code, "ProductCodeType": "marketplace"}
