"""The families that Amazon itself publishes under alias `amazon`, by the accounts that really publish them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.seed.families import X86, Family
from amitui.demo.seed.records import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterator

AMAZON_LINUX: Final = "137112412989"
WINDOWS_ACCOUNT: Final = "801119661308"
ECS: Final = "591542846629"
EKS: Final = "602401143452"
BOTTLEROCKET: Final = "092701018921"
DEEP_LEARNING: Final = "898082745236"
BEANSTALK: Final = "102837901569"
MACOS: Final = "628277914472"

_IMDS_V2: Final[dict[str, Any]] = {"ImdsSupport": "v2.0"}
_FREE: Final[dict[str, Any]] = {"FreeTierEligible": True}
_PARAVIRTUAL: Final[dict[str, Any]] = {
    "VirtualizationType": "paravirtual",
    "KernelId": "aki-919dcaf8",
    "SriovNetSupport": None,
    "EnaSupport": False,
}


def _amazon_linux() -> Iterator[Family]:
    for kernel, start in (("6.1", "2023-03-15"), ("6.12", "2025-05-20"), ("6.18", "2026-03-10")):
        for minimal in ("", "minimal-"):
            label = " minimal" if minimal else ""
            yield Family(
                AMAZON_LINUX,
                f"al2023-ami-{minimal}2023.{{al2023}}.{{ymd}}.{{r}}-kernel-{kernel}-{{arch}}",
                start,
                every=7 if not minimal else 14,
                keep=12 if not minimal else 5,
                alias="amazon",
                description=f"Amazon Linux 2023{label} AMI 2023.{{al2023}}.{{ymd}}.{{r}} {{arch}} kernel-{kernel}",
                root_device="/dev/xvda",
                gib=2 if minimal else 8,
                deprecated_after_days=90,
                ssm=f"/aws/service/ami-amazon-linux-latest/al2023-ami-{minimal}kernel-{kernel}-{{arch}}",
                fields=_IMDS_V2 | _FREE,
            )
    amzn2 = "2018-06-22"
    for name, keep, volume in (
        ("amzn2-ami-kernel-5.10-hvm-2.0.{ymd}.{r}-{arch}-gp2", 8, "gp2"),
        ("amzn2-ami-hvm-2.0.{ymd}.{r}-{arch}-ebs", 4, "standard"),
        ("amzn2-ami-minimal-hvm-2.0.{ymd}.{r}-{arch}-ebs", 4, "standard"),
    ):
        yield Family(
            AMAZON_LINUX, name, amzn2, until="2026-06-30", every=14, keep=keep, alias="amazon",
            description="Amazon Linux 2 AMI 2.0.{ymd}.{r} {arch} HVM " + volume, root_device="/dev/xvda",
            volume_type=volume, boot_mode="",
        )  # fmt: skip
    for kind, virtual in (("hvm", "hvm"), ("minimal-pv", "paravirtual"), ("vpc-nat", "hvm")):
        yield Family(
            AMAZON_LINUX, f"amzn-ami-{kind}-2018.03.0.{{ymd}}.{{r}}-x86_64-ebs", "2018-04-12",
            until="2023-12-31", every=45, keep=3, archs=X86, alias="amazon",
            description="Amazon Linux AMI 2018.03.0.{ymd}.{r} x86_64",
            root_device="/dev/xvda" if virtual == "hvm" else "/dev/sda1", volume_type="standard",
            boot_mode="",
            fields=_PARAVIRTUAL if virtual == "paravirtual" else {},
        )  # fmt: skip


def _containers() -> Iterator[Family]:
    for flavour, archs in (("", ("x86_64", "arm64")), ("gpu-", ("x86_64", "arm64")), ("neuron-", X86)):
        yield Family(
            ECS, f"al2023-ami-ecs-{flavour}hvm-2023.0.{{ymd}}-kernel-6.1-{{arch}}-ebs", "2023-05-09",
            every=10, keep=5, archs=archs, alias="amazon", gib=30, root_device="/dev/xvda", fields=_IMDS_V2,
            description="Amazon Linux AMI 2023.0.{ymd} {arch} ECS HVM EBS",
        )  # fmt: skip
        amzn2 = "inf-" if flavour == "neuron-" else flavour
        yield Family(
            ECS, f"amzn2-ami-ecs-{amzn2}hvm-2.0.{{ymd}}-{{arch}}-ebs", "2019-05-01", until="2026-06-30",
            every=10, keep=3, archs=X86 if flavour else archs, alias="amazon", gib=30, volume_type="gp2",
            root_device="/dev/xvda", boot_mode="",
            description="Amazon Linux AMI 2.0.{ymd} {arch} ECS HVM GP2",
        )  # fmt: skip
    kubernetes = (
        ("1.32", "2025-01-24"),
        ("1.33", "2025-05-29"),
        ("1.34", "2025-10-02"),
        ("1.35", "2026-02-03"),
        ("1.36", "2026-06-09"),
    )
    for version, start in kubernetes:
        for kind in ("standard", "nvidia", "neuron"):
            yield Family(
                EKS, f"amazon-eks-node-al2023-{{arch}}-{kind}-{version}-v{{ymd}}", start, every=8,
                keep=4 if kind == "standard" else 2, archs=X86 if kind == "neuron" else ("x86_64", "arm64"),
                alias="amazon", gib=20, root_device="/dev/xvda", fields=_IMDS_V2,
                description=f"EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: {version}.{{r}}, "
                "containerd: 2.1.*)",
            )  # fmt: skip
    for version, start in (("1.33", "2025-06-10"), ("1.34", "2025-10-14"), ("1.35", "2026-02-17")):
        for flavour in ("", "-nvidia", "-fips"):
            yield Family(
                BOTTLEROCKET,
                f"bottlerocket-aws-k8s-{version}{flavour}-{{gnu}}-v1.{{bottlerocket}}.{{r}}-{{hex8}}", start,
                every=21, keep=3 if not flavour else 2, alias="amazon", gib=2, root_device="/dev/xvda",
                fields=_IMDS_V2, deprecated_after_days=None,
            )  # fmt: skip


def _windows_named(
    kind: str, *, keep: int, start: str, gib: int = 30, usage: str = "", tpm: bool = False, words: str = ""
) -> Family:
    """One Windows product; the day stands in its name with dots."""
    fields = {"TpmSupport": "v2.0", "BootMode": "uefi"} if tpm else {}
    platform = ("Windows with SQL Server " + words, usage) if usage else WINDOWS
    return Family(
        WINDOWS_ACCOUNT, f"{kind}-{{dots}}", start, every=28, keep=keep, archs=X86, alias="amazon", gib=gib,
        volume_type="gp2", boot_mode="", billing=platform, fields=fields, deprecated_after_days=None,
        description=f"Microsoft {kind.replace('_', ' ').replace('-', ' ')} AMI provided by Amazon",
    )  # fmt: skip


def _windows() -> Iterator[Family]:
    releases = (("2016", "2016-10-12"), ("2019", "2018-11-14"), ("2022", "2021-09-15"), ("2025", "2024-11-06"))
    for release, start in releases:
        server = f"Windows_Server-{release}"
        for size in ("Full", "Core"):
            yield _windows_named(f"{server}-English-{size}-Base", keep=5, start=start)
        if release != "2016":
            yield _windows_named(f"{server}-English-Full-ECS_Optimized", keep=2, gib=50, start=start)
            yield _windows_named(f"{server}-English-Core-EKS_Optimized-1.34", keep=2, gib=50, start="2025-10-08")
            yield _windows_named(f"TPM-{server}-English-Full-Base", keep=3, start=start, tpm=True)
            for language in ("Japanese", "German", "French"):
                yield _windows_named(f"{server}-{language}-Full-Base", keep=1, start=start)
        for sql, sql_start in (("2019", "2020-01-15"), ("2022", "2022-11-16")):
            if release in {"2019", "2022"}:
                for edition, usage in (("Enterprise", "0102"), ("Standard", "0006"), ("Web", "0202")):
                    yield _windows_named(
                        f"{server}-English-Full-SQL_{sql}_{edition}", keep=2, gib=50, start=sql_start,
                        usage=f"RunInstances:{usage}", words=edition,
                    )  # fmt: skip


def _specialised() -> Iterator[Family]:
    for name, gib, archs in (
        ("Deep Learning OSS Nvidia Driver AMI GPU PyTorch 2.8 (Ubuntu 24.04) {ymd}", 75, X86),
        ("Deep Learning ARM64 AMI OSS Nvidia Driver GPU PyTorch 2.8 (Ubuntu 24.04) {ymd}", 75, ("arm64",)),
        ("Deep Learning OSS Nvidia Driver AMI GPU PyTorch 2.9 (Amazon Linux 2023) {ymd}", 75, X86),
        ("Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04) {ymd}", 65, X86),
        ("Deep Learning Base AMI with Single CUDA (Amazon Linux 2023) {ymd}", 65, X86),
        ("Deep Learning AMI Neuron (Ubuntu 22.04) {ymd}", 50, X86),
    ):
        yield Family(
            DEEP_LEARNING, name, "2025-08-18", every=12, keep=5, archs=archs, alias="amazon", gib=gib,
            description="Release notes: https://docs.aws.amazon.com/dlami/latest/devguide/appendix-ami-release-notes.html",
        )  # fmt: skip
    for version, start in (
        ("13.7", "2025-01-20"),
        ("14.8", "2025-08-25"),
        ("15.7", "2025-09-22"),
        ("26.1", "2025-11-24"),
    ):
        yield Family(
            MACOS, f"amzn-ec2-macos-{version}-{{ymd}}-{{clock}}-{{deb}}", start, every=45, keep=2,
            archs=("arm64_mac",) if version == "26.1" else ("x86_64_mac", "arm64_mac"), alias="amazon",
            gib=100, boot_mode="uefi", description=f"Amazon EC2 macOS {version} for {{deb}}",
            deprecated_after_days=None,
        )  # fmt: skip
    for platform in ("python313", "corretto21", "nodejs22", "docker", "php8.4", "dotnet9"):
        yield Family(
            BEANSTALK,
            f"aws-elasticbeanstalk-amzn-2023.9.{{ymd}}.64bit-eb_{platform}_amazon_linux_2023-hvm-{{iso}}",
            "2025-02-11", every=28, keep=4, archs=X86, alias="amazon", root_device="/dev/xvda",
        )  # fmt: skip
    yield Family(
        BEANSTALK, "aws-elasticbeanstalk-amzn-2017.09.1.x86_64-java7-hvm-{ymd}0941", "2018-01-18",
        until="2018-06-08", every=40, keep=3, archs=X86, alias="amazon", root_device="/dev/xvda",
        volume_type="gp2", boot_mode="",
    )  # fmt: skip


def amazon_families() -> Iterator[Family]:
    """Every family of Amazon's own accounts."""
    yield from _amazon_linux()
    yield from _containers()
    yield from _windows()
    yield from _specialised()
