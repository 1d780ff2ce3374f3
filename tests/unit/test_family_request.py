"""How EC2 is asked for the builds of a family: a pattern matches the later builds, as EC2 matches patterns."""

from __future__ import annotations

import re

import pytest

from amitui.domain.image.family import family_of
from amitui.domain.image.family_request import family_request, genuine_request, name_pattern
from amitui.domain.image.trust import Trust

CANONICAL = "099720109477"
UUID = "11111111-2222-3333-4444-555555555555"


def matched(pattern: str, name: str) -> bool:
    """Whether EC2's filter `name` with this pattern takes a name: `*` any text, `?` at most one character."""
    parts = re.split(r"(\\.|[*?])", pattern)
    signs = {"*": ".*", "?": ".?"}
    expression = "".join(
        signs.get(part) or re.escape(part[1:] if part.startswith("\\") and len(part) == 2 else part)
        for part in parts
    )
    return re.fullmatch(expression, name, re.DOTALL) is not None


@pytest.mark.parametrize(
    "builds",
    [
        (
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260912",
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261101.1",
        ),
        ("RHEL-9.4.0_HVM_GA-20240501-x86_64-0-Hourly2-GP3", "RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3"),
        ("acme-web-20260101", "acme-web-20261123"),
        ("acme-web-v3", "acme-web-v12"),
        ("app 1.2.3-45 build", "app 1.2.4-1 build"),
        ("golden-2026-10-15T10-00-45.861Z", "golden-2026-11-15T10-00-45.861Z"),
        (f"Acme Appliance 1.2.3-{UUID}", f"Acme Appliance 1.3.0-{UUID}"),
        (
            f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260912-{UUID}",
            f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261101-{UUID}",
        ),
        ("checkout 0123456789abcdef0123456789abcdef01234567", "checkout 89abcdef0123456789abcdef0123456701234567"),
        ("plain-name", "plain-name"),
    ],
)
def test_a_build_and_later_ones_match_its_pattern(builds: tuple[str, str]) -> None:
    assert family_of(builds[0]) == family_of(builds[1]), "they are builds of one family"
    assert all(matched(name_pattern(builds[0]), later) for later in builds)
    assert matched(name_pattern(builds[1]), builds[1])


def test_two_ways_of_writing_a_family_are_asked_for_together() -> None:
    one, other = (
        family_request(name, CANONICAL, Trust.PUBLISHER, "x86_64", "eu-west-1")
        for name in ("ubuntu/images/a-20260101", "ubuntu/images/b-20260101")
    )
    assert one.joined(other).patterns == tuple(sorted((*one.patterns, *other.patterns)))
    assert one.joined(one) == one


@pytest.mark.parametrize("name", ["web [prod] *?\\ 20260101", "\ufffd 20260101", "*"])
def test_what_a_name_has_of_wildcards_stands_for_itself_or_for_anything(name: str) -> None:
    assert matched(name_pattern(name), name)


@pytest.mark.parametrize(
    ("trust", "owner", "owners"),
    [
        (Trust.OWN, "123456789012", ("self",)),
        (Trust.AMAZON, "137112412989", ("137112412989",)),
        (Trust.PUBLISHER, CANONICAL, (CANONICAL,)),
        (Trust.SHARED, "444455556666", ("444455556666",)),
        (Trust.MARKETPLACE, "679593333241", ("679593333241",)),
    ],
)
def test_the_same_owners_are_asked(trust: Trust, owner: str, owners: tuple[str, ...]) -> None:
    request = family_request("acme-web-20260101", owner, trust, "arm64", "eu-west-1")
    assert request.owners == owners
    assert (request.architecture, request.family) == ("arm64", family_of("acme-web-20260101"))


def test_by_the_alias_amazon_is_asked_only_where_the_name_says_what_the_product_is() -> None:
    name = "al2023-ami-2023.6.20241010.0-kernel-6.1-x86_64"
    assert family_request(name, "137112412989", Trust.AMAZON, "x86_64", "eu-west-1").owners == ("amazon",)


def test_for_a_look_alike_its_publisher_is_asked() -> None:
    name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261126"
    request = genuine_request(name, "x86_64", "eu-west-1")
    assert request is not None
    assert request.owners == (CANONICAL,)
    assert request.family == family_of(name)
    amazon = genuine_request("al2023-ami-2023.6.20241010.0-kernel-6.1-x86_64", "x86_64", "us-east-1")
    assert amazon is not None
    assert amazon.owners == ("amazon",)
    assert genuine_request("acme-web-20260101", "x86_64", "eu-west-1") is None
