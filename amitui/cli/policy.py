"""`amitui policy`: the least IAM policy for what amitui calls."""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from amitui.catalog.sharing.s3 import bucket_and_prefix
from amitui.cli.messages import say, warn
from amitui.domain.region import checked_region, partition_of
from amitui.domain.visible import show_invisible
from amitui.ec2.policy import LONGEST, Policy, full_policy, publish_policy, pull_policy, reads_policy
from amitui.errors import UsageError

_ROLE: Final = r"(?:[!#%-)+-.0->@-~]+/)*[\w+=,.@-]{1,64}"
"""Name of a role, perhaps with its path, in which `*`, `?` and `$` would stand for other roles, too."""


class PolicyRequest(NamedTuple):
    """What was typed behind `amitui policy`."""

    read_only: bool = False
    publish: str | None = None
    pull: str | None = None
    regions: tuple[str, ...] = ()
    role: str = ""
    output: str = "json"


def policy(request: PolicyRequest) -> int:
    """Print the policy; the exit code.

    Raises:
        UsageError: an address, a Region or a role that is none.
    """
    found = _asked(request)
    compact = json.dumps(found, separators=(",", ":"))
    print(compact if request.output == "compact" else json.dumps(found, indent=2))
    if len(compact) > LONGEST:
        warn(f"{len(compact):,} characters: a managed policy holds {LONGEST:,}; split it by its statements")
    else:
        say(f"{len(compact):,} of the {LONGEST:,} characters that a managed policy holds")
    return 0


def _asked(request: PolicyRequest) -> Policy:
    if request.publish is not None:
        return publish_policy(*_bucket(request.publish))
    if request.pull is not None:
        return pull_policy(*_bucket(request.pull))
    regions = tuple(checked_region(name) for name in request.regions)
    partitions = {partition_of(region) for region in regions} or {"aws"}
    if len(partitions) > 1:
        raise UsageError(
            f"these Regions are of several partitions: {', '.join(sorted(partitions))}",
            why="a policy belongs to an account, and an account to one partition",
            remedy="print one policy for each",
        )
    if request.role and re.fullmatch(_ROLE, request.role, re.ASCII) is None:
        raise UsageError(
            "--role is not a role's name", remedy="its name without the ARN: amitui policy --role Reader"
        )
    make = reads_policy if request.read_only else full_policy
    return make(regions, role=request.role, partition=partitions.pop())


def _bucket(address: str) -> tuple[str, str]:
    if not address.startswith("s3://"):
        raise UsageError(
            f"{show_invisible(address)} is no bucket",
            why="a folder or a web server needs no IAM policy",
            remedy="s3://BUCKET or s3://BUCKET/PREFIX",
        )
    return bucket_and_prefix(address)
