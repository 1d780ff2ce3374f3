"""Images for the `aws` program: the command that finds the newest build, and the one that launches this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageRow
from amitui.domain.operations.plan import Call
from amitui.domain.shell import quoted
from amitui.presentation.aws_command import aws_command
from amitui.presentation.quoting import in_comment
from amitui.presentation.snippets.lookup import lookups

NEWEST: Final = "sort_by(Images, &CreationDate)[-1].ImageId"
"""For `--query`: dates of EC2 sort as texts."""

_SMALLEST: Final = {"arm64": "t4g.micro", "x86_64_mac": "mac1.metal", "arm64_mac": "mac2.metal"}
"""By architecture, an instance type that is small and runs such images."""


def find_commands(rows: Iterable[ImageRow]) -> Iterator[str]:
    """`aws ec2 describe-images`, which prints the id of the newest build."""
    for one in lookups(rows, regional=True):
        wanted = [{"Name": name, "Values": [value]} for name, value in one.filters]
        # Named by its id, a deprecated image is shown too.
        by = {"Filters": wanted} if one.pattern else {"ImageIds": [one.row.image_id]}
        parameters = {"Owners": [one.owner], **by}
        command = aws_command(Call("describe_images", one.row.region, parameters, "find the image"))
        yield f"{one.comments('#')}{command} --query {quoted(NEWEST)} --output text\n"


def launch_commands(rows: Iterable[ImageRow]) -> Iterator[str]:
    """`aws ec2 run-instances` with this image, and a small instance type that it runs on."""
    for row in rows:
        parameters = {"ImageId": row.image_id, "InstanceType": _instance_type(row), "MinCount": 1, "MaxCount": 1}
        command = aws_command(Call("run_instances", row.region, parameters, "launch an instance"))
        yield f"# {in_comment(row.name or row.description or '(no name)')}\n{command}\n"


def _instance_type(row: ImageRow) -> str:
    if row.virtualization == "paravirtual":
        return "t1.micro"
    before_nitro = row.architecture in ("i386", "x86_64") and not row.flags & ImageFlag.ENA
    return "t2.micro" if before_nitro else _SMALLEST.get(row.architecture, "t3.micro")
