"""The families of publishers beside Amazon: some carry alias `amazon` as verified partners, most have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.seed.families import X86, Family
from amitui.demo.seed.records import LINUX, RHEL, SUSE, UBUNTU_PRO

if TYPE_CHECKING:
    from collections.abc import Iterator

CANONICAL: Final = "099720109477"
RED_HAT: Final = "309956199498"
SUSE_ACCOUNT: Final = "013907871322"
DEBIAN: Final = "136693071363"
ROCKY: Final = "792107900819"
ALMA: Final = "764336703387"
FEDORA: Final = "125523088429"
FREEBSD: Final = "782442783595"
FLATCAR: Final = "075585003325"
NIXOS: Final = "427812963091"
TALOS: Final = "540036508848"
ARCH_LINUX: Final = "647457786197"
ORACLE: Final = "131827586825"

RHEL_HA: Final = ("Red Hat Enterprise Linux with HA", "RunInstances:1010")
RHEL_BYOL: Final = ("Red Hat BYOL Linux", "RunInstances:00g0")

_IMDS_V2: Final[dict[str, Any]] = {"ImdsSupport": "v2.0"}
_FREE: Final[dict[str, Any]] = {"FreeTierEligible": True}


def _ubuntu() -> Iterator[Family]:
    releases = (
        ("focal", "20.04", "2020-04-23", "2025-05-29", "hvm-ssd"),
        ("jammy", "22.04", "2022-04-21", "", "hvm-ssd"),
        ("noble", "24.04", "2024-04-23", "", "hvm-ssd-gp3"),
        ("questing", "25.10", "2025-10-09", "2026-07-01", "hvm-ssd-gp3"),
        ("resolute", "26.04", "2026-04-23", "", "hvm-ssd-gp3"),
    )
    for code, version, start, until, storage in releases:
        volume = "gp3" if storage.endswith("gp3") else "gp2"
        lts = version.endswith(".04")
        title = version + " LTS" if lts else version
        fields = _FREE | (_IMDS_V2 if version >= "23.10" else {})
        ssm = f"/aws/service/canonical/ubuntu/server/{version}/stable/{{ymd}}/{{deb}}/hvm/ebs-{volume}/ami-id"
        yield Family(
            CANONICAL, f"ubuntu/images/{storage}/ubuntu-{code}-{version}-{{deb}}-server-{{ymd}}", start,
            until=until, every=9 if lts else 14, keep=18 if lts else 6, serials=3, alias="amazon",
            volume_type=volume, fields=fields, ssm=ssm,
            description=f"Canonical, Ubuntu, {title}, {{deb}} {code} image build on {{dashes}}",
        )  # fmt: skip
        if not lts:
            continue
        yield Family(
            CANONICAL, f"ubuntu-minimal/images/{storage}/ubuntu-{code}-{version}-{{deb}}-minimal-{{ymd}}",
            start, until=until, every=14, keep=5, serials=3, alias="amazon", volume_type=volume, fields=fields,
            description=f"Canonical, Ubuntu Minimal, {version} LTS, {{deb}} {code} image build on {{dashes}}",
        )  # fmt: skip
        yield Family(
            CANONICAL,
            f"ubuntu-pro-server/images/{storage}/ubuntu-{code}-{version}-{{deb}}-pro-server-{{ymd}}", start,
            every=21, keep=3, serials=3, alias="amazon", volume_type=volume, billing=UBUNTU_PRO,
            description=f"Canonical, Ubuntu Pro, {version} LTS, {{deb}} {code} image build on {{dashes}}",
        )  # fmt: skip
    yield Family(
        CANONICAL, "ubuntu/images-testing/hvm-ssd-gp3/ubuntu-resolute-daily-{deb}-server-{ymd}", "2025-11-01",
        every=1, keep=12, alias="amazon", fields=_IMDS_V2,
        description="Canonical, Ubuntu, 26.04 LTS, UNSUPPORTED daily {deb} resolute image build on {dashes}",
    )  # fmt: skip
    for version, start in (("1.33", "2025-06-05"), ("1.34", "2025-10-09")):
        yield Family(
            CANONICAL,
            f"ubuntu-eks/k8s_{version}/images/hvm-ssd-gp3/ubuntu-noble-24.04-{{deb}}-server-{{ymd}}", start,
            every=21, keep=3, alias="amazon", gib=20,
            description=f"Ubuntu EKS Node OS (k8s_{version}), Ubuntu 24.04, {{deb}}",
        )  # fmt: skip
    for code, version, until in (("bionic", "18.04", "2023-06-07"), ("trusty", "14.04", "2019-11-07")):
        yield Family(
            CANONICAL, f"ubuntu/images/hvm-ssd/ubuntu-{code}-{version}-amd64-server-{{ymd}}", "2018-04-26",
            until=until, every=30, keep=8, serials=3, archs=X86, alias="amazon", volume_type="gp2", boot_mode="",
            description=f"Canonical, Ubuntu, {version} LTS, amd64 {code} image build on {{dashes}}",
        )  # fmt: skip


def _enterprise() -> Iterator[Family]:
    releases = (
        ("8.10.0", "2024-05-22", ""),
        ("9.4.0", "2024-04-30", "2025-05-20"),
        ("9.6.0", "2025-05-20", "2025-11-11"),
        ("9.7.0", "2025-11-11", ""),
        ("10.0.0", "2025-05-20", "2025-11-11"),
        ("10.1.0", "2025-11-11", ""),
    )
    for version, start, until in releases:
        for kind, access, billing in (
            ("", "Hourly2", RHEL),
            ("", "Access2", RHEL_BYOL),
            ("_HA", "Hourly2", RHEL_HA),
        ):
            yield Family(
                RED_HAT, f"RHEL{kind}-{version}_HVM-{{ymd}}-{{arch}}-{{r}}-{access}-GP3", start, until=until,
                every=42, keep=3 if not kind else 1, archs=X86 if kind else ("x86_64", "arm64"),
                alias="amazon", gib=10, billing=billing, description="Provided by Red Hat, Inc.",
            )  # fmt: skip
    yield Family(
        RED_HAT, "RHEL-6.5_GA-x86_64-4-{ymd}-Access2", "2014-01-16", until="2014-02-01", every=90, keep=1,
        archs=X86, alias="amazon", gib=6, volume_type="standard", boot_mode="",
        description="Provided by Red Hat, Inc.",
    )  # fmt: skip
    for release, start in (("15-sp6", "2024-06-26"), ("15-sp7", "2025-06-17"), ("16-0", "2025-11-04")):
        for kind, billing in (("", SUSE), ("byos-", LINUX), ("chost-byos-", LINUX)):
            yield Family(
                SUSE_ACCOUNT, f"suse-sles-{release}-{kind}v{{ymd}}-hvm-ssd-{{arch}}", start, every=35, keep=3,
                alias="amazon", gib=10, billing=billing,
                description=f"SUSE Linux Enterprise Server {release.upper()} (HVM, 64-bit, SSD-Backed)",
            )  # fmt: skip


def _community_distributions() -> Iterator[Family]:
    for release, start, until in (
        ("11", "2021-08-14", "2026-08-24"),
        ("12", "2023-06-12", ""),
        ("13", "2025-08-11", ""),
    ):
        yield Family(
            DEBIAN, f"debian-{release}-{{deb}}-{{ymd}}-{{debian}}", start, until=until, every=12, keep=12,
            root_device="/dev/xvda", description=f"Debian {release} ({{ymd}}-{{debian}})",
            boot_mode="uefi-preferred" if release != "11" else "", fields=_FREE,
        )  # fmt: skip
    for release, start in (("8.10", "2024-05-31"), ("9.6", "2025-06-04"), ("10.0", "2025-06-11")):
        for kind in ("Base", "LVM"):
            yield Family(
                ROCKY, f"Rocky-{release.split('.')[0]}-EC2-{kind}-{release}-{{ymd}}.{{r}}.{{gnu}}", start,
                every=90, keep=3, gib=10, deprecated_after_days=None,
            )  # fmt: skip
        yield Family(
            ALMA, f"AlmaLinux OS {release}.{{ymd}} {{gnu}}", start, every=60, keep=4, gib=10,
            description=f"AlmaLinux OS {release} {{gnu}} Official Cloud Image",
        )  # fmt: skip
    for release, start, until in (
        ("42", "2025-04-15", "2026-05-13"),
        ("43", "2025-10-28", ""),
        ("44", "2026-04-21", ""),
    ):
        yield Family(
            FEDORA, f"Fedora-Cloud-Base-AmazonEC2.{{gnu}}-{release}-{{ymd}}.{{r}}-hvm-{{region}}-gp3-0",
            start, until=until, every=14, keep=5, gib=5,
            description=f"Created from build Fedora-Cloud-{release}-{{ymd}}.{{r}}",
        )  # fmt: skip
    for release in ("9", "10"):
        yield Family(
            FEDORA, f"CentOS Stream {release} {{gnu}} {{ymd}}", "2024-12-12", every=30, keep=4, gib=10,
            description=f"CentOS Stream {release} {{gnu}} {{ymd}}",
        )  # fmt: skip
    for channel in ("stable", "testing"):
        yield Family(
            FEDORA, f"fedora-coreos-43.{{ymd}}.{'3' if channel == 'stable' else '2'}.{{r}}-{{gnu}}",
            "2025-11-10", every=14, keep=5, gib=10, root_device="/dev/xvda",
            description=f"Fedora CoreOS {channel} {{gnu}}",
        )  # fmt: skip
    for release, start in (("14.4", "2026-03-10"), ("15.0", "2025-12-02"), ("15.1", "2026-06-02")):
        for flavour in ("base UFS", "small ZFS", "cloud-init UFS"):
            yield Family(
                FREEBSD, f"FreeBSD {release}-RELEASE-p{{n}}-{{deb}} {flavour}", start, every=60, keep=2,
                gib=10, boot_mode="", description=f"FreeBSD/{{deb}} {release}-RELEASE-p{{n}}",
            )  # fmt: skip
    for channel, version in (("stable", "4230"), ("beta", "4372"), ("alpha", "4487")):
        yield Family(
            FLATCAR, f"Flatcar-{channel}-{version}.{{n}}.{{r}}-hvm-{{deb}}", "2025-04-22", every=28, keep=4,
            root_device="/dev/xvda",
            description=f"Flatcar Container Linux {channel} {version}.{{n}}.{{r}} (HVM)",
        )  # fmt: skip


def _small() -> Iterator[Family]:
    for release, start in (("25.11", "2025-11-30"), ("26.05", "2026-05-31")):
        yield Family(
            NIXOS, f"nixos/{release}.{{ymd}}.{{hex8}}-{{gnu}}-linux", start, every=10, keep=12, gib=5,
            root_device="/dev/xvda", boot_mode="uefi", deprecated_after_days=90,
        )  # fmt: skip
    yield Family(TALOS, "talos-v1.11.{n}-{region}-{deb}", "2025-09-01", every=25, keep=5, root_device="/dev/xvda")
    yield Family(
        ARCH_LINUX, "arch-linux-hvm-{dots}.x86_64-ebs", "2021-06-02", until="2023-05-20", every=40, keep=4,
        archs=X86, gib=2, volume_type="gp2", boot_mode="", description="arch-linux-hvm-{dots}.x86_64-ebs",
    )  # fmt: skip
    yield Family(
        ORACLE, "OL9.4-x86_64-HVM-{dashes}", "2024-05-13", until="2024-12-01", every=60, keep=2, archs=X86,
        gib=37, volume_type="gp2", boot_mode="", description="Oracle Linux 9 update 4",
    )  # fmt: skip


def partner_families() -> Iterator[Family]:
    """Every family of a known publisher that is not Amazon."""
    yield from _ubuntu()
    yield from _enterprise()
    yield from _community_distributions()
    yield from _small()
