"""What looks like an answer and is none: copies, look-alikes, own golden images, strangers' images."""

from __future__ import annotations

from typing import Any, Final

from tests.search.amazon import ARCHITECTURES
from tests.search.records import COLLEAGUE, ME, Build, Catalogue, Publisher

MINE: Final = Publisher(ME, public=False)
SHARED: Final = Publisher(COLLEAGUE, public=False)


def add_decoys(to: Catalogue) -> None:
    """Copies, look-alikes and what else the words are found in."""
    _copies(to, list(to.builds))
    _lookalikes(to)
    _golden(to)
    _community(to)
    _not_available(to)
    _numbers(to)


def _copies(to: Catalogue, originals: list[Build]) -> None:
    """Copies of newest builds: own ones under `Copy of …`, own ones under the same name, strangers' ones."""
    copied = (
        "ubuntu 24.04 x86_64",
        "ubuntu 22.04 x86_64",
        "win 2022",
        "win 2019",
        "win 2025",
        "debian 12 x86_64",
        "rhel 9.8 x86_64",
        "al2023 6.1 x86_64",
        "al2 5.10 gp2 x86_64",
        "rocky 9 x86_64",
        "alma 9 x86_64",
        "eks 1.33 x86_64",
        "bottlerocket k8s 1.33 x86_64",
        "sles 15 sp6 x86_64",
        "macos 15 arm64_mac",
        "freebsd 14.4 base ufs x86_64",
        "ecs al2023 x86_64",
    )
    newest = {build.label: build for build in originals if build.age == 0}
    for place, label in enumerate(copied):
        origin = newest[label]
        more: dict[str, Any] = {"SourceImageId": origin.image_id, "SourceImageRegion": "us-east-1"}
        arch = origin.record["Architecture"]
        platform = str(origin.record["PlatformDetails"])
        for kind, publisher, name, age in (
            ("own copy", MINE, f"Copy of {origin.name}", 0.2),
            ("own copy by name", MINE, origin.name, 0.25),
            ("strangers copy", _stranger(place), f"Copy of {origin.name}", 0.1),
            ("strangers copy by name", _stranger(place + 50), origin.name, 0.15),
            ("shared copy", SHARED, f"{origin.name}-copy", 0.2),
        ):
            to.add(
                f"{label}: {kind}",
                publisher,
                name,
                newest=age,
                releases=("",),
                gone=0,
                arch=arch,
                platform=platform,
                description=f"[Copied {origin.image_id} from us-west-2] {origin.name}",
                **more,
            )


def _stranger(number: int) -> Publisher:
    return Publisher(f"{700_000_000_000 + number * 7_919_113:012d}")


def _lookalikes(to: Catalogue) -> None:
    """A publisher's pattern, or one letter off it, under nobody's account, newer than every genuine build."""
    for place, (arch, name) in enumerate(
        (
            ("x86_64", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261120"),
            ("arm64", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20261120"),
            ("x86_64", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20261120"),
            ("x86_64", "ubuntu/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-server-20261120"),
            ("x86_64", "ubuntuu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261119"),
            ("x86_64", "ubuntu-pro-server/images/hvm-ssd/ubuntu-jammy-22.04-amd64-pro-server-20261120"),
            ("x86_64", "ubuntu-noble-24.04-amd64-server-20261120"),
            ("x86_64", "\u0443buntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261118"),
            ("x86_64", "debian-11-amd64-20261120-2211"),
            ("x86_64", "debian-12-amd64-20261120-2211"),
            ("x86_64", "debian-13-amd64-20261120-2211"),
            ("x86_64", "debiam-13-amd64-20261120-2211"),
            ("arm64", "debian-12-arm64-20261120-2211"),
            ("x86_64", "RHEL-9.9.0_HVM-20261120-x86_64-1-Hourly2-GP3"),
            ("x86_64", "RHEL-8.10.0_HVM-20261120-x86_64-1-Hourly2-GP3"),
            ("x86_64", "RHEL-10.4.0_HVM-20261120-x86_64-1-Access2-GP3"),
            ("x86_64", "RHEI-9.8.0_HVM-20261120-x86_64-1-Hourly2-GP3"),
            ("x86_64", "al2023-ami-2023.12.20261120.0-kernel-6.1-x86_64"),
            ("arm64", "al2023-ami-2023.12.20261120.0-kernel-6.1-arm64"),
            ("x86_64", "al2023-ami-2023.13.20261120.0-kernel-6.18-x86_64"),
            ("x86_64", "aI2023-ami-2023.12.20261120.0-kernel-6.12-x86_64"),
            ("x86_64", "amzn2-ami-kernel-5.10-hvm-2.0.20261120.0-x86_64-gp2"),
            ("x86_64", "amzn2-ami-hvm-2.0.20261120.0-x86_64-gp2"),
            ("x86_64", "Windows_Server-2022-English-Full-Base-2026.11.20"),
            ("x86_64", "Windows_Server-2019-English-Full-Base-2026.11.20"),
            ("x86_64", "Windows_Server-2025-English-Full-Base-2026.11.20"),
            ("x86_64", "Windows-Server-2022-English-Full-Base-2026.11.20"),
            ("x86_64", "Windows_Server-2022-English-Core-Base-2026.11.20"),
            ("x86_64", "amazon-eks-node-al2023-x86_64-standard-1.33-v20261120"),
            ("x86_64", "amazon-eks-node-al2023-x86_64-standard-1.35-v20261120"),
            ("x86_64", "amazon-eks-node-al2023-x86_64-standard-1.36-v20261120"),
            ("x86_64", "bottlerocket-aws-k8s-1.33-x86_64-v1.60.0-0a1b2c3d"),
            ("x86_64", "Rocky-9-EC2-Base-9.9-20261120.0.x86_64"),
            ("x86_64", "Rocky-8-EC2-Base-8.10-20261120.0.x86_64"),
            ("x86_64", "AlmaLinux OS 9.9.20261120 x86_64"),
            ("x86_64", "AlmaLinux OS 10.3.20261120 x86_64"),
            ("x86_64", "suse-sles-15-sp6-v20261120-hvm-ssd-x86_64"),
            ("x86_64", "suse-sles-15-sp7-v20261120-hvm-ssd-x86_64"),
            ("x86_64", "Fedora-Cloud-Base-AmazonEC2.x86_64-44-20261120.0"),
            ("x86_64", "fedora-coreos-44.20261120.3.0-x86_64"),
            ("x86_64", "CentOS Stream 9 x86_64 20261120"),
            ("x86_64", "CentOS Stream 10 x86_64 20261120"),
            ("x86_64", "FreeBSD 14.4-RELEASE-amd64 UEFI-PREFERRED base UFS"),
            ("x86_64", "Flatcar-stable-4999.2.0-hvm"),
            ("x86_64", "talos-v1.13.9-us-east-1-amd64"),
            ("x86_64", "nixos/26.05.99999.0a1b2c3d4e5f-x86_64-linux"),
            ("x86_64", "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04) 20261120"),
            ("x86_64", "Deep Learning OSS Nvidia Driver AMI GPU PyTorch 2.9 (Ubuntu 24.04) 20261120"),
            ("x86_64", "al2023-ami-ecs-hvm-2023.0.20261120-kernel-6.1-x86_64"),
            ("x86_64", "amzn2-ami-ecs-hvm-2.0.20261120-x86_64-ebs"),
            ("arm64_mac", "amzn-ec2-macos-15.9-20261120-101010-arm64"),
            ("x86_64", "arch-linux-std-hvm-2026.11.20.x86_64-ebs"),
            ("x86_64", "OL9.9-x86_64-HVM-2026-11-20"),
            ("x86_64", "fck-nat-al2023-hvm-1.9.0-20261120-x86_64-ebs"),
            ("x86_64", "FortiGate-VM64-AWSONDEMAND build9999 (7.9.9) GA"),
            ("x86_64", "PA-VM-AWS-12.9.9"),
        )
    ):
        to.add(
            f"lookalike {place}",
            _stranger(200 + place),
            name,
            newest=0.05 + place / 1000,
            releases=("",),
            gone=0,
            arch=arch,
            platform="Windows" if name.startswith("Windows") else "Linux/UNIX",
        )


def _golden(to: Catalogue) -> None:
    """The user's own images and those of a colleague, named after what they are made of."""
    for base in (
        "ubuntu-24.04",
        "ubuntu-22.04",
        "debian-12",
        "rhel-9",
        "al2023",
        "amazon-linux-2",
        "windows-2022",
        "rocky-9",
        "eks-1.33",
        "bottlerocket",
        "sles-15",
        "windows-server-2019",
    ):
        to.add(
            f"golden {base}",
            MINE,
            f"golden-{base}-{{D}}-{{hms}}",
            newest=0.3,
            every=7,
            description=f"golden image of {base}",
        )
        to.add(f"web {base}", MINE, f"web-{base}-{{D}}", newest=0.35, every=7)
        to.add(f"team {base}", SHARED, f"team-base-{base}-v{{r}}", newest=0.3, releases=("11", "8", "2"))
    for colour in ("blue", "green"):
        to.add(f"checkout {colour}", MINE, f"checkout-{colour}-{{D}}", newest=1 + (colour == "green"), every=7)
    to.add("api java17", MINE, "api-java17-{stamp}", newest=2, every=7)
    to.add(
        "ci-runner", MINE, "ci-runner-ubuntu-{epoch}", newest=0.9, every=3, releases=("", "", "", "", ""), gone=0
    )


def _community(to: Catalogue) -> None:
    """Strangers' images with a product's words in the name or the description, newer every day."""
    about = (
        "ubuntu 24.04 LTS server",
        "Ubuntu 22.04 jammy",
        "debian 12 bookworm",
        "debian 11",
        "amazon linux 2",
        "amazon linux 2023",
        "windows server 2022",
        "windows 2019",
        "rhel 9",
        "rhel 8",
        "rocky linux 9",
        "almalinux 9",
        "centos stream 9",
        "eks 1.33 node",
        "kubernetes 1.34",
        "bottlerocket 1.31",
        "ecs optimized",
        "deep learning pytorch gpu",
        "macos sonoma",
        "freebsd 14",
        "flatcar stable",
        "talos",
        "nixos 26.05",
        "sles 15 sp6",
        "fedora 44",
        "oracle linux 9",
        "arch linux",
        "kali",
        "fortigate",
        "palo alto",
        "openvpn",
        "wordpress bitnami",
        "cis level 1 hardened ubuntu",
        "graviton arm64 ubuntu",
        "minimal debian",
    )
    for place, words in enumerate(about):
        arch = ARCHITECTURES[place % 2]
        to.add(
            f"community a{place}",
            _stranger(400 + place),
            f"my-{words.replace(' ', '-')}-{{epoch}}",
            newest=0.02 + place / 2000,
            every=0.01,
            releases=("", "", "", ""),
            gone=0,
            arch=arch,
        )
        to.add(
            f"community b{place}",
            _stranger(500 + place),
            f"project-{place} v{{r}}",
            newest=0.01 + place / 3000,
            every=0.01,
            releases=("2.11.8", "11.8.2", "8.2.11"),
            gone=0,
            description=f"based on {words}, official image",
        )
        to.add(
            f"community c{place}",
            _stranger(600 + place % 7),
            f"{words.title()} {{Dd}}",
            newest=0.03,
            every=1,
            gone=0,
            arch=arch,
            description=words,
        )


def _not_available(to: Catalogue) -> None:
    for serial, state in enumerate(("failed", "pending")):
        for name in ("ubuntu-24.04-golden", "windows-2022-golden", "rhel-9-golden", "my-app"):
            to.add(
                f"{state} {name}",
                MINE,
                f"{name}-{state}-{{epoch}}",
                newest=0.001,
                releases=("", ""),
                gone=0,
                State=state,
            )
        to.add(
            f"{state} noble",
            _stranger(800),
            f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261120.{serial + 8}",
            newest=0.0005,
            releases=("",),
            gone=0,
            State=state,
        )


def _numbers(to: Catalogue) -> None:
    """Names, dates and ids that hold the numbers that are typed."""
    for place, name in enumerate(
        (
            "app-8",
            "app 11",
            "web-2",
            "node18-2024.04",
            "build-2022-11-12",
            "v9.8",
            "release 13",
            "import-ami-0abcd8e2",
            "backup 2025",
            "k8s",
            "linux",
            "server",
            "amazon",
            "base ami",
            "x86_64",
            "aws linux image",
            "8",
            "11",
            "2",
        )
    ):
        to.add(f"numbers {place}", _stranger(900 + place), name, newest=0.4, releases=("", ""), every=1, gone=0)
