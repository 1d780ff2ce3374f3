"""The AWS services that plans call, by botocore's names. They stand in the journal: they never change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EC2: Final = "ec2"
AUTO_SCALING: Final = "autoscaling"
SSM: Final = "ssm"

TITLES: Final[Mapping[str, str]] = {EC2: "EC2", AUTO_SCALING: "Auto Scaling", SSM: "Systems Manager"}
"""What they are called on the screen."""


def title_of(service: str) -> str:
    """What a service is called; one that a newer amitui wrote to the journal by its bare name."""
    return TITLES.get(service, service)
