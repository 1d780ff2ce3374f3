"""What can be typed behind `amitui`, and which function each command is.

Only the parser of the command in hand is built.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

from amitui import __version__
from amitui.cli.command_table import ABOUT, INSTEAD
from amitui.cli.common_options import command_parser, note_visit, settings_of, with_saved_view
from amitui.cli.find_arguments import find_call
from amitui.cli.numbers import speed, whole
from amitui.cli.options import DESCRIBE, CommandParser, Described

COMMANDS = tuple(ABOUT)

OPS_FORMATS = ("table", "json", "jsonl")
SSM_FORMATS = ("table", "json", "resolve")

_OPTIONS_WITH_VALUE = (
    "--region", "--profile", "--scope", "--endpoint-url", "--cache-dir", "--config", "--theme",
    "--output", "-o", "--limit", "--port", "--speed", "--retry", "--to", "--apply", "--confirm",
    "--role", "--account", "--fail-on", "--only", "--publish", "--grace", "--pull", "--parquet",
    "--from", "--table", "--file", "-f",
)  # fmt: skip


def parse(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for. Usage errors and `--help` leave through `SystemExit`."""
    at = _command_at(argv)
    if at is None:
        return _browse(argv)
    words = [*argv[:at], *argv[at + 1 :]]
    return {
        "find": find_call,
        "pick": _pick,
        "diff": _diff,
        "ssm": _ssm,
        "sync": _sync,
        "publish": _publish,
        "pull": _pull,
        "export": _export,
        "sql": _sql,
        "import": _import,
        "audit": _audit,
        "ops": _ops,
        "clean": _clean,
        "info": _info,
        "cache": _cache,
        "demo": _demo,
        "completion": _completion,
        "keys": _keys,
        "policy": _policy,
        "man": _man,
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


def _browse(argv: Sequence[str]) -> Callable[[], int]:
    # All that a start makes is there to stay: looking for garbage in it is a tenth of the way to the first paint,
    # after which the application switches it on again.
    gc.disable()
    parser = command_parser(
        "",
        "Find, inspect and manage Amazon Machine Images (AMIs).",
        several_profiles=True,
    )
    parser.short_help = True
    add = parser.add
    add("query", nargs="*", metavar="QUERY", help="start with this search")
    add("--read-only", action="store_true", default=None, help="refuse every request that changes AWS")
    add("--theme", metavar="T", help="colour theme")
    add("-V", "--version", action="version", version=f"amitui {__version__}", help="print the version")
    options = parser.parse(argv)
    if options.query:
        from amitui.cli.mistyped import refuse_mistyped

        refuse_mistyped(options.query, argv, COMMANDS, INSTEAD)
    settings = settings_of(options, "read_only", "theme")
    text = " ".join(options.query)
    if text.startswith("@"):
        settings = with_saved_view(settings, text)
    elif text:
        settings = settings._replace(query=text)

    def call() -> int:
        from amitui.cli.browse import browse

        note_visit(settings, text)
        return browse(settings)

    return call


def _pick(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.format_names import format_names

    gc.disable()  # as for the screen
    parser = command_parser(
        "pick",
        "Choose an image on the screen, or several with Space, and print its id. The screen is drawn on the\n"
        'terminal, the answer goes to stdout: aws ec2 run-instances --image-id "$(amitui pick ubuntu)". Changes\n'
        "nothing in AWS. Exit codes: 0 chosen, 1 nothing chosen, 2 usage or no terminal, 3 AWS or credentials,\n"
        "4 cache.",
        several_profiles=True,
    )
    add = parser.add
    add("query", nargs="*", metavar="QUERY", help="start with this search")
    add("-o", "--output", choices=format_names(), default="id", help="default: id")
    add("--theme", metavar="T", help="colour theme")
    options = parser.parse(argv)
    output = options.output
    settings = settings_of(options, "theme")
    text = " ".join(options.query)
    if text.startswith("@"):
        settings = with_saved_view(settings, text)
    elif text:
        settings = settings._replace(query=text)

    def call() -> int:
        from amitui.cli.pick import PickRequest, pick

        return pick(settings, PickRequest(output))

    return call


def _diff(argv: Sequence[str]) -> Callable[[], int]:
    parser = command_parser(
        "diff",
        "Compare two images: fields, block devices, product codes and tags that were added (+), removed (-) or\n"
        "changed (~). Each is named by its id, in whatever Region it is cached, by its name, or by a search, of\n"
        "which the first match is taken. Exit codes: 0 compared, 1 one was not found, 2 usage, 3 AWS or\n"
        "credentials, 4 cache.",
    )
    parser.add("before", metavar="A", help="image id, name or search (quoted)")
    parser.add("after", metavar="B", help="image id, name or search (quoted)")
    parser.add("-o", "--output", choices=("text", "json"), default="text", help="default: text")
    options = parser.parse(argv)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.diff import DiffRequest, diff

        return diff(settings, DiffRequest(options.before, options.after, options.output))

    return call


def _ssm(argv: Sequence[str]) -> Callable[[], int]:
    parser = command_parser(
        "ssm",
        "List the public parameters of Systems Manager behind the images that match, with the image that each\n"
        "stands for now: by words, by the id of an image, or by the path of a parameter. Reads just these\n"
        "parameters (ssm:GetParameters); --offline lists paths alone. Exit codes: 0 listed, 1 none is known,\n"
        "2 usage, 3 AWS or credentials, 4 cache.",
    )
    parser.add("query", nargs="*", metavar="QUERY", help="words, an image id, or /aws/service/…")
    parser.add(
        "-o", "--output", choices=SSM_FORMATS, default="table", help="default: table; resolve: resolve:ssm:PATH"
    )
    options = parser.parse(argv)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.ssm import SsmRequest, ssm

        return ssm(settings, SsmRequest(" ".join(options.query), options.output))

    return call


def _import(argv: Sequence[str]) -> Callable[[], int]:
    parser = command_parser(
        "import",
        "Add images from the output of `aws ec2 describe-images`, jq, Ansible or Steampipe to the cache: JSON,\n"
        "JSON Lines or concatenated files, plain or gzipped; - reads stdin. Needs no credentials. A record's own\n"
        "Region field takes precedence over the Region of its list, and that over --region. Unreadable records\n"
        "are reported; the rest is imported. Exit codes: 0 imported; 2 usage, or a file was unreadable or had no\n"
        "image; 4 cache.",
    )
    parser.add("files", nargs="+", metavar="FILE")
    options = parser.parse(argv)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.import_ import import_files

        return import_files(settings, tuple(options.files))

    return call


def _ops(argv: Sequence[str]) -> Callable[[], int]:
    gc.disable()  # as for `find`; following switches it on again
    parser = command_parser(
        "ops",
        "List operations and their results from the journal; never contacts AWS. Includes all Regions and\n"
        "profiles unless --region or --profile is given. Exit codes: 0 listed, or all watched operations "
        "succeeded;\n"
        "1 nothing to list, or one was given up; 2 usage; 3 a watched operation failed; 4 journal.",
    )
    add = parser.add
    add("-o", "--output", choices=OPS_FORMATS, default="table", help="default: table; jsonl: the audit trail")
    add("--watch", action="store_true", help="follow operations in progress until all have ended")
    add("--all", action="store_true", help="include operations that ended more than a week ago")
    add("--limit", type=whole, metavar="N", help="only the N newest operations")
    options = parser.parse(argv)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.ops import OpsRequest, ops

        # Only what is typed chooses: a profile of the environment must not hide another one's operations.
        regions = settings.regions if options.regions else ()
        return ops(
            settings,
            OpsRequest(options.output, options.watch, options.all, options.limit, regions, options.profile),
        )

    return call


def _clean(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.clean_arguments import clean_call

    return clean_call(argv)


def _sync(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.sync_arguments import sync_call

    return sync_call(argv)


def _publish(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.sharing_arguments import publish_call

    return publish_call(argv)


def _sql(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.sql_arguments import sql_call

    return sql_call(argv)


def _export(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.export_arguments import export_call

    return export_call(argv)


def _pull(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.sharing_arguments import pull_call

    return pull_call(argv)


def _audit(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.audit_arguments import audit_call

    return audit_call(argv)


def _info(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.cache_arguments import info_call

    return info_call(argv)


def _cache(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.cache_arguments import cache_call

    return cache_call(argv)


def _demo(argv: Sequence[str]) -> Callable[[], int]:
    parser = CommandParser("demo", "Run the simulated EC2 only, on 127.0.0.1, until Ctrl-C. Prints its URL.")
    parser.add("--port", type=int, default=0, metavar="N", help="default: any free port")
    parser.add("--speed", type=speed, metavar="X", help="speed relative to EC2 (default: 10 times)")
    options = parser.parse(argv)

    def call() -> int:
        from amitui.demo.launcher import run_foreground

        return run_foreground(options.port, speed=options.speed, quiet=options.quiet)

    return call


def _completion(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.completion import SCRIPTS, print_candidates, print_script

    gc.disable()  # a Tab waits for it
    if argv[:2] == ["words", "--"]:
        return lambda: print_candidates(argv[2:], COMMANDS, parser_of)
    parser = CommandParser(
        "completion",
        "Print a script that completes commands, options and their values, cached Regions, profiles, and the\n"
        "words of queries:\n"
        "  bash   source <(amitui completion bash)          in ~/.bashrc\n"
        "  zsh    source <(amitui completion zsh)           in ~/.zshrc\n"
        "  fish   amitui completion fish | source           in ~/.config/fish/config.fish",
    )
    parser.add("shell", choices=tuple(SCRIPTS), help="bash, zsh or fish")
    options = parser.parse(argv)
    return lambda: print_script(options.shell)


def _policy(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.policy_arguments import policy_call

    return policy_call(argv)


def _keys(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.keys import keys_call

    return keys_call(argv)


def _man(argv: Sequence[str]) -> Callable[[], int]:
    from amitui.cli.manual_arguments import man_call

    return man_call(argv, COMMANDS, parser_of)


def parser_of(command: str) -> CommandParser:
    """The parser of a command, or of the screen for an empty one, without parsing anything."""
    try:
        parse([command, DESCRIBE] if command else [DESCRIBE])
    except Described as told:
        return told.parser
    raise AssertionError(f"amitui {command} has no parser")
