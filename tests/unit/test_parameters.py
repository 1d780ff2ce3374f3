"""Public parameters of Systems Manager: the path that stands for the newest build of an image's family."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import moto
import pytest

from amitui.domain.image.trust import Trust
from amitui.domain.products.parameters import public_parameter
from tests.unit.test_exports import row


@pytest.mark.parametrize(
    ("name", "architecture", "path"),
    [
        (
            "al2023-ami-2023.9.20251105.1-kernel-6.1-x86_64",
            "x86_64",
            "ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64",
        ),
        (
            "al2023-ami-minimal-2023.9.20251105.1-kernel-6.12-arm64",
            "arm64",
            "ami-amazon-linux-latest/al2023-ami-minimal-kernel-6.12-arm64",
        ),
        (
            "amzn2-ami-kernel-5.10-hvm-2.0.20250305.0-x86_64-gp2",
            "x86_64",
            "ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-x86_64-gp2",
        ),
        ("amzn2-ami-hvm-2.0.20250305.0-x86_64-ebs", "x86_64", "ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-ebs"),
        (
            "amzn-ami-hvm-2018.03.0.20230807.0-x86_64-gp2",
            "x86_64",
            "ami-amazon-linux-latest/amzn-ami-hvm-x86_64-gp2",
        ),
        (
            "Windows_Server-2022-English-Full-Base-2026.10.15",
            "x86_64",
            "ami-windows-latest/Windows_Server-2022-English-Full-Base",
        ),
        (
            "TPM-Windows_Server-2022-English-Core-Base-2026.10.15",
            "x86_64",
            "ami-windows-latest/TPM-Windows_Server-2022-English-Core-Base",
        ),
        ("amzn-ec2-macos-14.8.1-20251001-010203-arm64", "arm64_mac", "ec2-macos/sonoma/arm64_mac/latest/image_id"),
        (
            "al2023-ami-ecs-hvm-2023.0.20250305-kernel-6.1-arm64",
            "arm64",
            "ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id",
        ),
        (
            "al2023-ami-ecs-neuron-hvm-2023.0.20250305-kernel-6.1-x86_64",
            "x86_64",
            "ecs/optimized-ami/amazon-linux-2023/neuron/recommended/image_id",
        ),
        (
            "amzn2-ami-ecs-kernel-5.10-hvm-2.0.20250305-x86_64-ebs",
            "x86_64",
            "ecs/optimized-ami/amazon-linux-2/kernel-5.10/recommended/image_id",
        ),
        (
            "amazon-eks-node-al2023-x86_64-standard-1.33-v20260714",
            "x86_64",
            "eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended/image_id",
        ),
        (
            "amazon-eks-node-al2023-x86_64-nvidia-1.33-v20260714",
            "x86_64",
            "eks/optimized-ami/1.33/amazon-linux-2023/x86_64/nvidia/recommended/image_id",
        ),
        (
            "amazon-eks-gpu-node-1.31-v20250714",
            "x86_64",
            "eks/optimized-ami/1.31/amazon-linux-2-gpu/recommended/image_id",
        ),
        (
            "bottlerocket-aws-k8s-1.31-nvidia-aarch64-v1.26.1-943d9a41",
            "arm64",
            "bottlerocket/aws-k8s-1.31-nvidia/arm64/latest/image_id",
        ),
        (
            "bottlerocket-aws-ecs-2-x86_64-v1.26.1-943d9a41",
            "x86_64",
            "bottlerocket/aws-ecs-2/x86_64/latest/image_id",
        ),
        (
            "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20251022",
            "x86_64",
            "canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
        ),
        (
            "ubuntu-minimal/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-minimal-20251022",
            "arm64",
            "canonical/ubuntu/server-minimal/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
        ),
        (
            "ubuntu-pro-server/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-pro-server-20251022",
            "x86_64",
            "canonical/ubuntu/pro-server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        ),
        (
            "ubuntu-eks/k8s_1.31/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251022",
            "x86_64",
            "canonical/ubuntu/eks/24.04/1.31/stable/current/amd64/hvm/ebs-gp3/ami-id",
        ),
        ("debian-12-amd64-20251006-2257", "x86_64", "debian/release/12/latest/amd64"),
        ("debian-13-arm64-daily-20251006-2257", "arm64", "debian/daily/13/latest/arm64"),
        ("suse-sles-15-sp6-byos-v20250305-hvm-ssd-arm64", "arm64", "suse/sles-byos/15-sp6/arm64/latest"),
        ("FreeBSD 14.3-RELEASE-arm64-aarch64 base ZFS", "arm64", "freebsd/aarch64/base/zfs/14.3/RELEASE"),
        (
            "FreeBSD 14.3-RELEASE-amd64 UEFI-PREFERRED cloud-init UFS",
            "x86_64",
            "freebsd/amd64/cloud-init/ufs/14.3/RELEASE",
        ),
    ],
)
def test_a_known_family_has_its_parameter(name: str, architecture: str, path: str) -> None:
    assert (
        public_parameter(row(name=name, architecture=architecture, trust=Trust.AMAZON)) == f"/aws/service/{path}"
    )


@pytest.mark.parametrize(
    ("name", "trust"),
    [
        ("RHEL-9.8.0_HVM-20251022-x86_64-0-Hourly2-GP3", Trust.PUBLISHER),
        ("ubuntu/images-testing/hvm-ssd-gp3/ubuntu-noble-daily-amd64-server-20251022", Trust.PUBLISHER),
        ("debian-12-backports-amd64-20251006-2257", Trust.PUBLISHER),
        ("bottlerocket-aws-k8s-1.31-nvidia-fips-x86_64-v1.26.1-943d9a41", Trust.AMAZON),
        ("suse-sles-16-0-v20250305-hvm-ssd-x86_64", Trust.PUBLISHER),
        ("FreeBSD 14.3-RC2-amd64 base UFS", Trust.PUBLISHER),
        ("golden", Trust.OWN),
        # A name proves nothing.
        ("debian-12-amd64-20251006-2257", Trust.LOOKALIKE),
        ("debian-12-amd64-20251006-2257", Trust.OWN),
        ("debian-12-amd64-20251006-2257", Trust.MARKETPLACE),
    ],
)
def test_a_variant_without_a_known_parameter_and_anybody_elses_image_have_none(name: str, trust: Trust) -> None:
    assert public_parameter(row(name=name, architecture="x86_64", trust=trust)) == ""


def test_the_paths_of_amazon_linux_are_among_those_that_aws_published() -> None:
    folder = Path(moto.__file__).parent / "ssm" / "resources" / "ami-amazon-linux-latest"
    published = {one["Name"] for one in json.loads(gzip.decompress((folder / "us-east-1.json.gz").read_bytes()))}
    lines = (Path(__file__).parent / "family_names.tsv").read_text(encoding="utf-8").splitlines()
    names = [name for _, name in (line.split("\t") for line in lines)]
    paths = {public_parameter(row(name=name, trust=Trust.AMAZON)) for name in names}
    ours = {path for path in paths if "ami-amazon-linux-latest" in path}
    assert len(ours) > 15
    assert {path for path in ours if path not in published} == set()
