"""What can be typed behind `amitui sync`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amitui.cli.common_options import command_parser, settings_of
from amitui.cli.numbers import seconds
from amitui.cli.options import CommandParser
from amitui.errors import UsageError


def _parser() -> CommandParser:
    parser = command_parser(
        "sync",
        "Update the local catalogue now: of what is cached, the parts in which new images appear, and those that\n"
        "are older than they may be. Safe while amitui is running; suitable for cron.",
        several_profiles=True,
    )
    parser.add("region", nargs="*", metavar="REGION", help="default: --region, or the profile's Region")
    parser.add("--full", action="store_true", help="fetch everything anew, whatever is cached")
    parser.add(
        "--retry",
        type=seconds,
        default=None,
        metavar="S",
        help="seconds to keep retrying when AWS does not respond (default: 300)",
    )
    parser.add(
        "--time",
        action="store_true",
        help="print what the calls for images took, by owner and creation date, and whether EC2 answers faster "
        "when owners are asked for by the Owners parameter or by the owner-id filter",
    )
    parser.add(
        "--publish",
        default=None,
        metavar="DEST",
        help="afterwards publish what is cached: s3://BUCKET/PREFIX or a folder",
    )
    parser.add("--include-mine", action="store_true", help="with --publish: also what this account alone sees")
    return parser


def sync_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    options = _parser().parse(argv)
    if options.include_mine and options.publish is None:
        raise UsageError("--include-mine goes with --publish", remedy="amitui sync --publish DEST --include-mine")
    options.regions = [*(options.regions or ()), *options.region] or None
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.sync import RETRY_S, sync

        retry_s = RETRY_S if options.retry is None else options.retry
        return sync(
            settings,
            full=options.full,
            retry_s=retry_s,
            time_calls=options.time,
            publish_to=options.publish,
            include_mine=options.include_mine,
        )

    return call
