"""What can be typed behind `amitui info` and `amitui cache`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amitui.cli.common_options import command_parser, settings_of
from amitui.cli.numbers import megabytes


def info_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = command_parser("info", "Show versions, paths, and what is cached with its age and size.")
    parser.add("-o", "--output", choices=("text", "json"), default="text")
    options = parser.parse(argv)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.info import info

        return info(settings, output=options.output)

    return call


def cache_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = command_parser(
        "cache",
        "Manage the local copy of the catalogue.\n"
        "  show   what each Region takes on disk, and when it was last used\n"
        "  trim   remove the public images of the Regions used the longest ago, until the cache is within its "
        "limit (cache_limit_mb); your own images and imported ones stay\n"
        "  clear  delete the cached catalogue",
    )
    parser.add("action", choices=("show", "trim", "clear"), help="what to do")
    parser.add(
        "--to", type=megabytes, default=None, metavar="MB", help="trim: this limit instead of the configured one"
    )
    parser.add("-o", "--output", choices=("text", "json"), default="text", help="of show")
    options = parser.parse(argv)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.cache import show, trim_command
        from amitui.cli.info import clear

        if options.action == "clear":
            return clear(settings)
        if options.action == "trim":
            return trim_command(settings, options.to)
        return show(settings, output=options.output)

    return call
