"""Images for programs in TypeScript: the CDK and Pulumi."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from amitui.domain.image.row import ImageRow
from amitui.presentation.quoting import script_string
from amitui.presentation.snippets.lookup import Lookup, lookups


def cdk(rows: Iterable[ImageRow]) -> Iterator[str]:
    """Machine images of the CDK; what a look-up finds is kept in `cdk.context.json` until it is reset."""
    found = lookups(rows)
    if found:
        yield 'import * as ec2 from "aws-cdk-lib/aws-ec2";\n'
    for one in found:
        yield f"\n{one.comments('//')}const {one.camel} = {_machine_image(one)};\n"


def _machine_image(one: Lookup) -> str:
    if not one.pattern:
        kind = "genericWindows" if one.windows else "genericLinux"
        return f"ec2.MachineImage.{kind}({{ {script_string(one.row.region)}: {script_string(one.row.image_id)} }})"
    filters = ", ".join(
        f"{script_string(name)}: [{script_string(value)}]" for name, value in one.filters if name != "name"
    )
    windows = "  windows: true,\n" if one.windows else ""
    return (
        "ec2.MachineImage.lookup({\n"
        f"  name: {script_string(one.pattern)},\n"
        f"  owners: [{script_string(one.owner)}],\n"
        f"  filters: {{ {filters} }},\n"
        f"{windows}"
        "})"
    )


def pulumi(rows: Iterable[ImageRow]) -> Iterator[str]:
    """Look-ups with Pulumi's provider for AWS."""
    found = lookups(rows)
    if found:
        yield 'import * as aws from "@pulumi/aws";\n'
    for one in found:
        filters = "".join(
            f"    {{ name: {script_string(name)}, values: [{script_string(value)}] }},\n"
            for name, value in one.filters
        )
        yield (
            f"\n{one.comments('//')}const {one.camel} = aws.ec2.getAmiOutput({{\n"
            f"  {'mostRecent' if one.pattern else 'includeDeprecated'}: true,\n"
            f"  owners: [{script_string(one.owner)}],\n"
            f"  filters: [\n{filters}  ],\n"
            "});\n"
        )
