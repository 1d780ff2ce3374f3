"""Simulated records of kinds that really exist and break programs, and strangers that pose as publishers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.seed.marketplace import MARKETPLACE_OWNER, product_code
from amitui.demo.seed.records import DAY, Draft, digest, ebs, record_of, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.domain.image.image import RawRecord

IMPOSTOR: Final = "851725611234"
SECOND_IMPOSTOR: Final = "004417295863"


def _at(moment: str) -> int:
    """Epoch seconds of `2017-12-05T01:24:00`."""
    from datetime import UTC, datetime

    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())


def _old(region: str, name: str, owner: str, moment: str, description: str | None, **fields: Any) -> RawRecord:
    """An image of the years of 8-digit ids."""
    ids = digest("odd", region, name, str(fields))
    snapshot = [ebs("/dev/sda1", "snap-" + ids[8:16], 10, "standard")]
    given = {"ImageId": "ami-" + ids[:8], "BlockDeviceMappings": snapshot, "SriovNetSupport": None} | fields
    draft = Draft(name, owner, _at(moment), description=description, deprecated_after_days=None, fields=given)
    return record_of(draft, region)


def oddities(region: str) -> Iterator[RawRecord]:
    """Brackets, backslashes, missing parts, many devices, two ids of one name: one record for each."""
    yield _old(region, "PMM Server [2017-12-05 0124]", "119175775298", "2017-12-05T01:24:00", None)
    yield _old(region, "S1_Worker_east", "016951021795", "2016-02-11T10:00:00", "] S1_Worker_east_V3")
    yield _old(
        region, "spel-minimal-rhel-7-hvm-2018.04.1", "701759196663", "2018-04-03T18:11:00",
        'STIG-partitioned [**NOT HARDENED**], LVM-enabled, "minimal" RHEL 7 AMI, through 2018-04-01 <a & b>',
    )  # fmt: skip
    yield _old(
        region, "creafi", "036210110244", "2015-06-19T09:30:00", "[Copied ami-9daa99ad from us-west-2] dedi creafi"
    )
    yield _old(
        region, "jump", "008811123456", "2016-08-08T08:08:08", "[Copied ami-1f2e3d4c from us-west-1] undefined"
    )
    yield _old(
        region, "import-ami-fg8k2m1a", "091122334455", "2015-09-21T14:03:10",
        "AWS-VMImport service: Linux - Ubuntu 14.04.3 LTS \\n \\l - 3.19.0-25-generic",
    )  # fmt: skip
    yield _old(region, "trailing space ", "301234567890", "2014-03-03T03:03:03", "two  spaces   and a tail ")
    yield _old(
        region,
        "patchedon_2017-05-24_12.34.17_src_is_ami-2feab638-base",
        "400123123123",
        "2017-05-24T12:36:00",
        "-",
    )
    yield _old(region, "tools_20171399.01.2017", "500999888777", "2017-09-13T00:00:00", "")
    for n in range(2):
        yield _old(region, "wp-app", "905558462987", f"2017-0{n + 3}-01T00:00:00", "full HA WP app",
                   Hypervisor="xen",
                   ImageId="ami-" + digest("twin", region, str(n))[:8])  # fmt: skip
    yield from _instance_store(region)
    yield _many_devices(region)
    yield _cut_name(region)


def _instance_store(region: str) -> Iterator[RawRecord]:
    for n, (owner, location, arch) in enumerate((
        ("063491364108", "alestic-64/debian-5.0-lenny-desktop-64-20091011.manifest.xml", "x86_64"),
        ("063491364108", "alestic/debian-5.0-lenny-base-20090804.manifest.xml", "i386"),
        ("099034111737", "rbuilder-online/disaster-area-0.1-x86_14085.img.manifest.xml", "i386"),
    )):  # fmt: skip
        yield {
            "PlatformDetails": "Linux/UNIX",
            "UsageOperation": "RunInstances",
            "BlockDeviceMappings": [],
            "Hypervisor": "xen",
            "RootDeviceType": "instance-store",
            "VirtualizationType": "paravirtual",
            "ImageId": "ami-" + digest("store", region, str(n))[:8],
            "ImageLocation": location,
            "State": "available",
            "OwnerId": owner,
            "CreationDate": "",
            "Public": True,
            "KernelId": "aki-a3d737ca",
            "RamdiskId": "ari-7cb95a15",
            "Architecture": arch,
            "ImageType": "machine",
        }


def _many_devices(region: str) -> RawRecord:
    """Twenty-seven real volumes, not Windows' usual ephemeral ones."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    devices = [ebs("/dev/sda1", "snap-0" + digest("many", region)[:16], 50, "gp2")]
    for n, letter in enumerate(letters):
        devices.append(
            ebs(f"/dev/xvdb{letter}", "snap-0" + digest("many", region, letter)[:16], 10 * n + 1, "gp3")
        )
    fields = {"BlockDeviceMappings": devices}
    draft = Draft("storage-bench-27-volumes", "771234512345", _at("2023-02-02T02:02:02"), fields=fields)
    return record_of(draft, region)


def _cut_name(region: str) -> RawRecord:
    """A Marketplace name cut at 128 characters, through the middle of its date."""
    name = (
        "Enterprise Search Appliance with Clustering and Premium Support - hourly - "
        "d83d0782-cb94-46d7-8993-f4ce15d1a484-release-20180"
    )
    fields = {"ProductCodes": [product_code("cut")]}
    draft = Draft(name.ljust(128, "4")[:128], MARKETPLACE_OWNER, _at("2018-04-04T04:04:04"),
                  alias="aws-marketplace",
                  description="Enterprise Search Appliance", fields=fields)  # fmt: skip
    return record_of(draft, region)


def lookalikes(region: str, as_of: int) -> Iterator[RawRecord]:
    """Strangers' public images under publishers' name patterns, each newer than the genuine newest one."""
    ymd = stamp(as_of - DAY // 24).partition("T")[0].replace("-", "")
    dots = f"{ymd[:4]}.{ymd[4:6]}.{ymd[6:]}"
    for n, (name, arch, owner) in enumerate((
        (f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-{ymd}", "arm64", IMPOSTOR),
        (f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-{ymd}", "x86_64", IMPOSTOR),
        (f"al2023-ami-2023.99.{ymd}.0-kernel-6.1-x86_64", "x86_64", IMPOSTOR),
        (f"debian-12-amd64-{ymd}-9999", "x86_64", SECOND_IMPOSTOR),
        (f"RHEL-9.7.0_HVM-{ymd}-x86_64-0-Hourly2-GP3", "x86_64", SECOND_IMPOSTOR),
        (f"Windows_Server-2022-English-Full-Base-{dots}", "x86_64", SECOND_IMPOSTOR),
    )):  # fmt: skip
        draft = Draft(name, owner, as_of - DAY // 24 - n * 60, architecture=arch, boot_mode="uefi-preferred",
                      description="Official image, updated")  # fmt: skip
        yield record_of(draft, region)
