"""What can be typed behind `amitui policy`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amitui.cli.options import CommandParser
from amitui.errors import UsageError


def policy_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = CommandParser(
        "policy",
        "Print the least IAM policy for what amitui calls, as JSON that can be pasted into IAM: all that it can\n"
        "do, or with --read-only what browsing, finding and auditing need. Asks AWS nothing. Exit codes:\n"
        "0 printed, 2 usage.",
    )
    add = parser.add
    add("--read-only", action="store_true", help="for browsing, finding and auditing, without any change")
    add("--publish", metavar="DEST", help="for the job that publishes to s3://BUCKET/PREFIX, and no more")
    add("--pull", metavar="SRC", help="for those who pull from s3://BUCKET/PREFIX, and no more")
    add("--region", action="append", dest="regions", metavar="R", help="only in this Region; repeatable")
    add("--role", metavar="ROLE", help="also to use the accounts of an organization through this role")
    add("-o", "--output", choices=("json", "compact"), default="json", help="default: json; compact: in one line")
    options = parser.parse(argv)
    chosen = [name for name in ("read_only", "publish", "pull") if getattr(options, name)]
    if len(chosen) > 1:
        raise UsageError(
            "--read-only, --publish and --pull exclude each other",
            why="each is the policy of another reader or job",
            remedy="print one after the other",
        )
    if (options.publish or options.pull) and (options.regions or options.role):
        raise UsageError("--region and --role do not go with --publish and --pull", remedy="leave them out")

    def call() -> int:
        from amitui.cli.policy import PolicyRequest, policy

        regions = tuple(part for word in options.regions or () for part in word.split(",") if part)
        return policy(
            PolicyRequest(
                options.read_only, options.publish, options.pull, regions, options.role or "", options.output
            )
        )

    return call
