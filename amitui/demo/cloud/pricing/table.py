"""The demo's prices: simulated, and near to AWS's list prices of the date below. Nobody is to reckon with them.

Instances are priced in us-east-1 and multiplied by a factor of the Region; AWS prices each type by itself.
"""

from __future__ import annotations

from typing import Final, NamedTuple

DATE: Final = "2025-11-01"
"""Of the list prices that the table is near to."""


class RegionPrices(NamedTuple):
    """What is peculiar to a Region."""

    location: str
    """As the price list calls it."""
    prefix: str
    """Before its usage types; empty in us-east-1."""
    factor: float
    """Of instances, from us-east-1."""
    snapshot: float
    """US dollars a GiB-month in the standard tier."""
    archived: float


REGIONS: Final = {
    "us-east-1": RegionPrices("US East (N. Virginia)", "", 1.0, 0.05, 0.0125),
    "us-east-2": RegionPrices("US East (Ohio)", "USE2", 1.0, 0.05, 0.0125),
    "us-west-2": RegionPrices("US West (Oregon)", "USW2", 1.0, 0.05, 0.0125),
    "eu-west-1": RegionPrices("EU (Ireland)", "EU", 1.11, 0.05, 0.0125),
    "eu-central-1": RegionPrices("EU (Frankfurt)", "EUC1", 1.19, 0.054, 0.0135),
    "ap-northeast-1": RegionPrices("Asia Pacific (Tokyo)", "APN1", 1.29, 0.05, 0.0125),
    "ap-southeast-2": RegionPrices("Asia Pacific (Sydney)", "APS2", 1.25, 0.055, 0.01375),
    "ap-east-1": RegionPrices("Asia Pacific (Hong Kong)", "APE1", 1.375, 0.055, 0.01375),
}

LINUX: Final = {
    "t2.micro": (1, 0.0116), "t2.small": (1, 0.023), "t2.medium": (2, 0.0464),
    "t3.nano": (2, 0.0052), "t3.micro": (2, 0.0104), "t3.small": (2, 0.0208), "t3.medium": (2, 0.0416),
    "t3.large": (2, 0.0832), "t3.xlarge": (4, 0.1664), "t3.2xlarge": (8, 0.3328),
    "t4g.nano": (2, 0.0042), "t4g.micro": (2, 0.0084), "t4g.small": (2, 0.0168), "t4g.medium": (2, 0.0336),
    "t4g.large": (2, 0.0672), "m5.large": (2, 0.096), "m5.xlarge": (4, 0.192), "m6i.large": (2, 0.096),
    "m6i.xlarge": (4, 0.192), "m6g.large": (2, 0.077), "m7g.large": (2, 0.0816), "m7g.xlarge": (4, 0.1632),
    "m7i.large": (2, 0.1008), "m7i.xlarge": (4, 0.2016), "m7i.2xlarge": (8, 0.4032), "c5.large": (2, 0.085),
    "c6i.large": (2, 0.085), "c6i.xlarge": (4, 0.17), "c6g.large": (2, 0.068), "c7g.large": (2, 0.0725),
    "c7g.xlarge": (4, 0.145), "c7i.large": (2, 0.08925), "c7i.xlarge": (4, 0.1785), "c7i.2xlarge": (8, 0.357),
    "r5.large": (2, 0.126), "r6i.large": (2, 0.126), "r7g.large": (2, 0.1071), "r7i.large": (2, 0.1323),
    "r7i.xlarge": (4, 0.2646), "r7i.2xlarge": (8, 0.5292), "g4dn.xlarge": (4, 0.526), "g5.xlarge": (4, 1.006),
}  # fmt: skip
"""vCPUs, and US dollars an hour in us-east-1 with Linux."""

LICENCES: Final = {
    "RunInstances": ("Linux", "No License required", 0.0),
    "RunInstances:0002": ("Windows", "License Included", 0.046),
    "RunInstances:0800": ("Windows", "Bring your own license", 0.0),
    "RunInstances:0010": ("RHEL", "No License required", 0.0144),
}
"""By billing code: the operating system, the licence, and US dollars more for each vCPU an hour."""
