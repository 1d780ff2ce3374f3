"""Name patterns that float: they match their image and the later builds of its family, and no other family's."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.demo.cloud.filters import matcher
from amitui.domain.products.floating import Floating, floating_pattern, glob_escaped
from amitui.domain.products.identify import identify

EARLIER_SPELLING = (
    "Fedora-Cloud-Base-AmazonEC2",
    "RHEL-8.5",
    "RHEL-10.0",
    "RHEL-9.8",
    "amzn-ami-",
    "amzn-ec2-macos-27",
)
"""Families of which a publisher spelled some builds in another way: one pattern does not match them all."""


def labelled() -> list[tuple[str, str, str, str]]:
    """(family, name, publisher, architecture) of every labelled name."""
    found = []
    for line in (Path(__file__).parent / "family_names.tsv").read_text(encoding="utf-8").splitlines():
        family, name = line.split("\t")
        identity = identify(name)
        publisher, architecture = (identity.publisher, identity.architecture) if identity else ("", "")
        found.append((family, name, publisher, architecture or ("arm64" if "arm64" in name else "x86_64")))
    return found


NAMES = labelled()


def test_a_pattern_matches_its_image_and_no_other_family_of_its_publisher() -> None:
    floating = 0
    for family, name, publisher, architecture in NAMES:
        found = floating_pattern(name)
        if found is None:
            continue
        floating += 1
        matches = matcher([found.pattern])
        assert matches(name), found
        # The export asks for owner and architecture as well.
        others = [n for f, n, p, a in NAMES if (p, a) == (publisher, architecture) and f != family and matches(n)]
        assert others == [], found
    assert floating > 900


def test_a_pattern_matches_every_build_of_its_family() -> None:
    missed: dict[str, str] = {}
    for family, name, publisher, _ in NAMES:
        found = floating_pattern(name)
        if publisher and found is not None and not name.startswith(EARLIER_SPELLING):
            matches = matcher([found.pattern])
            missed |= {
                n: found.pattern for f, n, p, _ in NAMES if (f, p) == (family, publisher) and not matches(n)
            }
    assert missed == {}


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        (
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251022",
            "ubuntu/images/*/ubuntu-noble-24.04-amd64-server-20*",
        ),
        ("al2023-ami-2023.9.20251105.1-kernel-6.1-x86_64", "al2023-ami-2023.???.20*-kernel-6.1-x86_64"),
        ("debian-12-amd64-20251006-2257", "debian-12-amd64-20??????-*"),
        ("RHEL-9.8.0_HVM_GA-20260521-arm64-1-Hourly2-GP3", "RHEL-9.8.*_HVM???-20??????-arm64-*-Hourly2-*"),
        ("suse-sles-15-sp6-v20250305-hvm-ssd-x86_64", "suse-sles-15-sp6-v20??????-hvm-ssd-x86_64"),
        ("Windows_Server-2022-English-Full-Base-2026.10.15", "Windows_Server-2022-English-Full-Base-20*"),
        (
            "amazon-eks-node-al2023-x86_64-standard-1.33-v20260714",
            "amazon-eks-node-al2023-x86_64-standard-1.33-v20??????",
        ),
        ("bottlerocket-aws-k8s-1.31-fips-aarch64-v1.26.1-943d9a41", "bottlerocket-aws-k8s-1.31-fips-aarch64-v*"),
        ("amzn-ec2-macos-26.0-20251001-194732-arm64", "amzn-ec2-macos-26.*-20??????-*-arm64"),
        ("talos-v1.12.6-us-gov-west-1-amd64", "talos-v1.12.???-???-*-?-amd64"),
    ],
)  # fmt: skip
def test_what_identifies_a_known_family_stays_and_its_builds_float(name: str, pattern: str) -> None:
    assert floating_pattern(name) == Floating(pattern, known=True)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("RHEL-9.8.0_HVM_GA-20260521-arm64-1-Hourly2-GP3", "RHEL-9.8.0_HVM_BETA-20260221-arm64-1-Hourly2-GP3"),
        ("debian-12-amd64-20251006-2257", "debian-12-amd64-daily-20251006-2257"),
        ("debian-12-amd64-20251006-2257", "debian-12-backports-amd64-20251006-2257"),
        ("talos-v1.12.6-us-east-1-amd64", "talos-v1.12.0-rc.1-us-east-1-amd64"),
        ("acme-web-20261015", "acme-web-arm-20261015"),
        ("acme-web-1790000000", "acme-web-test-1790000000"),
    ],
)
def test_a_variant_or_pre_release_is_not_matched(pattern: str, name: str) -> None:
    found = floating_pattern(pattern)
    assert found is not None
    assert not matcher([found.pattern])(name)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("acme-web-20261015", "acme-web-20*"),
        ("acme-web-20261015-1200-x86_64", "acme-web-20*-x86_64"),
        ("acme web 2026-10-15T10-00-45.861Z hotfix", "acme web 20* hotfix"),
        ("golden-java17-1790000000", "golden-java17-1*"),
        ("golden-base-v12", "golden-base-v*"),
        (f"web-{'0123456789abcdef' * 2}01234567", "web-*"),
        ("what?*[x]\\-20261015", "what\\?\\*[x]\\\\-20*"),
    ],
)
def test_of_an_unknown_family_only_dates_times_and_commits_float(name: str, pattern: str) -> None:
    assert floating_pattern(name) == Floating(pattern, known=False)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "golden",
        "GitLab EE 9.4.3",
        "app-1.2",
        "FreeBSD 14.3-RELEASE-amd64 base UFS",
        "1-123456789",
        "␦-20261015",
    ],
)
def test_a_name_in_which_nothing_is_known_to_differ_by_build_has_no_pattern(name: str) -> None:
    assert floating_pattern(name) is None


@given(st.text(max_size=60), st.sampled_from(["20261015", "20261015.1", "2026-10-15", "1790000000"]))
def test_a_pattern_matches_its_image_whatever_it_is_called(text: str, build: str) -> None:
    found = floating_pattern(f"{text}-{build}")
    assert "␦" in text or found is not None
    assert found is None or matcher([found.pattern])(f"{text}-{build}")


@given(st.text(max_size=20), st.text(max_size=20))
def test_an_escaped_text_matches_itself_alone(text: str, other: str) -> None:
    matches = matcher([glob_escaped(text)])
    assert matches(text)
    assert matches(other) == (other == text)
