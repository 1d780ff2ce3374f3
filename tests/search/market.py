"""Marketplace listings: vendors' products, publishers' images once more, and what sellers make of them."""

from __future__ import annotations

from typing import Any, Final

from tests.search.amazon import KUBERNETES
from tests.search.records import MARKETPLACE, Build, Catalogue, Publisher, product_code

LISTING: Final = Publisher(MARKETPLACE, "aws-marketplace")
BITNAMI: Final = Publisher("979382823631")


def add_market(to: Catalogue) -> None:
    """All listings, and Bitnami's own account."""
    _vendors(to)
    _bitnami(to)
    _publishers_listings(to)
    _hardened_and_bundled(to)


def _listing(to: Catalogue, label: str, name: str, **more: Any) -> None:
    to.add(label, LISTING, name, **{"every": 30, **product_code(label), **more})


def _vendors(to: Catalogue) -> None:
    for branch, versions, builds in (
        ("7.4", ("7.4.9", "7.4.8"), ("2829", "2795")),
        ("7.6", ("7.6.4", "7.6.3"), ("3596", "3510")),
    ):
        for place, version in enumerate(versions):
            for label, words, arch in (
                ("payg", "VM64-AWSONDEMAND", "x86_64"),
                ("byol", "VM64-AWS", "x86_64"),
                ("payg", "VMARM64-AWSONDEMAND", "arm64"),
                ("byol", "VMARM64-AWS", "arm64"),
            ):
                to.builds += _of_age(
                    place,
                    f"fortigate {branch} {label} {arch}",
                    f"FortiGate-{words} build{builds[place]} ({version}) GA-{{uuid}}",
                    newest=(20 if branch == "7.6" else 6) + 60 * place,
                    arch=arch,
                )
    _listing(
        to,
        "fortimanager byol x86_64",
        "FortiManager-VM64-AWS build3312 ({r}) GA-{uuid}",
        newest=5,
        releases=("7.6.4", "7.6.3"),
        gone=0,
    )
    _listing(
        to, "pa-vm x86_64", "PA-VM-AWS-{r}-{uuid}", newest=31, releases=("11.2.8", "11.2.3-h3", "11.2.3"), gone=0
    )
    _listing(to, "panorama x86_64", "Panorama-AWS-{r}-{uuid}", newest=12, releases=("11.2.8", "11.2.7"), gone=0)
    for system in (
        "Ubuntu Linux 24.04 LTS",
        "Ubuntu Linux 22.04 LTS",
        "Red Hat Enterprise Linux 9",
        "Amazon Linux 2023",
        "Debian Linux 12",
        "Microsoft Windows Server 2022",
        "Rocky Linux 9",
    ):
        for level in ("Level 1", "Level 2", "STIG"):
            _listing(
                to,
                f"cis {system} {level} x86_64",
                f"CIS {system} Benchmark - {level} - v{{r}}-{{uuid}}",
                newest=1.5,
                releases=("12", "11", "10"),
            )
    _listing(
        to, "openvpn byol x86_64", "OpenVPN Access Server Community Image-{uuid}", newest=70, releases=("", "")
    )
    _listing(
        to,
        "openvpn 25 x86_64",
        "OpenVPN Access Server (25 Connected Devices)-{uuid}",
        newest=50,
        releases=("", ""),
    )
    for kind in ("PAYG-Good 25Mbps", "PAYG-Best 200Mbps", "BYOL-All Modules 2Boot Loc"):
        _listing(
            to,
            f"f5 {kind} x86_64",
            f"F5 BIGIP-{{r}} {kind}-{{short}}-{{uuid}}",
            newest=40,
            releases=("17.5.1.3-0.0.19", "17.1.2-0.0.8"),
            gone=0,
        )
    _listing(
        to,
        "cisco c8000v byol x86_64",
        "Cisco Catalyst 8000V {r} BYOL-{uuid}",
        newest=80,
        releases=("17.15.04b", "17.12.05"),
        gone=0,
    )
    for kind in ("BYOL", "PAYG-NGTP"):
        _listing(
            to,
            f"checkpoint r82 {kind.lower()} x86_64",
            f"Check Point R82 {kind}-777.{{r}}-{{uuid}}",
            newest=33,
            releases=("1904", "1861"),
            gone=0,
        )
    _listing(
        to,
        "kali x86_64",
        "debian-kali-last-snapshot-amd64-{r}-{uuid}",
        newest=27,
        releases=("2026.3.0", "2026.2.1", "2026.1.2"),
        gone=0,
    )
    _listing(
        to,
        "kali rolling x86_64",
        "kali-rolling-amd64-{r}-{uuid}",
        newest=12,
        releases=("2026.4.0", "2026.3.9"),
        gone=0,
    )
    _listing(to, "opensuse leap 15.6 x86_64", "openSUSE-Leap-15-6-v{D}-hvm-ssd-x86_64-{uuid}", newest=210)
    _listing(to, "opensuse leap 16.0 x86_64", "openSUSE-Leap-16-0-v{D}-hvm-ssd-x86_64-{uuid}", newest=60)
    _listing(
        to,
        "centos 7 marketplace x86_64",
        "CentOS Linux 7 x86_64 HVM EBS ENA {r}-{uuid}-ami-0{hex12}abcd.4",
        newest=2400,
        releases=("2002_01", "1901_01"),
        gone=0,
    )


def _of_age(age: int, label: str, name: str, *, newest: float, arch: str) -> list[Build]:
    """One build of a listing whose name tells its build number."""
    alone = Catalogue()
    alone.add(label, LISTING, name, newest=newest, releases=("",), gone=0, arch=arch, **product_code(label))
    return [Build(label, age, build.record) for build in alone.builds]


def _bitnami(to: Catalogue) -> None:
    for index, (app, versions) in enumerate(
        (
            ("wordpress", ("6.8.3-0", "6.8.2-1-r05", "6.8.1-0")),
            ("wordpresspro", ("6.8.3-0", "6.8.2-0", "6.8.1-0")),
            ("wordpressmultisite", ("6.8.3-1", "6.8.2-0", "6.8.1-0")),
            ("lampstack", ("8.4.13-0", "8.4.12-r02", "8.4.11-0")),
            ("nginxstack", ("1.29.1-0", "1.29.0-r01", "1.28.0-0")),
            ("jenkins", ("2.516.3-0", "2.516.2-r02", "2.504.1-0")),
            ("gitlab", ("18.4.1-0", "18.3.2-0", "18.2.0-0")),
        )
    ):
        name = f"bitnami-{app}-{{r}}-linux-debian-12-x86_64-hvm-ebs-nami"
        to.add(f"bitnami {app} x86_64", BITNAMI, name, newest=30 - index, every=30, releases=versions)
        _listing(to, f"bitnami {app} marketplace x86_64", name + "-{uuid}", newest=20 - index, releases=versions)


def _publishers_listings(to: Catalogue) -> None:
    """The publishers' own names on the Marketplace, with a uuid and at a later date."""
    for label, name in (
        ("ubuntu 24.04", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-{D}-{uuid}"),
        ("ubuntu 22.04", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-{D}-{uuid}"),
        ("ubuntu 26.04", "ubuntu/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-server-{D}-{uuid}"),
        ("ubuntu pro 22.04", "ubuntu-pro-server/images/hvm-ssd/ubuntu-jammy-22.04-amd64-pro-server-{D}-{uuid}"),
        ("debian 12", "debian-12-amd64-{D}-{big}-{uuid}"),
        ("debian 13", "debian-13-amd64-{D}-{big}-{uuid}"),
        ("rocky 9", "Rocky-9-EC2-Base-9.8-{D}.0.x86_64-{uuid}"),
        ("rocky 8", "Rocky-8-EC2-Base-8.10-{D}.0.x86_64-{uuid}"),
        ("alma 9", "AlmaLinux OS 9.8.{D} x86_64-{uuid}"),
        ("rhel 9.8", "RHEL-9.8.0_HVM-{D}-x86_64-1-Hourly2-GP3-{uuid}"),
        ("win 2022", "Windows_Server-2022-English-Full-Base-{Dp}-{uuid}"),
        ("al2023", "al2023-ami-2023.12.{D}.0-kernel-6.1-x86_64-{uuid}"),
    ):
        _listing(to, f"{label} marketplace x86_64", name, newest=0.8, every=11)


def _hardened_and_bundled(to: Catalogue) -> None:
    sellers = ("Cloudhardy", "Northwind Images", "Supported Images", "Askforcloud")
    for place, (system, version) in enumerate(
        (
            ("Ubuntu", "24.04"),
            ("Ubuntu", "22.04"),
            ("Ubuntu", "26.04"),
            ("Debian", "12"),
            ("Debian", "13"),
            ("Debian", "11"),
            ("Rocky Linux", "9"),
            ("Rocky Linux", "8"),
            ("AlmaLinux", "9"),
            ("Red Hat Enterprise Linux", "9"),
            ("RHEL", "8"),
            ("CentOS Stream", "9"),
            ("Amazon Linux", "2023"),
            ("Amazon Linux", "2"),
            ("Windows Server", "2022"),
            ("Windows Server", "2019"),
            ("Windows Server", "2025"),
            ("SUSE Linux Enterprise Server", "15 SP6"),
            ("FreeBSD", "14"),
            ("Oracle Linux", "9"),
            ("Fedora", "44"),
        )
    ):
        seller = sellers[place % len(sellers)]
        product = f"{system} {version}"
        _listing(to, f"{product} hardened", f"{product} hardened by {seller} {{D}}-{{uuid}}", newest=0.4, every=9)
        _listing(
            to,
            f"{product} docker",
            f"{product} with Docker by {seller} v{{r}}-{{uuid}}",
            newest=0.6,
            releases=("8", "2", "11"),
            description=f"Docker on {product}, LTS server minimal, supported by {seller}",
        )
        _listing(
            to,
            f"nginx on {product}",
            f"NGINX on {product} supported by {seller}-{{uuid}}",
            newest=0.7,
            releases=("", ""),
        )
    for minor in KUBERNETES:
        _listing(
            to,
            f"eks {minor} hardened",
            f"EKS {minor} Amazon Linux 2023 node hardened by {sellers[0]} {{D}}-{{uuid}}",
            newest=0.3,
            releases=("", ""),
        )
    _listing(to, "dl seller", "PyTorch 2.9 Deep Learning GPU CUDA on Ubuntu 24.04 {D}-{uuid}", newest=0.3)
    _listing(to, "macos tools seller", "macOS Sequoia build tools {D}-{uuid}", newest=0.3)
