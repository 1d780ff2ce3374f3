"""Images for programs in Python: boto3, the CDK and Pulumi."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from amitui.domain.image.row import ImageRow
from amitui.presentation.quoting import double_quoted
from amitui.presentation.snippets.lookup import Lookup, lookups


def boto3(rows: Iterable[ImageRow]) -> Iterator[str]:
    """`describe_images` and the newest of what it answers."""
    found = lookups(rows, regional=True)
    if found:
        yield "import boto3\n"
    for one in found:
        filters = "".join(
            f'        {{"Name": {double_quoted(name)}, "Values": [{double_quoted(value)}]}},\n'
            for name, value in one.filters
        )
        # Named by its id, a deprecated image is shown too.
        wanted = f"Filters=[\n{filters}    ]" if one.pattern else f"ImageIds=[{double_quoted(one.row.image_id)}]"
        yield (
            f"\n{one.comments('#')}"
            f'ec2 = boto3.client("ec2", region_name={double_quoted(one.row.region)})\n'
            f"images = ec2.describe_images(\n"
            f"    Owners=[{double_quoted(one.owner)}],\n"
            f"    {wanted},\n"
            f')["Images"]\n'
            f'{one.snake} = max(images, key=lambda image: image["CreationDate"])["ImageId"]\n'
        )


def cdk(rows: Iterable[ImageRow]) -> Iterator[str]:
    """Machine images of the CDK; what a look-up finds is kept in `cdk.context.json` until it is reset."""
    found = lookups(rows)
    if found:
        yield "from aws_cdk import aws_ec2 as ec2\n"
    for one in found:
        yield f"\n{one.comments('#')}{one.snake} = {_machine_image(one)}\n"


def _machine_image(one: Lookup) -> str:
    if not one.pattern:
        kind = "generic_windows" if one.windows else "generic_linux"
        return f"ec2.MachineImage.{kind}({{{double_quoted(one.row.region)}: {double_quoted(one.row.image_id)}}})"
    filters = ", ".join(
        f"{double_quoted(name)}: [{double_quoted(value)}]" for name, value in one.filters if name != "name"
    )
    windows = "    windows=True,\n" if one.windows else ""
    return (
        "ec2.MachineImage.lookup(\n"
        f"    name={double_quoted(one.pattern)},\n"
        f"    owners=[{double_quoted(one.owner)}],\n"
        f"    filters={{{filters}}},\n"
        f"{windows}"
        ")"
    )


def pulumi(rows: Iterable[ImageRow]) -> Iterator[str]:
    """Look-ups with Pulumi's provider for AWS."""
    found = lookups(rows)
    if found:
        yield "import pulumi_aws as aws\n"
    for one in found:
        filters = "".join(
            f'        {{"name": {double_quoted(name)}, "values": [{double_quoted(value)}]}},\n'
            for name, value in one.filters
        )
        yield (
            f"\n{one.comments('#')}{one.snake} = aws.ec2.get_ami(\n"
            f"    {'most_recent' if one.pattern else 'include_deprecated'}=True,\n"
            f"    owners=[{double_quoted(one.owner)}],\n"
            f"    filters=[\n{filters}    ],\n"
            ")\n"
        )
