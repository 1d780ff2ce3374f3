"""Reads what an instance wrote to its console. Whoever runs in it decides what that is; none of it is obeyed."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from amitui.domain.epoch import epoch_seconds
from amitui.domain.launch.console import ConsoleOutput
from amitui.domain.terminal_output import shown_line
from amitui.ec2.query import Ec2Client
from amitui.errors import AwsError

MOST_CHARACTERS: Final = 262_144
"""Most that is shown of a console, its end; EC2 gives 64 KB."""

_NOT_LIVE: Final = frozenset({"UnsupportedOperation", "InvalidParameterCombination"})
"""How EC2 refuses to read the console now: only instances on Nitro support it."""


async def console_output(connection: Ec2Client, region: str, instance_id: str) -> ConsoleOutput:
    """The console as it is now where EC2 supports that, else as EC2 stored it last.

    Raises:
        AwsError: in words.
    """
    words = ("get_console_output", f"read the console of {instance_id}")
    try:
        answer = await connection.call(region, *words, InstanceId=instance_id, Latest=True)
        live = True
    except AwsError as error:
        if error.code not in _NOT_LIVE:
            raise
        answer = await connection.call(region, *words, InstanceId=instance_id)
        live = False
    return ConsoleOutput(instance_id, _moment(answer.get("Timestamp")), lines_of(answer.get("Output")), live)


def lines_of(output: object) -> tuple[str, ...]:
    """A console's text as lines that are safe to show.

    Args:
        output: as botocore decoded it; anything but a text is no output.
    """
    if not isinstance(output, str):
        return ()
    text = output[-MOST_CHARACTERS:].replace("\r\n", "\n")
    lines = [shown_line(line) for line in text.split("\n")]
    while lines and not lines[-1]:
        del lines[-1]
    return tuple(lines)


def _moment(value: object) -> int | None:
    return int(value.timestamp()) if isinstance(value, datetime) else epoch_seconds(value)
