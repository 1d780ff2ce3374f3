"""An account at work in a simulated cloud of its own, whose clock the test moves."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from amitui.demo.cloud.cloud import Cloud
from amitui.demo.cloud.model import CloudError, CloudImage
from amitui.demo.seed.accounts import MAIN_ACCOUNT, SECOND_ACCOUNT, Caller
from amitui.demo.seed.region import region_images

AS_OF = 1_795_219_200
"""21 November 2026."""
HOUR = 3600
DAY = 24 * HOUR
HOME = "us-east-1"


_made = cache(region_images)


def seed(region: str, as_of: int) -> list[CloudImage]:
    """A region's images, made once for all tests: clouds replace records and never change them in place."""
    return [CloudImage(image.record, image.shared_with) for image in _made(region, as_of)]


class Account:
    """A caller's view of a cloud: `ask` gets answers, `refused` gets error codes.

    Args:
        beside: in whose cloud; a new one if not given.
        options: of the new cloud.
    """

    def __init__(
        self,
        account: str = MAIN_ACCOUNT,
        region: str = HOME,
        *,
        beside: Account | None = None,
        read_only: bool = False,
        **options: Any,
    ) -> None:
        self._times: list[float] = beside._times if beside else [float(AS_OF)]
        self.cloud: Cloud = (
            beside.cloud if beside else Cloud(AS_OF, now=lambda: self._times[0], speed=1, seed=seed, **options)
        )
        self.caller = Caller(account, region, read_only)

    def beside(self, account: str = MAIN_ACCOUNT, region: str = HOME) -> Account:
        """Another account, or another region, in the same cloud."""
        return Account(account, region, beside=self)

    @property
    def now(self) -> float:
        return self._times[0]

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._times[0] += seconds

    def ask(self, operation: str, **params: Any) -> dict[str, Any]:
        return self.cloud.call(operation, self.caller, params)

    def refused(self, operation: str, **params: Any) -> str:
        """The error code of a request that must fail."""
        with pytest.raises(CloudError) as caught:
            self.ask(operation, **params)
        return caught.value.code

    def image(self, image_id: str) -> dict[str, Any]:
        """What DescribeImages says about one image."""
        found: dict[str, Any] = self.ask("DescribeImages", ImageIds=[image_id])["Images"][0]
        return found

    def snapshots_of(self, image_id: str) -> list[str]:
        return [m["Ebs"]["SnapshotId"] for m in self.image(image_id)["BlockDeviceMappings"] if "Ebs" in m]

    def named(self, name: str) -> str:
        """The id of an image by its name, or its pattern: the first if there are more."""
        filters = [{"Name": "name", "Values": [name]}, {"Name": "owner-id", "Values": [self.caller.account]}]
        found = self.ask("DescribeImages", Filters=filters, IncludeDisabled=True)["Images"]
        assert found, f"no image is called {name}"
        return str(found[0]["ImageId"])

    def foreign(self, **params: Any) -> str:
        """The id of an image of someone else."""
        everyone = self.ask("DescribeImages", **({"Owners": ["amazon"]} | params))["Images"]
        return next(str(i["ImageId"]) for i in everyone if i["OwnerId"] != self.caller.account)

    def permissions(self, image_id: str) -> list[dict[str, str]]:
        answer = self.ask("DescribeImageAttribute", ImageId=image_id, Attribute="launchPermission")
        listed: list[dict[str, str]] = answer["LaunchPermissions"]
        return listed


def second(account: Account) -> Account:
    """The same person's second account in the same cloud."""
    return account.beside(SECOND_ACCOUNT)
