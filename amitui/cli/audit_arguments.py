"""What can be typed behind `amitui audit`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from amitui.cli.common_options import command_parser, settings_of

if TYPE_CHECKING:
    from amitui.cli.options import CommandParser

FORMATS: Final = ("table", "json", "csv", "sarif")


def audit_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = _parser()
    options = parser.parse(argv)
    options.regions = [*(options.regions or ()), *options.region] or None
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.audit import AuditRequest, audit
        from amitui.domain.fleet.fail_on import FailOn, Selection, fail_on, selection

        request = AuditRequest(
            options.output,
            FailOn() if options.fail_on is None else fail_on(options.fail_on),
            Selection() if options.only is None else selection(options.only),
            options.all_regions,
        )
        return audit(settings, request)

    return call


def _parser() -> CommandParser:
    parser = command_parser(
        "audit",
        "Audit what runs: each instance, launch template, launch configuration, Auto Scaling group and parameter\n"
        "of these Regions, with the image it stands on, how far that is behind the newest of its family, and its\n"
        "successor. Changes nothing in AWS. Exit codes: 0 nothing that --fail-on names; 5 something that it\n"
        "names; 2 usage; 3 AWS, credentials, or a part that could not be read; 4 cache.",
        several_profiles=True,
    )
    add = parser.add
    add("region", nargs="*", metavar="REGION", help="default: --region, or the profile's Region")
    add("--all-regions", action="store_true", help="every Region that the account has enabled")
    add("-o", "--output", choices=FORMATS, default="table", help="default: table")
    add(
        "--fail-on",
        metavar="WORDS",
        help="exit with 5 when anything is stale:90d, deprecated, disabled, gone, untrusted, vulnerable, "
        "unsupported, paid, behind, unknown or any; separated by commas",
    )
    add("--only", metavar="WORDS", help="list only these verdicts and kinds: gone,stale,instance,template,group,…")
    return parser
