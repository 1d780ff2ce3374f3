"""A simulated AWS account with a fleet, asked by boto3 from outside, whose clock tests move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from itertools import count
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from amitui.demo.cloud.cloud import Cloud
from amitui.demo.cloud.systems_manager.parameters import VALIDATION
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from amitui.demo.server.dispatch import Dispatcher
from amitui.demo.server.http import DemoHttpServer
from amitui.demo.server.main import listen
from tests.support.demo_account import AS_OF, HOME, seed

STEP: Final = 5.0
"""Seconds by which time passes while something is waited for."""
LONG: Final = 20_000.0


class FleetLab:
    """The cloud and its clients."""

    def __init__(self, stack: ExitStack, **options: Any) -> None:
        self._ahead = 0.0
        self._serial = count(1)
        self._stack = stack
        self.cloud = Cloud(AS_OF, now=lambda: AS_OF + self._ahead, speed=1, seed=seed, **options)
        server = DemoHttpServer(listen(0), Dispatcher(self.cloud)).start()
        stack.callback(server.stop)
        self.url: Final = server.url
        self.client = cache(self._client)
        self.ec2, self.ssm, self.scaling = (self.client(one) for one in ("ec2", "ssm", "autoscaling"))

    def _client(self, service: str, region: str = HOME, key: str = MAIN_ACCESS_KEY) -> Any:
        session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="demo", region_name=region)
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        made = session.client(service, endpoint_url=self.url, config=config)
        return self._stack.enter_context(closing(made))

    def pass_time(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ahead += seconds

    def name(self, word: str) -> str:
        """A name that nothing has."""
        return f"{word}-{next(self._serial)}"

    def build(self, family: str, back: int = 0) -> str:
        """The id of the `back`-th newest available own build of a family."""
        filters = [{"Name": "name", "Values": [f"{family}*"]}, {"Name": "state", "Values": ["available"]}]
        found = self.ec2.describe_images(Owners=["self"], Filters=filters)["Images"]
        return str(sorted(found, key=lambda one: str(one["CreationDate"]), reverse=True)[back]["ImageId"])

    def copy(self, **tags: str) -> str:
        """A new own image."""
        source = self.build("acme-web")
        made = self.ec2.copy_image(SourceImageId=source, SourceRegion=HOME, Name=self.name("copy"))["ImageId"]
        self.pass_time(3000)
        if tags:
            self.ec2.create_tags(Resources=[made], Tags=[{"Key": key, "Value": tags[key]} for key in tags])
        return str(made)

    def template(self, *images: str, kind: str = "t3.micro") -> str:
        """The id of a new template with a version of each image; the first is the default."""
        data = [{"ImageId": image, "InstanceType": kind} for image in images]
        made = self.ec2.create_launch_template(
            LaunchTemplateName=self.name("template"), LaunchTemplateData=data[0]
        )
        template = str(made["LaunchTemplate"]["LaunchTemplateId"])
        for one in data[1:]:
            self.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=one)
        return template

    def group(self, size: int = 4, **source: Any) -> str:
        """The name of a new group whose instances serve."""
        name = self.name("group")
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=0, MaxSize=2 * size, DesiredCapacity=size,
            AvailabilityZones=[f"{HOME}a"], DefaultInstanceWarmup=60, **source,
        )  # fmt: skip
        self.pass_time(60)
        return name

    def described(self, name: str) -> dict[str, Any]:
        """A group."""
        (found,) = self.scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
        return dict(found)

    def images(self, name: str) -> list[str]:
        """The images of a group's instances, as EC2 tells them by the group's tag."""
        filters = [
            {"Name": "tag:aws:autoscaling:groupName", "Values": [name]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        found = self.ec2.describe_instances(Filters=filters)["Reservations"]
        return sorted(one["ImageId"] for entry in found for one in entry["Instances"])

    def refresh(self, name: str, **asked: Any) -> str:
        """Start an instance refresh."""
        return str(self.scaling.start_instance_refresh(AutoScalingGroupName=name, **asked)["InstanceRefreshId"])

    def state(self, name: str) -> dict[str, Any]:
        """The newest instance refresh of a group."""
        found = self.scaling.describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"]
        return dict(found[0])

    def until(self, name: str, *statuses: str) -> list[dict[str, Any]]:
        """What the newest refresh was on its way until it has one of the statuses."""
        seen = [self.state(name)]
        waited = 0.0
        while seen[-1]["Status"] not in statuses:
            assert waited < LONG, f"{seen[-1]} does not become {statuses}"
            self.pass_time(STEP)
            waited += STEP
            seen.append(self.state(name))
        return seen

    def put_image(self, name: str, image: str) -> None:
        """Let a parameter hold an image."""
        self.ssm.put_parameter(Name=name, Value=image, Type="String", DataType="aws:ec2:image", Overwrite=True)
        self.pass_time(VALIDATION)


@contextmanager
def fleet_lab(**options: Any) -> Iterator[FleetLab]:
    """A new cloud with its clients."""
    with ExitStack() as stack:
        yield FleetLab(stack, **options)


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The block has to fail with that code."""
    with pytest.raises(ClientError) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code, caught.value
