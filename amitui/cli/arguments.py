"""What can be typed behind `amitui`, and which function each command is.

Only the parser of the command in hand is built.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from types import SimpleNamespace

from amitui import __version__
from amitui.cli.options import CommandParser
from amitui.settings import Settings, load_settings

COMMANDS = ("find", "sync", "import", "ops", "info", "cache", "demo")

OPS_FORMATS = ("table", "json", "jsonl")

_OPTIONS_WITH_VALUE = (
    "--region", "--profile", "--scope", "--endpoint-url", "--cache-dir", "--config", "--theme",
    "--output", "-o", "--limit", "--port", "--speed", "--retry",
)  # fmt: skip


def parse(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for. Usage errors and `--help` leave through `SystemExit`."""
    at = _command_at(argv)
    if at is None:
        return _browse(argv)
    words = [*argv[:at], *argv[at + 1 :]]
    return {
        "find": _find,
        "sync": _sync,
        "import": _import,
        "ops": _ops,
        "info": _info,
        "cache": _cache,
        "demo": _demo,
    }[argv[at]](words)


def _command_at(argv: Sequence[str]) -> int | None:
    words = iter(enumerate(argv))
    for at, word in words:
        if word == "--":
            return None
        if word in _OPTIONS_WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return at if word in COMMANDS else None
    return None


def _parser(name: str, description: str, epilog: str = "") -> CommandParser:
    parser = CommandParser(name, description, epilog)
    add = parser.add
    add("--region", action="append", dest="regions", metavar="R", help="region, repeatable")
    add("--profile", metavar="P", help="profile of the AWS config")
    add(
        "--scope",
        action="append",
        dest="scopes",
        metavar="S",
        help="mine, shared, amazon, publishers, marketplace, community, all or an account id; repeatable",
    )
    add("--demo", action="store_true", default=None, help="a simulated EC2, no credentials, nothing kept")
    add("--offline", action="store_true", default=None, help="never ask AWS, use what is cached")
    add("--endpoint-url", metavar="U", help="another EC2 endpoint (its catalogue is kept apart)")
    add("--cache-dir", metavar="D", help="where the catalogue is kept")
    add("--config", dest="config_file", metavar="F", help="config file (TOML)")
    return parser


def _settings(options: SimpleNamespace, *extra: str) -> Settings:
    names = ("regions", "profile", "scopes", "demo", "offline", "endpoint_url", "cache_dir", "config_file", *extra)
    given = {name: getattr(options, name) for name in names}
    for name in ("regions", "scopes"):
        if given[name] is not None:
            given[name] = tuple(part for word in given[name] for part in word.split(",") if part)
    return load_settings(given, os.environ)


def _browse(argv: Sequence[str]) -> Callable[[], int]:
    # All that a start makes is there to stay: looking for garbage in it is a tenth of the way to the first paint,
    # after which the application switches it on again.
    gc.disable()
    parser = _parser(
        "",
        "Find, judge and drive Amazon Machine Images.",
        "commands:\n"
        "  amitui find QUERY     the same search without a screen\n"
        "  amitui sync           fetch the catalogue now\n"
        "  amitui import FILE    what `aws ec2 describe-images` once printed becomes part of the cache\n"
        "  amitui ops            what was asked of AWS, under way and ended\n"
        "  amitui info           versions, paths, what is cached\n"
        "  amitui cache clear    empty the cache\n"
        "  amitui demo           the simulated EC2 alone, for the AWS CLI or another amitui\n"
        "\n"
        "amitui COMMAND --help tells more. To search for a command's name: amitui -- find",
    )
    add = parser.add
    add("query", nargs="*", metavar="QUERY", help="open on this search")
    add("--read-only", action="store_true", default=None, help="refuse everything that changes AWS")
    add("--theme", metavar="T", help="colour theme")
    add("--version", action="version", version=f"amitui {__version__}")
    options = parser.parse(argv)
    options.query = " ".join(options.query) or None
    settings = _settings(options, "query", "read_only", "theme")

    def call() -> int:
        from amitui.cli.browse import browse

        return browse(settings)

    return call


def _find(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.presentation.export import FORMATS

    gc.disable()  # a moment's work leaves nothing worth collecting; fetching switches it on again
    parser = _parser("find", "Search the catalogue. Exit 0 found, 1 nothing found, 2 usage, 3 AWS, 4 cache.")
    add = parser.add
    add("query", nargs="*", metavar="QUERY", help="words, owner:canonical, arch:arm64, created:30d, …")
    add("-o", "--output", choices=tuple(FORMATS), default="table", help="default: table")
    add("--limit", type=_whole, metavar="N", help="at most N images (a table: 100, other forms: all)")
    add("--latest", action="store_true", help="only the newest of each owner, family and architecture")
    add("--all-regions", action="store_true", help="every cached region")
    options = parser.parse(argv)
    settings = _settings(options)

    def call() -> int:
        from amitui.cli.find import FindRequest, find

        request = FindRequest(
            " ".join(options.query), options.output, options.limit, options.latest, options.all_regions
        )
        return find(settings, request)

    return call


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError("a whole number above 0")
    return number


def _speed(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError("a number above 0")
    return number


def _seconds(text: str) -> float:
    try:
        seconds = float(text.strip().lower().removesuffix("s"))
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 1e6:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"a number of seconds, 0 or more, not {text!r}")
    return seconds


def _sync(argv: Sequence[str]) -> Callable[[], int]:
    parser = _parser("sync", "Fetch the catalogue now. Safe beside a running amitui; fit for cron.")
    parser.add("region", nargs="*", metavar="REGION", help="default: as `--region`, else the profile's")
    parser.add("--full", action="store_true", help="start over even where a crawl could be resumed")
    parser.add(
        "--retry", type=_seconds, default=None, metavar="S", help="seconds to go on when AWS does not answer (300)"
    )
    options = parser.parse(argv)
    options.regions = [*(options.regions or ()), *options.region] or None
    settings = _settings(options)

    def call() -> int:
        from amitui.cli.sync import RETRY_S, sync

        return sync(settings, full=options.full, retry_s=RETRY_S if options.retry is None else options.retry)

    return call


def _import(argv: Sequence[str]) -> Callable[[], int]:
    parser = _parser(
        "import",
        "Make what `aws ec2 describe-images`, jq, Ansible or Steampipe printed part of the cache: JSON, JSON\n"
        "Lines or joined files, also gzip's; - for stdin. Needs no credentials. A record's own Region\n"
        "field wins over the region that its list stands under, and that over --region. What cannot be read is\n"
        "named and the rest goes in. Exit 0 imported; 2 usage, or a file could not be read to its end or held no\n"
        "image; 4 cache.",
    )
    parser.add("files", nargs="+", metavar="FILE")
    options = parser.parse(argv)
    settings = _settings(options)

    def call() -> int:
        from amitui.cli.import_ import import_files

        return import_files(settings, tuple(options.files))

    return call


def _ops(argv: Sequence[str]) -> Callable[[], int]:
    gc.disable()  # as for `find`; following switches it on again
    parser = _parser(
        "ops",
        "What amitui asked of AWS and what became of it, from its journal; never asks AWS. Of all regions and\n"
        "profiles unless --region or --profile is given. Exit 0 listed, or all that was followed is done;\n"
        "1 nothing to list, or given up; 2 usage; 3 something that was followed failed; 4 journal.",
    )
    add = parser.add
    add("-o", "--output", choices=OPS_FORMATS, default="table", help="default: table; jsonl: the audit trail")
    add("--watch", action="store_true", help="follow what is under way until all of it has ended")
    add("--all", action="store_true", help="also what ended more than a week ago")
    add("--limit", type=_whole, metavar="N", help="at most the N newest operations")
    options = parser.parse(argv)
    settings = _settings(options)

    def call() -> int:
        from amitui.cli.ops import OpsRequest, ops

        # Only what is typed chooses: a profile of the environment must not hide another one's operations.
        regions = settings.regions if options.regions else ()
        return ops(
            settings,
            OpsRequest(options.output, options.watch, options.all, options.limit, regions, options.profile),
        )

    return call


def _info(argv: Sequence[str]) -> Callable[[], int]:
    parser = _parser("info", "Versions, paths, what is cached, how old, how large.")
    parser.add("-o", "--output", choices=("text", "json"), default="text")
    options = parser.parse(argv)
    settings = _settings(options)

    def call() -> int:
        from amitui.cli.info import info

        return info(settings, output=options.output)

    return call


def _cache(argv: Sequence[str]) -> Callable[[], int]:
    parser = _parser("cache", "Manage the local copy of the catalogue.")
    parser.add("action", choices=("clear",), help="clear: empty the cache")
    options = parser.parse(argv)
    settings = _settings(options)

    def call() -> int:
        from amitui.cli.info import clear

        return clear(settings)

    return call


def _demo(argv: Sequence[str]) -> Callable[[], int]:
    parser = CommandParser("demo", "The simulated EC2 alone, on 127.0.0.1, until Ctrl-C. Prints its URL.")
    parser.add("--port", type=int, default=0, metavar="N", help="default: a free one")
    parser.add("--speed", type=_speed, metavar="X", help="how many times faster than EC2 it works (default: 10)")
    options = parser.parse(argv)

    def call() -> int:
        from amitui.demo.launcher import run_foreground

        return run_foreground(options.port, speed=options.speed)

    return call
