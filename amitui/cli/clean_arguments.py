"""What can be typed behind `amitui clean`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amitui.cli.common_options import command_parser, settings_of
from amitui.domain.visible import show_invisible
from amitui.errors import UsageError


def clean_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = command_parser(
        "clean",
        "Clean up own images by a retention rule: [clean.NAME] of the config, or the built-in `default`. --plan\n"
        "(the default) prints what would go, what stays, and why, and changes nothing. --apply HASH carries out\n"
        "the plan with that hash: it is made anew, and refused where it is another one by now. Exit codes:\n"
        "0 printed, or all done; 1 nothing to do; 2 usage, or the plan has changed; 3 AWS, or something failed;\n"
        "4 journal.",
        several_profiles=True,
    )
    add = parser.add
    add("rule", nargs="*", metavar="RULE", help="a rule of the config; default: the only one, or `default`")
    add("--plan", action="store_true", help="print the plan (the default)")
    add("--apply", metavar="HASH", help="carry out the plan with this hash")
    add(
        "--confirm",
        action="append",
        metavar="NAME",
        help="for production: the profile or account that the screen has typed; repeatable",
    )
    add("--read-only", action="store_true", default=None, help="refuse every request that changes AWS")
    add("-o", "--output", choices=("table", "json"), default="table", help="of the plan; default: table")
    options = parser.parse(argv)
    if len(options.rule) > 1:
        raise UsageError("one rule at a time", remedy="amitui clean RULE --plan")
    if options.plan and options.apply:
        raise UsageError("--plan and --apply exclude each other", remedy="leave out one of them")
    if options.apply is not None:
        _require_hash(options.apply)
    config = options.config_file or ""
    settings = settings_of(options, "read_only")

    def call() -> int:
        from amitui.cli.clean import CleanRequest, clean

        rule = options.rule[0] if options.rule else ""
        request = CleanRequest(rule, options.apply or "", tuple(options.confirm or ()), options.output, config)
        return clean(settings, request)

    return call


def _require_hash(text: str) -> None:
    from amitui.domain.retention.plan import HASH_DIGITS, is_hash

    remedy = "amitui clean RULE --plan prints it"
    if not text:
        raise UsageError("--apply needs a hash", why="it is empty", remedy=remedy)
    if not is_hash(text):
        raise UsageError(
            f"--apply {show_invisible(text)[:40]}: this is no hash of a plan",
            why=f"a hash has {HASH_DIGITS} characters, 0-9 and a-f",
            remedy=remedy,
        )
