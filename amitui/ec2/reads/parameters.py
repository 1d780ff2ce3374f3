"""Reads public parameters of Systems Manager by their names: narrow look-ups, never the tree below `/aws/service`.

Source: GetParameters of the Systems Manager API reference: at most ten names a call, unknown ones apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from amitui.ec2.convert import epoch_seconds, sanitize
from amitui.ec2.query import batches, dicts, text_of, whole
from amitui.ec2.session import Ec2Connection

_NAMES_A_CALL: Final = 10


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """What a parameter says in one Region; text is sanitized."""

    path: str
    image_id: str
    """Its value; of a JSON value that has one, the image id in it."""
    version: int | None
    modified: int | None
    """When this version was made, epoch seconds."""


async def public_parameters(
    connection: Ec2Connection, region: str, paths: Sequence[str]
) -> dict[str, ParameterValue]:
    """The values of these parameters by path; those that the Region does not have are left out.

    Raises:
        AwsError: in words; `DeniedError` names `ssm:GetParameters`.
    """
    found: dict[str, ParameterValue] = {}
    for names in batches(list(dict.fromkeys(paths)), _NAMES_A_CALL):
        answer = await connection.service_call(
            "ssm", region, "get_parameters", "read public parameters", Names=names
        )
        for entry in dicts(answer.get("Parameters")):
            path = text_of(entry, "Name")
            found[path] = ParameterValue(
                path,
                _image_id(text_of(entry, "Value")),
                whole(entry.get("Version")),
                _moment(entry.get("LastModifiedDate")),
            )
    return found


def _moment(value: object) -> int | None:
    """Seconds since the epoch of what botocore makes of a time of Systems Manager."""
    return epoch_seconds(int(value.timestamp()) if isinstance(value, datetime) else value)


def _image_id(value: str) -> str:
    """The id that a value is or, as ECS writes it, has in a JSON object."""
    if value.startswith("{"):
        try:
            read = json.loads(value)
        except ValueError:
            return sanitize(value)
        if isinstance(read, dict) and isinstance(read.get("image_id"), str):
            return sanitize(read["image_id"])
    return sanitize(value)
