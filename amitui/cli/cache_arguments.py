"""What can be typed behind `amitui info` and `amitui cache`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from amitui.cli.common_options import command_parser, settings_of
from amitui.cli.numbers import megabytes
from amitui.errors import UsageError

if TYPE_CHECKING:
    from types import SimpleNamespace

    from amitui.errors import AmituiError


def info_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = command_parser(
        "info",
        "Show versions, paths, and what is cached with its age and size. --check tests what keeps amitui from\n"
        "working, with a verdict a line: credentials, Region, clock, the way to the endpoint, terminal,\n"
        "clipboard, cache, locks, journal, config and versions. Exit codes of --check: 0 nothing failed,\n"
        "2 usage, 3 AWS, credentials or network, 4 something on this machine.",
    )
    parser.add("--check", action="store_true", help="test what keeps amitui from working")
    parser.add("-o", "--output", choices=("text", "json"), default="text")
    options = parser.parse(argv)
    if options.check:
        return _check_call(options)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.info import info

        return info(settings, output=options.output)

    return call


def _check_call(options: SimpleNamespace) -> Callable[[], int]:
    problem: AmituiError | None = None
    try:
        settings = settings_of(options)
    except UsageError as error:
        # The other checks are made with the settings that are left: the typed ones.
        problem = error
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AMITUI_")}
        options.config_file = os.devnull
        settings = settings_of(options, environ=plain)

    def call() -> int:
        from amitui.cli.check import check

        return check(settings, problem, output=options.output)

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
