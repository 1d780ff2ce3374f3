"""Amazon's own families but Windows: the plain builds and every variant that is newer by date than they are."""

from __future__ import annotations

from typing import Final

from tests.search.records import Catalogue, Publisher

LINUX: Final = Publisher("137112412989", "amazon", keeps=90)
ECS: Final = Publisher("591542846629", "amazon", keeps=365)
EKS: Final = Publisher("602401143452", "amazon")
BOTTLEROCKET: Final = Publisher("092701018921", "amazon")
DEEP_LEARNING: Final = Publisher("898082745236", "amazon")
MACOS: Final = Publisher("628277914472", "amazon")
BEANSTALK: Final = Publisher("102837901569", "amazon")
PARALLELCLUSTER: Final = Publisher("247102896272", "amazon")

ARCHITECTURES: Final = ("x86_64", "arm64")
KUBERNETES: Final = ("1.31", "1.32", "1.33", "1.34", "1.35")
GNU: Final = {"x86_64": "x86_64", "arm64": "aarch64"}


def add_amazon(to: Catalogue) -> None:
    """All of Amazon's families but Windows."""
    _linux_2023(to)
    _linux_2(to)
    _linux_1(to)
    _ecs(to)
    _eks(to)
    _bottlerocket(to)
    _deep_learning(to)
    _macos(to)
    _beanstalk(to)
    _parallelcluster(to)


def _linux_2023(to: Catalogue) -> None:
    about = "Amazon Linux 2023 AMI 2023.{r} {arch} HVM kernel-{kernel}"
    for arch in ARCHITECTURES:
        for kernel in ("6.1", "6.12", "6.18"):
            for words, minutes in (("", 0), ("minimal ", 3)):
                to.add(
                    f"al2023 {words}{kernel} {arch}",
                    LINUX,
                    f"al2023-ami-{words.replace(' ', '-')}2023.{{r}}-kernel-{kernel}-{arch}",
                    newest=9 - minutes / 1440,
                    every=16,
                    releases=("12.20261111.0", "12.20261026.1", "11.20261010.0", "11.20260923.0", "10.20260907.1"),
                    arch=arch,
                    description=about.replace("{arch}", arch).replace("{kernel}", kernel),
                    ImdsSupport="v2.0",
                )
    to.add(
        "al2022 x86_64",
        LINUX,
        "al2022-ami-2022.0.{D}.{n}-kernel-5.15-x86_64",
        newest=1480,
        releases=("", ""),
        gone=0,
    )


def _linux_2(to: Catalogue) -> None:
    for arch in ARCHITECTURES:
        for kernel, word in (("4.14", ""), ("5.10", "kernel-5.10-")):
            about = f"Amazon Linux 2 {'Kernel 5.10 ' if word else ''}AMI 2.0.{{D}}.{{n}} {arch} HVM gp2"
            for label, variant, volume in (
                (kernel, "", "gp2"),
                (kernel, "", "ebs"),
                (f"minimal {kernel}", "minimal-", "ebs"),
            ):
                if volume == "ebs" and not variant and arch == "arm64":
                    continue
                to.add(
                    f"al2 {label} {volume} {arch}",
                    LINUX,
                    f"amzn2-ami-{variant}{word}hvm-2.0.{{D}}.{{n}}-{arch}-{volume}",
                    newest=30.2 - (0.01 if variant else 0),
                    every=18,
                    releases=("", "", "", ""),
                    arch=arch,
                    description=about,
                )


def _linux_1(to: Catalogue) -> None:
    for label, words, volume in (
        ("al1 hvm gp2", "hvm", "gp2"),
        ("al1 hvm ebs", "hvm", "ebs"),
        ("al1 minimal hvm ebs", "minimal-hvm", "ebs"),
        ("al1 pv ebs", "pv", "ebs"),
        ("nat", "vpc-nat", "ebs"),
    ):
        to.add(
            f"{label} x86_64",
            LINUX,
            f"amzn-ami-{words}-2018.03.0.{{D}}.{{n}}-x86_64-{volume}",
            newest=1075,
            every=21,
            description="Amazon Linux AMI 2018.03.0.{D} x86_64 " + ("VPC HVM ebs" if label == "nat" else "HVM"),
        )


def _ecs(to: Catalogue) -> None:
    for arch in ARCHITECTURES:
        for label, words, tail in (("", "", ""), ("gpu ", "gpu-", "-ebs"), ("neuron ", "neuron-", "")):
            if arch == "arm64" and label == "neuron ":
                continue
            to.add(
                f"ecs al2023 {label}{arch}",
                ECS,
                f"al2023-ami-ecs-{words}hvm-2023.0.{{D}}-kernel-6.1-{arch}{tail}",
                newest=8 - len(label) / 4,
                releases=("", "", "", ""),
                arch=arch,
                description=f"Amazon Linux AMI 2023.0.{{D}} {arch} ECS HVM EBS",
            )
        for label, words in (
            ("", ""),
            ("5.10 ", "kernel-5.10-"),
            ("gpu ", "gpu-"),
            ("5.10 gpu ", "kernel-5.10-gpu-"),
            ("inf ", "inf-"),
        ):
            if arch == "arm64" and ("gpu" in label or "inf" in label):
                continue
            to.add(
                f"ecs al2 {label}{arch}",
                ECS,
                f"amzn2-ami-ecs-{words}hvm-2.0.{{D}}-{arch}-ebs",
                newest=25 - len(label) / 4,
                arch=arch,
                description=f"Amazon Linux AMI 2.0.{{D}} {arch} ECS HVM GP2",
            )
    to.add("ecs al1 x86_64", ECS, "amzn-ami-2018.03.{D}-amazon-ecs-optimized", newest=1090, gone=0)


def _eks(to: Catalogue) -> None:
    for index, minor in enumerate(KUBERNETES):
        about = (
            f"EKS-optimized Kubernetes node on Amazon Linux 2023, (k8s: {minor}.{index + 2}, containerd: 2.1.*)"
        )
        for arch in ARCHITECTURES:
            for label, word in (("", "standard"), ("nvidia ", "nvidia"), ("neuron ", "neuron")):
                if arch == "arm64" and label == "neuron ":
                    continue
                to.add(
                    f"eks {minor} {label}{arch}",
                    EKS,
                    f"amazon-eks-node-al2023-{arch}-{word}-{minor}-v{{D}}",
                    newest=6 - len(label) / 4 - index / 100,
                    releases=("", "", "", ""),
                    arch=arch,
                    description=about,
                )
        if minor in ("1.31", "1.32"):
            for label, words, arch in (
                ("", "node", "x86_64"),
                ("gpu ", "gpu-node", "x86_64"),
                ("", "arm64-node", "arm64"),
            ):
                to.add(
                    f"eks al2 {minor} {label}{arch}",
                    EKS,
                    f"amazon-eks-{words}-{minor}-v{{D}}",
                    newest=358 - len(label) / 4,
                    arch=arch,
                    description=f"EKS Kubernetes Worker AMI with AmazonLinux2 image, (k8s: {minor}.9)",
                )
    to.add(
        "eks 1.31 nvidia-560 x86_64",
        EKS,
        "amazon-eks-node-al2023-x86_64-nvidia-560-1.31-v{D}",
        newest=700,
        gone=0,
    )


def _bottlerocket(to: Catalogue) -> None:
    versions = ("1.52.0", "1.51.1", "1.51.0", "1.50.0")
    for place, product in enumerate((*(f"k8s-{minor}" for minor in KUBERNETES), "ecs-2")):
        for arch in ARCHITECTURES:
            for variant in ("", "-nvidia", "-fips", "-nvidia-fips"):
                to.add(
                    f"bottlerocket {product.replace('-', ' ')} {variant[1:] + ' ' if variant else ''}{arch}",
                    BOTTLEROCKET,
                    f"bottlerocket-aws-{product}{variant}-{GNU[arch]}-v{{r}}-{{hex}}",
                    newest=12 - len(variant) / 50 - (arch == "arm64") / 10 - place / 100,
                    every=23,
                    releases=versions,
                    arch=arch,
                )


def _deep_learning(to: Catalogue) -> None:
    systems = {"ubuntu22.04": "Ubuntu 22.04", "ubuntu24.04": "Ubuntu 24.04", "al2023": "Amazon Linux 2023"}
    for index, (code, system) in enumerate(systems.items()):
        names = [
            (f"base {code}", f"Deep Learning Base OSS Nvidia Driver GPU AMI ({system}) {{D}}"),
            (f"cuda {code}", f"Deep Learning Base AMI with Single CUDA ({system}) {{D}}"),
            (f"neuron base {code}", f"Deep Learning Base Neuron AMI ({system}) {{D}}"),
            (f"neuron {code}", f"Deep Learning AMI Neuron ({system}) {{D}}"),
            *(
                (
                    f"pytorch {version} {code}",
                    f"Deep Learning OSS Nvidia Driver AMI GPU PyTorch {version} ({system}) {{D}}",
                )
                for version in (("2.6", "2.7") if code == "ubuntu22.04" else ("2.8", "2.9"))
            ),
        ]
        for place, (label, name) in enumerate(names):
            to.add(
                f"dl {label} x86_64",
                DEEP_LEARNING,
                name,
                newest=16 - place - index / 10,
                every=31,
                description="Supported EC2 instances: G4dn, G5, G6, Gr6, G6e, P4d, P4de, P5, P5e, P5en, P6",
            )
        to.add(
            f"dl base {code} arm64",
            DEEP_LEARNING,
            f"Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI ({system}) {{D}}",
            newest=9,
            every=31,
            arch="arm64",
            description="Supported EC2 instances: G5g, P6e",
        )
    to.add(
        "dl tensorflow 2.18 ubuntu22.04 x86_64",
        DEEP_LEARNING,
        "Deep Learning OSS Nvidia Driver AMI GPU TensorFlow 2.18 (Ubuntu 22.04) {D}",
        newest=40,
        every=31,
    )
    to.add(
        "dl pytorch 2.7 ubuntu22.04 arm64",
        DEEP_LEARNING,
        "Deep Learning ARM64 AMI OSS Nvidia Driver GPU PyTorch 2.7 (Ubuntu 22.04) {D}",
        newest=15,
        arch="arm64",
    )


def _macos(to: Catalogue) -> None:
    for major, versions in (
        ("13", ("7.8", "7.7", "7.6")),
        ("14", ("8.2", "8.1", "8", "7.8")),
        ("15", ("7.2", "7.1", "7", "6.1")),
        ("26", ("1.1", "1", "0.1", "0")),
    ):
        for arch, tail in (("x86_64_mac", ""), ("arm64_mac", "-arm64")):
            to.add(
                f"macos {major} {arch}",
                MACOS,
                f"amzn-ec2-macos-{major}.{{r}}-{{D}}-{{hms}}{tail}",
                # Old majors go on being patched, on the same days.
                newest=20 + int(major) / 100 - (0.02 if tail else 0),
                every=40,
                releases=versions,
                arch=arch,
            )


def _beanstalk(to: Catalogue) -> None:
    for index, platform in enumerate(
        (
            "python312",
            "python313",
            "nodejs20",
            "nodejs22",
            "corretto17",
            "corretto21",
            "tomcat11corretto17",
            "php83",
            "php84",
            "ruby34",
            "go1",
            "dotnet8",
            "docker",
        )
    ):
        for arch in ARCHITECTURES:
            to.add(
                f"eb al2023 {platform} {arch}",
                BEANSTALK,
                f"aws-elasticbeanstalk-amzn-2023.12.{{D}}.64bit-eb_{platform}_amazon_linux_2023-hvm-{{iso}}",
                newest=5 - index / 10 - (arch == "arm64") / 1440,
                every=28,
                arch=arch,
            )
    for platform in ("corretto8", "corretto11", "php81", "nodejs18", "python38"):
        to.add(
            f"eb al2 {platform} x86_64",
            BEANSTALK,
            f"aws-elasticbeanstalk-amzn-2.0.{{D}}.64bit-eb_{platform}_amazon_linux_2-hvm-{{iso}}",
            newest=70,
            every=28,
        )


def _parallelcluster(to: Catalogue) -> None:
    for system in ("amzn2023", "amzn2", "ubuntu-2204-lts", "ubuntu-2404-lts", "rhel8", "rhel9", "rocky9"):
        for arch in ARCHITECTURES:
            for version, newest in (("3.14.1", 35), ("3.13.2", 150)):
                to.add(
                    f"pcluster {version} {system} {arch}",
                    PARALLELCLUSTER,
                    f"aws-parallelcluster-{version}-{system}-hvm-{arch}-{{stamp}} {{iso}}",
                    newest=newest,
                    every=3,
                    releases=("", ""),
                    arch=arch,
                )
