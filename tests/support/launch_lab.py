"""A simulated EC2 with small quotas, asked by boto3 from outside: what it launches and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from itertools import count
from typing import Any, Final

import boto3
from botocore import handlers
from botocore.config import Config

from amitui.demo.cloud.cloud import Cloud
from amitui.demo.cloud.rules import Quotas
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, READER_ACCESS_KEY, SECOND_ACCESS_KEY
from amitui.demo.server.dispatch import Dispatcher
from amitui.demo.server.http import DemoHttpServer
from amitui.demo.server.main import listen
from tests.support.demo_account import AS_OF, seed

HOME: Final = "us-east-1"
QUOTAS: Final = Quotas(public_images=4, standard_vcpus=128, instances=40)
EMPTY: Final = "ap-east-1"
"""A Region in which no account has anything from the beginning."""
NOWHERE: Final = "0123456789abcdef0"
"""The end of an id that nothing has."""
PLAIN: Final = "DoNotDelete"
"""An image of x86_64 that boots as its type does."""


class Lab:
    """The cloud, its clients and what launches refer to."""

    def __init__(self, stack: ExitStack) -> None:
        self._ahead = 0.0
        self._serial = count(1)
        self._stack = stack
        self.dispatcher = Dispatcher(
            Cloud(AS_OF, now=lambda: AS_OF + self._ahead, speed=1, quotas=QUOTAS, seed=seed, fleet={})
        )
        server = DemoHttpServer(listen(0), self.dispatcher).start()
        stack.callback(server.stop)
        self.url: Final = server.url
        self.client = cache(self._client)
        self.ec2 = self.client("ec2")
        self.second = self.client("ec2", key=SECOND_ACCESS_KEY)
        self.reader = self.client("ec2", key=READER_ACCESS_KEY)

    def _client(self, service: str, region: str = HOME, key: str = MAIN_ACCESS_KEY, encodes: bool = True) -> Any:
        """boto3's client, which sends whatever it is given.

        Args:
            encodes: user data of RunInstances, as boto3 does by itself.
        """
        session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="demo", region_name=region)
        config = Config(retries={"total_max_attempts": 1}, proxies={}, parameter_validation=False)
        made = self._stack.enter_context(closing(session.client(service, endpoint_url=self.url, config=config)))
        if not encodes:
            made.meta.events.unregister(
                "before-parameter-build.ec2.RunInstances", handlers.base64_encode_user_data
            )
        return made

    def pass_time(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ahead += seconds

    def name(self, word: str) -> str:
        """A name that nothing has."""
        return f"{word}-{next(self._serial)}"

    def run(self, ec2: Any = None, **asked: Any) -> list[dict[str, Any]]:
        """The instances that a request starts; of one t3.micro of a plain image, unless it says otherwise."""
        asked = {"ImageId": self.image(), "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, **asked}
        given = {name: value for name, value in asked.items() if value is not None}
        started: list[dict[str, Any]] = (ec2 or self.ec2).run_instances(**given)["Instances"]
        return started

    def end(self, started: list[dict[str, Any]], ec2: Any = None) -> None:
        """Terminate instances, and wait for it."""
        (ec2 or self.ec2).terminate_instances(InstanceIds=[one["InstanceId"] for one in started])
        self.pass_time(120)

    def image(self, name: str = PLAIN, ec2: Any = None, **asked: Any) -> str:
        """The id of an image by its name, or by its pattern; own ones, unless the request says otherwise."""
        asked = {"Owners": ["self"], "IncludeDisabled": True, **asked}
        found = (ec2 or self.ec2).describe_images(Filters=[{"Name": "name", "Values": [name]}], **asked)["Images"]
        assert found, f"no image is called {name}"
        return str(found[0]["ImageId"])

    def described(self, image_id: str) -> dict[str, Any]:
        """What DescribeImages says of an image."""
        found: dict[str, Any] = self.ec2.describe_images(ImageIds=[image_id])["Images"][0]
        return found

    def snapshot(self, image_id: str) -> str:
        """The first snapshot of an image."""
        return str(self.described(image_id)["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"])

    def registered(self, **asked: Any) -> str:
        """A new image of the plain one's volume, with other facts."""
        volume = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": self.snapshot(self.image())}}
        asked = {"Architecture": "x86_64", "VirtualizationType": "hvm", "EnaSupport": True, **asked}
        made = self.ec2.register_image(
            Name=self.name("registered"), RootDeviceName="/dev/sda1", BlockDeviceMappings=[volume], **asked
        )
        self.pass_time(60)
        return str(made["ImageId"])

    def copy(self) -> str:
        """A new image with a snapshot that no other has."""
        made = self.ec2.copy_image(SourceImageId=self.image(), SourceRegion=HOME, Name=self.name("copy"))
        self.pass_time(3600)
        return str(made["ImageId"])

    def template(self, **data: Any) -> str:
        """The id of a new launch template."""
        made = self.ec2.create_launch_template(LaunchTemplateName=self.name("template"), LaunchTemplateData=data)
        return str(made["LaunchTemplate"]["LaunchTemplateId"])

    @cache  # noqa: B019 - one network of a lab that ends with its module
    def elsewhere(self) -> tuple[str, str]:
        """A subnet and a security group of a VPC that is not the default one."""
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/28", AvailabilityZone="us-east-1b")[
            "Subnet"
        ]
        group = self.ec2.create_security_group(GroupName="elsewhere", Description="x", VpcId=vpc)["GroupId"]
        return str(subnet["SubnetId"]), str(group)

    def default_subnet(self, zone: str, ec2: Any = None) -> str:
        """The zone's subnet in the default VPC."""
        listed = (ec2 or self.ec2).describe_subnets(Filters=[{"Name": "availability-zone", "Values": [zone]}])
        return next(str(one["SubnetId"]) for one in listed["Subnets"] if one["DefaultForAz"])

    def instances(self, ec2: Any = None) -> set[str]:
        """Ids of all instances."""
        pages = (ec2 or self.ec2).get_paginator("describe_instances").paginate()
        return {
            str(one["InstanceId"])
            for page in pages
            for reservation in page["Reservations"]
            for one in reservation["Instances"]
        }


@contextmanager
def launch_lab() -> Iterator[Lab]:
    """A lab of its own cloud."""
    with ExitStack() as stack:
        yield Lab(stack)
