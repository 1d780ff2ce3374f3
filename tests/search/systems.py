"""Families of Fedora and CentOS, rebuilds of RHEL, the BSDs, container systems, and what communities build."""

from __future__ import annotations

from typing import Final

from tests.search.amazon import ARCHITECTURES, GNU
from tests.search.linux import DEB
from tests.search.records import Catalogue, Publisher

FEDORA: Final = Publisher("125523088429")
ROCKY: Final = Publisher("792107900819")
ALMA: Final = Publisher("764336703387")
ORACLE: Final = Publisher("131827586825", keeps=9000)
FREEBSD: Final = Publisher("782442783595")
FLATCAR: Final = Publisher("075585003325")
TALOS: Final = Publisher("540036508848")
NIXOS: Final = Publisher("427812963091", keeps=90)
ARCH: Final = Publisher("647457786197")
FCK_NAT: Final = Publisher("568608671756", keeps=365)
CAPA: Final = Publisher("819546954734")
SPEL: Final = Publisher("174003430611")


def add_systems(to: Catalogue) -> None:
    """All of these families."""
    _fedora(to)
    _rebuilds(to)
    _freebsd(to)
    _container_systems(to)
    _others(to)


def _fedora(to: Catalogue) -> None:
    for arch in ARCHITECTURES:
        gnu = GNU[arch]
        for release, newest, composes in (
            ("42", 160, ("20260610.0", "20260320.0", "1.1")),
            ("43", 44, ("20261007.0", "20260305.0", "1.6")),
            ("44", 61, ("20260920.0", "20260702.0", "1.4")),
        ):
            name = f"Fedora-Cloud-Base-AmazonEC2.{gnu}-{release}-{{r}}"
            to.add(
                f"fedora {release} {arch}",
                FEDORA,
                name,
                newest=newest,
                every=80,
                releases=composes,
                arch=arch,
                gone=0,
                description=f"Fedora Cloud {release} base image",
            )
        to.add(
            f"fedora 45 branched {arch}",
            FEDORA,
            f"Fedora-Cloud-Base-AmazonEC2.{gnu}-45-{{D}}.n.0",
            newest=3,
            every=1,
            arch=arch,
        )
        to.add(
            f"fedora rawhide {arch}",
            FEDORA,
            f"Fedora-Cloud-Base-AmazonEC2.{gnu}-Rawhide-{{D}}.n.0",
            newest=1.2,
            every=1,
            arch=arch,
        )
        for stream, number, major, newest in (("stable", 3, 43, 10), ("testing", 2, 44, 9), ("next", 1, 45, 8)):
            to.add(
                f"fedora-coreos {stream} {arch}",
                FEDORA,
                f"fedora-coreos-{major}.{{D}}.{number}.0-{gnu}",
                newest=newest,
                arch=arch,
                description=f"Fedora CoreOS {stream} {major}",
            )
        for release, newest in (("8", 900), ("9", 15), ("10", 18)):
            to.add(
                f"centos-stream {release} {arch}",
                FEDORA,
                f"CentOS Stream {release} {gnu} {{D}}",
                newest=newest,
                every=30,
                arch=arch,
            )
        to.add(
            f"centos 7 {arch}",
            FEDORA,
            f"CentOS 7.9.{{r}} {gnu}",
            newest=2000,
            releases=("2009", "2008"),
            gone=0,
            arch=arch,
        )


def _rebuilds(to: Catalogue) -> None:
    for arch in ARCHITECTURES:
        gnu = GNU[arch]
        for major, minors, newest in (
            ("8", ("10", "10", "9"), 170), ("9", ("8", "7", "7", "6"), 150), ("10", ("2", "1", "0"), 155),
        ):  # fmt: skip
            for label, kind, sooner in (("", "Base", 0.0), ("lvm ", "LVM", 0.004)):
                to.add(
                    f"rocky {major} {label}{arch}",
                    ROCKY,
                    f"Rocky-{major}-EC2-{kind}-{major}.{{r}}-{{D}}.0.{gnu}",
                    newest=newest - sooner,
                    every=120,
                    releases=minors,
                    arch=arch,
                    description=f"Official Rocky Linux {major} EC2 {kind} image",
                )
            to.add(
                f"alma {major} {arch}",
                ALMA,
                f"AlmaLinux OS {major}.{{r}}.{{D}} {gnu}",
                newest=newest + 3,
                every=120,
                releases=minors,
                arch=arch,
                description=f"Official AlmaLinux OS {major} {gnu} image",
            )
        to.add(
            f"alma kitten 10 {arch}",
            ALMA,
            f"AlmaLinux OS Kitten 10.{{D}}.0 {gnu}",
            newest=20,
            every=30,
            arch=arch,
            description="Official AlmaLinux OS Kitten 10 image",
        )
    for major, last_minors in (("8", ("10", "9")), ("9", ("4", "3"))):
        to.add(
            f"oracle {major} x86_64",
            ORACLE,
            f"OL{major}.{{r}}-x86_64-HVM-{{Dd}}",
            newest=820 + (major == "8"),
            every=150,
            releases=last_minors,
            gone=0,
            description=f"Oracle Linux {major}",
        )


def _freebsd(to: Catalogue) -> None:
    for arch, word in (("x86_64", "amd64"), ("arm64", "arm64-aarch64")):
        for release, newest in (("14.3", 530), ("14.4", 230), ("15.0", 355), ("15.1", 160)):
            uefi = " UEFI-PREFERRED" if release < "15" and arch == "x86_64" else ""
            for kind in ("base", "cloud-init", "small", "builder"):
                for system in ("UFS", "ZFS"):
                    to.add(
                        f"freebsd {release} {kind} {system.lower()} {arch}",
                        FREEBSD,
                        f"FreeBSD {release}-RELEASE-{word}{uefi} {kind} {system}",
                        newest=newest - (kind != "base") / 100 - (system == "ZFS") / 100,
                        releases=("",),
                        gone=0,
                        arch=arch,
                    )
        for release in ("14.4", "15.1"):
            to.add(
                f"freebsd {release} stable {arch}",
                FREEBSD,
                f"FreeBSD {release}-STABLE-{word}-{{D}} base UFS",
                newest=4,
                every=7,
                arch=arch,
            )
        to.add(
            f"freebsd 16.0 current {arch}",
            FREEBSD,
            f"FreeBSD 16.0-CURRENT-{word}-{{D}} base ZFS",
            newest=3,
            every=7,
            arch=arch,
        )
        to.add(
            f"freebsd 15.2 beta {arch}",
            FREEBSD,
            f"FreeBSD 15.2-BETA{{r}}-{word} base UFS",
            newest=10,
            every=7,
            releases=("2", "1"),
            gone=0,
            arch=arch,
        )


def _container_systems(to: Catalogue) -> None:
    for arch in ARCHITECTURES:
        tail = "" if arch == "x86_64" else "-arm64"
        for channel, versions, newest in (
            ("stable", ("4459.2.3", "4459.2.2", "4230.2.4"), 18.0),
            ("beta", ("4515.1.0", "4487.1.0", "4459.1.2"), 15),
            ("alpha", ("4547.0.0", "4536.0.0", "4515.0.1"), 5),
            ("lts", ("4081.3.6", "4081.3.5", "3510.3.6"), 17),
        ):
            to.add(
                f"flatcar {channel} {arch}",
                FLATCAR,
                f"Flatcar-{channel}-{{r}}{tail}-hvm",
                newest=newest,
                every=21,
                releases=versions,
                arch=arch,
                description=f"Flatcar Container Linux {channel}",
            )
        deb = DEB[arch]
        for minor, patches, newest in (
            ("1.11", ("6", "5"), 3.0),
            ("1.12", ("4", "3", "2"), 4),
            ("1.13", ("1", "0"), 14),
        ):
            to.add(
                f"talos {minor} {arch}",
                TALOS,
                f"talos-v{minor}.{{r}}-us-east-1-{deb}",
                newest=newest,
                every=15,
                releases=patches,
                gone=0,
                arch=arch,
            )
        for kind, newest in (("alpha", 2.0), ("beta", 1.0)):
            to.add(
                f"talos 1.14 {kind} {arch}",
                TALOS,
                f"talos-v1.14.0-{kind}.{{r}}-us-east-1-{deb}",
                newest=newest,
                releases=("1", "0"),
                gone=0,
                arch=arch,
            )


def _others(to: Catalogue) -> None:
    for arch in ARCHITECTURES:
        gnu = GNU[arch]
        for release, commits, newest in (
            ("25.11", ("9412", "8801", "7002"), 9),
            ("26.05", ("12484", "9418", "8119"), 11),
        ):
            to.add(
                f"nixos {release} {arch}",
                NIXOS,
                f"nixos/{release}.{{r}}.{{hex12}}-{gnu}-linux",
                newest=newest,
                every=7,
                releases=commits,
                arch=arch,
            )
        to.add(
            f"nixos 26.11 pre {arch}",
            NIXOS,
            f"nixos/26.11pre{{r}}.{{hex12}}-{gnu}-linux",
            newest=2,
            every=7,
            releases=("901122", "900001"),
            gone=0,
            arch=arch,
        )
        to.add(
            f"fck-nat al2023 {arch}",
            FCK_NAT,
            f"fck-nat-al2023-hvm-{{r}}-{{D}}-{arch}-ebs",
            newest=60,
            every=180,
            releases=("1.4.0", "1.4.0"),
            gone=0,
            arch=arch,
        )
    to.add("fck-nat amzn2 x86_64", FCK_NAT, "fck-nat-amzn2-hvm-1.2.1-{D}-x86_64-ebs", newest=300, gone=0)
    for label, kind, newest in (("", "std", 12), ("ec2 ", "ec2", 11)):
        to.add(f"arch {label}x86_64", ARCH, f"arch-linux-{kind}-hvm-{{Dp}}.x86_64-ebs", newest=newest, every=30)
    for system in ("ubuntu-22.04", "ubuntu-24.04", "amazon-2023", "flatcar-stable"):
        for minor in ("1.33", "1.34"):
            to.add(
                f"capa {system} {minor} x86_64",
                CAPA,
                f"capa-ami-{system}-v{minor}.{{r}}-{{epoch}}",
                newest=45,
                releases=("2", "1"),
                gone=0,
            )
    for system in ("rhel-8", "rhel-9", "ol-9", "centos-9stream"):
        to.add(
            f"spel {system} x86_64", SPEL, f"spel-minimal-{system}-hvm-{{ym}}.1.x86_64-gp3", newest=19, every=30
        )
