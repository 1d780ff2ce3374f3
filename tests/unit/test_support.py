from __future__ import annotations

from datetime import date, timedelta

import pytest

from amitui.domain.image.ended_support import ENDED
from amitui.domain.image.family import os_of
from amitui.domain.image.support import _DATES, SUPPORT_AS_OF, support_of

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("label", "free", "paid"),
    [
        ("Amazon Linux 2023", date(2027, 6, 30), date(2029, 6, 30)),
        ("Amazon Linux 2", date(2026, 6, 30), None),
        ("Ubuntu 22.04", date(2027, 4, 1), date(2032, 4, 30)),
        ("Debian 12", date(2026, 7, 11), date(2028, 6, 30)),
        ("Windows 2012 R2", date(2023, 10, 10), date(2026, 10, 13)),
        ("SLES 15 SP6", date(2025, 12, 31), date(2028, 12, 31)),
        ("FreeBSD 14-STABLE", date(2028, 11, 30), None),
    ],
)
def test_a_release_has_its_window(label: str, free: date, paid: date | None) -> None:
    support = support_of(label)
    assert support is not None
    assert (support.release, support.free_until, support.paid_until) == (label, free, paid)


def test_a_point_release_of_rhel_has_the_window_of_its_major_release() -> None:
    support = support_of("RHEL 9.4")
    assert support is not None
    assert (support.release, support.free_until) == ("RHEL 9", date(2032, 5, 31))


@pytest.mark.parametrize(
    "label", ["", "Windows", "Ubuntu", "Ubuntu 27.04", "FreeBSD 16.1", "RHEL", "RHEL 4.5", "Arch Linux", "SLES 15"]
)
def test_a_release_that_is_not_in_the_table_has_no_window(label: str) -> None:
    assert support_of(label) is None


def test_support_ends_after_its_last_day() -> None:
    support = support_of("Debian 12")
    assert support is not None
    assert support.paid_until is not None
    assert not support.ordinary_ended(support.free_until)
    assert support.ordinary_ended(support.free_until + DAY)
    assert not support.ended(support.paid_until)
    assert support.ended(support.paid_until + DAY)


def test_support_without_an_extension_ends_with_the_ordinary_one() -> None:
    support = support_of("Amazon Linux 2")
    assert support is not None
    assert support.ended(support.free_until + DAY)


def test_every_row_is_a_pair_of_days_in_order() -> None:
    for label in _DATES:
        support = support_of(label)
        assert support is not None
        assert support.paid_until is None or support.free_until < support.paid_until
        assert date(2020, 1, 1) < support.free_until < date(2050, 1, 1)


def test_releases_that_ended_long_ago_are_known_as_well() -> None:
    assert not ENDED.keys() & _DATES.keys()
    for label in ENDED:
        support = support_of(label)
        assert support is not None
        assert support.release == label
        assert support.ordinary_ended(SUPPORT_AS_OF + 50 * DAY)
        assert support.paid_until is None or support.free_until < support.paid_until
        assert date(2012, 1, 1) < support.free_until


@pytest.mark.parametrize(
    ("name", "ended"),
    [
        ("ubuntu/images/hvm-ssd/ubuntu-trusty-14.04-amd64-server-20190514", True),
        ("ubuntu/images/hvm-ssd/ubuntu-bionic-18.04-amd64-server-20230531", False),
        ("debian-10-amd64-20240703-1797", True),
        ("RHEL-6.10_HVM-20200324-x86_64-0-Hourly2-GP2", True),
        ("CentOS Linux 6 x86_64 HVM EBS 1901_01", True),
        ("Windows_Server-2008-R2_SP1-English-64Bit-Base-2020.01.15", True),
        ("Fedora-Cloud-Base-40-1.14.x86_64-hvm-us-east-1-gp3-0", True),
        ("suse-sles-12-sp4-v20200901-hvm-ssd-x86_64", True),
        ("FreeBSD 14.1-RELEASE-amd64 base UFS", True),
        ("nixos/24.05.7376.b134951a4c9f-x86_64-linux", True),
    ],
)
def test_an_old_image_is_told_from_one_with_paid_support(name: str, ended: bool) -> None:
    support = support_of(os_of(name, "", ""))
    assert support is not None
    assert support.ended(date(2026, 11, 27)) is ended


def test_the_table_says_when_it_was_read() -> None:
    assert date(2026, 8, 22) == SUPPORT_AS_OF


@pytest.mark.parametrize(
    "name",
    [
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260105",
        "al2023-ami-2023.9.20260105.0-kernel-6.1-x86_64",
        "amzn2-ami-hvm-2.0.20260105.0-x86_64-gp2",
        "amzn-ami-hvm-2018.03.0.20181129-x86_64-gp2",
        "debian-12-amd64-20240507-1740",
        "RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3",
        "Rocky-9-EC2-Base-9.4-20240509.0.x86_64",
        "AlmaLinux OS 9.4.20240513 x86_64",
        "CentOS Linux 7 x86_64 HVM EBS ENA 1901_01",
        "CentOS Stream 9 x86_64 20230530",
        "OL8.9-x86_64-HVM-2024-02-02",
        "suse-sles-15-sp6-v20240605-hvm-ssd-x86_64",
        "suse-sles-16-0-v20251105-hvm-ssd-x86_64",
        "Windows_Server-2012-R2_RTM-Japanese-64Bit-Base-2018.03.24",
        "Windows_Server-2022-English-Full-Base-2026.01.05",
        "Fedora-Cloud-Base-AmazonEC2.x86_64-43-1.4",
        "FreeBSD 14.1-STABLE-amd64-20240613 UFS",
        "nixos/25.11.4798.f4c846aee8e1-x86_64-linux",
        "openSUSE-Leap-15.6-HVM-x86_64",
    ],
)
def test_the_labels_of_real_names_find_their_window(name: str) -> None:
    assert support_of(os_of(name, "", "")) is not None
