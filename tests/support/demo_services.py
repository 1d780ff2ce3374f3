"""The demo's services as boto3 reaches them from outside, and a connection that is not allowed everything."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Any, Final

import boto3
from botocore.config import Config

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import DeniedError

REGION: Final = "us-east-1"


class Services:
    """boto3's clients of an account, the main one unless its key says otherwise."""

    def __init__(self, url: str, stack: ExitStack, *, key: str = MAIN_ACCESS_KEY) -> None:
        self.url = url
        session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="demo", region_name=REGION)
        config = Config(retries={"total_max_attempts": 1}, proxies={})

        def client(service: str) -> Any:
            return stack.enter_context(closing(session.client(service, endpoint_url=url, config=config)))

        self.ec2, self.ssm, self.scaling = client("ec2"), client("ssm"), client("autoscaling")

    def image(self, name: str) -> str:
        filters = [{"Name": "name", "Values": [name]}]
        return str(self.ec2.describe_images(Owners=["self"], Filters=filters)["Images"][0]["ImageId"])

    def copy(self, name: str) -> str:
        """A registered image of its own for a test, with a snapshot of its own."""
        source = self.image("DoNotDelete")
        image_id: str = self.ec2.copy_image(Name=name, SourceImageId=source, SourceRegion=REGION)["ImageId"]
        return image_id

    def template(self, name: str, image: str) -> str:
        made = self.ec2.create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"}
        )
        return str(made["LaunchTemplate"]["LaunchTemplateId"])

    def version(self, template: str, image: str) -> int:
        made = self.ec2.create_launch_template_version(
            LaunchTemplateId=template, LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"}
        )
        return int(made["LaunchTemplateVersion"]["VersionNumber"])

    def parameter(self, name: str, image: str, **more: Any) -> None:
        self.ssm.put_parameter(Name=name, Value=image, Type="String", DataType="aws:ec2:image", **more)

    def group(self, name: str, **source: Any) -> None:
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=0, MaxSize=1, AvailabilityZones=["us-east-1a"], **source
        )


class Denying(Ec2Connection):
    """A connection of someone who may not call some operations."""

    def __init__(self, target: AwsTarget, denied: tuple[str, ...]) -> None:
        super().__init__(target)
        self._denied = denied

    async def service_call(
        self, service: str, region: str, operation: str, action: str, **parameters: Any
    ) -> dict[str, Any]:
        if operation in self._denied:
            raise DeniedError(f"not allowed to {action}", code="UnauthorizedOperation")
        return await super().service_call(service, region, operation, action, **parameters)
