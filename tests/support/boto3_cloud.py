"""A simulated EC2 that tests prepare and read through boto3, and whose clock they move.

It is on a socket of this process; those who are killed are others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qsl

from amitui.demo.cloud.cloud import Cloud
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, SECOND_ACCESS_KEY
from amitui.demo.server.dispatch import Answer, Dispatcher, Request
from amitui.demo.server.http import DemoHttpServer
from amitui.demo.server.main import listen, today
from tests.integration.test_demo_server import client

HOME: Final = "us-east-1"
AWAY: Final = "eu-west-1"
_DAY: Final = 86_400
_LONG_AGO: Final = 6 * 3600
"""Seconds by which a cloud is behind until it has been prepared."""
_READS: Final = ("Describe", "Get", "List")


class _RecordingDispatcher(Dispatcher):
    """Remembers what was accepted and changed something: the action and its parameters."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.accepted: list[tuple[str, dict[str, str]]] = []

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        form = dict(parse_qsl(request.body.decode()))
        action = form.get("Action", "")
        if answer.status == 200 and not action.startswith(_READS):
            self.accepted.append((action, form))
        return answer


class Boto3Cloud:
    """The cloud as seen from outside, by its main account and by its second one.

    Args:
        speed: by what the time is divided that EC2's work takes.
    """

    def __init__(self, stack: ExitStack, speed: float) -> None:
        self._ahead: float = -_LONG_AGO
        self._serial = count(1)
        self._dispatcher = _RecordingDispatcher(Cloud(today() - _DAY, now=self.now, speed=speed))
        server = DemoHttpServer(listen(0), self._dispatcher).start()
        stack.callback(server.stop)
        self.url: Final = server.url
        self._plain = cache(_plain_image)
        self._client = cache(
            lambda region, key: stack.enter_context(client(self.url, region=region, key=key)),
        )

    def now(self) -> float:
        """Its time, in seconds since the epoch."""
        return time.time() + self._ahead

    def pass_time(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ahead += seconds

    def catch_up(self) -> None:
        """It has been prepared: what was done was done a while ago, and now it is now."""
        self._ahead = max(0.0, self._ahead)

    def ec2(self, region: str = HOME) -> Any:
        """boto3's client of the main account."""
        return self._client(region, MAIN_ACCESS_KEY)

    @property
    def second(self) -> Any:
        """boto3's client of the second account."""
        return self._client(HOME, SECOND_ACCESS_KEY)

    def times(self, action: str, **parameters: Any) -> int:
        """How often a request with these parameters was accepted."""
        return sum(
            one == action and all(form.get(name) == value for name, value in parameters.items())
            for one, form in self._dispatcher.accepted
        )

    def name(self, word: str) -> str:
        """A name that nothing has."""
        return f"{word}-{next(self._serial)}"

    def own_images(self, region: str = HOME, **filters: str) -> dict[str, dict[str, Any]]:
        """The main account's images by id, in whatever state; of the filters `_` stands for `-`."""
        found = self.ec2(region).describe_images(
            Owners=["self"],
            IncludeDeprecated=True,
            IncludeDisabled=True,
            Filters=[{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()],
        )
        return {image["ImageId"]: image for image in found["Images"]}

    def own_snapshots(self, region: str = HOME) -> set[str]:
        """Ids of the main account's snapshots."""
        pages = self.ec2(region).get_paginator("describe_snapshots").paginate(OwnerIds=["self"])
        return {snapshot["SnapshotId"] for page in pages for snapshot in page["Snapshots"]}

    def image(self, image_id: str) -> dict[str, Any]:
        """An image as it is now."""
        found = self.ec2().describe_images(ImageIds=[image_id])["Images"]
        assert len(found) == 1
        return dict(found[0])

    def named(self, name: str, region: str = HOME) -> list[dict[str, Any]]:
        """The main account's images of that name."""
        return list(self.own_images(region, name=name).values())

    def copies(self, how_many: int, word: str, ec2: Any = None) -> list[str]:
        """New images of an account's own, each with a snapshot that no other image has; long available."""
        account = ec2 or self.ec2()
        source = self._plain(account)
        made = [
            str(account.copy_image(SourceImageId=source, SourceRegion=HOME, Name=self.name(word))["ImageId"])
            for _ in range(how_many)
        ]
        self.pass_time(600)
        return made


@contextmanager
def boto3_cloud(speed: float) -> Iterator[Boto3Cloud]:
    """A new cloud, hours ago."""
    with ExitStack() as stack:
        yield Boto3Cloud(stack, speed)


def snapshots_of(image: dict[str, Any]) -> list[str]:
    """Ids of an image's snapshots."""
    return [str(mapping["Ebs"]["SnapshotId"]) for mapping in image["BlockDeviceMappings"] if "Ebs" in mapping]


def _plain_image(account: Any) -> str:
    return str(next(filter(_is_plain, account.describe_images(Owners=["self"])["Images"]))["ImageId"])


def _is_plain(image: dict[str, Any]) -> bool:
    volumes = [mapping["Ebs"] for mapping in image["BlockDeviceMappings"] if "Ebs" in mapping]
    fits = image["State"] == "available" and image["VirtualizationType"] == "hvm" and not image.get("ProductCodes")
    return fits and len(volumes) == 1 and not volumes[0].get("Encrypted")
