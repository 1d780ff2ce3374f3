"""What an instance wrote to its console, as EC2 kept it."""

from __future__ import annotations

from typing import NamedTuple


class ConsoleOutput(NamedTuple):
    """The end of it: EC2 keeps 64 KB. All text is sanitized."""

    instance_id: str
    at: int | None
    """When EC2 took it over, in seconds since the epoch; `None` when it does not say."""
    lines: tuple[str, ...]
    """Without colours and other terminal controls; empty = EC2 has none (yet)."""
    live: bool
    """Whether EC2 read it now; else it is what EC2 kept when the instance last started, stopped or rebooted."""
