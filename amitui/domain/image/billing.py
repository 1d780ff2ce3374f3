"""How EC2 bills an image: the platform behind each billing code (`UsageOperation`)."""

from __future__ import annotations

from typing import Final

USAGE_OPERATIONS: Final = {
    "RunInstances": "Linux/UNIX",
    "RunInstances:00g0": "Red Hat BYOL Linux",
    "RunInstances:0010": "Red Hat Enterprise Linux",
    "RunInstances:1010": "Red Hat Enterprise Linux with HA",
    "RunInstances:1014": "Red Hat Enterprise Linux with SQL Server Standard and HA",
    "RunInstances:1110": "Red Hat Enterprise Linux with SQL Server Enterprise and HA",
    "RunInstances:0014": "Red Hat Enterprise Linux with SQL Server Standard",
    "RunInstances:0210": "Red Hat Enterprise Linux with SQL Server Web",
    "RunInstances:0110": "Red Hat Enterprise Linux with SQL Server Enterprise",
    "RunInstances:0100": "SQL Server Enterprise",
    "RunInstances:0004": "SQL Server Standard",
    "RunInstances:0200": "SQL Server Web",
    "RunInstances:000g": "SUSE Linux",
    "RunInstances:0g00": "Ubuntu Pro",
    "RunInstances:0002": "Windows",
    "RunInstances:0800": "Windows BYOL",
    "RunInstances:0102": "Windows with SQL Server Enterprise",
    "RunInstances:0006": "Windows with SQL Server Standard",
    "RunInstances:0202": "Windows with SQL Server Web",
}
"""Platform (`PlatformDetails`) by billing code: the EC2 User Guide's table of AMI billing information fields."""


_NOT_CHARGED: Final = frozenset(("", "Linux/UNIX", "Red Hat BYOL Linux", "Windows BYOL", "SUSE BYOL"))


def is_charged(platform: str, has_product_code: bool) -> bool:
    """Whether more than the instance is paid for: a seller's software, or the platform's licence.

    Args:
        platform: `PlatformDetails`, or what stands for it; empty counts as Linux.
        has_product_code: whether the image carries a product code of a Marketplace seller.
    """
    return has_product_code or platform not in _NOT_CHARGED


def usage_code(platform: str) -> str:
    """The billing code of a platform as EC2 words it (`Linux/UNIX`), or of such a code itself; empty = unknown."""
    if platform in USAGE_OPERATIONS:
        return platform
    return next((code for code, name in USAGE_OPERATIONS.items() if name == platform), "")
