"""The cloud as somebody else sees it: through the `aws` program where it works, and through boto3."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import ExitStack, closing
from functools import cache
from typing import Any, Final, Self

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY

HOME: Final = "us-east-1"
AWAY: Final = "eu-west-1"
_AWS_SECONDS: Final = 120


class Boto3Account:
    """An account seen from outside; close it.

    Args:
        url: the endpoint.
        key: whose account it is.
    """

    def __init__(self, url: str, key: str = MAIN_ACCESS_KEY) -> None:
        self.url: Final = url
        """The endpoint."""
        self._key = key
        self._stack = ExitStack()
        self.ec2 = cache(self._client)
        """boto3's client of a region."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def image(self, image_id: str, region: str = HOME) -> dict[str, Any]:
        """An image as `aws ec2 describe-images` shows it, or boto3 where that program is not to be had."""
        if aws := aws_program():
            said = subprocess.run(
                [*aws, "ec2", "describe-images", "--image-ids", image_id, "--region", region, "--output", "json",
                 "--endpoint-url", self.url],
                env={**os.environ, "AWS_ACCESS_KEY_ID": self._key, "AWS_SECRET_ACCESS_KEY": "demo"},
                capture_output=True, text=True, timeout=_AWS_SECONDS, check=True,
            ).stdout  # fmt: skip
            found = json.loads(said)["Images"]
        else:
            found = self.ec2(region).describe_images(ImageIds=[image_id])["Images"]
        assert len(found) == 1
        return dict(found[0])

    def state_of(self, image_id: str, region: str = HOME) -> str:
        """An image's state; empty = it is no more."""
        try:
            return str(self.ec2(region).describe_images(ImageIds=[image_id])["Images"][0]["State"])
        except ClientError as error:
            code: Any = error.response
            if code["Error"]["Code"] not in ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"):
                raise
            return ""

    def named(self, name: str, region: str = HOME) -> list[dict[str, Any]]:
        """The account's images of that name, in whatever state."""
        filters = [{"Name": "name", "Values": [name]}]
        found: list[dict[str, Any]] = self.ec2(region).describe_images(
            Owners=["self"], Filters=filters, IncludeDisabled=True, IncludeDeprecated=True
        )["Images"]
        return found

    def id_of(self, name: str, region: str = HOME) -> str:
        """The id of the one image of that name."""
        (image,) = self.named(name, region)
        return str(image["ImageId"])

    def permissions(self, image_id: str, region: str = HOME) -> list[dict[str, str]]:
        """Whom an image may be launched by, besides its owner."""
        found: list[dict[str, str]] = self.ec2(region).describe_image_attribute(
            ImageId=image_id, Attribute="launchPermission"
        )["LaunchPermissions"]
        return found

    def snapshots(self, image: dict[str, Any], region: str = HOME) -> list[dict[str, Any]]:
        """The snapshots of an image, in the order of its devices."""
        volumes = [mapping.get("Ebs", {}) for mapping in image["BlockDeviceMappings"]]
        ids = [volume["SnapshotId"] for volume in volumes if "SnapshotId" in volume]
        found = self.ec2(region).describe_snapshots(SnapshotIds=ids)["Snapshots"]
        return sorted(found, key=lambda snapshot: ids.index(snapshot["SnapshotId"]))

    def instance(self, name: str) -> dict[str, Any]:
        """The instance of that name."""
        filters = [{"Name": "tag:Name", "Values": [name]}]
        found: dict[str, Any] = self.ec2(HOME).describe_instances(Filters=filters)["Reservations"][0]["Instances"][
            0
        ]
        return found

    def _client(self, region: str) -> Any:
        session = boto3.Session(aws_access_key_id=self._key, aws_secret_access_key="demo", region_name=region)
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        return self._stack.enter_context(closing(session.client("ec2", endpoint_url=self.url, config=config)))


def tags(resource: dict[str, Any]) -> dict[str, str]:
    """Tags of what EC2 described, by their keys."""
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}


@cache
def aws_program() -> tuple[str, ...]:
    """The `aws` program; nothing where there is none, or none that works."""
    path = shutil.which("aws")
    if path is None:
        return ()
    try:
        tried = subprocess.run([path, "--version"], capture_output=True, timeout=_AWS_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return (path,) if tried.returncode == 0 else ()
