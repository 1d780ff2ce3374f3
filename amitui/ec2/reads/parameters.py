"""Reads parameters of Systems Manager by their names: narrow look-ups, never the tree below `/aws/service`.

Source: GetParameters of the Systems Manager API reference: at most ten names a call, unknown ones apart.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from amitui.domain.epoch import epoch_seconds
from amitui.ec2.convert import sanitize
from amitui.ec2.query import batches, dicts, text_of, whole
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError, DeniedError

_NAMES_A_CALL: Final = 10
_AT_ONCE: Final = 8
"""Calls side by side."""


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


async def parameter_values(
    connection: Ec2Connection,
    region: str,
    names: Collection[str],
    unread: list[tuple[str, AmituiError]],
    *,
    action: str = "read the parameters of launch templates",
) -> dict[str, str]:
    """The values of parameters by the names that were asked for; those that do not exist are left out.

    Args:
        names: with a version or label behind a colon, if any.
        unread: takes the names that could not be read, each with its error.
        action: what it does in words, for errors.
    """
    found: dict[str, str] = {}
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(asked: Sequence[str]) -> None:
        try:
            async with gate:
                answer = await connection.service_call("ssm", region, "get_parameters", action, Names=list(asked))
        except DeniedError as error:
            # IAM refuses the whole call for one name that is not allowed.
            if len(asked) == 1:
                unread.append((asked[0], error))
            else:
                await asyncio.gather(*(read([name]) for name in asked))
            return
        except AmituiError as error:
            unread.extend((name, error) for name in asked)
            return
        found.update(_values(asked, answer))

    # One by one where a version or label is named: an answer does not say for which of several it is.
    plain = [name for name in names if ":" not in name]
    calls = [*batches(plain, _NAMES_A_CALL), *([name] for name in names if ":" in name)]
    await asyncio.gather(*map(read, calls))
    return found


def _values(asked: Sequence[str], answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in dicts(answer.get("Parameters")):
        yield (asked[0] if len(asked) == 1 else text_of(entry, "Name")), text_of(entry, "Value")


def _moment(value: object) -> int | None:
    """Seconds since the epoch of what botocore makes of a time of Systems Manager."""
    return epoch_seconds(int(value.timestamp()) if isinstance(value, datetime) else value)


def _image_id(value: str) -> str:
    """The id that a value is or, as ECS writes it, has in a JSON object."""
    if value.startswith("{"):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            return sanitize(value)
        if isinstance(read, dict) and isinstance(read.get("image_id"), str):
            return sanitize(read["image_id"])
    return sanitize(value)
