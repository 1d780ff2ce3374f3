"""Families of Canonical, Debian, Red Hat and SUSE."""

from __future__ import annotations

from typing import Final

from tests.search.amazon import ARCHITECTURES
from tests.search.records import Catalogue, Publisher

CANONICAL: Final = Publisher("099720109477", "amazon", kept=3)
DEBIAN: Final = Publisher("136693071363", "amazon")
OLD_DEBIAN: Final = Publisher("379101102735")
DEBIAN_DAILY: Final = Publisher("903794441882")
RED_HAT: Final = Publisher("309956199498", "amazon")
SUSE: Final = Publisher("013907871322", "amazon", keeps=400)

DEB: Final = {"x86_64": "amd64", "arm64": "arm64"}


def add_linux(to: Catalogue) -> None:
    """All families of these four."""
    _ubuntu(to)
    _old_ubuntu(to)
    _ubuntu_eks(to)
    _debian(to)
    _red_hat(to)
    _suse(to)


_UBUNTU: Final = (
    # Oldest first: each newer release is built a little earlier in the same round than the one before.
    ("focal", "20.04", "hvm-ssd", 14),
    ("jammy", "22.04", "hvm-ssd", 10),
    ("noble", "24.04", "hvm-ssd-gp3", 11),
    ("resolute", "26.04", "hvm-ssd-gp3", 12),
)


def _ubuntu(to: Catalogue) -> None:
    for code, release, disk, newest in _UBUNTU:
        about = f"Canonical, Ubuntu, {release}, {{arch}} {code} image"
        for arch in ARCHITECTURES:
            deb = DEB[arch]
            head = f"{disk}/ubuntu-{code}-{release}-{deb}"
            variants = [
                ("", f"ubuntu/images/{head}-server-{{D}}", 0.0, "Linux/UNIX"),
                ("minimal ", f"ubuntu-minimal/images/{head}-minimal-{{D}}", 2, "Linux/UNIX"),
                ("pro ", f"ubuntu-pro-server/images/{head}-pro-server-{{D}}", 3, "Ubuntu Pro"),
                ("pro minimal ", f"ubuntu-pro-minimal/images/{head}-pro-minimal-{{D}}", 3.2, "Ubuntu Pro"),
                (
                    "daily ",
                    f"ubuntu/images-testing/{disk}/ubuntu-{code}-daily-{deb}-server-{{D}}",
                    newest - 0.4,
                    "Linux/UNIX",
                ),
            ]
            if release in ("20.04", "22.04") and arch == "x86_64":
                for word in ("fips", "fips-updates"):
                    name = f"ubuntu-pro-{word}-server/images/{head}-pro-{word}-server-{{D}}"
                    variants.append((f"pro {word} ", name, 4, "Ubuntu Pro"))
            for label, name, sooner, platform in variants:
                to.add(
                    f"ubuntu {release} {label}{arch}",
                    CANONICAL,
                    name,
                    newest=newest - sooner,
                    every=1 if "daily" in label else 17,
                    releases=("", "", "", "", ""),
                    arch=arch,
                    description=about.replace("{arch}", deb),
                    platform=platform,
                )


def _old_ubuntu(to: Catalogue) -> None:
    for code, release, newest, pro in (
        ("trusty", "14.04", 2500, False),
        ("xenial", "16.04", 1850, True),
        ("bionic", "18.04", 1260, True),
        ("zesty", "17.04", 3220, False),
        ("plucky", "25.04", 310, False),
        ("questing", "25.10", 141, False),
    ):
        publisher = Publisher("099720109477", "amazon", keeps=9000, kept=0)
        disk = "hvm-ssd-gp3" if release > "24" else "hvm-ssd"
        for arch in ARCHITECTURES[: 1 if release < "18" else 2]:
            head = f"{disk}/ubuntu-{code}-{release}-{DEB[arch]}"
            # After the end of standard support only the latest is not deprecated.
            to.add(
                f"ubuntu {release} {arch}",
                publisher,
                f"ubuntu/images/{head}-server-{{D}}",
                newest=newest,
                releases=("",),
                gone=0,
                arch=arch,
                description=f"Canonical, Ubuntu, {release} LTS, {code} image",
            )
            if pro:
                to.add(
                    f"ubuntu {release} pro {arch}",
                    CANONICAL,
                    f"ubuntu-pro-server/images/{head}-pro-server-{{D}}",
                    newest=16,
                    arch=arch,
                    platform="Ubuntu Pro",
                )


def _ubuntu_eks(to: Catalogue) -> None:
    for index, minor in enumerate(("1.31", "1.32", "1.33", "1.34")):
        for code, release, disk in (("jammy", "22.04", "hvm-ssd"), ("noble", "24.04", "hvm-ssd-gp3")):
            for arch in ARCHITECTURES:
                for label, folder, word in (("", "ubuntu-eks", ""), ("pro ", "ubuntu-eks-pro", "pro-")):
                    to.add(
                        f"ubuntu-eks {label}{minor} {release} {arch}",
                        CANONICAL,
                        f"{folder}/k8s_{minor}/images/{disk}/ubuntu-{code}-{release}-{DEB[arch]}-{word}server-{{D}}",
                        newest=3 - index / 10,
                        every=12,
                        arch=arch,
                        platform="Ubuntu Pro" if label else "Linux/UNIX",
                    )


def _debian(to: Catalogue) -> None:
    for release, newest in (("11", 17.0), ("12", 16.9), ("13", 16.8)):
        for arch in ARCHITECTURES:
            deb = DEB[arch]
            for label, words, sooner in (("", "", 0.0), ("backports ", "-backports", 0.0005)):
                to.add(
                    f"debian {release} {label}{arch}",
                    DEBIAN,
                    f"debian-{release}{words}-{deb}-{{D}}-{{big}}",
                    newest=newest - sooner,
                    every=30,
                    releases=("", "", "", ""),
                    arch=arch,
                    description=f"Debian {release} ({{D}}-{{big}})",
                )
    for release in ("12", "13", "sid"):
        for arch in ARCHITECTURES:
            to.add(
                f"debian {release} daily {arch}",
                DEBIAN_DAILY,
                f"debian-{release}-{DEB[arch]}-daily-{{D}}-{{big}}",
                newest=0.5,
                every=1,
                releases=("", "", "", ""),
                arch=arch,
                description=f"Debian {release} daily build",
            )
    for code, newest in (("stretch", 1600), ("buster", 900)):
        if code == "stretch":
            to.add(
                "debian 9 x86_64", OLD_DEBIAN, "debian-stretch-hvm-x86_64-gp2-{Dd}-{big}", newest=newest, gone=0
            )
        else:
            to.add("debian 10 x86_64", DEBIAN, "debian-10-amd64-{D}-{big}", newest=newest, gone=0)


_RHEL: Final = (
    # Minors under extended support are rebuilt after the newest one.
    ("7.9", 600),
    ("8.6", 9),
    ("8.8", 8),
    ("8.10", 21),
    ("9.2", 11),
    ("9.4", 7),
    ("9.6", 5),
    ("9.8", 24),
    ("10.0", 4),
    ("10.2", 25),
)


def _red_hat(to: Catalogue) -> None:
    about = "Provided by Red Hat, Inc."
    for release, newest in _RHEL:
        written = release if release == "7.9" else f"{release}.0"
        for arch in ARCHITECTURES[: 1 if release == "7.9" else 2]:
            for label, licence, sooner in (("", "Hourly2", 0.0), ("byos ", "Access2", 1)):
                to.add(
                    f"rhel {release} {label}{arch}",
                    RED_HAT,
                    f"RHEL-{written}_HVM-{{D}}-{arch}-{{n}}-{licence}-GP3",
                    newest=newest - sooner,
                    every=33,
                    arch=arch,
                    description=about,
                    platform="Linux/UNIX" if label else "Red Hat Enterprise Linux",
                )
        if release in ("8.10", "9.6", "9.8", "10.2"):
            to.add(
                f"rhel {release} ha x86_64",
                RED_HAT,
                f"RHEL_HA-{written}_HVM-{{D}}-x86_64-{{n}}-Hourly2-GP3",
                newest=2,
                description=about,
                platform="Red Hat Enterprise Linux with HA",
            )
            to.add(
                f"rhel {release} sap x86_64",
                RED_HAT,
                f"RHEL-SAP-{written}_HVM-{{D}}-x86_64-{{n}}-Hourly2-GP3",
                newest=1.5,
                description=about,
                platform="Red Hat Enterprise Linux",
            )
    for release in ("9.9", "10.3"):
        for arch in ARCHITECTURES:
            to.add(
                f"rhel {release} beta {arch}",
                RED_HAT,
                f"RHEL-{release}.0_HVM_BETA-{{D}}-{arch}-{{n}}-Hourly2-GP3",
                newest=3,
                releases=("", ""),
                arch=arch,
                description=about,
                platform="Red Hat Enterprise Linux",
            )


def _suse(to: Catalogue) -> None:
    for release, words, newest in (
        ("12 sp5", "12-sp5", 30),
        ("15 sp5", "15-sp5", 19),
        ("15 sp6", "15-sp6", 13),
        ("15 sp7", "15-sp7", 22),
        ("16.0", "16-0", 28),
    ):
        for arch in ARCHITECTURES[: 1 if release == "12 sp5" else 2]:
            for label, head, tail, sooner in (
                ("", "", "", 0.0),
                ("byos ", "byos-", "", 3),
                ("chost byos ", "chost-byos-", "", 5),
                ("sapcal ", "sapcal-", "", 4),
                ("ecs ", "", "-ecs", 2),
            ):
                to.add(
                    f"sles {release} {label}{arch}",
                    SUSE,
                    f"suse-sles-{words}-{head}v{{D}}{tail}-hvm-ssd-{arch}",
                    newest=newest - sooner,
                    every=40,
                    arch=arch,
                    description=f"SUSE Linux Enterprise Server {release.upper()} (HVM, 64-bit, SSD-Backed)",
                    platform="SUSE Linux" if "byos" not in label else "Linux/UNIX",
                )
        for label, tail in (("", ""), ("byos ", "byos-")):
            to.add(
                f"sles-sap {release} {label}x86_64",
                SUSE,
                f"suse-sles-sap-{words}-{tail}v{{D}}-hvm-ssd-x86_64",
                newest=6,
                every=40,
                platform="Linux/UNIX" if tail else "SUSE Linux",
            )
    for release in ("5-5", "6-0", "6-1"):
        for arch in ARCHITECTURES:
            to.add(
                f"sle-micro {release.replace('-', '.')} byos {arch}",
                SUSE,
                f"suse-sle-micro-{release}-byos-v{{D}}-hvm-ssd-{arch}",
                newest=10,
                every=40,
                arch=arch,
            )
